/**
 * Fuzzes the byte layer, as a Worker of its own: what is cut in random parts must be read as if it
 * had come whole, and as the engine itself reads it.
 *
 * In: `{seed, cases, seeds}`, where `seeds` are texts to start from. Out: `{cases}`, or the `failure`
 * in words.
 */

import { Base64Decoder } from "./edge/js/base64.js";
import { LastBytes } from "./edge/js/byte_buffers.js";
import { JsonScanner } from "./edge/js/json_scanner.js";
import { JsonAnswer, openBase64 } from "./edge/js/service_answer.js";

const LIFETIME = { limits: { sniffedBytes: 16 }, signal: new AbortController().signal };
const MARK = "mark:0123456789abcdef:";

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * Mulberry32: the same cases for the same seed.
 * @param {number} state
 * @returns {(below: number) => number}
 */
function randomNumbers(state) {
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

let random = randomNumbers(0);
/**
 * @template T
 * @param {readonly T[]} choices
 * @returns {T}
 */
const pick = (choices) => {
  const [picked] = choices.slice(random(choices.length));
  if (picked === undefined) throw new Error("nothing to choose from");
  return picked;
};

/**
 * Any value of JSON; `depth` is how deep it may still be nested.
 * @param {number} depth
 * @returns {unknown}
 */
function anyValue(depth) {
  const kind = random(depth > 0 ? 9 : 6);
  if (kind < 3) return anyText();
  if (kind === 3) return random(1000) - 500;
  if (kind === 4) return pick([true, false, null, 1e300, -0.5]);
  if (kind === 5) return pick(["", "\\", '"', '\\\\"', "\u0000", "é", "图", "😀", "\u2028", MARK]);
  const items = Array.from({ length: random(6) }, () => anyValue(depth - 1));
  return kind < 7 ? items : Object.fromEntries(items.map((item) => [anyText(), item]));
}

function anyText() {
  const pieces = Array.from({ length: random(4) }, () =>
    pick(["a", "\\", '"', "\n", "é", "😀", "/", "data:,"]),
  );
  return pieces.join("").repeat(pick([1, 1, 1, 3, 40, 900]));
}

/**
 * JSON, or what is nearly JSON.
 * @param {string[]} seeds
 */
function anyBytes(seeds) {
  const text = random(4) ? JSON.stringify(anyValue(5), null, pick([0, 0, 1])) : pick(seeds);
  const escaped = random(3) ? text : text.replaceAll("/", "\\/").replaceAll("a", "\\u0061");
  const bytes = encoder.encode(escaped);
  if (random(3)) return bytes;
  const broken = [...bytes];
  for (let count = random(4); count >= 0; count -= 1) {
    const splinter = pick([
      [0x22],
      [0x5c],
      [0x5c, 0x22],
      [0x5b],
      [0x7d],
      [0xff],
      [0x00],
      [0x2c],
      [],
    ]);
    broken.splice(random(broken.length + 1), random(5), ...splinter);
  }
  return Uint8Array.from(broken.slice(0, random(4) ? undefined : random(broken.length + 1)));
}

/**
 * The same bytes in parts, some of them of one byte; a part is not kept after its turn.
 * @param {Uint8Array} bytes
 */
function* inParts(bytes) {
  const most = pick([1, 3, 17, 200, 5000, 100_000]);
  const buffer = new Uint8Array(most);
  for (let at = 0; at < bytes.length;) {
    const part = bytes.subarray(at, at + 1 + random(most));
    buffer.set(part);
    yield buffer.subarray(0, part.length);
    buffer.fill(0x22);
    at += part.length;
  }
}

/**
 * The JSON without its long texts, and these.
 * @param {Uint8Array} bytes
 * @param {import("../../src/edge/js/json_scanner.js").ScanLimits} limits
 */
function scanned(bytes, limits) {
  const scanner = new JsonScanner(MARK, limits);
  /** @type {Uint8Array[][]} */
  const texts = [];
  for (const part of inParts(bytes)) {
    for (let at = 0; at < part.length;) {
      if (!scanner.inText) at = scanner.scan(part, at);
      if (!scanner.inText) continue;
      const taken = scanner.takeText(part, at);
      while (texts.length < scanner.count) texts.push([]);
      texts[scanner.count - 1]?.push(...taken.pieces.map((piece) => piece.slice()));
      at = taken.at;
    }
  }
  return { json: scanner.json(), texts: texts.map(joined), isOpen: scanner.inText };
}

/** @param {Uint8Array[]} pieces */
function joined(pieces) {
  const bytes = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}

/**
 * @param {Uint8Array} some
 * @param {Uint8Array | undefined} others
 */
function areEqual(some, others) {
  return some.length === others?.length && some.every((byte, at) => byte === others[at]);
}

/**
 * The same for values of JSON; objects have their names in the order in which they came.
 * @param {unknown} one
 * @param {unknown} other
 */
function areSame(one, other) {
  return JSON.stringify(one) === JSON.stringify(other);
}

/**
 * @param {Uint8Array} bytes
 * @returns {{value: unknown} | null}
 */
function parsed(bytes) {
  try {
    return { value: JSON.parse(decoder.decode(bytes)) };
  } catch {
    return null;
  }
}

/**
 * The value with its long texts where they stood; null where one of them is none.
 * @param {any} value
 * @param {Uint8Array[]} texts
 * @returns {any}
 */
function restored(value, texts) {
  if (
    typeof value === "string" &&
    value.startsWith(MARK) &&
    /^\d+$/.test(value.slice(MARK.length))
  ) {
    return JSON.parse(`"${decoder.decode(texts[Number(value.slice(MARK.length))])}"`);
  }
  if (Array.isArray(value)) return value.map((item) => restored(item, texts));
  if (value === null || typeof value !== "object") return value;
  const entries = Object.entries(value).map(([name, item]) => [
    restored(name, texts),
    restored(item, texts),
  ]);
  return Object.fromEntries(entries);
}

/**
 * @param {any} value
 * @returns {number}
 */
function depthOf(value) {
  if (value === null || typeof value !== "object") return 0;
  return 1 + Math.max(0, ...Object.values(value).map(depthOf));
}

/**
 * @param {string} what
 * @param {Record<string, unknown>} details
 */
function failure(what, details) {
  const shown = Object.entries(details).map(([name, value]) => `${name}: ${show(value)}`);
  return new Error([what, ...shown].join("\n"));
}

/** @param {unknown} value */
function show(value) {
  if (value instanceof Uint8Array) value = String.fromCharCode(...value.subarray(0, 2000));
  return JSON.stringify(value)?.slice(0, 2000);
}

const NO_LIMITS = { slimBytes: 1e9, values: 1e9, depth: 1e9 };

/**
 * Scanned in parts, JSON is what the engine reads, and nothing else is JSON.
 * @param {string[]} seeds
 */
function checkScanner(seeds) {
  const bytes = anyBytes(seeds);
  const expected = parsed(bytes);
  // A caller cannot know the mark.
  if (new TextDecoder().decode(bytes).includes(MARK)) return;
  const limits = { ...NO_LIMITS, shortBytes: pick([0, 1, 7, 64, 4096]) };
  const { json, texts, isOpen } = scanned(bytes, limits);
  // What is told of an answer before it has ended: an open text is closed then.
  if (isOpen && expected === null) return;
  const slim = parsed(json);
  let found = null;
  try {
    found = slim && { value: restored(slim.value, texts) };
  } catch {
    // A long text is none of JSON.
  }
  if (!areSame(found, expected)) throw failure("read otherwise", { bytes, json, limits });
}

/** What is too deep is refused, and nothing else. */
function checkDepth() {
  const value = anyValue(6);
  const bytes = encoder.encode(JSON.stringify(value));
  const depth = random(7);
  let isDeep = false;
  try {
    scanned(bytes, { ...NO_LIMITS, depth, shortBytes: pick([1, 4096]) });
  } catch (error) {
    if (!(error instanceof Error) || error.name !== "TooDeep") throw error;
    isDeep = true;
  }
  if (isDeep !== depthOf(value) > depth) throw failure("depth", { bytes, depth, isDeep });
}

/** What stays without the long texts is never more than its limit, and refused only then. */
function checkLength() {
  const bytes = encoder.encode(JSON.stringify(anyValue(5)));
  const slimBytes = random(bytes.length + 50);
  try {
    const { json } = scanned(bytes, { ...NO_LIMITS, slimBytes, shortBytes: 4096 });
    if (json.length > slimBytes) throw failure("longer than its limit", { bytes, slimBytes });
  } catch (error) {
    const isTooMuch = error instanceof Error && error.name === "TooMuchText";
    if (!isTooMuch || slimBytes >= bytes.length + MARK.length * 50) throw error;
  }
}

function anyPicture() {
  return Uint8Array.from({ length: random(3) ? random(60) : random(9000) }, () => random(256));
}

/**
 * Base64 as it may stand in a text of JSON.
 * @param {Uint8Array} content
 */
function spelled(content) {
  let text = content.toBase64({ alphabet: pick(["base64", "base64url"]) });
  if (!random(4)) text = text.replace(/=+$/, "");
  if (!random(4)) text = text.replaceAll(/.{1,76}/g, "$&\\n");
  if (!random(4)) text = `data:image/png;base64,${text}`;
  if (!random(4)) text = text.replaceAll("/", "\\/");
  if (!random(6)) text = text.replaceAll("A", "\\u0041");
  return text;
}

/** Base64 in parts, in every spelling, is what it is the base64 of. */
function checkBase64() {
  const content = anyPicture();
  const text = spelled(content);
  const base64 = new Base64Decoder();
  const found = [];
  for (const part of inParts(encoder.encode(text))) found.push(base64.decode(part).slice());
  found.push(base64.flush().slice());
  if (!areEqual(joined(found), content)) throw failure("decoded otherwise", { text });
}

/**
 * What is no base64 is refused with one kind of error, whatever its parts.
 * @param {string[]} seeds
 */
function checkNoBase64(seeds) {
  const bytes = random(2) ? anyBytes(seeds) : encoder.encode(anyText());
  const base64 = new Base64Decoder();
  try {
    for (const part of inParts(bytes)) base64.decode(part);
    base64.flush();
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw failure(String(error), { bytes });
  }
}

/** The last bytes are those that were added last. */
function checkLastBytes() {
  const capacity = 1 + random(200_000);
  const last = new LastBytes(capacity);
  let all = new Uint8Array();
  for (let count = 1 + random(12); count > 0; count -= 1) {
    const part = Uint8Array.from({ length: 1 + random(pick([5, 70_000])) }, () => random(256));
    last.add(part);
    all = joined([all, part]);
    const start = Math.max(0, all.length - capacity) + random(5);
    const end = Math.min(all.length, start + random(capacity));
    if (start < end && !areEqual(last.between(start, end), all.subarray(start, end))) {
      throw failure("other bytes", { capacity, start, end, length: all.length });
    }
  }
  last.free();
}

/** Pictures in an answer come out as they are, one after another, or not at all. */
async function checkAnswer() {
  const pictures = Array.from({ length: 1 + random(3) }, () => anyPicture());
  // Short texts stay in the JSON; only long ones are told apart.
  const items = pictures.map(
    (content) => `{"b64_json": "${spelled(content)}${"\\n".repeat(66_000)}"}`,
  );
  const text = `{"created": 1, "data": [${items.join(", ")}], "more": "${"x".repeat(random(200))}"}`;
  const { readable, writable } = new IdentityTransformStream();
  const writing = writeInParts(writable.getWriter(), encoder.encode(text)).catch(() => {});
  const times = { stallMs: 5000, totalMs: 5000 };
  const answer = new JsonAnswer(readable, MARK, { bytes: 1e8, slimBytes: 1e6, ...times });
  await answer.advance();
  for (let number = 0; number < pictures.length; number += 1) {
    const passedOver = !random(3);
    if (!passedOver) {
      const found = await whole(await openBase64({ answer, number }, LIFETIME));
      if (!areEqual(found, pictures[number])) throw failure("another picture", { number });
    }
    await answer.advance();
  }
  await writing;
  const { data } = JSON.parse(decoder.decode(answer.json()));
  if (answer.cut || data.length !== pictures.length) throw failure("another answer", { data });
}

/**
 * @param {WritableStreamDefaultWriter<Uint8Array>} writer
 * @param {Uint8Array} bytes
 */
async function writeInParts(writer, bytes) {
  const step = 1 + random(40_000);
  for (let at = 0; at < bytes.length; at += step) await writer.write(bytes.slice(at, at + step));
  await writer.close();
}

/** @param {import("../../src/edge/js/types.d.ts").OpenPicture} picture */
async function whole(picture) {
  const parts = [];
  for (let part = picture.first; part.byteLength > 0; part = await picture.body.next())
    parts.push(part.slice());
  return joined(parts);
}

const CHECKS = [
  ...Array.from({ length: 6 }, () => checkScanner),
  checkDepth,
  checkLength,
  checkBase64,
  checkBase64,
  checkNoBase64,
  checkLastBytes,
];

export default {
  /** @param {Request} request */
  async fetch(request) {
    /** @type {{seed: number, cases: number, seeds: string[]}} */
    const { seed, cases, seeds } = await request.json();
    random = randomNumbers(seed);
    try {
      for (let count = 0; count < cases; count += 1) pick(CHECKS)(seeds);
      await checkAnswer();
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      return Response.json({ failure: `seed ${seed}: ${error.message}\n${error.stack}` });
    }
    return Response.json({ cases: cases + 1 });
  },
};
