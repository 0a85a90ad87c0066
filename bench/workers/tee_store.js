/** A picture that is passed on and stored from one download. */
import { decode, generate } from "chat.js";

export default {
  /**
   * @param {Request} request
   * @param {any} env
   * @param {any} context
   */
  async fetch(request, env, context) {
    const { asked } = decode(await request.json());
    const picture = await fetch((await generate(request, asked)).data.image.image_url);
    if (!picture.body) throw new Error("no picture");
    const [passed, stored] = picture.body.tee();
    const key = crypto.randomUUID();
    const how = { expirationTtl: 86_400, metadata: { length: 1 } };
    context.waitUntil(env.PICTURES.put(key, stored, how));
    return new Response(passed);
  },
};
