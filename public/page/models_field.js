/**
 * The choice of a model by service, and the key that goes with it.
 *
 * @typedef {import("./models.js").Model} Model
 * @typedef {import("./models.js").ServiceName} ServiceName
 * @typedef {import("./keys.js").Holder} Holder
 *
 * @typedef {object} ModelField
 * @property {HTMLElement} element
 * @property {() => Model | null} chosen null where an id is to be typed and is not yet
 * @property {() => string} key
 * @property {(service: ServiceName, name: string) => void} choose
 * @property {() => Model | undefined} editing a model that paints from pictures
 * @property {() => void} toKey leads to the field of the key
 */
import { ApiError, health, listModels } from "./api.js";
import { h, say } from "./dom.js";
import { areKept, keep, keyOf, setKey } from "./keys.js";
import { recall, remember } from "./memory.js";
import { MODELS, SERVICES, SERVICE_NAMES, listedModel, modelOf } from "./models.js";
import { serviceName } from "./words.js";

const OTHER = "*";
const SANDBOX_KEY = "sandbox";

/** @param {Pick<Model, "service" | "name">} model */
const valueOf = ({ service, name }) => `${service}/${name}`;

/**
 * @param {() => void} changed called when another model is chosen
 * @returns {ModelField}
 */
export function modelField(changed) {
  let models = MODELS;
  // Whether the deployment has keys of its own, as a personal proxy does.
  let hasKeys = false;
  // Whether services take any key, as under `make dev`.
  let onSandbox = false;

  const select = h("select", { id: "model" });
  const other = h("input", {
    id: "other-model",
    type: "text",
    hint: "otherModelHint",
    autocomplete: "off",
    spellcheck: "false",
  });
  const otherField = h(
    "div",
    { class: "field", hidden: true },
    h("label", { for: "other-model", word: "otherModel" }),
    other,
  );
  const key = h("input", {
    id: "key",
    type: "password",
    autocomplete: "off",
    spellcheck: "false",
    "aria-describedby": "key-help",
  });
  const keyLabel = h("label", { for: "key" });
  const keyHelp = h("p", { id: "key-help", class: "quiet small" });
  const kept = h("input", { type: "checkbox", id: "keep", checked: areKept() });

  /** @returns {[ServiceName, string]} */
  const selected = () => {
    const [service = "", ...rest] = select.value.split("/");
    return [/** @type {ServiceName} */ (service), rest.join("/")];
  };
  /** @returns {Holder} */
  const holder = () => (hasKeys ? "deployment" : selected()[0]);

  const draw = () => {
    const before = select.value || recall("model") || "";
    select.replaceChildren(
      ...SERVICE_NAMES.flatMap((service) => {
        const own = models.filter((each) => each.service === service);
        const { anyModel } = SERVICES[service];
        if (!own.length) return [];
        return [
          h(
            "optgroup",
            { "data-service": service },
            ...own.map((each) => h("option", { value: valueOf(each) }, each.name)),
            anyModel && h("option", { value: `${service}/${OTHER}`, word: "anotherModel" }),
          ),
        ];
      }),
    );
    for (const group of select.querySelectorAll("optgroup")) {
      group.label = serviceName(/** @type {ServiceName} */ (group.dataset["service"]));
    }
    if ([...select.options].some(({ value }) => value === before)) select.value = before;
    drawKey();
  };
  const drawKey = () => {
    const [service, name] = selected();
    otherField.hidden = name !== OTHER;
    key.value = keyOf(holder());
    if (hasKeys) say(keyLabel, "keyOfDeployment");
    else say(keyLabel, "keyOf", { service: serviceName(service) });
    say(keyHelp, keyHelpOf(service));
  };
  /** @param {ServiceName} service @returns {import("./words.js").Word} */
  const keyHelpOf = (service) => {
    if (hasKeys) return "keyHelpDeployment";
    return onSandbox ? "keyHelpSandbox" : `keyHelp_${service}`;
  };

  /** Asks which models there are; a deployment that wants a key for it has keys of its own. */
  const ask = async () => {
    try {
      const listed = await listModels(hasKeys ? keyOf("deployment") : "");
      /** @type {Map<string, Model>} */
      const found = new Map();
      for (const { id, owned_by } of listed) {
        const model = listedModel(id, owned_by);
        if (model) found.set(valueOf(model), model);
      }
      if (found.size) models = [...found.values()];
      draw();
      changed();
    } catch (error) {
      if (error instanceof ApiError && error.status === 401 && !hasKeys) {
        // What was typed in the meantime was meant for this Easel.
        if (key.value && !keyOf("deployment")) setKey("deployment", key.value);
        hasKeys = true;
        drawKey();
        if (keyOf("deployment")) await ask();
      }
    }
  };

  const askWhere = async () => {
    onSandbox = await health("").then(
      (said) => said["sandbox"] === true,
      () => false,
    );
    drawKey();
  };

  select.addEventListener("change", () => {
    remember("model", select.value);
    drawKey();
    changed();
  });
  other.addEventListener("change", changed);
  key.addEventListener("input", () => setKey(holder(), key.value));
  key.addEventListener("change", () => {
    if (hasKeys) void ask();
  });
  kept.addEventListener("change", () => keep(kept.checked));
  document.addEventListener("easel:language", draw);
  draw();
  void ask();
  void askWhere();

  /** @returns {Model | null} */
  const chosen = () => {
    const [service, name] = selected();
    if (name === OTHER) return other.value.trim() ? modelOf(service, other.value.trim()) : null;
    return models.find((each) => each.service === service && each.name === name) ?? null;
  };
  return {
    element: h(
      "div",
      { class: "fields" },
      h("div", { class: "field" }, h("label", { for: "model", word: "model" }), select),
      otherField,
      h(
        "div",
        { class: "field" },
        keyLabel,
        key,
        keyHelp,
        h("span", { class: "row" }, kept, h("label", { for: "keep", word: "keepKey" })),
      ),
    ),
    chosen,
    key: () => keyOf(holder()) || (onSandbox && !hasKeys ? SANDBOX_KEY : ""),
    choose(service, name) {
      const value = `${service}/${name}`;
      const listed = [...select.options].some((each) => each.value === value);
      select.value = listed ? value : `${service}/${OTHER}`;
      if (!listed) other.value = name;
      drawKey();
      changed();
    },
    editing() {
      const able = models.filter(({ service }) => SERVICES[service].inputs > 0);
      return able.find(({ service }) => keyOf(hasKeys ? "deployment" : service)) ?? able[0];
    },
    toKey() {
      key.focus();
      key.select();
    },
  };
}
