/**
 * The answer of an image service, read no further than is needed: a picture that stands in it as
 * base64 is passed on as it comes and never held.
 */

/** @import { Bytes, LongText, OpenPicture, RequestLifetime, ServiceAnswer, Times } from "./types.js" */

import { Base64Decoder } from "./base64.js";
import { LastBytes } from "./byte_buffers.js";
import { JsonScanner } from "./json_scanner.js";
import { nameOf, PartReader, TooLarge } from "./reading.js";
import { Place } from "./under_way.js";

// A longer text of an answer is a picture, or something that nobody needs.
const SHORT_BYTES = 64 * 1024;

// Far above any answer's; a list of addresses has one each.
const MOST_VALUES = 20_000;

// The answers in the services' documents have four levels.
const MOST_DEPTH = 32;

// Of an event stream the last event is the answer, and it is no longer than this.
const LAST_EVENTS_BYTES = 256 * 1024;

const OPEN_ARRAY = 0x5b;
const OPEN_OBJECT = 0x7b;

const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf];

/**
 * `bytes` are of all of an answer, `slimBytes` of what it has without its long texts, and `expected`
 * what it announces.
 *
 * @typedef {Times & { bytes: number, slimBytes: number, expected?: number }} AnswerLimits
 */

/**
 * Whether a body begins as JSON does; white space and a byte order mark are passed over.
 *
 * @param {Uint8Array} bytes
 */
function isJson(bytes) {
  const hasMark = BYTE_ORDER_MARK.every((byte, at) => bytes[at] === byte);
  const start = bytes.subarray(hasMark ? BYTE_ORDER_MARK.length : 0).find((byte) => byte > 0x20);
  return start === undefined || start === OPEN_ARRAY || start === OPEN_OBJECT;
}

/**
 * An answer of JSON. After `advance` either a long text is `open`, or it is read to its end.
 *
 * @implements {ServiceAnswer}
 */
export class JsonAnswer {
  #reader;
  #scanner;
  #limit;
  /** @type {Bytes} */
  #part = new Uint8Array();
  #at = 0;
  #read = 0;

  /** Whether a long text is being read. */
  open = false;
  /** The name of what ended it before its end, or "". What was read is the beginning of JSON then. */
  cut = "";

  /**
   * @param {ReadableStream} body
   * @param {string} mark
   * @param {AnswerLimits} limits
   */
  constructor(body, mark, { bytes, slimBytes, ...times }) {
    this.#limit = bytes;
    this.#reader = new PartReader(body, times);
    const limits = {
      slimBytes,
      values: MOST_VALUES,
      depth: MOST_DEPTH,
      shortBytes: SHORT_BYTES,
    };
    this.#scanner = new JsonScanner(mark, limits);
  }

  get count() {
    return this.#scanner.count;
  }

  json() {
    return this.#scanner.json();
  }

  /**
   * From here on, each part has to come within `ms` milliseconds.
   *
   * @param {number} ms
   */
  hurry(ms) {
    this.#reader.stallMs = ms;
  }

  /**
   * From here on, parts are as large as those of a picture.
   *
   * @param {number} bytes
   */
  widen(bytes) {
    this.#reader.widen(bytes);
  }

