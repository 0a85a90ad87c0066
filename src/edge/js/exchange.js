/** One request to an image service, with the pictures that go into it, and its answer. */

import { PART_BYTES } from "./reading.js";
import { JsonAnswer, readEvents } from "./service_answer.js";

const encoder = new TextEncoder();

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

  /** A stream of it; each time anew. `sent` is called when all of it has been taken. */
  stream(sent) {
    const { readable, writable } = new FixedLengthStream(this.#length);
    // Where it cannot be written, the request fails, and that is told there.
    this.#write(writable.getWriter()).then(sent, () => {});
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

/** What Python is told of an answer: `texts` has a handle for each of its long texts. */
function described(answer) {
  const texts = Array.from({ length: answer.count }, (_, number) => ({ answer, number }));
  return { rest: answer.open ? answer : null, json: answer.json(), cut: answer.cut, texts };
}

/** Ends `controller` after `ms` milliseconds, as a time-out, unless what it returns is called before. */
function deadline(controller, ms) {
  const late = new DOMException("the service took too long", "TimeoutError");
  const timer = setTimeout(() => controller.abort(late), ms);
  return () => clearTimeout(timer);
}

/**
 * Sends one request to an image service and reads its answer up to the first long text, or to its
 * end. No redirect is followed. `timeoutMs` is for all this; `bytes` are read at the most.
 */
export async function send(lifetime, method, url, headers, body, timeoutMs, bytes, mark) {
  const { answerTextBytes, download } = lifetime.limits;
  const controller = new AbortController();
  const stopTimer = deadline(controller, timeoutMs);
  try {
    const response = await lifetime.ask(url, {
      method,
      headers: JSON.parse(headers),
      body: body instanceof OutgoingBody ? body.stream(() => lifetime.sent()) : body,
      signal: AbortSignal.any([lifetime.signal, controller.signal]),
    });
    const contentType = response.headers.get("content-type") ?? "";
    const times = { stallMs: timeoutMs, totalMs: timeoutMs + download.totalMs };
    const limits = { bytes, slimBytes: answerTextBytes, ...times };
    const answer = await read(response, contentType, mark, limits);
    answer.hurry?.(download.stallMs);
    return {
      status: response.status,
      contentType,
      retryAfter: response.headers.get("retry-after") ?? "",
      ...described(answer),
    };
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

/** Reads an answer on behind the text that is open. */
export async function readOn(answer) {
  await answer.advance();
  return described(answer);
}
