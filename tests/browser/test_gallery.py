"""The gallery: what was painted in this browser, until a person deletes it."""

from __future__ import annotations

from playwright.sync_api import Locator, expect

from tests.browser.page import Easel, eventually


def shown(easel: Easel) -> Locator:
    return easel.page.get_by_role("region", name="Gallery").get_by_role("listitem")


def opened(easel: Easel, prompt: str) -> Locator:
    easel.button(f"Open: {prompt}").click()
    return easel.page.get_by_role("dialog", name="A picture of the gallery")


def test_it_is_there_after_a_reload_with_all_that_is_known(easel: Easel) -> None:
    easel.painted("a cat")
    easel.painted("a dog", model="geekai/gpt-image-1")
    expect(shown(easel)).to_have_count(2)
    easel.page.reload()
    expect(shown(easel)).to_have_count(2)
    # The newest is the first.
    expect(shown(easel).first.get_by_role("button")).to_have_accessible_name("Open: a dog")
    picture = opened(easel, "a cat")
    expect(picture.get_by_role("img")).to_be_visible()
    expect(picture).to_contain_text("1280 × 1280")
    expect(picture).to_contain_text("image.z.ai · gemini-3-image-1k-1-1")
    easel.button("Copy link", within=picture).click()
    eventually(lambda: "/pictures/" in easel.clipboard())
    easel.button("Close", within=picture).click()
    expect(picture).to_be_hidden()


def test_one_picture_or_all_are_deleted(easel: Easel) -> None:
    for prompt in ("a cat", "a dog", "a fish"):
        easel.painted(prompt)
    easel.button("Delete", within=opened(easel, "a dog")).click()
    expect(shown(easel)).to_have_count(2)
    easel.page.reload()
    expect(shown(easel)).to_have_count(2)
    easel.page.once("dialog", lambda dialog: dialog.dismiss())
    easel.button("Delete all").click()
    expect(shown(easel)).to_have_count(2)
    easel.page.once("dialog", lambda dialog: dialog.accept())
    easel.button("Delete all").click()
    expect(shown(easel)).to_have_count(0)
    easel.page.reload()
    expect(easel.page.get_by_text("What you paint is kept here")).to_be_visible()
    expect(shown(easel)).to_have_count(0)


def test_a_picture_of_the_gallery_is_made_different(easel: Easel) -> None:
    easel.painted("a cat")
    easel.page.reload()
    easel.button("Make it different", within=opened(easel, "a cat")).click()
    expect(easel.page.get_by_role("img", name="Picture 1 to paint from")).to_be_visible()


def test_many_pictures_are_shown_a_part_at_a_time(easel: Easel) -> None:
    easel.page.evaluate(
        """async () => {
            const { add } = await import("/page/gallery.js");
            for (let at = 0; at < 30; at += 1)
                await add({
                    created: at, blob: new Blob(["x"]), prompt: `picture ${at}`, service: "zai",
                    shape: { model: "zai/gemini-3-image-1k" }, inputs: 0, mask: false, seconds: 1,
                });
        }"""
    )
    easel.page.reload()
    expect(shown(easel)).to_have_count(24)
    easel.button("Show more").click()
    expect(shown(easel)).to_have_count(30)
    expect(easel.button("Show more")).to_be_hidden()
    expect(easel.page.get_by_text("Kept in this browser alone: 30")).to_be_visible()


def test_a_browser_that_keeps_nothing_paints_all_the_same(easel: Easel) -> None:
    easel.page.add_init_script(
        "Object.defineProperty(window, 'indexedDB', { value: { open() { throw Error('no') } } });"
        "Object.defineProperty(window, 'localStorage', { get() { throw Error('no') } });"
    )
    easel.page.reload()
    expect(easel.page.get_by_text("This browser stores nothing for this page")).to_be_visible()
    easel.painted("a cat")
    expect(easel.page.get_by_text("This browser could not store the picture.")).to_be_visible()
