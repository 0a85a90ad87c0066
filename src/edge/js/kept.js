/**
 * Pictures that an answer has twice: a copy of one is kept while it is written, as far as there is room,
 * and opened as a picture of its own. It leaves memory part by part as it is written once more.
 */

/** @import { Bytes, OpenPicture, RequestLifetime } from "./types.js" */

import { Lease } from "./room.js";

// Half of the room of an isolate, so that uploads always find the other half.
const MOST_BYTES = 24 * 1024 * 1024;

// As long as a service may paint the next picture of the same answer, and a minute more. A request that
// the runtime dropped gives nothing back by itself.
const KEEP_MS = 360_000;

/** @typedef {Pick<RequestLifetime, "signal">} Ends */

/** The copy of a picture. It takes room before it holds anything, and gives it up where there is none. */
export class Copy {
  #lifetime;
  #lease = new Lease();
  #length = 0;
  #isKept;
  /** @type {Bytes[]} */
  #parts = [];
  #drop = () => {
    this.#isKept = false;
    this.#parts = [];
    this.#lease.end();
  };

  /**
   * `announced` is how many bytes it has, 0 where nobody knows.
   *
   * @param {Ends} lifetime
   * @param {number} announced
   */
  constructor(lifetime, announced) {
    this.#lifetime = lifetime;
    this.#isKept = !lifetime.signal.aborted && this.#lease.take(announced, KEEP_MS, MOST_BYTES);
    lifetime.signal.addEventListener("abort", this.#drop);
  }

  /** @param {Bytes} part */
  add(part) {
    if (!this.#isKept) return;
    this.#length += part.byteLength;
    const bytes = Math.max(this.#length, this.#lease.bytes);
    if (this.#lease.take(bytes, KEEP_MS, MOST_BYTES)) this.#parts.push(part.slice());
    else this.#drop();
  }

  /**
   * The picture once more; null where it was not kept.
   *
   * @returns {OpenPicture | null}
   */
  open() {
    const { signal } = this.#lifetime;
    signal.removeEventListener("abort", this.#drop);
    if (!this.#isKept) {
      this.#drop();
      return null;
    }
    const body = new KeptPicture(this.#parts, this.#lease, signal);
    const first = body.next();
    return { status: 200, location: null, length: this.#length, body, first, sniffed: first };
  }
}

/** What was kept of a picture. */
class KeptPicture {
  #parts;
  #lease;
  #signal;
  /** @type {Bytes} */
  #last = new Uint8Array();
  #end = () => {
    for (const part of this.#parts.splice(0)) part.buffer.transfer(0);
    this.#lease.end();
  };

  /**
   * @param {Bytes[]} parts
   * @param {Lease} lease
   * @param {AbortSignal} signal
   */
  constructor(parts, lease, signal) {
    this.#parts = parts;
    this.#lease = lease;
    this.#signal = signal;
    signal.addEventListener("abort", this.#end);
  }

  /** The next part, empty at the end. It gives the one before back. */
  next() {
    this.#last.buffer.transfer(0);
    this.#last = this.#parts.shift() ?? new Uint8Array();
    if (this.#last.byteLength === 0) this.cancel();
    return this.#last;
  }

  get isOver() {
    return this.#parts.length === 0;
  }

  cancel() {
    this.#signal.removeEventListener("abort", this.#end);
    this.#end();
  }
}
