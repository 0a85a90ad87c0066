/** How one request is handled, with a scripted Python; run by `workerd.test.mjs`. */

/** @import { Content, Step } from "../../../src/edge/js/types.js" */

import assert from "node:assert/strict";

import { reply, run } from "../../../src/edge/js/interpreter.js";
import { PART_BYTES } from "../../../src/edge/js/reading.js";
import { Place } from "../../../src/edge/js/under_way.js";
import { RecordedContext, LIMITS } from "../lifetimes.mjs";

const HEADERS = { "content-type": "text/plain" };
const REPLY = { do: "reply", status: 418, headers: HEADERS, log: null, body: "no" };
const BEGIN = { headers: HEADERS, log: null };
const ENDING = {
  do: "end",
  begin: null,
  head: "",
  tail: "",
  picture: null,
  bytes: 0,
  errorCode: null,
  goesOn: false,
};

// 100 KB: too large for one part.
const PICTURE = new Uint8Array(100_000).fill(7).toBase64();

/** @param {number} ms */
async function passed(ms) {
  await scheduler.wait(ms);
}

/**
 * A request that is handled: `script` has what Python wants, one list after another, or throws.
 *
 * @param {(object[] | Error)[]} script
 * @param {RequestInit} [init]
 */
function handled(script, init = {}) {
  /** @type {{ key: number, told: string, content: Content }[]} */
  const steps = [];
  const [first, ...others] = script;
  let destroyed = 0;
  /** @type {(...ended: Parameters<Step>) => string} */
  const next = (key, _, told, content) => {
    steps.push({ key, told, content });
    assert.equal(destroyed, 0);
    const effects = others.shift() ?? [];
    if (effects instanceof Error) throw effects;
    return JSON.stringify(effects);
  };
  const step = Object.assign(next, { destroy: () => void (destroyed += 1) });
  const context = new RecordedContext();
  const request = new Request("https://easel.example/", { method: "POST", ...init });
  const effects = JSON.stringify(first);
  const response = run(request, {}, context, "req_1", JSON.stringify(LIMITS), effects, step);
  return {
    response,
    steps,
    context,
    /** Python is not asked again, and whoever waits for the rest of the answer is told. */
    over: async () => {
      await Promise.all(context.promises);
      assert.equal(destroyed, 1);
    },
  };
}

/** @param {Record<string, unknown>} end */
function ending(end) {
  return { ...ENDING, ...end };
}

export const aReplyIsWholeWithoutARequest = {
  async test() {
    const response = reply(JSON.stringify([REPLY]));
    assert.deepEqual([response.status, await response.text()], [418, "no"]);
  },
};

export const theBodyIsReadAndAnswered = {
  async test() {
    const read = { do: "readJson", key: 1, mark: "#" };
    const { response, steps, over } = handled([[read], [REPLY]], { body: '{"a": 1}' });
    assert.equal(await (await response).text(), "no");
    await over();
    assert.deepEqual(
      steps.map(({ key, content }) => [key, content]),
      [[1, '{"a": 1}']],
    );
  },
};

export const aPictureThatCameWholeLeavesWhole = {
  async test() {
    const end = ending({ begin: BEGIN, head: "<", picture: 1, tail: ">", bytes: 100 });
    const { response, context, over } = handled([
      [{ do: "openText", key: 1, text: "QUJD" }],
      [end],
    ]);
    const { headers, body } = await response;
    assert.equal(await new Response(body).text(), "<QUJD>");
    assert.equal(headers.get("content-type"), "text/plain");
    await over();
    assert.equal(context.promises.length, 0);
  },
};

export const aPictureThatLeavesWholeLeavesItsShareOfTheReadBuffers = {
  async test() {
    const { fetch } = globalThis;
    globalThis.fetch = () => Promise.resolve(new Response("ABC"));
    const end = ending({ begin: BEGIN, picture: 1, bytes: 100 });
    const open = { do: "openAddress", key: 1, url: "https://pictures.example/" };
    try {
      // So many have less than a whole part each.
      for (let count = 0; count < 17; count += 1) {
        assert.equal(await (await handled([[open], [end]]).response).text(), "QUJD");
      }
    } finally {
      globalThis.fetch = fetch;
    }
    const another = new Place({ signal: new AbortController().signal });
    another.end();
    assert.equal(another.bytes, PART_BYTES);
  },
};

export const aPictureIsWrittenToAnAnswerThatHasBegun = {
  async test() {
    const keepAlive = {
      do: "keepAlive",
      piece: "\n",
      ms: 1000,
      first: "\n",
      tail: null,
      number: 1,
      step: 1,
    };
    const open = { do: "openText", key: 1, text: PICTURE };
    const write = {
      do: "writePicture",
      key: 2,
      picture: 1,
      head: "<",
      tail: ">",
      bytes: 100_000,
      keep: false,
    };
    const { response, context, over } = handled([
      [{ do: "hold", ms: 1 }],
      [{ do: "begin", ...BEGIN }, keepAlive, open],
      [write],
      [{ do: "write", key: 3, piece: "more" }],
      [ending({ head: "end" })],
    ]);
    assert.equal(await (await response).text(), `\n<${PICTURE}>moreend`);
    await over();
    assert.equal(context.promises.length, 1);
  },
};

