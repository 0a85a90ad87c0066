/**
 * The pictures of all requests of the isolate that are on their way, which share the memory for what is
 * read at once. Plain state, as in `room.js`, and for the same reason an entry ends by itself.
 */

import { PART_BYTES } from "./reading.js";

const BUFFERS_BYTES = 6 * 1024 * 1024;
const LEAST_BUFFER_BYTES = 24 * 1024;

// A picture of which nothing has come for so long is none that is on its way: the runtime may drop a
// request without another word.
const ACTIVE_MS = 60_000;

// Picture → when something of it came last.
const pictures = new Map();

/** Tells how many bytes of a new picture to read at once: a multiple of 3, as PART_BYTES is. */
export function begin(picture, lifetime) {
  goOn(picture);
  lifetime.signal.addEventListener("abort", () => end(picture));
  const now = Date.now();
  for (const [other, last] of pictures) if (now - last > ACTIVE_MS) pictures.delete(other);
  const share = Math.floor(BUFFERS_BYTES / pictures.size / LEAST_BUFFER_BYTES);
  return Math.max(LEAST_BUFFER_BYTES, Math.min(share * LEAST_BUFFER_BYTES, PART_BYTES));
}

export function goOn(picture) {
  pictures.set(picture, Date.now());
}

export function end(picture) {
  pictures.delete(picture);
}
