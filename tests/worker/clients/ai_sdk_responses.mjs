/**
 * The AI SDK's own ways to ask for pictures in the Responses API, by its provider for OpenAI.
 *
 * @typedef {import("./scenes.mjs").Scene} Scene
 */
import { createOpenAI } from "@ai-sdk/openai";
import { generateText, streamText } from "ai";
import { PATIENCE_MILLISECONDS, leave, play } from "./scenes.mjs";

// It says of a second turn that it sends no results of tools: the link in the text is what it sends.
globalThis.AI_SDK_LOG_WARNINGS = false;

/** @param {Pick<Scene, "url" | "token">} scene */
const connect = ({ url, token }) => createOpenAI({ baseURL: `${url}/v1`, apiKey: token });

/**
 * @param {string} prompt
 * @param {string} source
 * @returns {any}
 */
const inParts = (prompt, source) => [
  { type: "text", text: prompt },
  { type: "file", mediaType: "image/png", data: source },
];

/**
 * @param {Scene} scene
 * @param {object} [options]
 * @returns {any}
 */
const asked = ({ model, prompt, source, fields, ...rest }, options) => {
  const easel = connect(rest);
  const { messages = [], size, ...others } = fields;
  return {
    model: easel.responses(model),
    tools: { image_generation: easel.tools.imageGeneration({ size }) },
    messages: [...messages, { role: "user", content: source ? inParts(prompt, source) : prompt }],
    maxRetries: 0,
    ...others,
    ...options,
  };
};

/** @param {any[]} results */
const pictureOf = (results) => results.find(({ toolName }) => toolName === "image_generation");

/**
 * The parts of a stream. Errors are such parts, and thrown here; `onError` would print them.
 * @param {Scene} scene
 * @param {object} [options]
 * @returns {Promise<any[]>}
 */
async function parts(scene, options) {
  const found = await Array.fromAsync(
    streamText({ ...asked(scene, options), onError() {} }).fullStream,
  );
  for (const part of found) if (part.type === "error") throw part.error;
  return found;
}

/** @param {Scene} scene */
async function plain(scene) {
  const { text, staticToolResults, toolResults } = await generateText(asked(scene));
  const result = pictureOf([...toolResults, ...staticToolResults]);
  return { text, picture: result.output.result };
}

/** @type {import("./scenes.mjs").Ways} */
const ways = {
  plain,

  async streamed(scene) {
    const found = await parts(scene);
    const text = found.map((part) => (part.type === "text-delta" ? part.text : "")).join("");
    const result = pictureOf(found.filter(({ type }) => type === "tool-result"));
    return { text, picture: result.output.result, types: found.map(({ type }) => type) };
  },

  async secondTurn(scene) {
    const first = await generateText(asked({ ...scene, prompt: "a cat" }));
    const messages = [{ role: "user", content: "a cat" }, ...first.response.messages];
    return plain({ ...scene, fields: { ...scene.fields, messages } });
  },

  impatient: (scene) =>
    generateText(asked(scene, { abortSignal: AbortSignal.timeout(PATIENCE_MILLISECONDS) })),

  leavePlain: (scene) => generateText(asked(scene, { abortSignal: leave() })),

  leaveStreamed: async (scene) =>
    (await parts(scene, { abortSignal: leave() })).map(({ type }) => type),
};

/**
 * `data` is the body of an answer, or the event of a stream.
 * @param {any} error
 */
function describe({ name, statusCode, data }) {
  const { code, param } = data?.error ?? data?.response?.error ?? data ?? {};
  return { kind: name, status: statusCode, code, param };
}

await play(ways, describe);
