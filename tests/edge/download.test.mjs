/** @import { MissingPicture, OpenPicture } from "../../src/edge/js/types.js" */

import assert from "node:assert/strict";
import test, { afterEach, beforeEach, mock } from "node:test";
import { setImmediate } from "node:timers/promises";

import {
  closePicture,
  contentRange,
  openPicture,
  validator,
  wholeOf,
} from "../../src/edge/js/download.js";
import { PART_BYTES } from "../../src/edge/js/reading.js";
import { Place } from "../../src/edge/js/under_way.js";
import { RecordedLifetime } from "./lifetimes.mjs";
import { bodyOf, textOf } from "./streams.mjs";

const URL = "https://pictures.example/a.png";
const ETAG = { etag: '"1"', "content-length": "10" };

for (const [range = "", start, end, total] of [
  ["bytes 0-9/10", 0, 10, 10],
  ["bytes 5-9/10", 5, 10, 10],
  ["bytes 5-9/*", 5, 10, NaN],
]) {
  test(`the range ${range}`, () => {
    const headers = new Headers({ "content-range": String(range) });
    assert.deepEqual(contentRange(headers), { start, end, total });
  });
}

for (const range of ["bytes */10", "bytes 5-/10", "items 0-9/10", "bytes 0-9", "0-9/10"]) {
  test(`${range} is no range`, () => {
    assert.equal(contentRange(new Headers({ "content-range": range })), null);
  });
}

test("without its header there is no range", () => {
  assert.equal(contentRange(new Headers()), null);
});

const DATE = "Sat, 21 Nov 2026 10:00:00 GMT";

for (const [headers, expected] of /** @type {[Record<string, string>, string | null][]} */ ([
  [{ etag: '"1"', "last-modified": DATE }, '"1"'],
  [{ etag: 'W/"1"', "last-modified": DATE }, DATE],
  [{ "last-modified": DATE }, DATE],
  [{ etag: 'W/"1"' }, null],
  [{}, null],
  [{ etag: '"1"', "content-encoding": "gzip" }, null],
])) {
  test(`what proves the same bytes in ${JSON.stringify(headers)}`, () => {
    assert.equal(validator(new Headers(headers)), expected);
  });
}

beforeEach(() => mock.timers.enable({ apis: ["setTimeout", "Date"] }));
afterEach(() => mock.timers.reset());

/**
 * What a promise comes to while the time passes that it waits for.
 *
 * @template T
 * @param {Promise<T>} promise
 * @returns {Promise<T>}
 */
async function inTime(promise) {
  const state = { isSettled: false };
  const settled = promise.finally(() => (state.isSettled = true));
  settled.catch(() => {});
  for (let turn = 0; turn < 200 && !state.isSettled; turn += 1) {
    await setImmediate();
    mock.timers.tick(50);
  }
  assert.ok(state.isSettled, "it would wait for ever");
  return settled;
}

/**
 * @param {(string | Error)[]} parts
 * @param {Record<string, string>} headers
 */
function answer(parts, headers = ETAG, status = 200) {
  return new Response(bodyOf(parts), { status, headers });
}

/**
 * The rest of a picture of ten bytes, from `start`.
 *
 * @param {number} start
 * @param {(string | Error)[]} parts
 */
function rest(start, parts, headers = {}, status = 206) {
  return answer(parts, { etag: '"1"', "content-range": `bytes ${start}-9/10`, ...headers }, status);
}

/**
 * What must be a picture that is open.
 *
 * @param {MissingPicture | OpenPicture} picture
 */
function opened(picture) {
  assert.ok("body" in picture);
  return picture;
}

/**
 * All of a picture that is downloaded by these answers.
 *
 * @param {(Response | Error)[]} answers
 */
async function downloaded(answers, limits = {}) {
  const lifetime = new RecordedLifetime(limits, answers);
  const { first, body } = opened(await inTime(openPicture(lifetime, URL)));
  const text = new TextDecoder().decode(first) + (await inTime(textOf(body)));
  return { text, ranges: lifetime.downloads.map(({ headers }) => headers) };
}

