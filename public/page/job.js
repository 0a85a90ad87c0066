/**
 * One picture while it is painted: how long it takes, a way to end it, and what comes of it.
 *
 * @typedef {import("./api.js").Order} Order
 * @typedef {import("./api.js").Painted} Painted
 */
import { ApiError, paint } from "./api.js";
import { h, say } from "./dom.js";
import { hasWord } from "./words.js";

/**
 * @typedef {object} Job
 * @property {HTMLElement} element
 * @property {() => void} cancel
 * @property {Promise<Painted | null>} end null where no picture came of it
 */

/**
 * @typedef {object} Terms
 * @property {string} key
 * @property {number} proportion width to height of what is painted
 * @property {number | undefined} usual seconds
 * @property {(error: ApiError | null) => void} failed called with null where a person ended it
 * @property {() => unknown} again asks once more
 * @property {() => void} toKey leads to the field of the key
 */

/**
 * Begins to paint.
 * @param {Order} order
 * @param {Terms} terms
 * @returns {Job}
 */
export function begin(order, terms) {
  const abort = new AbortController();
  const started = performance.now();
  const elapsed = h("p", { class: "elapsed" });
  const bar = h("progress", { label: "progress", max: 100 });
  const element = h(
    "article",
    { class: "card job", "aria-label": order.prompt, "aria-busy": "true" },
    h("div", { class: "frame blank" }, h("p", { class: "quote" }, order.prompt)),
    h(
      "div",
      { class: "told" },
      bar,
      elapsed,
      h("button", { type: "button", word: "cancelPainting", on: { click: () => abort.abort() } }),
    ),
  );
  const blank = /** @type {HTMLElement} */ (element.firstElementChild);
  blank.style.aspectRatio = String(terms.proportion);

  const tick = () =>
    tell(elapsed, bar, Math.floor((performance.now() - started) / 1000), terms.usual);
  tick();
  const timer = setInterval(tick, 1000);

  /** @returns {Promise<Painted | null>} */
  const run = async () => {
    try {
      return await paint(order, terms.key, abort.signal);
    } catch (error) {
      const fault = abort.signal.aborted ? null : asApiError(error);
      terms.failed(fault);
      element.replaceWith(failure(order.prompt, fault, terms));
      return null;
    } finally {
      clearInterval(timer);
    }
  };
  return { element, cancel: () => abort.abort(), end: run() };
}

/**
 * @param {HTMLElement} elapsed
 * @param {HTMLProgressElement} bar
 * @param {number} seconds
 * @param {number | undefined} usual
 */
function tell(elapsed, bar, seconds, usual) {
  if (!usual) return say(elapsed, "elapsed", { seconds });
  if (seconds > usual * 1.2) {
    // Without a value it moves, and promises nothing.
    bar.removeAttribute("value");
    return say(elapsed, "elapsedLong", { seconds, usual: Math.round(usual) });
  }
  bar.value = Math.min(95, (100 * seconds) / usual);
  return say(elapsed, "elapsedOf", { seconds, usual: Math.round(usual) });
}

/** @param {unknown} error */
export function asApiError(error) {
  return error instanceof ApiError ? error : new ApiError("page", String(error));
}

const KEY_FAULTS = new Set(["invalid_api_key", "token_expired", "access_denied"]);
const FINAL_FAULTS = new Set([
  "content_policy_violation",
  "insufficient_quota",
  "page",
  ...KEY_FAULTS,
]);

/**
 * Why there is no picture, in words, and what to do.
 * @param {string} prompt
 * @param {ApiError | null} fault null where a person ended it
 * @param {Pick<Terms, "again" | "toKey">} ways
 */
function failure(prompt, fault, { again, toKey }) {
  const element = h("article", { class: "card failed", "aria-label": prompt });
  const retry = () => {
    element.remove();
    again();
  };
  element.append(
    h("p", { class: "quote" }, prompt),
    ...(fault ? explained(fault) : [h("p", { word: "cancelled" })]),
    h(
      "div",
      { class: "actions" },
      fault &&
        KEY_FAULTS.has(fault.code) &&
        h("button", { type: "button", word: "toKey", on: { click: toKey } }),
      !(fault && FINAL_FAULTS.has(fault.code)) &&
        h("button", { type: "button", word: "tryAgain", on: { click: retry } }),
      h("button", { type: "button", word: "dismiss", on: { click: () => element.remove() } }),
    ),
  );
  return element;
}

/**
 * An error object in words that a person can act on, with Easel's own beneath.
 * @param {ApiError} fault
 * @returns {HTMLElement[]}
 */
export function explained(fault) {
  const word = `error_${fault.code}`;
  const known = hasWord(word) ? word : "error_unknown";
  const { retryAfter, message, request } = fault;
  return [
    h("p", { word: known, class: "fault" }),
    ...(retryAfter ? [h("p", { word: "retryAfter", values: { seconds: retryAfter } })] : []),
    ...(message ? [h("p", { class: "quote", lang: "en" }, message)] : []),
    ...(request ? [h("p", { word: "requestId", values: { request }, class: "quiet small" })] : []),
  ];
}
