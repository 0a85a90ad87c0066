import assert from "node:assert/strict";
import test from "node:test";

import { lastPicture } from "../../src/edge/js/markdown_picture.js";

/** @param {string} text */
function found(text) {
  const span = lastPicture(Buffer.from(text));
  return (
    span &&
    Buffer.from(text)
      .subarray(...span)
      .toString()
  );
}

const PNG = "data:image/png;base64,iVBORw0KGgo=";
const URL = "https://host/cat.png?a=1&b=[2]";

for (const [what, text = "", expected] of [
  ["alone", `![image](${PNG})`, PNG],
  ["at an address", `![image](${URL})`, URL],
  ["between words", `Here (look): ![a cat](${PNG})\\n(more) to come (soon`, PNG],
  ["behind another", `![image](data:image/gif;base64,R0lG)\\n![image](${PNG})`, PNG],
  ["before a link", `![image](${PNG})\\n[more](https://host/more) and [that](`, PNG],
  ["before a picture without an end", `![image](${PNG})![image](${URL}`, PNG],
  ["with brackets in its words", `![a [very] [black] cat](${PNG})`, PNG],
  ["without words", `![](${PNG})`, PNG],
  ["in angle brackets", `![cat](<${URL}>)`, URL],
  ["with a title", `![cat]( ${URL} \\"A cat\\")`, URL],
  ["in a link", `[![cat](${URL})](https://host/more)`, URL],
  ["behind characters of several bytes", `图😀![图](${PNG})`, PNG],
  ["with escapes", `![image](${PNG.replace("/", "\\/")})`, PNG.replace("/", "\\/")],
]) {
  test(`a picture ${what} is found`, () => {
    assert.equal(found(text), expected);
  });
}

test("a picture before many without an end is found", () => {
  const text = `![image](${PNG}) ${"![a](".repeat(50)}${"x".repeat(2 ** 20)}`;
  assert.equal(found(text), PNG);
});

for (const [what, text = ""] of [
  ["an empty text", ""],
  ["a link", `[image](${URL})`],
  ["a link behind an exclamation", `Look! [image](${URL})`],
  ["a link behind half a picture", `![image] [image](${URL})`],
  ["a picture without an end", `![image](${PNG}`],
  ["a text in parentheses", `(${PNG})`],
  ["a picture with more words than are looked at", `![${"a very black cat ".repeat(100)}](${URL})`],
  ["a text with more links behind it than are looked at", `![i](${PNG})${"](".repeat(100)}`],
  [
    "a text with more parentheses behind it than are looked at",
    `![i](${PNG})${"(".repeat(10_000)}`,
  ],
]) {
  test(`${what} has none`, () => {
    assert.equal(found(text), undefined);
  });
}

for (const hostile of ["(", "](", "![](", "![["]) {
  test(`12 MiB of ${hostile} are looked at in no time`, () => {
    const text = Buffer.from(hostile.repeat((12 * 2 ** 20) / hostile.length));
    const started = performance.now();
    assert.equal(lastPicture(text), undefined);
    assert.ok(performance.now() - started < 1000);
  });
}

/**
 * How long it takes to look for a picture where `count` begin and none ends.
 *
 * @param {number} count
 */
function millisecondsOf(count) {
  const text = new Uint8Array(16 * 2 ** 20).fill(0x78);
  text.set(Buffer.from("![a](".repeat(count)));
  const started = performance.now();
  assert.equal(lastPicture(text), undefined);
  return performance.now() - started;
}

test("pictures without an end are searched for one together, and not each", () => {
  // A search for each took a second and more.
  assert.ok(millisecondsOf(99) < 10 * millisecondsOf(1) + 100);
});
