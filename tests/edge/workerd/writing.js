/** Pictures as base64, which only the platform makes of bytes: run by `workerd.test.mjs`. */

import assert from "node:assert/strict";

import { Output, wholePicture } from "../../../src/edge/js/writing.js";
import { Lifetime } from "../../../src/edge/js/lifetime.js";
import { LIMITS } from "../lifetimes.mjs";

const ABC = new Uint8Array([0x41, 0x42, 0x43]);

/**
 * A picture whose first part is `parts[0]`.
 *
 * @param {Uint8Array<ArrayBuffer>[]} parts
 */
function pictureOf(parts) {
  const [first = new Uint8Array(), ...others] = parts;
  const body = {
    next: () => others.shift() ?? new Uint8Array(),
    cancel() {},
    isOver: others.length === 0,
  };
  return { status: 200, location: null, length: 0, body, first, sniffed: first };
}

/** @param {Uint8Array | null} bytes */
function textOf(bytes) {
  return bytes && new TextDecoder().decode(bytes);
}

function output() {
  const lifetime = new Lifetime(new Request("https://easel.example/"), "req_1", LIMITS);
  return { output: new Output(lifetime), lifetime };
}

export const onlyAPictureThatHasComeWholeLeavesWhole = {
  test() {
    assert.equal(textOf(wholePicture(pictureOf([ABC]), "<", ">", 3)), "<QUJD>");
    assert.equal(wholePicture(pictureOf([ABC, ABC]), "<", ">", 6), null);
    assert.equal(wholePicture(pictureOf([ABC]), "<", ">", 2), null);
  },
};

export const aPictureIsWrittenPartByPart = {
  async test() {
    const large = new Uint8Array(30_000).fill(7);
    const { output: body, lifetime } = output();
    const text = new Response(body.readable).text();
    await body.writePicture(pictureOf([ABC, large, ABC]), "<", ">", 30_006);
    await body.close();
    assert.equal(await text, `<QUJD${large.toBase64()}QUJD>`);
    assert.equal(lifetime.journal.bytes, (await text).length);
  },
};

export const aClientThatLeavesEndsTheLifetime = {
  async test() {
    const { output: body, lifetime } = output();
    await body.readable.cancel();
    body.keepAlive({ piece: "\n", ms: 60_000, first: "\n", tail: null, number: 1, step: 1 });
    await assert.rejects(body.write("more"));
    assert.equal(lifetime.signal.aborted, true);
    await body.cut();
  },
};

export const newlinesStopWhereSomethingElseIsWritten = {
  async test() {
    const { output: body, lifetime } = output();
    const text = new Response(body.readable).text();
    body.keepAlive({ piece: ",", ms: 60_000, first: ".", tail: null, number: 1, step: 1 });
    body.keepAlive({ piece: ",", ms: 60_000, first: "-", tail: null, number: 1, step: 1 });
    await body.write("end");
    await body.close();
    assert.equal(await text, ".-end");
    // They are bytes of the answer too.
    assert.equal(lifetime.journal.bytes, 5);
  },
};

export const whatIsCountedHasItsNumber = {
  async test() {
    const { output: body } = output();
    const text = new Response(body.readable).text();
    body.keepAlive({ piece: "<", ms: 5, first: "<1>", tail: ">", number: 1, step: 1 });
    await scheduler.wait(50);
    await body.write("end");
    await body.close();
    assert.match(await text, /^<1><2>(<\d+>)*end$/);
  },
};

export const whatIsCountedInStepsIsRounded = {
  async test() {
    const { output: body } = output();
    const text = new Response(body.readable).text();
    body.keepAlive({ piece: "<", ms: 5, first: "<5>", tail: ">", number: 5, step: 2.5 });
    await scheduler.wait(50);
    await body.write("end");
    await body.close();
    assert.match(await text, /^<5><8><10>(<\d+>)*end$/);
  },
};
