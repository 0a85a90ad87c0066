/**
 * Base64 that comes in parts, as it stands in a text of JSON: with escapes (PHP writes `\/`), in either
 * alphabet, in lines or not, as a `data:` URL or not. What comes out is bytes, so nothing but base64
 * can be passed on as such.
 */

const BACKSLASH = 0x5c;

// `\u002f` is the longest escape.
const ESCAPE_BYTES = 6;

// How long the beginning of a `data:` URL may be: far longer than any MIME type.
const MOST_HEAD = 1024;

// What is no ASCII is no base64 either, so characters may be cut.
const decoder = new TextDecoder("utf-8", { fatal: false, ignoreBOM: true });

/** @typedef {"stop-before-partial" | "loose"} LastChunkHandling */

/** Undoes the escapes of a JSON string that comes in parts. Throws a SyntaxError. */
export class Unescaper {
  /** @type {Uint8Array} */
  #rest = new Uint8Array();

  /**
   * The characters of the next bytes; `last` is whether no more come.
   *
   * @param {Uint8Array} bytes
   * @param {boolean} last
   * @returns {string}
   */
  take(bytes, last) {
    if (this.#rest.length === 0 && !bytes.includes(BACKSLASH)) return decoder.decode(bytes);
    const joined = new Uint8Array(this.#rest.length + bytes.length);
    joined.set(this.#rest);
    joined.set(bytes, this.#rest.length);
    // An escape may go on in the next part.
    const tail = Math.max(0, joined.length - ESCAPE_BYTES + 1);
    const cut = last ? -1 : joined.indexOf(BACKSLASH, tail);
    const end = cut < 0 ? joined.length : cut;
    this.#rest = joined.slice(end);
    return JSON.parse(`"${decoder.decode(joined.subarray(0, end))}"`);
  }
}

/** Takes the bytes of a text part by part, and gives what they are the base64 of. */
export class Base64Decoder {
  #unescaper = new Unescaper();
  /** @type {"base64" | "base64url" | null} */
  #alphabet = null;
  #started = false;
  // Digits that wait for others to make three bytes with, and the start of a `data:` URL.
  #rest = "";
  #ended = false;
  /** How many characters there were but for padding, white space among them. */
  characters = 0;

  /**
   * What the next bytes stand for. Throws a SyntaxError where they are no base64.
   *
   * @param {Uint8Array} bytes
   */
  decode(bytes) {
    return this.#decode(this.#unescaper.take(bytes, false), "stop-before-partial");
  }

  /** What is left when no more bytes come: whole, or of base64 without its padding. */
  flush() {
    return this.#decode(this.#unescaper.take(new Uint8Array(), true), "loose");
  }

  /**
   * @param {string} characters
   * @param {LastChunkHandling} lastChunkHandling
   */
  #decode(characters, lastChunkHandling) {
    let text = this.#rest + characters;
    this.#rest = "";
    if (!this.#started) {
      if (lastChunkHandling !== "loose" && text.length < 5) return this.#wait(text);
      if (text.startsWith("data:")) {
        const comma = text.indexOf(",");
        if (comma < 0) return this.#wait(text, lastChunkHandling);
        if (comma > MOST_HEAD) throw new SyntaxError("no data: URL");
        text = text.slice(comma + 1);
      }
      this.#started = true;
    }
    if (this.#ended && text.trim() !== "") throw new SyntaxError("more after the end of base64");
    this.#alphabet ??= /[-_]/.test(text) ? "base64url" : /[+/]/.test(text) ? "base64" : null;
    const bytes = new Uint8Array(Math.ceil((text.length * 3) / 4));
    const alphabet = this.#alphabet ?? "base64";
    const { read, written } = bytes.setFromBase64(text, { alphabet, lastChunkHandling });
    this.characters += text.slice(0, read).replace(/=+$/, "").length;
    this.#rest = this.#withoutSpace(text.slice(read));
    // Only padding makes less than three bytes of four digits.
    this.#ended ||= written % 3 !== 0;
    return bytes.subarray(0, written);
  }

  /**
   * White space would pile up behind a digit that waits for others.
   *
   * @param {string} text
   */
  #withoutSpace(text) {
    const digits = text.replaceAll(/[\t\n\f\r ]+/g, "");
    this.characters += text.length - digits.length;
    return digits;
  }

  /**
   * @param {string} text
   * @param {LastChunkHandling} [lastChunkHandling]
   */
  #wait(text, lastChunkHandling) {
    if (text.length > MOST_HEAD || lastChunkHandling === "loose")
      throw new SyntaxError("no data: URL");
    this.#rest = text;
    return new Uint8Array();
  }
}

/**
 * All that a text is the base64 of, without white space; undefined where the text is not base64.
 *
 * @param {Uint8Array} bytes
 * @param {number} partBytes
 */
export function fromBase64(bytes, partBytes) {
  const decoder = new Base64Decoder();
  const decoded = new Uint8Array(Math.ceil((bytes.length * 3) / 4) + 3);
  let length = 0;
  /** @param {Uint8Array} part */
  const add = (part) => {
    decoded.set(part, length);
    length += part.length;
  };
  try {
    for (let at = 0; at < bytes.length; at += partBytes) {
      add(decoder.decode(bytes.subarray(at, at + partBytes)));
    }
    add(decoder.flush());
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
  // A short text with white space in it is refused too (`easel.images.request`).
  const { characters } = decoder;
  const isWhole = characters % 4 !== 1 && length === Math.floor((characters * 3) / 4);
  return isWhole ? decoded.subarray(0, length) : undefined;
}
