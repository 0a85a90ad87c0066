import assert from "node:assert/strict";
import test, { afterEach, beforeEach, mock } from "node:test";

import { Lease } from "../../src/edge/js/room.js";

const MEGABYTE = 1024 * 1024;
const ROOM = 48 * MEGABYTE;
const MINUTE_MS = 60_000;

/** @type {Lease[]} */
const leases = [];

beforeEach(() => mock.timers.enable({ apis: ["setTimeout", "Date"] }));
afterEach(() => {
  for (const lease of leases.splice(0)) lease.end();
  mock.timers.reset();
});

function lease() {
  const made = new Lease();
  leases.push(made);
  return made;
}

/**
 * What a promise came to while `ms` milliseconds passed, or "waits".
 *
 * @param {Promise<void>} promise
 * @param {number} ms
 */
async function after(promise, ms) {
  let outcome = "waits";
  promise.then(
    () => (outcome = "holds"),
    (error) => (outcome = error.name),
  );
  for (let passed = 0; passed <= ms; passed += 100) {
    for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
    mock.timers.tick(100);
  }
  return outcome;
}

test("a request that is alone has all that it asks for", async () => {
  const alone = lease();
  await alone.reach(2 * ROOM, MINUTE_MS);
  assert.equal(alone.bytes, 2 * ROOM);
});

test("requests share the room up to its last byte", async () => {
  const [one, other] = [lease(), lease()];
  await one.reach(ROOM - MEGABYTE, MINUTE_MS);
  assert.equal(await after(other.reach(MEGABYTE, MINUTE_MS), 0), "holds");
});

test("a lease never shrinks while it is reached for", async () => {
  const one = lease();
  await one.reach(5 * MEGABYTE, MINUTE_MS);
  await one.reach(MEGABYTE, MINUTE_MS);
  assert.equal(one.bytes, 5 * MEGABYTE);
});

test("a request waits for room, and has it once another gives it back", async () => {
  const [one, other] = [lease(), lease()];
  await one.reach(ROOM, MINUTE_MS);
  one.set(ROOM, MINUTE_MS);
  const reached = other.reach(MEGABYTE, MINUTE_MS);
  assert.equal(await after(reached, 3000), "waits");
  one.end();
  assert.equal(await after(reached, 200), "holds");
});

test("a request that finds no room in five seconds is told so", async () => {
  const [one, other] = [lease(), lease()];
  await one.reach(ROOM, MINUTE_MS);
  one.set(ROOM, MINUTE_MS);
  const reached = other.reach(1, MINUTE_MS);
  assert.equal(await after(reached, 4500), "waits");
  assert.equal(await after(reached, 700), "NoRoom");
});

test("where all uploads wait for each other, the last to begin gives way at once", async () => {
  const [one, other] = [lease(), lease()];
  await one.reach(ROOM / 2, MINUTE_MS);
  await other.reach(ROOM / 2, MINUTE_MS);
  const first = one.reach(ROOM, MINUTE_MS);
  assert.equal(await after(first, 500), "waits");
  const last = other.reach(ROOM, MINUTE_MS);
  assert.equal(await after(last, 200), "NoRoom");
  assert.equal(await after(first, 200), "waits");
  other.end();
  assert.equal(await after(first, 200), "holds");
});

test("nobody gives way while another's upload goes on", async () => {
  const [one, other] = [lease(), lease()];
  await one.reach(ROOM / 2, MINUTE_MS);
  await other.reach(ROOM / 2, MINUTE_MS);
  assert.equal(await after(other.reach(ROOM, MINUTE_MS), 2000), "waits");
});

test("nobody gives way to an upload that had to wait and goes on now", async () => {
  const [held, one, other] = [lease(), lease(), lease()];
  await held.reach(ROOM / 2, MINUTE_MS);
  held.set(ROOM / 2, MINUTE_MS);
  await one.reach(ROOM / 4, MINUTE_MS);
  await other.reach(ROOM / 4, MINUTE_MS);
  const first = one.reach(ROOM / 2, MINUTE_MS);
  assert.equal(await after(first, 200), "waits");
  held.end();
  assert.equal(await after(first, 200), "holds");
  assert.equal(await after(other.reach(ROOM, MINUTE_MS), 2000), "waits");
});

test("a lease that nobody renews runs out", async () => {
  const [dropped, other] = [lease(), lease()];
  await dropped.reach(ROOM, 1000);
  const reached = other.reach(MEGABYTE, MINUTE_MS);
  assert.equal(await after(reached, 800), "waits");
  assert.equal(await after(reached, 500), "holds");
});

test("a lease that has run out counts for itself when it is renewed", async () => {
  const [one, other] = [lease(), lease()];
  await one.reach(ROOM, 1000);
  mock.timers.tick(2000);
  await other.reach(MEGABYTE, MINUTE_MS);
  const reached = one.reach(2 * ROOM, MINUTE_MS);
  assert.equal(await after(reached, 1000), "waits");
});

test("a lease that has ended holds nothing, whatever it is set to", async () => {
  const [ended, other] = [lease(), lease()];
  ended.end();
  ended.set(ROOM, MINUTE_MS);
  assert.equal(await after(other.reach(ROOM, MINUTE_MS), 0), "holds");
});

test("a lease of nothing is none", async () => {
  const [one, other] = [lease(), lease()];
  await one.reach(ROOM, MINUTE_MS);
  one.set(0, MINUTE_MS);
  assert.equal(await after(other.reach(2 * ROOM, MINUTE_MS), 0), "holds");
});
