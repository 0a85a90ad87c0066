import assert from "node:assert/strict";
import test from "node:test";

import { GrowingBytes, LastBytes } from "../../src/edge/js/byte_buffers.js";

/** @param {number} length */
function numbered(length) {
  return Uint8Array.from({ length }, (_, at) => at % 251);
}

test("growing bytes are all that was added, in order", () => {
  const growing = new GrowingBytes();
  const expected = numbered(1000);
  for (let at = 0; at < expected.length; at += 7) growing.add(expected.subarray(at, at + 7));
  assert.deepEqual(growing.bytes, expected);
});

test("growing bytes give their memory back when they are freed", () => {
  const growing = new GrowingBytes();
  growing.add(numbered(100));
  const { buffer } = growing.bytes;
  growing.free();
  assert.equal(buffer.detached, true);
});

const all = numbered(400_000);

for (const capacity of [1, 7, 64 * 1024, 64 * 1024 + 1, 150_000]) {
  for (const step of [1000, 65_536, 100_000, 400_000]) {
    test(`a ring of ${capacity} bytes keeps the last ones, added ${step} at a time`, () => {
      const last = new LastBytes(capacity);
      for (let at = 0; at < all.length; at += step) {
        last.add(all.subarray(at, at + step));
        const end = Math.min(at + step, all.length);
        assert.equal(last.length, end);
        const start = Math.max(0, end - capacity);
        const kept = last.between(start, end);
        assert.equal(Buffer.compare(kept, all.subarray(start, end)), 0, `from ${start} to ${end}`);
      }
    });
  }
}

test("what a ring has overwritten is not given", () => {
  const last = new LastBytes(10);
  last.add(numbered(25));
  assert.deepEqual(last.between(15, 25), numbered(25).subarray(15));
  assert.throws(() => last.between(14, 25), { name: "NotKept" });
});

test("a ring that was never filled can be freed", () => {
  const last = new LastBytes(10);
  last.free();
  assert.equal(last.length, 0);
});

test("a ring gives its memory back when it is freed", () => {
  const last = new LastBytes(10);
  last.add(numbered(4));
  const { buffer } = last.between(0, 4);
  last.free();
  assert.equal(buffer.detached, true);
});
