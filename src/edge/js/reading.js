/** Reads bodies: how much at once, up to which limit, and for how long. */

/** @import { Bytes, RequestLifetime, Times } from "./types.js" */

/** The body is longer than its limit. */
export class TooLarge extends Error {
  name = "TooLarge";
}

// Read, written and encoded at once. A multiple of 3 and of 4, so that base64 pads only at the very
// end; larger parts gain nothing more, smaller ones cost a write each.
export const PART_BYTES = 384 * 1024;

// The first part of a body, and the smallest of a slow one. Multiples of 3 and of 4, as above.
const FIRST_PART_BYTES = 12 * 1024;
const LEAST_PART_BYTES = 3 * 1024;

// What Cloudflare lets through, and how long a client that is refused is waited for: for more, and
// for all of it.
const MOST_BYTES = 100 * 1024 * 1024;
const DRAIN_STALL_MS = 500;
const DRAIN_TOTAL_MS = 5000;

/**
 * Rejects with a TimeoutError when `promise` is not settled after `ms` milliseconds.
 *
 * @template T
 * @param {number} ms
 * @param {Promise<T>} promise
 * @returns {Promise<T>}
 */
export function within(ms, promise) {
  // Each part that is read or written waits here: one promise, and not a race of two.
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new DOMException("stalled", "TimeoutError")), ms);
    /** @param {(outcome: any) => void} settle */
    const inTime = (settle) => (/** @type {any} */ outcome) => {
      clearTimeout(timer);
      settle(outcome);
    };
    promise.then(inTime(resolve), inTime(reject));
  });
}

/**
 * What `ask` comes to when it is given a signal that aborts with the lifetime, and after `ms`
 * milliseconds: there are only six connections, and one that nobody waits for would keep its own.
 *
 * @template T
 * @param {Pick<RequestLifetime, "controller">} lifetime
 * @param {number} ms
 * @param {(signal: AbortSignal) => Promise<T>} ask
 * @returns {Promise<T>}
 */
