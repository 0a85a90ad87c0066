/**
 * @google/genai's own ways to ask for pictures.
 *
 * @typedef {import("./scenes.mjs").Scene} Scene
 */
import { GoogleGenAI } from "@google/genai";
import { PATIENCE_MILLISECONDS, leave, play } from "./scenes.mjs";

/** @param {Pick<Scene, "url" | "token">} scene */
const connect = ({ url, token }) =>
  new GoogleGenAI({ apiKey: token, httpOptions: { baseUrl: url } }).models;

/**
 * @param {Scene} scene
 * @param {object} [config]
 * @returns {any}
 */
const content = ({ model, prompt, source, fields }, config) => ({
  model,
  contents: [
    { text: prompt },
    ...(source ? [{ inlineData: { mimeType: "image/png", data: source } }] : []),
  ],
  config: { ...fields, ...config },
});

/**
 * @param {Scene} scene
 * @param {object} [config]
 */
const ask = (scene, config) => connect(scene).generateContent(content(scene, config));

/**
 * @param {Scene} scene
 * @param {object} [config]
 */
const askStreamed = async (scene, config) =>
  Array.fromAsync(await connect(scene).generateContentStream(content(scene, config)));

/**
 * What of an answer its users look at.
 * @param {any} answer
 */
const told = (answer) => ({
  // The getter warns on the console where there is a text.
  picture: answer.candidates[0].content.parts[0].text ? undefined : answer.data,
  type: answer.candidates[0].content.parts[0].inlineData?.mimeType,
  told: answer.modelStatus?.message,
  text: answer.candidates[0].content.parts[0].text,
  finishReason: answer.candidates[0].finishReason,
});

/** @type {import("./scenes.mjs").Ways} */
const ways = {
  async models(scene) {
    const models = connect(scene);
    const listed = await Array.fromAsync(await models.list());
    const paged = await Array.fromAsync(await models.list({ config: { pageSize: 7 } }));
    const { totalTokens } = await models.countTokens({ ...scene, contents: "a cat" });
    return {
      listed: listed.map(({ name }) => name),
      paged: paged.length,
      one: (await models.get(scene)).name,
      totalTokens,
    };
  },

  plain: async (scene) => told(await ask(scene)),

  async streamed(scene) {
    const [chunk, ...more] = await askStreamed(scene);
    return { ...told(chunk), more };
  },

  impatient: (scene) => ask(scene, { httpOptions: { timeout: PATIENCE_MILLISECONDS } }),
  leavePlain: (scene) => ask(scene, { abortSignal: leave() }),
  leaveStreamed: (scene) => askStreamed(scene, { abortSignal: leave() }),
};

/**
 * The message of an ApiError is the body of the answer, in a stream with a few words before it.
 * @param {any} error
 */
function describe({ name, status, message }) {
  if (name !== "ApiError") return { kind: name };
  const [info] = JSON.parse(message.slice(message.indexOf("{"))).error.details;
  return { kind: name, status, code: info.reason, param: info.metadata.param };
}

await play(ways, describe);
