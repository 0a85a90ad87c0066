/**
 * Does what the life of a request wants done (`easel/effects.py`), and tells what came of it.
 *
 * The bytes that must not pass through Python are moved here: request bodies, whole answers, pictures.
 * A picture of megabytes dragged through Python costs many times what it costs here; see
 * docs/decisions/0003-pictures-do-not-pass-through-python.md. Nothing is decided here.
 */

import { closePicture, openPicture } from "./download.js";
import { send } from "./exchange.js";
import { readForm } from "./form.js";
import { readJson } from "./json_body.js";
import { Lifetime } from "./lifetime.js";
import { drain, within } from "./reading.js";
import { RequestLog } from "./request_log.js";
import { openBase64 } from "./service_answer.js";
import { Output } from "./writing.js";

// The name in `[[ratelimits]]` of wrangler.toml. It answers from memory.
const LIMITER = "KEY_LIMITER";
const LIMITER_MS = 5000;

/**
 * An effect, as `edge/crossing.py` writes it: what to do, and what it takes to do it.
 * @typedef {{ do: string, key: number, [name: string]: any }} Effect
 */

/**
 * What came of a job: what is told of it, bytes, and an object that Python calls.
 * @typedef {[told?: object | undefined, content?: string | Uint8Array | undefined, longTexts?: object | undefined]} Outcome
 */

/**
 * Tells Python that a job has ended; what comes back are the next effects.
 * @typedef {{ (key: number, now: number, told: string, content: string | Uint8Array | undefined, longTexts: object | undefined): string, destroy(): void }} Step
 */

/**
 * What Python needs of a request before its body, as JSON.
 * @param {Request} request
 */
export function headOf({ method, url, headers, body }) {
  return JSON.stringify([method, url, Object.fromEntries(headers), body !== null]);
}

/**
 * The Response to a request that asks for nothing but a reply.
 * @param {string} effects
 */
export function reply(effects) {
  // Nothing is held by then that what stands before it could give back.
  const effect = JSON.parse(effects).at(-1);
  return whole(effect, new RequestLog());
}

/**
 * A whole answer, and its line in the log.
 * @param {{ status: number, headers: Record<string, string>, body: string | null, log: string | null }} reply
 * @param {RequestLog} log
 * @param {ArrayBuffer | string | null} content
 */
function whole({ status, headers, body, log: line }, log, content = body) {
  if (line !== null) {
    log.bytes += content === null ? 0 : (content.byteLength ?? encodedLength(content));
    log.answer(line);
    log.finish({ cut: log.left });
  }
  return new Response(content, { status, headers });
}

// It keeps a byte order mark, and does not hide what is no UTF-8.
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * Bytes as text, which crosses to Python at a third of the cost; as they are where they are none.
 *
 * @param {Uint8Array} bytes
 */
function asText(bytes) {
  try {
    return decoder.decode(bytes);
  } catch {
    return bytes;
  }
}

/** @param {string} text */
function encodedLength(text) {
  return new TextEncoder().encode(text).byteLength;
}

/**
 * The Response to a request. `effects` are the first; `step` gives those that follow.
 * @param {Request} request
 * @param {Record<string, any>} env
 * @param {ExecutionContext} context
 * @param {string} requestId
 * @param {string} limits
 * @param {string} effects
 * @param {Step} step
 * @returns {Promise<Response>}
 */
export function run(request, env, context, requestId, limits, effects, step) {
  return new Interpreter(request, env, context, requestId, limits, step).run(effects);
}

class Interpreter {
  #request;
  #env;
  #context;
  #lifetime;
  #step;

  #response = Promise.withResolvers();
  /** Settles when the answer has ended. */
  #ended = Promise.withResolvers();
  #isOver = false;

  /** @type {Output | null} */
  #output = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #hold;

  // What Python knows by a number, from 1 on.
  #answers = [null];
  #pictures = [null];
  #uploads = [null];

  constructor(request, env, context, requestId, limits, step) {
    this.#request = request;
    this.#env = env;
    this.#context = context;
    this.#step = step;
    // It ends with the client too, so it begins before the body is read.
    this.#lifetime = new Lifetime(request, context, requestId, limits);
  }

  run(effects) {
    this.#perform(effects);
    return this.#response.promise;
  }

