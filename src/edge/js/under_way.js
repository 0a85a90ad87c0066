/**
 * The pictures of all requests of the isolate that are on their way, which share the memory for what is
 * read at once. Plain state, as in `room.js`, and for the same reason an entry ends by itself.
 */

/** @import { RequestLifetime } from "./types.js" */

import { PART_BYTES } from "./reading.js";

const BUFFERS_BYTES = 6 * 1024 * 1024;
const LEAST_BUFFER_BYTES = 24 * 1024;

// A picture of which nothing has come for so long is no longer counted: the runtime may drop a request
// without notice.
const ACTIVE_MS = 60_000;

/**
 * When something of a picture came last.
 *
 * @type {Map<Place, number>}
 */
const places = new Map();

/** A picture's place among them, which holds nothing of the picture. */
export class Place {
  #signal;
  #isEnded = false;
  #end = () => {
    this.#isEnded = true;
    places.delete(this);
  };

  /** How many bytes of it to read at once: a multiple of 3, as PART_BYTES is. */
  bytes;

  /** @param {Pick<RequestLifetime, "signal">} lifetime */
  constructor(lifetime) {
    const now = Date.now();
    for (const [other, last] of places) if (now - last > ACTIVE_MS) places.delete(other);
    const share = Math.floor(BUFFERS_BYTES / (places.size + 1) / LEAST_BUFFER_BYTES);
    this.bytes = Math.max(LEAST_BUFFER_BYTES, Math.min(share * LEAST_BUFFER_BYTES, PART_BYTES));
    this.#signal = lifetime.signal;
    if (this.#signal.aborted) this.#isEnded = true;
    else this.#signal.addEventListener("abort", this.#end);
    this.goOn();
  }

  /** Something of the picture has come. It may come after the request has ended. */
  goOn() {
    if (!this.#isEnded) places.set(this, Date.now());
  }

  /** A request may have many pictures, and goes on long after the first. */
  end() {
    this.#end();
    this.#signal.removeEventListener("abort", this.#end);
  }
}
