/**
 * Scans JSON part by part, and tells apart its long texts, which are pictures as base64, and the
 * rest, which is short.
 *
 * Quotes are found by the engine's own search, so a picture costs one step and not one a byte. What
 * the rest may be is limited here, before anything parses it: how long, how deep, how many values.
 */

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

// How far a quote is looked for byte by byte.
const NEAR_BYTES = 64;

const encoder = new TextEncoder();

/**
 * A text of more than `shortBytes` is long; `slimBytes` and `values` are of all the rest, and `depth` is
 * how deep it may be nested.
 *
 * @typedef {{ shortBytes: number, slimBytes: number, values: number, depth: number }} ScanLimits
 */

/** The JSON without its long texts is too long. */
export class TooMuchText extends Error {
  name = "TooMuchText";
}

/** The JSON has more values than may be looked at. */
export class TooManyValues extends Error {
  name = "TooManyValues";
}

/** The JSON is nested deeper than may be looked at. */
export class TooDeep extends Error {
  name = "TooDeep";
}

/**
 * Backslashes in a row that end what `bytes` has between `from` and `to`.
 *
 * @param {Uint8Array} bytes
 * @param {number} from
 * @param {number} to
 */
function trailingBackslashes(bytes, from, to) {
  let at = to;
  while (at > from && bytes[at - 1] === BACKSLASH) at -= 1;
  return to - at;
}

/**
 * The next quote behind an escaped one: where there is one there are many, and a search for each is
 * slow.
 *
 * @param {Uint8Array} bytes
 * @param {number} from
 */
function nextQuote(bytes, from) {
  const near = Math.min(from + NEAR_BYTES, bytes.length);
  for (let at = from; at < near; at += 1) if (bytes[at] === QUOTE) return at;
  return bytes.indexOf(QUOTE, near);
}

/** Takes JSON part by part, and puts `mark` and a number where a long text stood. */
export class JsonScanner {
  #mark;
  #limits;
  /** @type {Uint8Array[]} */
  #slim = [];
  #slimBytes = 0;
  #values = 0;
  #depth = 0;
  // The text that goes on in the next part: what was seen of it, while that is not long yet.
  /** @type {Uint8Array[] | null} */
  #seen = null;
  #seenBytes = 0;
  // Those that end what was seen of the text, be it long or not.
  #backslashes = 0;

  /** Whether a long text is being read; then `takeText` goes on, and else `scan`. */
  inText = false;
  /** How many long texts have begun. */
  count = 0;

  /**
   * @param {string} mark
   * @param {ScanLimits} limits
   */
  constructor(mark, limits) {
    this.#mark = mark;
    this.#limits = limits;
  }

  /**
   * Takes `part` from `at` up to its end, or to where a long text starts; tells up to where.
   *
   * @param {Uint8Array} part
   * @param {number} at
   */
  scan(part, at) {
    if (this.#seen) {
      at = this.#goOn(part, at, this.#seen);
      if (this.inText || this.#seen) return at;
    }
    const written = at;
    for (;;) {
      const quote = part.indexOf(QUOTE, at);
      this.#count(part, at, quote < 0 ? part.length : quote);
      if (quote < 0) {
        this.#write(part.slice(written));
        return part.length;
      }
      const start = quote + 1;
      const end = this.#closingQuote(part, start, 0);
      const length = (end < 0 ? part.length : end) - start;
      if (length > this.#limits.shortBytes) {
        this.#write(part.slice(written, start));
        this.#begin([]);
        return start;
      }
      if (end < 0) {
        this.#write(part.slice(written, start));
        this.#keep(part.slice(start), []);
        return part.length;
      }
      at = end + 1;
    }
  }

  /**
   * What `part` has of the long text from `at`: `pieces`, and up to where.
   *
   * @param {Uint8Array} part
   * @param {number} at
   */
  takeText(part, at) {
    const end = this.#closingQuote(part, at, this.#backslashes);
    const bytes = part.subarray(at, end < 0 ? part.length : end);
    const pieces = [...(this.#seen ?? []), bytes];
    this.#seen = [];
    if (end < 0) {
      this.#follow(bytes);
      return { pieces, at: part.length };
    }
    this.inText = false;
    this.#seen = null;
    this.#write(encoder.encode(`${this.#mark}${this.count - 1}"`));
    return { pieces, at: end + 1 };
  }

  /** The JSON so far; the long text that is being read stands in it as if it had ended. */
  json() {
    const end = this.inText ? encoder.encode(`${this.#mark}${this.count - 1}"`) : new Uint8Array();
    const json = new Uint8Array(this.#slimBytes + end.length);
    let at = 0;
    for (const piece of [...this.#slim, end]) {
      json.set(piece, at);
      at += piece.length;
    }
    return json;
  }

  /**
   * A text that began in a part before: tells up to where it is taken.
   *
   * @param {Uint8Array} part
   * @param {number} at
   * @param {Uint8Array[]} seen
   */
  #goOn(part, at, seen) {
    const end = this.#closingQuote(part, at, this.#backslashes);
    const stop = end < 0 ? part.length : end;
    if (this.#seenBytes + stop - at > this.#limits.shortBytes) {
      this.#begin(seen);
      return at;
    }
    if (end < 0) {
      this.#keep(part.slice(at), seen);
      return stop;
    }
    for (const piece of seen) this.#write(piece);
    this.#write(part.slice(at, end + 1));
    this.#seen = null;
    return end + 1;
  }

  /** @param {Uint8Array[]} seen */
  #begin(seen) {
    if (seen.length === 0) this.#backslashes = 0;
    this.inText = true;
    this.#seen = seen;
    this.count += 1;
  }

  /**
   * @param {Uint8Array} piece
   * @param {Uint8Array[]} before
   */
  #keep(piece, before) {
    if (before.length === 0) {
      this.#seenBytes = 0;
      this.#backslashes = 0;
    }
    this.#seen = [...before, piece];
    this.#seenBytes += piece.length;
    this.#follow(piece);
  }

  /** @param {Uint8Array} bytes */
  #follow(bytes) {
    const count = trailingBackslashes(bytes, 0, bytes.length);
    this.#backslashes = count + (count === bytes.length ? this.#backslashes : 0);
  }

  /**
   * Where the text ends that `from` is in, or -1; `carried` backslashes stand before `from`.
   *
   * @param {Uint8Array} part
   * @param {number} from
   * @param {number} carried
   */
  #closingQuote(part, from, carried) {
    for (let end = part.indexOf(QUOTE, from); end >= 0; end = nextQuote(part, end + 1)) {
      const count = trailingBackslashes(part, from, end);
      if ((count + (count === end - from ? carried : 0)) % 2 === 0) return end;
    }
    return -1;
  }

  /**
   * Counts what stands between texts.
   *
   * @param {Uint8Array} part
   * @param {number} from
   * @param {number} to
   */
  #count(part, from, to) {
    for (let at = from; at < to; at += 1) {
      const byte = part[at];
      if (byte === COMMA) this.#values += 1;
      else if (byte === OPEN_ARRAY || byte === OPEN_OBJECT) {
        this.#values += 1;
        this.#depth += 1;
        if (this.#depth > this.#limits.depth) throw new TooDeep();
      } else if (byte === CLOSE_ARRAY || byte === CLOSE_OBJECT) this.#depth -= 1;
    }
    if (this.#values > this.#limits.values) throw new TooManyValues();
  }

  /** @param {Uint8Array} bytes */
  #write(bytes) {
    if (this.#slimBytes + bytes.length > this.#limits.slimBytes) throw new TooMuchText();
    this.#slimBytes += bytes.length;
    this.#slim.push(bytes);
  }
}
