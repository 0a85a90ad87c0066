/**
 * The bytes that must not pass through Python: request bodies, whole answers, pictures.
 *
 * A picture of megabytes dragged through Python costs many times what it costs here; see
 * docs/decisions/0003-pictures-do-not-pass-through-python.md for the figures.
 */

import { RequestLog } from "./request_log.js";

export { closePicture, openPicture } from "./download.js";
export { OutgoingBody, readOn, send } from "./exchange.js";
export { readForm } from "./form.js";
export { readJson } from "./json_body.js";
export { Lifetime } from "./lifetime.js";
export { drain } from "./reading.js";
export { openBase64 } from "./service_answer.js";
export { breakOff, conclude, KeepAlive, pump, write, writeOne } from "./writing.js";

/** Logs a request whose answer is whole; it has a lifetime where a service may have been asked. */
export function logWhole(lifetime, fields, length) {
  const journal = lifetime?.journal ?? new RequestLog();
  journal.bytes += length;
  journal.answer(fields);
  journal.finish({ cut: journal.left });
}

/** A Response; the SDK's own costs eight times as much (docs/decisions/0003). */
export function respond(body, status, headers) {
  return new Response(body, { status, headers: JSON.parse(headers) });
}
