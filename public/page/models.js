/**
 * What the page knows of services and models before it asks anybody.
 *
 * A test holds these tables to Easel's own (tests/tools/test_page_models.py): every shape that is
 * offered here goes out as it stands, and none is missing that a model lists.
 *
 * @typedef {"zai" | "bigmodel" | "zhaotou" | "geekai"} ServiceName
 *
 * @typedef {object} Service
 * @property {string} name
 * @property {string} chinese
 * @property {number} inputs how many pictures it paints from; 0 where it cannot
 * @property {boolean} anyModel whether it takes ids that Easel does not list
 *
 * @typedef {object} Shapes `sizes` in pixels, or `ratios` and perhaps `resolutions`; neither where
 *   nothing is known of the model, and a size is asked for in the service's own words
 * @property {string[]} [sizes]
 * @property {string[]} [ratios]
 * @property {string[]} [resolutions]
 *
 * @typedef {object} Model
 * @property {ServiceName} service
 * @property {string} name as the service calls it, without the service in front
 * @property {Shapes} shapes
 * @property {boolean} [inId] whether ratio and resolution are a part of the id
 * @property {Record<string, number>} [seconds] how long it usually takes, by resolution ("" for all)
 *
 * @typedef {object} Choice
 * @property {string} [size]
 * @property {string} [ratio]
 * @property {string} [resolution]
 *
 * @typedef {object} ShapeRequest the fields of a request, as both of OpenAI's APIs have them here
 * @property {string} model
 * @property {string} [size]
 * @property {string} [aspect_ratio]
 * @property {string} [resolution]
 */

/** @type {Record<ServiceName, Service>} */
export const SERVICES = {
  zai: { name: "image.z.ai", chinese: "image.z.ai", inputs: 0, anyModel: false },
  bigmodel: { name: "BigModel", chinese: "智谱 BigModel", inputs: 0, anyModel: false },
  zhaotou: { name: "Zhaotou", chinese: "兆投算力", inputs: 1, anyModel: true },
  geekai: { name: "GeekAI", chinese: "极客智坊 GeekAI", inputs: 10, anyModel: true },
};

export const SERVICE_NAMES = /** @type {ServiceName[]} */ (Object.keys(SERVICES));

/** @param {string} text */
const words = (text) => text.split(" ");

const COGVIEW = { sizes: words("1024x1024 1152x864 864x1152 1344x768 768x1344 1440x720 720x1440") };
const GEMINI = { sizes: words("1024x1024 1792x1024 1024x1792") };
const SEEDREAM = { sizes: words("1024x1024 1920x1080 1080x1920") };
const FLUX = { sizes: words("1024x1024 1280x720 720x1280 1792x1024") };
const GPT = { sizes: words("1024x1024 1536x1024 1024x1536") };
const COMMON_RATIOS = words("1:1 4:3 3:4 3:2 2:3 16:9 9:16");

// GeekAI's families by name, the first that matches. Where a family has limits and no list, Easel
// makes pixels of a ratio.
/** @type {[RegExp, Shapes][]} */
const GEEKAI_FAMILIES = [
  [/gpt-image-([2-9]|1\d)/, {}],
  [/gpt-image/, GPT],
  [/dall-e/, {}],
  [/imagen/, { ratios: ["1:1"] }],
  [
    /banana|gemini.*image/,
    {
      ratios: words("1:1 5:4 4:5 4:3 3:4 3:2 2:3 16:9 9:16 21:9"),
      resolutions: ["1K", "2K", "4K"],
    },
  ],
  [/cogview/, COGVIEW],
  [/wanx|wan\d|tongyi/, { ratios: COMMON_RATIOS }],
  [/kling/, { ratios: COMMON_RATIOS }],
  [/jimeng/, { sizes: words("512x512 512x384 384x512 512x341 341x512 512x288 288x512") }],
  [/seedream/, {}],
  [/stable|^sd[\d-]/, { ratios: COMMON_RATIOS }],
];

// Seconds: image.z.ai as measured in 2026-11, BigModel as its document says. Of the others nobody
// says it, and the page learns it from what was painted here.
/** @type {Model[]} */
export const MODELS = [
  {
    service: "zai",
    name: "gemini-3-image",
    shapes: { ratios: words("1:1 4:3 3:4 16:9 9:16 21:9 9:21"), resolutions: ["1K", "2K"] },
    inId: true,
    seconds: { "1K": 25, "2K": 136 },
  },
  {
    service: "bigmodel",
    name: "glm-image",
    shapes: {
      sizes: words("1280x1280 1472x1088 1088x1472 1568x1056 1056x1568 1728x960 960x1728"),
    },
    seconds: { "": 20 },
  },
  { service: "bigmodel", name: "cogview-4-250304", shapes: COGVIEW, seconds: { "": 10 } },
  { service: "bigmodel", name: "cogview-4", shapes: COGVIEW, seconds: { "": 10 } },
  { service: "bigmodel", name: "cogview-3-flash", shapes: COGVIEW, seconds: { "": 10 } },
  { service: "zhaotou", name: "gemini-3-pro-image-preview", shapes: GEMINI },
  { service: "zhaotou", name: "gemini-2.5-flash-image-preview", shapes: GEMINI },
  { service: "zhaotou", name: "gpt-4o-image", shapes: GPT },
  { service: "zhaotou", name: "seedream-4.0", shapes: SEEDREAM },
  { service: "zhaotou", name: "seedream-4.5", shapes: SEEDREAM },
  { service: "zhaotou", name: "flux-kontext", shapes: FLUX },
  { service: "zhaotou", name: "flux-2.0", shapes: FLUX },
  modelOf("geekai", "gpt-image-1"),
  modelOf("geekai", "gpt-image-2"),
  modelOf("geekai", "doubao-seedream-4.0"),
];

