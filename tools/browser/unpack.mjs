// Unpacks the headless Chromium of the npm package @sparticuz/chromium into .easel/chromium.
//
// The package is made for AWS Lambda: a Brotli file for x86-64 Linux, and beside it the libraries
// that a bare machine lacks. Elsewhere there is nothing to unpack, and a Chromium of the machine's
// own is taken (tools/browser/chromium.py).
import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliDecompressSync } from "node:zlib";

const SOURCE = "node_modules/@sparticuz/chromium/bin";
const TARGET = ".easel/chromium";

rmSync(TARGET, { recursive: true, force: true });
mkdirSync(TARGET, { recursive: true });
if (process.platform === "linux" && process.arch === "x64") {
  for (const archive of ["al2023", "fonts"]) {
    const packed = readFileSync(join(SOURCE, `${archive}.tar.br`));
    execFileSync("tar", ["-x", "-C", TARGET], { input: brotliDecompressSync(packed) });
  }
  const program = join(TARGET, "chromium");
  writeFileSync(program, brotliDecompressSync(readFileSync(join(SOURCE, "chromium.br"))));
  chmodSync(program, 0o755);
}
