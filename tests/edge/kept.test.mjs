import assert from "node:assert/strict";
import test from "node:test";

import { Copy } from "../../src/edge/js/kept.js";
import { Lease } from "../../src/edge/js/room.js";
import { RecordedLifetime } from "./lifetimes.mjs";

const MEGABYTE = 1024 * 1024;
const MOST = 24 * MEGABYTE;

/** What is taken of the room of the isolate, as another request sees it. */
function taken() {
  const another = new Lease();
  let [least, most] = [0, MOST];
  while (least < most) {
    const bytes = Math.ceil((least + most) / 2);
    if (another.take(bytes, 1000, MOST)) least = bytes;
    else most = bytes - 1;
  }
  another.end();
  return MOST - least;
}

/**
 * A copy of these parts.
 *
 * @param {Uint8Array<ArrayBuffer>[]} parts
 */
function copyOf(parts, lifetime = new RecordedLifetime(), announced = 0) {
  const copy = new Copy(lifetime, announced);
  for (const part of parts) copy.add(part);
  return copy;
}

test("a picture that was kept is open once more, part by part", async () => {
  const buffer = new Uint8Array([1, 2, 3]);
  const copy = new Copy(new RecordedLifetime(), 0);
  copy.add(buffer);
  // A part is overwritten by the next.
  buffer.set([4, 5, 6]);
  copy.add(buffer);
  const again = copy.open();
  assert.ok(again);
  const { first, body, length } = again;
  assert.deepEqual([length, [...first], body.isOver], [6, [1, 2, 3], false]);
  const next = await body.next();
  assert.deepEqual([[...next], body.isOver, first.byteLength], [[4, 5, 6], true, 0]);
  assert.equal((await body.next()).byteLength, 0);
  assert.equal(taken(), 0);
});

test("what is kept takes room until it has been read", async () => {
  const again = copyOf([new Uint8Array(MEGABYTE), new Uint8Array(MEGABYTE)]).open();
  assert.equal(taken(), 2 * MEGABYTE);
  await again?.body.next();
  await again?.body.next();
  assert.equal(taken(), 0);
});

test("what was announced takes room before it comes", () => {
  const lifetime = new RecordedLifetime();
  const copy = copyOf([new Uint8Array(MEGABYTE)], lifetime, 4 * MEGABYTE);
  assert.equal(taken(), 4 * MEGABYTE);
  // It came to less than was announced.
  assert.equal(copy.open()?.length, MEGABYTE);
  lifetime.ending.abort();
  assert.equal(taken(), 0);
});

test("a picture for which there is no room is not kept, and takes none", () => {
  const whole = new Uint8Array(MOST);
  const kept = copyOf([whole]).open();
  assert.ok(kept);
  assert.equal(copyOf([new Uint8Array(1)]).open(), null);
  assert.equal(copyOf([], undefined, 1).open(), null);
  void kept.body.cancel();
  assert.equal(taken(), 0);
  // The part that is too much gives up those before it, and none is taken after it.
  const copy = copyOf([new Uint8Array(MEGABYTE), whole, new Uint8Array(1)]);
  assert.equal(taken(), 0);
  assert.equal(copy.open(), null);
});

test("uploads are counted too, and find half of the room whatever is kept", async () => {
  const upload = new Lease();
  await upload.reach(MOST, 1000);
  assert.equal(copyOf([new Uint8Array(1)]).open(), null);
  upload.end();
  const kept = copyOf([new Uint8Array(MOST)]).open();
  await upload.reach(MOST, 1000);
  upload.end();
  void kept?.body.cancel();
});

test("a request that ends gives back what it kept, before and after it is open", () => {
  const before = new RecordedLifetime();
  const copy = copyOf([new Uint8Array(MEGABYTE)], before);
  before.ending.abort();
  assert.equal(taken(), 0);
  assert.equal(copy.open(), null);
  const after = new RecordedLifetime();
  const again = copyOf([new Uint8Array(MEGABYTE), new Uint8Array(1)], after).open();
  after.ending.abort();
  assert.equal(taken(), 0);
  assert.equal(again?.body.isOver, true);
  assert.equal(copyOf([new Uint8Array(1)], after).open(), null);
});
