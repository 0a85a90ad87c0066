/** How long work for one request goes on, what it holds, and how often it may ask. */

/** @import { Bytes, Limits } from "./types.js" */

import { nameOf } from "./reading.js";
import { RequestLog } from "./request_log.js";
import { Lease } from "./room.js";

// The platform's limit on the free plan, and what of it may be spent on asking a service, so that
// downloads have room (Cloudflare's documentation, read 2026-11).
const MOST_FETCHES = 50;
const MOST_QUESTIONS = 40;

// A request that holds no more takes no room: only many such could fill an isolate, and each is short.
const SMALL_BYTES = 128 * 1024;

// How much longer room is held without another word than more of a request may take to come, or a
// service to paint from what came. A request that the runtime dropped gives nothing back by itself.
const SLACK_MS = 60_000;

/** The request has asked as often as the platform lets it. */
class TooManyFetches extends Error {
  name = "TooManyFetches";
}

/** From the request to the end of its answer: until its client leaves, or `abort()`. */
export class Lifetime {
  #controller = new AbortController();
  /**
   * Of fetches, of which the platform allows few.
   *
   * @type {AbortController[]}
   */
  #fetches = [];
  #lease = new Lease();
  /** @type {Bytes[]} */
  #kept = [];

  #askMs = 0;
  #sendsOnce = false;

  /** Aborts when the client leaves, or when the work for the request ends. */
  signal = this.#controller.signal;
  journal = new RequestLog();

  /**
   * @param {Pick<Request, "signal">} request
   * @param {string} requestId
   * @param {Limits} limits
   */
  constructor({ signal }, requestId, limits) {
    this.requestId = requestId;
    this.limits = limits;
    const leave = () => {
      this.journal.left = true;
      this.journal.finish({ cut: true });
      this.abort();
    };
    if (signal.aborted) leave();
    else signal.addEventListener("abort", leave);
  }

  /** Ends all work. */
  abort() {
    if (this.signal.aborted) return;
    this.#controller.abort();
    for (const controller of this.#fetches.splice(0)) controller.abort();
    this.release();
  }

  /** Ends one fetch, and does so with the lifetime. */
  controller() {
    const controller = new AbortController();
    if (this.signal.aborted) controller.abort();
    else this.#fetches.push(controller);
    return controller;
  }

  /**
   * Takes room in the isolate for so many bytes that are about to be held; rejects with NoRoom.
   *
   * @param {number} bytes
   */
  async reserve(bytes) {
    const { stallMs } = this.limits.upload;
    if (bytes > SMALL_BYTES) await this.#lease.reach(bytes, stallMs + SLACK_MS);
  }

  /**
   * Room is needed for what is kept, and no more, for `ms` from now on.
   *
   * @param {number} ms
   */
  settle(ms) {
    this.#askMs = ms;
    const bytes = this.#kept.reduce((sum, each) => sum + each.byteLength, 0);
    this.#lease.set(bytes, ms + SLACK_MS);
  }

  /**
   * Keeps a picture to paint from until `release()`.
   *
   * @param {Bytes} bytes
   */
  keep(bytes) {
    this.#kept.push(bytes);
    return bytes;
  }

  /** Gives the memory back at once; the engine would let several such pictures lie around. */
  release() {
    for (const bytes of this.#kept.splice(0)) bytes.buffer.transfer(0);
    this.#lease.end();
  }

  /** What is kept will be sent once, and need not be kept while a service paints. */
  sendOnce() {
    this.#sendsOnce = true;
  }

  /** What is kept has been sent. */
  sent() {
    if (this.#sendsOnce) this.release();
  }

  /**
   * Lets `ms` milliseconds pass; rejects once all work has ended.
   *
   * @param {number} ms
   */
  async wait(ms) {
    await scheduler.wait(ms, { signal: this.signal });
  }

  /**
   * A question to a service. Rejects with TooManyFetches, and as `fetch` does.
   *
   * @param {string} url
   * @param {RequestInit} options
   */
  async ask(url, options) {
    // One of many pictures may be asked for long after the first.
    if (this.#kept.length) this.settle(this.#askMs);
    this.#count(MOST_QUESTIONS);
    this.journal.attempts += 1;
    return fetch(url, { ...options, redirect: "manual" });
  }

  /**
   * A download. Rejects with TooManyFetches, and as `fetch` does.
   *
   * @param {string} url
   * @param {RequestInit} options
   */
  async download(url, options) {
    this.#count(MOST_FETCHES);
    this.journal.downloads += 1;
    return fetch(url, { ...options, redirect: "manual" });
  }

  /** A question to the store, which counts too; throws TooManyFetches. */
  useStore() {
    this.#count(MOST_FETCHES);
    this.journal.stores += 1;
  }

  /** @param {number} most */
  #count(most) {
    const { attempts, downloads, stores } = this.journal;
    if (attempts + downloads + stores >= most) throw new TooManyFetches();
  }

  /**
   * The answer is cut because of `error`.
   *
   * @param {unknown} error
   */
  breakOff(error) {
    // The message of an error may hold an address, its name cannot.
    if (!this.signal.aborted) {
      const name = nameOf(error);
      const why = name === "Error" ? "the connection was lost" : name;
      console.error(`${this.requestId} the picture broke off: ${why}`);
    }
    this.journal.finish({ cut: true });
    this.abort();
  }
}
