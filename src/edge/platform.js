/**
 * The bytes that must not pass through Python: request bodies, whole answers, pictures.
 *
 * A picture of megabytes dragged through Python costs many times what it costs here; see
 * docs/decisions/0003-pictures-do-not-pass-through-python.md for the figures.
 */

import { PART_BYTES, readAll, TooLarge, within } from "./reading.js";

export { OutgoingBody, send } from "./exchange.js";
export { readJson } from "./json_body.js";
export { drain } from "./reading.js";

// The same number of bytes as base64.
const PART_CHARACTERS = (PART_BYTES / 3) * 4;

const encoder = new TextEncoder();

/** The fields of the caller's multipart form: `{name, text}`, or `{name, content}` for a file. */
export async function readForm(request, limit, lifetime) {
  const body = await readAll(request, limit);
  const headers = { "content-type": request.headers.get("content-type") ?? "" };
  const form = await new Response(body, { headers }).formData();
  const fields = [];
  for (const [name, value] of form) {
    if (typeof value === "string") fields.push({ name, text: value });
    else fields.push({ name, content: lifetime.keep(new Uint8Array(await value.arrayBuffer())) });
  }
  return fields;
}

/** How long work for one request goes on: until its client leaves, or `abort()`. */
export class Lifetime {
  #controller = new AbortController();
  #kept = [];

  constructor(request, context, requestId) {
    this.context = context;
    this.requestId = requestId;
    this.signal = AbortSignal.any([request.signal, this.#controller.signal]);
  }

  abort() {
    this.#controller.abort();
  }

  /** Keeps a picture to paint from until `release()`. */
  keep(bytes) {
    this.#kept.push(bytes);
    return bytes;
  }

  /** Gives the memory back at once; the engine would let several such pictures lie around. */
  release() {
    for (const bytes of this.#kept.splice(0)) bytes.buffer.transfer(0);
  }

  /** Says why a picture broke off; the message of an error may hold an address, its name cannot. */
  log(why) {
    console.error(`${this.requestId} the picture broke off: ${why}`);
  }
}

/** The body of a picture, read in parts that base64 can be made of one by one. */
class PictureBody {
  #reader;
  #buffer = new ArrayBuffer(PART_BYTES);
  #stallMs;

  constructor(stream, stallMs) {
    this.#reader = stream.getReader({ mode: "byob" });
    this.#stallMs = stallMs;
  }

  /** The next part, empty at the end. It is overwritten by the next call. */
  async next() {
    const view = new Uint8Array(this.#buffer, 0, PART_BYTES);
    const { value } = await within(this.#stallMs, this.#reader.readAtLeast(PART_BYTES, view));
    if (!value) return new Uint8Array();
    this.#buffer = value.buffer;
    return value;
  }

  cancel() {
    return this.#reader.cancel();
  }
}

/** A picture that came as base64; it is decoded part by part, so that only base64 is passed on. */
class Base64Body {
  #text;
  #at = 0;

  constructor(text) {
    const base64 = text.startsWith("data:") ? text.slice(text.indexOf(",") + 1) : text;
    this.#text = base64.replace(/\s+/g, "");
  }

  next() {
    const part = this.#text.slice(this.#at, this.#at + PART_CHARACTERS);
    this.#at += part.length;
    return Uint8Array.fromBase64(part);
  }

  cancel() {}
}

/** A picture that came as base64: a text, or what `send` keeps of a long one. */
export function openBase64(base64, sniffedBytes) {
  const body = new Base64Body(base64.text ?? base64);
  const first = body.next();
  return { status: 200, location: null, length: 0, body, first, sniffed: first.slice(0, sniffedBytes) };
}

/**
 * Opens a picture without any credential and reads its first part. A redirect is not followed but
 * told; then, and for a status that is not 200, there is no body.
 */
export async function openPicture(lifetime, url, stallMs, sniffedBytes) {
  // Ends the connection when nothing comes; there are only six.
  const opening = new AbortController();
  const signal = AbortSignal.any([lifetime.signal, opening.signal]);
  const fetching = fetch(url, { redirect: "manual", signal });
  const response = await within(stallMs, fetching).catch((error) => {
    opening.abort();
    throw error;
  });
  const opened = {
    status: response.status,
    location: response.headers.get("location"),
    length: Number(response.headers.get("content-length") ?? 0),
  };
  if (response.status !== 200 || !response.body) {
    await response.body?.cancel();
    return opened;
  }
  const body = new PictureBody(response.body, stallMs);
  try {
    const first = await body.next();
    return { ...opened, body, first, sniffed: first.slice(0, sniffedBytes) };
  } catch (error) {
    body.cancel().catch(() => {});
    throw error;
  }
}

/** Gives up a picture that was opened. */
export async function closePicture(picture) {
  try {
    await picture.body?.cancel();
  } catch {
    // It is given up all the same.
  }
}

/**
 * Writes a newline at once and then every `ms` milliseconds. When the client has left, a write
 * fails, and everything done for it ends.
 */
export class KeepAlive {
  #timer;
  #written = Promise.resolve();

  constructor(writer, newline, ms, lifetime) {
    const write = () => {
      this.#written = this.#written
        .then(() => writer.write(newline))
        .catch(() => {
          clearInterval(this.#timer);
          lifetime.abort();
        });
    };
    write();
    this.#timer = setInterval(write, ms);
  }

  /** Settles when the last newline is out. */
  stop() {
    clearInterval(this.#timer);
    return this.#written;
  }
}

async function writePicture(writer, picture, head, tail, limit) {
  let length = 0;
  await writer.write(head);
  for (let part = picture.first; part.byteLength > 0; part = await picture.body.next()) {
    length += part.byteLength;
    if (length > limit) throw new TooLarge();
    await writer.write(encoder.encode(part.toBase64()));
  }
  await writer.write(tail);
}

/**
 * Waits for `writing`, which goes on after the headers have left, and tells whether it came to its
 * end. Where it does not, the client has left or the picture broke off: all work ends, and a cut
 * transfer tells that what came is not whole.
 */
async function toItsEnd(lifetime, writer, writing) {
  try {
    await writing;
    return true;
  } catch (error) {
    if (!lifetime.signal.aborted) lifetime.log(error.name);
    await breakOff(lifetime, writer);
    return false;
  }
}

/** Ends all work, and cuts the transfer. */
export async function breakOff(lifetime, writer) {
  lifetime.abort();
  await writer.abort(new Error("the picture broke off")).catch(() => {});
}

async function writeAndClose(writer, write) {
  await write();
  await writer.close();
}

/** Writes `head`, the picture as base64, and `tail`, and closes, while the caller goes on. */
export function pump(lifetime, writer, picture, head, tail, limit) {
  const writing = writeAndClose(writer, () => writePicture(writer, picture, head, tail, limit));
  lifetime.context.waitUntil(toItsEnd(lifetime, writer, writing));
}

/** Writes `head`, the picture as base64, and `tail`; tells whether it came to its end. */
export function writeOne(lifetime, writer, picture, head, tail, limit) {
  return toItsEnd(lifetime, writer, writePicture(writer, picture, head, tail, limit));
}

/** Writes the rest of an answer and closes, while the caller goes on. */
export function conclude(lifetime, writer, bytes) {
  const writing = writeAndClose(writer, () => writer.write(bytes));
  lifetime.context.waitUntil(toItsEnd(lifetime, writer, writing));
}

/** A Response; the SDK's own costs eight times as much (docs/decisions/0003). */
export function respond(body, status, headers) {
  return new Response(body, { status, headers: JSON.parse(headers) });
}
