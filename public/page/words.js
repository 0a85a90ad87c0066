/**
 * The words of the page, in English and in Chinese, and the language that is spoken.
 *
 * @typedef {keyof typeof import("./english.js").ENGLISH} Word
 */
import { SERVICES } from "./models.js";

/**
 * @typedef {"en" | "zh"} Language
 * @typedef {Record<Word, string>} Words
 */

// Only the language that is spoken is loaded.
/** @type {Record<Language, {tag: string, load: () => Promise<Words>}>} */
const WORDS = {
  en: { tag: "en", load: async () => (await import("./english.js")).ENGLISH },
  zh: { tag: "zh-CN", load: async () => (await import("./chinese.js")).CHINESE },
};

export const LANGUAGES = /** @type {Language[]} */ (Object.keys(WORDS));

/** @type {Language} */
let spoken = "en";
/** @type {Partial<Words>} */
let words = {};

export function language() {
  return spoken;
}

/** @param {string} name @returns {name is Word} */
export function hasWord(name) {
  return Object.hasOwn(words, name);
}

/**
 * @param {Word} word
 * @param {Record<string, string | number>} [values] what stands in its braces
 */
export function t(word, values = {}) {
  return (words[word] ?? "").replaceAll(/\{(\w+)\}/g, (_, name) => String(values[name] ?? ""));
}

/**
 * Gives an element the words that its `data-` attributes name, in the language that is spoken.
 * @param {HTMLElement} element
 */
export function fill(element) {
  const { word, label, hint, values } = element.dataset;
  const given = values ? JSON.parse(values) : {};
  if (word) element.textContent = t(/** @type {Word} */ (word), given);
  if (label) element.setAttribute("aria-label", t(/** @type {Word} */ (label), given));
  if (hint) element.setAttribute("placeholder", t(/** @type {Word} */ (hint), given));
}

/**
 * Changes all words on the page.
 * @param {Language} wanted
 */
export async function setLanguage(wanted) {
  words = await WORDS[wanted].load();
  spoken = wanted;
  document.documentElement.lang = WORDS[wanted].tag;
  for (const element of document.querySelectorAll("[data-word], [data-label], [data-hint]")) {
    fill(/** @type {HTMLElement} */ (element));
  }
  document.title = t(
    document.documentElement.dataset["page"] === "docs" ? "docsTitle" : "pageTitle",
  );
  document.dispatchEvent(new Event("easel:language"));
}

/** @param {string} service */
export function serviceName(service) {
  const known = Object.hasOwn(SERVICES, service)
    ? SERVICES[/** @type {keyof typeof SERVICES} */ (service)]
    : undefined;
  if (!known) return service;
  return spoken === "zh" ? known.chinese : known.name;
}
