/**
 * Reads a body of JSON and keeps its long texts apart: a chat sends all its earlier pictures back as
 * base64, and none of that may reach Python, or lie in memory.
 */

import { fromBase64 } from "./base64.js";
import { JsonScanner, TooMuchText } from "./json_scanner.js";
import { PART_BYTES, readParts, TooLarge } from "./reading.js";

// What people type is shorter. A shorter text stays where it is.
const SHORT_BYTES = 4096;

// The memory that is taken at first for texts that are kept.
const FIRST_BYTES = 64 * 1024;

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** A text was too far from the end of the body to be kept. */
class NotKept extends Error {
  name = "NotKept";
}

/** The last `capacity` bytes of all that was added, by their position among all. */
export class LastBytes {
  #capacity;
  #ring = new Uint8Array();
  length = 0;

  constructor(capacity) {
    this.#capacity = capacity;
  }

  add(bytes) {
    this.#grow(this.length + bytes.length);
    const last = bytes.subarray(-this.#ring.length);
    this.length += bytes.length;
    const at = (this.length - last.length) % this.#ring.length;
    const room = this.#ring.length - at;
    this.#ring.set(last.subarray(0, room), at);
    this.#ring.set(last.subarray(room), 0);
  }

  /** Gives the memory back at once; the engine would let several such lie around. */
  free() {
    if (this.#ring.buffer.byteLength) this.#ring.buffer.transfer(0);
  }

  /** The bytes from `start` to `end`, to be read before more is added; throws NotKept where they were overwritten. */
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

  /** Makes room for `wanted` bytes in all. Nothing is overwritten while it still grows. */
  #grow(wanted) {
    const length = this.#ring.length;
    if (length >= Math.min(wanted, this.#capacity)) return;
    const grown = Math.min(this.#capacity, Math.max(wanted, length * 2, FIRST_BYTES));
    this.#ring = new Uint8Array(this.#ring.buffer.transfer(grown));
  }
}

/** A text of JSON as it was before it became one; throws a SyntaxError where it is none. */
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
class LongTexts {
  #lifetime;
  #kept;
  #textLimit;
  #spans = [];

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

  extend(bytes) {
    if (bytes.length === 0) return;
    this.#kept.add(bytes);
    this.#spans.at(-1)[1] = this.#kept.length;
  }

  /** Gives their memory back, and the room for it, but for what is kept of them as bytes. */
  free() {
    this.#kept.free();
    this.#lifetime.settle(0);
  }

  /** The text of this number. Throws NotKept, TooMuchText, and SyntaxError for what is no text of JSON. */
  text(number) {
    const [start, end] = this.#spans[number];
    if (end - start > this.#textLimit) throw new TooMuchText();
    return unescaped(this.#kept.between(start, end));
  }

  /** What the text of this number is the base64 of, or undefined. Throws NotKept. */
  decode(number) {
    return fromBase64(this.#kept.between(...this.#spans[number]), PART_BYTES);
  }
}

/**
 * The body of a request: its JSON with `mark` and a number where a long text stood, and those texts,
 * of which the last are kept. Rejects with TooLarge, TooMuchText, TooManyValues, TooDeep, NoRoom, or
 * a TimeoutError.
 */
export async function readJson({ headers, body }, mark, lifetime) {
  const { requestBytes, inputBytes, textBytes, values, depth, upload } = lifetime.limits;
  if (Number(headers.get("content-length") ?? 0) > requestBytes) throw new TooLarge();
  const scanner = new JsonScanner(mark, {
    shortBytes: SHORT_BYTES,
    slimBytes: textBytes,
    values,
    depth,
  });
  const longTexts = new LongTexts(lifetime);
  const take = (part) => {
    for (let at = 0; at < part.length; ) {
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
    const reserve = (bytes) => lifetime.reserve(2 * Math.min(bytes, inputBytes));
    if (body) await readParts(body, { limit: requestBytes, ...upload }, take, reserve);
    return { json: scanner.json(), longTexts };
  } catch (error) {
    longTexts.free();
    throw error;
  }
}
