"""Painting, as a person does it."""

from __future__ import annotations

import re
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Route, expect

from tests.browser.page import TOKEN, Easel, eventually, form, opened, png

ZAI = "/api/proxy/images/generate"
BIGMODEL = "/api/paas/v4/images/generations"
EDITS = "/v1/images/edits"
GEEKAI = "/api/v1/images/generations"


def test_from_words_to_a_picture_that_is_downloaded(easel: Easel, tmp_path: Path) -> None:
    easel.page.get_by_text("16:9", exact=True).click()
    easel.page.get_by_text("2K", exact=True).click()
    card = easel.painted("a lighthouse at dusk")
    asked = easel.body(ZAI)
    assert (asked["prompt"], asked["ratio"], asked["resolution"]) == (
        "a lighthouse at dusk",
        "16:9",
        "2K",
    )
    with easel.page.expect_download() as coming:
        card.get_by_role("link", name="Download").click()
    assert coming.value.suggested_filename.startswith("a-lighthouse-at-dusk-")
    assert coming.value.suggested_filename.endswith(".jpg")
    coming.value.save_as(tmp_path / "picture")
    picture = opened((tmp_path / "picture").read_bytes())
    width, height = picture.size
    expect(card).to_contain_text(f"{width} × {height}")
    assert picture.format == "JPEG"


def test_the_link_that_is_copied_outlives_the_services_own(easel: Easel) -> None:
    card = easel.painted("a cat")
    easel.button("Copy link", within=card).click()
    expect(easel.button("Copied", within=card)).to_be_visible()
    link = easel.clipboard()
    assert link.startswith(f"{easel.served.url}/pictures/")
    kept = dict(easel.served.sandbox.pictures)

    def is_stored() -> bool:
        """Whether it is there without the service, which has its pictures back then."""
        easel.served.sandbox.pictures.clear()
        no_copy = {"cache-control": "no-cache"}
        response = httpx.get(link, headers=no_copy, timeout=20, trust_env=False)
        easel.served.sandbox.pictures.update(kept)
        return response.is_success and opened(response.content).format == "JPEG"

    eventually(is_stored)


def test_a_key_goes_to_its_own_service_alone(easel: Easel) -> None:
    for model in ("zai/gemini-3-image", "bigmodel/glm-image", "zhaotou/flux-2.0"):
        service = model.partition("/")[0]
        easel.paint("a cat", model=model, key=f"key-of-{service}")
        expect(easel.cards.get_by_role("img")).to_be_visible()
    for path, service in (
        (ZAI, "zai"),
        (BIGMODEL, "bigmodel"),
        ("/v1/images/generations", "zhaotou"),
    ):
        for call in easel.calls(path):
            if path == "/v1/images/generations" and "/api/" in call.url:
                continue
            sent = call.headers.get("authorization", "") + call.headers.get("cookie", "")
            assert sent.endswith(f"key-of-{service}")
    easel.page.get_by_label("Model", exact=True).select_option("bigmodel/cogview-4")
    expect(easel.page.locator("#key")).to_have_value("key-of-bigmodel")


def test_a_key_is_forgotten_unless_the_person_says_otherwise(easel: Easel) -> None:
    key = easel.page.locator("#key")
    key.fill(TOKEN)
    easel.page.reload()
    expect(key).to_have_value("")
    assert TOKEN not in easel.page.evaluate("() => JSON.stringify(localStorage)")
    key.fill(TOKEN)
    easel.page.get_by_label("Keep keys in this browser").check()
    easel.page.reload()
    expect(key).to_have_value(TOKEN)
    easel.page.get_by_label("Keep keys in this browser").uncheck()
    assert TOKEN not in easel.page.evaluate("() => JSON.stringify(localStorage)")


def test_cancelling_ends_the_call_that_is_paid(easel: Easel) -> None:
    easel.paint("sandbox:slow=60")
    eventually(lambda: len(easel.calls(ZAI)) == 1)
    easel.button("Cancel").click()
    expect(easel.cards).to_contain_text("Cancelled. The call to the service has been ended.")
    (call,) = easel.calls(ZAI)
    eventually(lambda: call.abandoned)


