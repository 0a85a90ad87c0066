/** Types that several modules of this folder share. */

/** Bytes in memory of their own, which can be transferred. */
export type Bytes = Uint8Array<ArrayBuffer>;

/** How long may be waited: for one part of a body, and for all of it. */
export interface Times {
  stallMs: number;
  totalMs: number;
}

/** What a request may have read, held and waited for. Python writes it, as JSON. */
export interface Limits {
  /** A whole body of JSON. */
  requestBytes: number;
  /** The pictures and long texts that are kept of it. */
  inputBytes: number;
  /** A whole form. */
  formBytes: number;
  /** What a body of JSON has without its long texts, and each of these where it is read as text. */
  textBytes: number;
  /** Values in a body of JSON, and how deep they may be nested. */
  values: number;
  depth: number;
  /** Parts of a form. */
  parts: number;
  /** An image service's answer without its long texts. */
  answerTextBytes: number;
  /** The beginning of a picture, which Python looks at. */
  sniffedBytes: number;
  upload: Times;
  download: Times;
}

/** What these modules need to know of a request's lifetime (`lifetime.js`). */
export interface RequestLifetime {
  readonly limits: Limits;
  /** Aborts when the client leaves, or when the work for the request ends. */
  readonly signal: AbortSignal;
  /** Takes room in the isolate before so many bytes are held; rejects with NoRoom. */
  reserve(bytes: number): Promise<void>;
  /** Gives back all room that is not needed for what is kept. */
  settle(ms: number): void;
  /** Keeps a picture to paint from until the lifetime ends. */
  keep(bytes: Bytes): Bytes;
  /** Fetches without following a redirect; counts as a download. */
  download(url: string, options: RequestInit): Promise<Response>;
}

/** The bytes of a picture, part by part. */
export interface PictureBody {
  /** The next part, empty at the end. The next call overwrites it. */
  next(): Bytes | Promise<Bytes>;
  cancel(): void | Promise<void>;
}

/** A host's answer to the request for a picture; it has a body only where the status is 200. */
export interface OpenedPicture {
  status: number;
  location: string | null;
  /** As announced; 0 where it was not. */
  length: number;
  body?: PictureBody;
  /** The first part of the body, and of that what Python looks at. */
  first?: Bytes;
  sniffed?: Bytes;
}

/** A long text of an answer, for `openBase64`. */
export interface LongText {
  answer: import("./service_answer.js").JsonAnswer;
  number: number;
}

declare global {
  // Missing in @cloudflare/workers-types. It waits for `min` bytes; fewer come only at the end.
  interface ReadableStreamBYOBReader {
    read<T extends ArrayBufferView>(
      view: T,
      options: { min: number },
    ): Promise<ReadableStreamReadResult<T>>;
  }
}
