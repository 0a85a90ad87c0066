/**
 * The keys that a person typed: one for each service, or one of a deployment that has its own.
 *
 * They stay in the memory of this page, and in this browser only where the person says so.
 *
 * @typedef {import("./models.js").ServiceName | "deployment"} Holder
 */
import { recall, recallObject, remember } from "./memory.js";

const PLACE = "keys";

const keys = new Map(
  Object.entries(recallObject(PLACE)).map(([holder, key]) => [holder, String(key)]),
);
let kept = recall(PLACE) !== null;

function write() {
  remember(PLACE, kept ? JSON.stringify(Object.fromEntries(keys)) : null);
}

/** @param {Holder} holder */
export function keyOf(holder) {
  return keys.get(holder) ?? "";
}

/**
 * @param {Holder} holder
 * @param {string} key
 */
export function setKey(holder, key) {
  keys.set(holder, key.trim());
  write();
}

export function areKept() {
  return kept;
}

/** @param {boolean} wanted */
export function keep(wanted) {
  kept = wanted;
  write();
}