  #perform(effects) {
    for (const effect of JSON.parse(effects)) {
      if (effect.key === undefined) this.#now[effect.do](effect);
      else void this.#start(effect);
    }
  }

  async #start(effect) {
    /** @type {Outcome} */
    let outcome;
    try {
      outcome = await this.#jobs[effect.do](effect);
    } catch (error) {
      outcome = [{ failed: error.name }];
    }
    this.#tell(effect.key, ...outcome);
  }

  /** Tells Python what has ended, and does what it wants next. */
  #tell(key, told, content, longTexts) {
    if (this.#isOver) return;
    try {
      const text = told === undefined ? "" : JSON.stringify(told);
      this.#perform(this.#step(key, Date.now() / 1000, text, content, longTexts));
    } catch (error) {
      // A defect of the shell: nothing more comes of this request.
      this.#response.reject(error);
      void this.#breakOff(error);
    }
  }

  // --- Jobs. ---

  #jobs = {
    checkRate: async ({ keyNumber }) => {
      const counted = this.#env[LIMITER].limit({ key: `easel-key-${keyNumber}` });
      const { success } = await within(LIMITER_MS, counted);
      return [{ success }];
    },
    readJson: async ({ mark }) => {
      const { json, longTexts } = await readJson(this.#request, mark, this.#lifetime);
      if (longTexts.count > 0) return [undefined, asText(json), this.#forPython(longTexts)];
      longTexts.free();
      return [undefined, asText(json)];
    },
    readForm: async () => {
      const fields = await readForm(this.#request, this.#lifetime);
      return [{ fields: fields.map((field) => this.#formField(field)) }];
    },
    send: async (effect) => {
      const body = effect.body?.map((piece) => this.#piece(piece)) ?? null;
      const { answer, ...head } = await send(this.#lifetime, { ...effect, body });
      const number = this.#answers.push(answer) - 1;
      return [{ ...head, ...this.#read(answer, number) }, asText(answer.json())];
    },
    readOn: async ({ answer: number }) => {
      const answer = this.#answers[number];
      await answer.advance();
      return [this.#read(answer, number), asText(answer.json())];
    },
    wait: async ({ ms }) => {
      await this.#lifetime.wait(ms);
      return [];
    },
    openAddress: async ({ url }) => this.#opened(await openPicture(this.#lifetime, url)),
    openText: async ({ text }) => this.#opened(await openBase64(text, this.#lifetime)),
    openEmbedded: async ({ answer, number }) => {
      const text = { answer: this.#answers[answer], number };
      return this.#opened(await openBase64(text, this.#lifetime));
    },
    writePicture: async ({ picture, head, tail, bytes }) => {
      const written = this.#output.writePicture(this.#pictures[picture], head, tail, bytes);
      await this.#orBreakOff(written);
      return [];
    },
    write: async ({ piece }) => {
      await this.#orBreakOff(this.#output.write(piece));
      return [];
    },
  };

  /** What Python may ask of the long texts of a body. */
  #forPython(longTexts) {
    return {
      text: (number) => longTexts.text(number),
      upload: (number) => {
        const content = longTexts.decode(number);
        return content && this.#upload(this.#lifetime.keep(content));
      },
      head: (upload) => this.#uploads[upload].subarray(0, 64),
      free: () => longTexts.free(),
    };
  }

  #upload(content) {
    return this.#uploads.push(content) - 1;
  }

  #formField({ name, text, content }) {
    if (content === undefined) return { name, text };
    return { name, upload: this.#upload(content), head: content.subarray(0, 64).toBase64() };
  }

  #piece(piece) {
    if (typeof piece === "string") return piece;
    const { asBase64, upload, content } = piece;
    return {
      asBase64,
      bytes: content === undefined ? this.#uploads[upload] : Uint8Array.fromBase64(content),
    };
  }

  #read(answer, number) {
    return { answer: number, texts: answer.count, open: answer.open, cut: answer.cut };
  }

  #opened(picture) {
    const { status, location, length, sniffed } = picture;
    const number = picture.body ? this.#pictures.push(picture) - 1 : 0;
    return [{ status, location: location ?? "", length, picture: number }, sniffed?.toHex()];
  }

  // --- What is done at once. ---

  #now = {
    hold: ({ ms }) => {
      this.#hold = setTimeout(() => this.#tell(0), ms);
    },
    begin: ({ headers, log }) => {
      clearTimeout(this.#hold);
      this.#output = new Output(this.#lifetime);
      if (log !== null) this.#lifetime.journal.answer(log);
      this.#context.waitUntil(this.#ended.promise);
      this.#response.resolve(new Response(this.#output.readable, { headers }));
    },
    keepAlive: (effect) => this.#output.keepAlive(effect),
    keepUploads: ({ ms, sentOnce }) => {
      if (sentOnce) this.#lifetime.sendOnce();
      this.#lifetime.settle(ms);
    },
    releaseUploads: () => this.#lifetime.release(),
    closeAnswer: ({ answer }) => this.#answers[answer].close(),
    closePicture: ({ picture }) => closePicture(this.#pictures[picture]),
    reply: (effect) => {
      clearTimeout(this.#hold);
      this.#lifetime.release();
      this.#finish();
      this.#response.resolve(this.#whole(effect));
    },
    end: (effect) => {
      if (effect.begin) this.#now.begin(effect.begin);
      if (effect.errorCode) this.#lifetime.journal.code = effect.errorCode;
      void this.#end(effect);
    },
    breakOff: () => this.#breakOff(new Error("the picture broke off")),
  };

  async #whole(effect) {
    await drain(this.#request);
    const { journal } = this.#lifetime;
    if (effect.asset === undefined) return whole(effect, journal);
    const { default: asset } = await import("../openapi.json");
    return whole(effect, journal, asset);
  }

  async #end({ head, picture, tail, bytes }) {
    this.#finish();
    const output = this.#output;
    const written =
      picture === null
        ? output.write(head)
        : output.writePicture(this.#pictures[picture], head, tail, bytes);
    await this.#orBreakOff(written.then(() => output.close()));
    this.#lifetime.end(null);
    this.#ended.resolve();
  }

  /** Python is not asked again. */
  #finish() {
    if (this.#isOver) return;
    this.#isOver = true;
    // It is still running where this was called by it.
    queueMicrotask(() => this.#step.destroy());
  }

  /** Waits for `writing`; where it fails, the client has left or the picture broke off. */
  async #orBreakOff(writing) {
    try {
      await writing;
    } catch (error) {
      void this.#breakOff(error);
      // Nothing goes on behind it.
      await new Promise(() => {});
    }
  }

  /** Ends all work, and cuts the transfer. */
  async #breakOff(error) {
    this.#finish();
    this.#lifetime.end(error);
    this.#lifetime.abort();
    await this.#output?.cut();
    this.#ended.resolve();
  }
}
