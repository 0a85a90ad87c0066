import assert from "node:assert/strict";
import test from "node:test";

import { JsonScanner } from "../../src/edge/js/json_scanner.js";
import { cuts } from "./streams.mjs";

const LIMITS = { shortBytes: 8, slimBytes: 1000, values: 100, depth: 10 };

const encoder = new TextEncoder();

/**
 * The JSON without its long texts, and these, of a body that comes in `parts`.
 *
 * @param {Iterable<Uint8Array>} parts
 * @param {Partial<typeof LIMITS>} [limits]
 */
function scanned(parts, limits = {}) {
  const scanner = new JsonScanner("#", { ...LIMITS, ...limits });
  /** @type {Buffer[]} */
  const texts = [];
  for (const part of parts) {
    for (let at = 0; at < part.length;) {
      if (!scanner.inText) at = scanner.scan(part, at);
      if (!scanner.inText) continue;
      const taken = scanner.takeText(part, at);
      const before = texts[scanner.count - 1] ?? Buffer.alloc(0);
      texts[scanner.count - 1] = Buffer.concat([before, ...taken.pieces]);
      at = taken.at;
    }
  }
  return { json: Buffer.from(scanner.json()).toString(), texts: texts.map(String) };
}

/** @param {string} json */
const whole = (json) => [encoder.encode(json)];

// In the source of JSON: a backslash here is one there.
const SAMPLES = [
  [
    String.raw`{"a": "short", "b": "0123456789"}`,
    String.raw`{"a": "short", "b": "#0"}`,
    "0123456789",
  ],
  [String.raw`["12345678", "123456789"]`, String.raw`["12345678", "#0"]`, "123456789"],
  [
    String.raw`{"0123456789": ["0123456789", ""]}`,
    String.raw`{"#0": ["#1", ""]}`,
    "0123456789",
    "0123456789",
  ],
  [
    String.raw`["a\"b\\", "a\"bcdefgh\\", 1]`,
    String.raw`["a\"b\\", "#0", 1]`,
    String.raw`a\"bcdefgh\\`,
  ],
  [String.raw`["\\\\\\\\", "\\\\\\\\\""]`, String.raw`["\\\\\\\\", "#0"]`, String.raw`\\\\\\\\\"`],
  [
    String.raw`["\"\"\"\"\"\"\"\"\"\"", ","]`,
    String.raw`["#0", ","]`,
    String.raw`\"\"\"\"\"\"\"\"\"\"`,
  ],
  ['["图图图", "图图"]', '["#0", "图图"]', "图图图"],
  // An open text stands there as if it had ended.
  [String.raw`{"a": "0123456789\"`, String.raw`{"a": "#0"`, String.raw`0123456789\"`],
];

for (const [json = "", slim, ...texts] of SAMPLES) {
  test(`however it is cut, ${json} is scanned the same`, () => {
    for (const parts of cuts(encoder.encode(json))) {
      const sizes = parts.map((part) => part.length).join(", ");
      assert.deepEqual(scanned(parts), { json: slim, texts }, `parts of ${sizes}`);
    }
  });
}

test("a short text that is cut is not there until it has ended", () => {
  assert.equal(scanned(whole('{"a": "0123')).json, '{"a": "');
});

test("many escaped quotes are scanned in time", { timeout: 5000 }, () => {
  const text = String.raw`\"`.repeat(1_000_000);
  assert.deepEqual(scanned(whole(`["${text}"]`)), { json: '["#0"]', texts: [text] });
});

test("JSON as deep as its limit is scanned, deeper JSON is refused", () => {
  assert.equal(scanned(whole('[[{"a": []}], []]'), { depth: 4 }).json, '[[{"a": []}], []]');
  assert.throws(() => scanned(whole('[[{"a": []}], []]'), { depth: 3 }), { name: "TooDeep" });
});

test("JSON with as many values as its limit is scanned, with more it is refused", () => {
  // Each list or object is one, and each comma one more.
  assert.equal(scanned(whole('[1, {"a": 2}, 3]'), { values: 4 }).json, '[1, {"a": 2}, 3]');
  assert.throws(() => scanned(whole('[1, {"a": 2}, 3]'), { values: 3 }), { name: "TooManyValues" });
});

test("brackets and commas within a text count for nothing", () => {
  const json = String.raw`["[[,{\"["]`;
  assert.equal(scanned(whole(json), { depth: 1, values: 1 }).json, json);
});

test("what stays without its long texts is limited, the long texts are not", () => {
  const json = `["${"x".repeat(5000)}"]`;
  assert.equal(scanned(whole(json), { slimBytes: 6 }).json, '["#0"]');
  assert.throws(() => scanned(whole(json), { slimBytes: 5 }), { name: "TooMuchText" });
});
