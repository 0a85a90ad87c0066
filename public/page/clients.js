/**
 * What each client wants to be told, in the words of its own settings. docs/ has the long story.
 *
 * @typedef {object} Place
 * @property {string} base where OpenAI's clients are sent: with /v1
 * @property {string} root the same without a path
 * @property {string} model one of this deployment's
 * @property {string} service that of the model
 *
 * @typedef {object} Client
 * @property {string} name
 * @property {string} [where] the way through its menus
 * @property {Record<string, string>} [chinese] the steps and fields as its Chinese menus name them
 * @property {(place: Place) => [string, string][]} [fields] its fields and what stands in them; ""
 *   is the key
 * @property {(place: Place) => string} [code] a program or a file, which reads the key from
 *   `EASEL_KEY`
 * @property {string} [way] the `CHAT_PICTURE` that suits it
 * @property {import("./words.js").Word} [note]
 */

/** @type {Client[]} */
export const CLIENTS = [
  {
    name: "Open WebUI",
    where: "Settings → Admin → Connections → Manage OpenAI API Connections → +",
    chinese: {
      Settings: "设置",
      Admin: "管理员设置",
      Connections: "外部连接",
      "Manage OpenAI API Connections": "OpenAI API",
    },
    fields: ({ base }) => [
      ["URL", base],
      ["Auth: Bearer / API Key", ""],
      ["API Type", "Chat Completions"],
    ],
    way: "link",
    note: "noteOpenWebUi",
  },
  {
    name: "NextChat",
    where: "Settings → Custom Endpoint → Model Provider: OpenAI",
    chinese: {
      Settings: "设置",
      "Custom Endpoint": "自定义接口",
      "Model Provider: OpenAI": "模型服务商：OpenAI",
      "OpenAI Endpoint": "接口地址",
      "OpenAI API Key": "API Key",
      "Custom Models": "自定义模型名",
    },
    fields: ({ root, model }) => [
      ["OpenAI Endpoint", root],
      ["OpenAI API Key", ""],
      ["Custom Models", `-all,+${model}@OpenAI`],
    ],
    way: "link",
    note: "noteNextChat",
  },
  {
    name: "LobeChat",
    where: "Settings → AI Service Provider → Add Custom Provider",
    chinese: {
      Settings: "设置",
      "AI Service Provider": "AI 服务商",
      "Add Custom Provider": "添加自定义服务商",
      "Request Format": "请求格式",
      "Proxy URL": "API 代理地址",
    },
    fields: ({ base }) => [
      ["Request Format", "openai"],
      ["Proxy URL", base],
      ["API Key", ""],
    ],
    way: "link",
    note: "noteLobeChat",
  },
  {
    name: "Cherry Studio",
    where: "Settings → Model Provider → Add → OpenAI",
    chinese: {
      Settings: "设置",
      "Model Provider": "模型服务",
      Add: "添加",
      "API Host": "API 地址",
      "API Key": "API 密钥",
    },
    fields: ({ root }) => [
      ["API Host", root],
      ["API Key", ""],
    ],
    way: "images",
    note: "noteManage",
  },
  {
    name: "Chatbox",
    where: "Settings → Model Provider → Add → OpenAI API Compatible",
    chinese: {
      Settings: "设置",
      "Model Provider": "模型提供方",
      Add: "添加",
      "OpenAI API Compatible": "OpenAI API 兼容",
      "API Host": "API 主机",
      "API Key": "API 密钥",
    },
    fields: ({ base }) => [
      ["API Host", base],
      ["API Key", ""],
    ],
    way: "link",
    note: "noteChatbox",
  },
  {
    name: "SillyTavern",
    where: "API Connections → Chat Completion → Custom (OpenAI-compatible)",
    chinese: {
      "API Connections": "API 连接",
      "Chat Completion": "聊天补全",
      "Custom (OpenAI-compatible)": "自定义（兼容 OpenAI）",
      "Custom Endpoint": "自定义端点",
      "Custom API Key": "自定义 API 密钥",
      "Prompt Post-Processing": "提示词后处理",
      None: "无",
    },
    fields: ({ base }) => [
      ["Custom Endpoint", base],
      ["Custom API Key", ""],
      ["Prompt Post-Processing", "None"],
    ],
    way: "markdown",
    note: "noteSillyTavern",
  },
  {
    name: "LibreChat",
    where: "librechat.yaml",
    code: ({ base, model }) => `endpoints:
  custom:
    - name: Easel
      apiKey: user_provided
      baseURL: ${base}
      models: { default: [${model}], fetch: true }
      titleConvo: false
`,
    way: "link",
  },
  {
    name: "OpenAI · Python",
    code: ({ base, model }) => `import os
from base64 import b64decode
from pathlib import Path

from openai import OpenAI

client = OpenAI(base_url="${base}", api_key=os.environ["EASEL_KEY"])
answer = client.images.generate(model="${model}", prompt="a cat", response_format="b64_json")
Path("cat.jpg").write_bytes(b64decode(answer.data[0].b64_json))
`,
  },
  {
    name: "OpenAI · JavaScript",
    code: ({ base, model }) => `import { writeFileSync } from "node:fs";

import OpenAI from "openai";

const client = new OpenAI({ baseURL: "${base}", apiKey: process.env.EASEL_KEY });
const answer = await client.images.generate({
  model: "${model}",
  prompt: "a cat",
  response_format: "b64_json",
});
writeFileSync("cat.jpg", Buffer.from(answer.data[0].b64_json, "base64"));
`,
  },
  {
    name: "google-genai · Python",
    code: ({ root, model }) => `import os

from google import genai
from google.genai import types

client = genai.Client(
    api_key=os.environ["EASEL_KEY"],
    http_options=types.HttpOptions(base_url="${root}"),
)
answer = client.models.generate_content(model="${model}", contents="a cat")
answer.parts[0].as_image().save("cat.jpg")
`,
  },
  {
    name: "@google/genai · JavaScript",
    code: ({ root, model }) => `import { writeFileSync } from "node:fs";

import { GoogleGenAI } from "@google/genai";

const client = new GoogleGenAI({
  apiKey: process.env.EASEL_KEY,
  httpOptions: { baseUrl: "${root}" },
});
const answer = await client.models.generateContent({ model: "${model}", contents: "a cat" });
writeFileSync("cat.jpg", Buffer.from(answer.data, "base64"));
`,
  },
  {
    name: "Vercel AI SDK",
    code: ({ base, model }) => `import { writeFileSync } from "node:fs";

import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { generateImage } from "ai";

const easel = createOpenAICompatible({
  name: "easel",
  baseURL: "${base}",
  apiKey: process.env.EASEL_KEY,
});
const { image } = await generateImage({
  model: easel.imageModel("${model}"),
  prompt: "a cat",
  providerOptions: { easel: { response_format: "b64_json" } },
  maxRetries: 0,
});
writeFileSync("cat.jpg", image.uint8Array);
`,
  },
  {
    name: "LangChain",
    code: ({ base, model }) => `import os

from langchain_openai import ChatOpenAI

model = ChatOpenAI(base_url="${base}", api_key=os.environ["EASEL_KEY"], model="${model}")
print(model.invoke("a cat").content)
`,
    way: "link",
  },
  {
    name: "LiteLLM",
    code: ({ base, model }) => `import os

import litellm

answer = litellm.completion(
    model="openai/${model}",
    api_base="${base}",
    api_key=os.environ["EASEL_KEY"],
    messages=[{"role": "user", "content": "a cat"}],
    modalities=["image", "text"],
)
print(answer.choices[0].message.images[0]["image_url"]["url"][:40])
`,
    way: "images",
  },
  {
    name: "llm",
    where: "extra-openai-models.yaml",
    code: ({ base, model }) => `- model_id: easel
  model_name: ${model}
  api_base: ${base}
  api_key_name: easel
`,
    way: "link",
    note: "noteLlm",
  },
];
