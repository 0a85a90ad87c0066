/**
 * Easel's API as the page uses it: the model list, and a picture as the answer to a chat.
 *
 * A chat is asked and not the images API: its one event holds the picture itself and its link, and
 * where the page leaves, the call to the service ends with it.
 *
 * @typedef {import("./models.js").ShapeRequest} ShapeRequest
 *
 * @typedef {object} Order
 * @property {ShapeRequest} shape
 * @property {string} prompt
 * @property {string[]} images as `data:` addresses
 * @property {string} [mask] the same; transparent where to paint
 *
 * @typedef {object} FilterNote
 * @property {string} role
 * @property {number} level 0 is worst
 *
 * @typedef {object} Painted
 * @property {Blob} blob
 * @property {string} [link]
 * @property {string} [size]
 * @property {string} [revisedPrompt]
 * @property {FilterNote[]} [filter]
 *
 * @typedef {object} Listed
 * @property {string} id
 * @property {string} owned_by
 */
import { EventDecoder } from "./events.js";

/** A failure as Easel's error object tells it, or one of the page's own codes. */
export class ApiError extends Error {
  /**
   * @param {string} code of the error object; `network`, `broken_off` or `only_words` are the page's
   * @param {string} message
   * @param {{param?: string, status?: number, retryAfter?: number, request?: string}} [more]
   */
  constructor(code, message, more = {}) {
    super(message);
    this.code = code;
    this.param = more.param;
    this.status = more.status;
    this.retryAfter = more.retryAfter;
    this.request = more.request;
  }
}

/**
 * @param {any} fields the error object
 * @param {Response} response
 */
function told(fields, response) {
  const retryAfter = Number(response.headers.get("retry-after")) || undefined;
  return new ApiError(
    String(fields?.code ?? "internal_error"),
    String(fields?.message ?? response.statusText),
    {
      param: fields?.param ?? undefined,
      status: response.status,
      ...(retryAfter && { retryAfter }),
      request: response.headers.get("x-request-id") ?? "",
    },
  );
}

/**
 * @param {string} path
 * @param {string} key "" for none
 * @param {RequestInit} [more]
 */
async function ask(path, key, more = {}) {
  /** @type {Record<string, string>} */
  const headers = { ...(key && { authorization: `Bearer ${key}` }) };
  let response;
  try {
    response = await fetch(path, { ...more, headers, credentials: "omit", cache: "no-store" });
  } catch (error) {
    if (more.signal?.aborted) throw error;
    throw new ApiError("network", String(error));
  }
  if (response.ok) return response;
  const body = await response.json().catch(() => ({}));
  throw told(body.error, response);
}

/**
 * The models of this deployment.
 * @param {string} key
 * @returns {Promise<Listed[]>}
 */
export async function listModels(key) {
  return (await (await ask("/v1/models", key)).json()).data;
}

/**
 * What the deployment says of itself.
 * @param {string} key
 * @returns {Promise<Record<string, unknown>>}
 */
export async function health(key) {
  return (await ask("/health", key)).json();
}

/** @returns {Promise<any>} */
export async function openapi() {
  return (await ask("/openapi.json", "")).json();
}

/**
 * The body of a request for one picture.
 * @param {Order} order
 */
export function chatBody({ shape, prompt, images, mask }) {
  return {
    ...shape,
    messages: [{ role: "user", content: prompt }],
    ...(images.length && { image: images.length === 1 ? images[0] : images }),
    ...(mask && { mask }),
    stream: true,
    chat_picture: "candidates",
  };
}

/**
 * One picture. Raises ApiError, and whatever aborting raises.
 * @param {Order} order
 * @param {string} key
 * @param {AbortSignal} signal
 * @returns {Promise<Painted>}
 */
export async function paint(order, key, signal) {
  const body = JSON.stringify(chatBody(order));
  const response = await ask("/v1/chat/completions", key, { method: "POST", body, signal });
  /** @type {Painted | undefined} */
  let found;
  let said = "";
  try {
    for await (const data of events(response)) {
      if (found || data === "[DONE]") continue;
      const event = JSON.parse(data);
      if (event.error) throw told(event.error, response);
      const picture = event.candidates?.[0]?.content?.parts?.find(
        (/** @type {any} */ part) => part.inlineData,
      );
      const text = event.choices?.[0]?.delta?.content ?? "";
      if (picture) found = painted(picture.inlineData, text, event.easel?.pictures?.[0] ?? {});
      said += text;
    }
  } catch (error) {
    if (error instanceof ApiError || signal.aborted) throw error;
    if (!found) throw new ApiError("broken_off", String(error));
  }
  if (found) return found;
  throw said ? new ApiError("only_words", said) : new ApiError("broken_off", "");
}

/** @param {Response} response */
async function* events(response) {
  const decoder = new EventDecoder();
  const reader = /** @type {ReadableStream<Uint8Array>} */ (response.body).getReader();
  for (;;) {
    const { done, value } = await reader.read();
    yield* done ? decoder.flush() : decoder.encode(value);
    if (done) return;
  }
}

/**
 * @param {{mimeType: string, data: string}} inline
 * @param {string} text markdown with the link
 * @param {Record<string, any>} facts
 * @returns {Painted}
 */
function painted({ mimeType, data }, text, facts) {
  const bytes = decodeBase64(data);
  const link = /\]\((https?:[^)\s]+)\)/.exec(text)?.[1];
  return {
    blob: new Blob([bytes], { type: mimeType }),
    ...(link && { link }),
    ...(facts["size"] && { size: String(facts["size"]) }),
    ...(facts["revised_prompt"] && { revisedPrompt: String(facts["revised_prompt"]) }),
    ...(facts["content_filter"] && { filter: facts["content_filter"] }),
  };
}

/** @param {string} text */
function decodeBase64(text) {
  const fast = /** @type {any} */ (Uint8Array).fromBase64;
  // Older browsers have only the slow way.
  return fast
    ? fast.call(Uint8Array, text)
    : Uint8Array.from(atob(text), (each) => each.charCodeAt(0));
}