def test_several_pictures_come_each_by_itself(easel: Easel) -> None:
    easel.page.get_by_label("Model", exact=True).select_option("zai/gemini-3-image")
    easel.page.locator("label[for=number-3]").click()
    easel.paint("a cat sandbox:flaky")
    expect(easel.page.locator(".stage .job")).to_have_count(0)
    assert len(easel.calls(ZAI)) == 3
    # Every other call is busy.
    assert easel.cards.get_by_role("img").count() in (1, 2)
    failed = easel.page.locator(".stage .failed").first
    expect(failed).to_contain_text("Too many pictures for now.")
    easel.button("Try again", within=failed).click()
    eventually(lambda: len(easel.calls(ZAI)) == 4)


def test_the_seconds_run_beside_what_is_usual(easel: Easel) -> None:
    easel.paint("sandbox:slow=60")
    expect(easel.cards).to_contain_text(re.compile(r"[1-9] s of about 25 s"))
    expect(easel.page.get_by_role("progressbar", name="Progress")).to_be_visible()
    easel.button("Cancel").click()
    # What was painted here is known better than what a document says.
    easel.painted("a cat")
    easel.paint("sandbox:slow=60")
    longer = re.compile(r"longer than the usual \d s")
    expect(easel.cards.filter(has_text="slow")).to_contain_text(longer)
    easel.button("Cancel").click()


def test_what_the_service_made_of_the_words_and_what_its_filter_found(easel: Easel) -> None:
    card = easel.painted("a cat", model="geekai/gpt-image-1")
    card.get_by_text("What the service made of your words").click()
    expect(card.locator("details .quote")).not_to_be_empty()
    card = easel.painted("a dog", model="bigmodel/cogview-4")
    expect(card).to_contain_text("content filter reports level 3 for “assistant”")


# prompt → what the page says; the code is that of the API's error object.
FAULTS = {
    "sandbox:busy": "Too many pictures for now.",
    "sandbox:expired": "The key is wrong or no longer valid.",
    "sandbox:forbidden": "The service knows this key but denies it access.",
    "sandbox:refused": "The service’s content filter refuses this.",
    "sandbox:no-picture": "sent no picture.",
    "sandbox:broken": "The service failed",
    "sandbox:picture-missing": "the picture is not where the service says.",
    "sandbox:status=504": "The service took too long",
    # Too late for a status: as an event of the stream.
    "sandbox:slow=1 sandbox:refused": "The service’s content filter refuses this.",
    "sandbox:picture-cut": "The connection was lost before the whole picture arrived.",
    "hello": "Easel took this for the greeting of a chat program",
}


def test_each_failure_is_told_in_words_with_easels_own_beneath(easel: Easel) -> None:
    for prompt, words in FAULTS.items():
        easel.paint(prompt)
        card = easel.page.get_by_role("article", name=prompt, exact=True)
        expect(card.locator(".fault")).to_contain_text(words)
        expect(easel.page.locator(".stage .job")).to_have_count(0)
    easel.paint("sandbox:expired")
    expect(easel.cards.locator("[lang=en]")).to_contain_text("image.z.ai does not accept")
    easel.button("Go to the key").click()
    expect(easel.page.locator("#key")).to_be_focused()


def test_an_easel_that_is_gone_is_told(easel: Easel) -> None:
    def gone(route: Route) -> None:
        route.abort()

    easel.page.route("**/v1/chat/completions", gone)
    easel.paint("a cat")
    expect(easel.cards.locator(".fault")).to_contain_text("Easel could not be reached.")
    easel.page.unroute("**/v1/chat/completions", gone)
    easel.button("Try again").click()
    expect(easel.cards.get_by_role("img")).to_be_visible()


def test_on_the_sandbox_no_key_is_needed(easel: Easel) -> None:
    expect(easel.page.locator("#key-help")).to_contain_text("runs on its sandbox")
    easel.fill("a cat", key="")
    easel.button("Paint").click()
    expect(easel.cards.get_by_role("img")).to_be_visible()