/**
 * A model by its service and its name there, also one that is in no list.
 * @param {ServiceName} service
 * @param {string} name
 * @returns {Model}
 */
export function modelOf(service, name) {
  if (service === "geekai") {
    const family = GEEKAI_FAMILIES.find(([pattern]) => pattern.test(name.toLowerCase()));
    return { service, name, shapes: family ? family[1] : {} };
  }
  const known = MODELS.find((each) => each.service === service && each.name === name);
  return known ?? { service, name, shapes: {} };
}

/**
 * The model that an id of `GET /v1/models` belongs to; undefined for a service that is not known.
 * @param {string} id
 * @param {string} owner the service, as the list has it
 * @returns {Model | undefined}
 */
export function listedModel(id, owner) {
  if (!(owner in SERVICES)) return undefined;
  const service = /** @type {ServiceName} */ (owner);
  const name = id.startsWith(`${service}/`) ? id.slice(service.length + 1) : id;
  const family = MODELS.find(
    (each) => each.service === service && each.inId && name.startsWith(`${each.name}-`),
  );
  return family ?? modelOf(service, name);
}

/**
 * The first choice of a model, which is what it paints where nothing is chosen.
 * @param {Model} model
 * @returns {Choice}
 */
export function firstChoice({ shapes }) {
  /** @type {Choice} */
  const choice = {};
  if (shapes.sizes?.[0]) choice.size = shapes.sizes[0];
  if (shapes.ratios?.[0]) choice.ratio = shapes.ratios[0];
  if (shapes.resolutions?.[0]) choice.resolution = shapes.resolutions[0];
  return choice;
}

/**
 * How a request asks for it. The service stands in front of the model, so that no key can go to
 * another than its own.
 * @param {Model} model
 * @param {Choice} choice
 * @returns {ShapeRequest}
 */
export function shapeRequest(model, choice) {
  const id = `${model.service}/${model.name}`;
  if (model.inId && choice.ratio && choice.resolution) {
    return { model: `${id}-${choice.resolution.toLowerCase()}-${choice.ratio.replace(":", "-")}` };
  }
  return {
    model: id,
    ...(choice.size && { size: choice.size }),
    ...(choice.ratio && { aspect_ratio: choice.ratio }),
    ...(choice.resolution && { resolution: choice.resolution }),
  };
}

/**
 * Every choice that a model offers.
 * @param {Model} model
 * @returns {Choice[]}
 */
export function choices({ shapes }) {
  const { sizes, ratios = [], resolutions } = shapes;
  if (sizes) return sizes.map((size) => ({ size }));
  if (!resolutions) return ratios.map((ratio) => ({ ratio }));
  return ratios.flatMap((ratio) => resolutions.map((resolution) => ({ ratio, resolution })));
}

/**
 * Width to height, of `1024x768` as of `4:3`.
 * @param {string} text
 * @returns {number}
 */
export function proportion(text) {
  const [width, height] = text.split(/[x:]/).map(Number);
  return (width ?? 1) / (height ?? 1);
}

const NAMED_RATIOS = words("1:1 5:4 4:5 4:3 3:4 3:2 2:3 7:4 4:7 16:9 9:16 2:1 1:2 21:9 9:21");

/**
 * The usual name of a proportion: `1568x1056` is about 3:2.
 * @param {string} text
 * @returns {string}
 */
export function ratioName(text) {
  const value = proportion(text);
  const off = (/** @type {string} */ name) => Math.abs(Math.log(proportion(name) / value));
  return NAMED_RATIOS.reduce((best, name) => (off(name) < off(best) ? name : best));
}

/**
 * The choice of another model that looks most like the last one.
 * @param {Model} model
 * @param {Choice} last
 * @returns {Choice}
 */
export function likeLast(model, last) {
  const shape = last.size ?? last.ratio;
  const first = firstChoice(model);
  if (!shape || !/^\d+[x:]\d+$/.test(shape)) return first;
  const off = (/** @type {string} */ each) =>
    Math.abs(Math.log(proportion(each) / proportion(shape)));
  const nearest = (/** @type {string[]} */ all) =>
    all.reduce((best, each) => (off(each) < off(best) ? each : best));
  if (model.shapes.sizes) return { size: nearest(model.shapes.sizes) };
  if (!model.shapes.ratios) return first;
  const resolution = model.shapes.resolutions?.find((each) => each === last.resolution);
  return { ...first, ratio: nearest(model.shapes.ratios), ...(resolution && { resolution }) };
}
