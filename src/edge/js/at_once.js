/** What the life of a request wants done at once (`easel/effects.py`). */

/** @import { Handling } from "./handling.js" */
/** @import { AtOnce, Immediate } from "./types.js" */

import { closePicture } from "./download.js";
import { drain } from "./reading.js";
import { RequestLog } from "./request_log.js";
import { wholePicture } from "./writing.js";

const encoder = new TextEncoder();

/**
 * A whole answer, and its line in the log.
 *
 * @param {{ status: number, headers: Record<string, string>, log: string | null }} reply
 * @param {Uint8Array | null} body
 * @param {RequestLog} journal
 */
function whole({ status, headers, log }, body, journal = new RequestLog()) {
  if (log !== null) {
    journal.bytes += body?.byteLength ?? 0;
    journal.answer(log);
    journal.finish({ cut: journal.left });
  }
  return new Response(body, { status, headers });
}

/**
 * The text of a reply as bytes.
 *
 * @param {AtOnce["reply"]} reply
 */
function bytesOf({ body = null }) {
  return body === null ? null : encoder.encode(body);
}

/**
 * The Response to a request that asks for nothing but a reply.
 *
 * @param {AtOnce["reply"]} reply
 */
export function replyAtOnce(reply) {
  return whole(reply, bytesOf(reply));
}

/**
 * @param {Handling} handling
 * @param {AtOnce["reply"]} reply
 */
async function replyTo({ request, lifetime }, reply) {
  await drain(request);
  if (reply.asset === undefined) return whole(reply, bytesOf(reply), lifetime.journal);
  const { default: asset } = await import("../openapi.json");
  return whole(reply, new Uint8Array(asset), lifetime.journal);
}

/**
 * All of an answer that begins with its end, where it is there; null where it is not.
 *
 * @param {Handling} handling
 * @param {AtOnce["end"]} effect
 */
function wholeEnd({ pictures }, { begin, head, picture, tail, bytes }) {
  if (begin === null) return null;
  if (picture === null) return encoder.encode(head);
  return wholePicture(pictures.get(picture), head, tail, bytes);
}

/**
 * @param {Handling} handling
 * @param {AtOnce["begin"]} begin
 */
function begins(handling, { headers, log }) {
  if (log !== null) handling.lifetime.journal.answer(log);
  handling.begin(headers);
}

/** @type {{ [Do in keyof AtOnce]: (handling: Handling, effect: Immediate<Do>, held: () => void) => void }} */
const AT_ONCE = {
  hold: (handling, { ms }, held) => handling.hold(ms, held),

  begin: begins,

  keepAlive: ({ output }, effect) => output.keepAlive(effect),

  keepUploads({ lifetime }, { ms, sentOnce }) {
    if (sentOnce) lifetime.sendOnce();
    lifetime.settle(ms);
  },

  releaseUploads: ({ lifetime }) => lifetime.release(),

  closeAnswer: ({ answers }, { answer }) => answers.get(answer).close(),

  closePicture: ({ pictures }, { picture }) => void closePicture(pictures.get(picture)),

  reply: (handling, effect) => handling.reply(replyTo(handling, effect)),

  end(handling, effect) {
    const { begin, head, picture, tail, bytes, errorCode } = effect;
    handling.goesOn = effect.goesOn;
    const { journal } = handling.lifetime;
    if (errorCode) journal.code = errorCode;
    const answer = wholeEnd(handling, effect);
    if (answer && begin) {
      handling.reply(whole({ status: 200, ...begin }, answer, journal));
      return;
    }
    if (begin) begins(handling, begin);
    void handling.end((output) =>
      picture === null
        ? output.write(head)
        : output.writePicture(handling.pictures.get(picture), head, tail, bytes),
    );
  },

  passOn(handling, effect) {
    if (effect.log !== null) handling.lifetime.journal.answer(effect.log);
    void handling.passOn(handling.pictures.get(effect.picture), effect);
  },

  complain: ({ lifetime }, { words }) => console.error(`${lifetime.requestId} ${words}`),

  over: (handling) => handling.over(),

  breakOff: (handling) => void handling.breakOff(new Error("the picture broke off")),
};

/**
 * Does what is done at once. `held` is called where an answer was held for long enough.
 *
 * @template {keyof AtOnce} Do
 * @param {Handling} handling
 * @param {Immediate<Do>} effect
 * @param {() => void} held
 */
export function doAtOnce(handling, effect, held) {
  AT_ONCE[effect.do](handling, effect, held);
}
