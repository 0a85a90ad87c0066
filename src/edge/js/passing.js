/** Passes on a picture itself, or a part of it, as an answer. */

/** @import { Lifetime } from "./lifetime.js" */
/** @import { OpenPicture } from "./types.js" */

import { hasCache, putCopy } from "./copies.js";
import { Copy } from "./kept.js";
import { TooLarge, within } from "./reading.js";
import { CLIENT_STALL_MS, CUT_MS } from "./writing.js";

/** @typedef {{ start: number, end: number | null, bytes: number, copy: string, copySeconds: number }} Range */

/** The picture has ended before all that was promised of it came. */
class Cut extends Error {
  name = "Cut";
}

/**
 * The bytes of a picture from `start` up to `end`, null where nobody knows how many it has; it then
 * has `bytes` at the most. `passing` rejects where it breaks off, or where the client leaves. Where
 * there is a `copy`, the cache gets one under this address.
 *
 * @param {Lifetime} lifetime
 * @param {OpenPicture} picture
 * @param {Range} range
 */
export function passOn(lifetime, picture, range) {
  const { start, end } = range;
  const { readable, writable } =
    end === null ? new IdentityTransformStream() : new FixedLengthStream(end - start);
  const writer = writable.getWriter();
  const copy = range.copy && end && hasCache() ? new Copy(lifetime, end) : undefined;
  const passing = passAll(lifetime, picture, range, writer, copy);
  return { readable, passing, copied: copy && copied(passing, copy, range) };
}

/**
 * Gives a copy to the cache when the picture has been passed on, whole.
 *
 * @param {Promise<void>} passing
 * @param {Copy} copy
 * @param {Range} range
 */
async function copied(passing, copy, { copy: url, copySeconds }) {
  try {
    await passing;
  } catch {
    await copy.open()?.body.cancel();
    return;
  }
  const picture = copy.open();
  if (picture) await putCopy(url, picture, copySeconds);
}

/**
 * @param {Lifetime} lifetime
 * @param {OpenPicture} picture
 * @param {Range} range
 * @param {WritableStreamDefaultWriter<Uint8Array>} writer
 * @param {Copy} [copy]
 */
async function passAll({ journal }, { first, body }, { start, end, bytes }, writer, copy) {
  const last = end ?? bytes;
  try {
    let [part, at] = [first, 0];
    for (; part.byteLength > 0 && at < last; part = await body.next()) {
      if (end === null && at + part.byteLength > bytes) throw new TooLarge();
      const wanted = part.subarray(Math.max(0, start - at), Math.max(0, last - at));
      at += part.byteLength;
      if (wanted.byteLength === 0) continue;
      journal.bytes += wanted.byteLength;
      await within(CLIENT_STALL_MS, writer.write(wanted));
      copy?.add(wanted);
      // What comes behind it is not waited for.
      if (at >= last) break;
    }
    if (end !== null && at < end) throw new Cut();
    await within(CLIENT_STALL_MS, writer.close());
  } catch (error) {
    // Nobody may take what came for whole.
    const why = Object.assign(new Error("the picture broke off"), { retryable: true });
    await within(CUT_MS, writer.abort(why)).catch(() => {});
    throw error;
  }
}
