/** A picture itself as an answer: run by `workerd.test.mjs`. */

/** @import { Bytes } from "../../../src/edge/js/types.js" */

import assert from "node:assert/strict";

import { Lifetime } from "../../../src/edge/js/lifetime.js";
import { passOn } from "../../../src/edge/js/passing.js";
import { LIMITS } from "../lifetimes.mjs";

/**
 * What a client reads of a picture that comes in `parts`, and how much of it is asked for.
 *
 * @param {string[]} parts
 * @param {{ start?: number, end?: number | null, bytes?: number }} range
 */
function passed(parts, { start = 0, end = null, bytes = 100 }) {
  const encoder = new TextEncoder();
  /** @type {Bytes[]} */
  const [first = new Uint8Array(), ...others] = parts.map((part) =>
    Uint8Array.from(encoder.encode(part)),
  );
  let asked = 0;
  const body = {
    next() {
      asked += 1;
      return others.shift() ?? new Uint8Array();
    },
    cancel() {},
    isOver: false,
  };
  const picture = { status: 200, location: null, length: 0, body, first, sniffed: first };
  const lifetime = new Lifetime(new Request("https://easel.example/"), "req_1", LIMITS);
  const { readable, passing } = passOn(lifetime, picture, {
    start,
    end,
    bytes,
    copy: "",
    copySeconds: 0,
  });
  return { text: new Response(readable).text(), passing, lifetime, asked: () => asked };
}

export const allOfAPictureOfAnyLength = {
  async test() {
    const { text, passing, lifetime } = passed(["abc", "def", "g"], {});
    assert.equal(await text, "abcdefg");
    await passing;
    assert.equal(lifetime.journal.bytes, 7);
  },
};

export const apartOfAPicture = {
  async test() {
    for (let start = 0; start < 7; start += 1) {
      for (let end = start + 1; end <= 7; end += 1) {
        const { text, passing } = passed(["abc", "def", "g"], { start, end });
        assert.equal(await text, "abcdefg".slice(start, end));
        await passing;
      }
    }
  },
};

export const whatComesBehindAPartIsNotRead = {
  async test() {
    const { text, passing, asked } = passed(["abc", "def", "g"], { start: 1, end: 3 });
    assert.equal(await text, "bc");
    await passing;
    assert.equal(asked(), 0);
  },
};

export const aPictureThatIsShorterThanItSaysIsCut = {
  async test() {
    const { text, passing } = passed(["abc"], { end: 5 });
    const all = await Promise.allSettled([text, passing]);
    assert.deepEqual(
      all.map(({ status }) => status),
      ["rejected", "rejected"],
    );
  },
};

export const aPictureThatIsLongerThanItMayBeIsCut = {
  async test() {
    const { text, passing } = passed(["abc", "def"], { bytes: 5 });
    text.catch(() => {});
    await assert.rejects(passing, { name: "TooLarge" });
    await assert.rejects(text);
  },
};

export const aReaderWhoLeavesEndsIt = {
  async test() {
    const body = { next: () => new Uint8Array(3), cancel() {}, isOver: false };
    const first = new Uint8Array(3);
    const picture = { status: 200, location: null, length: 0, body, first, sniffed: first };
    const lifetime = new Lifetime(new Request("https://easel.example/"), "req_1", LIMITS);
    const range = { start: 0, end: null, bytes: 1_000_000, copy: "", copySeconds: 0 };
    const { readable, passing } = passOn(lifetime, picture, range);
    const reader = readable.getReader();
    await reader.read();
    await reader.cancel();
    await assert.rejects(passing);
  },
};
