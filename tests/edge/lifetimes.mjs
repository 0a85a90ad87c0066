/** What modules of the edge need of a request's lifetime, with limits that a test can reach. */

/** @import { Bytes, Limits, RequestLifetime } from "../../src/edge/js/types.js" */

/** @type {Limits} */
export const LIMITS = {
  requestBytes: 200_000,
  inputBytes: 100_000,
  formBytes: 100_000,
  textBytes: 10_000,
  values: 100,
  depth: 10,
  parts: 3,
  answerTextBytes: 10_000,
  sniffedBytes: 16,
  longTextMark: "#",
  upload: { stallMs: 60_000, totalMs: 60_000 },
  download: { stallMs: 60_000, totalMs: 60_000 },
};

/** A lifetime that writes down what is asked of it. */
export class RecordedLifetime {
  ending = new AbortController();
  signal = this.ending.signal;
  /** @type {number[]} */
  reserved = [];
  /** @type {Bytes[]} */
  kept = [];
  settled = 0;
  /** @type {{ url: string, headers: RequestInit["headers"] }[]} */
  downloads = [];

  /**
   * @param {Partial<Limits>} [limits]
   * @param {(Response | Error)[]} [answers] what downloads come to, in order
   */
  constructor(limits = {}, answers = []) {
    this.limits = { ...LIMITS, ...limits };
    this.answers = answers;
  }

  controller() {
    const controller = new AbortController();
    this.signal.addEventListener("abort", () => controller.abort());
    return controller;
  }

  /** @type {RequestLifetime["reserve"]} */
  reserve(bytes) {
    this.reserved.push(bytes);
    return Promise.resolve();
  }

  settle() {
    this.settled += 1;
  }

  /** @type {RequestLifetime["keep"]} */
  keep(bytes) {
    this.kept.push(bytes);
    return bytes;
  }

  /** @type {RequestLifetime["download"]} */
  download(url, options) {
    this.downloads.push({ url, headers: options.headers });
    const answer = this.answers.shift() ?? new Error("nobody answers");
    return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
  }
}

/** What the platform is to wait for after a Response. */
export class RecordedContext {
  /** @type {Promise<unknown>[]} */
  promises = [];

  /** @param {Promise<unknown>} promise */
  waitUntil(promise) {
    this.promises.push(promise);
  }
}
