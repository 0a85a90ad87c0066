import assert from "node:assert/strict";
import test from "node:test";

import {
  announcedBytes,
  drain,
  PART_BYTES,
  PartReader,
  readParts,
  withDeadline,
  within,
} from "../../src/edge/js/reading.js";
import { RecordedLifetime } from "./lifetimes.mjs";
import { bodyOf, textOf } from "./streams.mjs";

const TIMES = { stallMs: 60_000, totalMs: 60_000 };
const STALLING = { stallMs: 30, totalMs: 1000 };

/** A body that has begun and of which no more comes. */
function stalledBody(cancelled = () => {}) {
  return bodyOf(["begun", Infinity], cancelled);
}

/** @param {number} length */
function zeros(length) {
  return new Uint8Array(length);
}

test("a part is what was asked for, however the body came, and shorter only at the end", async () => {
  const body = bodyOf("abcdefgh".split(""));
  const reader = new PartReader(body, { ...TIMES, firstBytes: 3, mostBytes: 3 });
  const lengths = [];
  let text = "";
  for (let part = await reader.next(); part.length > 0; part = await reader.next()) {
    lengths.push(part.length);
    text += new TextDecoder().decode(part);
  }
  assert.deepEqual({ text, lengths }, { text: "abcdefgh", lengths: [3, 3, 2] });
});

test("no more is read than is wanted", async () => {
  const reader = new PartReader(bodyOf(["abcdefgh"]), TIMES);
  assert.equal((await reader.next(5)).length, 5);
  assert.equal((await reader.next(5)).length, 3);
  assert.equal((await reader.next(5)).length, 0);
});

test("parts of a fast body grow up to a limit", async () => {
  const reader = new PartReader(bodyOf([zeros(2_000_000)]), TIMES);
  const lengths = [];
  for (let at = 0; at < 7; at += 1) lengths.push((await reader.next()).length);
  assert.deepEqual(
    lengths,
    [12, 24, 48, 96, 192, 384, 384].map((kilobytes) => kilobytes * 1024),
  );
  assert.equal(lengths.at(-1), PART_BYTES);
});

test("parts of a slow body shrink, so that it is not taken for one that stalls", async () => {
  const kilobyte = zeros(1024);
  const slowly = Array.from({ length: 12 }, () => [45, kilobyte]);
  const reader = new PartReader(bodyOf(slowly.flat()), { stallMs: 2000, totalMs: 4000 });
  const before = reader.partBytes;
  await reader.next();
  assert.equal(reader.partBytes, before / 2);
});

test("parts do not shrink below three kilobytes", async () => {
  const slowly = Array.from({ length: 4 }, () => [110, zeros(3072)]);
  const reader = new PartReader(bodyOf(slowly.flat()), {
    ...TIMES,
    stallMs: 400,
    firstBytes: 3072,
  });
  for (let at = 0; at < 4; at += 1) assert.equal((await reader.next()).length, 3072);
});

test("parts are as large as they are made", async () => {
  const reader = new PartReader(bodyOf([zeros(100_000)]), TIMES);
  reader.widen(30_000);
  assert.equal((await reader.next()).length, 30_000);
  assert.equal((await reader.next()).length, 30_000);
});

test("a body that stalls ends with a TimeoutError", async () => {
  const reader = new PartReader(stalledBody(), STALLING);
  await assert.rejects(reader.next(), { name: "TimeoutError" });
  assert.equal(reader.isLate, false);
});

test("all waiting together has a limit, whatever each part may take", async () => {
  const body = bodyOf([300, "abc", Infinity]);
  const reader = new PartReader(body, { stallMs: 2000, totalMs: 600, firstBytes: 3 });
  assert.equal((await reader.next()).length, 3);
  await assert.rejects(reader.next(), { name: "TimeoutError" });
  assert.equal(reader.isLate, true);
});

test("reading goes on with another stream", async () => {
  const reader = new PartReader(bodyOf(["abc", new Error("lost")]), { ...TIMES, firstBytes: 3 });
  assert.equal((await reader.next()).length, 3);
  await assert.rejects(reader.next(), { message: "lost" });
  reader.replace(bodyOf(["def"]));
  assert.equal(await textOf(reader), "def");
});

test("readParts tells beforehand how much there may be, and gives all of it", async () => {
  /** @type {number[]} */
  const announced = [];
  let length = 0;
  await readParts(
    bodyOf([zeros(40_000)]),
    { limit: 40_000, ...TIMES },
    (part) => (length += part.length),
    (bytes) => void announced.push(bytes),
  );
  assert.equal(length, 40_000);
  // 12, 24 and 48 KiB, of which the last is not filled.
  assert.deepEqual(announced, [12_288, 36_864, 86_016]);
});