def test_what_is_missing_is_asked_for_before_anything_is_sent(easel: Easel) -> None:
    # Then it does not know of the sandbox.
    easel.page.route("**/health", lambda route: route.abort())
    easel.page.reload()
    easel.button("Paint").click()
    expect(easel.page.get_by_role("alert").first).to_contain_text("Say in a few words")
    expect(easel.page.get_by_label("What should it show?")).to_be_focused()
    # Whatever makes the page look at the model again takes nothing away.
    easel.page.get_by_label("Model", exact=True).select_option("zhaotou/seedream-4.5")
    expect(easel.page.get_by_role("alert").first).to_contain_text("Say in a few words")
    easel.fill("a cat", key="")
    easel.button("Paint").click()
    expect(easel.page.locator("#key")).to_be_focused()
    told = easel.page.get_by_text("A key is missing.")
    expect(told).to_be_visible()
    # The button stays in reach below, and covers nothing that is said.
    said, button = told.bounding_box(), easel.button("Paint").bounding_box()
    assert said is not None
    assert button is not None
    assert said["y"] + said["height"] <= button["y"]
    easel.page.get_by_label("Model", exact=True).select_option("zhaotou/*")
    easel.fill("a cat")
    easel.button("Paint").click()
    expect(easel.page.get_by_label("Model id")).to_be_focused()
    assert not easel.paid


def test_a_model_of_the_persons_own_is_asked_in_its_own_words(easel: Easel) -> None:
    easel.page.get_by_label("Model", exact=True).select_option("geekai/*")
    easel.page.get_by_label("Model id").fill("a-new-model")
    easel.page.get_by_label("Model id").press("Tab")
    easel.page.get_by_label("Size, if it matters").fill("3K")
    easel.fill("a cat")
    easel.button("Paint").click()
    eventually(lambda: len(easel.calls(GEEKAI)) == 1)
    asked = easel.body(GEEKAI)
    assert (asked["model"], asked["size"]) == ("a-new-model", "3K")


def choose(easel: Easel, content: bytes, name: str = "cat.png") -> None:
    file = {"name": name, "mimeType": "image/png", "buffer": content}
    easel.page.locator("#pictures").set_input_files(file)  # type: ignore[arg-type]


def test_an_edit_with_a_mask_that_is_painted(easel: Easel) -> None:
    picture = png()
    easel.page.get_by_label("Model", exact=True).select_option("zhaotou/seedream-4.5")
    choose(easel, picture)
    easel.button("Paint a mask").click()
    canvas = easel.page.locator(".strokes")
    box = canvas.bounding_box()
    assert box is not None
    mouse = easel.page.mouse
    mouse.move(box["x"] + box["width"] * 0.4, box["y"] + box["height"] * 0.5)
    mouse.down()
    mouse.move(box["x"] + box["width"] * 0.6, box["y"] + box["height"] * 0.5, steps=4)
    mouse.up()
    easel.button("Use this mask").click()
    easel.paint("a red hat", model="zhaotou/seedream-4.5")
    expect(easel.cards.get_by_role("img")).to_be_visible()
    (call,) = easel.calls(EDITS)
    fields = form(call)
    assert fields["image"] == picture
    assert fields["prompt"] == b"a red hat"
    mask = opened(fields["mask"])
    assert mask.size == (320, 240)
    alpha = mask.convert("RGBA").getchannel("A")
    assert (alpha.getpixel((160, 120)), alpha.getpixel((10, 10))) == (0, 255)


def test_a_mask_without_a_mouse(easel: Easel) -> None:
    easel.page.get_by_label("Model", exact=True).select_option("zhaotou/seedream-4.5")
    choose(easel, png())
    easel.button("Paint a mask").press("Enter")
    easel.page.get_by_text("A rectangle by numbers").press("Enter")
    easel.page.get_by_label("Left %").fill("0")
    easel.page.get_by_label("Right %").fill("50")
    easel.button("Add it").press("Enter")
    easel.button("Use this mask").press("Enter")
    easel.paint("a red hat", model="zhaotou/seedream-4.5")
    expect(easel.cards.get_by_role("img")).to_be_visible()
    (call,) = easel.calls(EDITS)
    alpha = opened(form(call)["mask"]).convert("RGBA").getchannel("A")
    places = [(40, 120), (200, 120), (40, 20)]
    assert [alpha.getpixel(place) for place in places] == [0, 255, 255]


