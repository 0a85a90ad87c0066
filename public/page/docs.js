/** `openapi.json` as a page: each operation with what it takes and what it answers. */
import { openapi } from "./api.js";
import { h } from "./dom.js";
import { languageSwitch, startLanguage } from "./language.js";

/** @typedef {any} Schema JSON Schema, as the document has it */

await startLanguage();
const main = /** @type {HTMLElement} */ (document.querySelector("main"));
document.querySelector("header")?.append(h("div", { class: "row" }, languageSwitch()));

/** @type {any} */
let whole = {};

/** What a reference leads to. @param {any} value @returns {any} */
function resolved(value) {
  if (!value?.$ref) return value;
  return value.$ref
    .slice(2)
    .split("/")
    .reduce((/** @type {any} */ at, /** @type {string} */ name) => at[name], whole);
}

/** @param {any} value */
const refName = (value) =>
  String(value?.$ref ?? "")
    .split("/")
    .at(-1) ?? "";

/** The type of a schema in a few words. @param {Schema} schema @returns {string} */
function typeOf(schema) {
  if (schema.$ref) return refName(schema);
  if ("const" in schema) return JSON.stringify(schema.const);
  if (schema.enum)
    return schema.enum.map((/** @type {unknown} */ each) => JSON.stringify(each)).join(" | ");
  const several = schema.anyOf ?? schema.oneOf;
  if (several) return [...new Set(several.map(typeOf))].join(" | ");
  if (schema.allOf) return schema.allOf.map(typeOf).join(" & ");
  if (schema.type === "array") return `${typeOf(schema.items ?? {})}[]`;
  return [schema.type ?? (schema.properties ? "object" : "any")].flat().join(" | ");
}

/** The objects that stand in a schema. @param {Schema} schema @returns {Schema[]} */
function objectsIn(schema) {
  const found = resolved(schema);
  if (!found) return [];
  if (found.properties) return [schema];
  const inside = [
    ...(found.anyOf ?? []),
    ...(found.oneOf ?? []),
    ...(found.allOf ?? []),
    found.items,
  ];
  return inside.filter(Boolean).flatMap(objectsIn);
}

