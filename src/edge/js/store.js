/**
 * Pictures in the store of a deployment: a KV namespace or an R2 bucket, whichever is bound. What is in
 * it is whole, and its length is known. A picture that was deleted leaves its name behind, so that
 * nobody goes on to the service for it.
 */

/** @import { Bytes, MissingPicture, OpenPicture, PictureBody, RequestLifetime } from "./types.js" */

import { nameOf, PartReader, pause, within } from "./reading.js";
import { Lease } from "./room.js";
import { Place } from "./under_way.js";

// How long a store may take to find a picture, which it does in milliseconds, and to take one.
const FIND_MS = 5000;
const PUT_MS = 20_000;

// The same for a picture that is held: an answer waits for it.
const PUT_HELD_MS = 5000;

// What a value of KV may have (Cloudflare's limits, read 2026-11); R2 takes more.
const MOST_BYTES = 25 * 1024 * 1024;

// What may be held of pictures whose length is not known before, by all requests together.
const MOST_HELD_BYTES = 16 * 1024 * 1024;
const HELD_MS = 120_000;

// KV takes one value a second under the same name.
const SAME_KEY_MS = 1100;

// Longer than anything goes on after an answer, and as long as KV may take to show a value elsewhere.
const BESIDE_SECONDS = 120;

// What KV keeps is kept for a minute at least.
export const LEAST_SECONDS = 60;

/** @typedef {{ body: ReadableStream | null, length: number, deleted: boolean }} Found */
/** @typedef {{ type: string, length: number, seconds: number }} Facts */

/**
 * @param {KVNamespace} kv
 * @param {string} key
 * @returns {Promise<Found | null>}
 */
async function findInKv(kv, key) {
  /** @type {KVNamespaceGetWithMetadataResult<ReadableStream, { length: number, deleted?: boolean }>} */
  const { value, metadata } = await kv.getWithMetadata(key, "stream");
  if (!value) return null;
  return { body: value, length: metadata?.length ?? 0, deleted: metadata?.deleted === true };
}

/**
 * @param {R2Bucket} r2
 * @param {string} key
 * @returns {Promise<Found | null>}
 */
async function findInR2(r2, key) {
  const found = await r2.get(key);
  if (!found) return null;
  const deleted = found.customMetadata?.deleted === "true";
  return { body: found.body, length: found.size, deleted };
}

/**
 * @param {KVNamespace | R2Bucket} store
 * @returns {store is R2Bucket}
 */
export function isR2(store) {
  return "head" in store && typeof store.head === "function";
}

/**
 * @param {KVNamespace | R2Bucket} store
 * @param {string} key
 * @param {ReadableStream} body
 * @param {Facts} facts
 */
async function putInto(store, key, body, { type, length, seconds }) {
  if (isR2(store)) {
    await store.put(key, body, { httpMetadata: { contentType: type } });
  } else {
    const expirationTtl = Math.max(LEAST_SECONDS, seconds);
    await store.put(key, body, { expirationTtl, metadata: { type, length } });
  }
}

/** The body of a stored picture, or of a copy. */
export class StoredBody {
  #place;
  #reader;

  /**
   * @param {ReadableStream} body
   * @param {number} length
   * @param {RequestLifetime} lifetime
   */
  constructor(body, length, lifetime) {
    this.#place = new Place(lifetime);
    const sizes = { expected: length, mostBytes: this.#place.bytes };
    this.#reader = new PartReader(body, { ...lifetime.limits.download, ...sizes });
  }

  /** The next part, empty at the end. It is overwritten by the next call. */
  async next() {
    this.#place.goOn();
    const part = await this.#reader.next();
    if (part.byteLength === 0) this.#place.end();
    return part;
  }

  get isOver() {
    return this.#reader.isOver;
  }

  async cancel() {
    this.#place.end();
    if (!this.isOver) await this.#reader.cancel();
  }
}

/**
 * Opens a stored picture; the status is 404 where there is none, and 410 where it was deleted.
 *
 * @param {KVNamespace | R2Bucket} store
 * @param {string} key
 * @param {RequestLifetime} lifetime
 * @returns {Promise<MissingPicture | OpenPicture>}
 */
export async function openStored(store, key, lifetime) {
  const finding = isR2(store) ? findInR2(store, key) : findInKv(store, key);
  const found = await within(FIND_MS, finding);
  if (!found?.body) return { status: 404, location: null, length: 0 };
  if (found.deleted) {
    await found.body.cancel();
    return { status: 410, location: null, length: 0 };
  }
  const body = new StoredBody(found.body, found.length, lifetime);
  const first = await body.next();
  const sniffed = first.subarray(0, lifetime.limits.sniffedBytes);
  return { status: 200, location: null, length: found.length, body, first, sniffed };
}

/**
 * @param {KVNamespace | R2Bucket} store
 * @param {string} key
 * @param {number} seconds
 */
async function putMark(store, key, seconds) {
  /** @type {() => Promise<unknown>} */
  const put = () =>
    isR2(store)
      ? store.put(key, "", { customMetadata: { deleted: "true" } })
      : store.put(key, "", {
          expirationTtl: Math.max(LEAST_SECONDS, seconds),
          metadata: { length: 0, deleted: true },
        });
  try {
    await within(PUT_MS, put());
  } catch {
    // The picture may have been written within the same second.
    await pause(SAME_KEY_MS);
    await within(PUT_MS, put());
  }
}

/** @param {string} key */
function beside(key) {
  return `deleted-${key}`;
}

/**
 * Deletes a stored picture, for `seconds`. A storing that is under way would write over the mark, so
 * there is another beside it, which `hideDeleted` looks for when the picture is written.
 *
 * @param {KVNamespace | R2Bucket} store
 * @param {string} key
 * @param {number} seconds
 */
export async function deleteStored(store, key, seconds) {
  // This one first: whoever does not see it yet has written the picture before the other mark.
  await putMark(store, beside(key), BESIDE_SECONDS);
  await putMark(store, key, seconds);
}

/**
 * Hides a picture that was deleted while it was written; tells whether it was.
 *
 * @param {KVNamespace | R2Bucket} store
 * @param {string} key
 * @param {number} seconds
 */
async function hideDeleted(store, key, seconds) {
  /** @type {Promise<unknown>} */
  const looking = isR2(store) ? store.head(beside(key)) : store.get(beside(key));
  const mark = await within(FIND_MS, looking);
  if (mark === null) return false;
  await pause(SAME_KEY_MS);
  await putMark(store, key, seconds);
  return true;
}

/** The parts of a picture that are held, and what follows them. They are given back at its end. */
class HeldBody {
  #parts;
  #rest;
  #lease;

