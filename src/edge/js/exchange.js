/** One request to an image service, with the pictures that go into it, and its answer. */

/** @import { Lifetime } from "./lifetime.js" */
/** @import { AnswerLimits } from "./service_answer.js" */
/** @import { BodyPiece, ServiceAnswer } from "./types.js" */

import { announcedBytes, PART_BYTES, withDeadline } from "./reading.js";
import { JsonAnswer, readEvents, WholeAnswer } from "./service_answer.js";

const encoder = new TextEncoder();

/**
 * A request to a service; its body is in pieces, of text or of what a picture is sent from.
 *
 * @typedef {object} ServiceRequest
 * @property {string} method
 * @property {string} url
 * @property {Record<string, string>} headers
 * @property {(string | BodyPiece)[] | null} body
 * @property {number} ms
 * @property {number} bytes
 */

/** @param {BodyPiece} piece */
function lengthOf({ bytes, asBase64 }) {
  return asBase64 ? Math.ceil(bytes.byteLength / 3) * 4 : bytes.byteLength;
}

/**
 * A stream of pieces. `sent` is called when all of it has been taken.
 *
 * @param {BodyPiece[]} pieces
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
 * @param {BodyPiece[]} pieces
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
 *
 * @param {(string | BodyPiece)[] | null} pieces
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
 * An answer, read up to its first long text, or to its end.
 *
 * @param {Response} response
 * @param {string} contentType
 * @param {string} mark
 * @param {AnswerLimits} limits
 * @returns {Promise<ServiceAnswer>}
 */
async function read({ body }, contentType, mark, limits) {
  if (!body) return new WholeAnswer();
  if (contentType.trim().toLowerCase().startsWith("text/event-stream")) {
    return readEvents(body, limits);
  }
  const answer = new JsonAnswer(body, mark, limits);
  await answer.advance();
  return answer;
}

/**
 * Sends one request to an image service and reads its answer up to the first long text, or to its
 * end. No redirect is followed. `ms` is for all this; `bytes` are read at the most.
 *
 * @param {Lifetime} lifetime
 * @param {ServiceRequest} request
 */
export function send(lifetime, { method, url, headers, body: pieces, ms, bytes }) {
  const { answerTextBytes, download, longTextMark } = lifetime.limits;
  return withDeadline(lifetime, ms, async (signal) => {
    const body = bodyOf(pieces, () => lifetime.sent());
    const response = await lifetime.ask(url, { method, headers, body, signal });
    const contentType = response.headers.get("content-type") ?? "";
    const times = { stallMs: ms, totalMs: ms + download.totalMs };
    const expected = announcedBytes(response.headers);
    const limits = { bytes, slimBytes: answerTextBytes, expected, ...times };
    const answer = await read(response, contentType, longTextMark, limits);
    answer.hurry(download.stallMs);
    const retryAfter = response.headers.get("retry-after") ?? "";
    return { status: response.status, contentType, retryAfter, answer };
  });
}
