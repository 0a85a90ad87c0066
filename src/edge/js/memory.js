/**
 * Short texts that outlive the isolate: in the store of a deployment, encrypted with its secret, under
 * names that tell nothing of what they stand for. No link leads to them: a link holds a key that was
 * sealed for it.
 */

import { within } from "./reading.js";
import { NotSealed, digest, seal, unseal } from "./sealing.js";
import { isR2, LEAST_SECONDS } from "./store.js";

// How long a request waits for the store, which may save it three others, and how long a text may
// take that nobody waits for.
const RECALL_MS = 2000;
const REMEMBER_MS = 10_000;

const TEXTS = "easel sessions";
const NAMES = "easel names of sessions";

/**
 * @param {string} secret
 * @param {string} name
 */
async function keyOf(secret, name) {
  return `session-${await digest(secret, NAMES, name)}`;
}

/**
 * @param {KVNamespace | R2Bucket} store
 * @param {string} key
 */
async function find(store, key) {
  if (isR2(store)) return (await store.get(key))?.text();
  return store.get(key);
}

/**
 * The text that was kept under a name; "" where there is none, or none that Easel wrote. Rejects where
 * the store does not answer in time.
 *
 * @param {KVNamespace | R2Bucket} store
 * @param {string} secret
 * @param {string} name
 */
export async function recall(store, secret, name) {
  const key = await keyOf(secret, name);
  const sealed = await within(RECALL_MS, find(store, key));
  if (!sealed) return "";
  try {
    const [of, text, until] = JSON.parse(await unseal(secret, TEXTS, sealed));
    // What was kept under another name was moved here by somebody.
    return of === name && Date.now() < until * 1000 ? text : "";
  } catch (error) {
    if (error instanceof NotSealed) return "";
    throw error;
  }
}

/**
 * Keeps a text under a name until a time in Unix seconds.
 *
 * @param {KVNamespace | R2Bucket} store
 * @param {string} secret
 * @param {string} name
 * @param {{ text: string, until: number }} what
 */
export async function remember(store, secret, name, { text, until }) {
  const key = await keyOf(secret, name);
  const sealed = await seal(secret, TEXTS, JSON.stringify([name, text, until]));
  const expirationTtl = Math.max(LEAST_SECONDS, Math.floor(until - Date.now() / 1000));
  /** @type {Promise<unknown>} */
  const putting = isR2(store) ? store.put(key, sealed) : store.put(key, sealed, { expirationTtl });
  await within(REMEMBER_MS, putting);
}
