from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlsplit

import pytest

from easel.effects import ClosePicture, OpenAddress, Seal
from easel.images.links import Link, read_link
from easel.images.result import Picture
from easel.linking import Linker, link_base
from easel.outcomes import HELD, Failed, OpenedBody, Sealed
from easel.settings import Settings
from tests.easel.flows import json_answer
from tests.easel.life import PNG, Played, chat, deployment, head, json_body, opened, painted, play

SECRET = {"LINK_SECRET": "a-secret-that-links-are-sealed-with"}
CAT = "https://z.ai/cat.png"
LINK = "https://easel.example/pictures/sealed"


def asks_chat(variables: dict[str, str] | None = None, **fields: Any) -> Played:
    life = play(
        head("POST", "/v1/chat/completions"), deployment(variables={**SECRET, **(variables or {})})
    )
    life.tell(json_body(chat(**fields)))
    return life


def content(life: Played) -> str:
    found: str = json.loads(life.ending.head)["choices"][0]["message"]["content"]
    return found


def test_without_a_secret_there_are_no_links() -> None:
    url = urlsplit("https://easel.example/v1")
    assert link_base(url, Settings()) is None
    settings = Settings(link_secret=SECRET["LINK_SECRET"])
    assert link_base(url, settings) == "https://easel.example"
    assert link_base(urlsplit("http://easel.example/v1"), settings) is None


@pytest.mark.parametrize("picture", [Picture(base64="QUJD"), Picture("https://h/" + "x" * 9000)])
def test_what_no_link_can_hold_has_none(picture: Picture) -> None:
    assert Linker("https://easel.example", "m").link_of(picture, 1) is None


def test_a_chat_in_link_form_shows_the_link_and_opens_nothing() -> None:
    life = asks_chat(chat_picture="link")
    life.tell(painted())
    (text,) = life.job(Seal).texts
    assert read_link(text) == Link("gemini-3-image-1k", CAT)
    life.tell(Sealed(("sealed",)))
    assert content(life) == f"![image]({LINK})"


def test_an_answer_that_is_held_meanwhile_has_the_link_too() -> None:
    life = asks_chat(chat_picture="link")
    life.tell(None, HELD)
    life.tell(painted())
    life.tell(Sealed(("sealed",)))
    assert content(life) == f"![image]({LINK})"


def test_where_nothing_can_be_sealed_the_services_link_is_shown() -> None:
    life = asks_chat(chat_picture="link")
    life.tell(painted())
    life.tell(Failed("Error"))
    assert content(life) == f"![image]({CAT})"


def test_a_link_beside_a_picture_is_sealed_while_this_is_opened() -> None:
    life = asks_chat()
    life.tell(painted())
    job = life.job(OpenAddress)
    assert (job.url, read_link(job.seal).address) == (CAT, CAT)
    # Where it leads is the host's affair, and the link is that of the service's own address.
    life.tell(OpenedBody(302, location="https://cdn.example/cat.png", sealed="sealed"))
    assert life.job(OpenAddress) == OpenAddress("https://cdn.example/cat.png")
    life.tell(opened())
    answer = json.loads(life.ending.head + b"QUJD" + life.ending.tail)
    assert answer["choices"][0]["message"]["content"] == f"![image]({LINK})"


def test_too_large_a_picture_becomes_easels_own_link() -> None:
    life = asks_chat({"MAX_INLINE_BYTES": "1"})
    life.tell(painted())
    life.tell(OpenedBody(200, first_bytes=PNG, length=100, picture=4, sealed="sealed"))
    assert content(life) == f"![image]({LINK})"
    assert life.ending.gives_back == (ClosePicture(4),)


def test_a_picture_that_cannot_be_opened_has_the_services_address_in_its_error() -> None:
    life = asks_chat()
    life.tell(painted())
    for _ in range(2):
        life.tell(OpenedBody(404, sealed="sealed"))
        if life.end is None:
            life.tell(None)
    assert isinstance(life.reply.body, bytes)
    assert CAT in life.reply.body.decode()


def test_the_images_api_answers_with_a_link_for_each_address() -> None:
    life = play(head("POST", "/v1/images/generations"), deployment(variables=SECRET))
    life.tell(json_body({"model": "geekai/gpt-image-1", "prompt": "a cat", "n": 2}))
    urls = [CAT, "https://h/" + "x" * 9000]
    life.tell(json_answer({"data": [{"url": url} for url in urls]}))
    assert len(life.job(Seal).texts) == 2
    life.tell(Sealed(("sealed", "")))
    assert [item["url"] for item in json.loads(life.ending.head)["data"]] == [LINK, urls[1]]


def test_a_task_that_is_not_done_has_nothing_to_link() -> None:
    life = play(head("GET", "/v1/images/geekai-7"), deployment(variables=SECRET))
    life.tell(json_answer({"task_id": "7", "task_status": "running"}))
    assert json.loads(life.ending.head)["data"] == []
