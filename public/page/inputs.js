/**
 * The pictures to paint from, and the mask over the first: chosen, dropped or pasted.
 *
 * @typedef {object} Inputs
 * @property {HTMLElement} element
 * @property {() => number} count
 * @property {() => boolean} masked
 * @property {() => Promise<{images: string[], mask?: string}>} read as `data:` addresses
 * @property {(files: Iterable<Blob>) => void} add
 * @property {() => void} clear
 */
import { h, say } from "./dom.js";
import { t } from "./words.js";

/** @param {Blob} blob @returns {Promise<string>} */
function dataAddress(blob) {
  const reader = new FileReader();
  return new Promise((resolve, reject) => {
    reader.addEventListener("load", () => resolve(/** @type {string} */ (reader.result)));
    reader.addEventListener("error", () => reject(reader.error));
    reader.readAsDataURL(blob);
  });
}

/** @param {DataTransfer | null} transfer */
function picturesOf(transfer) {
  return [...(transfer?.files ?? [])].filter(({ type }) => type.startsWith("image/"));
}

/**
 * @param {() => void} changed called after each change
 * @returns {Inputs}
 */
export function inputs(changed) {
  /** @type {{blob: Blob, address: string}[]} */
  let pictures = [];
  /** @type {Blob | null} */
  let mask = null;

  const chooser = h("input", {
    type: "file",
    id: "pictures",
    accept: "image/*",
    multiple: true,
    class: "unseen",
  });
  const list = h("ul", { class: "inputs" });
  const fault = h("p", { class: "fault", role: "alert" });
  const element = h(
    "div",
    { class: "field" },
    h(
      "span",
      { class: "row" },
      chooser,
      h("label", { word: "addPicture", for: "pictures", class: "button" }),
      h("span", { word: "dropHint", class: "quiet small drop" }),
    ),
    list,
    fault,
  );

  const draw = () => {
    list.replaceChildren(...pictures.map((picture, at) => item(picture, at)));
    changed();
  };
  /** @param {{blob: Blob, address: string}} picture @param {number} at */
  const item = (picture, at) =>
    h(
      "li",
      {},
      h("img", { src: picture.address, alt: t("inputPicture", { number: at + 1 }) }),
      h("button", {
        type: "button",
        word: "removeInput",
        label: "removeInputNumber",
        values: { number: at + 1 },
        on: { click: () => drop(at) },
      }),
      at === 0 &&
        h("button", {
          type: "button",
          word: mask ? "changeMask" : "paintMask",
          on: { click: overlay },
        }),
      at === 0 &&
        mask &&
        h("button", { type: "button", word: "dropMask", on: { click: () => setMask(null) } }),
    );
  /** @param {number} at */
  const drop = (at) => {
    const [gone] = pictures.splice(at, 1);
    if (gone) URL.revokeObjectURL(gone.address);
    if (at === 0) mask = null;
    draw();
    chooser.focus();
  };
  /** @param {Blob | null} next */
  const setMask = (next) => {
    mask = next;
    draw();
  };
  const overlay = async () => {
    const [first] = pictures;
    fault.textContent = "";
    if (!first) return;
    try {
      const { paintMask } = await import("./mask.js");
      const painted = await paintMask(first.blob);
      if (painted === "too large") say(fault, "maskTooLarge");
      else if (painted) setMask(painted);
    } catch {
      say(fault, "unreadablePicture");
    }
  };
  /** @param {Iterable<Blob>} files */
  const add = (files) => {
    pictures = [
      ...pictures,
      ...[...files].map((blob) => ({ blob, address: URL.createObjectURL(blob) })),
    ];
    draw();
  };

  chooser.addEventListener("change", () => {
    add(chooser.files ?? []);
    chooser.value = "";
  });
  document.addEventListener("paste", (event) => {
    const found = picturesOf(event.clipboardData);
    if (!found.length) return;
    event.preventDefault();
    add(found);
  });
  document.addEventListener("dragover", (event) => {
    event.preventDefault();
    document.body.classList.add("dropping");
  });
  document.addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) document.body.classList.remove("dropping");
  });
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    document.body.classList.remove("dropping");
    add(picturesOf(event.dataTransfer));
  });

  return {
    element,
    add,
    count: () => pictures.length,
    masked: () => mask !== null,
    clear: () => {
      pictures.forEach(({ address }) => URL.revokeObjectURL(address));
      pictures = [];
      mask = null;
      draw();
    },
    read: async () => ({
      images: await Promise.all(pictures.map(({ blob }) => dataAddress(blob))),
      ...(mask && { mask: await dataAddress(mask) }),
    }),
  };
}
