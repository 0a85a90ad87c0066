import assert from "node:assert/strict";
import test, { afterEach, mock } from "node:test";

import { Lifetime } from "../../src/edge/js/lifetime.js";
import { LIMITS } from "./lifetimes.mjs";

const URL = "https://service.example/";

afterEach(() => mock.restoreAll());

/** With what each fetch was asked for; nothing answers it. */
function withoutNetwork() {
  /** @type {unknown[]} */
  const asked = [];
  mock.method(globalThis, "fetch", (/** @type {string} */ _, /** @type {unknown} */ options) => {
    asked.push(options);
    return Promise.resolve(new Response(""));
  });
  return asked;
}

/** A lifetime, and what lets its client leave. */
function born() {
  const client = new AbortController();
  return { client, lifetime: new Lifetime({ signal: client.signal }, "req_1", LIMITS) };
}

/** The lines of the log. */
function logged() {
  /** @type {Record<string, any>[]} */
  const lines = [];
  mock.method(console, "log", (/** @type {string} */ line) => lines.push(JSON.parse(line)));
  return lines;
}

test("a client that leaves ends all work, and is told of in the log", () => {
  const lines = logged();
  const { client, lifetime } = born();
  const controller = lifetime.controller();
  lifetime.journal.answer('{"request": "req_1", "code": null}');
  client.abort();
  assert.deepEqual([lifetime.signal.aborted, controller.signal.aborted], [true, true]);
  assert.equal(lifetime.controller().signal.aborted, true);
  const told = lines.map(({ left, cut }) => ({ left, cut }));
  assert.deepEqual(told, [{ left: true, cut: true }]);
});

test("a client that has left before there is a lifetime ends it too", () => {
  const { signal } = new Lifetime({ signal: AbortSignal.abort() }, "req_1", LIMITS);
  assert.equal(signal.aborted, true);
});

test("services are asked 40 times at the most, and all is fetched 50 times at the most", async () => {
  withoutNetwork();
  const { lifetime } = born();
  for (let count = 0; count < 40; count += 1) await lifetime.ask(URL, {});
  await assert.rejects(lifetime.ask(URL, {}), { name: "TooManyFetches" });
  for (let count = 0; count < 10; count += 1) await lifetime.download(URL, {});
  await assert.rejects(lifetime.download(URL, {}), { name: "TooManyFetches" });
  assert.deepEqual([lifetime.journal.attempts, lifetime.journal.downloads], [40, 10]);
});

test("no redirect is followed", async () => {
  const asked = withoutNetwork();
  await born().lifetime.ask(URL, { method: "POST", redirect: "follow" });
  assert.deepEqual(asked, [{ method: "POST", redirect: "manual" }]);
});

test("what is kept is given back when it is released, or when it was sent for the only time", () => {
  for (const release of [
    (/** @type {Lifetime} */ lifetime) => lifetime.release(),
    (/** @type {Lifetime} */ lifetime) => lifetime.abort(),
    (/** @type {Lifetime} */ lifetime) => {
      lifetime.sendOnce();
      lifetime.sent();
    },
  ]) {
    const { lifetime } = born();
    const bytes = lifetime.keep(new Uint8Array(3));
    lifetime.sent();
    assert.equal(bytes.byteLength, 3);
    release(lifetime);
    assert.equal(bytes.byteLength, 0);
  }
});

test("an answer that breaks off says why by a name, unless its client has left", () => {
  const said = mock.method(console, "error", () => {});
  const secret = Object.assign(new Error("https://secret.example"), { name: "TooLarge" });
  const [one, two] = [born(), born()];
  one.lifetime.breakOff(secret);
  two.client.abort();
  two.lifetime.breakOff(secret);
  const lines = said.mock.calls.map((call) => String(call.arguments));
  assert.deepEqual(lines, ["req_1 the picture broke off: TooLarge"]);
});

test("the line of the log has the times, what was fetched and sent, and a late error's code", () => {
  const lines = logged();
  const { journal } = born().lifetime;
  journal.finish({ cut: false });
  assert.deepEqual(lines, []);
  journal.answer('{"request": "req_1", "code": null}');
  Object.assign(journal, { attempts: 2, downloads: 1, bytes: 3, code: "too_slow" });
  journal.finish({ cut: false });
  journal.finish({ cut: true });
  /** @type {Record<string, any>} */
  const line = lines[0] ?? {};
  const { headers_ms, total_ms, ...others } = line;
  assert.ok(headers_ms >= 0 && total_ms >= headers_ms);
  const told = { request: "req_1", code: "too_slow", bytes: 3 };
  assert.deepEqual(others, { ...told, attempts: 2, downloads: 1, left: false, cut: false });
  assert.equal(lines.length, 1);
});
