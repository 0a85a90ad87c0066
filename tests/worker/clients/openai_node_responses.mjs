/**
 * openai-node's own ways to ask for pictures in the Responses API.
 *
 * @typedef {import("./scenes.mjs").Scene} Scene
 */
import OpenAI from "openai";
import { PATIENCE_MILLISECONDS, leave, play } from "./scenes.mjs";

/** @param {Pick<Scene, "url" | "token">} scene */
const connect = ({ url, token }) => new OpenAI({ baseURL: `${url}/v1`, apiKey: token });

/**
 * @param {string} prompt
 * @param {string} source
 * @returns {any}
 */
const inParts = (prompt, source) => [
  {
    role: "user",
    content: [
      { type: "input_text", text: prompt },
      { type: "input_image", image_url: `data:image/png;base64,${source}`, detail: "auto" },
    ],
  },
];

/**
 * @param {Scene} scene
 * @returns {any}
 */
const asked = ({ model, prompt, source, fields }) => ({
  model,
  input: source ? inParts(prompt, source) : prompt,
  tools: [{ type: "image_generation" }],
  ...fields,
});

/** @param {any} response */
const callOf = ({ output }) =>
  output.find((/** @type {any} */ { type }) => type === "image_generation_call");

/**
 * The text and the picture of a response. One that failed late has an error under status 200.
 * @param {any} response
 */
const told = (response) => ({
  status: response.status,
  code: response.easel.error?.code,
  // Only a plain answer has it as `output_text`.
  text: response.output.find((/** @type {any} */ { type }) => type === "message")?.content[0].text,
  picture: callOf(response)?.result,
});

/**
 * @param {Scene} scene
 * @param {object} [options]
 * @returns {Promise<any>}
 */
const ask = (scene, options) => connect(scene).responses.create(asked(scene), options);

/**
 * @param {Scene} scene
 * @returns {Promise<any>}
 */
const askStreamed = (scene) => connect(scene).responses.create({ ...asked(scene), stream: true });

/** @type {import("./scenes.mjs").Ways} */
const ways = {
  plain: async (scene) => told(await ask(scene)),

  async streamed(scene) {
    const events = await Array.fromAsync(await askStreamed(scene));
    const { type, response } = events.at(-1);
    const done = events.find((event) => event.type === "response.output_item.done");
    return { type, ...told(response), first: done?.item.result };
  },

  async helper(scene) {
    return told(await connect(scene).responses.stream(asked(scene)).finalResponse());
  },

  impatient: (scene) => ask(scene, { timeout: PATIENCE_MILLISECONDS, maxRetries: 0 }),

  leavePlain: (scene) => ask(scene, { signal: leave() }),

  async leaveStreamed(scene) {
    const stream = await askStreamed(scene);
    leave().addEventListener("abort", () => stream.controller.abort());
    return (await Array.fromAsync(stream)).map(({ type }) => type);
  },
};

await play(ways, (/** @type {any} */ error) => ({
  kind: error.constructor.name,
  status: error.status,
  code: error.code,
  param: error.param,
}));
