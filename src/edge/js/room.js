/**
 * The memory of the isolate that requests may hold: what is uploaded to paint from, what is kept of a
 * chat's history, and pictures that are written twice (`kept.js`). All requests of an isolate share its 128 MB, and one that took more would end
 * them all, so room is taken before anything is held, and before any service is asked.
 *
 * This is plain state, because requests of one isolate may not wait for each other's promises: a
 * request that waits looks again by a timer of its own. A lease ends with its request, at the latest
 * when it was not renewed: the runtime may drop a request without notice.
 */

import { pause } from "./reading.js";

// Of 128 MB the memory of Python takes about 50, and what is on its way through some 20.
const ROOM_BYTES = 48 * 1024 * 1024;

// How long a request waits for room before it is told to come again, and how often it looks.
const WAIT_MS = 5000;
const LOOK_MS = 100;

/** Other requests hold all the memory that there is. */
export class NoRoom extends Error {
  name = "NoRoom";
}

// In the order in which they began.
/** @type {Set<Lease>} */
const leases = new Set();

function taken() {
  let bytes = 0;
  for (const lease of leases) {
    if (lease.until < Date.now()) leases.delete(lease);
    else bytes += lease.bytes;
  }
  return bytes;
}

/** What one request holds. */
export class Lease {
  bytes = 0;
  until = 0;
  /** Whether it grows with an upload, and whether that waits for room. */
  grows = false;
  waits = false;
  #ended = false;

  /**
   * Makes it `bytes` where it is less, for `ms` from now on; rejects with NoRoom. A lease that
   * is alone gets all that it asks for, which the deployment's limits bound: only others make it wait.
   *
   * @param {number} bytes
   * @param {number} ms
   */
  async reach(bytes, ms) {
    const end = Date.now() + WAIT_MS;
    while (bytes > this.bytes && this.#others() > 0 && this.#others() + bytes > ROOM_BYTES) {
      this.waits = true;
      if (Date.now() >= end || this.#givesWay()) throw new NoRoom();
      await pause(LOOK_MS);
    }
    this.waits = false;
    this.#hold(Math.max(bytes, this.bytes), ms);
    this.grows = true;
  }

  /**
   * Makes it `bytes` for `ms` from now on, where all leases together have no more than `most` then;
   * tells whether they have.
   *
   * @param {number} bytes
   * @param {number} ms
   * @param {number} most
   */
  take(bytes, ms, most) {
    if (this.#others() + bytes > most) return false;
    this.#hold(bytes, ms);
    return true;
  }

  /**
   * Makes it `bytes`, which may not be more than it was.
   *
   * @param {number} bytes
   * @param {number} ms
   */
  set(bytes, ms) {
    this.grows = false;
    this.#hold(bytes, ms);
  }

  /**
   * @param {number} bytes
   * @param {number} ms
   */
  #hold(bytes, ms) {
    if (this.#ended) return;
    this.bytes = bytes;
    this.until = Date.now() + ms;
    if (bytes) leases.add(this);
    else leases.delete(this);
  }

  end() {
    this.#ended = true;
    leases.delete(this);
  }

  /** Where all uploads wait for what the others hold, the last to begin makes way for them. */
  #givesWay() {
    const growing = [...leases].filter((lease) => lease.grows);
    return growing.length > 1 && growing.at(-1) === this && growing.every((lease) => lease.waits);
  }

  /** What the others hold. This lease may have run out. */
  #others() {
    const all = taken();
    return leases.has(this) ? all - this.bytes : all;
  }
}
