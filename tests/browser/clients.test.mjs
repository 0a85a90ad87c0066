/** What the page tells of each client is what docs/clients.md says. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { CLIENTS } from "../../public/page/clients.js";

const guides = readFileSync(new URL("../../docs/clients.md", import.meta.url), "utf-8");
const place = { base: "https://e.example/v1", root: "https://e.example", model: "glm-image" };

/** @param {string} name */
function section(name) {
  const [, text] = guides.split(`\n## ${name}\n`);
  assert.ok(text, `docs/clients.md has no chapter on ${name}`);
  return text.split("\n## ")[0] ?? "";
}

/** @param {string} name */
function row(name) {
  const line = guides.split("\n").find((each) => each.startsWith(`| [${name}](`));
  assert.ok(line, `the table of docs/clients.md does not name ${name}`);
  return line.split(" | ");
}

for (const { name, where, fields, way } of CLIENTS.filter((client) => client.fields)) {
  test(`${name} is told the same by the page and by its guide`, () => {
    const guide = section(name);
    const [, , base, suits] = row(name);
    assert.ok(suits?.includes(`\`${way}\``), `${way} is not what suits in the table`);
    for (const [field, value] of fields?.(place) ?? []) {
      for (const word of field.split(/: | \/ /)) {
        assert.ok(guide.includes(`*${word}*`), `the guide does not name the field ${word}`);
      }
      const wanted = base === "no path" ? place.root : place.base;
      if (value.startsWith("https://") && base !== "either") assert.equal(value, wanted);
    }
    for (const step of where?.split(" → ") ?? []) {
      assert.ok(guide.includes(step), `the guide does not lead through ${step}`);
    }
  });
}

test("each client of the table with a guide of its own is on the page", () => {
  const named = [...guides.matchAll(/^\| \[([^\]]+)\]\(#[^)]*\)[^|]*\| (?:seen|read) \|/gm)];
  const shown = new Set(CLIENTS.map(({ name }) => name));
  const missing = named.map(([, name]) => name ?? "").filter((name) => !shown.has(name));
  assert.deepEqual(missing, ["Gradio", "Chainlit"]);
});
