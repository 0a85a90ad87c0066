/**
 * Reads a body of JSON and keeps its long texts apart: a chat sends all its earlier pictures back as
 * base64, and none of that may reach Python, or lie in memory.
 */

/** @import { RequestLifetime } from "./types.js" */

import { fromBase64 } from "./base64.js";
import { LastBytes } from "./byte_buffers.js";
import { JsonScanner, TooMuchText } from "./json_scanner.js";
import { lastPicture } from "./markdown_picture.js";
import { readParts, TooLarge } from "./reading.js";

// What people type is shorter. A shorter text stays where it is.
const SHORT_BYTES = 4096;

// Decoded at once: strings of this size are the young garbage that the engine takes away soon.
const DECODED_BYTES = 48 * 1024;

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * What the bytes between the quotes of a JSON string stand for; throws a SyntaxError where they are none.
 *
 * @param {Uint8Array} bytes
 * @returns {string}
 */
function unescaped(bytes) {
  let text = "";
  try {
    text = JSON.parse(`"${decoder.decode(bytes)}"`);
  } catch {
    throw new SyntaxError("no text of JSON");
  }
  // Half a character cannot be sent on; in a short text pydantic refuses it.
  if (!text.isWellFormed()) throw new SyntaxError("half a character");
  return text;
}

/** The long texts of a body, of which the last ones are kept. */
class KeptTexts {
  #lifetime;
  #kept;
  #textLimit;
  /** @type {[start: number, end: number][]} */
  #spans = [];

  /** @param {RequestLifetime} lifetime */
  constructor(lifetime) {
    const { inputBytes, textBytes } = lifetime.limits;
    this.#lifetime = lifetime;
    this.#kept = new LastBytes(inputBytes);
    this.#textLimit = textBytes;
  }

  get count() {
    return this.#spans.length;
  }

  /** Begins a text of which all parts are added from here on. */
  begin() {
    this.#spans.push([this.#kept.length, this.#kept.length]);
  }

  /** @param {Uint8Array} bytes */
  extend(bytes) {
    const span = this.#spans.at(-1);
    if (!span || bytes.length === 0) return;
    this.#kept.add(bytes);
    span[1] = this.#kept.length;
  }

  /** Gives their memory back, and the room for it, but for what is kept of them as bytes. */
  free() {
    this.#kept.free();
    this.#lifetime.settle(0);
  }

  /**
   * The text of this number. Throws NotKept, TooMuchText, and SyntaxError where it is not a JSON string.
   *
   * @param {number} number
   */
  text(number) {
    const [start, end] = this.#span(number);
    if (end - start > this.#textLimit) throw new TooMuchText();
    return unescaped(this.#kept.between(start, end));
  }

  /**
   * What the text of this number is the base64 of, or undefined. Throws NotKept.
   *
   * @param {number} number
   */
  decode(number) {
    return fromBase64(this.#kept.between(...this.#span(number)), DECODED_BYTES);
  }

  /**
   * The number under which the address of the last picture is known that the markdown text of this number
   * has; undefined where it has none. Throws NotKept.
   *
   * @param {number} number
   */
  picture(number) {
    const [start, end] = this.#span(number);
    const found = lastPicture(this.#kept.between(start, end));
    return found && this.#spans.push([start + found[0], start + found[1]]) - 1;
  }

  /** @param {number} number */
  #span(number) {
    const span = this.#spans[number];
    if (!span) throw new RangeError("there is no such text");
    return span;
  }
}

/**
 * The body of a request: its JSON with `mark` and a number where a long text stood, and those texts,
 * of which the last are kept. Rejects with TooLarge, TooMuchText, TooManyValues, TooDeep, NoRoom, or
 * a TimeoutError.
 *
 * @param {Pick<Request, "headers" | "body">} request
 * @param {string} mark
 * @param {RequestLifetime} lifetime
 */
export async function readJson({ headers, body }, mark, lifetime) {
  const { requestBytes, inputBytes, textBytes, values, depth, upload } = lifetime.limits;
  const expected = Number(headers.get("content-length") ?? NaN);
  if (expected > requestBytes) throw new TooLarge();
  const scanner = new JsonScanner(mark, {
    shortBytes: SHORT_BYTES,
    slimBytes: textBytes,
    values,
    depth,
  });
  const longTexts = new KeptTexts(lifetime);
  /** @param {Uint8Array} part */
  const take = (part) => {
    for (let at = 0; at < part.length;) {
      if (!scanner.inText) at = scanner.scan(part, at);
      if (!scanner.inText) continue;
      if (scanner.count > longTexts.count) longTexts.begin();
      const taken = scanner.takeText(part, at);
      for (const piece of taken.pieces) longTexts.extend(piece);
      at = taken.at;
    }
  };
  try {
    // What is kept may be twice what has come, since it grows by doubling.
    /** @param {number} bytes */
    const reserve = (bytes) => lifetime.reserve(2 * Math.min(bytes, inputBytes));
    if (body) await readParts(body, { limit: requestBytes, expected, ...upload }, take, reserve);
    return { json: scanner.json(), longTexts };
  } catch (error) {
    longTexts.free();
    throw error;
  }
}
