/** A picture where it lies: opened, and read part by part, through what breaks off on the way. */

import { PartReader, pause, within } from "./reading.js";
import * as underWay from "./under_way.js";

// How often one download is taken up again where it stopped, and the pause before each time.
const MOST_RESUMPTIONS = 3;
const RESUME_PAUSE_MS = 250;

// Enough to tell the size of a picture, see `easel.sniff`.
const FIRST_PART_BYTES = 96 * 1024;

/** What proves that a later answer is about the same bytes; null where nothing does (RFC 9110, 13.1.5). */
function validator(headers) {
  if (headers.has("content-encoding")) return null;
  const etag = headers.get("etag");
  return etag && !etag.startsWith("W/") ? etag : headers.get("last-modified");
}

/** The body of a picture, read in parts that base64 can be made of one by one. */
class PictureBody {
  #lifetime;
  #url;
  #validator;
  #reader;
  #at = 0;
  #resumptions = 0;

  constructor(lifetime, url, response) {
    this.#lifetime = lifetime;
    this.#url = url;
    this.#validator = validator(response.headers);
    const sizes = { firstBytes: FIRST_PART_BYTES, mostBytes: underWay.begin(this, lifetime) };
    this.#reader = new PartReader(response.body, { ...lifetime.limits.download, ...sizes });
  }

  /** The next part, empty at the end. It is overwritten by the next call. */
  async next() {
    for (;;) {
      try {
        const part = await this.#reader.next();
        this.#at += part.byteLength;
        if (part.byteLength) underWay.goOn(this);
        else underWay.end(this);
        return part;
      } catch (error) {
        if (await this.#resume()) continue;
        underWay.end(this);
        throw error;
      }
    }
  }

  async cancel() {
    underWay.end(this);
    await this.#reader.cancel();
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
        if (response.status === 206 && this.#goesOn(response.headers)) {
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

  #goesOn(headers) {
    const range = headers.get("content-range") ?? "";
    const same = validator(headers);
    return range.startsWith(`bytes ${this.#at}-`) && (same === null || same === this.#validator);
  }
}

/** Asks without any credential. Ends the connection when no answer comes; there are only six. */
async function open(lifetime, url, headers) {
  const opening = new AbortController();
  const signal = AbortSignal.any([lifetime.signal, opening.signal]);
  try {
    return await within(lifetime.limits.download.stallMs, lifetime.download(url, { headers, signal }));
  } catch (error) {
    opening.abort();
    throw error;
  }
}

/**
 * Opens a picture without any credential and reads its first part. A redirect is not followed but
 * told; then, and for a status that is not 200, there is no body.
 */
export async function openPicture(lifetime, url) {
  const { sniffedBytes } = lifetime.limits;
  const response = await open(lifetime, url, {});
  const opened = {
    status: response.status,
    location: response.headers.get("location"),
    length: Number(response.headers.get("content-length") ?? 0),
  };
  if (response.status !== 200 || !response.body) {
    await response.body?.cancel();
    return opened;
  }
  const body = new PictureBody(lifetime, url, response);
  try {
    const first = await body.next();
    return { ...opened, body, first, sniffed: first.slice(0, sniffedBytes) };
  } catch (error) {
    body.cancel().catch(() => {});
    throw error;
  }
}

/** Gives up a picture that was opened. */
export async function closePicture(picture) {
  try {
    await picture.body?.cancel();
  } catch {
    // It is given up all the same.
  }
}
