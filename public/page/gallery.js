/**
 * The pictures that were painted in this browser, in its own database. They go nowhere.
 *
 * Where a browser keeps nothing (a private window, a full disk), `add` raises; what is on the page
 * stays there.
 *
 * @typedef {import("./models.js").ShapeRequest} ShapeRequest
 * @typedef {import("./models.js").ServiceName} ServiceName
 *
 * @typedef {object} Kept
 * @property {number} [id]
 * @property {number} created milliseconds since 1970
 * @property {Blob} blob
 * @property {string} prompt
 * @property {ServiceName} service
 * @property {ShapeRequest} shape
 * @property {number} inputs how many pictures it was painted from
 * @property {boolean} mask
 * @property {number} seconds
 * @property {string} [link]
 * @property {string} [size]
 * @property {string} [revisedPrompt]
 * @property {import("./api.js").FilterNote[]} [filter]
 */

const STORE = "pictures";

/** @type {Promise<IDBDatabase> | undefined} */
let opened;

/**
 * @template Result
 * @param {IDBRequest<Result>} request
 * @returns {Promise<Result>}
 */
function done(request) {
  return new Promise((resolve, reject) => {
    request.addEventListener("success", () => resolve(request.result));
    request.addEventListener("error", () => reject(request.error));
  });
}

function database() {
  const request = indexedDB.open("easel", 1);
  request.addEventListener("upgradeneeded", () =>
    request.result.createObjectStore(STORE, { keyPath: "id", autoIncrement: true }),
  );
  return done(request);
}

/** @param {IDBTransactionMode} mode */
async function store(mode) {
  opened ??= database();
  return (await opened).transaction(STORE, mode).objectStore(STORE);
}

/**
 * Keeps a picture and returns its number.
 * @param {Kept} picture
 * @returns {Promise<number>}
 */
export async function add(picture) {
  const pictures = await store("readwrite");
  const id = await done(pictures.add(picture));
  await new Promise((resolve, reject) => {
    pictures.transaction.addEventListener("complete", resolve);
    pictures.transaction.addEventListener("abort", () => reject(pictures.transaction.error));
  });
  return Number(id);
}

/**
 * The newest pictures that come before a number.
 * @param {number} before
 * @param {number} most
 * @returns {Promise<Kept[]>}
 */
export async function newest(before, most) {
  const pictures = await store("readonly");
  const range = before === Infinity ? null : IDBKeyRange.upperBound(before, true);
  const cursor = pictures.openCursor(range, "prev");
  return new Promise((resolve, reject) => {
    /** @type {Kept[]} */
    const found = [];
    cursor.addEventListener("error", () => reject(cursor.error));
    cursor.addEventListener("success", () => {
      const at = cursor.result;
      if (!at || found.length === most) return resolve(found);
      found.push(at.value);
      at.continue();
    });
  });
}

export async function count() {
  return done((await store("readonly")).count());
}

/** @param {number} id */
export async function remove(id) {
  await done((await store("readwrite")).delete(id));
}

export async function clear() {
  await done((await store("readwrite")).clear());
}
