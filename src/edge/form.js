/** The caller's multipart form. */

import { GrowingBytes, readParts, TooLarge } from "./reading.js";

const CARRIAGE_RETURN = 0x0d;

const encoder = new TextEncoder();

/** It has more parts than any request needs. */
class TooManyParts extends Error {
  name = "TooManyParts";
}

/** The boundary of a form; throws a TypeError where it is none. */
function boundaryOf(contentType) {
  const found = /^multipart\/form-data\s*;(?:.*;)?\s*boundary=(?:"([^"]+)"|([^\s;"]+))/i.exec(contentType);
  if (!found) throw new TypeError("no form");
  return found[1] ?? found[2];
}

/** Throws TooManyParts where `bytes` has more than `limit` boundaries; counted before it is parsed. */
function checkParts(bytes, boundary, limit) {
  const line = encoder.encode(`\r\n--${boundary}`);
  let count = 0;
  for (let at = 0; at >= 0; at = bytes.indexOf(CARRIAGE_RETURN, at + 1)) {
    if (line.every((byte, offset) => bytes[at + offset] === byte)) count += 1;
    if (count > limit) throw new TooManyParts();
  }
}

/**
 * The fields of a form: `{name, text}`, or `{name, content}` for a file. Rejects with TooLarge,
 * TooManyParts, NoRoom, a TimeoutError, or a TypeError for what is no form.
 */
export async function readForm({ headers, body }, lifetime) {
  const { formBytes, parts, upload } = lifetime.limits;
  if (Number(headers.get("content-length") ?? 0) > formBytes) throw new TooLarge();
  const contentType = headers.get("content-type") ?? "";
  const boundary = boundaryOf(contentType);
  const whole = new GrowingBytes();
  // It lies there as it came, as a form, and as the files of that.
  const reserve = (bytes) => lifetime.reserve(3 * Math.min(bytes, formBytes));
  const add = (part) => whole.add(part);
  if (body) await readParts(body, { limit: formBytes, ...upload }, add, reserve);
  checkParts(whole.bytes, boundary, parts);
  const form = await new Response(whole.bytes, { headers: { "content-type": contentType } }).formData();
  const fields = [];
  for (const [name, value] of form) {
    if (typeof value === "string") fields.push({ name, text: value });
    else fields.push({ name, content: lifetime.keep(new Uint8Array(await value.arrayBuffer())) });
  }
  whole.free();
  return fields;
}
