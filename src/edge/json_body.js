/**
 * Reads a body of JSON and keeps its long texts apart: a chat sends all its earlier pictures back as
 * base64, and none of that may reach Python, or lie in memory.
 *
 * Quotes are found by the engine's own search, so a picture costs one step and not one a byte.
 */

import { PART_BYTES, TooLarge } from "./reading.js";

// What people type is shorter. A shorter text stays where it is.
const LONG_TEXT_BYTES = 4096;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const MINUS = 0x2d;
const UNDERSCORE = 0x5f;
const EQUALS = 0x3d;

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

const DATA = encoder.encode("data:");

/** What stays of it without its long texts is too much. */
class TooMuchText extends Error {
  name = "TooMuchText";
}

/** A text was too far from the end of the body to be kept. */
class NotKept extends Error {
  name = "NotKept";
}

/** The last `capacity` bytes of all that was added, by their position among all. */
class LastBytes {
  #capacity;
  #ring = null;
  length = 0;

  constructor(capacity) {
    this.#capacity = capacity;
  }

  add(bytes) {
    this.#ring ??= new Uint8Array(this.#capacity);
    const last = bytes.subarray(-this.#ring.length);
    this.length += bytes.length;
    const at = (this.length - last.length) % this.#ring.length;
    const room = this.#ring.length - at;
    this.#ring.set(last.subarray(0, room), at);
    this.#ring.set(last.subarray(room), 0);
  }

  /** Gives the memory back at once; the engine would let several such lie around. */
  free() {
    this.#ring?.buffer.transfer(0);
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

/** Decodes base64 a part at a time, so that it does not lie there as a text too; or undefined. */
function fromBase64(digits, alphabet) {
  const bytes = new Uint8Array(Math.ceil((digits.length * 3) / 4));
  let written = 0;
  for (let at = 0; at < digits.length; at += PART_BYTES) {
    const part = decoder.decode(digits.subarray(at, at + PART_BYTES));
    written += bytes.subarray(written).setFromBase64(part, { alphabet }).written;
  }
  // Fewer where white space was skipped or a part in the middle was padded: a short text with those
  // is refused too (`easel.image`).
  const padding = digits.at(-1) !== EQUALS ? 0 : digits.at(-2) !== EQUALS ? 1 : 2;
  const length = digits.length - padding;
  const isWhole = length % 4 !== 1 && written === Math.floor((length * 3) / 4);
  return isWhole ? bytes.subarray(0, written) : undefined;
}

/** What base64 in either alphabet stands for, be it a `data:` URL or not; undefined for others. */
function decoded(bytes) {
  const text = bytes.includes(BACKSLASH) ? encoder.encode(unescaped(bytes)) : bytes;
  const isUrl = DATA.every((byte, at) => text[at] === byte);
  const digits = text.subarray(isUrl ? text.indexOf(COMMA) + 1 : 0);
  const alphabet = digits.includes(MINUS) || digits.includes(UNDERSCORE) ? "base64url" : "base64";
  try {
    return fromBase64(digits, alphabet);
  } catch {
    return undefined;
  }
}

/** The long texts of a body, of which the last ones are kept. */
class LongTexts {
  #kept;
  #textLimit;
  #spans = [];

  constructor(capacity, textLimit) {
    this.#kept = new LastBytes(capacity);
    this.#textLimit = textLimit;
  }

  /** The number of a text of which all parts are added from here on. */
  begin() {
    return this.#spans.push([this.#kept.length, this.#kept.length]) - 1;
  }

  extend(bytes) {
    this.#kept.add(bytes);
    this.#spans.at(-1)[1] = this.#kept.length;
  }

  free() {
    this.#kept.free();
  }

  /** The text of this number. Throws NotKept, TooMuchText, and SyntaxError for what is no text of JSON. */
  text(number) {
    const [start, end] = this.#spans[number];
    if (end - start > this.#textLimit) throw new TooMuchText();
    return unescaped(this.#kept.between(start, end));
  }

  /** What the text of this number is the base64 of, or undefined. Throws as `text` does. */
  decode(number) {
    return decoded(this.#kept.between(...this.#spans[number]));
  }
}

/** Backslashes in a row that end `bytes`. */
function trailingBackslashes(bytes) {
  let count = 0;
  while (count < bytes.length && bytes[bytes.length - 1 - count] === BACKSLASH) count += 1;
  return count;
}

/** Takes a body part by part, and puts `mark` and a number where a long text stood. */
class Slimmer {
  #mark;
  #limit;
  #slim = [];
  #slimBytes = 0;
  // The text that goes on in the next part: what was seen of it, while that is not long yet.
  #open = null;

  constructor(mark, textLimit, keptLimit) {
    this.#mark = mark;
    this.#limit = textLimit;
    this.longTexts = new LongTexts(keptLimit, textLimit);
  }

  add(part) {
    let written = 0;
    let at = 0;
    if (this.#open) {
      const end = this.#closingQuote(part, 0, this.#open.backslashes);
      this.#extend(end < 0 ? part : part.subarray(0, end));
      if (end < 0) return;
      this.#close();
      written = end;
      at = end + 1;
    }
    for (;;) {
      const start = part.indexOf(QUOTE, at) + 1;
      if (start === 0) return this.#write(part.slice(written));
      const end = this.#closingQuote(part, start, 0);
      if (end < 0 || end - start > LONG_TEXT_BYTES) {
        this.#write(part.slice(written, start));
        this.#open = { seen: [], bytes: 0, backslashes: 0, number: null };
        this.#extend(part.subarray(start, end < 0 ? undefined : end));
        if (end < 0) return;
        this.#close();
        written = end;
      }
      at = end + 1;
    }
  }

  /** The JSON without its long texts. */
  json() {
    if (this.#open) this.#close();
    const json = new Uint8Array(this.#slimBytes);
    let at = 0;
    for (const piece of this.#slim) {
      json.set(piece, at);
      at += piece.length;
    }
    return json;
  }

  /** Where the text ends that `from` is in, or -1; `carried` backslashes stand before `from`. */
  #closingQuote(part, from, carried) {
    for (let end = part.indexOf(QUOTE, from); end >= 0; end = part.indexOf(QUOTE, end + 1)) {
      const count = trailingBackslashes(part.subarray(from, end));
      if ((count + (count === end - from ? carried : 0)) % 2 === 0) return end;
    }
    return -1;
  }

  #extend(bytes) {
    const open = this.#open;
    const count = trailingBackslashes(bytes);
    open.backslashes = count + (count === bytes.length ? open.backslashes : 0);
    open.bytes += bytes.length;
    if (open.number === null && open.bytes > LONG_TEXT_BYTES) {
      open.number = this.longTexts.begin();
      for (const piece of open.seen) this.longTexts.extend(piece);
    }
    if (open.number === null) open.seen.push(bytes.slice());
    else this.longTexts.extend(bytes);
  }

  #close() {
    const { number, seen } = this.#open;
    this.#open = null;
    if (number === null) for (const piece of seen) this.#write(piece);
    else this.#write(encoder.encode(this.#mark + number));
  }

  #write(bytes) {
    this.#slimBytes += bytes.length;
    if (this.#slimBytes > this.#limit) throw new TooMuchText();
    this.#slim.push(bytes);
  }
}

/**
 * The body of a request: its JSON with `mark` and a number where a long text stood, and those texts,
 * of which the last `keptLimit` bytes are kept.
 *
 * Rejects with TooLarge for more than `limit` bytes in all, with TooMuchText for more than
 * `textLimit` bytes without the long texts.
 */
export async function readJson({ headers, body }, limit, textLimit, keptLimit, mark) {
  const announced = Number(headers.get("content-length") ?? 0);
  if (announced > limit) throw new TooLarge();
  // A small request must not take the memory of a large one.
  const most = (bytes) => Math.min(bytes, announced || bytes);
  const slimmer = new Slimmer(mark, textLimit, most(keptLimit));
  try {
    if (body) await readParts(body, limit, most(PART_BYTES), (part) => slimmer.add(part));
    return { json: slimmer.json(), longTexts: slimmer.longTexts };
  } catch (error) {
    slimmer.longTexts.free();
    throw error;
  }
}

/** Gives each part of a body to `take`, which must not keep it. Rejects with TooLarge. */
async function readParts(body, limit, partBytes, take) {
  const reader = body.getReader({ mode: "byob" });
  let buffer = new ArrayBuffer(partBytes);
  try {
    for (let length = 0; ; ) {
      // No more is waited for than it takes to know that it is too much.
      const wanted = Math.min(partBytes, limit - length + 1);
      const { value } = await reader.readAtLeast(wanted, new Uint8Array(buffer, 0, wanted));
      if (!value?.byteLength) return;
      length += value.byteLength;
      if (length > limit) throw new TooLarge();
      take(value);
      buffer = value.buffer;
    }
  } finally {
    reader.releaseLock();
  }
}
