/** Texts that nobody else can read or make: run by `workerd.test.mjs`. */

import assert from "node:assert/strict";

import { digest, seal, unseal } from "../../../src/edge/js/sealing.js";

const SECRET = "a-secret-of-the-deployment-that-seals";

export const aTextIsReadAsItWasSealed = {
  async test() {
    for (const text of ["", "a", "模型 🎨", "x".repeat(10_000)]) {
      const sealed = await seal(SECRET, "links", text);
      assert.match(sealed, /^[A-Za-z0-9_-]+$/);
      assert.equal(await unseal(SECRET, "links", sealed), text);
    }
  },
};

export const theSameTextIsNeverSealedTheSame = {
  async test() {
    const sealed = await Promise.all([1, 2, 3].map(() => seal(SECRET, "links", "a")));
    assert.equal(new Set(sealed).size, 3);
    assert.equal(new Set(sealed.map((each) => each.length)).size, 1);
  },
};

export const whoeverHasAnotherSecretOrPurposeReadsNothing = {
  async test() {
    const sealed = await seal(SECRET, "links", "a");
    const none = { name: "NotSealed" };
    await assert.rejects(unseal(`${SECRET}!`, "links", sealed), none);
    await assert.rejects(unseal(SECRET, "sessions", sealed), none);
    // The key that is kept is that of the secret.
    assert.equal(await unseal(SECRET, "links", sealed), "a");
  },
};

export const whatWasAlteredIsNothing = {
  async test() {
    const sealed = await seal(SECRET, "links", "https://h/cat.png");
    for (let at = 0; at < sealed.length; at += 1) {
      const other = sealed[at] === "A" ? "B" : "A";
      const altered = sealed.slice(0, at) + other + sealed.slice(at + 1);
      await assert.rejects(unseal(SECRET, "links", altered), { name: "NotSealed" });
    }
    for (const text of ["", "A", "AAAA", "é", sealed.slice(1), `${sealed}A`, `${sealed}AAAA`]) {
      await assert.rejects(unseal(SECRET, "links", text), { name: "NotSealed" });
    }
  },
};

export const aTextIsNamedByTheSameWordThatTellsNothing = {
  async test() {
    const word = await digest(SECRET, "names", "a token");
    assert.match(word, /^[A-Za-z0-9_-]{43}$/);
    assert.equal(await digest(SECRET, "names", "a token"), word);
    for (const other of [
      digest(SECRET, "names", "another token"),
      digest(SECRET, "links", "a token"),
      digest(`${SECRET}!`, "names", "a token"),
    ]) {
      assert.notEqual(await other, word);
    }
  },
};
