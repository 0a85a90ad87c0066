/**
 * @google/genai's `interactions`, with which Google's guides begin.
 *
 * @typedef {import("./scenes.mjs").Scene} Scene
 */
import { GoogleGenAI } from "@google/genai";
import { PATIENCE_MILLISECONDS, leave, play } from "./scenes.mjs";

/**
 * @param {Pick<Scene, "url" | "token">} scene
 * @param {object} [httpOptions]
 */
const connect = ({ url, token }, httpOptions) =>
  new GoogleGenAI({ apiKey: token, httpOptions: { baseUrl: url, ...httpOptions } }).interactions;

/**
 * @param {Scene} scene
 * @returns {any}
 */
const body = ({ model, prompt, source, fields }) => ({
  model,
  input: source
    ? [
        { type: "text", text: prompt },
        { type: "image", mime_type: "image/png", data: source },
      ]
    : prompt,
  ...fields,
});

/**
 * @param {Scene} scene
 * @param {object} [httpOptions]
 * @param {object} [options]
 * @returns {Promise<any>}
 */
const ask = (scene, httpOptions, options) =>
  connect(scene, httpOptions).create(body(scene), options);

/**
 * @param {Scene} scene
 * @param {object} [httpOptions]
 * @returns {Promise<any[]>}
 */
const askStreamed = async (scene, httpOptions) => {
  const fields = { ...scene.fields, stream: true };
  return Array.fromAsync(await ask({ ...scene, fields }, httpOptions));
};

/**
 * Who leaves by a signal. The library's own options for that send a copy of the request, and Node
 * forgets the signal of a copy when it collects garbage.
 */
const until = (/** @type {() => AbortSignal} */ signal) => ({
  fetch: (/** @type {Request} */ request) => fetch(request, { signal: signal() }),
});
const impatience = until(() => AbortSignal.timeout(PATIENCE_MILLISECONDS));

/** @type {import("./scenes.mjs").Ways} */
const ways = {
  async plain(scene) {
    const answer = await ask(scene);
    return {
      picture: answer.output_image?.data,
      type: answer.output_image?.mime_type,
      text: answer.output_text,
      status: answer.status,
      errors: answer.errors?.map((/** @type {any} */ { code, message }) => ({ code, message })),
      size: answer.easel?.pictures[0].size,
    };
  },

  async streamed(scene) {
    const events = await askStreamed(scene);
    const deltas = events.filter((event) => event.event_type === "step.delta");
    const last = events.at(-1);
    return {
      picture: deltas[0]?.delta.data,
      type: deltas[0]?.delta.mime_type,
      deltas: deltas.length,
      status: last.interaction?.status,
      size: last.interaction?.easel?.pictures[0].size,
      error: last.error && { code: last.error.code, message: last.error.message },
      kinds: events.map((event) => event.event_type),
    };
  },

  // By itself it asks again where its time is over.
  impatient: (scene) => ask(scene, impatience, { maxRetries: 0 }),
  impatientTwice: (scene) => ask(scene, impatience, { maxRetries: 1 }),
  leavePlain: (scene) => ask(scene, until(leave)),
  leaveStreamed: (scene) => askStreamed(scene, until(leave)),
  get: (scene) => connect(scene).get("req_1"),
};

/** @param {any} error */
function describe({ name, status, error }) {
  const [info] = error?.error?.details ?? [];
  return { kind: name, status, code: info?.reason, param: info?.metadata.param };
}

await play(ways, describe);
