/**
 * A request of the page as a person would write it: for curl, Python and JavaScript.
 *
 * The key is never in it: the programs read it from the environment, as `EASEL_KEY`.
 *
 * @typedef {import("./models.js").ShapeRequest} ShapeRequest
 *
 * @typedef {object} Asked
 * @property {ShapeRequest} shape
 * @property {string} prompt
 * @property {number} inputs how many pictures it is painted from
 * @property {boolean} mask
 *
 * @typedef {typeof LANGUAGES[number]} Language
 */

export const LANGUAGES = /** @type {const} */ (["curl", "python", "javascript"]);

/**
 * @param {Language} language
 * @param {Asked} asked
 * @param {string} base this deployment, without a path
 */
export function code(language, asked, base) {
  return { curl, python, javascript }[language](asked, base);
}

/** @param {string} text */
const shellQuoted = (text) => `'${text.replaceAll("'", String.raw`'\''`)}'`;

/**
 * The pictures to paint from, and the mask, as files that the person has.
 * @param {Asked} asked
 */
function files({ inputs, mask }) {
  const pictures = Array.from({ length: inputs }, (_, at) =>
    at ? `picture-${at + 1}.png` : "picture.png",
  );
  return { pictures, mask: mask ? "mask.png" : "" };
}

/**
 * @param {Asked} asked
 * @param {string} base
 */
function curl(asked, base) {
  const fields = { ...asked.shape, prompt: asked.prompt };
  const lines = [`curl -sS ${base}/v1/images/${asked.inputs ? "edits" : "generations"}`];
  lines.push('-H "Authorization: Bearer $EASEL_KEY"');
  if (asked.inputs) {
    const { pictures, mask } = files(asked);
    const name = pictures.length > 1 ? "image[]" : "image";
    for (const [field, value] of Object.entries(fields))
      lines.push(`--form-string ${shellQuoted(`${field}=${value}`)}`);
    for (const picture of pictures) lines.push(`-F '${name}=@${picture}'`);
    if (mask) lines.push(`-F 'mask=@${mask}'`);
  } else {
    lines.push(`-d ${shellQuoted(JSON.stringify(fields))}`);
  }
  return `${lines.join(" \\\n  ")}\n`;
}

// What OpenAI's libraries have as arguments of their own.
const OWN_FIELDS = new Set(["model", "prompt", "size"]);

/**
 * @param {Asked} asked
 * @returns {[Record<string, string>, Record<string, string>]}
 */
function split(asked) {
  const all = Object.entries({ ...asked.shape, prompt: asked.prompt });
  return [
    Object.fromEntries(all.filter(([name]) => OWN_FIELDS.has(name))),
    Object.fromEntries(all.filter(([name]) => !OWN_FIELDS.has(name))),
  ];
}

/**
 * @param {Asked} asked
 * @param {string} base
 */
function python(asked, base) {
  const [own, others] = split(asked);
  const { pictures, mask } = files(asked);
  const opened = pictures.map((name) => `open("${name}", "rb")`);
  const lines = Object.entries(own).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
  if (opened.length)
    lines.push(`image=${opened.length > 1 ? `[${opened.join(", ")}]` : opened[0]}`);
  if (mask) lines.push(`mask=open("${mask}", "rb")`);
  lines.push('response_format="b64_json"');
  if (Object.keys(others).length) lines.push(`extra_body=${JSON.stringify(others)}`);
  return `import os
from base64 import b64decode
from pathlib import Path

from openai import OpenAI

client = OpenAI(base_url="${base}/v1", api_key=os.environ["EASEL_KEY"])
answer = client.images.${pictures.length ? "edit" : "generate"}(
${lines.map((line) => `    ${line},`).join("\n")}
)
Path("painted.jpg").write_bytes(b64decode(answer.data[0].b64_json))
`;
}

/**
 * @param {Asked} asked
 * @param {string} base
 */
function javascript(asked, base) {
  const { pictures, mask } = files(asked);
  const opened = pictures.map((name) => `createReadStream("${name}")`);
  const lines = Object.entries({ ...asked.shape, prompt: asked.prompt }).map(
    ([name, value]) => `${name}: ${JSON.stringify(value)}`,
  );
  if (opened.length)
    lines.push(`image: ${opened.length > 1 ? `[${opened.join(", ")}]` : opened[0]}`);
  if (mask) lines.push(`mask: createReadStream("${mask}")`);
  lines.push('response_format: "b64_json"');
  return `import { ${pictures.length ? "createReadStream, " : ""}writeFileSync } from "node:fs";

import OpenAI from "openai";

const client = new OpenAI({ baseURL: "${base}/v1", apiKey: process.env.EASEL_KEY });
const answer = await client.images.${pictures.length ? "edit" : "generate"}({
${lines.map((line) => `  ${line},`).join("\n")}
});
writeFileSync("painted.jpg", Buffer.from(answer.data[0].b64_json, "base64"));
`;
}
