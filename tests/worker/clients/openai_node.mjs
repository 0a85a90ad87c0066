/**
 * openai-node's own ways to ask for pictures.
 *
 * @typedef {import("./scenes.mjs").Scene} Scene
 */
import OpenAI, { toFile } from "openai";
import { PATIENCE_MILLISECONDS, base64Of, leave, play } from "./scenes.mjs";

/**
 * @param {Pick<Scene, "url" | "token">} scene
 * @param {object} [options]
 */
const connect = ({ url, token }, options) =>
  new OpenAI({ baseURL: `${url}/v1`, apiKey: token, ...options });

/**
 * @param {string} prompt
 * @param {string} source
 * @returns {any}
 */
const inParts = (prompt, source) => [
  { type: "text", text: prompt },
  { type: "image_url", image_url: { url: `data:image/png;base64,${source}` } },
];

/**
 * @param {Scene} scene
 * @returns {any}
 */
const chat = ({ model, prompt, source, fields }) => ({
  model,
  messages: [{ role: "user", content: source ? inParts(prompt, source) : prompt }],
  ...fields,
});

/**
 * Text and picture of a message or a delta; the picture can stand in the answer around it.
 * @param {any} answer
 * @param {any} message
 */
const told = (answer, message) => ({
  text: message.content,
  picture: message.images
    ? base64Of(message.images[0].image_url.url)
    : answer.candidates[0].content.parts[0].inlineData.data,
});

/**
 * @param {Scene} scene
 * @param {object} [options]
 * @returns {Promise<any>}
 */
const ask = (scene, options) => connect(scene).chat.completions.create(chat(scene), options);

/**
 * @param {Scene} scene
 * @returns {Promise<any>}
 */
const askStreamed = (scene) =>
  connect(scene).chat.completions.create({ ...chat(scene), stream: true });

/** @param {string} source */
const fileOf = (source) => toFile(Buffer.from(source, "base64"), "cat.png");

/**
 * @param {Scene} scene
 * @returns {Promise<any>}
 */
const image = async ({ model, prompt, source, fields }) => ({
  model,
  prompt,
  ...(source && { image: await fileOf(source) }),
  ...fields,
});

/** @type {import("./scenes.mjs").Ways} */
const ways = {
  async models(scene) {
    const { models } = connect(scene);
    const listed = await Array.fromAsync(models.list());
    return { listed: listed.map(({ id }) => id), one: (await models.retrieve(scene.model)).id };
  },

  async plain(scene) {
    const answer = await ask(scene);
    return answer.choices ? told(answer, answer.choices[0].message) : answer;
  },

  async streamed(scene) {
    const [chunk, ...more] = await Array.fromAsync(await askStreamed(scene));
    return { ...told(chunk, chunk.choices[0].delta), more };
  },

  async thinking(scene) {
    const chunks = await Array.fromAsync(await askStreamed(scene));
    const deltas = chunks.map(({ choices }) => choices[0].delta);
    const thoughts = deltas.map((delta) => delta.reasoning_content ?? "").join("");
    return { thoughts, text: deltas.map(({ content }) => content ?? "").join("") };
  },

  async helper(scene) {
    const answer = await connect(scene).chat.completions.stream(chat(scene)).finalChatCompletion();
    return told(answer, answer.choices[0]?.message);
  },

  async generate(scene) {
    const answer = await connect(scene).images.generate(await image(scene));
    return { picture: answer.data?.[0]?.b64_json };
  },

  async generateStreamed(scene) {
    /** @type {import("openai/resources/images").ImageGenerateParamsStreaming} */
    const fields = { ...(await image(scene)), stream: true };
    const [event] = await Array.fromAsync(await connect(scene).images.generate(fields));
    return { text: event?.type, picture: event?.b64_json };
  },

  async edit(scene) {
    const answer = await connect(scene).images.edit(await image(scene));
    return { picture: answer.data?.[0]?.b64_json };
  },

  async vary(scene) {
    const { prompt, ...fields } = await image(scene);
    const answer = await connect(scene).images.createVariation(fields);
    return { picture: answer.data?.[0]?.b64_json };
  },

  async editStreamed(scene) {
    /** @type {import("openai/resources/images").ImageEditParamsStreaming} */
    const fields = { ...(await image(scene)), stream: true };
    const [event] = await Array.fromAsync(await connect(scene).images.edit(fields));
    return { text: event?.type, picture: event?.b64_json };
  },

  impatient: (scene) => ask(scene, { timeout: PATIENCE_MILLISECONDS, maxRetries: 0 }),

  leavePlain: (scene) => ask(scene, { signal: leave() }),

  async leaveStreamed(scene) {
    const stream = await askStreamed(scene);
    leave().addEventListener("abort", () => stream.controller.abort());
    return Array.fromAsync(stream);
  },
};

await play(ways, (/** @type {any} */ error) => ({
  kind: error.constructor.name,
  status: error.status,
  code: error.code,
  param: error.param,
}));
