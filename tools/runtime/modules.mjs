/**
 * The modules of the built Worker, as Miniflare takes them.
 * In: the folder that `wrangler deploy --dry-run --outdir` wrote. Out: each module by its name.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** @param {string} folder */
export function modulesOf(folder) {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true });
  const entries = files
    .filter((file) => file.isFile() && file.name !== "README.md")
    .map((file) => {
      const path = join(file.parentPath, file.name);
      const name = path.slice(folder.length + 1);
      const data = name.startsWith("python_modules/") || name.endsWith(".json");
      const type = name.endsWith(".js") ? "esm" : data ? "data" : "python";
      return [name, { type, contents: readFileSync(path) }];
    });
  return Object.fromEntries(entries);
}
