/** The data of server-sent events, as a stream of bytes brings them. */
export class EventDecoder {
  #text = new TextDecoder();
  // Parts of a line that has not ended: a picture of megabytes is one line.
  /** @type {string[]} */
  #line = [];

  /**
   * The events that are whole now.
   * @param {Uint8Array} chunk
   * @returns {string[]}
   */
  encode(chunk) {
    return this.#take(this.#text.decode(chunk, { stream: true }));
  }

  /**
   * The last event, where nothing ended it.
   * @returns {string[]}
   */
  flush() {
    return this.#take(`${this.#text.decode()}\n`);
  }

  /** @param {string} text */
  #take(text) {
    const found = [];
    const lines = text.split("\n");
    for (const [at, part] of lines.entries()) {
      this.#line.push(part);
      if (at === lines.length - 1) break;
      const line = this.#line.join("");
      this.#line = [];
      if (line.startsWith("data:")) found.push(line.slice(5).trim());
    }
    return found;
  }
}
