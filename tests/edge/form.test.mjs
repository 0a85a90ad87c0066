import assert from "node:assert/strict";
import test from "node:test";

import { boundaryOf, checkParts, readForm } from "../../src/edge/js/form.js";
import { RecordedLifetime } from "./lifetimes.mjs";
import { bodyOf } from "./streams.mjs";

const encoder = new TextEncoder();

for (const [contentType = "", boundary] of [
  ["multipart/form-data; boundary=abc", "abc"],
  ["Multipart/Form-Data;boundary=abc", "abc"],
  ["multipart/form-data ; charset=utf-8; boundary=abc; more=1", "abc"],
  ['multipart/form-data; boundary="a b:c"', "a b:c"],
  [
    "multipart/form-data; boundary=----WebKitFormBoundary7MA4YWxk",
    "----WebKitFormBoundary7MA4YWxk",
  ],
]) {
  test(`the boundary of ${contentType}`, () => assert.equal(boundaryOf(contentType), boundary));
}

for (const contentType of [
  "",
  "multipart/form-data",
  "multipart/form-data; boundary=",
  'multipart/form-data; boundary=""',
  "multipart/form-data; boundary=a\\b",
  'multipart/form-data; boundary="a\u00e9"',
  "application/json; boundary=abc",
  "x-multipart/form-data; boundary=abc",
]) {
  test(`${contentType || "nothing"} is no form`, () => {
    assert.throws(() => boundaryOf(contentType), TypeError);
  });
}

test("a content type is searched in time, however long it is", { timeout: 2000 }, () => {
  for (const filler of [" ", ";", "; ", ";boundary", ";boundary="]) {
    const contentType = `multipart/form-data;${filler.repeat(100_000)}`;
    assert.throws(() => boundaryOf(contentType), TypeError);
  }
});

/**
 * A form of fields without a name, each of which is `value`.
 *
 * @param {number} parts
 */
function form(parts, value = "", lineEnd = "\r\n") {
  const each = `--abc${lineEnd}Content-Disposition: form-data; name="a"${lineEnd}${lineEnd}`;
  return encoder.encode(`${`${each}${value}${lineEnd}`.repeat(parts)}--abc--${lineEnd}`);
}

for (const lineEnd of ["\r\n", "\n"]) {
  test(`as many parts as the limit pass, one more does not (${JSON.stringify(lineEnd)})`, () => {
    checkParts(form(3, "x", lineEnd), "abc", 3);
    assert.throws(() => checkParts(form(4, "x", lineEnd), "abc", 3), { name: "TooManyParts" });
  });
}

test("what only begins like a boundary, or stands within a line, is none", () => {
  checkParts(form(3, "\n--ab\n-\n--\nx--abc\n".repeat(100)), "abc", 3);
});

/** @param {(string | Uint8Array)[]} parts */
function requestOf(parts, headers = {}) {
  const contentType = "multipart/form-data; boundary=abc";
  return { headers: new Headers({ "content-type": contentType, ...headers }), body: bodyOf(parts) };
}

const FILE = `--abc\r\nContent-Disposition: form-data; name="image"; filename="a.png"\r\n\r\n`;
const TEXT = `--abc\r\nContent-Disposition: form-data; name="prompt"\r\n\r\nA cat\r\n`;

test("a form is its fields: texts, and files that are kept", async () => {
  const lifetime = new RecordedLifetime();
  const request = requestOf([TEXT, FILE, new Uint8Array([0, 255, 13, 10, 1]), "\r\n--abc--\r\n"]);
  const content = new Uint8Array([0, 255, 13, 10, 1]);
  assert.deepEqual(await readForm(request, lifetime), [
    { name: "prompt", text: "A cat" },
    { name: "image", content },
  ]);
  assert.deepEqual(lifetime.kept, [content]);
});

test("room is reserved before a form is read: three times what there may be of it", async () => {
  const lifetime = new RecordedLifetime({ formBytes: 20_000 });
  await readForm(requestOf([form(1, "x".repeat(15_000))]), lifetime);
  assert.deepEqual(lifetime.reserved, [36_864, 60_000]);
});

test("a form longer than its limit is refused by what it announces, and by what comes", async () => {
  const lifetime = new RecordedLifetime({ formBytes: 100 });
  const announced = requestOf([], { "content-length": "101" });
  await assert.rejects(readForm(announced, lifetime), { name: "TooLarge" });
  assert.deepEqual(lifetime.reserved, []);
  const grown = requestOf([form(1, "x".repeat(100))], { "content-length": "10" });
  await assert.rejects(readForm(grown, lifetime), { name: "TooLarge" });
});

test("a form of too many parts is refused before it is parsed", async () => {
  // Not even a form: its parts have no headers.
  const request = requestOf(["\r\n--abc".repeat(4)]);
  await assert.rejects(readForm(request, new RecordedLifetime()), { name: "TooManyParts" });
});

test("what is no form is refused, and so is none at all", async () => {
  const lifetime = new RecordedLifetime();
  await assert.rejects(readForm(requestOf(["no form"]), lifetime), TypeError);
  const empty = { ...requestOf([]), body: null };
  await assert.rejects(readForm(empty, lifetime), TypeError);
});
