"""Pictures that come back by Easel's own links, and what a deployment tells of its links."""

from __future__ import annotations

import json
from typing import Any

import pytest

from easel import VERSION
from easel.deployment import Deployment, Store
from easel.effects import KeepPicture, OpenAddress, OpenStored, Send, Unseal
from easel.images.blobs import Blob
from easel.images.links import Link, write_link
from easel.outcomes import Failed, KeptPicture, OpenedBody, Outcome, Unsealed
from tests.easel.life import NOW, PNG, Played, deployment, error_of, head, json_body, opened, play
from tests.easel.mcp_messages import call

SECRET = {"LINK_SECRET": "a-secret-that-links-are-sealed-with"}
SEALED = "a-sealed_text" * 4
LINK = f"https://easel.example/pictures/{SEALED}"
STORED = Link("m", "https://h/cat.png", expires=int(NOW) + 1000, key="key")
BEHIND = Link("m", "https://h/cat.png")
ALONE = Link("m", "", expires=int(NOW) + 1000, key="key")


def deployed(variables: dict[str, str], store: Store = Store.BOUND) -> Deployment:
    plain = deployment(variables=variables)
    return Deployment(plain.settings, plain.pools, plain.limiter, store=store)


def edits(image: object = LINK, store: Store = Store.BOUND, **fields: Any) -> Played:
    life = play(head("POST", "/v1/images/generations"), deployed(SECRET, store))
    body = {"model": "geekai/gpt-image-1", "prompt": "a hat", "image": image, **fields}
    life.tell(json_body(body))
    return life


def test_a_link_of_easels_own_is_read_from_the_store() -> None:
    life = edits()
    assert life.job(Unseal) == Unseal(SEALED)
    life.tell(Unsealed(write_link(STORED)))
    assert life.job(OpenStored) == OpenStored("key")
    life.tell(opened(3))
    assert life.job(KeepPicture) == KeepPicture(3, 12 << 20)
    life.tell(KeptPicture(Blob(PNG, 7)))
    sent = life.job(Send).request
    assert LINK.encode() not in (sent.body or b"")
    assert [insert.blob.source for insert in sent.inserts] == [7]


def test_without_a_store_the_services_own_address_is_opened() -> None:
    life = edits(store=Store.NONE)
    life.tell(Unsealed(write_link(Link("m", "https://h/cat.png"))))
    assert life.job(OpenAddress) == OpenAddress("https://h/cat.png")


def test_a_mask_may_be_a_link_too() -> None:
    life = edits("https://h/cat.png", mask=LINK)
    assert life.job(Unseal) == Unseal(SEALED)
    life.tell(Unsealed(write_link(STORED)))
    life.tell(opened(3))
    life.tell(KeptPicture(Blob(PNG, 7)))
    assert life.jobs(Send) or error_of(life)["param"] != "mask"


def test_a_link_under_another_host_of_the_deployment_is_read_here_too() -> None:
    life = edits(LINK.replace("easel.example", "easel.workers.dev"), Store.NONE)
    life.tell(Unsealed(write_link(Link("m", "https://h/cat.png"))))
    assert life.job(OpenAddress) == OpenAddress("https://h/cat.png")


def test_an_address_that_only_looks_like_a_link_is_the_services_affair() -> None:
    other = LINK.replace("easel.example", "h")
    life = edits(other)
    life.tell(Failed("NotSealed"))
    assert other.encode() in (life.job(Send).request.body or b"")


ZHAOTOUS = "https://cdn.zhaotouai.com/cat.png"


def zhaotou(image: object, model: str = "flux-kontext") -> Played:
    """An edit by a service that takes no addresses, in a deployment without links of its own."""
    life = play(head("POST", "/v1/images/generations"), deployment())
    life.tell(json_body({"model": model, "prompt": "a hat", "image": image}))
    return life


def test_a_services_own_address_is_opened_for_a_service_that_takes_none() -> None:
    life = zhaotou([ZHAOTOUS])
    assert life.job(OpenAddress) == OpenAddress(ZHAOTOUS)
    life.tell(opened(3))
    life.tell(KeptPicture(Blob(PNG, 7)))
    assert [insert.blob.source for insert in life.job(Send).request.inserts] == [7]


def test_a_services_own_address_that_has_no_picture_is_told_before_anything_is_paid() -> None:
    life = zhaotou(ZHAOTOUS)
    for outcome in (OpenedBody(403), None, OpenedBody(403)):
        life.tell(outcome)
    error = error_of(life)
    assert (life.reply.status, error["param"]) == (400, "image")
    assert "its host did not return this picture" in error["message"]


def test_no_other_address_is_opened() -> None:
    error = error_of(zhaotou("https://elsewhere.example/cat.png"))
    assert "this service does not take URLs" in error["message"]


