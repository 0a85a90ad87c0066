/**
 * One line of JSON for each request, for `wrangler tail` and Workers Logs. What is in it is chosen by
 * Python (`easel/request_log.py`): no prompt, no token, no address.
 */

/** What becomes of one request, until its line is written. */
export class RequestLog {
  #started = Date.now();
  /** @type {string | null} */
  #fields = null;
  #headersMs = 0;

  /** Questions to services, downloads of pictures, questions to the store, and bytes of the answer. */
  attempts = 0;
  downloads = 0;
  stores = 0;
  bytes = 0;
  /**
   * The code of an error that came after the headers.
   *
   * @type {string | null}
   */
  code = null;
  /** Whether the client has left, as far as that is known before the line is written. */
  left = false;

  /**
   * The answer's headers leave now; the line is written when its body has ended.
   *
   * @param {string} fields JSON
   */
  answer(fields) {
    this.#fields = fields;
    this.#headersMs = Date.now() - this.#started;
  }

  /**
   * Writes the line, once. `cut` is whether the answer was cut.
   *
   * @param {{ cut: boolean }} how
   */
  finish({ cut }) {
    if (this.#fields === null) return;
    const { attempts, downloads, bytes, left } = this;
    const line = JSON.parse(this.#fields);
    this.#fields = null;
    line.code ??= this.code;
    const times = { headers_ms: this.#headersMs, total_ms: Date.now() - this.#started };
    console.log(JSON.stringify({ ...line, ...times, bytes, attempts, downloads, left, cut }));
  }
}
