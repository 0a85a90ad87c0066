/** English or Chinese: as the browser wants it, or as the person chose it here. */
import { h } from "./dom.js";
import { recall, remember } from "./memory.js";
import { LANGUAGES, language, setLanguage } from "./words.js";

const PLACE = "language";

/** Speaks the language of the person. */
export async function startLanguage() {
  const wanted = [recall(PLACE) ?? "", ...navigator.languages].map((each) => each.slice(0, 2));
  const found = LANGUAGES.find(
    (each) => each === wanted.find((one) => LANGUAGES.some((other) => other === one)),
  );
  await setLanguage(found ?? "en");
}

const other = () => (language() === "en" ? "zh" : "en");

function change() {
  remember(PLACE, other());
  return setLanguage(other());
}

/** The button that changes to the other language; its text is in that one. */
export function languageSwitch() {
  const button = h("button", { type: "button", class: "language", on: { click: change } });
  const draw = () => {
    button.textContent = other() === "zh" ? "中文" : "English";
    button.lang = other();
  };
  document.addEventListener("easel:language", draw);
  draw();
  return button;
}
