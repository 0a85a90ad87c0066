/**
 * The bytes that must not pass through Python: request bodies, whole answers, pictures.
 *
 * A picture of megabytes dragged through Python costs many times what it costs here; see
 * docs/decisions/0003-pictures-do-not-pass-through-python.md for the figures.
 */

// Read and encoded at once. A multiple of 3, so that base64 pads only at the very end; larger parts
// gain nothing more, smaller ones cost a write each.
const PART_BYTES = 384 * 1024;

const encoder = new TextEncoder();

class TooLarge extends Error {
  name = "TooLarge";
}

/** Rejects with a TimeoutError when `promise` is not settled after `ms` milliseconds. */
async function within(ms, promise) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new DOMException("stalled", "TimeoutError")), ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** All bytes of a stream; rejects with TooLarge as soon as they are more than `limit`. */
async function readAll({ headers, body }, limit) {
  if (!body) return new Uint8Array();
  // One read where the length is known; HTTP does not let more come than it says.
  const length = headers.get("content-length");
  if (Number(length) > limit) throw new TooLarge();
  if (length !== null) return new Uint8Array(await new Response(body).arrayBuffer());
  const bytes = new Uint8Array(new ArrayBuffer(0, { maxByteLength: limit }));
  for await (const chunk of body) {
    const at = bytes.byteLength;
    if (at + chunk.byteLength > limit) throw new TooLarge();
    bytes.buffer.resize(at + chunk.byteLength);
    bytes.set(chunk, at);
  }
  return bytes;
}

/** The body of the caller's request. */
export function readBody(request, limit) {
  return readAll(request, limit);
}

/** How long work for one request goes on: until its client leaves, or `abort()`. */
export class Lifetime {
  #controller = new AbortController();

  constructor(request, context) {
    this.context = context;
    this.signal = AbortSignal.any([request.signal, this.#controller.signal]);
  }

  abort() {
    this.#controller.abort();
  }
}

/** Sends one request to an image service and reads its answer whole. No redirect is followed. */
export async function send(lifetime, method, url, headers, body, timeoutMs, limit) {
  const signal = AbortSignal.any([lifetime.signal, AbortSignal.timeout(timeoutMs)]);
  const response = await fetch(url, {
    method,
    headers: JSON.parse(headers),
    body,
    redirect: "manual",
    signal,
  });
  return {
    status: response.status,
    contentType: response.headers.get("content-type") ?? "",
    retryAfter: response.headers.get("retry-after") ?? "",
    body: await readAll(response, limit),
  };
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

/**
 * Opens a picture without any credential and reads its first part. A redirect is not followed but
 * told; then, and for a status that is not 200, there is no body.
 */
export async function openPicture(lifetime, url, stallMs) {
  const response = await within(
    stallMs,
    fetch(url, { redirect: "manual", signal: lifetime.signal }),
  );
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
  const first = await body.next();
  return { ...opened, body, first, sniffed: first.slice(0, 64) };
}

/** Gives up a picture that was opened. */
export async function closePicture(picture) {
  await picture.body?.cancel();
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

/** Writes all there is to write, and closes. */
async function finish(writer, bytes) {
  await writer.write(bytes);
  await writer.close();
}

async function writePicture(writer, picture, head, tail, limit) {
  let length = 0;
  await writer.write(head);
  for (let part = picture.first; part.byteLength > 0; part = await picture.body.next()) {
    length += part.byteLength;
    if (length > limit) throw new TooLarge();
    await writer.write(encoder.encode(part.toBase64()));
  }
  await finish(writer, tail);
}

/**
 * Lets `writing` go on after the headers have left. Where it fails, the client has left or the
 * picture broke off: all work ends, and a cut transfer tells that what came is not whole.
 */
function goOn(lifetime, writer, writing) {
  const ending = writing.catch(async () => {
    lifetime.abort();
    await writer.abort(new Error("the picture broke off")).catch(() => {});
  });
  lifetime.context.waitUntil(ending);
}

/** Writes `head`, the picture as base64, and `tail`; breaks off over `limit` bytes of picture. */
export function pump(lifetime, writer, picture, head, tail, limit) {
  goOn(lifetime, writer, writePicture(writer, picture, head, tail, limit));
}

/** Writes the rest of an answer without a picture. */
export function conclude(lifetime, writer, bytes) {
  goOn(lifetime, writer, finish(writer, bytes));
}

/** A Response; the SDK's own costs eight times as much (docs/decisions/0003). */
export function respond(body, status, headers) {
  return new Response(body, { status, headers: JSON.parse(headers) });
}
