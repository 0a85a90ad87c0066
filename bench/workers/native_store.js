/** The least that storing costs: the same two calls, and the picture goes from one to the other as it is. */
import { decode, generate } from "chat.js";

/**
 * @param {any} env
 * @param {string} url
 */
async function store(env, url) {
  const picture = await fetch(url);
  const key = crypto.randomUUID();
  await env.PICTURES.put(key, picture.body, { expirationTtl: 86_400, metadata: { length: 1 } });
}

export default {
  /**
   * @param {Request} request
   * @param {any} env
   * @param {any} context
   */
  async fetch(request, env, context) {
    const { asked } = decode(await request.json());
    const url = (await generate(request, asked)).data.image.image_url;
    context.waitUntil(store(env, url));
    return Response.json({ choices: [{ message: { content: `![image](${url})` } }] });
  },
};
