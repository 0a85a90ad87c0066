/** Bytes that are collected part by part, in memory that grows with them. */

/** @import { Bytes } from "./types.js" */

// The memory that a ring takes at first.
const FIRST_RING_BYTES = 64 * 1024;

/** The bytes were overwritten by later ones. */
export class NotKept extends Error {
  name = "NotKept";
}

/** All the bytes that were added. */
export class GrowingBytes {
  /** @type {Bytes} */
  #bytes = new Uint8Array();
  #length = 0;

  /** @param {Uint8Array} part */
  add(part) {
    const length = this.#length + part.byteLength;
    if (length > this.#bytes.byteLength) {
      const room = Math.max(length, this.#bytes.byteLength * 2);
      this.#bytes = new Uint8Array(this.#bytes.buffer.transfer(room));
    }
    this.#bytes.set(part, this.#length);
    this.#length = length;
  }

  get bytes() {
    return this.#bytes.subarray(0, this.#length);
  }

  /** Frees the memory at once; the engine would let several such buffers lie around. */
  free() {
    this.#bytes.buffer.transfer(0);
  }
}

/** The last `capacity` bytes of all that were added, by their position among all. */
export class LastBytes {
  #capacity;
  /** @type {Bytes} */
  #ring = new Uint8Array();
  length = 0;

  /** @param {number} capacity */
  constructor(capacity) {
    this.#capacity = capacity;
  }

  /** @param {Uint8Array} bytes */
  add(bytes) {
    this.#grow(this.length + bytes.length);
    const last = bytes.subarray(-this.#ring.length);
    this.length += bytes.length;
    const at = (this.length - last.length) % this.#ring.length;
    const room = this.#ring.length - at;
    this.#ring.set(last.subarray(0, room), at);
    this.#ring.set(last.subarray(room), 0);
  }

  /** Frees the memory at once; the engine would let several such buffers lie around. */
  free() {
    if (this.#ring.buffer.byteLength) this.#ring.buffer.transfer(0);
  }

  /**
   * The bytes from `start` to `end`, to be read before more are added. Throws NotKept where they were
   * overwritten.
   *
   * @param {number} start
   * @param {number} end
   */
  between(start, end) {
    if (start < this.length - this.#ring.length) throw new NotKept();
    const at = start % this.#ring.length;
    const first = this.#ring.subarray(at, at + end - start);
    const rest = end - start - first.length;
    if (rest === 0) return first;
    const bytes = new Uint8Array(end - start);
    bytes.set(first);
    bytes.set(this.#ring.subarray(0, rest), first.length);
    return bytes;
  }

  /**
   * Makes room for `wanted` bytes in all. Nothing is overwritten while the ring still grows.
   *
   * @param {number} wanted
   */
  #grow(wanted) {
    const length = this.#ring.length;
    if (length >= Math.min(wanted, this.#capacity)) return;
    const grown = Math.min(this.#capacity, Math.max(wanted, length * 2, FIRST_RING_BYTES));
    this.#ring = new Uint8Array(this.#ring.buffer.transfer(grown));
  }
}
