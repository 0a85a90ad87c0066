/**
 * Does what the life of a request wants done (`easel/effects.py`), and tells what came of it.
 *
 * The bytes that must not pass through Python are moved here: request bodies, whole answers, pictures.
 * A picture of megabytes dragged through Python costs many times what it costs here; see
 * docs/decisions/0003-pictures-do-not-pass-through-python.md. Nothing is decided here.
 */

/** @import { Effect, Job, Limits, Outcome, Step } from "./types.js" */

import { doAtOnce, replyAtOnce } from "./at_once.js";
import { Handling } from "./handling.js";
import { doJob } from "./jobs.js";
import { nameOf, pause } from "./reading.js";

// The key of a hold that is over.
const HELD = 0;

// The platform ends what goes on after an answer when 30 seconds are over.
const AFTERWARDS_MS = 28_000;

/**
 * What Python needs of a request before its body, as JSON.
 *
 * @param {Request} request
 */
export function headOf({ method, url, headers, body }) {
  return JSON.stringify([method, url, Object.fromEntries(headers), body !== null]);
}

/**
 * The Response to a request that asks for nothing but a reply.
 *
 * @param {string} effects
 */
export function reply(effects) {
  // Nothing is held by then that what stands before it could give back.
  return replyAtOnce(JSON.parse(effects).at(-1));
}

/**
 * The Response to a request. `effects` are the first; `step` gives those that follow.
 *
 * @param {Request} request
 * @param {Record<string, any>} env
 * @param {Pick<ExecutionContext, "waitUntil">} context
 * @param {string} requestId
 * @param {string} limits JSON
 * @param {string} effects
 * @param {Step} step
 * @returns {Promise<Response>}
 */
export function run(request, env, context, requestId, limits, effects, step) {
  const handling = new Handling(request, env, context, requestId, readLimits(limits), step);
  handling.afterwards = () => goOn(handling);
  orBreakOff(handling, () => perform(handling, effects));
  return handling.response;
}

/**
 * Python goes on when an answer has left; resolves when that is over, or has taken too long.
 *
 * @param {Handling} before
 */
async function goOn(before) {
  // The answer comes first.
  await pause(0);
  const handling = before.successor();
  const late = () => void handling.breakOff(new DOMException("too slow", "TimeoutError"));
  const timer = setTimeout(late, AFTERWARDS_MS);
  orBreakOff(handling, () => {
    perform(handling, handling.step(HELD, Date.now() / 1000, "", undefined, undefined));
  });
  await handling.ended;
  clearTimeout(timer);
}

/** @type {{ json: string, limits: Limits } | null} */
let known = null;

/**
 * The limits of the deployment, which are the same as long as the isolate lives.
 *
 * @param {string} json
 */
function readLimits(json) {
  known = known?.json === json ? known : { json, limits: JSON.parse(json) };
  return known.limits;
}

/**
 * @param {Handling} handling
 * @param {string} effects
 */
function perform(handling, effects) {
  /** @type {Effect[]} */
  const wanted = JSON.parse(effects);
  for (const effect of wanted) {
    if (effect.key !== undefined) void start(handling, effect);
    else doAtOnce(handling, effect, () => tell(handling, HELD, []));
  }
}

/**
 * @param {Handling} handling
 * @param {Job} job
 */
async function start(handling, job) {
  /** @type {Outcome} */
  let outcome;
  handling.running += 1;
  try {
    outcome = await doJob(handling, job);
  } catch (error) {
    outcome = [{ failed: nameOf(error) }];
  }
  handling.running -= 1;
  tell(handling, job.key, outcome);
}

/**
 * Tells Python what has ended, and does what it wants next. What ends after the end is not told.
 *
 * @param {Handling} handling
 * @param {number} key
 * @param {Outcome} outcome
 */
function tell(handling, key, [told, content, texts]) {
  if (handling.isOver) return;
  orBreakOff(handling, () => {
    const json = told === undefined ? "" : JSON.stringify(told);
    perform(handling, handling.step(key, Date.now() / 1000, json, content, texts));
  });
}

/**
 * What fails in `doing` is a defect of the shell, and nothing more comes of the request.
 *
 * @param {Handling} handling
 * @param {() => void} doing
 */
function orBreakOff(handling, doing) {
  try {
    doing();
  } catch (error) {
    void handling.breakOff(error);
  }
}
