/** The least that any Worker does: the same two calls, and the picture's bytes as they come. */
import { decode, generate } from "chat.js";

export default {
  /** @param {Request} request */
  async fetch(request) {
    const { asked } = decode(await request.json());
    return fetch((await generate(request, asked)).data.image.image_url);
  },
};
