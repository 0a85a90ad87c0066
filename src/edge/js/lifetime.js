/** How long work for one request goes on, what it holds, and how often it may ask. */

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
  #lease = new Lease();
  #kept = [];

  #askMs = 0;
  #sendsOnce = false;

  /** `limits` is JSON: what of everything may be read, held and waited for (`edge/crossing.py`). */
  constructor(request, context, requestId, limits) {
    this.limits = JSON.parse(limits);
    this.context = context;
    this.requestId = requestId;
    this.signal = AbortSignal.any([request.signal, this.#controller.signal]);
    this.signal.addEventListener("abort", () => this.release());
    this.journal = new RequestLog();
    request.signal.addEventListener("abort", () => {
      this.journal.left = true;
      this.journal.finish({ cut: true });
    });
  }

  abort() {
    this.#controller.abort();
  }

  /** Takes room in the isolate for so many bytes that are about to be held; rejects with NoRoom. */
  async reserve(bytes) {
    const { stallMs } = this.limits.upload;
    if (bytes > SMALL_BYTES) await this.#lease.reach(bytes, stallMs + SLACK_MS);
  }

  /** Room is needed for what is kept, and no more, for `ms` from now on. */
  settle(ms) {
    this.#askMs = ms;
    const bytes = this.#kept.reduce((sum, each) => sum + each.byteLength, 0);
    this.#lease.set(bytes, ms + SLACK_MS);
  }

  /** Keeps a picture to paint from until `release()`. */
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

  /** Lets `ms` milliseconds pass; rejects once all work has ended. */
  wait(ms) {
    return scheduler.wait(ms, { signal: this.signal });
  }

  /** A question to a service. Rejects with TooManyFetches, and as `fetch` does. */
  ask(url, options) {
    // One of many pictures may be asked for long after the first.
    if (this.#kept.length) this.settle(this.#askMs);
    const answer = this.#fetch(url, options, MOST_QUESTIONS);
    this.journal.attempts += 1;
    return answer;
  }

  /** A download. Rejects with TooManyFetches, and as `fetch` does. */
  download(url, options) {
    const answer = this.#fetch(url, options, MOST_FETCHES);
    this.journal.downloads += 1;
    return answer;
  }

  async #fetch(url, options, most) {
    const { attempts, downloads } = this.journal;
    if (attempts + downloads >= most) throw new TooManyFetches();
    return fetch(url, { ...options, redirect: "manual" });
  }

  /** The answer has ended: whole, or cut because of `error`. */
  end(error) {
    // The message of an error may hold an address, its name cannot.
    if (error && !this.signal.aborted) {
      const why = error.name === "Error" ? "the connection was lost" : error.name;
      console.error(`${this.requestId} the picture broke off: ${why}`);
    }
    this.journal.finish({ cut: Boolean(error) });
  }
}
