/**
 * The shape of a picture, chosen by looking at it.
 *
 * @typedef {import("./models.js").Model} Model
 * @typedef {import("./models.js").Choice} Choice
 *
 * @typedef {object} ShapePicker
 * @property {HTMLElement} element
 * @property {(model: Model, last: Choice) => void} show
 * @property {() => Choice} chosen
 */
import { h, rectangle } from "./dom.js";
import { likeLast, proportion, ratioName } from "./models.js";

/** @returns {ShapePicker} */
export function shapePicker() {
  const element = h("div", { class: "shapes" });
  /** @type {Choice} */
  let choice = {};

  /** @param {"size" | "ratio" | "resolution"} what @param {string} value @param {...(Node | string)} look */
  const tile = (what, value, ...look) => {
    const id = `${what}-${value}`;
    const input = h("input", {
      type: "radio",
      name: what,
      id,
      value,
      class: "unseen",
      checked: choice[what] === value,
    });
    input.addEventListener("change", () => (choice = { ...choice, [what]: value }));
    return [input, h("label", { for: id, class: "tile" }, ...look)];
  };

  return {
    element,
    chosen: () => choice,
    show(model, last) {
      choice = likeLast(model, last);
      const { sizes, ratios, resolutions } = model.shapes;
      const shapes = (sizes ?? ratios ?? []).flatMap((each) =>
        tile(
          sizes ? "size" : "ratio",
          each,
          rectangle(proportion(each)),
          ratioName(each),
          ...(sizes ? [h("small", {}, each.replace("x", "×"))] : []),
        ),
      );
      element.replaceChildren(
        ...(shapes.length
          ? [
              h(
                "fieldset",
                { class: sizes ? "tiles" : "tiles tight" },
                h("legend", { word: "shape" }),
                ...shapes,
              ),
            ]
          : [ownWords()]),
        ...(resolutions
          ? [
              h(
                "fieldset",
                { class: "tiles small" },
                h("legend", { word: "resolution" }),
                ...resolutions.flatMap((each) => tile("resolution", each, each)),
              ),
            ]
          : []),
      );
    },
  };

  // For a model that no document says anything of.
  function ownWords() {
    const input = h("input", {
      id: "own-size",
      type: "text",
      hint: "ownSizeHint",
      autocomplete: "off",
      maxlength: 32,
    });
    input.addEventListener(
      "input",
      () => (choice = input.value.trim() ? { size: input.value.trim() } : {}),
    );
    return h("div", { class: "field" }, h("label", { for: "own-size", word: "ownSize" }), input);
  }
}