export const aPictureThatIsKeptIsWrittenTwice = {
  async test() {
    const open = { do: "openText", key: 1, text: PICTURE };
    const write = { do: "writePicture", key: 2, picture: 1, head: "<", tail: ">", bytes: 100_000 };
    const { response, steps, over } = handled([
      [{ do: "begin", ...BEGIN }, open],
      [{ ...write, keep: true }],
      [ending({ head: "[", picture: 2, tail: "]", bytes: 100_000 })],
    ]);
    assert.equal(await (await response).text(), `<${PICTURE}>[${PICTURE}]`);
    assert.equal(steps[1]?.told, '{"kept":2}');
    await over();
  },
};

export const aPictureOverItsLimitCutsTheTransfer = {
  async test() {
    for (const begin of [null, BEGIN]) {
      const { response, over } = handled([
        [...(begin ? [] : [{ do: "begin", ...BEGIN }]), { do: "openText", key: 1, text: "QUJD" }],
        [ending({ begin, head: "<", picture: 1, tail: ">", bytes: 2 })],
      ]);
      await assert.rejects((await response).text(), /broke off/);
      await over();
    }
  },
};

export const aDefectBeforeTheAnswerFailsTheRequest = {
  async test() {
    const wait = { do: "wait", key: 1, ms: 1 };
    for (const script of [
      [[wait, { do: "hold", ms: 5 }], new RangeError("no")],
      [[{ do: "closeAnswer", answer: 7 }]],
      [[wait], [ending({ head: "nothing has begun" })]],
      [
        [wait],
        [{ do: "keepAlive", piece: "\n", ms: 1, first: "\n", tail: null, number: 1, step: 1 }],
      ],
    ]) {
      const { response, steps, over } = handled(script);
      await assert.rejects(response);
      await passed(20);
      await over();
      assert.ok(steps.length <= 1);
    }
  },
};

export const aDefectAfterTheHeadersCutsTheTransfer = {
  async test() {
    for (const second of [new RangeError("no"), [{ do: "breakOff" }]]) {
      const begun = [
        { do: "begin", ...BEGIN },
        { do: "wait", key: 1, ms: 1 },
      ];
      const { response, over } = handled([begun, second]);
      await assert.rejects((await response).text(), /broke off/);
      await over();
    }
  },
};

export const nothingIsToldAfterTheEnd = {
  async test() {
    const waits = [1, 2, 3].map((key) => ({ do: "wait", key, ms: key * 10 }));
    const { response, steps, over } = handled([[{ do: "hold", ms: 20 }, ...waits], [REPLY]]);
    assert.equal((await response).status, 418);
    await passed(60);
    await over();
    assert.deepEqual(
      steps.map(({ key }) => key),
      [1],
    );
  },
};

export const aClientThatLeavesEndsWhatIsDoneForIt = {
  async test() {
    const newlines = {
      do: "keepAlive",
      piece: "\n",
      ms: 5,
      first: "",
      tail: null,
      number: 1,
      step: 1,
    };
    const begun = [{ do: "begin", ...BEGIN }, newlines, { do: "wait", key: 1, ms: 60_000 }];
    const { response, steps, over } = handled([begun, [{ do: "write", key: 2, piece: "more" }]]);
    await (await response).body?.cancel();
    await passed(50);
    await over();
    assert.deepEqual(
      steps.map(({ told }) => told),
      ['{"failed":"AbortError"}'],
    );
  },
};

export const aClientThatLeavesBeforeTheHeadersEndsWhatIsWaitedFor = {
  async test() {
    const client = new AbortController();
    const wait = { do: "wait", key: 1, ms: 60_000 };
    const { response, steps, over } = handled([[wait], [REPLY]], { signal: client.signal });
    client.abort();
    await response;
    await over();
    assert.equal(steps[0]?.told, '{"failed":"AbortError"}');
  },
};

export const whatWasReleasedIsNotSentAsNothing = {
  async test() {
    const form = new FormData();
    form.set("image", new Blob(["picture"]));
    const body = ["<", { upload: 1, asBase64: true }, ">"];
    const send = { do: "send", method: "POST", url: "https://x.example", headers: [], ms: 1000 };
    const { response, steps, over } = handled(
      [
        [{ do: "readForm", key: 1 }],
        [{ do: "releaseUploads" }, { ...send, key: 2, body, bytes: 1000 }],
        [REPLY],
      ],
      { body: form },
    );
    await response;
    await over();
    assert.equal(steps[1]?.told, '{"failed":"TypeError"}');
  },
};

export const whatIsNoTextCrossesAsBytes = {
  async test() {
    const body = Uint8Array.of(0x22, 0xff, 0x22);
    const read = { do: "readJson", key: 1, mark: "#" };
    const { response, steps } = handled([[read], [REPLY]], { body });
    await response;
    assert.deepEqual(steps[0]?.content, body);
  },
};

export const whatPythonHasNoNumberOfFails = {
  async test() {
    const { response, steps, over } = handled([[{ do: "readOn", key: 1, answer: 1 }], [REPLY]]);
    await response;
    await over();
    assert.equal(steps[0]?.told, '{"failed":"RangeError"}');
  },
};
