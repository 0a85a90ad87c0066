/** Opens a picture at its address and reads it part by part; resumes a download that breaks off. */

/** @import { MissingPicture, OpenPicture, RequestLifetime } from "./types.js" */

import { GrowingBytes } from "./byte_buffers.js";
import { announcedBytes, PartReader, pause, TooLarge, withDeadline } from "./reading.js";
import { Place } from "./under_way.js";

// How often one download is taken up again where it stopped, and the pause before each time.
const MOST_RESUMPTIONS = 3;
const RESUME_PAUSE_MS = 250;

// Enough to tell the size of a picture, see `easel.images.sniffing`.
const FIRST_PART_BYTES = 96 * 1024;

/**
 * What proves that a later answer is about the same bytes; null where nothing does (RFC 9110, 13.1.5).
 *
 * @param {Headers} headers
 */
export function validator(headers) {
  if (headers.has("content-encoding")) return null;
  const etag = headers.get("etag");
  return etag && !etag.startsWith("W/") ? etag : headers.get("last-modified");
}

/**
 * The range that a 206 answers with, in bytes; null where the header is missing or says something else. `total` is NaN
 * where the host does not know it.
 *
 * @param {Headers} headers
 */
export function contentRange(headers) {
  const found = /^bytes (\d+)-(\d+)\/(\d+|\*)$/.exec(headers.get("content-range") ?? "");
  return found && { start: Number(found[1]), end: Number(found[2]) + 1, total: Number(found[3]) };
}

/** The body of a picture, read in parts that base64 can be made of one by one. */
class Download {
  #place;
  #lifetime;
  #url;
  #validator;
  // NaN where it was not announced.
  #length;
  #reader;
  #at = 0;
  #resumptions = 0;

  /**
   * @param {RequestLifetime} lifetime
   * @param {string} url
   * @param {Response} response
   * @param {ReadableStream} body
   */
  constructor(lifetime, url, response, body) {
    this.#lifetime = lifetime;
    this.#url = url;
    this.#validator = validator(response.headers);
    this.#length = Number(response.headers.get("content-length") ?? NaN);
    this.#place = new Place(lifetime);
    this.#reader = new PartReader(body, {
      ...lifetime.limits.download,
      expected: announcedBytes(response.headers),
      firstBytes: FIRST_PART_BYTES,
      mostBytes: this.#place.bytes,
    });
  }

  /** The next part, empty at the end. It is overwritten by the next call. */
  async next() {
    for (;;) {
      try {
        const part = await this.#reader.next();
        this.#at += part.byteLength;
        if (part.byteLength) this.#place.goOn();
        else this.#place.end();
        return part;
      } catch (error) {
        if (await this.#resume()) continue;
        this.#place.end();
        throw error;
      }
    }
  }

  get isOver() {
    return this.#reader.isOver;
  }

  async cancel() {
    this.#place.end();
    if (!this.isOver) await this.#reader.cancel();
  }

  /** Takes the download up at the byte where it stopped; tells whether it could. */
  async #resume() {
    this.#reader.cancel().catch(() => {});
    while (this.#validator && !this.#reader.isLate && this.#resumptions < MOST_RESUMPTIONS) {
      this.#resumptions += 1;
      await pause(RESUME_PAUSE_MS * this.#resumptions);
      if (this.#lifetime.signal.aborted) return false;
      try {
        const headers = { range: `bytes=${this.#at}-`, "if-range": this.#validator };
        const response = await open(this.#lifetime, this.#url, headers);
        if (response.status === 206 && response.body && this.#goesOn(response.headers)) {
          this.#reader.replace(response.body);
          return true;
        }
        await response.body?.cancel();
        return false;
      } catch {
        // Its host may be back a little later.
      }
    }
    return false;
  }

  /**
   * Whether an answer has all the bytes that are missing, of the same picture.
   *
   * @param {Headers} headers
   */
  #goesOn(headers) {
    const range = contentRange(headers);
    if (range === null || headers.has("content-encoding")) return false;
    const total = range.total || this.#length;
    const same = validator(headers);
    return (
      range.start === this.#at &&
      range.end === total &&
      (total === this.#length || Number.isNaN(this.#length)) &&
      (same === null || same === this.#validator)
    );
  }
}

/**
 * Asks without any credential.
 *
 * @param {RequestLifetime} lifetime
 * @param {string} url
 * @param {Record<string, string>} headers
 */
function open(lifetime, url, headers) {
  const { stallMs } = lifetime.limits.download;
  return withDeadline(lifetime, stallMs, (signal) => lifetime.download(url, { headers, signal }));
}

/**
 * Opens a picture without any credential and reads its first part. A redirect is not followed but
 * told; then, and for a status that is not 200, there is no body.
 *
 * @param {RequestLifetime} lifetime
 * @param {string} url
 * @returns {Promise<MissingPicture | OpenPicture>}
 */
export async function openPicture(lifetime, url) {
  const { sniffedBytes } = lifetime.limits;
  const response = await open(lifetime, url, {});
  const opened = {
    status: response.status,
    location: response.headers.get("location"),
    length: announcedBytes(response.headers) || 0,
  };
  if (response.status !== 200 || !response.body) {
    await response.body?.cancel();
    return opened;
  }
  const body = new Download(lifetime, url, response, response.body);
  try {
    const first = await body.next();
    return { ...opened, body, first, sniffed: first.subarray(0, sniffedBytes) };
  } catch (error) {
    body.cancel().catch(() => {});
    throw error;
  }
}

/**
 * All of a picture that was opened, kept to paint from. Rejects with TooLarge where it has more than
 * `limit` bytes, with NoRoom, and where it breaks off.
 *
 * @param {OpenPicture} picture
 * @param {number} limit
 * @param {Pick<RequestLifetime, "reserve" | "keep">} lifetime
 */
export async function wholeOf(picture, limit, lifetime) {
  const whole = new GrowingBytes();
  try {
    let length = 0;
    for (let part = picture.first; part.byteLength > 0; part = await picture.body.next()) {
      length += part.byteLength;
      if (length > limit) throw new TooLarge();
      // It grows by doubling.
      await lifetime.reserve(2 * length);
      whole.add(part);
    }
    return lifetime.keep(whole.bytes);
  } catch (error) {
    whole.free();
    await closePicture(picture);
    throw error;
  }
}

/**
 * Gives up a picture that was opened.
 *
 * @param {OpenPicture} picture
 */
export async function closePicture({ body }) {
  try {
    await body.cancel();
  } catch {
    // It is given up all the same.
  }
}