def test_nothing_is_opened_for_a_service_that_paints_from_no_picture() -> None:
    life = play(head("POST", "/v1/images/generations"), deployed(SECRET))
    life.tell(json_body({"model": "glm-image", "prompt": "a hat", "image": LINK}))
    assert error_of(life)["code"] == "unsupported_input"


def asks_to_edit(link: str, variables: dict[str, str] | None = None) -> Played:
    """A turn that edits what stands before, whatever the service makes of conversations."""
    said = {"role": "assistant", "content": f"![image]({link})"}
    body = {
        "model": "geekai/gpt-image-1",
        "input": [said, {"role": "user", "content": "a hat"}],
        "tools": [{"type": "image_generation", "action": "edit"}],
    }
    life = play(head("POST", "/v1/responses"), deployed(variables or {}))
    life.tell(json_body(body))
    return life


@pytest.mark.parametrize("variables", [{}, SECRET])
def test_an_edit_that_is_asked_for_follows_no_other_links_either(variables: dict[str, str]) -> None:
    assert ZHAOTOUS.encode() in (asks_to_edit(ZHAOTOUS, variables).job(Send).request.body or b"")
    life = asks_to_edit("https://elsewhere.example/cat.png", variables)
    error = error_of(life)
    assert (life.reply.status, error["param"]) == (400, "input[0].content")
    assert "does not open links to this host" in error["message"]


def test_links_that_easel_opens_are_counted() -> None:
    life = edits([LINK] * 17, Store.BOUND)
    for _ in range(17):
        life.tell(Unsealed(write_link(STORED)))
        life.tell(opened(3))
        life.tell(KeptPicture(Blob(PNG, 7)))
    error = error_of(life)
    assert (life.reply.status, error["param"]) == (400, "image")
    assert "at most 16 pictures" in error["message"]


def test_an_assistant_gives_a_link_too() -> None:
    life = play(head("POST", "/mcp/geekai", {"content-type": "application/json"}), deployed(SECRET))
    edit = call("edit_image", model="geekai/gpt-image-1", prompt="a hat", image=LINK)
    life.tell(json_body(edit))
    life.tell(Unsealed(write_link(STORED)))
    life.tell(opened(3))
    life.tell(KeptPicture(Blob(PNG, 7)))
    assert [insert.blob.source for insert in life.job(Send).request.inserts] == [7]


def test_any_other_address_is_the_services_affair() -> None:
    life = edits("https://h/cat.png")
    assert b"https://h/cat.png" in (life.job(Send).request.body or b"")


@pytest.mark.parametrize(
    ("outcomes", "status", "words"),
    [
        ([Failed("NotSealed")], 400, "There is no picture behind this link"),
        ([Unsealed(write_link(STORED)), OpenedBody(410)], 400, "There is no picture"),
        ([Unsealed(write_link(STORED)), opened(3), Failed("TooLarge")], 400, "cannot be read"),
        (
            [Unsealed(write_link(BEHIND)), *(Failed("TypeError"), None, Failed("TypeError"))],
            400,
            "its host did not return",
        ),
        ([Unsealed(write_link(BEHIND)), opened(3, b"<svg>")], 400, "did not return"),
        ([Unsealed(write_link(ALONE)), Failed("TimeoutError")], 400, "did not return"),
    ],
)
def test_a_link_that_leads_nowhere_is_an_error_before_anything_is_paid(
    outcomes: list[Outcome], status: int, words: str
) -> None:
    life = edits()
    for outcome in outcomes:
        life.tell(outcome)
    error = error_of(life)
    assert (life.reply.status, error["param"]) == (status, "image")
    assert words in error["message"]
    assert "painted" not in error["message"]


PROXY = {"EASEL_KEYS": "token", "ZAI_TOKENS": "own"}


@pytest.mark.parametrize(
    ("variables", "store", "links"),
    [
        (PROXY, Store.NONE, {"level": 1, "store": "none"}),
        (PROXY, Store.BOUND, {"level": 1, "store": "bound"}),
        ({**PROXY, **SECRET}, Store.NONE, {"level": 2, "store": "none"}),
        ({**PROXY, **SECRET}, Store.BOUND, {"level": 3, "store": "bound", "days": 30.0}),
    ],
)
def test_who_has_a_key_hears_what_the_deployment_has(
    variables: dict[str, str], store: Store, links: dict[str, object]
) -> None:
    life = play(head("GET", "/health"), deployed(variables, store))
    assert isinstance(life.reply.body, bytes)
    told = json.loads(life.reply.body)
    assert (told["status"], told["services"], told["links"]) == ("ok", ["zai"], links)


@pytest.mark.parametrize(("variables", "token"), [(PROXY, "other"), (PROXY, ""), (SECRET, "any")])
def test_anybody_else_hears_that_easel_answers(variables: dict[str, str], token: str) -> None:
    life = play(head("GET", "/health", token=token), deployed(variables))
    assert life.reply.body == b'{"status": "ok", "version": "%s"}' % VERSION.encode()