  /**
   * @param {Bytes[]} parts
   * @param {PictureBody | null} rest
   * @param {Pick<Lease, "end">} lease
   */
  constructor(parts, rest, lease) {
    this.#parts = [...parts];
    this.#rest = rest;
    this.#lease = lease;
  }

  next() {
    const part = this.#parts.shift();
    if (part) return part;
    this.#lease.end();
    return this.#rest?.next() ?? new Uint8Array();
  }

  get isOver() {
    return this.#parts.length === 0 && (this.#rest?.isOver ?? true);
  }

  cancel() {
    this.#parts = [];
    this.#lease.end();
    return this.#rest?.cancel();
  }
}

/**
 * Reads a picture to its end and holds it, as far as there is room. It stays open all the same.
 *
 * @param {OpenPicture} picture
 * @param {Lease} lease
 * @returns {Promise<Bytes[] | null>} its parts; null where there was no room
 */
async function hold(picture, lease) {
  const { body } = picture;
  /** @type {Bytes[]} */
  const parts = [];
  let [part, length] = [picture.first, 0];
  for (; part.byteLength > 0; part = await body.next()) {
    // What is read next overwrites it.
    parts.push(part.slice());
    length += part.byteLength;
    if (!lease.take(length, HELD_MS, MOST_HELD_BYTES)) break;
  }
  const [first = new Uint8Array(), ...others] = parts;
  const isWhole = part.byteLength === 0;
  Object.assign(picture, { first, body: new HeldBody(others, isWhole ? null : body, lease) });
  return isWhole ? parts : null;
}

/**
 * @param {Bytes} first
 * @param {PictureBody} body
 * @param {WritableStreamDefaultWriter<Uint8Array>} writer
 */
export async function pump(first, body, writer) {
  try {
    for (let part = first; part.byteLength > 0; part = await body.next()) await writer.write(part);
    await writer.close();
  } catch (error) {
    // What is not whole is not stored.
    await writer.abort(error).catch(() => {});
    throw error;
  }
}

/**
 * @param {KVNamespace | R2Bucket} store
 * @param {string} key
 * @param {Pick<OpenPicture, "first" | "body">} picture
 * @param {Facts} facts
 * @param {number} ms
 */
async function put(store, key, { first, body }, facts, ms) {
  const { readable, writable } = new FixedLengthStream(facts.length);
  const writer = writable.getWriter();
  const putting = putInto(store, key, readable, facts);
  // A store that refuses does not read on.
  putting.catch((error) => writer.abort(error).catch(() => {}));
  try {
    await within(ms, Promise.all([putting, pump(first, body, writer)]));
  } catch (error) {
    writer.abort(error).catch(() => {});
    throw error;
  }
}

/**
 * @param {KVNamespace | R2Bucket} store
 * @param {string} key
 * @param {number} seconds
 */
async function written(store, key, seconds) {
  const deleted = await hideDeleted(store, key, seconds);
  return { stored: !deleted, reason: deleted ? "Deleted" : "" };
}

/**
 * Stores a picture: from its host to the store part by part where its length is known, else from
 * memory. A picture that was held is still open, and gives its memory back when it is closed.
 *
 * @param {KVNamespace | R2Bucket} store
 * @param {string} key
 * @param {OpenPicture} picture
 * @param {{ type: string, seconds: number, bytes: number, stays: boolean }} facts
 */
export async function storePicture(store, key, picture, { type, seconds, bytes, stays }) {
  const most = Math.min(bytes, MOST_BYTES);
  try {
    if (picture.length > most) return { stored: false, reason: "TooLarge" };
    if (picture.length && !stays) {
      await put(store, key, picture, { type, length: picture.length, seconds }, PUT_MS);
      return await written(store, key, seconds);
    }
    const parts = await hold(picture, new Lease());
    if (!parts) return { stored: false, reason: "NoRoom" };
    const length = parts.reduce((sum, part) => sum + part.byteLength, 0);
    if (length > most) return { stored: false, reason: "TooLarge" };
    const [first = new Uint8Array(), ...others] = parts;
    const held = { first, body: new HeldBody(others, null, { end() {} }) };
    await put(store, key, held, { type, length, seconds }, PUT_HELD_MS);
    // A link that nobody has seen yet cannot have been deleted.
    return stays ? { stored: true, reason: "" } : await written(store, key, seconds);
  } catch (error) {
    return { stored: false, reason: nameOf(error) };
  }
}
