/** Reads a body whole, up to a limit. */

/** There is more of it than may be read. */
export class TooLarge extends Error {
  name = "TooLarge";
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
  for await (const chunk of body) {
    const at = bytes.byteLength;
    if (at + chunk.byteLength > limit) throw new TooLarge();
    bytes.buffer.resize(at + chunk.byteLength);
    bytes.set(chunk, at);
  }
  return bytes;
}
