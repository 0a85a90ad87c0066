/**
 * The AI SDK's own ways to ask for pictures, by its provider for all that is like OpenAI.
 *
 * @typedef {import("./scenes.mjs").Scene} Scene
 */
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { generateImage, generateText, streamText } from "ai";
import { PATIENCE_MILLISECONDS, leave, play } from "./scenes.mjs";

/** @param {Pick<Scene, "url" | "token">} scene */
const connect = ({ url, token }) =>
  createOpenAICompatible({ name: "easel", baseURL: `${url}/v1`, apiKey: token });

/**
 * @param {string} prompt
 * @param {string} source
 * @returns {any}
 */
const inParts = (prompt, source) => [
  { type: "text", text: prompt },
  { type: "file", mediaType: "image/png", data: source },
];

// It does not heed `x-should-retry`: unless it is told not to, it asks, and pays, three times.
/**
 * @param {Scene} scene
 * @param {object} [options]
 * @returns {any}
 */
const chat = ({ model, prompt, source, fields, ...rest }, options) => ({
  model: connect(rest)(model),
  messages: [{ role: "user", content: source ? inParts(prompt, source) : prompt }],
  maxRetries: 0,
  ...fields,
  ...options,
});

/** @param {any} answer */
const pictureIn = ({ candidates }) => candidates?.[0].content.parts[0].inlineData.data;

/**
 * The parts of a stream. Errors are such parts, and thrown here; `onError` would print them.
 * @param {Scene} scene
 * @param {object} [options]
 * @returns {Promise<any[]>}
 */
async function parts(scene, options) {
  const result = streamText({ ...chat(scene, options), onError() {} });
  const found = await Array.fromAsync(result.fullStream);
  for (const part of found) if (part.type === "error") throw part.error;
  return found;
}

/** @type {import("./scenes.mjs").Ways} */
const ways = {
  async plain(scene) {
    const include = { responseBody: true };
    const { text, response } = await generateText(chat(scene, { include }));
    return { text, picture: pictureIn(response.body) };
  },

  async streamed(scene) {
    const found = await parts(scene, { includeRawChunks: true });
    const text = found.map((part) => (part.type === "text-delta" ? part.text : "")).join("");
    return { text, picture: pictureIn(found.find(({ type }) => type === "raw").rawValue) };
  },

  async thinking(scene) {
    const found = await parts(scene);
    const joined = (/** @type {string} */ kind) =>
      found.map((part) => (part.type === kind ? part.text : "")).join("");
    return { thoughts: joined("reasoning-delta"), text: joined("text-delta") };
  },

  async generate({ model, prompt, source, fields, ...rest }) {
    const { image } = await generateImage({
      model: connect(rest).imageModel(model),
      prompt: source ? { text: prompt, images: [source] } : prompt,
      maxRetries: 0,
      ...fields,
    });
    return { picture: image.base64, type: image.mediaType };
  },

  impatient: (scene) =>
    generateText(chat(scene, { abortSignal: AbortSignal.timeout(PATIENCE_MILLISECONDS) })),

  leavePlain: (scene) => generateText(chat(scene, { abortSignal: leave() })),

  leaveStreamed: async (scene) =>
    (await parts(scene, { abortSignal: leave() })).map(({ type }) => type),
};

/**
 * `data` is the body of an answer, or the error of a stream.
 * @param {any} error
 */
function describe({ name, statusCode, data }) {
  const { code, param } = data?.error ?? data ?? {};
  return { kind: name, status: statusCode, code, param };
}

await play(ways, describe);
