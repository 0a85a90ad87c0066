/**
 * How long a model usually takes: the median of its last pictures here, or what is known of it.
 *
 * @typedef {import("./models.js").Model} Model
 * @typedef {import("./models.js").Choice} Choice
 */
import { recallObject, remember } from "./memory.js";

const PLACE = "seconds";
const REMEMBERED = 9;

/** @type {Record<string, number[]>} */
const measured = {};
for (const [name, seconds] of Object.entries(recallObject(PLACE))) {
  if (Array.isArray(seconds)) measured[name] = seconds.map(Number).filter(Number.isFinite);
}

/**
 * @param {Model} model
 * @param {Choice} choice
 */
const nameOf = (model, choice) =>
  `${model.service}/${model.name} ${choice.resolution ?? ""}`.trim();

/**
 * @param {Model} model
 * @param {Choice} choice
 * @param {number} seconds
 */
export function measure(model, choice, seconds) {
  const name = nameOf(model, choice);
  measured[name] = [...(measured[name] ?? []), seconds].slice(-REMEMBERED);
  remember(PLACE, JSON.stringify(measured));
}

/**
 * In seconds; undefined where nobody knows.
 * @param {Model} model
 * @param {Choice} choice
 */
export function usualSeconds(model, choice) {
  const own = (measured[nameOf(model, choice)] ?? []).toSorted((a, b) => a - b);
  return own[Math.floor(own.length / 2)] ?? model.seconds?.[choice.resolution ?? ""];
}
