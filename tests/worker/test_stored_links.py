"""Links to pictures that are stored, on workerd with a KV namespace that a test can spoil."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import Any, Final

import httpx
import pytest

from easel import VERSION
from tests.worker.conftest import Easel, Internet
from tests.worker.reading import eventually
from tests.worker.test_links import LINK, MODELS, painted
from tests.worker.test_previous import EDITED, EDITORS, UNUSED, painted_from

KEY: Final = {"authorization": "Bearer a-key"}
NOT_STORED: Final = "a picture was not stored: "
PROXY_MODELS: Final = tuple(model for model in MODELS if model != "seedream-4.5")


@pytest.fixture(autouse=True)
def fine(client: httpx.Client, kv: Easel) -> Iterator[None]:
    yield
    control(client, kv, "fine")


def control(client: httpx.Client, kv: Easel, mode: str) -> None:
    """How the store behaves from here on."""
    httpx.post(f"{kv.url}/control", content=mode, trust_env=False).raise_for_status()
    del client


def keys(kv: Easel) -> list[str]:
    found: list[str] = httpx.get(f"{kv.url}/control", trust_env=False).json()
    return found


def asked(client: httpx.Client, easel: Easel, prompt: str, **fields: Any) -> str:
    message = {"role": "user", "content": prompt}
    body = {"model": "gemini-3-image-1k", "messages": [message], "chat_picture": "link", **fields}
    response = client.post(f"{easel.url}/v1/chat/completions", headers=KEY, json=body)
    assert response.status_code == 200, response.text
    return response.text


def link_of(client: httpx.Client, easel: Easel, prompt: str, **fields: Any) -> str:
    (link,) = LINK.findall(asked(client, easel, prompt, **fields))
    return str(link)


def stored(kv: Easel, before: list[str]) -> bool:
    return eventually(lambda: len(keys(kv)) > len(before), 10)


@pytest.mark.parametrize("stream", [False, True], ids=["plain", "stream"])
@pytest.mark.parametrize("model", PROXY_MODELS)
def test_a_picture_is_there_after_the_services_link_has_died(
    client: httpx.Client,
    storing: Easel,
    kv: Easel,
    internet: Internet,
    marker: str,
    model: str,
    *,
    stream: bool,
) -> None:
    before = keys(kv)
    link = link_of(client, storing, marker, model=model, stream=stream)
    at_once = client.get(link)
    assert at_once.status_code == 200
    assert stored(kv, before)
    del internet.sandbox.pictures[painted(internet, at_once.content)]
    later = client.get(link)
    assert later.status_code == 200, later.text
    assert later.content == at_once.content
    for name in ("content-type", "content-length", "etag", "content-disposition"):
        assert later.headers[name] == at_once.headers[name]
    part = client.get(link, headers={"range": "bytes=-5"})
    assert (part.status_code, part.content) == (206, later.content[-5:])
    head = client.head(link)
    assert head.headers["content-length"] == str(len(later.content))
    known = client.get(link, headers={"if-none-match": later.headers["etag"]})
    assert known.status_code == 304


def test_a_place_that_does_not_see_it_yet_asks_the_service(
    client: httpx.Client, storing: Easel, kv: Easel, internet: Internet, marker: str
) -> None:
    before = keys(kv)
    link = link_of(client, storing, marker)
    assert stored(kv, before)
    control(client, kv, "misses")
    content = client.get(link).content
    assert painted(internet, content)
    del internet.sandbox.pictures[painted(internet, content)]
    assert client.get(link).status_code == 404


def test_a_place_that_sees_no_value_yet_reads_a_link_of_another_isolate(
    client: httpx.Client,
    storing: Easel,
    lending: Easel,
    kv: Easel,
    internet: Internet,
    marker: str,
) -> None:
    before = keys(kv)
    link = link_of(client, storing, marker).replace(storing.url, lending.url)
    assert stored(kv, before)
    control(client, kv, "misses")
    content = client.get(link).content
    assert painted(internet, content)
    control(client, kv, "fine")
    # And it sees it in the end, when the service has its picture no longer.
    del internet.sandbox.pictures[painted(internet, content)]
    assert client.get(link).content == content


def test_two_hundred_chats_at_once_have_each_a_link_of_their_own(
    storing: Easel, marker: str
) -> None:
    limits = httpx.Limits(max_connections=200)

    async def ask(many: httpx.AsyncClient, number: int) -> tuple[str, bytes]:
        body = {
            "model": "gemini-3-image-1k",
            "messages": [{"role": "user", "content": f"{marker} {number}"}],
            "chat_picture": "link",
        }
        url = f"{storing.url}/v1/chat/completions"
        (link,) = LINK.findall((await many.post(url, headers=KEY, json=body)).text)
        return str(link), (await many.get(link)).content

    async def ask_all() -> list[tuple[str, bytes]]:
        async with httpx.AsyncClient(timeout=60, trust_env=False, limits=limits) as many:
            return await asyncio.gather(*(ask(many, number) for number in range(200)))

    read = dict(asyncio.run(ask_all()))
    assert len(read) == 200
    # Each shows its own prompt.
    assert len(set(read.values())) == 200


def test_a_store_that_refuses_spoils_nothing_and_is_told_in_the_log(
    client: httpx.Client, storing: Easel, kv: Easel, marker: str
) -> None:
    control(client, kv, "refuses")
    before = keys(kv)
    link = link_of(client, storing, marker)
    assert client.get(link).status_code == 200

    def complaints() -> list[str]:
        log = storing.log.read_text("utf-8", "replace").splitlines()
        return [line for line in log if "a picture was not stored" in line]

    assert eventually(lambda: bool(complaints()), 10)
    assert "http" not in complaints()[-1]
    assert marker not in complaints()[-1]
    assert keys(kv) == before


def test_a_slow_store_holds_up_no_answer(
    client: httpx.Client, storing: Easel, kv: Easel, marker: str
) -> None:
    control(client, kv, "slow")
    before = keys(kv)
    response = client.post(
        f"{storing.url}/v1/chat/completions",
        headers=KEY,
        json={
            "model": "gemini-3-image-1k",
            "messages": [{"role": "user", "content": marker}],
            "chat_picture": "link",
        },
    )
    assert response.elapsed.total_seconds() < 2.5
    assert stored(kv, before)


@pytest.mark.parametrize("fault", ["picture-cut", "picture-text"])
def test_what_is_not_a_whole_picture_is_never_stored(
    client: httpx.Client, storing: Easel, kv: Easel, marker: str, fault: str
) -> None:
    before = keys(kv)
    link_of(client, storing, f"sandbox:picture-bytes=900000 sandbox:{fault} {marker}")
    log = storing.log.read_text("utf-8", "replace").count("a picture was not stored")
    assert eventually(
        lambda: storing.log.read_text("utf-8", "replace").count("not stored") >= max(1, log), 10
    )
    assert keys(kv) == before


def test_a_picture_of_unknown_length_is_stored_with_its_length(
    client: httpx.Client, storing: Easel, kv: Easel, internet: Internet, marker: str
) -> None:
    before = keys(kv)
    faults = "sandbox:picture-bytes=700000 sandbox:picture-chunked"
    link = link_of(client, storing, f"{faults} {marker}")
    content = client.get(link).content
    assert stored(kv, before)
    del internet.sandbox.pictures[painted(internet, content)]
    later = client.get(link)
    assert later.content == content
    assert later.headers["content-length"] == str(len(content))


def test_nothing_is_stored_whose_link_nobody_was_shown(
    client: httpx.Client, storing: Easel, kv: Easel, marker: str
) -> None:
    before = keys(kv)
    asked(client, storing, marker, chat_picture="markdown")
    link_of(client, storing, marker)
    assert stored(kv, before)
    assert len(keys(kv)) == len(before) + 1


def test_strangers_fill_nobodys_store_unless_it_is_lent(
    client: httpx.Client, stranger: Easel, lending: Easel, kv: Easel, marker: str
) -> None:
    before = keys(kv)
    assert client.get(link_of(client, stranger, marker)).status_code == 200
    assert client.get(link_of(client, lending, marker)).status_code == 200
    assert stored(kv, before)
    assert len(keys(kv)) == len(before) + 1


def test_a_variable_is_no_store(client: httpx.Client, misstored: Easel, marker: str) -> None:
    response = httpx.post(
        f"{misstored.url}/v1/chat/completions",
        headers=KEY,
        json={"model": "glm-image", "messages": [{"role": "user", "content": marker}]},
        trust_env=False,
    )
    assert (response.status_code, response.json()["error"]["code"]) == (500, "misconfigured")
    assert "PICTURES" in response.json()["error"]["message"]
    del client


# --- Services that give no address. ---

BASE64: Final = "geekai/gpt-image-1"


def test_a_picture_without_an_address_gets_a_link(
    client: httpx.Client, storing: Easel, kv: Easel, internet: Internet, marker: str
) -> None:
    link = link_of(client, storing, f"sandbox:base64=2000000 {marker}", model=BASE64)
    response = client.get(link)
    assert (response.status_code, len(response.content)) == (200, 2_000_000)
    assert response.headers["content-length"] == "2000000"
    del kv, internet


def test_the_images_api_links_pictures_without_an_address(
    client: httpx.Client, storing: Easel, marker: str
) -> None:
    answer = client.post(
        f"{storing.url}/v1/images/generations",
        headers=KEY,
        json={"model": BASE64, "prompt": f"sandbox:base64=300000 {marker}", "n": 2},
    ).json()
    links = [item["url"] for item in answer["data"]]
    assert len(set(links)) == 2
    assert [len(client.get(link).content) for link in links] == [300_000] * 2
    assert [each["size"] for each in answer["easel"]["pictures"]]


@pytest.mark.parametrize("mode", ["refuses"])
def test_a_picture_that_cannot_be_stored_is_in_the_answer_itself(
    client: httpx.Client, storing: Easel, kv: Easel, marker: str, mode: str
) -> None:
    control(client, kv, mode)
    text = asked(client, storing, f"sandbox:base64=2000000 {marker}", model=BASE64)
    assert "data:image/" in text
    assert len(text) > 2_600_000


# --- Deleting. ---


def test_a_key_deletes_a_picture_and_the_service_is_not_asked_for_it(
    client: httpx.Client, storing: Easel, kv: Easel, marker: str
) -> None:
    before = keys(kv)
    link = link_of(client, storing, marker)
    assert stored(kv, before)
    assert client.get(link).status_code == 200
    assert client.delete(link).status_code == 401
    assert client.delete(link, headers=KEY).status_code == 204
    gone = client.get(link)
    assert (gone.status_code, gone.headers["cache-control"]) == (404, "no-store")
    assert client.delete(link, headers=KEY).status_code == 204
    assert client.delete(f"{link}AAAA", headers=KEY).status_code == 404


def test_a_storing_that_is_under_way_brings_no_deleted_picture_back(
    client: httpx.Client, storing: Easel, kv: Easel, internet: Internet, marker: str
) -> None:
    control(client, kv, "slow-pictures")
    told = storing.log.read_text("utf-8", "replace").count(NOT_STORED)
    link = link_of(client, storing, marker)
    # The first token may have been rejected, wherever this test is the first to paint.
    painted_with = len(internet.calls(marker))
    assert client.delete(link, headers=KEY).status_code == 204
    assert client.get(link).status_code == 404
    # The picture is written over the mark, and hidden again.
    assert eventually(
        lambda: storing.log.read_text("utf-8", "replace").count(NOT_STORED) > told, 15
    )
    assert client.get(link).status_code == 404
    assert NOT_STORED + "Deleted" in storing.log.read_text("utf-8", "replace")
    assert len(internet.calls(marker)) == painted_with


def test_nobody_deletes_where_there_are_no_keys(
    client: httpx.Client, lending: Easel, marker: str
) -> None:
    link = link_of(client, lending, marker)
    assert client.delete(link, headers=KEY).status_code == 403


# --- Coming back. ---


def test_an_edit_of_a_stored_picture_asks_nobody_for_it(
    client: httpx.Client, storing: Easel, kv: Easel, internet: Internet, marker: str
) -> None:
    before = keys(kv)
    link = link_of(client, storing, marker)
    content = client.get(link).content
    assert stored(kv, before)
    name = painted(internet, content)
    del internet.sandbox.pictures[name]
    downloads = len(internet.downloads())
    response = client.post(
        f"{storing.url}/v1/images/generations",
        headers=KEY,
        json={"model": BASE64, "prompt": f"edit {marker}", "image": link},
    )
    assert response.status_code == 200, response.text
    (call,) = internet.calls(f"edit {marker}")
    assert link.encode() not in call.body
    assert len(call.body) > len(content)
    # What was painted now may be stored by now.
    assert [call for call in internet.downloads()[downloads:] if name in call.url] == []


def _asks(path: str, **fields: Any) -> tuple[str, dict[str, Any]]:
    return path, fields


def _chat(model: str, prompt: str, answer: dict[str, Any], *more: Any) -> tuple[str, Any]:
    assistant = {"role": "assistant", **answer}
    messages = [_user("a cat"), assistant, *more, _user(prompt)]
    return _asks("/v1/chat/completions", model=model, messages=messages, chat_picture="link")


def _user(content: Any) -> dict[str, Any]:
    return {"role": "user", "content": content}


def _image(link: str) -> dict[str, Any]:
    return {"type": "image_url", "image_url": {"url": link}}


def _gemini(model: str, prompt: str, part: dict[str, Any]) -> tuple[str, Any]:
    turns = [("user", {"text": "a cat"}), ("model", part), ("user", {"text": prompt})]
    contents = [{"role": role, "parts": [each]} for role, each in turns]
    return _asks(f"/v1beta/models/{model}:generateContent", contents=contents)


def _response(model: str, prompt: str, item: dict[str, Any]) -> tuple[str, Any]:
    return _asks("/v1/responses", model=model, input=[_user("a cat"), item, _user(prompt)])


def _interaction(model: str, prompt: str, content: dict[str, Any]) -> tuple[str, Any]:
    turns = [
        ("user_input", _said("a cat")),
        ("model_output", content),
        ("user_input", _said(prompt)),
    ]
    steps = [{"type": kind, "content": [each]} for kind, each in turns]
    return _asks("/v1/interactions", model=model, input=steps)


def _said(text: str) -> dict[str, Any]:
    return {"type": "text", "text": text}


def _shown(link: str) -> str:
    return f"Here:\n![image]({link})"


def _spoken(link: str) -> dict[str, Any]:
    return {"role": "assistant", "content": [{"type": "output_text", "text": _shown(link)}]}


# Where a client has the link of the picture before: how it asks for the next one.
BEFORE: Final[dict[str, Callable[[str, str, str], tuple[str, dict[str, Any]]]]] = {
    "chat, markdown": lambda model, prompt, link: _chat(model, prompt, {"content": _shown(link)}),
    "chat, a long text": lambda model, prompt, link: _chat(
        model, prompt, {"content": f"{'Look. ' * 1000}{_shown(link)}"}
    ),
    "chat, images": lambda model, prompt, link: _chat(
        model, prompt, {"content": "", "images": [_image(link)]}
    ),
    "chat, sent since": lambda model, prompt, link: _chat(
        model, prompt, {"content": "No."}, _user([_said("a dog"), _image(link)])
    ),
    "gemini, text": lambda model, prompt, link: _gemini(model, prompt, {"text": _shown(link)}),
    "gemini, fileData": lambda model, prompt, link: _gemini(
        model, prompt, {"fileData": {"fileUri": link}}
    ),
    "responses, text": lambda model, prompt, link: _response(model, prompt, _spoken(link)),
    "responses, sent since": lambda model, prompt, link: _response(
        model, prompt, _user([{"type": "input_image", "image_url": link}])
    ),
    "interactions, text": lambda model, prompt, link: _interaction(
        model, prompt, _said(_shown(link))
    ),
    "interactions, uri": lambda model, prompt, link: _interaction(
        model, prompt, {"type": "image", "uri": link}
    ),
}

# Where a caller gives the link itself as a picture to paint from.
GIVEN: Final[dict[str, Callable[[str, str, str], tuple[str, dict[str, Any]]]]] = {
    "images": lambda model, prompt, link: _asks(
        "/v1/images/generations", model=model, prompt=prompt, image=link
    ),
    "chat": lambda model, prompt, link: _asks(
        "/v1/chat/completions", model=model, messages=[_user([_said(prompt), _image(link)])]
    ),
    "mcp": lambda model, prompt, link: _asks(
        "/mcp",
        jsonrpc="2.0",
        id=1,
        method="tools/call",
        params={
            "name": "edit_image",
            "arguments": {"model": model, "prompt": prompt, "image": link, "output": "link"},
        },
    ),
}


def in_the_store_alone(client: httpx.Client, storing: Easel, marker: str) -> tuple[str, bytes]:
    """A picture that no service has: its link, and the picture."""
    link = link_of(client, storing, f"sandbox:base64=300000 first {marker}", model=BASE64)
    return link, client.get(link).content


each_editor = pytest.mark.parametrize("model", EDITORS)


@each_editor
@pytest.mark.parametrize("place", BEFORE)
def test_a_picture_before_that_lies_in_the_store_alone_is_edited(
    client: httpx.Client, storing: Easel, internet: Internet, marker: str, model: str, place: str
) -> None:
    link, content = in_the_store_alone(client, storing, marker)
    path, body = BEFORE[place](model, f"second {marker}", link)
    response = client.post(f"{storing.url}{path}", headers=KEY, json=body)
    assert response.status_code == 200, response.text
    (call,) = internet.calls(f"second {marker}")
    assert painted_from(call) == content
    assert EDITED in response.text


@each_editor
@pytest.mark.parametrize("place", GIVEN)
def test_a_picture_that_lies_in_the_store_alone_is_given_by_its_link(
    client: httpx.Client, storing: Easel, internet: Internet, marker: str, model: str, place: str
) -> None:
    link, content = in_the_store_alone(client, storing, marker)
    path, body = GIVEN[place](model, f"second {marker}", link)
    response = client.post(f"{storing.url}{path}", headers=KEY, json=body)
    assert response.status_code == 200, response.text
    (call,) = internet.calls(f"second {marker}")
    assert painted_from(call) == content


@each_editor
@pytest.mark.parametrize("what", ["deleted", "forged"])
def test_a_link_that_leads_nowhere_any_more_is_told(
    client: httpx.Client, storing: Easel, internet: Internet, marker: str, model: str, what: str
) -> None:
    link, _ = in_the_store_alone(client, storing, marker)
    if what == "deleted":
        assert client.delete(link, headers=KEY).status_code == 204
    else:
        link = f"{link[:-4]}AAAA"
    for place in BEFORE:
        path, body = BEFORE[place](model, f"second {place} {marker}", link)
        told = client.post(f"{storing.url}{path}", headers=KEY, json=body)
        assert told.status_code == 200, told.text
        assert f"{UNUSED}: there is no picture behind its link any more" in told.text, place
        (call,) = internet.calls(f"second {place} {marker}")
        assert painted_from(call) is None
    for place in GIVEN:
        path, body = GIVEN[place](model, f"third {place} {marker}", link)
        refused = client.post(f"{storing.url}{path}", headers=KEY, json=body)
        assert refused.status_code == (200 if place == "mcp" else 400)
        assert "There is no picture behind this link, or none any more." in refused.text, place
        assert internet.calls(f"third {place} {marker}") == []


def test_who_has_a_key_hears_of_the_links(client: httpx.Client, storing: Easel) -> None:
    told = client.get(f"{storing.url}/health", headers=KEY).json()
    assert told["links"] == {"level": 3, "store": "bound", "days": 30}
    assert client.get(f"{storing.url}/health").json() == {"status": "ok", "version": VERSION}
