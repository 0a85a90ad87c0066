/**
 * Plays scenes with a client's library, all at once.
 *
 * In: a JSON object on the standard input, name → scene; `scene.how` names one of `ways`, which
 * are functions of a scene. Out: a JSON object on the standard output, name → `{value}`, or
 * `{error}` as `describe` tells what the library threw.
 *
 * @typedef {object} Scene
 * @property {string} how
 * @property {string} url
 * @property {string} token
 * @property {string} model
 * @property {string} prompt
 * @property {string} [source] a picture in base64
 * @property {any} fields
 *
 * @typedef {Record<string, (scene: Scene) => unknown>} Ways
 */
import dns from "node:dns";
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

// Loopback, which is all that may be reached, has a number and needs no name.
/** @param {string} host @returns {never} */
const refuse = (host) => {
  throw new Error(`a test tried to reach ${host}`);
};
dns.lookup = Object.assign(refuse, { __promisify__: refuse });

/** Less than Easel holds the headers of a plain answer: some libraries wait for those alone. */
export const PATIENCE_MILLISECONDS = 700;

const LEAVE_AFTER_MILLISECONDS = 1500;
// Longer than a picture takes that is left: leaving must have ended it, not the end of the process.
const STAY_MILLISECONDS = 4000;

/** What a client that leaves in the middle leaves with. */
export function leave() {
  const controller = new AbortController();
  setTimeout(() => controller.abort(), LEAVE_AFTER_MILLISECONDS);
  return controller.signal;
}

/**
 * The base64 of a `data:` address.
 * @param {string} url
 */
export const base64Of = (url) => url.slice(url.indexOf(",") + 1);

/** Those who leave by the clock go first: their calls must have reached the service by then. */
const HEAD_START_MILLISECONDS = 300;
const LEAVING = new Set(["impatient", "leavePlain", "leaveStreamed"]);

/**
 * @param {Ways} ways
 * @param {(error: any) => object} describe
 */
export async function play(ways, describe) {
  /** @type {[string, Scene][]} */
  const scenes = Object.entries(JSON.parse(readFileSync(0, "utf8")));
  const stay = sleep(STAY_MILLISECONDS);
  const outcomes = scenes.map(async ([name, scene]) => {
    if (!LEAVING.has(scene.how)) await sleep(HEAD_START_MILLISECONDS);
    try {
      return [name, { value: await ways[scene.how]?.(scene) }];
    } catch (error) {
      return [name, { error: { ...describe(error), message: String(error) } }];
    }
  });
  const outcome = Object.fromEntries(await Promise.all(outcomes));
  await stay;
  console.log(JSON.stringify(outcome));
}
