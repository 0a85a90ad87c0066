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
  /** What stands in an answer, with a number, where a long text stood. */
  longTextMark: string;
  upload: Times;
  download: Times;
}

/** What these modules need to know of a request's lifetime (`lifetime.js`). */
export interface RequestLifetime {
  readonly limits: Limits;
  /** Aborts when the client leaves, or when the work for the request ends. */
  readonly signal: AbortSignal;
  /** Ends one fetch, and does so when `signal` aborts. */
  controller(): AbortController;
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
  /** Whether it is known that no other part follows. */
  readonly isOver: boolean;
}

/** A host's answer to the request for a picture that it did not give. */
export interface MissingPicture {
  status: number;
  location: string | null;
  /** As announced; 0 where it was not. */
  length: number;
}

/** A picture that is open: the first part of it, and of that what Python looks at. */
export interface OpenPicture extends MissingPicture {
  body: PictureBody;
  first: Bytes;
  /** It is overwritten as `first` is. */
  sniffed: Bytes;
  /** When a copy ends, in Unix seconds. */
  until?: number;
}

/** The answer of an image service. After `advance` a long text is open, or it is read to its end. */
export interface ServiceAnswer {
  /** Whether a long text is being read. */
  readonly open: boolean;
  /** The name of what ended it before its end, or "". */
  readonly cut: string;
  /** How many long texts have begun. */
  readonly count: number;
  /** What was read, without its long texts. */
  json(): Uint8Array;
  advance(): Promise<void>;
  /** The next bytes of the text that is open, in pieces; null at its end. */
  digits(): Promise<Uint8Array[] | null>;
  /** From here on, each part has to come within so many milliseconds. */
  hurry(ms: number): void;
  /** From here on, parts have so many bytes. */
  widen(bytes: number): void;
  close(): void;
}

/** A long text of an answer, for `openBase64`. */
export interface LongText {
  answer: ServiceAnswer;
  number: number;
}

/** A piece of a body: bytes, which become base64 while they are sent and never before. */
export interface BodyPiece {
  bytes: Uint8Array;
  asBase64: boolean;
}

/** The same as Python tells it: a picture by its number, or in base64. */
export type ToldPiece = { asBase64: boolean } & ({ upload: number } | { content: string });

/** Jobs, each of which ends in one outcome; `easel/effects.py` tells what they are. */
export interface Jobs {
  checkRate: { keyNumber: number };
  readJson: { mark: string };
  readForm: {};
  send: {
    method: string;
    url: string;
    headers: Record<string, string>;
    body: (string | ToldPiece)[] | null;
    bytes: number;
    ms: number;
  };
  readOn: { answer: number };
  wait: { ms: number };
  openAddress: { url: string; seal: string };
  openText: { text: string };
  openEmbedded: { answer: number; number: number };
  recall: { name: string };
  remember: { name: string; text: string; until: number };
  seal: { texts: string[] };
  unseal: { sealed: string };
  keepPicture: { picture: number; bytes: number };
  storePicture: {
    picture: number;
    storeKey: string;
    type: string;
    seconds: number;
    bytes: number;
    stays: boolean;
  };
  openStored: { storeKey: string };
  openCopy: { url: string };
  deleteStored: { storeKey: string; seconds: number; url: string };
  writePicture: { picture: number; head: string; tail: string; bytes: number; keep: boolean };
  write: { piece: string };
}

/** What is done at once. */
export interface AtOnce {
  hold: { ms: number };
  begin: { headers: Record<string, string>; log: string | null };
  /**
   * With a `tail`, each is `piece`, a number and `tail`. That of `first` is `number`, and each is
   * greater by `step` than the one before.
   */
  keepAlive: {
    piece: string;
    ms: number;
    first: string;
    tail: string | null;
    number: number;
    step: number;
  };
  keepUploads: { ms: number; sentOnce: boolean };
  releaseUploads: {};
  closeAnswer: { answer: number };
  closePicture: { picture: number };
  /** It has either a body, which may be null, or the name of an asset. */
  reply: {
    status: number;
    headers: Record<string, string>;
    log: string | null;
    body?: string | null;
    asset?: string;
  };
  end: {
    begin: AtOnce["begin"] | null;
    head: string;
    picture: number | null;
    tail: string;
    bytes: number;
    errorCode: string | null;
    /** Whether Python goes on when the answer has left. */
    goesOn: boolean;
  };
  passOn: {
    status: number;
    headers: Record<string, string>;
    log: string | null;
    picture: number;
    start: number;
    end: number | null;
    bytes: number;
    copy: string;
    copySeconds: number;
  };
  breakOff: {};
  complain: { words: string };
  over: {};
}

/** A job as `edge/crossing.py` writes it; its end is told under `key`. */
export type Job<Do extends keyof Jobs = keyof Jobs> = {
  [Each in Do]: { do: Each; key: number } & Jobs[Each];
}[Do];

/** What is done at once, as `edge/crossing.py` writes it. */
export type Immediate<Do extends keyof AtOnce = keyof AtOnce> = {
  [Each in Do]: { do: Each; key?: undefined } & AtOnce[Each];
}[Do];

export type Effect = Job | Immediate;

/** What Python may ask of the long texts of a body, as long as it holds them. */
export interface BodyTexts {
  text(number: number): string;
  /** The number of the picture that a text is the base64 of; undefined where it is none. */
  upload(number: number): number | undefined;
  /** The number of a text in this one: the address of its last picture in markdown. */
  picture(number: number): number | undefined;
  head(upload: number): Uint8Array;
  free(): void;
}

/**
 * What crosses to Python beside what is told: a text, or bytes that are none. An array of bytes costs
 * an object of Python's.
 */
export type Content = string | Uint8Array | undefined;

/** What came of a job: what is told of it as JSON, content, and an object that Python calls. */
export type Outcome = [told?: object | undefined, content?: Content, texts?: BodyTexts];

/** Tells Python that a job has ended; returns the effects that it wants next, as JSON. */
export interface Step {
  (key: number, now: number, told: string, content: Content, texts: BodyTexts | undefined): string;
  /** Gives back what it holds of Python. */
  destroy(): void;
}

/** The platform's rate limiter. */
export interface Limiter {
  limit(options: { key: string }): Promise<{ success: boolean }>;
}

declare global {
  namespace Cloudflare {
    /** What the deployment has, as far as JavaScript reads it. */
    interface Env {
      LINK_SECRET: string;
      PICTURES: KVNamespace | R2Bucket;
    }
  }

  // Missing in @cloudflare/workers-types. It waits for `min` bytes; fewer come only at the end.
  interface ReadableStreamBYOBReader {
    read<T extends ArrayBufferView>(
      view: T,
      options: { min: number },
    ): Promise<ReadableStreamReadResult<T>>;
  }
}
