"""What the page is: small, strict, in two languages, by day and night, for everybody."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import opened
from tests.browser.page import Easel, png
from tools.browser.serving import Served
from tools.runtime.workerd import PROJECT

AXE = (PROJECT / "node_modules" / "axe-core" / "axe.min.js").read_text("utf-8")
# Also what axe calls good practice, and what is not yet proven.
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


def violations(easel: Easel) -> list[tuple[str, str, list[Any]]]:
    """What axe finds, as (rule, where, why)."""
    easel.page.evaluate(AXE)
    found = easel.page.evaluate("rules => axe.run(document, rules)", RULES)
    return [
        (each["id"], node["html"], [check["message"] for check in node["any"] + node["all"]])
        for each in found["violations"]
        for node in each["nodes"]
    ]


def views(easel: Easel) -> Iterator[str]:
    """Each state of the page, one after the other."""
    yield "as it opens"
    easel.page.locator("#prompt").fill("sandbox:expired")
    easel.page.locator("#key").fill("any")
    easel.page.locator("button[type=submit]").click()
    expect(easel.page.locator(".failed")).to_be_visible()
    yield "with a failure"
    easel.page.locator("#prompt").fill("sandbox:slow=60")
    easel.page.locator("button[type=submit]").click()
    expect(easel.page.locator(".job")).to_be_visible()
    yield "while it paints"
    easel.page.locator(".job button").click()
    easel.page.locator("#model").select_option("geekai/gpt-image-1")
    easel.page.locator("#key").fill("any")
    easel.page.locator("#prompt").fill("a cat")
    easel.page.locator("button[type=submit]").click()
    expect(easel.page.locator(".card .frame img")).to_be_visible()
    for summary in easel.page.locator(".card summary").all():
        summary.click()
    yield "with a picture"
    easel.page.locator(".gallery button").first.click()
    yield "with the gallery open"
    easel.page.keyboard.press("Escape")
    easel.page.locator("#pictures").set_input_files(
        {"name": "cat.png", "mimeType": "image/png", "buffer": png()}
    )
    easel.page.locator(".inputs button").last.click()
    expect(easel.page.locator("dialog.mask")).to_be_visible()
    easel.page.locator("dialog summary").click()
    yield "with a mask"
    easel.page.keyboard.press("Escape")
    easel.page.goto(f"{easel.served.url}/#connect")
    expect(easel.page.locator(".model-list details").first).to_be_visible()
    for summary in easel.page.locator(".connect summary").all():
        summary.click()
    yield "connecting"
    easel.page.goto(f"{easel.served.url}/docs")
    expect(easel.page.locator(".operation").first).to_be_visible()
    for summary in easel.page.locator("#createImage > details > summary").all():
        summary.click()
    for summary in easel.page.locator("#createImage details details > summary").all()[:3]:
        summary.click()
    yield "the API"


@pytest.mark.parametrize(
    ("locale", "scheme", "width"), [("en-GB", "light", 1280), ("zh-CN", "dark", 360)]
)
def test_axe_finds_nothing_and_nothing_sticks_out(
    browser: Browser, served: Served, locale: str, scheme: str, width: int
) -> None:
    viewport = {"width": width, "height": 800}
    with opened(browser, served, locale=locale, color_scheme=scheme, viewport=viewport) as easel:
        for view in views(easel):
            assert violations(easel) == [], view
            wide = easel.page.evaluate("() => document.documentElement.scrollWidth")
            assert wide <= width, view


def test_it_speaks_the_browsers_language_and_the_one_that_is_chosen(
    browser: Browser, served: Served
) -> None:
    with opened(browser, served, locale="zh-CN") as easel:
        expect(easel.page.locator("html")).to_have_attribute("lang", "zh-CN")
        expect(easel.page).to_have_title("Easel — 画一张图")
        easel.page.get_by_label("想画什么？").fill("一只橘猫")
        easel.page.get_by_role("link", name="接入").click()
        easel.page.get_by_text("SillyTavern", exact=True).click()
        expect(easel.page.get_by_text("API 连接 → 聊天补全")).to_be_visible()
        easel.button("English").click()
        # What was opened stays open.
        expect(easel.page.get_by_text("API Connections → Chat Completion")).to_be_visible()
        easel.page.get_by_role("link", name="Paint").click()
        expect(easel.page.locator("html")).to_have_attribute("lang", "en")
        # Nothing that was typed is lost.
        expect(easel.page.get_by_label("What should it show?")).to_have_value("一只橘猫")
        easel.page.reload()
        expect(easel.button("Paint")).to_be_visible()
        easel.button("中文").click()
        easel.page.locator("#key").fill("any")
        easel.page.get_by_label("想画什么？").fill("sandbox:refused")
        easel.button("开始画").click()
        expect(easel.cards.locator(".fault")).to_contain_text("没有通过服务商的内容审核")


def test_every_word_is_there_in_both_languages_with_the_same_values(easel: Easel) -> None:
    english, chinese = easel.page.evaluate(
        """async () => [
            (await import("/page/english.js")).ENGLISH,
            (await import("/page/chinese.js")).CHINESE,
        ]"""
    )
    assert english.keys() == chinese.keys()
    for word, text in english.items():
        values = [sorted(re.findall(r"{(\w+)}", each)) for each in (text, chinese[word])]
        assert values[0] == values[1], word
        assert text.strip()
        assert chinese[word].strip()


def test_every_code_of_the_api_has_its_words(easel: Easel) -> None:
    document = (PROJECT / "src" / "edge" / "openapi.json").read_text("utf-8")
    codes = {
        code
        for listed in re.findall(
            r'"code": {\s*"type": "string",\s*"enum": \[(.*?)\]', document, re.DOTALL
        )
        for code in re.findall(r'"(\w+)"', listed)
    }
    assert len(codes) > 25
    words = easel.page.evaluate(
        """async () => Object.keys((await import("/page/english.js")).ENGLISH)"""
    )
    assert {f"error_{code}" for code in codes} <= set(words)


def test_it_weighs_less_than_100_kb_and_wakes_no_python(browser: Browser, served: Served) -> None:
    asked: set[str] = set()
    with opened(browser, served, locale="zh-CN") as easel:
        easel.page.on("request", lambda request: asked.add(request.url))
        easel.page.reload(wait_until="networkidle")
        expect(easel.page.locator("form")).to_be_visible()
    own = {url.removeprefix(served.url) for url in asked} - {"/v1/models", "/health"}
    assert "/" in own
    assert all(re.fullmatch(r"/|/page/[\w.]+|/favicon\.ico", path) for path in own)
    # All at once: whatever is imported is named in the page itself.
    named = set(re.findall(r'"(/page/[^"]+)"', (PROJECT / "public" / "index.html").read_text()))
    assert own - named - {"/favicon.ico"} == {"/", "/page/chinese.js"}
    assert named - own == set()
    # As it stands in the files; what travels is compressed beside that.
    files = {path: PROJECT / "public" / (path[1:] or "index.html") for path in own}
    weights = {path: file.stat().st_size for path, file in files.items()}
    assert 50_000 < sum(weights.values()) < 100_000, weights


def test_the_headers_are_strict(served: Served) -> None:
    for path in ("/", "/docs", "/page/app.js", "/page/page.css", "/favicon.ico", "/robots.txt"):
        answer = httpx.get(f"{served.url}{path}", trust_env=False)
        assert answer.status_code == 200, path
        headers = answer.headers
        policy = dict(
            each.strip().split(" ", 1) for each in headers["content-security-policy"].split(";")
        )
        assert policy["default-src"] == "'none'"
        assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"
        assert policy["frame-ancestors"] == "'none'"
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
    assert httpx.get(f"{served.url}/tsconfig.json", trust_env=False).status_code == 404


def test_what_is_no_page_is_answered_by_the_worker(served: Served) -> None:
    headers = {"accept": "text/html", "sec-fetch-mode": "navigate"}
    answer = httpx.get(f"{served.url}/nowhere", headers=headers, trust_env=False)
    assert answer.status_code == 404
    assert answer.json()["error"]["code"] == "path_not_found"
    assert httpx.get(f"{served.url}/v1/models", headers=headers, trust_env=False).json()["data"]


def test_the_api_is_shown_from_the_document(easel: Easel) -> None:
    easel.page.goto(f"{easel.served.url}/docs#createImage")
    operation = easel.page.get_by_role("region", name="POST /v1/images/generations")
    expect(operation).to_be_in_viewport()
    operation.get_by_text("Request", exact=True).click()
    expect(operation.get_by_role("rowheader", name="prompt required")).to_be_visible()
    operation.get_by_text("Example: The address of a picture").click()
    expect(operation.get_by_text('"model": "glm-image"')).to_be_visible()
    expect(
        operation.get_by_text("The key goes into one of: Authorization: Bearer, x-api-key")
    ).to_be_visible()
    operation.get_by_text("Errors: 400, 401, ").click()
    operation.get_by_text("429", exact=True).click()
    expect(operation.get_by_text("rate_limit_exceeded").first).to_be_visible()


def test_all_of_it_by_keyboard(easel: Easel) -> None:
    press = easel.page.keyboard.press
    easel.page.locator("#key").fill("any")
    press("Shift+Tab")
    expect(easel.page.get_by_label("Model", exact=True)).to_be_focused()
    easel.page.get_by_label("What should it show?").focus()
    easel.page.keyboard.type("a cat")
    easel.page.locator("#ratio-1\\:1").focus()
    press("ArrowRight")
    press("Tab")
    press("ArrowRight")
    easel.page.get_by_label("What should it show?").focus()
    press("Control+Enter")
    expect(easel.cards.get_by_role("img")).to_be_visible()
    asked = easel.body("/api/proxy/images/generate")
    assert (asked["ratio"], asked["resolution"]) == ("4:3", "2K")
    expect(easel.page.get_by_role("status").first).to_contain_text("The picture is here.")
    easel.page.locator(".skip").focus()
    press("Enter")
    expect(easel.page.locator("main")).to_be_focused()