  /** Reads on behind the text that is open, up to the next. Rejects where nothing was read at all. */
  async advance() {
    try {
      while (this.open) await this.digits();
      while (!this.open && (await this.#more())) {
        this.#at = this.#scanner.scan(this.#part, this.#at);
        this.open = this.#scanner.inText;
      }
    } catch (error) {
      this.close();
      if (this.#read === 0) throw error;
      this.open = false;
      this.cut = nameOf(error);
    }
  }

  /** The next bytes of the text that is open, in pieces; null at its end. */
  async digits() {
    if (!this.open) return null;
    if (!(await this.#more())) throw new Error("the answer broke off in a text");
    const { pieces, at } = this.#scanner.takeText(this.#part, this.#at);
    this.#at = at;
    this.open = this.#scanner.inText;
    return pieces;
  }

  close() {
    this.#reader.cancel().catch(() => {});
  }

  /** Whether there are bytes to take. */
  async #more() {
    if (this.#at < this.#part.length) return true;
    this.#part = await this.#reader.next();
    this.#at = 0;
    if (this.#read === 0 && !isJson(this.#part)) {
      this.close();
      this.#part = new Uint8Array();
    }
    this.#read += this.#part.length;
    // Counted, whatever the headers announced.
    if (this.#read > this.#limit) throw new TooLarge();
    return this.#part.length > 0;
  }
}

/**
 * An answer that is there, without long texts.
 *
 * @implements {ServiceAnswer}
 */
export class WholeAnswer {
  #bytes;
  open = false;
  cut = "";
  count = 0;

  constructor(bytes = new Uint8Array()) {
    this.#bytes = bytes;
  }

  json() {
    return this.#bytes;
  }

  async advance() {}

  /** @returns {Promise<null>} */
  async digits() {
    return null;
  }

  hurry() {}

  widen() {}

  close() {}
}

/**
 * The end of an event stream, as an answer.
 *
 * @param {ReadableStream} body
 * @param {Omit<AnswerLimits, "slimBytes">} limits
 */
export async function readEvents(body, { bytes, ...times }) {
  const reader = new PartReader(body, times);
  const last = new LastBytes(LAST_EVENTS_BYTES);
  try {
    for (let part = await reader.next(); part.length > 0; part = await reader.next()) {
      if (last.length + part.length > bytes) throw new TooLarge();
      last.add(part);
    }
  } catch (error) {
    reader.cancel().catch(() => {});
    throw error;
  }
  const json = last.between(Math.max(0, last.length - LAST_EVENTS_BYTES), last.length);
  return new WholeAnswer(json);
}

/** A picture that is open in an answer, decoded part by part, so that only base64 is passed on. */
class EmbeddedPicture {
  #place;
  #answer;
  #decoder = new Base64Decoder();
  /** @type {Uint8Array[]} */
  #pieces = [];
  #buffer;
  /** @type {Uint8Array} */
  #rest = new Uint8Array();
  #ended = false;

  /**
   * @param {ServiceAnswer} answer
   * @param {Pick<RequestLifetime, "signal">} lifetime
   */
  constructor(answer, lifetime) {
    this.#place = new Place(lifetime);
    answer.widen(this.#place.bytes);
    this.#answer = answer;
    this.#buffer = new Uint8Array(this.#place.bytes);
  }

  /** The next part, empty at the end. It is overwritten by the next call. */
  async next() {
    this.#place.goOn();
    try {
      const part = await this.#fill();
      if (part.length === 0) this.#place.end();
      return part;
    } catch (error) {
      this.#place.end();
      throw error;
    }
  }

  /** A part may be as long as the buffer and be the last. */
  get isOver() {
    return this.#ended && this.#rest.length === 0;
  }

  /** What is left of it is passed over when the answer is read on. */
  cancel() {
    this.#place.end();
  }

  async #fill() {
    let length = this.#take(this.#rest, 0);
    while (length < this.#buffer.length && !this.#ended) {
      length = this.#take(await this.#decoded(), length);
    }
    return this.#buffer.subarray(0, length);
  }

  async #decoded() {
    if (this.#pieces.length === 0) this.#pieces = (await this.#answer.digits()) ?? [];
    const piece = this.#pieces.shift();
    if (piece) return this.#decoder.decode(piece);
    this.#ended = true;
    return this.#decoder.flush();
  }

  /**
   * Puts bytes into the buffer behind the first `length`, as many as there is room for.
   *
   * @param {Uint8Array} bytes
   * @param {number} length
   */
  #take(bytes, length) {
    const taken = bytes.subarray(0, this.#buffer.length - length);
    this.#buffer.set(taken, length);
    this.#rest = bytes.subarray(taken.length);
    return length + taken.length;
  }
}

/**
 * The answer in which a text is open; throws where it was passed over.
 *
 * @param {LongText} text
 */
function openAnswer({ answer, number }) {
  if (answer.open && number === answer.count - 1) return answer;
  throw new Error("this picture was passed over");
}

/** A picture that came as a short text. */
class ShortPicture {
  #bytes;

  /** @param {string} text */
  constructor(text) {
    const decoder = new Base64Decoder();
    const first = decoder.decode(new TextEncoder().encode(text.replaceAll("\\", "\\\\")));
    const last = decoder.flush();
    this.#bytes = new Uint8Array(first.length + last.length);
    this.#bytes.set(first);
    this.#bytes.set(last, first.length);
  }

  next() {
    const bytes = this.#bytes;
    this.#bytes = new Uint8Array();
    return bytes;
  }

  get isOver() {
    return this.#bytes.length === 0;
  }

  cancel() {}
}

/**
 * A picture that came as base64: a short text, or one that is open in an answer.
 *
 * @param {string | LongText} base64
 * @param {Pick<RequestLifetime, "signal"> & { limits: { sniffedBytes: number } }} lifetime
 * @returns {Promise<OpenPicture>}
 */
export async function openBase64(base64, lifetime) {
  const body =
    typeof base64 === "string"
      ? new ShortPicture(base64)
      : new EmbeddedPicture(openAnswer(base64), lifetime);
  const first = await body.next();
  const sniffed = first.subarray(0, lifetime.limits.sniffedBytes);
  return { status: 200, location: null, length: 0, body, first, sniffed };
}
