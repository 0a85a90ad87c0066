/** Pictures that stand in an answer as base64: run by `workerd.test.mjs`, as they need `setFromBase64`. */

import assert from "node:assert/strict";
import { Buffer } from "node:buffer";

import { JsonAnswer, openBase64 } from "../../../src/edge/js/service_answer.js";
import { Place } from "../../../src/edge/js/under_way.js";
import { bodyOf } from "../streams.mjs";

const LIMITS = { bytes: 10_000_000, slimBytes: 10_000, stallMs: 5000, totalMs: 5000 };

// So many pictures at once have to share what there is.
const MORE_THAN_FULL_SHARES = 17;

function lifetime() {
  return { limits: { sniffedBytes: 4 }, signal: new AbortController().signal };
}

/** @param {number} length */
function pictureOf(length) {
  return Uint8Array.from({ length }, (_, at) => (at * 31 + (at >> 8)) % 256);
}

/** @param {import("../../../src/edge/js/types.js").OpenPicture} picture */
async function whole({ first, body }) {
  const parts = [first.slice()];
  for (let part = await body.next(); part.length > 0; part = await body.next()) {
    parts.push(part.slice());
  }
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}

/** @param {string[]} texts */
async function answerOf(...texts) {
  const answer = new JsonAnswer(bodyOf([JSON.stringify({ data: texts })]), "#", LIMITS);
  await answer.advance();
  return answer;
}

export const picturesInAnAnswerAreDecodedOneAfterAnother = {
  async test() {
    const pictures = [pictureOf(1_000_000), pictureOf(393_216), pictureOf(70_001)];
    const answer = await answerOf(...pictures.map((bytes) => bytes.toBase64()));
    for (const [number, expected] of pictures.entries()) {
      const picture = await openBase64({ answer, number }, lifetime());
      assert.deepEqual(picture.sniffed, expected.slice(0, 4));
      assert.equal(Buffer.compare(await whole(picture), expected), 0);
      await answer.advance();
    }
    assert.equal(answer.open, false);
  },
};

export const aPictureThatWasPassedOverCannotBeOpened = {
  async test() {
    const text = pictureOf(70_000).toBase64();
    const answer = await answerOf(text, text);
    await answer.advance();
    await assert.rejects(openBase64({ answer, number: 0 }, lifetime()), /passed over/);
    assert.deepEqual(
      await whole(await openBase64({ answer, number: 1 }, lifetime())),
      pictureOf(70_000),
    );
  },
};

export const aShortTextIsAPictureToo = {
  async test() {
    const expected = pictureOf(50);
    assert.deepEqual(await whole(await openBase64(expected.toBase64(), lifetime())), expected);
    for (const broken of ["QUJD!", 'QU"', "QU\\/"]) {
      await assert.rejects(openBase64(broken, lifetime()), SyntaxError, broken);
    }
  },
};

export const aPictureThatIsNoneLeavesItsShareToOthers = {
  async test() {
    for (let turn = 0; turn < MORE_THAN_FULL_SHARES; turn += 1) {
      const answer = await answerOf("?".repeat(100_000));
      await assert.rejects(openBase64({ answer, number: 0 }, lifetime()), SyntaxError);
    }
    const place = new Place(lifetime());
    assert.equal(place.bytes, 384 * 1024);
    place.end();
  },
};

export const aPictureThatBreaksOffLeavesItsShareToOthers = {
  async test() {
    for (let turn = 0; turn < MORE_THAN_FULL_SHARES; turn += 1) {
      const text = `["${pictureOf(900_000).toBase64()}`;
      const answer = new JsonAnswer(bodyOf([text, new Error("lost")]), "#", LIMITS);
      await answer.advance();
      const picture = await openBase64({ answer, number: 0 }, lifetime());
      await assert.rejects(whole(picture), /lost/);
    }
    const place = new Place(lifetime());
    assert.equal(place.bytes, 384 * 1024);
    place.end();
  },
};
