/** The view that paints: what is asked for, what is painted now, and the gallery below. */
import { h, hint, say } from "./dom.js";
import { galleryView } from "./gallery_view.js";
import { inputs } from "./inputs.js";
import { begin } from "./job.js";
import { SERVICES, proportion, shapeRequest } from "./models.js";
import { modelField } from "./models_field.js";
import { card } from "./card.js";
import { shapePicker } from "./shapes.js";
import { measure, usualSeconds } from "./speed.js";
import { serviceName } from "./words.js";

/**
 * @typedef {import("./gallery.js").Kept} Kept
 * @typedef {import("./models.js").Model} Model
 * @typedef {import("./models.js").Choice} Choice
 */

// A browser asks one host six times at once, over HTTP/1.1.
const MOST_AT_ONCE = 6;
const MOST_PICTURES = 4;

/** @returns {HTMLElement} */
export function paintView() {
  const prompt = h("textarea", { id: "prompt", rows: 3, hint: "promptHint", required: true });
  const promptLabel = h("label", { for: "prompt", word: "prompt" });
  const picker = shapePicker();
  const fault = h("div", { class: "fault", role: "alert" });
  const news = h("p", { role: "status", class: "unseen" });
  const stage = h("div", { class: "stage" });
  const empty = h("div", { class: "blank empty" }, h("p", { word: "stageEmpty" }));
  const number = numberOfPictures();
  let atWork = 0;

  const field = modelField(() => showModel());
  const sources = inputs(() => {
    const edits = sources.count() > 0;
    say(promptLabel, edits ? "promptEdit" : "prompt");
    hint(prompt, edits ? "promptEditHint" : "promptHint");
    checkSources();
  });
  const submit = h("button", { type: "submit", class: "main", word: "paint" });
  const form = h(
    "form",
    { class: "panel", novalidate: true, "aria-labelledby": "paint-title" },
    h("div", { class: "field" }, promptLabel, prompt),
    sources.element,
    field.element,
    picker.element,
    number.element,
    h("div", { class: "foot" }, fault, submit),
  );

  function showModel() {
    const model = field.chosen();
    if (model) picker.show(model, picker.chosen());
    checkSources();
  }

  /** Whether the model can paint from the pictures that are chosen; says so where it cannot. */
  function checkSources() {
    const model = field.chosen();
    // What else is wrong stays told until something is painted.
    for (const told of fault.querySelectorAll(".of-sources")) told.remove();
    if (!model || sources.count() <= SERVICES[model.service].inputs) return true;
    const service = serviceName(model.service);
    const { inputs: most } = SERVICES[model.service];
    const other = most ? undefined : field.editing();
    fault.append(
      h("p", {
        class: "of-sources",
        word: most ? "takesFewer" : "cannotEdit",
        values: { service, most },
      }),
      ...(other
        ? [
            h("button", {
              class: "of-sources",
              type: "button",
              word: "switchTo",
              values: { model: `${serviceName(other.service)} · ${other.name}` },
              on: { click: () => field.choose(other.service, other.name) },
            }),
          ]
        : []),
    );
    return false;
  }

  /**
   * What is missing to paint; null where nothing is.
   * @param {Model | null} model
   * @returns {[import("./words.js").Word, HTMLElement | null] | null}
   */
  function missing(model) {
    if (!prompt.value.trim()) return ["promptMissing", prompt];
    if (!model)
      return ["modelMissing", /** @type {HTMLElement} */ (form.querySelector("#other-model"))];
    if (!field.key())
      return ["keyMissing", /** @type {HTMLElement} */ (form.querySelector("#key"))];
    if (atWork + number.value() > MOST_AT_ONCE) return ["tooManyAtOnce", null];
    return null;
  }

  async function order() {
    const model = field.chosen();
    const lack = missing(model);
    if (lack || !model) {
      const [word, place] = lack ?? ["modelMissing", null];
      fault.replaceChildren(h("p", { word, values: { most: MOST_AT_ONCE } }));
      place?.focus();
      return;
    }
    fault.replaceChildren();
    if (!checkSources()) return;
    const choice = picker.chosen();
    const { images, mask } = await sources.read();
    const wanted = {
      shape: shapeRequest(model, choice),
      prompt: prompt.value.trim(),
      images,
      ...(mask && { mask }),
    };
    for (const old of stage.querySelectorAll(".card:not(.job)")) old.remove();
    for (let at = 0; at < number.value(); at += 1) void start(wanted, model, choice);
    say(news, "painting");
  }

  /**
   * @param {import("./api.js").Order} wanted
   * @param {Model} model
   * @param {Choice} choice
   */
  async function start(wanted, model, choice) {
    const shape = choice.size ?? choice.ratio ?? "1:1";
    const begun = performance.now();
    const job = begin(wanted, {
      key: field.key(),
      proportion: /^\d+[x:]\d+$/.test(shape) ? proportion(shape) : 1,
      usual: usualSeconds(model, choice),
      failed: (error) => say(news, error ? "failedNews" : "cancelled"),
      again: () => start(wanted, model, choice),
      toKey: field.toKey,
    });
    empty.remove();
    stage.prepend(job.element);
    job.element.scrollIntoView({ block: "nearest" });
    atWork += 1;
    const painted = await job.end;
    atWork -= 1;
    if (!painted) return;
    const seconds = (performance.now() - begun) / 1000;
    measure(model, choice, seconds);
    /** @type {Kept} */
    const picture = {
      ...painted,
      created: Date.now(),
      prompt: wanted.prompt,
      service: model.service,
      shape: wanted.shape,
      inputs: wanted.images.length,
      mask: wanted.mask !== undefined,
      seconds,
    };
    job.element.replaceWith(card(picture, { edit, repeat }).element);
    say(news, "paintedNews", { size: painted.size ?? "" });
    await gallery.add(picture);
  }

  /** @param {Kept} picture */
  function edit(picture) {
    sources.clear();
    const model = field.chosen();
    const able = model && SERVICES[model.service].inputs > 0 ? model : field.editing();
    if (able && able !== model) field.choose(able.service, able.name);
    sources.add([picture.blob]);
    prompt.value = "";
    prompt.focus();
    say(news, "editNews");
  }

  /** @param {Kept} picture */
  function repeat(picture) {
    prompt.value = picture.prompt;
    prompt.focus();
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void order();
  });
  prompt.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
  });

  // Leaving ends what is being painted, which may have been paid.
  addEventListener("beforeunload", (event) => {
    if (atWork) event.preventDefault();
  });

  const gallery = galleryView({ edit, repeat });
  stage.append(empty);
  showModel();
  return h(
    "section",
    { class: "paint", "aria-labelledby": "paint-title" },
    h("h2", { id: "paint-title", word: "paintTitle", class: "unseen" }),
    form,
    h("div", { class: "result" }, news, stage, gallery.element),
  );
}

function numberOfPictures() {
  const inputsOf = Array.from({ length: MOST_PICTURES }, (_, at) => {
    const input = h("input", {
      type: "radio",
      name: "number",
      id: `number-${at + 1}`,
      class: "unseen",
      value: at + 1,
      checked: at === 0,
    });
    return [input, h("label", { for: input.id, class: "tile" }, String(at + 1))];
  });
  const element = h(
    "fieldset",
    { class: "tiles small" },
    h("legend", { word: "number" }),
    ...inputsOf.flat(),
  );
  const value = () =>
    Number(/** @type {HTMLInputElement} */ (element.querySelector("input:checked")).value);
  return { element, value };
}
