/** The platform's rate limit, as far as Easel uses it: two requests for each key, for ever. */
import { WorkerEntrypoint } from "cloudflare:workers";

const LIMIT = 2;
const counts = new Map();

export default class extends WorkerEntrypoint {
  /** @param {{key: string}} options */
  limit(options) {
    const { key, ...rest } = options;
    if (typeof key !== "string" || Object.keys(rest).length) throw new TypeError("bad options");
    console.log(`limiter: ${key}`);
    counts.set(key, (counts.get(key) ?? 0) + 1);
    return { success: counts.get(key) <= LIMIT };
  }
}
