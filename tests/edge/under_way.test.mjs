import assert from "node:assert/strict";
import test, { afterEach, beforeEach, mock } from "node:test";

import { Place } from "../../src/edge/js/under_way.js";

const KILOBYTE = 1024;

let controller = new AbortController();

beforeEach(() => {
  mock.timers.enable({ apis: ["Date"] });
  controller = new AbortController();
});
afterEach(() => {
  controller.abort();
  mock.timers.reset();
});

function place() {
  return new Place({ signal: controller.signal });
}

/** @param {number} count */
function places(count) {
  return Array.from({ length: count }, place);
}

test("sixteen pictures are read as fast as one", () => {
  const shares = places(16).map(({ bytes }) => bytes);
  assert.deepEqual(new Set(shares), new Set([384 * KILOBYTE]));
});

test("more pictures share what there is, in multiples of 24 KiB", () => {
  places(31);
  assert.equal(place().bytes, 192 * KILOBYTE);
  assert.equal(place().bytes, 168 * KILOBYTE);
});

test("a share is never less than 24 KiB", () => {
  places(400);
  assert.equal(place().bytes, 24 * KILOBYTE);
});

test("a picture that has ended leaves its share to others", () => {
  for (const each of places(31)) each.end();
  assert.equal(place().bytes, 384 * KILOBYTE);
});

test("the pictures of a request that has ended leave their shares to others", () => {
  places(31);
  controller.abort();
  controller = new AbortController();
  assert.equal(place().bytes, 384 * KILOBYTE);
});

test("a picture of which nothing has come for a minute is not counted, one that goes on is", () => {
  const [first] = places(31);
  mock.timers.tick(59_000);
  for (const each of places(15)) each.goOn();
  first?.goOn();
  mock.timers.tick(2000);
  // 15, the one that went on, and these two.
  assert.equal(place().bytes, 360 * KILOBYTE);
  assert.equal(place().bytes, 336 * KILOBYTE);
});

test("a picture whose request has ended does not come back when more of it comes", () => {
  const ended = places(31);
  controller.abort();
  for (const each of ended) each.goOn();
  controller = new AbortController();
  assert.equal(place().bytes, 384 * KILOBYTE);
});

test("a picture of a request that has ended before takes no share", () => {
  controller.abort();
  places(31);
  controller = new AbortController();
  assert.equal(place().bytes, 384 * KILOBYTE);
});
