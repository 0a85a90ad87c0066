/**
 * Reads what others read, one line of JSON after another: addresses as `fetch` does, markdown as chat
 * clients do. In: {"url", "base"} or {"markdown"}. Out: the address's parts or null, or HTML by renderer.
 */
import { createInterface } from "node:readline";

/** @param {string} url @param {string} base */
function parts(url, base) {
  try {
    const { protocol, hostname, port, href, username, password } = new URL(url, base);
    return { protocol, hostname, port, href, username, password };
  } catch {
    return null;
  }
}

/** @returns {Promise<Record<string, (text: string) => unknown>>} */
async function renderers() {
  const [{ default: MarkdownIt }, { marked }] = await Promise.all([
    import("markdown-it"),
    import("marked"),
  ]);
  const plain = new MarkdownIt();
  const lenient = new MarkdownIt({ html: true, linkify: true, typographer: true, breaks: true });
  return {
    "markdown-it": (text) => plain.render(text),
    "markdown-it with everything on": (text) => lenient.render(text),
    marked: (text) => marked.parse(text),
    "marked with breaks": (text) => marked.parse(text, { breaks: true }),
    "marked, pedantic": (text) => marked.parse(text, { pedantic: true, gfm: false }),
  };
}

let loaded;
for await (const line of createInterface({ input: process.stdin })) {
  const asked = JSON.parse(line);
  if ("url" in asked) {
    console.log(JSON.stringify(parts(asked.url, asked.base)));
    continue;
  }
  loaded ??= await renderers();
  const html = Object.entries(loaded).map(([name, render]) => [name, render(asked.markdown)]);
  console.log(JSON.stringify(Object.fromEntries(html)));
}
