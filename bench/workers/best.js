/**
 * The best Worker that was found: a small picture in one piece; else in parts that base64 can be made
 * of one by one, read while the client takes the one before, in memory that is used again.
 */
import { decode, generate, HEADERS, head, mimeType, tail } from "chat.js";

// A multiple of 3, so that only the last part is padded.
const PART_BYTES = 384 * 1024;

// What stands in front of the first part is short.
const TEXT_BYTES = (PART_BYTES / 3) * 4 + 1024;

// Memory that no request has at the moment.
/** @type {ArrayBufferLike[]} */
const parts = [];
/** @type {Uint8Array[]} */
const texts = [];

const encoder = new TextEncoder();

/**
 * The next part, full but for the last. It takes the place of the one before.
 * @param {ReadableStreamBYOBReader} reader
 * @param {ArrayBufferLike} memory
 */
async function read(reader, memory) {
  const { value } = await reader.readAtLeast(memory.byteLength, new Uint8Array(memory));
  return value ?? new Uint8Array();
}

/**
 * Writes a picture's base64 between two texts.
 * @param {ReadableStreamBYOBReader} reader
 * @param {Uint8Array} first
 * @param {WritableStream<Uint8Array>} writable
 * @param {string} before
 * @param {string} behind
 */
async function pump(reader, first, writable, before, behind) {
  const writer = writable.getWriter();
  const text = texts.pop() ?? new Uint8Array(TEXT_BYTES);
  let at = encoder.encodeInto(before, text).written;
  let part = first;
  for (;;) {
    const { written } = encoder.encodeInto(part.toBase64(), text.subarray(at));
    const taken = writer.write(text.subarray(0, at + written));
    const isLast = part.byteLength < PART_BYTES;
    if (!isLast) part = await read(reader, part.buffer);
    await taken;
    if (isLast) break;
    at = 0;
  }
  parts.push(part.buffer);
  texts.push(text);
  await writer.write(encoder.encode(behind));
  await writer.close();
}

/**
 * Answers a chat. `agree` is shown each of the three texts that a core decides on, and answers it.
 * @param {Request} request
 * @param {ExecutionContext} context
 * @param {(text: string) => string} agree
 */
export async function answer(request, context, agree) {
  const { model, asked } = decode(await request.json());
  const { data } = await generate(request, agree(asked));
  const url = agree(data.image.image_url);
  const picture = await fetch(url);
  if (!picture.body) throw new Error("no picture");
  if (Number(picture.headers.get("content-length") ?? Infinity) < PART_BYTES) {
    const bytes = new Uint8Array(await picture.arrayBuffer());
    const text = agree(head(mimeType(bytes))) + bytes.toBase64() + tail(model, url);
    return new Response(text, { headers: HEADERS });
  }
  const reader = picture.body.getReader({ mode: "byob" });
  const first = await read(reader, parts.pop() ?? new ArrayBuffer(PART_BYTES));
  const before = agree(head(mimeType(first)));
  const { readable, writable } = new IdentityTransformStream();
  context.waitUntil(pump(reader, first, writable, before, tail(model, url)));
  return new Response(readable, { headers: HEADERS });
}

/** @type {ExportedHandler} */
export default {
  fetch: (request, _env, context) => answer(request, context, (text) => text),
};
