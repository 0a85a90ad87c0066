/** A Worker as one usually sees it: every byte to a character, then btoa. */
import { answer, paint } from "chat.js";

export default {
  async fetch(request) {
    const painted = await paint(request);
    const bytes = new Uint8Array(await painted.picture.arrayBuffer());
    let binary = "";
    for (let i = 0; i < bytes.length; i++) binary += String.fromCharCode(bytes[i]);
    return answer(painted, btoa(binary));
  },
};
