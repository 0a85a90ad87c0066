/**
 * Small texts that this browser remembers, where it is allowed to remember anything.
 */

/** @param {string} name */
export function recall(name) {
  try {
    return localStorage.getItem(`easel.${name}`);
  } catch {
    return null;
  }
}

/**
 * @param {string} name
 * @param {string | null} text null to forget it
 */
export function remember(name, text) {
  try {
    if (text === null) localStorage.removeItem(`easel.${name}`);
    else localStorage.setItem(`easel.${name}`, text);
  } catch {
    // It is forgotten with the page then.
  }
}

/**
 * @param {string} name
 * @returns {Record<string, unknown>}
 */
export function recallObject(name) {
  try {
    return Object(JSON.parse(recall(name) ?? "{}"));
  } catch {
    return {};
  }
}
