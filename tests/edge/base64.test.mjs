import assert from "node:assert/strict";
import test from "node:test";

import { Unescaper } from "../../src/edge/js/base64.js";
import { cuts } from "./streams.mjs";

/** @param {Uint8Array[]} parts */
function unescaped(parts) {
  const unescaper = new Unescaper();
  const text = parts.map((part) => unescaper.take(part, false)).join("");
  return text + unescaper.take(new Uint8Array(), true);
}

for (const escaped of [
  "QUJD",
  String.raw`Q\/\/U`,
  String.raw`\u0041\u002fB\n\tC`,
  String.raw`\\\"`,
]) {
  test(`however it is cut, ${escaped} stands for the same`, () => {
    for (const parts of cuts(new TextEncoder().encode(escaped))) {
      assert.equal(unescaped(parts), JSON.parse(`"${escaped}"`));
    }
  });
}

for (const broken of [
  String.raw`QUJD\x`,
  String.raw`QUJD\u00`,
  String.raw`QU\u00gg`,
  "QUJD\\",
  '\\/"',
]) {
  test(`${broken} is no JSON string, however it is cut`, () => {
    for (const parts of cuts(new TextEncoder().encode(broken))) {
      assert.throws(() => unescaped(parts), SyntaxError);
    }
  });
}
