/** What the Workers of this bench share: the way of a chat request to image.z.ai and back. */

const MODEL = /^gemini-3-image-([12]k)(?:-(\d+)-(\d+))?$/;
const RATIOS = new Set(["1:1", "3:4", "4:3", "16:9", "9:16", "21:9", "9:21"]);

/**
 * The model that a chat asks for, and the body of the request to the service.
 * @param {{model: string, messages: {role: string, content: string}[]}} chat
 */
export function decode({ model, messages }) {
  const [, resolution = "", width, height] = MODEL.exec(model) ?? [];
  const ratio = width ? `${width}:${height}` : "21:9";
  if (!RATIOS.has(ratio)) throw new Error("ratio");
  const prompt = messages.findLast((message) => message.role === "user")?.content;
  const asked = { prompt, ratio, resolution: resolution.toUpperCase(), rm_label_watermark: true };
  return { model, asked: JSON.stringify(asked) };
}

/**
 * The service's answer to such a body.
 * @param {Request} request
 * @param {string} body
 * @returns {Promise<{data: {image: {image_url: string}}}>}
 */
export async function generate(request, body) {
  const token = request.headers.get("authorization")?.replace(/^Bearer /, "");
  const answer = await fetch("https://image.z.ai/api/proxy/images/generate", {
    method: "POST",
    headers: {
      "content-type": "application/json",
      accept: "text/event-stream",
      origin: "https://image.z.ai",
      referer: "https://image.z.ai/",
      "user-agent": "Mozilla/5.0 AppleWebKit/537.36 Chrome/143 Safari/537",
      cookie: `session=${token}`,
    },
    body,
  });
  return answer.json();
}

/**
 * The MIME type that a picture's first bytes say.
 * @param {Uint8Array} bytes
 */
export function mimeType(bytes) {
  if (bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff) return "image/jpeg";
  if (bytes[0] === 0x89 && bytes[1] === 0x50 && bytes[2] === 0x4e) return "image/png";
  throw new Error("no picture");
}

/**
 * What stands in front of a picture's base64.
 * @param {string} type
 */
export function head(type) {
  return `data: {"candidates": [{"content": {"parts": [{"inlineData": {"mimeType": "${type}", "data": "`;
}

/**
 * What stands behind it.
 * @param {string} model
 * @param {string} url
 */
export function tail(model, url) {
  const rest = {
    id: `chatcmpl-${crypto.randomUUID().replaceAll("-", "")}`,
    object: "chat.completion.chunk",
    created: Math.floor(Date.now() / 1000),
    model,
    choices: [
      {
        index: 0,
        delta: { role: "assistant", content: `![image](${url})` },
        finish_reason: "stop",
      },
    ],
    easel: { pictures: [{}] },
  };
  return `"}}]}}], ${JSON.stringify(rest).slice(1)}\n\ndata: [DONE]\n\n`;
}

export const HEADERS = {
  "content-type": "text/event-stream; charset=utf-8",
  "cache-control": "no-store",
};
