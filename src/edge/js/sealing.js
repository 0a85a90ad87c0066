/**
 * Seals texts: whoever has no key can neither read one nor make another.
 *
 * AES-GCM with a random nonce of 96 bits, and a key that HKDF derives from a secret of the deployment
 * for one purpose alone. A sealed text is the nonce, what is encrypted, and the tag of 128 bits, in
 * base64url.
 */

const NONCE_BYTES = 12;
const TAG_BYTES = 16;

const ALGORITHM = { name: "AES-GCM", length: 256 };

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** What is no text that was sealed with this secret, or is not whole. */
export class NotSealed extends Error {
  name = "NotSealed";
}

const DIGEST = { name: "HMAC", hash: "SHA-256", length: 256 };

/**
 * The last key of each kind and purpose; a promise would bind one request to another.
 *
 * @type {Map<string, { secret: string, key: CryptoKey }>}
 */
const keys = new Map();

/**
 * @param {string} secret
 * @param {string} purpose
 * @param {typeof ALGORITHM | typeof DIGEST} algorithm
 * @param {string[]} usages
 */
async function keyOf(secret, purpose, algorithm = ALGORITHM, usages = ["encrypt", "decrypt"]) {
  const kind = `${algorithm.name} ${purpose}`;
  const known = keys.get(kind);
  if (known?.secret === secret) return known.key;
  const master = await crypto.subtle.importKey("raw", encoder.encode(secret), "HKDF", false, [
    "deriveKey",
  ]);
  const how = {
    name: "HKDF",
    hash: "SHA-256",
    salt: new Uint8Array(),
    info: encoder.encode(purpose),
  };
  const key = await crypto.subtle.deriveKey(how, master, algorithm, false, usages);
  keys.set(kind, { secret, key });
  return key;
}

/**
 * @param {string} secret
 * @param {string} purpose what it is for: texts of one purpose are nothing to another
 * @param {string} text
 */
export async function seal(secret, purpose, text) {
  const key = await keyOf(secret, purpose);
  const iv = crypto.getRandomValues(new Uint8Array(NONCE_BYTES));
  const encrypted = await crypto.subtle.encrypt({ ...ALGORITHM, iv }, key, encoder.encode(text));
  const sealed = new Uint8Array(NONCE_BYTES + encrypted.byteLength);
  sealed.set(iv);
  sealed.set(new Uint8Array(encrypted), NONCE_BYTES);
  return sealed.toBase64({ alphabet: "base64url", omitPadding: true });
}

/**
 * A word that stands for a text, always the same, and tells whoever has no secret nothing of it.
 *
 * @param {string} secret
 * @param {string} purpose
 * @param {string} text
 */
export async function digest(secret, purpose, text) {
  const key = await keyOf(secret, purpose, DIGEST, ["sign"]);
  const signed = await crypto.subtle.sign(DIGEST.name, key, encoder.encode(text));
  return new Uint8Array(signed).toBase64({ alphabet: "base64url", omitPadding: true });
}

/**
 * The text that was sealed; rejects with NotSealed.
 *
 * @param {string} secret
 * @param {string} purpose
 * @param {string} sealed
 */
export async function unseal(secret, purpose, sealed) {
  try {
    const bytes = Uint8Array.fromBase64(sealed + "=".repeat(-sealed.length & 3), {
      alphabet: "base64url",
      lastChunkHandling: "strict",
    });
    if (bytes.length < NONCE_BYTES + TAG_BYTES) throw new NotSealed();
    const iv = bytes.subarray(0, NONCE_BYTES);
    const key = await keyOf(secret, purpose);
    const how = { ...ALGORITHM, iv };
    const text = await crypto.subtle.decrypt(how, key, bytes.subarray(NONCE_BYTES));
    return decoder.decode(text);
  } catch {
    throw new NotSealed();
  }
}
