/**
 * A mask that a person paints over a picture.
 *
 * In: a picture. Out: a PNG of its size that is transparent where to paint anew, and black
 * elsewhere, as OpenAI's API has it; null where the person leaves without one.
 */
import { h } from "./dom.js";

// A canvas of more pixels fails without a word on phones.
const MOST_PIXELS = 16_777_216;

/** Whether there are too many pixels to be painted over here. @param {ImageBitmap} bitmap */
const isTooLarge = ({ width, height }) => width * height > MOST_PIXELS;

/**
 * @param {Blob} picture
 * @returns {Promise<Blob | null | "too large">} Raises whatever a picture that cannot be read raises
 */
export async function paintMask(picture) {
  const bitmap = await createImageBitmap(picture);
  if (isTooLarge(bitmap)) return "too large";
  const { width, height } = bitmap;
  const under = h("canvas", { width, height, class: "under" });
  under.getContext("2d")?.drawImage(bitmap, 0, 0);
  bitmap.close();
  const canvas = h("canvas", { width, height, class: "strokes", tabindex: false });
  const brush = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  let touched = false;

  const thickness = h("input", { type: "range", id: "brush", min: 1, max: 30, value: 8 });
  const eraser = h("input", { type: "checkbox", id: "eraser" });
  /** @type {[number, number] | null} */
  let last = null;

  /** @param {PointerEvent} event @returns {[number, number]} */
  const place = (event) => {
    const box = canvas.getBoundingClientRect();
    return [
      ((event.clientX - box.left) / box.width) * width,
      ((event.clientY - box.top) / box.height) * height,
    ];
  };
  /** @param {[number, number]} to */
  const stroke = (to) => {
    touched = true;
    brush.globalCompositeOperation = eraser.checked ? "destination-out" : "source-over";
    brush.strokeStyle = COLOUR;
    brush.lineWidth = (Number(thickness.value) / 100) * Math.max(width, height);
    brush.lineCap = brush.lineJoin = "round";
    brush.beginPath();
    brush.moveTo(...(last ?? to));
    brush.lineTo(...to);
    brush.stroke();
    last = to;
  };
  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    last = null;
    stroke(place(event));
  });
  canvas.addEventListener("pointermove", (event) => {
    if (last) stroke(place(event));
  });
  for (const end of ["pointerup", "pointercancel"])
    canvas.addEventListener(end, () => (last = null));

  const edges = rectangleFields((left, top, right, bottom) => {
    touched = true;
    brush.globalCompositeOperation = eraser.checked ? "destination-out" : "source-over";
    brush.fillStyle = COLOUR;
    brush.fillRect(left * width, top * height, (right - left) * width, (bottom - top) * height);
  });
  const clear = () => {
    touched = false;
    brush.clearRect(0, 0, width, height);
  };

  /** @type {HTMLDialogElement} */
  const dialog = h(
    "dialog",
    { class: "mask", "aria-labelledby": "mask-title" },
    h("h2", { word: "maskTitle", id: "mask-title" }),
    h("p", { word: "maskHelp", class: "quiet" }),
    h("div", { class: "easel" }, under, canvas),
    h(
      "div",
      { class: "row" },
      h("label", { word: "brush", for: "brush" }),
      thickness,
      eraser,
      h("label", { word: "eraser", for: "eraser" }),
      h("button", { word: "clearMask", type: "button", on: { click: clear } }),
    ),
    edges,
    h(
      "div",
      { class: "row end" },
      h("button", { word: "cancel", type: "button", on: { click: () => dialog.close() } }),
      h("button", {
        word: "useMask",
        type: "button",
        class: "main",
        on: { click: () => dialog.close("use") },
      }),
    ),
  );
  document.body.append(dialog);
  dialog.showModal();
  await new Promise((resolve) => dialog.addEventListener("close", resolve, { once: true }));
  dialog.remove();
  return dialog.returnValue === "use" && touched ? cutOut(canvas) : null;
}

const COLOUR = "#d1472b";

/** @param {HTMLCanvasElement} strokes @returns {Promise<Blob | null>} */
function cutOut(strokes) {
  const { width, height } = strokes;
  const whole = h("canvas", { width, height });
  const pen = /** @type {CanvasRenderingContext2D} */ (whole.getContext("2d"));
  pen.fillRect(0, 0, width, height);
  pen.globalCompositeOperation = "destination-out";
  pen.drawImage(strokes, 0, 0);
  return new Promise((resolve) => whole.toBlob(resolve, "image/png"));
}

/**
 * The way of the keyboard: a rectangle by its edges, in percent.
 * @param {(left: number, top: number, right: number, bottom: number) => void} add in parts of 1
 */
function rectangleFields(add) {
  /** @type {[import("./words.js").Word, number][]} */
  const edges = [
    ["left", 25],
    ["top", 25],
    ["right", 75],
    ["bottom", 75],
  ];
  const fields = edges.map(([word, value]) => {
    const field = h("input", { type: "number", id: `edge-${word}`, min: 0, max: 100, value });
    return { field, label: h("label", { word, for: field.id }) };
  });
  const values = () =>
    fields.map(({ field }) => Math.min(100, Math.max(0, Number(field.value))) / 100);
  const addAll = () => {
    const [left = 0, top = 0, right = 0, bottom = 0] = values();
    add(Math.min(left, right), Math.min(top, bottom), Math.max(left, right), Math.max(top, bottom));
  };
  return h(
    "details",
    { class: "rectangle" },
    h("summary", { word: "rectangle" }),
    h(
      "div",
      { class: "row" },
      ...fields.flatMap(({ field, label }) => [label, field]),
      h("button", { word: "addRectangle", type: "button", on: { click: addAll } }),
    ),
  );
}
