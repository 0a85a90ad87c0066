/** One request while it is handled: what Python knows of it by numbers, its answer, and its end. */

/** @import { AtOnce, Bytes, Limits, OpenPicture, ServiceAnswer, Step } from "./types.js" */

import { closePicture } from "./download.js";
import { Lifetime } from "./lifetime.js";
import { passOn } from "./passing.js";
import { Output } from "./writing.js";

/**
 * Values that Python knows by a number, from 1 on.
 *
 * @template T
 */
class Numbered {
  /** @type {T[]} */
  #values = [];

  all() {
    return this.#values;
  }

  /** @param {T} value */
  add(value) {
    return this.#values.push(value);
  }

  /** @param {number} number */
  get(number) {
    const value = this.#values[number - 1];
    if (value === undefined) throw new RangeError(`there is no number ${number}`);
    return value;
  }
}

/** A request whose life goes on in Python until it `isOver`, and whose answer may then go on. */
export class Handling {
  /** @type {PromiseWithResolvers<Response>} */
  #response = Promise.withResolvers();
  /**
   * Resolves when an answer that has begun has ended.
   *
   * @type {PromiseWithResolvers<void>}
   */
  #ended = Promise.withResolvers();
  #stopHold = () => {};
  /** @type {Output | null} */
  #output = null;

  /** @type {Numbered<ServiceAnswer>} */
  answers = new Numbered();
  /** @type {Numbered<OpenPicture>} */
  pictures = new Numbered();
  /** @type {Numbered<Bytes>} */
  uploads = new Numbered();

  /** How many jobs are under way. */
  running = 0;
  /** Whether Python is not told or asked anything any more. */
  isOver = false;
  /** Whether Python goes on when the answer has left, and what does it then. */
  goesOn = false;
  /** @type {() => Promise<void>} */
  afterwards = async () => {};

  /**
   * @param {Request} request
   * @param {Record<string, any>} env
   * @param {Pick<ExecutionContext, "waitUntil">} context
   * @param {string} requestId
   * @param {Limits} limits
   * @param {Step} step
   */
  constructor(request, env, context, requestId, limits, step) {
    this.request = request;
    this.env = env;
    this.context = context;
    this.step = step;
    // It ends with the client too, so it begins before the body is read.
    this.lifetime = new Lifetime(request, requestId, limits);
  }

  get response() {
    return this.#response.promise;
  }

  /** The body of an answer that has begun. */
  get output() {
    if (!this.#output) throw new TypeError("no answer has begun");
    return this.#output;
  }

  /**
   * Calls `held` after `ms` milliseconds, unless an answer begins before.
   *
   * @param {number} ms
   * @param {() => void} held
   */
  hold(ms, held) {
    this.#stopHold();
    const timer = setTimeout(held, ms);
    this.#stopHold = () => clearTimeout(timer);
  }

  /**
   * The headers of an answer leave, and its body is written from here on.
   *
   * @param {Record<string, string>} headers
   */
  begin(headers) {
    this.#stopHold();
    this.#output = new Output(this.lifetime);
    // The platform waits for the rest of it.
    this.context.waitUntil(this.#ended.promise);
    this.#response.resolve(new Response(this.#output.readable, { headers }));
  }

  /**
   * An answer that is there at once.
   *
   * @param {Response | Promise<Response>} response
   */
  reply(response) {
    this.finish();
    this.#endWork();
    if (this.goesOn) this.context.waitUntil(this.#ended.promise);
    this.#response.resolve(response);
    void this.#goOn();
  }

  async #goOn() {
    if (this.goesOn) await this.afterwards();
    this.#ended.resolve();
  }

  /** What goes on when the answer has left: another handling, in which nobody can leave. */
  successor() {
    const { requestId, limits, journal } = this.lifetime;
    const nobody = new Request(this.request.url);
    const next = new Handling(nobody, this.env, this.context, requestId, limits, this.step);
    // The platform counts for both.
    Object.assign(next.lifetime.journal, {
      attempts: journal.attempts,
      downloads: journal.downloads,
      stores: journal.stores,
    });
    next.response.catch(() => {});
    return next;
  }

  get ended() {
    return this.#ended.promise;
  }

  /** What went on after an answer has ended. */
  over() {
    this.finish();
    this.#endWork();
    this.#ended.resolve();
  }

  /** Python is not asked again. */
  finish() {
    if (this.isOver) return;
    this.isOver = true;
    this.#stopHold();
    if (!this.goesOn) this.step.destroy();
  }

  /**
   * The answer ends when `writing` has.
   *
   * @param {(output: Output) => Promise<void>} writing
   */
  async end(writing) {
    this.finish();
    try {
      await writing(this.output);
      await this.output.close();
    } catch (error) {
      await this.breakOff(error);
      return;
    }
    this.lifetime.journal.finish({ cut: false });
    this.#endWork();
    await this.#goOn();
  }

  /**
   * A picture itself is the answer.
   *
   * @param {OpenPicture} picture
   * @param {AtOnce["passOn"]} how
   */
  async passOn(picture, how) {
    const { readable, passing, copied } = passOn(this.lifetime, picture, how);
    this.finish();
    // The platform waits for the rest of it.
    this.context.waitUntil(this.#ended.promise);
    if (copied) this.context.waitUntil(copied);
    const { status, headers } = how;
    this.#response.resolve(new Response(readable, { status, headers }));
    try {
      await passing;
      this.lifetime.journal.finish({ cut: false });
      this.#endWork();
    } catch (error) {
      this.lifetime.breakOff(error);
    }
    this.#ended.resolve();
  }

  /** What is still under way is for nothing; most often nothing is, and an abort costs much. */
  #endWork() {
    // One that was not read to its end would keep its share of the read buffers.
    for (const picture of this.pictures.all()) void closePicture(picture);
    if (this.running > 0) this.lifetime.abort();
    else this.lifetime.release();
  }

  /**
   * Ends all work, and cuts an answer that has begun: the client has left, a picture broke off, or
   * `error` is a defect of ours. Where no answer has begun, there is none.
   *
   * @param {unknown} error
   */
  async breakOff(error) {
    this.finish();
    if (this.goesOn) this.step.destroy();
    this.goesOn = false;
    if (this.#output) {
      this.lifetime.breakOff(error);
      await this.#output.cut();
      this.#ended.resolve();
    } else {
      this.lifetime.abort();
      this.#response.reject(error);
      this.#ended.resolve();
    }
  }
}
