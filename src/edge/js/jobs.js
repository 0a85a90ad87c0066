/** The jobs that the life of a request starts (`easel/effects.py`), each of which has one outcome. */

/** @import { Handling } from "./handling.js" */
/** @import { BodyPiece, BodyTexts, Bytes, Job, Jobs, Limiter, MissingPicture, OpenPicture } from "./types.js" */
/** @import { Outcome, ServiceAnswer, ToldPiece } from "./types.js" */

// What Python hands over of it is gone once the headers have left.
import { env } from "cloudflare:workers";

import { deleteCopy, openCopy } from "./copies.js";
import { openPicture, wholeOf } from "./download.js";
import { send } from "./exchange.js";
import { readForm } from "./form.js";
import { readJson } from "./json_body.js";
import { Copy } from "./kept.js";
import { recall, remember } from "./memory.js";
import { nameOf, within } from "./reading.js";
import { seal, unseal } from "./sealing.js";
import { openBase64 } from "./service_answer.js";
import { deleteStored, openStored, storePicture } from "./store.js";

// The name in `[[ratelimits]]` of wrangler.toml. It answers from memory.
const LIMITER = "KEY_LIMITER";
const LIMITER_MS = 5000;

// What links are sealed for.
const LINKS = "easel links";

// What Python looks at of an upload: enough to tell its type and size.
const HEAD_BYTES = 64;

// It keeps a byte order mark, and does not hide what is no UTF-8.
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** @typedef {Awaited<ReturnType<typeof readJson>>["longTexts"]} KeptTexts */

/**
 * What Python may ask of the long texts of a body.
 *
 * @param {Handling} handling
 * @param {KeptTexts} longTexts
 * @returns {BodyTexts}
 */
function forPython({ lifetime, uploads }, longTexts) {
  return {
    text: (number) => longTexts.text(number),
    upload: (number) => {
      const content = longTexts.decode(number);
      return content && uploads.add(lifetime.keep(content));
    },
    picture: (number) => longTexts.picture(number),
    head: (upload) => uploads.get(upload).subarray(0, HEAD_BYTES),
    free: () => longTexts.free(),
  };
}

/**
 * A field of a form, as Python is told of it.
 *
 * @param {Handling} handling
 * @param {{ name: string, text: string } | { name: string, content: Bytes }} field
 */
function told({ uploads }, field) {
  if ("text" in field) return field;
  const { name, content } = field;
  return { name, upload: uploads.add(content), head: content.subarray(0, HEAD_BYTES).toBase64() };
}

/**
 * What is sent of a piece of a body.
 *
 * @param {Handling} handling
 * @param {string | ToldPiece} piece
 * @returns {string | BodyPiece}
 */
function toSend({ uploads }, piece) {
  if (typeof piece === "string") return piece;
  const { asBase64 } = piece;
  if ("content" in piece) return { asBase64, bytes: Uint8Array.fromBase64(piece.content) };
  const bytes = uploads.get(piece.upload);
  // It would be sent as an empty picture.
  if (bytes.buffer.detached) throw new TypeError("what was uploaded has been released");
  return { asBase64, bytes };
}

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

/**
 * How far an answer has been read.
 *
 * @param {ServiceAnswer} answer
 * @param {number} number
 */
function reading({ count, open, cut }, number) {
  return { answer: number, texts: count, open, cut };
}

/**
 * @param {Handling} handling
 * @param {MissingPicture | OpenPicture} found
 * @param {string} [sealed]
 * @returns {Outcome}
 */
function opened({ pictures }, found, sealed = "") {
  const { status, length } = found;
  const told = { status, location: found.location ?? "", length, sealed, until: 0 };
  if (!("body" in found)) return [{ ...told, picture: 0 }];
  const { until = 0 } = found;
  return [{ ...told, until, picture: pictures.add(found) }, found.sniffed.toHex()];
}

/**
 * Texts as they stand in links.
 *
 * @param {string[]} texts
 */
function inLinks(texts) {
  return Promise.all(texts.map(async (text) => (text ? seal(env.LINK_SECRET, LINKS, text) : "")));
}

/**
 * Waits for `writing`. Where it fails, the client has left or the picture broke off.
 *
 * @param {Handling} handling
 * @param {Promise<void>} writing
 * @returns {Promise<Outcome>}
 */
async function written(handling, writing) {
  try {
    await writing;
  } catch (error) {
    await handling.breakOff(error);
  }
  return [];
}

/**
 * The number under which a picture is open once more; 0 where it was not kept.
 *
 * @param {Handling} handling
 * @param {Copy} copy
 * @returns {Outcome}
 */
function kept({ pictures }, copy) {
  const again = copy.open();
  return [{ kept: again ? pictures.add(again) : 0 }];
}

