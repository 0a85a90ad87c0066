/** Writes answers while Python goes on: newlines that keep them alive, pictures, and their ends. */

import { TooLarge, within } from "./reading.js";

// How long a client may take to read one part of an answer, which has 512 KiB at the most.
const CLIENT_STALL_MS = 120_000;

const encoder = new TextEncoder();

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
        .then(() => within(CLIENT_STALL_MS, writer.write(newline)))
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

/** Rejects with a TimeoutError where the client does not read it in time. */
function put(lifetime, writer, bytes) {
  lifetime.journal.bytes += bytes.byteLength;
  return within(CLIENT_STALL_MS, writer.write(bytes));
}

async function writePicture(lifetime, writer, picture, head, tail, limit) {
  let length = 0;
  await put(lifetime, writer, head);
  for (let part = picture.first; part.byteLength > 0; part = await picture.body.next()) {
    length += part.byteLength;
    if (length > limit) throw new TooLarge();
    await put(lifetime, writer, encoder.encode(part.toBase64()));
  }
  await put(lifetime, writer, tail);
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
    lifetime.end(error);
    await breakOff(lifetime, writer);
    return false;
  }
}

/** Ends all work, and cuts the transfer. */
export async function breakOff(lifetime, writer) {
  lifetime.abort();
  // The runtime logs an error that is worth no second try as one that nobody caught.
  const why = Object.assign(new Error("the picture broke off"), { retryable: true });
  await writer.abort(why).catch(() => {});
}

/** Waits for all that is `written`, and ends the answer. */
async function close(lifetime, writer, written) {
  await written;
  await within(CLIENT_STALL_MS, writer.close());
  lifetime.end(null);
}

/** Writes `head`, the picture as base64, and `tail`, and closes, while the caller goes on. */
export function pump(lifetime, writer, picture, head, tail, limit) {
  const written = writePicture(lifetime, writer, picture, head, tail, limit);
  lifetime.context.waitUntil(toItsEnd(lifetime, writer, close(lifetime, writer, written)));
}

/** Writes `head`, the picture as base64, and `tail`; tells whether it came to its end. */
export function writeOne(lifetime, writer, picture, head, tail, limit) {
  return toItsEnd(lifetime, writer, writePicture(lifetime, writer, picture, head, tail, limit));
}

/** Writes a piece of an answer; tells whether it came to its end. */
export function write(lifetime, writer, bytes) {
  return toItsEnd(lifetime, writer, put(lifetime, writer, bytes));
}

/** Writes the rest of an answer and closes, while the caller goes on. */
export function conclude(lifetime, writer, bytes) {
  const written = put(lifetime, writer, bytes);
  lifetime.context.waitUntil(toItsEnd(lifetime, writer, close(lifetime, writer, written)));
}

