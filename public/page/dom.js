/**
 * Elements in one expression, with words that follow the language.
 *
 * A word stands in the element as its key, so that a change of language needs no new element and
 * nothing that a person typed is lost.
 *
 * @typedef {import("./words.js").Word} Word
 * @typedef {Record<string, string | number>} Values
 * @typedef {Node | string | null | undefined | false} Child
 *
 * @typedef {object} Properties
 * @property {Word} [word] its text
 * @property {Word} [label] its aria-label
 * @property {Word} [hint] its placeholder
 * @property {Values} [values] what stands in the braces of its words
 * @property {Record<string, (event: any) => unknown>} [on] listeners
 */
import { fill } from "./words.js";

/**
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Properties & Record<string, any>} [properties] attributes beside those of `Properties`;
 *   false and undefined leave one out
 * @param {...Child} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function h(tag, properties = {}, ...children) {
  const { word, label, hint, values, on, ...attributes } = properties;
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false || value === undefined) continue;
    element.setAttribute(name, value === true ? "" : String(value));
  }
  for (const [name, listener] of Object.entries(on ?? {})) element.addEventListener(name, listener);
  if (word || label || hint) {
    Object.assign(element.dataset, {
      ...(word && { word }),
      ...(label && { label }),
      ...(hint && { hint }),
      ...(values && { values: JSON.stringify(values) }),
    });
    fill(element);
  }
  element.append(
    ...children.filter((each) => each !== null && each !== undefined && each !== false),
  );
  return element;
}

/**
 * Gives an element another text.
 * @param {HTMLElement} element
 * @param {Word} word
 * @param {Values} [values]
 */
export function say(element, word, values) {
  element.dataset.word = word;
  if (values) element.dataset.values = JSON.stringify(values);
  else delete element.dataset.values;
  fill(element);
}

/**
 * Gives a field another placeholder.
 * @param {HTMLElement} element
 * @param {Word} word
 */
export function hint(element, word) {
  element.dataset["hint"] = word;
  fill(element);
}

const SVG = "http://www.w3.org/2000/svg";

/**
 * @param {string} name
 * @param {Record<string, string | number>} values
 */
function drawing(name, values) {
  const element = document.createElementNS(SVG, name);
  for (const [each, value] of Object.entries(values)) element.setAttribute(each, String(value));
  return element;
}

/**
 * A rectangle of a proportion, in a square of `side` pixels.
 * @param {number} proportion width to height
 * @param {number} [side]
 */
export function rectangle(proportion, side = 28) {
  const most = side - 4;
  const width = proportion >= 1 ? most : Math.max(6, most * proportion);
  const height = proportion >= 1 ? Math.max(6, most / proportion) : most;
  const place = { x: (side - width) / 2, y: (side - height) / 2 };
  const frame = drawing("svg", { width: side, height: side, "aria-hidden": "true" });
  frame.append(drawing("rect", { ...place, width, height, rx: 2 }));
  return frame;
}

/**
 * A listener that copies a text, and says so on its button for a moment.
 * @param {() => string} text
 */
export function copying(text) {
  return async (/** @type {Event} */ event) => {
    const button = /** @type {HTMLElement} */ (event.currentTarget);
    // What it says when it is pressed twice is not what it says.
    const usual = /** @type {Word} */ (button.dataset["usual"] ?? button.dataset["word"]);
    button.dataset["usual"] = usual;
    try {
      await navigator.clipboard.writeText(text());
      say(button, "copied");
    } catch {
      // Without https a page may not, and a person may have forbidden it.
      say(button, "notCopied");
    }
    setTimeout(() => say(button, usual), 2000);
  };
}