/** @type {{ [Do in keyof Jobs]: (handling: Handling, job: Job<Do>) => Promise<Outcome> }} */
const JOBS = {
  async checkRate({ env }, { keyNumber }) {
    /** @type {Limiter} */
    const limiter = env[LIMITER];
    const counted = limiter.limit({ key: `easel-key-${keyNumber}` });
    const { success } = await within(LIMITER_MS, counted);
    return [{ success }];
  },

  async readJson(handling, { mark }) {
    const { json, longTexts } = await readJson(handling.request, mark, handling.lifetime);
    if (longTexts.count > 0) return [undefined, asText(json), forPython(handling, longTexts)];
    longTexts.free();
    return [undefined, asText(json)];
  },

  async readForm(handling) {
    const fields = await readForm(handling.request, handling.lifetime);
    return [{ fields: fields.map((field) => told(handling, field)) }];
  },

  async send(handling, job) {
    const body = job.body?.map((piece) => toSend(handling, piece)) ?? null;
    const { answer, ...head } = await send(handling.lifetime, { ...job, body });
    return [{ ...head, ...reading(answer, handling.answers.add(answer)) }, asText(answer.json())];
  },

  async readOn({ answers }, { answer: number }) {
    const answer = answers.get(number);
    await answer.advance();
    return [reading(answer, number), asText(answer.json())];
  },

  async wait({ lifetime }, { ms }) {
    await lifetime.wait(ms);
    return [];
  },

  async openAddress(handling, { url, seal: text }) {
    const opening = openPicture(handling.lifetime, url);
    if (!text) return opened(handling, await opening);
    const [found, [sealed]] = await Promise.all([opening, inLinks([text])]);
    return opened(handling, found, sealed);
  },

  async seal(_, { texts }) {
    return [{ texts: await inLinks(texts) }];
  },

  async storePicture({ lifetime, pictures }, { picture, storeKey, ...facts }) {
    // It writes, and looks whether the picture was deleted meanwhile.
    lifetime.useStore();
    lifetime.useStore();
    return [await storePicture(env.PICTURES, storeKey, pictures.get(picture), facts)];
  },

  async openStored(handling, { storeKey }) {
    handling.lifetime.useStore();
    return opened(handling, await openStored(env.PICTURES, storeKey, handling.lifetime));
  },

  async openCopy(handling, { url }) {
    handling.lifetime.useStore();
    return opened(handling, await openCopy(url, handling.lifetime));
  },

  async deleteStored({ lifetime }, { storeKey, seconds, url }) {
    lifetime.useStore();
    lifetime.useStore();
    lifetime.useStore();
    await deleteStored(env.PICTURES, storeKey, seconds);
    await deleteCopy(url);
    return [];
  },

  async recall({ lifetime }, { name }) {
    lifetime.useStore();
    return [{ text: await recall(env.PICTURES, env.LINK_SECRET, name) }];
  },

  async remember({ context, lifetime }, { name, text, until }) {
    lifetime.useStore();
    const remembering = remember(env.PICTURES, env.LINK_SECRET, name, { text, until });
    context.waitUntil(
      remembering.catch((error) => {
        console.error(`${lifetime.requestId} a session was not stored: ${nameOf(error)}`);
      }),
    );
    return [];
  },

  async unseal(_, { sealed }) {
    return [{ text: await unseal(env.LINK_SECRET, LINKS, sealed) }];
  },

  async openText(handling, { text }) {
    return opened(handling, await openBase64(text, handling.lifetime));
  },

  async openEmbedded(handling, { answer, number }) {
    const text = { answer: handling.answers.get(answer), number };
    return opened(handling, await openBase64(text, handling.lifetime));
  },

  async keepPicture(handling, { picture, bytes }) {
    const { uploads, lifetime } = handling;
    const upload = uploads.add(await wholeOf(handling.pictures.get(picture), bytes, lifetime));
    return [{ upload, head: uploads.get(upload).subarray(0, HEAD_BYTES).toBase64() }];
  },

  async writePicture(handling, { picture, head, tail, bytes, keep }) {
    const opened = handling.pictures.get(picture);
    const copy = keep ? new Copy(handling.lifetime, opened.length) : undefined;
    const writing = handling.output.writePicture(opened, head, tail, bytes, copy);
    const outcome = await written(handling, writing);
    return copy ? kept(handling, copy) : outcome;
  },

  write(handling, { piece }) {
    return written(handling, handling.output.write(piece));
  },
};

/**
 * Does a job, and resolves to what came of it; rejects where it came to nothing.
 *
 * @template {keyof Jobs} Do
 * @param {Handling} handling
 * @param {Job<Do>} job
 */
export function doJob(handling, job) {
  return JOBS[job.do](handling, job);
}
