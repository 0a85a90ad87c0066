import assert from "node:assert/strict";
import test from "node:test";

import { JsonAnswer, readEvents } from "../../src/edge/js/service_answer.js";
import { bodyOf } from "./streams.mjs";

const LIMITS = { bytes: 1_000_000, slimBytes: 20_000, stallMs: 60_000, totalMs: 60_000 };

// Longer than any text that stays in an answer.
const PICTURE = "QUJD".repeat(40_000);

/** @param {(string | Uint8Array | Error | number)[]} parts */
function answerOf(parts, limits = {}) {
  return new JsonAnswer(bodyOf(parts), "#", { ...LIMITS, ...limits });
}

/** @param {JsonAnswer} answer */
function jsonOf(answer) {
  return Buffer.from(answer.json()).toString();
}

/**
 * All that is left of the text that is open.
 *
 * @param {JsonAnswer} answer
 */
async function textOf(answer) {
  let text = "";
  for (let pieces = await answer.digits(); pieces; pieces = await answer.digits()) {
    text += Buffer.concat(pieces).toString();
  }
  return text;
}

test("an answer is read up to its first long text, then up to the next, then to its end", async () => {
  const answer = answerOf([`{"data": ["${PICTURE}", "${PICTURE}x"], "id": 7}`]);
  await answer.advance();
  assert.deepEqual([answer.open, answer.count, jsonOf(answer)], [true, 1, '{"data": ["#0"']);
  assert.equal(await textOf(answer), PICTURE);
  await answer.advance();
  assert.deepEqual([answer.open, answer.count], [true, 2]);
  assert.equal(await textOf(answer), `${PICTURE}x`);
  await answer.advance();
  const json = '{"data": ["#0", "#1"], "id": 7}';
  assert.deepEqual([answer.open, answer.count, jsonOf(answer)], [false, 2, json]);
  assert.equal(await answer.digits(), null);
  assert.equal(answer.cut, "");
});

test("a long text that nobody reads is passed over", async () => {
  const answer = answerOf([`["${PICTURE}", 1]`]);
  await answer.advance();
  await answer.advance();
  assert.deepEqual([answer.open, jsonOf(answer)], [false, '["#0", 1]']);
});

for (const [what, body] of /** @type {[string, (string | Uint8Array)[]][]} */ ([
  ["white space", ["\r\n\t ", '{"a": 1}']],
  ["a byte order mark", [new Uint8Array([0xef, 0xbb, 0xbf]), '{"a": 1}']],
])) {
  test(`an answer that begins with ${what} is JSON`, async () => {
    const answer = answerOf(body);
    await answer.advance();
    assert.deepEqual(JSON.parse(jsonOf(answer).trim()), { a: 1 });
  });
}

test("what does not begin as JSON is not read on", async () => {
  /** @type {string[]} */
  const cancelled = [];
  const body = bodyOf(["<html>".repeat(10_000)], () => void cancelled.push("cancelled"));
  const answer = new JsonAnswer(body, "#", LIMITS);
  await answer.advance();
  assert.deepEqual([answer.open, answer.cut, jsonOf(answer)], [false, "", ""]);
  assert.deepEqual(cancelled, ["cancelled"]);
});

test("what came before an answer broke off is kept, and so is what ended it", async () => {
  const begun = `{"task": "1", "more": "${"x".repeat(12_288)}`;
  const answer = answerOf([begun, new TypeError("lost")]);
  await answer.advance();
  assert.deepEqual([answer.open, answer.cut], [false, "TypeError"]);
  assert.equal(jsonOf(answer), '{"task": "1", "more": "');
});

test("an answer of which nothing came fails as its connection did", async () => {
  await assert.rejects(answerOf([new TypeError("lost")]).advance(), { message: "lost" });
});

for (const [name, limits, body] of /** @type {[string, {}, string][]} */ ([
  ["TooLarge", { bytes: 100_000 }, `["${PICTURE}"]`],
  ["TooMuchText", {}, `[${'"text",'.repeat(5000)}`],
  ["TooManyValues", { slimBytes: 100_000 }, `[${"1,".repeat(20_001)}1]`],
  ["TooDeep", {}, "[".repeat(33)],
])) {
  test(`an answer over a limit is cut with ${name}`, async () => {
    const answer = answerOf(["[" + " ".repeat(12_288), body], limits);
    do await answer.advance();
    while (answer.open);
    assert.deepEqual([answer.open, answer.cut], [false, name]);
  });
}

test("an answer that ends within a long text is cut", async () => {
  const answer = answerOf([`["${PICTURE}`]);
  await answer.advance();
  assert.equal(answer.open, true);
  await answer.advance();
  assert.deepEqual([answer.open, answer.cut], [false, "Error"]);
});

test("a part that comes too late ends an answer that has to hurry", async () => {
  const answer = answerOf([`["${PICTURE}`, Infinity]);
  await answer.advance();
  answer.hurry(20);
  await answer.advance();
  assert.equal(answer.cut, "TimeoutError");
});

test("an event stream is as long as it may be, and of a longer one the end is kept", async () => {
  const events = `data: ${"x".repeat(300_000)}\n\ndata: {"last": 1}\n\n`;
  const answer = await readEvents(bodyOf([events]), LIMITS);
  assert.equal(Buffer.from(answer.json()).toString(), events.slice(-256 * 1024));
  const short = await readEvents(bodyOf(["data: 1", "\n\n"]), LIMITS);
  assert.equal(Buffer.from(short.json()).toString(), "data: 1\n\n");
});

test("an event stream that is empty has no events", async () => {
  const answer = await readEvents(bodyOf([]), LIMITS);
  assert.equal(answer.json().length, 0);
});

test("an event stream over its limit is refused and given up", async () => {
  /** @type {string[]} */
  const cancelled = [];
  const body = bodyOf(["x".repeat(101), Infinity], () => void cancelled.push("cancelled"));
  const reading = readEvents(body, { ...LIMITS, stallMs: 50, bytes: 100 });
  await assert.rejects(reading, { name: "TimeoutError" });
  assert.deepEqual(cancelled, ["cancelled"]);
  await assert.rejects(readEvents(bodyOf(["x".repeat(101)]), { ...LIMITS, bytes: 100 }), {
    name: "TooLarge",
  });
});
