/**
 * A KV namespace, as far as Easel uses it, by the platform's own protocol (workerd's `kv.c++`). What it
 * does is said by `POST /control`: `fine`, `misses` (as a place that does not see a value yet), `refuses`
 * (a spent quota), `slow`, `slow-pictures` (a write of one); `DELETE /control` forgets everything.
 */

const values = new Map();
let mode = "fine";

/**
 * A value as it lies here, by its key: `GET` reads and `PUT` replaces it.
 *
 * @param {Request} request
 * @param {string} key
 */
async function value(request, key) {
  const found = values.get(key);
  if (request.method === "PUT") found.bytes = await request.arrayBuffer();
  return new Response(found.bytes);
}

/** @param {Request} request */
async function control(request) {
  if (request.method === "GET") return Response.json([...values.keys()]);
  if (request.method === "DELETE") values.clear();
  mode = request.method === "DELETE" ? "fine" : await request.text();
  return new Response("");
}

export default {
  /** @param {Request} request */
  async fetch(request) {
    const { pathname, searchParams } = new URL(request.url);
    if (pathname === "/control") {
      const key = searchParams.get("key");
      return key ? value(request, key) : control(request);
    }
    if (mode === "slow") await scheduler.wait(3000);
    if (request.method === "PUT") {
      if (mode === "refuses") {
        await request.arrayBuffer();
        return new Response("quota", { status: 429 });
      }
      const metadata = request.headers.get("CF-KV-Metadata") ?? "null";
      const written = await request.arrayBuffer();
      if (mode === "slow-pictures" && written.byteLength > 1000) await scheduler.wait(1500);
      const ttl = Number(searchParams.get("expiration_ttl"));
      if (ttl < 60) return new Response("bad ttl", { status: 400 });
      values.set(pathname, { bytes: written, metadata });
      return new Response("");
    }
    const found = mode === "misses" ? undefined : values.get(pathname);
    if (!found) return new Response("", { status: 404 });
    return new Response(found.bytes, { headers: { "CF-KV-Metadata": found.metadata } });
  },
};
