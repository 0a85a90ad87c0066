/** Writes an answer while it is being made: newlines that keep it alive, pictures, and its end. */

/** @import { Lifetime } from "./lifetime.js" */
/** @import { Copy } from "./kept.js" */
/** @import { AtOnce, OpenPicture } from "./types.js" */

import { TooLarge, within } from "./reading.js";

// How long a client may take to read one part of an answer, which has 512 KiB at the most.
export const CLIENT_STALL_MS = 120_000;

// How long cutting a transfer is waited for.
export const CUT_MS = 5000;

// A picture that is read in one such part is written in one part too.
const SMALL_PICTURE_BYTES = 24 * 1024;

const encoder = new TextEncoder();

/**
 * A picture as base64 between two texts, where all of it has come; null where it has not, or where
 * it is too large, which `Output.writePicture` tells.
 *
 * @param {OpenPicture} picture
 * @param {string} head
 * @param {string} tail
 * @param {number} limit
 */
export function wholePicture({ first, body }, head, tail, limit) {
  if (!body.isOver || first.byteLength > limit) return null;
  return encoder.encode(head + first.toBase64() + tail);
}

/** The body of an answer that has begun. When the client leaves, everything done for it ends. */
export class Output {
  #lifetime;
  #writer;
  #stopNewlines = () => {};
  /** @type {Promise<unknown>} */
  #kept = Promise.resolve();

  /** What the client reads. */
  readable;

  /** @param {Lifetime} lifetime */
  constructor(lifetime) {
    const { readable, writable } = new IdentityTransformStream();
    this.#lifetime = lifetime;
    this.readable = readable;
    this.#writer = writable.getWriter();
  }

  /**
   * Writes `first` now, and `piece` every `ms` milliseconds until something else is written. With a
   * `tail`, the number of each stands between the two, rounded.
   *
   * @param {AtOnce["keepAlive"]} what
   */
  keepAlive({ piece, ms, first, tail, number, step }) {
    let count = number;
    const write = (/** @type {string} */ text) => {
      this.#kept = this.#kept.then(() => this.#put(encoder.encode(text)));
      // Where one fails, none follows, and what is to be written next fails too.
      this.#kept.catch(() => {
        this.#stopNewlines();
        this.#lifetime.abort();
      });
    };
    if (first) write(first);
    this.#stopNewlines();
    const timer = setInterval(() => {
      count += step;
      write(tail === null ? piece : `${piece}${Math.round(count)}${tail}`);
    }, ms);
    this.#stopNewlines = () => clearInterval(timer);
  }

  /**
   * Writes a piece of text; rejects where the client has left, or does not read it in time.
   *
   * @param {string} piece
   */
  async write(piece) {
    await this.#quiet();
    if (piece) await this.#put(encoder.encode(piece));
  }

  /**
   * Writes a picture as base64 between `head` and `tail`. Rejects as `write` does, where the picture
   * breaks off, and with TooLarge where it has more than `limit` bytes. Each part of it goes into
   * `copy` too.
   *
   * @param {OpenPicture} picture
   * @param {string} head
   * @param {string} tail
   * @param {number} limit
   * @param {Copy} [copy]
   */
  async writePicture({ first, body }, head, tail, limit, copy) {
    await this.#quiet();
    let [text, length] = [head, 0];
    for (let part = first; part.byteLength > 0; part = await body.next()) {
      length += part.byteLength;
      if (length > limit) throw new TooLarge();
      copy?.add(part);
      if (length > SMALL_PICTURE_BYTES) {
        if (text) await this.#put(encoder.encode(text));
        text = "";
        await this.#put(encoder.encode(part.toBase64()));
      } else {
        text += part.toBase64();
      }
    }
    if (text + tail) await this.#put(encoder.encode(text + tail));
  }

  /** Ends the answer. */
  async close() {
    await within(CLIENT_STALL_MS, this.#writer.close());
  }

  /** Cuts the transfer, so that nobody takes what came for whole. */
  async cut() {
    this.#stopNewlines();
    // The runtime logs an error that is worth no second try as one that nobody caught.
    const why = Object.assign(new Error("the picture broke off"), { retryable: true });
    try {
      await within(CUT_MS, this.#writer.abort(why));
    } catch {
      // The client has left before.
    }
  }

  /** Settles when the last newline is out, and no other follows. */
  #quiet() {
    this.#stopNewlines();
    return this.#kept;
  }

  /** @param {Uint8Array} bytes */
  #put(bytes) {
    this.#lifetime.journal.bytes += bytes.byteLength;
    return within(CLIENT_STALL_MS, this.#writer.write(bytes));
  }
}