test("a body longer than its limit is refused, and no more is read than shows it", async () => {
  let taken = 0;
  const body = bodyOf([zeros(10_000), Infinity]);
  const reading = readParts(body, { limit: 9999, ...TIMES }, (part) => (taken += part.length));
  await assert.rejects(reading, { name: "TooLarge" });
  assert.equal(taken, 0);
  assert.equal(body.locked, false);
});

test("a body that stalls is given up", async () => {
  /** @type {unknown[]} */
  const cancelled = [];
  const body = stalledBody(() => void cancelled.push("cancelled"));
  await assert.rejects(
    readParts(body, { limit: 100, ...STALLING }, () => {}),
    {
      name: "TimeoutError",
    },
  );
  assert.deepEqual(cancelled, ["cancelled"]);
});

test("what refuses beforehand is told, and nothing is read", async () => {
  const body = bodyOf(["abc"]);
  const refused = readParts(
    body,
    { limit: 100, ...TIMES },
    () => assert.fail("read"),
    () => {
      throw new RangeError("no");
    },
  );
  await assert.rejects(refused, { message: "no" });
  assert.equal(await textOf(new PartReader(body, TIMES)), "abc");
});

test("draining reads all that is left of a body, and leaves one alone that is being read", async () => {
  let pulled = 0;
  const body = new ReadableStream({
    type: "bytes",
    pull(controller) {
      pulled += 1;
      if (pulled < 4) return controller.enqueue(zeros(20_000));
      controller.close();
      controller.byobRequest?.respond(0);
    },
  });
  await drain({ body });
  assert.equal(pulled, 4);
  const other = bodyOf(["abc"]);
  const reader = new PartReader(other, TIMES);
  await drain({ body: other });
  assert.equal(await textOf(reader), "abc");
  await drain({ body: null });
});

test("draining does not fail where a body breaks off", async () => {
  await drain({ body: bodyOf(["abc", new Error("lost")]) });
});

test("within gives what is settled in time, and no timer goes on", async () => {
  assert.equal(await within(60_000, Promise.resolve(7)), 7);
  await assert.rejects(within(60_000, Promise.reject(new Error("no"))), { message: "no" });
  await assert.rejects(within(10, new Promise(() => {})), { name: "TimeoutError" });
  assert.equal(process.getActiveResourcesInfo().includes("Timeout"), false);
});

test("a part that is shorter than was asked for is the last one, and no other is read for", async () => {
  let pulled = 0;
  const body = new ReadableStream({
    type: "bytes",
    pull(controller) {
      pulled += 1;
      if (pulled === 1) return controller.enqueue(zeros(5));
      controller.close();
      controller.byobRequest?.respond(0);
    },
  });
  const reader = new PartReader(body, { ...TIMES, firstBytes: 6, mostBytes: 6 });
  assert.equal((await reader.next()).length, 5);
  assert.equal(reader.isOver, true);
  const before = pulled;
  assert.equal((await reader.next()).length, 0);
  assert.equal(pulled, before);
});

for (const [expected, bytes] of [
  [0, 3],
  [3071, 3],
  [3072, 6],
  [50_000, 96],
  [98_304, 96],
  [10_000_000, 96],
  [NaN, 96],
]) {
  test(`of a body of ${expected} bytes the first part has ${bytes} KiB at the most`, () => {
    const sizes = { expected: Number(expected), firstBytes: 96 * 1024 };
    const reader = new PartReader(bodyOf([]), { ...TIMES, ...sizes });
    assert.equal(reader.partBytes, Number(bytes) * 1024);
  });
}

for (const [headers, bytes] of /** @type {[Record<string, string>, number][]} */ ([
  [{ "content-length": "7" }, 7],
  [{}, NaN],
  [{ "content-length": "7", "content-encoding": "gzip" }, NaN],
])) {
  test(`${JSON.stringify(headers)} announces ${bytes} bytes`, () => {
    assert.equal(announcedBytes(new Headers(headers)), bytes);
  });
}

/** @param {AbortSignal} signal */
function never(signal) {
  return new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason));
  });
}

test("what takes too long is given up, and so is what its lifetime does not wait for", async () => {
  const lifetime = new RecordedLifetime();
  await assert.rejects(withDeadline(lifetime, 10, never), { name: "TimeoutError" });
  const asking = withDeadline(lifetime, 60_000, never);
  lifetime.ending.abort();
  await assert.rejects(asking, { name: "AbortError" });
  assert.equal(await withDeadline(lifetime, 60_000, () => Promise.resolve(7)), 7);
  assert.equal(process.getActiveResourcesInfo().includes("Timeout"), false);
});
