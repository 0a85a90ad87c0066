/** A Worker as one usually sees it: the whole picture, to characters in chunks, then btoa. */
import { decode, generate, HEADERS, head, mimeType, tail } from "chat.js";

const CHUNK = 0x8000;

export default {
  /** @param {Request} request */
  async fetch(request) {
    const { model, asked } = decode(await request.json());
    const url = (await generate(request, asked)).data.image.image_url;
    const bytes = new Uint8Array(await (await fetch(url)).arrayBuffer());
    let binary = "";
    for (let at = 0; at < bytes.length; at += CHUNK) {
      binary += String.fromCharCode(...bytes.subarray(at, at + CHUNK));
    }
    const text = head(mimeType(bytes)) + btoa(binary) + tail(model, url);
    return new Response(text, { headers: HEADERS });
  },
};
