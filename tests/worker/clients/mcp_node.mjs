/**
 * The official TypeScript client's own ways to use a server of MCP.
 *
 * @typedef {import("./scenes.mjs").Scene} Scene
 */
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { PATIENCE_MILLISECONDS, leave, play } from "./scenes.mjs";

/**
 * The service of a model, which the address names.
 * @param {string} model
 */
const serviceOf = (model) =>
  model.startsWith("geekai/")
    ? "geekai"
    : model === "gemini-3-pro-image-preview"
      ? "zhaotou"
      : "zai";

/** @param {Scene} scene */
const addressOf = ({ url, model }) => new URL(`${url}/mcp/${serviceOf(model)}`);

/** @param {Scene} scene */
async function connect(scene) {
  const headers = { Authorization: `Bearer ${scene.token}` };
  const transport = new StreamableHTTPClientTransport(addressOf(scene), {
    requestInit: { headers },
  });
  const client = new Client({ name: "a-test", version: "1" });
  await client.connect(transport);
  // What is structured is held against the schema that was listed.
  await client.listTools();
  return client;
}

/** @param {Scene} scene */
const call = ({ model, prompt, source, fields }) => ({
  name: source ? "edit_image" : "generate_image",
  arguments: { model, prompt, ...(source && { image: source }), ...fields },
});

/** @param {any} result */
const told = ({ content, isError = false, structuredContent, _meta }) => ({
  isError,
  structuredContent,
  error: _meta?.["easel/error"],
  text: content.find((/** @type {any} */ { type }) => type === "text").text,
  picture: content.find((/** @type {any} */ { type }) => type === "image")?.data,
});

/**
 * `options` gives them once it is connected, so that a client leaves in the middle of its call.
 * @param {Scene} scene
 * @param {() => object | undefined} [options]
 */
async function ask(scene, options = () => undefined) {
  const client = await connect(scene);
  try {
    return told(await client.callTool(call(scene), undefined, options()));
  } finally {
    await client.close();
  }
}

/** @type {import("./scenes.mjs").Ways} */
const ways = {
  async connect(scene) {
    const client = await connect(scene);
    const { tools } = await client.listTools();
    await client.ping();
    const found = { server: client.getServerVersion(), tools: tools.map(({ name }) => name) };
    await client.close();
    return found;
  },

  plain: (scene) => ask(scene),

  async streamed(scene) {
    /** @type {unknown[]} */
    const seen = [];
    const onprogress = (/** @type {any} */ { progress, message }) => seen.push([progress, message]);
    return { ...(await ask(scene, () => ({ onprogress }))), seen };
  },

  // A picture takes longer than it waits; each notification makes it wait anew.
  patient: (scene) =>
    ask(scene, () => ({ timeout: 3500, resetTimeoutOnProgress: true, onprogress: () => {} })),

  async unknown(scene) {
    const client = await connect(scene);
    try {
      return await client.callTool({ name: "paint", arguments: {} });
    } finally {
      await client.close();
    }
  },

  impatient: (scene) => ask(scene, () => ({ timeout: PATIENCE_MILLISECONDS })),

  leavePlain: (scene) => ask(scene, () => ({ signal: leave() })),

  leaveStreamed: (scene) => ask(scene, () => ({ signal: leave(), onprogress: () => {} })),
};

/**
 * What a status beyond 200 brings, with the answer in its message.
 * @param {Error} error
 */
const isOfStatus = (error) => error.constructor.name === "StreamableHTTPError";

await play(ways, (/** @type {any} */ error) => ({
  kind: error.constructor.name,
  status: isOfStatus(error) ? error.code : null,
  code: isOfStatus(error)
    ? JSON.parse(/\{.*\}/.exec(error.message)?.[0] ?? "").error.data.code
    : String(error.code),
}));