test("a picture is opened with its first part, and what is looked at", async () => {
  const lifetime = new RecordedLifetime({ sniffedBytes: 4 }, [answer(["01234", "56789"])]);
  const picture = opened(await openPicture(lifetime, URL));
  const { status, location, length, first, sniffed } = picture;
  assert.deepEqual({ status, location, length }, { status: 200, location: null, length: 10 });
  assert.equal(String(Buffer.from(first)), "0123456789");
  assert.equal(String(Buffer.from(sniffed)), "0123");
  assert.deepEqual(lifetime.downloads, [{ url: URL, headers: {} }]);
});

test("a redirect and an error are told, without a body", async () => {
  for (const [status, headers, location] of /** @type {const} */ ([
    [302, { location: "/elsewhere" }, "/elsewhere"],
    [404, {}, null],
  ])) {
    const response = answer(["no picture"], headers, status);
    const lifetime = new RecordedLifetime({}, [response]);
    assert.deepEqual(await openPicture(lifetime, URL), { status, location, length: 0 });
    assert.equal(response.bodyUsed, true);
  }
});

test("a download that breaks off goes on where it stopped, three times at the most", async () => {
  const lost = new Error("lost");
  const { text, ranges } = await downloaded([
    answer(["0123", lost]),
    rest(0, ["0123456", lost]),
    new Error("not yet"),
    rest(0, ["0123456789"]),
  ]);
  const headers = { range: "bytes=0-", "if-range": '"1"' };
  assert.deepEqual(
    { text, ranges },
    { text: "0123456789", ranges: [{}, headers, headers, headers] },
  );
});

test("a download goes on behind what has been read", async () => {
  // The first part is 96 KiB, so this much has been read.
  const [head, tail] = ["a".repeat(96 * 1024), "b".repeat(10)];
  const length = String(head.length + tail.length);
  const range = `bytes ${head.length}-${Number(length) - 1}/${length}`;
  const { text, ranges } = await downloaded([
    answer([head, new Error("lost")], { etag: '"1"', "content-length": length }),
    answer([tail], { etag: '"1"', "content-range": range }, 206),
  ]);
  assert.equal(text, head + tail);
  assert.deepEqual(ranges[1], { range: `bytes=${head.length}-`, "if-range": '"1"' });
});

for (const [what, response] of /** @type {[string, () => Response][]} */ ([
  ["another picture", () => rest(0, ["0123456789"], { etag: '"2"' })],
  ["all of it", () => answer(["0123456789"])],
  ["another part", () => rest(1, ["123456789"])],
  ["less than is missing", () => rest(0, ["01234567"], { "content-range": "bytes 0-7/10" })],
  ["a longer picture", () => rest(0, ["0"], { "content-range": "bytes 0-10/11" })],
  ["something encoded", () => rest(0, ["0"], { "content-encoding": "br" })],
  ["no range", () => rest(0, ["0123456789"], { "content-range": "" })],
])) {
  test(`a download does not go on with ${what}`, async () => {
    const answers = [answer(["0123", new Error("lost")]), response(), rest(0, ["0123456789"])];
    const lifetime = new RecordedLifetime({}, answers);
    await assert.rejects(inTime(openPicture(lifetime, URL)), { message: "lost" });
    // It asked once more, and the third answer is left.
    assert.equal(answers.length, 1);
  });
}

test("a download is resumed three times at the most, each time after a longer pause", async () => {
  const answers = Array.from({ length: 6 }, () => rest(0, [new Error("lost")]));
  /** @type {number[]} */
  const times = [];
  class TimedLifetime extends RecordedLifetime {
    /** @type {RecordedLifetime["download"]} */
    download(url, options) {
      times.push(Date.now());
      return super.download(url, options);
    }
  }
  const lifetime = new TimedLifetime({}, [answer(["0", new Error("lost")]), ...answers]);
  await assert.rejects(inTime(openPicture(lifetime, URL)), { message: "lost" });
  const [first = 0] = times;
  assert.deepEqual(
    times.map((time) => time - first),
    [0, 250, 750, 1500],
  );
  assert.deepEqual(new Set(lifetime.downloads.map(({ url }) => url)), new Set([URL]));
});

/** How much of a new picture is read at once: less than all where others are under way. */
function shareOfAnother() {
  const place = new Place({ signal: new AbortController().signal });
  place.end();
  return place.bytes;
}

/** @type {Record<string, (picture: OpenPicture) => unknown>} */
const ENDS = {
  "has ended": ({ body }) => inTime(textOf(body)),
  "was closed": closePicture,
  "broke off": ({ body }) => assert.rejects(inTime(textOf(body)), { message: "lost" }),
};