@pytest.mark.parametrize("way", ["drop", "paste"])
def test_a_picture_that_is_dropped_or_pasted_is_painted_from(easel: Easel, way: str) -> None:
    picture = png()
    easel.page.get_by_label("Model", exact=True).select_option("geekai/gpt-image-1")
    easel.page.evaluate(
        """([bytes, way]) => {
            const transfer = new DataTransfer();
            transfer.items.add(new File([new Uint8Array(bytes)], "cat.png", { type: "image/png" }));
            const told = { bubbles: true, cancelable: true };
            const event = way === "drop"
                ? new DragEvent("drop", { dataTransfer: transfer, ...told })
                : new ClipboardEvent("paste", { clipboardData: transfer, ...told });
            document.body.dispatchEvent(event);
        }""",
        [list(picture), way],
    )
    expect(easel.page.get_by_role("img", name="Picture 1 to paint from")).to_be_visible()
    easel.paint("a red hat", model="geekai/gpt-image-1")
    expect(easel.cards.get_by_role("img")).to_be_visible()
    assert easel.body(GEEKAI)["image"].startswith("data:image/png;base64,")


def test_a_service_that_paints_from_words_alone_says_so_and_offers_another(easel: Easel) -> None:
    choose(easel, png())
    alert = easel.page.get_by_role("alert").filter(has_text="image.z.ai paints from words alone")
    easel.fill("a cat")
    easel.button("Paint").click()
    alert.get_by_role("button").click()
    expect(easel.page.get_by_label("Model", exact=True)).to_have_value(re.compile("^zhaotou/"))
    choose(easel, png("another"))
    expect(easel.page.get_by_text("Zhaotou paints from 1 picture at most.")).to_be_visible()
    easel.button("Remove picture 2").click()
    expect(easel.page.get_by_text("Zhaotou paints from 1 picture at most.")).to_be_hidden()
    assert not easel.paid


def test_a_picture_is_made_different(easel: Easel, tmp_path: Path) -> None:
    card = easel.painted("a cat")
    with easel.page.expect_download() as coming:
        card.get_by_role("link", name="Download").click()
    coming.value.save_as(tmp_path / "picture")
    easel.button("Make it different", within=card).click()
    expect(easel.page.get_by_label("What should change?")).to_be_focused()
    model = easel.page.get_by_label("Model", exact=True).input_value()
    easel.paint("a red hat", model=model)
    expect(easel.page.get_by_role("article", name="a red hat").get_by_role("img")).to_be_visible()
    (call,) = easel.calls(EDITS)
    assert form(call)["image"] == (tmp_path / "picture").read_bytes()


def test_a_deployment_with_keys_of_its_own_asks_for_one_of_them(proxy: Easel) -> None:
    expect(proxy.page.get_by_label("Key for this Easel")).to_be_visible()
    proxy.fill("a cat", key="house-key")
    proxy.page.locator("#key").press("Tab")
    services = proxy.page.locator("optgroup")
    expect(services).to_have_count(2)
    proxy.paint("a cat", key="house-key")
    expect(proxy.cards.get_by_role("img")).to_be_visible()
    (call,) = proxy.calls(ZAI)
    assert call.headers["cookie"] == "session=zai-token"
    proxy.paint("a cat", key="wrong-key")
    expect(proxy.cards.locator(".fault")).to_contain_text("The key is wrong")


def test_a_key_that_is_typed_before_easel_has_answered_is_not_lost(proxy: Easel) -> None:
    held: list[Route] = []
    is_typed = False

    def hold(route: Route) -> None:
        if is_typed:
            route.continue_()
        else:
            held.append(route)

    # Both views ask: whichever comes first, none is answered before the key is typed.
    proxy.page.route("**/v1/models", hold)
    proxy.page.reload()
    proxy.page.locator("#key").fill("house-key")
    # What waits in the browser is heard of while it is asked.
    eventually(lambda: proxy.page.evaluate("() => true") and bool(held))
    is_typed = True
    for route in held:
        route.continue_()
    expect(proxy.page.get_by_label("Key for this Easel")).to_have_value("house-key")
    expect(proxy.page.locator("optgroup")).to_have_count(2)
