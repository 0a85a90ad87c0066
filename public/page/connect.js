/** The view that connects clients: addresses, keys, models, each ready to copy, and a check. */
import { ApiError, health, listModels } from "./api.js";
import { ASSISTANTS } from "./assistants.js";
import { CLIENTS } from "./clients.js";
import { copying, h } from "./dom.js";
import { asApiError, explained } from "./job.js";
import { language, serviceName } from "./words.js";
import { SERVICE_NAMES } from "./models.js";

/**
 * @typedef {import("./dom.js").Word} Word
 * @typedef {import("./api.js").Listed} Listed
 * @typedef {{level: number, days?: number}} Links
 * @typedef {{version?: string, links?: Links}} Deployment
 */

const ROOT = location.origin;
const STEP = " → ";
const BASE = `${ROOT}/v1`;
const FIRST = { model: "gemini-3-image-1k", service: "zai" };

/** @returns {HTMLElement} */
export function connectView() {
  const models = h("div", { class: "model-list" });
  const clients = h("div", { class: "clients" });
  const assistants = h("div", { class: "clients" });
  let chosen = FIRST;
  const drawClients = () => {
    const place = { base: BASE, root: ROOT, ...chosen };
    redraw(clients, CLIENTS, place);
    redraw(assistants, ASSISTANTS, place);
  };
  drawClients();
  document.addEventListener("easel:language", drawClients);

  const deployment = h("dl", { class: "pairs" });
  const check = keyCheck((listed, key) => {
    models.replaceChildren(...listOf(listed));
    const [first] = listed;
    chosen = first ? { model: first.id, service: first.owned_by } : FIRST;
    drawClients();
    void tellDeployment(deployment, key, listed);
  });
  return h(
    "section",
    { class: "connect", "aria-labelledby": "connect-title" },
    h("h2", { id: "connect-title", word: "connectTitle" }),
    h("p", { word: "connectIntro" }),
    h(
      "div",
      { class: "columns" },
      h(
        "div",
        {},
        h("h3", { word: "addresses" }),
        h(
          "dl",
          { class: "pairs" },
          ...pair("openAiClients", BASE),
          ...pair("geminiClients", ROOT),
          h("dt", { word: "apiKey" }),
          h("dd", { word: "apiKeyIs" }),
        ),
        h("h3", { word: "check" }),
        check,
        deployment,
        h("h3", { word: "models" }),
        models,
      ),
      h(
        "div",
        {},
        h("h3", { word: "clients" }),
        h("p", { word: "clientsIntro", class: "quiet" }),
        clients,
        h("h3", { word: "assistants" }),
        h("p", { word: "assistantsIntro", class: "quiet" }),
        assistants,
      ),
    ),
  );
}

/**
 * Draws clients anew; what a person has opened stays open.
 * @param {HTMLElement} list
 * @param {import("./clients.js").Client[]} described
 * @param {import("./clients.js").Place} place
 */
function redraw(list, described, place) {
  const open = [...list.children].map((each) => each.hasAttribute("open"));
  list.replaceChildren(...described.map((each) => client(each, place)));
  for (const [at, each] of [...list.children].entries())
    each.toggleAttribute("open", open[at] ?? false);
}

/** @param {string} text */
function copyable(text) {
  const button = h("button", { type: "button", word: "copy", on: { click: copying(() => text) } });
  return [h("code", {}, text), button];
}

/** @param {Word} word @param {string} text */
const pair = (word, text) => [h("dt", { word }), h("dd", {}, ...copyable(text))];

/** @param {Listed[]} listed */
function listOf(listed) {
  const services = [...new Set(listed.map(({ owned_by }) => owned_by))];
  return services.map((service) =>
    h(
      "details",
      {},
      h("summary", {}, serviceName(service)),
      h(
        "ul",
        {},
        ...listed
          .filter(({ owned_by }) => owned_by === service)
          .map(({ id }) => h("li", {}, ...copyable(id))),
      ),
    ),
  );
}