for (const [how, end] of Object.entries(ENDS)) {
  test(`a picture that ${how} leaves its share of the read buffers to others`, async () => {
    const rest = how === "broke off" ? [new Error("lost")] : [];
    // Seventeen have less than a whole part each.
    const opening = Array.from({ length: 17 }, () => {
      const response = answer(["a".repeat(200_000), ...rest], {});
      return openPicture(new RecordedLifetime({}, [response]), URL).then(opened);
    });
    const pictures = await inTime(Promise.all(opening));
    assert.ok(shareOfAnother() < PART_BYTES);
    for (const picture of pictures) await end(picture);
    assert.equal(shareOfAnother(), PART_BYTES);
  });
}

test("a rest that does not name its picture is taken: the host was told which one", async () => {
  const unnamed = answer(["0123456789"], { "content-range": "bytes 0-9/*" }, 206);
  const { text } = await downloaded([answer(["0123", new Error("lost")]), unnamed]);
  assert.equal(text, "0123456789");
});

test("without proof of the same bytes a download does not go on", async () => {
  const lifetime = new RecordedLifetime({}, [answer(["0123", new Error("lost")], {})]);
  await assert.rejects(inTime(openPicture(lifetime, URL)), { message: "lost" });
  assert.equal(lifetime.downloads.length, 1);
});

test("a download does not go on for a client that has left", async () => {
  const lifetime = new RecordedLifetime({}, [answer(["0123", new Error("lost")]), rest(0, [""])]);
  const opening = openPicture(lifetime, URL);
  lifetime.ending.abort();
  await assert.rejects(inTime(opening), { message: "lost" });
  assert.equal(lifetime.downloads.length, 1);
});

test("a host that does not answer is given up", async () => {
  const limits = { download: { stallMs: 20, totalMs: 1000 } };
  const lifetime = new RecordedLifetime(limits);
  lifetime.download = (_, { signal }) =>
    new Promise((_resolve, reject) => {
      signal?.addEventListener("abort", () => reject(signal.reason));
    });
  await assert.rejects(inTime(openPicture(lifetime, URL)), { name: "TimeoutError" });
});

test("a picture that is closed is cancelled at its host", async () => {
  /** @type {string[]} */
  const cancelled = [];
  const body = bodyOf(["a".repeat(200_000), Infinity], () => void cancelled.push("cancelled"));
  const lifetime = new RecordedLifetime({}, [new Response(body)]);
  await closePicture(opened(await openPicture(lifetime, URL)));
  assert.deepEqual(cancelled, ["cancelled"]);
});

const LARGE = "0123456789".repeat(15_000);
const FIRST = 96 * 1024;
const OF_LARGE = { etag: '"1"', "content-length": String(LARGE.length) };

/**
 * A picture that has more than its first part, open by these answers.
 *
 * @param {(Response | Error)[]} answers
 */
async function largeOne(answers) {
  const lifetime = new RecordedLifetime({}, answers);
  return { lifetime, picture: opened(await inTime(openPicture(lifetime, URL))) };
}

test("a whole picture is kept to paint from, and takes room before it is held", async () => {
  const range = { "content-range": `bytes ${FIRST}-${LARGE.length - 1}/${LARGE.length}` };
  const { lifetime, picture } = await largeOne([
    answer([LARGE.slice(0, FIRST), new Error("lost")], OF_LARGE),
    answer([LARGE.slice(FIRST)], { etag: '"1"', ...range }, 206),
  ]);
  const whole = await inTime(wholeOf(picture, LARGE.length, lifetime));
  assert.equal(String(Buffer.from(whole)), LARGE);
  assert.deepEqual(lifetime.kept, [whole]);
  assert.deepEqual(lifetime.reserved, [2 * FIRST, 2 * LARGE.length]);
});

test("a picture over the limit is given up, and so is one that breaks off", async () => {
  for (const [parts, limit, name] of /** @type {[(string | Error)[], number, string][]} */ ([
    [[LARGE], LARGE.length - 1, "TooLarge"],
    [[LARGE.slice(0, FIRST), new Error("lost")], LARGE.length, "Error"],
  ])) {
    const { lifetime, picture } = await largeOne([answer(parts, { ...OF_LARGE, etag: "" })]);
    await assert.rejects(inTime(wholeOf(picture, limit, lifetime)), { name });
    assert.deepEqual(lifetime.kept, []);
  }
});
