/** A stream of events, cut wherever a network may cut it. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { EventDecoder } from "../../public/page/events.js";

const STREAM = '\n\ndata: {"a": "一只猫"}\n\n: a comment\nevent: x\r\ndata:[DONE]\r\n\r\n';
const EVENTS = ['{"a": "一只猫"}', "[DONE]"];

/** @param {Uint8Array[]} chunks */
function decoded(chunks) {
  const decoder = new EventDecoder();
  return [...chunks.flatMap((chunk) => decoder.encode(chunk)), ...decoder.flush()];
}

test("events are the same wherever the stream is cut", () => {
  const bytes = new TextEncoder().encode(STREAM);
  for (let at = 0; at <= bytes.length; at += 1) {
    assert.deepEqual(decoded([bytes.slice(0, at), bytes.slice(at)]), EVENTS);
  }
  assert.deepEqual(decoded([...bytes].map((byte) => Uint8Array.of(byte))), EVENTS);
});

test("the last event counts where nothing ends it", () => {
  assert.deepEqual(decoded([new TextEncoder().encode("data: x")]), ["x"]);
});