/** @param {string} text markdown, of which only `code` is drawn */
function prose(text) {
  const parts = text.split(/`([^`]+)`/);
  return h("span", {}, ...parts.map((part, at) => (at % 2 ? h("code", {}, part) : part)));
}

/**
 * A part that is drawn when it is opened: objects may hold themselves.
 * @param {HTMLElement} summary
 * @param {() => (Node | string)[]} content
 * @param {boolean} [open]
 */
function lazily(summary, content, open = false) {
  const body = h("div", { class: "nested" });
  const element = h("details", {}, summary, body);
  element.addEventListener("toggle", () => {
    if (element.open && !body.hasChildNodes()) body.append(...content());
  });
  element.open = open;
  return element;
}

/** @param {Schema} schema @returns {(Node | string)[]} */
function drawn(schema) {
  return objectsIn(schema).map((each) => {
    const found = resolved(each);
    const required = new Set(found.required ?? []);
    const rows = Object.entries(found.properties).map(([name, property]) =>
      field(name, property, required.has(name)),
    );
    return h(
      "div",
      {},
      each.$ref && h("p", {}, h("code", {}, refName(each))),
      h("table", {}, h("tbody", {}, ...rows)),
    );
  });
}

/**
 * Whether an object is shown at once: a small one, and none that is named, which may hold itself.
 * @param {Schema} schema
 */
const isShort = (schema) => schema.properties && Object.keys(schema.properties).length <= 4;

/** @param {string} name @param {Schema} schema @param {boolean} required */
function field(name, schema, required) {
  const type = typeOf(schema);
  const deeper = objectsIn(schema);
  return h(
    "tr",
    {},
    h(
      "th",
      { scope: "row" },
      h("code", {}, name),
      " ",
      required && h("small", { word: "docsRequired", class: "quiet" }),
    ),
    h(
      "td",
      {},
      deeper.length
        ? lazily(h("summary", {}, h("code", {}, type)), () => drawn(schema), isShort(schema))
        : h("code", {}, type),
      schema.description && h("p", {}, prose(schema.description)),
    ),
  );
}

/** @param {string} media @param {any} content */
function body(media, content) {
  const examples = Object.entries(content.examples ?? {});
  return h(
    "div",
    {},
    h(
      "p",
      {},
      h("code", {}, media),
      " ",
      h("span", { class: "quiet" }, typeOf(content.schema ?? {})),
    ),
    ...drawn(content.schema ?? {}),
    ...examples.map(([name, example]) =>
      lazily(
        h("summary", { word: "docsExample", values: { name: example.summary ?? name } }),
        () => [
          h(
            "pre",
            { tabindex: 0, role: "region", "aria-label": name },
            JSON.stringify(example.value, null, 2),
          ),
        ],
      ),
    ),
  );
}

/** @param {string} status @param {any} answer */
function response(status, answer) {
  const found = resolved(answer);
  const headers = Object.keys(found.headers ?? {}).join(", ");
  return lazily(
    h("summary", {}, h("strong", {}, status), " ", prose(found.description ?? "")),
    () => [
      ...(headers
        ? [h("p", { word: "docsHeaders", values: { names: headers }, class: "quiet small" })]
        : []),
      ...Object.entries(found.content ?? {}).map(([media, content]) => body(media, content)),
    ],
  );
}

/** @param {[string, any]} answer */
const isError = ([status]) => Number(status) >= 400;

/** Where a key goes, in the words of a request. @param {string} name */
function placeOfKey(name) {
  const scheme = whole.components.securitySchemes[name];
  if (scheme.type === "http") return "Authorization: Bearer";
  return scheme.in === "query" ? `?${scheme.name}=` : scheme.name;
}

/** @param {string} path @param {string} method @param {any} operation */
function operationOf(path, method, operation) {
  const parameters = (operation.parameters ?? []).map(resolved);
  const keys = (operation.security ?? []).flatMap(Object.keys).map(placeOfKey).join(", ");
  const answers = Object.entries(operation.responses ?? {});
  const errors = answers.filter(isError);
  return h(
    "section",
    {
      class: "operation",
      id: operation.operationId,
      "aria-labelledby": `${operation.operationId}-title`,
    },
    h(
      "h3",
      { id: `${operation.operationId}-title` },
      h("span", { class: "method" }, method.toUpperCase()),
      " ",
      h("code", {}, path),
    ),
    h("p", {}, prose(operation.summary ?? "")),
    operation.description && h("p", {}, prose(operation.description)),
    keys && h("p", { word: "docsKeys", values: { names: keys }, class: "quiet small" }),
    parameters.length > 0 &&
      h(
        "div",
        {},
        h("h4", { word: "docsParameters" }),
        h(
          "table",
          {},
          h(
            "tbody",
            {},
            ...parameters.map((/** @type {any} */ each) =>
              field(each.name, { description: each.description, ...each.schema }, each.required),
            ),
          ),
        ),
      ),
    operation.requestBody &&
      lazily(h("summary", { word: "docsBody" }), () =>
        Object.entries(resolved(operation.requestBody).content).map(([media, content]) =>
          body(media, content),
        ),
      ),
    h("h4", { word: "docsAnswers" }),
    ...answers.filter((each) => !isError(each)).map((each) => response(...each)),
    errors.length > 0 &&
      lazily(
        h("summary", {
          word: "docsErrors",
          values: { statuses: errors.map(([status]) => status).join(", ") },
        }),
        () => errors.map((each) => response(...each)),
      ),
  );
}

/** @returns {HTMLElement[]} */
function pageOf() {
  /** @type {[string, string, any][]} */
  const operations = Object.entries(whole.paths).flatMap(([path, item]) =>
    Object.entries(/** @type {Record<string, any>} */ (item)).map(
      ([method, operation]) => /** @type {[string, string, any]} */ ([path, method, operation]),
    ),
  );
  return [
    h("h2", {}, `${whole.info.title} ${whole.info.version}`),
    h("p", {}, prose(whole.info.description ?? "")),
    h("p", { word: "docsIntro" }),
    h(
      "nav",
      { label: "docsContents" },
      h(
        "ul",
        { class: "contents" },
        ...operations.map(([path, method, { operationId, summary }]) =>
          h(
            "li",
            {},
            h("a", { href: `#${operationId}` }, `${method.toUpperCase()} ${path}`),
            h("br"),
            prose(summary ?? ""),
          ),
        ),
      ),
    ),
    ...operations.map((each) => operationOf(...each)),
  ];
}

try {
  whole = await openapi();
  main.replaceChildren(...pageOf());
  if (location.hash) document.getElementById(location.hash.slice(1))?.scrollIntoView();
} catch {
  main.replaceChildren(h("p", { word: "docsFailed", class: "fault", role: "alert" }));
}
