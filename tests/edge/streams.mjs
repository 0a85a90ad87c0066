/** Bodies as the platform gives them: streams of bytes, in parts. */

const encoder = new TextEncoder();

/** @param {string | Uint8Array} part */
function bytesOf(part) {
  return typeof part === "string" ? encoder.encode(part) : part;
}

/** @param {number} ms */
async function pause(ms) {
  await new Promise((resolve) => {
    // Forever is no timer, which would keep Node from ending.
    if (Number.isFinite(ms)) setTimeout(resolve, ms);
  });
}

/**
 * A body that has these parts; a number is a pause in milliseconds, and an Error breaks it off.
 *
 * @param {(string | Uint8Array | Error | number)[]} parts
 * @param {(reason: unknown) => void} [cancelled]
 * @returns {ReadableStream}
 */
export function bodyOf(parts, cancelled = () => {}) {
  const left = [...parts];
  return new ReadableStream({
    type: "bytes",
    async pull(controller) {
      let part = left.shift();
      for (; typeof part === "number"; part = left.shift()) await pause(part);
      if (part instanceof Error) controller.error(part);
      else if (part !== undefined) controller.enqueue(bytesOf(part).slice());
      else {
        controller.close();
        controller.byobRequest?.respond(0);
      }
    },
    cancel: cancelled,
  });
}

/**
 * All parts that `next` gives, joined as text.
 *
 * @param {{ next(): Uint8Array | Promise<Uint8Array> }} body
 */
export async function textOf(body) {
  const decoder = new TextDecoder();
  let text = "";
  for (let part = await body.next(); part.length > 0; part = await body.next()) {
    text += decoder.decode(part, { stream: true });
  }
  return text;
}

/** Every way to cut `bytes` into two, and then into parts of 1, 2, 3 … bytes.
 *
 * @param {Uint8Array} bytes
 * @returns {Generator<Uint8Array[]>}
 */
export function* cuts(bytes) {
  for (let at = 0; at <= bytes.length; at += 1) yield [bytes.subarray(0, at), bytes.subarray(at)];
  for (let size = 1; size < bytes.length; size += 1) {
    const parts = [];
    for (let at = 0; at < bytes.length; at += size) parts.push(bytes.subarray(at, at + size));
    yield parts;
  }
}
