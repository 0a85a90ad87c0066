/**
 * Copies of pictures that were passed on, in the platform's cache (`caches.default`), each under the
 * address of its own link. Nothing relies on them: on workers.dev there are none, and on workerd by
 * itself there is no cache at all.
 */

/** @import { MissingPicture, OpenPicture, RequestLifetime } from "./types.js" */

import { nameOf, within } from "./reading.js";
import { pump, StoredBody } from "./store.js";

// It is there to save time.
const FIND_MS = 1000;
const PUT_MS = 20_000;
const DELETE_MS = 5000;

// When a copy ends, in Unix seconds, and how long it is. The platform changes headers of its own.
const UNTIL = "easel-until";
const LENGTH = "easel-length";

let isThere = true;

/** Whether there is a cache, as far as it was asked: workerd by itself has none. */
export function hasCache() {
  return isThere;
}

/** @returns {Cache} */
function cache() {
  return caches.default;
}

/**
 * Opens a copy; the status is 404 where there is none.
 *
 * @param {string} url
 * @param {RequestLifetime} lifetime
 * @returns {Promise<MissingPicture | OpenPicture>}
 */
export async function openCopy(url, lifetime) {
  /** @type {MissingPicture} */
  const none = { status: 404, location: null, length: 0 };
  try {
    const found = await within(FIND_MS, cache().match(url));
    const until = Number(found?.headers.get(UNTIL));
    if (!found?.body || until * 1000 <= Date.now()) return none;
    const length = Number(found.headers.get(LENGTH));
    const body = new StoredBody(found.body, length, lifetime);
    const first = await body.next();
    const sniffed = first.subarray(0, lifetime.limits.sniffedBytes);
    return { status: 200, location: null, length, body, first, sniffed, until };
  } catch (error) {
    if (nameOf(error) !== "TimeoutError") isThere = false;
    return none;
  }
}

/**
 * Deletes a copy, where this place of the platform has one.
 *
 * @param {string} url
 */
export async function deleteCopy(url) {
  try {
    await within(DELETE_MS, cache().delete(url));
  } catch {
    // Where there is no cache there is no copy.
  }
}

/**
 * Gives a copy to the cache: nobody waits for it, and what is not whole never comes here.
 *
 * @param {string} url
 * @param {OpenPicture} picture
 * @param {number} seconds for how long it is kept
 */
export async function putCopy(url, { length, first, body }, seconds) {
  const { readable, writable } = new FixedLengthStream(length);
  const writer = writable.getWriter();
  const headers = {
    "cache-control": `public, max-age=${seconds}`,
    [UNTIL]: `${Math.floor(Date.now() / 1000) + seconds}`,
    [LENGTH]: `${length}`,
  };
  try {
    const putting = cache().put(url, new Response(readable, { headers }));
    putting.catch((error) => writer.abort(error).catch(() => {}));
    await within(PUT_MS, Promise.all([putting, pump(first, body, writer)]));
  } catch (error) {
    writer.abort(error).catch(() => {});
    await body.cancel();
  }
}
