/** Runs the tests in `workerd/` on workerd itself: a module's exports are its tests. */

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import test from "node:test";
import { fileURLToPath } from "node:url";

const HERE = dirname(fileURLToPath(import.meta.url));
const PROJECT = join(HERE, "..", "..");
const EDGE = join(PROJECT, "src", "edge", "js");
// The set-up puts it there.
const WORKERD = join(PROJECT, ".easel", "runtime", "workerd");
const TESTS = join(HERE, "workerd");

// Production's; it brings `node:assert` too.
const COMPATIBILITY = 'compatibilityDate = "2026-11-17"';

/**
 * The configuration of a Worker that has all modules of the edge, and begins with `main`.
 *
 * @param {string} main
 * @param {string} folder
 */
async function configuration(main, folder) {
  const names = (await readdir(EDGE)).filter((name) => name.endsWith(".js"));
  const helpers = ["lifetimes.mjs", "streams.mjs"].map((name) => join(HERE, name));
  const files = [main, ...helpers, ...names.map((name) => join(EDGE, name))];
  const modules = files.map((file) => {
    const embedded = `embed "${relative(folder, file)}"`;
    return `(name = "${relative(PROJECT, file)}", esModule = ${embedded})`;
  });
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (services = [(name = "edge", worker = (
  ${COMPATIBILITY}, modules = [${modules.join(",\n")}]
))]);`;
}

/**
 * What workerd says of the tests of a module, and whether all passed.
 *
 * @param {string} main
 */
async function outcome(main) {
  const folder = await mkdtemp(join(tmpdir(), "easel-edge-"));
  try {
    const file = join(folder, "config.capnp");
    await writeFile(file, await configuration(main, folder));
    const running = spawn(WORKERD, ["test", file], { stdio: ["ignore", "pipe", "pipe"] });
    let said = "";
    for (const stream of [running.stdout, running.stderr]) {
      stream.on("data", (/** @type {Buffer} */ bytes) => (said += bytes));
    }
    /** @type {number | null} */
    const code = await new Promise((resolve) => running.once("close", resolve));
    return { code, said };
  } finally {
    await rm(folder, { recursive: true });
  }
}

for (const name of await readdir(TESTS)) {
  test(`on workerd: ${name}`, { timeout: 60_000 }, async () => {
    const main = join(TESTS, name);
    const { code, said } = await outcome(main);
    assert.equal(code, 0, said);
    assert.ok(said.includes("[ PASS ]"), `no test has run: ${said}`);
  });
}
