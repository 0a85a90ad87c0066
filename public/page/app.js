/** The page: its two views, and the language they speak. */
import { h } from "./dom.js";
import { paintView } from "./paint.js";
import { languageSwitch, startLanguage } from "./language.js";

/** @typedef {"paint" | "connect"} View */

await startLanguage();
const main = /** @type {HTMLElement} */ (document.querySelector("main"));
const VIEWS = /** @type {View[]} */ (["paint", "connect"]);
/** @type {Map<View, HTMLElement>} */
const views = new Map();

/** @param {View} name */
async function make(name) {
  if (name === "paint") return paintView();
  const { connectView } = await import("./connect.js");
  return connectView();
}

async function show() {
  // Other fragments are places of the view that is shown.
  const name = VIEWS.find((each) => location.hash === `#${each}`) ?? (views.size ? null : "paint");
  if (!name) return;
  if (!views.has(name)) {
    const view = await make(name);
    views.set(name, view);
    main.append(view);
  }
  for (const [each, view] of views) view.hidden = each !== name;
  for (const link of document.querySelectorAll("nav a")) {
    if (link.getAttribute("href") === `#${name}`) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
}

document.querySelector("header")?.append(h("div", { class: "row" }, languageSwitch()));
addEventListener("hashchange", () => void show());
await show();