export async function withDeadline(lifetime, ms, ask) {
  const controller = lifetime.controller();
  const late = () => controller.abort(new DOMException("no answer in time", "TimeoutError"));
  const timer = setTimeout(late, ms);
  try {
    return await ask(controller.signal);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Resolves after `ms` milliseconds.
 *
 * @param {number} ms
 * @returns {Promise<void>}
 */
export function pause(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/**
 * The name of what was thrown, by which Python knows it: the message may hold an address.
 *
 * @param {unknown} error
 */
export function nameOf(error) {
  return error instanceof Error ? error.name : "Error";
}

/**
 * How many bytes a body has by its headers; NaN where they do not say it.
 *
 * @param {Headers} headers
 */
export function announcedBytes(headers) {
  if (headers.has("content-encoding")) return NaN;
  return Number(headers.get("content-length") ?? NaN);
}

/**
 * The smallest part that shows a body of `expected` bytes to be over, of at most `mostBytes`.
 *
 * @param {number} mostBytes
 * @param {number} expected
 */
function firstPart(mostBytes, expected) {
  let bytes = LEAST_PART_BYTES;
  // It is NaN where nobody knows.
  while (bytes < mostBytes && !(bytes > expected)) bytes *= 2;
  return Math.min(bytes, mostBytes);
}

/**
 * Reads a body in parts whose size follows its pace: a slow body is not taken for one that stalls,
 * and one that stalls has not made anybody set aside more than has come.
 */
export class PartReader {
  #reader;
  #buffer = new ArrayBuffer(0);
  #partBytes;
  #mostBytes;
  #leftMs;

  /** Whether the end has been read. */
  isOver = false;

  /**
   * `stallMs` is for each part, `totalMs` for all the time that is spent waiting. The first part has
   * at most `firstBytes`, and less where the body is `expected` to be shorter; each has `mostBytes`.
   *
   * @param {ReadableStream} stream
   * @param {Times & { expected?: number, firstBytes?: number, mostBytes?: number }} options
   */
  constructor(stream, { stallMs, totalMs, expected = NaN, ...sizes }) {
    const { firstBytes = FIRST_PART_BYTES, mostBytes = PART_BYTES } = sizes;
    this.#reader = stream.getReader({ mode: "byob" });
    this.#partBytes = firstPart(firstBytes, expected);
    this.#mostBytes = mostBytes;
    this.stallMs = stallMs;
    this.#leftMs = totalMs;
  }

  /**
   * The next part, of at most `wanted` bytes and shorter only at the end, where it is empty. It is
   * overwritten by the next call. Rejects with a TimeoutError.
   *
   * @returns {Promise<Bytes>}
   */
  async next(wanted = Infinity) {
    if (this.isOver) return new Uint8Array();
    const bytes = Math.min(wanted, this.partBytes);
    if (this.#buffer.byteLength < bytes) this.#buffer = new ArrayBuffer(bytes);
    const began = Date.now();
    const limitMs = Math.min(this.stallMs, this.#leftMs);
    const reading = this.#reader.read(new Uint8Array(this.#buffer, 0, bytes), { min: bytes });
    try {
      const { value = new Uint8Array() } = await within(limitMs, reading);
      // Only at the end there is less than was asked for, and another read would only say so.
      this.isOver = value.byteLength < bytes;
      this.#buffer = value.buffer;
      this.#adapt(Date.now() - began);
      this.#leftMs -= Date.now() - began;
      return value;
    } catch (error) {
      // A timer may ring a moment before the clock has come so far.
      const spentMs = nameOf(error) === "TimeoutError" ? limitMs : 0;
      this.#leftMs -= Math.max(spentMs, Date.now() - began);
      throw error;
    }
  }

  /** How many bytes the next part has at the most. */
  get partBytes() {
    return Math.min(this.#partBytes, this.#mostBytes);
  }

  /**
   * Reads `bytes` at once from here on.
   *
   * @param {number} bytes
   */
  widen(bytes) {
    this.#partBytes = this.#mostBytes = bytes;
  }

  /** Whether all the time that there was has been spent. */
  get isLate() {
    return this.#leftMs <= 0;
  }

  /**
   * Goes on with another stream, in the time that is left.
   *
   * @param {ReadableStream} stream
   */
  replace(stream) {
    this.#reader = stream.getReader({ mode: "byob" });
    this.#buffer = new ArrayBuffer(0);
    this.isOver = false;
  }

  cancel() {
    return this.#reader.cancel();
  }

  release() {
    this.#reader.releaseLock();
  }

  /** @param {number} tookMs */
  #adapt(tookMs) {
    const bytes = this.#partBytes;
    if (tookMs < this.stallMs / 16) this.#partBytes = Math.min(bytes * 2, PART_BYTES);
    if (tookMs > this.stallMs / 4) this.#partBytes = Math.max(bytes / 2, LEAST_PART_BYTES);
  }
}

/**
 * Gives each part of a body to `take`, which must not keep it; `before` is awaited with the number of
 * bytes that there may be after the next part. Rejects with TooLarge, and with a TimeoutError.
 *
 * @param {ReadableStream} body
 * @param {Times & { limit: number, expected?: number }} limits
 * @param {(part: Bytes) => void} take
 * @param {(bytes: number) => Promise<void> | void} [before]
 */
export async function readParts(body, { limit, ...times }, take, before = () => {}) {
  const reader = new PartReader(body, times);
  try {
    for (let length = 0; !reader.isOver;) {
      await before(length + reader.partBytes);
      // No more is waited for than it takes to know that it is too much.
      const part = await reader.next(limit - length + 1);
      length += part.byteLength;
      if (length > limit) throw new TooLarge();
      take(part);
    }
  } catch (error) {
    // A read is still under way, so the reader cannot be given back.
    if (nameOf(error) === "TimeoutError") reader.cancel().catch(() => {});
    throw error;
  } finally {
    try {
      if (!reader.isOver) reader.release();
    } catch {
      // It is the body's end all the same.
    }
  }
}

/**
 * Reads what is left of a request that is refused. Where a body is not read, `wrangler dev` cuts
 * the connection under the answer, and many clients never see why.
 *
 * @param {Pick<Request, "body">} request
 */
export async function drain({ body }) {
  if (!body || body.locked) return;
  try {
    const limits = { limit: MOST_BYTES, stallMs: DRAIN_STALL_MS, totalMs: DRAIN_TOTAL_MS };
    await readParts(body, limits, () => {});
  } catch {
    // It breaks off, or no more comes: the answer is given all the same.
  }
}
