/** One request to an image service, with the pictures that go into it, and its answer. */

import { PART_BYTES, readAll } from "./reading.js";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

// A text of a service's answer that is longer is a picture's base64.
const LONG_TEXT_LENGTH = 64 * 1024;

/** Puts `mark` and a number where `value` holds long texts, which go to `lifted`. */
function liftLongTexts(value, mark, lifted) {
  if (typeof value === "string" && value.length > LONG_TEXT_LENGTH) {
    return mark + (lifted.push({ text: value }) - 1);
  }
  if (Array.isArray(value)) return value.map((item) => liftLongTexts(item, mark, lifted));
  if (value === null || typeof value !== "object") return value;
  const entries = Object.entries(value);
  return Object.fromEntries(entries.map(([key, item]) => [key, liftLongTexts(item, mark, lifted)]));
}

/** The body of an answer without its long texts; as it is, where it is no JSON. */
function lighten(body, mark) {
  const longTexts = [];
  if (body.byteLength <= LONG_TEXT_LENGTH) return { body, longTexts };
  try {
    const slim = liftLongTexts(JSON.parse(decoder.decode(body)), mark, longTexts);
    return { body: encoder.encode(JSON.stringify(slim)), longTexts };
  } catch (error) {
    if (error instanceof SyntaxError) return { body, longTexts: [] };
    throw error;
  }
}

/** A body of bytes and of pictures, which become base64 while it is sent and never before. */
export class OutgoingBody {
  #pieces = [];
  #length = 0;

  add(bytes) {
    this.#pieces.push({ bytes, base64: false });
    this.#length += bytes.byteLength;
  }

  insert(bytes, base64) {
    this.#pieces.push({ bytes, base64 });
    this.#length += base64 ? Math.ceil(bytes.byteLength / 3) * 4 : bytes.byteLength;
  }

  /** A stream of it; each time anew. */
  stream() {
    const { readable, writable } = new FixedLengthStream(this.#length);
    // Where it cannot be written, the request fails, and that is told there.
    this.#write(writable.getWriter()).catch(() => {});
    return readable;
  }

  async #write(writer) {
    for (const { bytes, base64 } of this.#pieces) {
      for (let at = 0; at < bytes.byteLength; at += PART_BYTES) {
        const part = bytes.subarray(at, at + PART_BYTES);
        await writer.write(base64 ? encoder.encode(part.toBase64()) : part);
      }
    }
    await writer.close();
  }
}

/** Sends one request to an image service and reads its answer whole. No redirect is followed. */
export async function send(lifetime, method, url, headers, body, timeoutMs, limit, mark) {
  const signal = AbortSignal.any([lifetime.signal, AbortSignal.timeout(timeoutMs)]);
  const response = await fetch(url, {
    method,
    headers: JSON.parse(headers),
    body: body instanceof OutgoingBody ? body.stream() : body,
    redirect: "manual",
    signal,
  });
  return {
    status: response.status,
    contentType: response.headers.get("content-type") ?? "",
    retryAfter: response.headers.get("retry-after") ?? "",
    ...lighten(await readAll(response, limit), mark),
  };
}
