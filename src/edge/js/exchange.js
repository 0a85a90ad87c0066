/** One request to an image service, with the pictures that go into it, and its answer. */

import { PART_BYTES } from "./reading.js";
import { JsonAnswer, readEvents } from "./service_answer.js";

const encoder = new TextEncoder();

/**
 * A piece of a body: a text, or bytes that become base64 while they are sent and never before.
 * @typedef {{ bytes: Uint8Array, asBase64: boolean }} Piece
 */

/** @param {Piece} piece */
function lengthOf({ bytes, asBase64 }) {
  return asBase64 ? Math.ceil(bytes.byteLength / 3) * 4 : bytes.byteLength;
}

/**
 * A stream of pieces. `sent` is called when all of it has been taken.
 * @param {Piece[]} pieces
 * @param {() => void} sent
 */
function streamOf(pieces, sent) {
  const length = pieces.reduce((sum, piece) => sum + lengthOf(piece), 0);
  const { readable, writable } = new FixedLengthStream(length);
  // Where it cannot be written, the request fails, and that is told there.
  writeAll(pieces, writable.getWriter()).then(sent, () => {});
  return readable;
}

/**
 * @param {Piece[]} pieces
 * @param {WritableStreamDefaultWriter<Uint8Array>} writer
 */
async function writeAll(pieces, writer) {
  for (const { bytes, asBase64 } of pieces) {
    for (let at = 0; at < bytes.byteLength; at += PART_BYTES) {
      const part = bytes.subarray(at, at + PART_BYTES);
      await writer.write(asBase64 ? encoder.encode(part.toBase64()) : part);
    }
  }
  await writer.close();
}

/**
 * What is sent as a body: one text as it is, several pieces as a stream.
 * @param {(string | Piece)[] | null} pieces
 * @param {() => void} sent
 */
function bodyOf(pieces, sent) {
  if (pieces === null) return null;
  if (pieces.length === 1 && typeof pieces[0] === "string") return pieces[0];
  const asBytes = pieces.map((piece) =>
    typeof piece === "string" ? { bytes: encoder.encode(piece), asBase64: false } : piece,
  );
  return streamOf(asBytes, sent);
}

/**
 * Ends `controller` after `ms` milliseconds, as a time-out, unless what it returns is called before.
 * @param {AbortController} controller
 * @param {number} ms
 */
function deadline(controller, ms) {
  const late = new DOMException("the service took too long", "TimeoutError");
  const timer = setTimeout(() => controller.abort(late), ms);
  return () => clearTimeout(timer);
}

/**
 * Sends one request to an image service and reads its answer up to the first long text, or to its
 * end. No redirect is followed. `ms` is for all this; `bytes` are read at the most.
 * @param {import("./lifetime.js").Lifetime} lifetime
 * @param {{ method: string, url: string, headers: [string, string][], body: (string | Piece)[] | null, ms: number, bytes: number }} request
 */
export async function send(lifetime, { method, url, headers, body, ms, bytes }) {
  const { answerTextBytes, download, longTextMark } = lifetime.limits;
  const controller = new AbortController();
  const stopTimer = deadline(controller, ms);
  try {
    const response = await lifetime.ask(url, {
      method,
      headers,
      body: bodyOf(body, () => lifetime.sent()),
      signal: AbortSignal.any([lifetime.signal, controller.signal]),
    });
    const contentType = response.headers.get("content-type") ?? "";
    const times = { stallMs: ms, totalMs: ms + download.totalMs };
    const limits = { bytes, slimBytes: answerTextBytes, ...times };
    const answer = await read(response, contentType, longTextMark, limits);
    answer.hurry?.(download.stallMs);
    const retryAfter = response.headers.get("retry-after") ?? "";
    return { status: response.status, contentType, retryAfter, answer };
  } finally {
    stopTimer();
  }
}

async function read(response, contentType, mark, limits) {
  if (!response.body) return { json: () => new Uint8Array(), open: false, cut: "", count: 0 };
  if (contentType.trim().toLowerCase().startsWith("text/event-stream")) {
    return readEvents(response.body, limits);
  }
  const answer = new JsonAnswer(response.body, mark, limits);
  await answer.advance();
  return answer;
}
