/** English or Chinese: as the browser wants it, or as the person chose it here. */
import { h } from "./dom.js";
import { recall, remember } from "./memory.js";
import { LANGUAGES, language, setLanguage } from "./words.js";

const PLACE = "language";

/** Speaks the language of the person. */
export async function startLanguage() {
  const wanted = [recall(PLACE) ?? "", ...navigator.languages].map((each) => each.slice(0, 2));
  const found = LANGUAGES.find((each) => each === wanted.find((one) => LANGUAGES.some((other) => other === one)));
  await setLanguage(found ?? "en");
}

/** The button that changes to the other language; its text is in that one. */
export function languageSwitch() {
  const button = h("button", { type: "button", class: "language" });
  const other = () => (language() === "en" ? "zh" : "en");
  const draw = () => {
    button.textContent = other() === "zh" ? "中文" : "English";
    button.lang = other();
  };
  button.addEventListener("click", async () => {
    remember(PLACE, other());
    await setLanguage(other());
    draw();
  });
  draw();
  return button;
}
