/**
 * The gallery as it stands on the page: small pictures, each of which opens in a dialog.
 *
 * @typedef {import("./gallery.js").Kept} Kept
 * @typedef {import("./card.js").Deeds} Deeds
 */
import { card } from "./card.js";
import { h, say } from "./dom.js";
import { clear, count, newest, remove, add as store } from "./gallery.js";
import { t } from "./words.js";

const SHOWN_AT_ONCE = 24;
// So many pictures of some megabytes fill what a browser gives to a page.
const MOST = 500;

/** @param {HTMLElement | undefined} item */
function release(item) {
  URL.revokeObjectURL(item?.querySelector("img")?.src ?? "");
  item?.remove();
}

/** @param {Pick<Deeds, "edit" | "repeat">} deeds */
export function galleryView(deeds) {
  const list = h("ul", { class: "gallery" });
  const told = h("p", { class: "quiet small" });
  const fault = h("p", { class: "fault", role: "alert" });
  const more = h("button", {
    type: "button",
    word: "showMore",
    hidden: true,
    on: { click: () => show() },
  });
  const removeAll = h("button", {
    type: "button",
    word: "removeAll",
    hidden: true,
    on: { click: askToClear },
  });
  const element = h(
    "section",
    { class: "gallery-view", "aria-labelledby": "gallery-title" },
    h("div", { class: "row" }, h("h2", { id: "gallery-title", word: "gallery" }), removeAll),
    told,
    fault,
    list,
    more,
  );
  /** @type {Map<number, HTMLElement>} */
  const items = new Map();
  let last = Infinity;

  async function tellCount() {
    const number = await count();
    say(told, number ? "galleryCount" : "galleryEmpty", { number });
    removeAll.hidden = number === 0;
    more.hidden = number <= items.size;
  }

  async function show() {
    try {
      const found = await newest(last, SHOWN_AT_ONCE);
      for (const picture of found) list.append(item(picture));
      last = found.at(-1)?.id ?? last;
      await tellCount();
    } catch {
      say(told, "galleryUnavailable");
    }
  }

  /** @param {Kept} picture */
  function item(picture) {
    const address = URL.createObjectURL(picture.blob);
    const open = h(
      "button",
      {
        type: "button",
        label: "openPicture",
        values: { prompt: picture.prompt },
        on: { click: () => enlarge(picture) },
      },
      h("img", { src: address, alt: "", loading: "lazy" }),
    );
    const element = h("li", {}, open);
    if (picture.id !== undefined) items.set(picture.id, element);
    return element;
  }

  /** @param {Kept} picture */
  function enlarge(picture) {
    const close = () => dialog.close();
    const shown = card(picture, {
      edit: (each) => (close(), deeds.edit(each)),
      repeat: (each) => (close(), deeds.repeat(each)),
      remove: async (each) => {
        close();
        await drop(Number(each.id));
      },
    });
    const dialog = h(
      "dialog",
      { class: "enlarged", label: "openedPicture" },
      h(
        "div",
        { class: "head" },
        h("p", { class: "quote" }, picture.prompt),
        h("button", { type: "button", word: "close", on: { click: close } }),
      ),
      shown.element,
    );
    dialog.addEventListener("close", () => {
      shown.release();
      dialog.remove();
    });
    document.body.append(dialog);
    dialog.showModal();
  }

  /** @param {number} id */
  async function drop(id) {
    await remove(id);
    release(items.get(id));
    items.delete(id);
    await tellCount();
  }

  async function askToClear() {
    if (!confirm(t("removeAllSure"))) return;
    await clear();
    items.forEach(release);
    items.clear();
    last = Infinity;
    await tellCount();
  }

  /** @param {Kept} picture */
  async function add(picture) {
    fault.textContent = "";
    try {
      if ((await count()) >= MOST) return say(fault, "galleryFull", { most: MOST });
      list.prepend(item({ ...picture, id: await store(picture) }));
      await tellCount();
    } catch {
      say(fault, "galleryFailed");
    }
  }

  void show();
  return { element, add };
}
