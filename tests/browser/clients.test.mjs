/** What the page tells of each client is what docs/clients.md says. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { ASSISTANTS } from "../../public/page/assistants.js";
import { CLIENTS } from "../../public/page/clients.js";

const guides = readFileSync(new URL("../../docs/clients.md", import.meta.url), "utf-8");
const root = "https://e.example";
const place = { base: `${root}/v1`, root, model: "glm-image", service: "bigmodel" };

const chineseGuides = readFileSync(
  new URL("../../docs/zh-CN/clients.md", import.meta.url),
  "utf-8",
);

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

for (const { name, where, chinese, fields } of CLIENTS.filter((client) => client.fields)) {
  test(`${name} is told in Chinese by the names that the Chinese guide has`, () => {
    const [, guide = ""] = chineseGuides.split(`\n## ${name}\n`);
    const [chapter = ""] = guide.split("\n## ");
    const told = new Set([where?.split(" → ") ?? [], fields?.(place) ?? []].flat(2));
    for (const [english, named] of Object.entries(chinese ?? {})) {
      assert.ok(told.has(english), `${english} is none of its steps and fields`);
      assert.ok(chapter.includes(named), `the Chinese guide does not name ${named}`);
    }
    assert.ok(chinese);
  });
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

const mcp = readFileSync(new URL("../../docs/mcp.md", import.meta.url), "utf-8");
const example = { ...place, root: "https://easel.example.workers.dev", service: "zai" };

for (const { name, where, fields, code } of ASSISTANTS) {
  test(`${name} is told the same by the page and by the guide to MCP`, () => {
    assert.ok(mcp.includes(name.replace(" · MCP", "")), `the guide does not name ${name}`);
    const program = code?.(example);
    assert.ok(!program || mcp.includes(`\n${program}\`\`\``), "the guide has another program");
    for (const step of where?.split(" → ") ?? []) {
      assert.ok(mcp.includes(step), `the guide does not lead through ${step}`);
    }
    for (const [field, value] of fields?.(example) ?? []) {
      for (const word of field.split(": ")) {
        assert.ok(mcp.includes(`*${word}*`), `the guide does not name the field ${word}`);
      }
      const told = value.startsWith("https://") ? "the URL" : value;
      assert.ok(mcp.includes(told), `the guide does not tell ${told}`);
    }
  });
}

test("each client of the table with a guide of its own is on the page", () => {
  const named = [...guides.matchAll(/^\| \[([^\]]+)\]\(#[^)]*\)[^|]*\| (?:seen|read) \|/gm)];
  const shown = new Set(CLIENTS.map(({ name }) => name));
  const missing = named.map(([, name]) => name ?? "").filter((name) => !shown.has(name));
  assert.deepEqual(missing, ["Gradio", "Chainlit"]);
});
