/**
 * Runs the built Worker on Miniflare and answers its outgoing requests with the test's own server.
 * In: the folder of the Worker, wrangler.toml's date and flags, variables, perhaps a rate limit and a
 * store with a folder that outlives it, and the port of that server, as JSON on the command line. Out: the Worker's address on standard
 * output; ends with its input.
 */
import { once } from "node:events";
import { request } from "node:http";
import { Readable } from "node:stream";
import { Headers, Miniflare, Response } from "miniflare";
import { modulesOf } from "../../tools/runtime/modules.mjs";

const options = JSON.parse(process.argv[2] ?? "");
const { folder, compatibilityDate, compatibilityFlags, variables, limiter, store } = options;
const { outboundPort, data } = options;

/**
 * Passes a request on under the host name that it is for.
 * @param {import("miniflare").Request} outgoing
 * @returns {Promise<Response>}
 */
function toTest(outgoing) {
  const { host, pathname, search, protocol } = new URL(outgoing.url);
  const headers = Object.fromEntries(
    [...outgoing.headers].filter(([name]) => !/^(mf-|cf-)/.test(name)),
  );
  return new Promise((resolve, reject) => {
    const sent = request(
      {
        port: outboundPort,
        method: outgoing.method,
        path: pathname + search,
        headers: { ...headers, host, "x-forwarded-proto": protocol.slice(0, -1) },
      },
      (answer) => {
        const headers = new Headers();
        for (const [name, values] of Object.entries(answer.headersDistinct))
          for (const value of values ?? []) headers.append(name, value);
        resolve(new Response(Readable.toWeb(answer), { status: answer.statusCode ?? 0, headers }));
      },
    );
    sent.on("error", reject);
    if (outgoing.body) Readable.fromWeb(outgoing.body).pipe(sent);
    else sent.end();
  });
}

/** @type {Record<string, any>} */
const env = Object.fromEntries(
  Object.entries(variables).map(([name, value]) => [name, { type: "text", value }]),
);
if (limiter) env.KEY_LIMITER = { type: "rate-limit", namespace: "1001", simple: limiter };
if (store === "kv") env.PICTURES = { type: "kv", id: "pictures" };
if (store === "r2") env.PICTURES = { type: "r2", name: "pictures" };
const miniflare = new Miniflare({
  ...(data && { resourcePersistencePath: data }),
  workers: [
    {
      config: {
        name: "easel",
        compatibilityDate,
        compatibilityFlags,
        manifest: { mainModule: "entry.py", modules: modulesOf(folder) },
        env,
      },
      dev: {
        outboundService: { type: "fetcher", handler: toTest },
      },
    },
  ],
});

console.log((await miniflare.ready).href);
process.stdin.resume();
await once(process.stdin, "end");
await miniflare.dispose();
process.exit(0);
