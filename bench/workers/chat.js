/** What every Worker of this bench shares: the way of a chat request to image.z.ai and back. */

const RATIOS = new Set(["1:1", "3:4", "4:3", "16:9", "9:16", "21:9", "9:21"]);

/** Paints, and returns the response that holds the picture and its address. */
export async function paint(request) {
  const token = request.headers.get("authorization").replace(/^Bearer /, "");
  const body = await request.json();
  const [, resolution, suffix] = /^gemini-3-image-([12]k)(?:-(\d+-\d+))?$/.exec(body.model);
  const ratio = suffix ? suffix.replace("-", ":") : "21:9";
  if (!RATIOS.has(ratio)) throw new Error("ratio");
  const prompt = body.messages.findLast((message) => message.role === "user").content;
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
    body: JSON.stringify({
      prompt,
      ratio,
      resolution: resolution.toUpperCase(),
      rm_label_watermark: true,
    }),
  });
  const url = (await answer.json()).data.image.image_url;
  return { model: body.model, url, picture: await fetch(url) };
}

/** The whole stream around a picture's base64. */
export function answer({ model, url }, data) {
  const event = {
    candidates: [{ content: { parts: [{ inlineData: { mimeType: "image/jpeg", data } }] } }],
    id: `chatcmpl-${crypto.randomUUID()}`,
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
  };
  return new Response(`data: ${JSON.stringify(event)}\n\ndata: [DONE]\n\n`, {
    headers: { "content-type": "text/event-stream" },
  });
}