/**
 * @param {import("./clients.js").Client} client
 * @param {import("./clients.js").Place} place
 */
function client({ name, where, chinese, fields, code, way, note }, place) {
  const program = code?.(place);
  const names = language() === "zh" && chinese ? chinese : {};
  /** As its menus name it, in the language that is spoken. */
  const own = (/** @type {string} */ text) => names[text] ?? text;
  // What a client calls by an English name is read as English.
  const lang = (/** @type {string} */ text) => (own(text) === text ? "en" : undefined);
  return h(
    "details",
    {},
    h("summary", {}, name),
    where &&
      h(
        "p",
        { class: "where", lang: chinese === names ? undefined : "en" },
        where.split(STEP).map(own).join(STEP),
      ),
    fields &&
      h(
        "dl",
        { class: "pairs" },
        ...fields(place).flatMap(([field, value]) => [
          h("dt", { lang: lang(field) }, own(field)),
          value ? h("dd", {}, ...copyable(own(value))) : h("dd", { word: "yourKey" }),
        ]),
      ),
    program &&
      h(
        "pre",
        { tabindex: 0, label: "program", values: { name }, role: "region" },
        h("code", {}, program),
      ),
    program && copyable(program)[1],
    note && h("p", { word: note }),
    way && h("p", { word: "suits", values: { way } }),
  );
}

/**
 * A field for a key, and what the model list says to it. Without one it asks at once.
 * @param {(listed: Listed[], key: string) => void} found
 */
function keyCheck(found) {
  const key = h("input", {
    id: "check-key",
    type: "password",
    autocomplete: "off",
    spellcheck: "false",
  });
  const result = h("div", { role: "status" });
  const ask = async (/** @type {boolean} */ quietly) => {
    const text = key.value.trim();
    try {
      const listed = await listModels(text);
      const open = text && (await isOpen());
      if (!quietly)
        result.replaceChildren(
          h("p", {
            word: open ? "checkOpen" : "checkGood",
            values: { number: listed.length },
            class: "good",
          }),
        );
      found(listed, text);
    } catch (error) {
      const fault = asApiError(error);
      const wantsKey = quietly && fault.status === 401;
      result.replaceChildren(
        ...(wantsKey ? [h("p", { word: "checkWantsKey" })] : explained(fault)),
      );
    }
  };
  void ask(true);
  return h(
    "form",
    {
      class: "check",
      on: {
        submit: (event) => {
          event.preventDefault();
          return ask(false);
        },
      },
    },
    h("label", { for: "check-key", word: "keyToCheck" }),
    h("span", { class: "row" }, key, h("button", { type: "submit", word: "checkNow" })),
    result,
  );
}

/** Whether the model list is told to everybody; then a key is not looked at before it paints. */
async function isOpen() {
  try {
    await listModels("");
    return true;
  } catch (error) {
    if (error instanceof ApiError && error.status === 401) return false;
    throw error;
  }
}

/**
 * What the deployment says of itself, as far as it says it to this key.
 * @param {HTMLElement} list
 * @param {string} key
 * @param {Listed[]} listed
 */
async function tellDeployment(list, key, listed) {
  const said = await health(key).catch(() => ({}));
  const offered = SERVICE_NAMES.filter((service) =>
    listed.some(({ owned_by }) => owned_by === service),
  );
  const { version, links } = /** @type {Deployment} */ (said);
  list.replaceChildren(
    ...(version ? [h("dt", { word: "version" }), h("dd", {}, version)] : []),
    ...(links ? [h("dt", { word: "links" }), h("dd", linksWord(links))] : []),
    h("dt", { word: "services" }),
    h("dd", {}, offered.map(serviceName).join(" · ")),
  );
}

/** @param {Links} links @returns {{word: Word, values?: {days: number}}} */
function linksWord({ level, days }) {
  if (level === 3) return { word: "linksStored", values: { days: days ?? 0 } };
  return { word: level === 2 ? "linksSealed" : "linksOfService" };
}
