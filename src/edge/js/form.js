/** The caller's multipart form. */

/** @import { RequestLifetime } from "./types.js" */

import { GrowingBytes } from "./byte_buffers.js";
import { readParts, TooLarge } from "./reading.js";

const LINE_FEED = 0x0a;

const encoder = new TextEncoder();

/** The form has more parts than any request needs. */
export class TooManyParts extends Error {
  name = "TooManyParts";
}

// RFC 2046, 5.1.1. None of these has to be escaped in a header.
const BOUNDARY = /^[\w'()+,./:=? -]+$/;

const PARAMETER = /^multipart\/form-data\s*;(?:.*;)?\s*boundary=(?:"([^"]+)"|([^\s;"]+))/i;

/**
 * The boundary of a form; throws a TypeError where there is none, or not a legal one.
 *
 * @param {string} contentType
 */
export function boundaryOf(contentType) {
  const found = PARAMETER.exec(contentType);
  const boundary = found?.[1] ?? found?.[2] ?? "";
  if (!BOUNDARY.test(boundary)) throw new TypeError("no form");
  return boundary;
}

/**
 * Throws TooManyParts where `bytes` has more than `limit` boundaries; counted before it is parsed.
 *
 * @param {Uint8Array} bytes
 * @param {string} boundary
 * @param {number} limit
 */
export function checkParts(bytes, boundary, limit) {
  // The platform wants no carriage return before it (workerd, api/form-data.c++).
  const line = encoder.encode(`\n--${boundary}`);
  let count = 0;
  for (let at = 0; at < bytes.length; at += 1) {
    if (bytes[at] !== LINE_FEED) continue;
    let same = 1;
    while (same < line.length && bytes[at + same] === line[same]) same += 1;
    if (same === line.length) count += 1;
    if (count > limit) throw new TooManyParts();
  }
}

/**
 * The fields of a form: `{name, text}`, or `{name, content}` for a file. Rejects with TooLarge,
 * TooManyParts, NoRoom, a TimeoutError, or a TypeError where the body is not a form.
 *
 * @param {Pick<Request, "headers" | "body">} request
 * @param {RequestLifetime} lifetime
 */
export async function readForm({ headers, body }, lifetime) {
  const { formBytes, parts, upload } = lifetime.limits;
  if (Number(headers.get("content-length") ?? 0) > formBytes) throw new TooLarge();
  const boundary = boundaryOf(headers.get("content-type") ?? "");
  const whole = new GrowingBytes();
  // It lies there as it came, as a form, and as the files of that.
  /** @param {number} bytes */
  const reserve = (bytes) => lifetime.reserve(3 * Math.min(bytes, formBytes));
  const limits = { limit: formBytes, ...upload };
  if (body) await readParts(body, limits, (part) => whole.add(part), reserve);
  checkParts(whole.bytes, boundary, parts);
  // What was counted is what is parsed, whatever else the header says.
  const headersOfIt = { "content-type": `multipart/form-data; boundary="${boundary}"` };
  const form = await new Response(whole.bytes, { headers: headersOfIt }).formData();
  const fields = [];
  for (const [name, value] of form) {
    if (typeof value === "string") fields.push({ name, text: value });
    else fields.push({ name, content: lifetime.keep(new Uint8Array(await value.arrayBuffer())) });
  }
  whole.free();
  return fields;
}
