/** A Worker by somebody who knows the newest of the language: toBase64 on the whole picture. */
import { answer, paint } from "chat.js";

export default {
  async fetch(request) {
    const painted = await paint(request);
    const bytes = new Uint8Array(await painted.picture.arrayBuffer());
    return answer(painted, bytes.toBase64());
  },
};
