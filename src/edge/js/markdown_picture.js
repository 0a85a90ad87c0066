/**
 * Finds the last picture of a markdown text, `![alt](address)`, in the bytes of a JSON string. What the
 * address is does not matter here; it may be megabytes of a `data:` URL.
 *
 * `easel.dialects.markdown` finds it in texts that are short enough for Python, by the same rule.
 */

const OPENING = 0x28; // (
const CLOSING = 0x29; // )
const BRACKET = 0x5d; // ]
const BLANK = 0x20;
const LESS = 0x3c;
const GREATER = 0x3e;

// How many parentheses are looked at, from the end: far more than a text behind a picture has. Each costs some
// hundred nanoseconds; what lies between them is searched by the engine.
const MOST_PARENTHESES = 10_000;

// How many of them may follow a bracket, and how long the words in the brackets may be.
const MOST_LINKS = 100;
const MOST_ALT_BYTES = 1024;

// The words of a picture may have brackets in pairs.
const ALT = /^(?:[^[\]]|\[[^[\]]*\])*$/;

// What is no ASCII is no bracket, so characters may be cut.
const decoder = new TextDecoder("utf-8", { fatal: false, ignoreBOM: true });

/**
 * Whether `![…` stands before the bracket at `end`.
 *
 * @param {Uint8Array} text
 * @param {number} end
 */
function closesPicture(text, end) {
  const before = decoder.decode(text.subarray(Math.max(0, end - MOST_ALT_BYTES), end));
  const start = before.lastIndexOf("![");
  return start >= 0 && ALT.test(before.slice(start + 2));
}

/**
 * Where the address begins and ends that stands in parentheses, without the title that may follow it;
 * undefined where the parentheses do not end in `text`.
 *
 * @param {Uint8Array} text
 * @param {number} opening
 * @returns {[start: number, end: number] | undefined}
 */
function addressAt(text, opening) {
  const closing = text.indexOf(CLOSING, opening);
  if (closing < 0) return undefined;
  let start = opening + 1;
  while (text[start] === BLANK) start += 1;
  const blank = text.subarray(start, closing).indexOf(BLANK);
  const end = blank < 0 ? closing : start + blank;
  const angled = text[start] === LESS && text[end - 1] === GREATER;
  return angled ? [start + 1, end - 1] : [start, end];
}

/**
 * Where the address of the last picture begins and ends; undefined where there is none. A picture that
 * has no end is none: nobody would show it.
 *
 * @param {Uint8Array} text
 */
export function lastPicture(text) {
  // Up to where parentheses may end: a text without an end is searched once, however many there are.
  let within = text;
  let [at, links] = [text.length, 0];
  for (let looked = 0; looked < MOST_PARENTHESES && links < MOST_LINKS && at > 0; looked += 1) {
    at = text.lastIndexOf(OPENING, at - 1);
    if (at < 1) return undefined;
    if (text[at - 1] !== BRACKET) continue;
    links += 1;
    if (!closesPicture(text, at - 1)) continue;
    const span = addressAt(within, at);
    if (span) return span;
    within = text.subarray(0, at);
  }
  return undefined;
}
