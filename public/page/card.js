/**
 * A picture with all that is known of it and all that can be done with it.
 *
 * @typedef {import("./gallery.js").Kept} Kept
 */
import { LANGUAGES, code } from "./code.js";
import { copying, h } from "./dom.js";
import { serviceName } from "./words.js";

/**
 * What the page does with a picture of a card.
 * @typedef {object} Deeds
 * @property {(picture: Kept) => void} edit paints from it
 * @property {(picture: Kept) => void} repeat takes its prompt and model once more
 * @property {(picture: Kept) => unknown} [remove] takes it out of the gallery
 */

/** @type {Record<string, string>} */
const EXTENSIONS = {
  "image/jpeg": "jpg",
  "image/png": "png",
  "image/webp": "webp",
  "image/gif": "gif",
};

/** @param {Kept} picture */
export function fileName({ prompt, blob, created }) {
  const words = prompt
    .replaceAll(/[^\p{L}\p{N}]+/gu, "-")
    .replace(/^-/, "")
    .slice(0, 40)
    .replace(/-$/, "");
  const extension = EXTENSIONS[blob.type] ?? "img";
  return `${words || "easel"}-${new Date(created).toISOString().slice(0, 10)}.${extension}`;
}

/**
 * @param {Kept} picture
 * @param {Deeds} deeds
 */
export function card(picture, deeds) {
  const address = URL.createObjectURL(picture.blob);
  const element = h(
    "article",
    { class: "card", "aria-label": picture.prompt },
    h(
      "a",
      { class: "frame", href: address, target: "_blank", rel: "noopener", label: "openLarge" },
      h("img", { src: address, alt: picture.prompt }),
    ),
    h("div", { class: "told" }, facts(picture), ...notes(picture)),
    actions(picture, address, deeds),
  );
  return { element, release: () => URL.revokeObjectURL(address) };
}

/** @param {Kept} picture */
function facts({ size, service, shape, seconds }) {
  const model = shape.model.slice(service.length + 1);
  return h(
    "p",
    { class: "facts" },
    size && h("span", {}, size.replace("x", " × ")),
    h("span", {}, `${serviceName(service)} · ${model}`),
    h("span", { word: "tookSeconds", values: { seconds: Math.round(seconds) } }),
  );
}

/** @param {Kept} picture */
function notes({ revisedPrompt, filter }) {
  return [
    revisedPrompt &&
      h(
        "details",
        {},
        h("summary", { word: "revisedPrompt" }),
        h("p", { class: "quote" }, revisedPrompt),
      ),
    ...(filter ?? []).map(({ role, level }) =>
      h("p", { word: "filterNote", values: { role, level }, class: "note" }),
    ),
  ];
}

/**
 * @param {import("./dom.js").Word} word
 * @param {(event: Event) => unknown} click
 */
const button = (word, click) => h("button", { type: "button", word, on: { click } });

/**
 * @param {Kept} picture
 * @param {string} address
 * @param {Deeds} deeds
 */
function actions(picture, address, deeds) {
  const { link } = picture;
  const { remove } = deeds;
  return h(
    "div",
    { class: "actions" },
    button("makeDifferent", () => deeds.edit(picture)),
    h("a", { class: "button", word: "download", href: address, download: fileName(picture) }),
    link &&
      button(
        "copyLink",
        copying(() => link),
      ),
    button("samePrompt", () => deeds.repeat(picture)),
    h(
      "details",
      { class: "menu" },
      h("summary", { class: "button", word: "copyAs" }),
      h(
        "div",
        {},
        ...LANGUAGES.map((language) =>
          button(
            language,
            copying(() => code(language, picture, location.origin)),
          ),
        ),
      ),
    ),
    remove && button("remove", () => remove(picture)),
  );
}
