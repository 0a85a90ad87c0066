/** What needs `setFromBase64`, which Node 24 does not have yet: run by `workerd.test.mjs`. */

import assert from "node:assert/strict";

import { Base64Decoder, fromBase64 } from "../../../src/edge/js/base64.js";
import { cuts } from "../streams.mjs";

const encoder = new TextEncoder();

/** @param {Uint8Array[]} parts */
function decoded(parts) {
  const decoder = new Base64Decoder();
  const bytes = parts.flatMap((part) => [...decoder.decode(part)]);
  return Uint8Array.from([...bytes, ...decoder.flush()]);
}

const BYTES = Uint8Array.from({ length: 32 }, (_, at) => (at * 199) % 256);

/** Base64 of BYTES as it may stand in a JSON string. */
const SPELLINGS = [
  BYTES.toBase64(),
  BYTES.toBase64({ omitPadding: true }),
  BYTES.toBase64({ alphabet: "base64url" }),
  BYTES.toBase64().replaceAll("/", String.raw`\/`),
  BYTES.toBase64().replaceAll("+", String.raw`\u002b`),
  BYTES.toBase64().replaceAll(/.{5}/g, String.raw`$&\r\n `),
  `data:image/png;base64,${BYTES.toBase64()}`,
];

export const everySpellingIsTheSameHoweverItIsCut = {
  test() {
    for (const spelling of SPELLINGS) {
      for (const parts of cuts(encoder.encode(spelling))) {
        assert.equal(decoded(parts).toHex(), BYTES.toHex(), spelling);
      }
    }
  },
};

export const aWholeTextIsTheSameInEverySpellingButHasNoWhiteSpace = {
  test() {
    for (const spelling of SPELLINGS) {
      const expected = spelling.includes(" ") ? undefined : BYTES.toHex();
      assert.equal(fromBase64(encoder.encode(spelling), 7)?.toHex(), expected, spelling);
    }
  },
};

/** What is no base64 at all. */
const BROKEN = [
  "QUJD!",
  "QUJDé",
  "QUI=QUJD",
  "QU-/",
  "data:image/png;base64",
  `data:${"x".repeat(1100)},QUJD`,
  String.raw`QUJD\x`,
];

export const whatIsNoBase64IsRefusedHoweverItIsCut = {
  test() {
    for (const broken of BROKEN) {
      const bytes = encoder.encode(broken);
      for (const parts of cuts(bytes)) {
        const sizes = parts.map(({ length }) => length).join(", ");
        assert.throws(() => decoded(parts), SyntaxError, `${broken} in parts of ${sizes}`);
      }
      assert.equal(fromBase64(bytes, 3), undefined, broken);
    }
  },
};

export const aWholeTextHasNoDigitLeftOverAndNoBitsThatAreLost = {
  test() {
    assert.deepEqual(fromBase64(encoder.encode("QUJDRA"), 100), encoder.encode("ABCD"));
    assert.equal(fromBase64(encoder.encode("QUJDR"), 100), undefined);
    assert.deepEqual(fromBase64(encoder.encode(""), 100), new Uint8Array());
  },
};

export const whiteSpaceDoesNotPileUpBehindADigit = {
  test() {
    const decoder = new Base64Decoder();
    decoder.decode(encoder.encode("QUJDR"));
    for (let turn = 0; turn < 5; turn += 1) {
      assert.equal(decoder.decode(new Uint8Array(1_000_000).fill(0x20)).length, 0);
    }
    const before = performance.now();
    assert.deepEqual([...decoder.decode(encoder.encode("UZH")), ...decoder.flush()], [69, 70, 71]);
    assert.ok(performance.now() - before < 1000);
  },
};
