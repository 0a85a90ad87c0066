import assert from "node:assert/strict";
import test from "node:test";

import { readJson } from "../../src/edge/js/json_body.js";
import { RecordedLifetime } from "./lifetimes.mjs";
import { bodyOf } from "./streams.mjs";

/** @param {(string | Uint8Array | Error | number)[]} parts */
function requestOf(parts, headers = {}) {
  return { headers: new Headers(headers), body: bodyOf(parts) };
}

/** @param {(string | Uint8Array | Error | number)[]} parts */
async function read(parts, lifetime = new RecordedLifetime()) {
  const { json, longTexts } = await readJson(requestOf(parts), "#", lifetime);
  return { json: Buffer.from(json).toString(), longTexts, lifetime };
}

test("a long text is apart from the JSON that it stood in, a short one is not", async () => {
  const [short, long] = ["a".repeat(4096), "b".repeat(4097)];
  const { json, longTexts } = await read([`{"short": "${short}", "long": "${long}"}`]);
  assert.equal(json, `{"short": "${short}", "long": "#0"}`);
  assert.equal(longTexts.text(0), long);
});

test("a long text is what its escapes stand for", async () => {
  const { longTexts } = await read([JSON.stringify(['\\"\n图😀'.repeat(700)])]);
  assert.equal(longTexts.text(0), '\\"\n图😀'.repeat(700));
});

for (const [what, text = ""] of [
  ["a broken escape", String.raw`\x`],
  ["a line feed", "\n"],
  ["half a character", String.raw`\ud83d`],
]) {
  test(`a long text with ${what} is no text`, async () => {
    const { longTexts } = await read([`["${"a".repeat(5000)}${text}"]`]);
    assert.throws(() => longTexts.text(0), SyntaxError);
  });
}

test("a long text of bytes that are no UTF-8 is no text", async () => {
  const { longTexts } = await read([`["${"a".repeat(5000)}`, new Uint8Array([0xff]), '"]']);
  assert.throws(() => longTexts.text(0), SyntaxError);
});

test("a long text over the limit of texts is not read as one", async () => {
  const { longTexts } = await read([`["${"a".repeat(10_000)}", "${"a".repeat(10_001)}"]`]);
  assert.equal(longTexts.text(0).length, 10_000);
  assert.throws(() => longTexts.text(1), { name: "TooMuchText" });
});

test("of long texts the last are kept", async () => {
  const texts = ["a", "b", "c"].map((letter) => letter.repeat(50_000));
  const limits = { textBytes: 50_000 };
  const { longTexts } = await read([JSON.stringify(texts)], new RecordedLifetime(limits));
  assert.throws(() => longTexts.text(0), { name: "NotKept" });
  assert.equal(longTexts.text(1), texts[1]);
  assert.equal(longTexts.text(2), texts[2]);
});

test("a text that is not there is told so", async () => {
  const { longTexts } = await read(["[]"]);
  assert.throws(() => longTexts.text(0), RangeError);
});

test("no body at all is no JSON", async () => {
  const request = { headers: new Headers(), body: null };
  const { json } = await readJson(request, "#", new RecordedLifetime());
  assert.equal(json.length, 0);
});

test("a body over its limit is refused by what it announces, and by what comes", async () => {
  const lifetime = new RecordedLifetime({ requestBytes: 10 });
  const announced = requestOf([], { "content-length": "11" });
  await assert.rejects(readJson(announced, "#", lifetime), { name: "TooLarge" });
  await assert.rejects(read(["[1, 2, 3, 4]"], lifetime), { name: "TooLarge" });
});

test("room is reserved for twice what may be kept, and given back with the texts", async () => {
  const lifetime = new RecordedLifetime({ inputBytes: 20_000 });
  const { longTexts } = await read([`["${"a".repeat(15_000)}"]`], lifetime);
  assert.deepEqual(lifetime.reserved, [24_576, 40_000]);
  assert.equal(lifetime.settled, 0);
  longTexts.free();
  assert.equal(lifetime.settled, 1);
});

for (const [name, body = ""] of [
  ["TooDeep", "[".repeat(11)],
  ["TooManyValues", `[${"1,".repeat(100)}`],
  ["TooMuchText", `[${" ".repeat(10_000)}`],
]) {
  test(`a body that is refused with ${name} gives its room back`, async () => {
    const lifetime = new RecordedLifetime();
    await assert.rejects(read([body], lifetime), { name });
    assert.equal(lifetime.settled, 1);
  });
}

const DATA_URL = `data:image/png;base64,${Buffer.from("a picture".repeat(500)).toString("base64")}`;

test("the last picture of a long markdown text is a text by itself", async () => {
  const content = `Look: ![a "cat"](${DATA_URL})\nMore?`;
  const { longTexts } = await read([JSON.stringify([content, `no picture ${"-".repeat(5000)}`])]);
  const number = longTexts.picture(0) ?? NaN;
  assert.equal(longTexts.text(number), DATA_URL);
  assert.equal(longTexts.picture(1), undefined);
});

test("of a markdown text that was not kept there is no picture either", async () => {
  const texts = JSON.stringify([`![image](${DATA_URL})`, "b".repeat(99_000)]);
  const { longTexts } = await read([texts]);
  assert.throws(() => longTexts.picture(0), { name: "NotKept" });
});
