/** What all reading of bodies shares: how much at once, up to which limit, and for how long. */

/** There is more of it than may be read. */
export class TooLarge extends Error {
  name = "TooLarge";
}

// Read, written and encoded at once. A multiple of 3 and of 4, so that base64 pads only at the very
// end; larger parts gain nothing more, smaller ones cost a write each.
export const PART_BYTES = 384 * 1024;

// What Cloudflare lets through, and how long a client that sends no more is waited for.
const MOST_BYTES = 100 * 1024 * 1024;
const STALL_MS = 500;

/** Rejects with a TimeoutError when `promise` is not settled after `ms` milliseconds. */
export async function within(ms, promise) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new DOMException("stalled", "TimeoutError")), ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Reads what is left of a request that is refused. Where a body is not read, `wrangler dev` cuts
 * the connection under the answer, and many clients never see why.
 */
export async function drain({ body }) {
  if (!body || body.locked) return;
  const reader = body.getReader({ mode: "byob" });
  let buffer = new ArrayBuffer(PART_BYTES);
  try {
    for (let length = 0; length < MOST_BYTES; ) {
      const part = reader.readAtLeast(PART_BYTES, new Uint8Array(buffer, 0, PART_BYTES));
      const { value } = await within(STALL_MS, part);
      if (!value?.byteLength) return;
      length += value.byteLength;
      buffer = value.buffer;
    }
  } catch {
    // It breaks off, or no more comes: the answer is given all the same.
  }
}

/** All bytes of a stream; rejects with TooLarge as soon as they are more than `limit`. */
export async function readAll({ headers, body }, limit) {
  if (!body) return new Uint8Array();
  const length = headers.get("content-length");
  if (Number(length) > limit) throw new TooLarge();
  // One read where the length is known. HTTP does not let more come than it says, but what was
  // packed may unpack to anything.
  if (length !== null && !headers.has("content-encoding")) {
    return new Uint8Array(await new Response(body).arrayBuffer());
  }
  const bytes = new Uint8Array(new ArrayBuffer(0, { maxByteLength: limit }));
  for await (const chunk of body.values({ preventCancel: true })) {
    const at = bytes.byteLength;
    if (at + chunk.byteLength > limit) throw new TooLarge();
    bytes.buffer.resize(at + chunk.byteLength);
    bytes.set(chunk, at);
  }
  return bytes;
}
