from __future__ import annotations

import json
from typing import Any

import pytest

from easel.deployment import Deployment, Store
from easel.effects import (
    ClosePicture,
    Complain,
    Effects,
    Job,
    OpenAddress,
    OpenBase64,
    OpenStored,
    Seal,
    Start,
    StorePicture,
    Write,
    WritePicture,
)
from easel.images.links import read_link
from easel.life import Afterwards, Ending, Over
from easel.outcomes import Done, Failed, Kept, OpenedBody, Outcome, Sealed, Stored
from easel.services.wire import LONG_TEXT, HttpResponse, LongText, Wait
from tests.easel.flows import json_answer
from tests.easel.life import (
    NONCE,
    NOW,
    PNG,
    Played,
    chat,
    deployment,
    head,
    json_body,
    opened,
    play,
)

SECRET = {"LINK_SECRET": "a-secret-that-links-are-sealed-with"}
PROXY = {**SECRET, "EASEL_KEYS": "token", "GEEKAI_API_KEYS": "own"}
LINK = "https://easel.example/pictures/sealed"
CAT = "https://h/cat.png"
EXPIRES = int(NOW) + 30 * 86_400


def with_store(variables: dict[str, str], store: Store = Store.BOUND) -> Deployment:
    plain = deployment(variables=variables)
    return Deployment(plain.settings, plain.pools, plain.limiter, store=store)


def asks(
    variables: dict[str, str] = PROXY, path: str = "/v1/chat/completions", **fields: Any
) -> Played:
    life = play(head("POST", path), with_store(variables))
    life.tell(json_body(fields))
    return life


def asks_chat(variables: dict[str, str] = PROXY, **fields: Any) -> Played:
    asked: dict[str, Any] = {**chat(chat_picture="link"), "model": "geekai/gpt-image-1", **fields}
    return asks(variables, **asked)


def asks_images(n: int = 2) -> Played:
    model = "geekai/gpt-image-1"
    return asks(path="/v1/images/generations", model=model, prompt="a cat", n=n)


class After:
    """What goes on when an answer has left, driven by hand."""

    def __init__(self, ending: Ending) -> None:
        assert ending.afterwards is not None
        self._life: Afterwards = ending.afterwards
        self.over: Over | None = None
        self.wanted: Effects = next(self._life)

    def job(self) -> Job:
        (found,) = (each.job for each in self.wanted if isinstance(each, Start))
        return found

    def tell(self, outcome: Outcome) -> None:
        try:
            self.wanted = self._life.send(Done(1, outcome, NOW))
        except StopIteration as end:
            self.over = end.value


def linked_chat() -> After:
    """The chat's link has been shown; its picture is to be stored."""
    life = asks_chat()
    life.tell(json_answer({"data": [{"url": CAT}]}))
    (text,) = life.job(Seal).texts
    link = read_link(text)
    assert (link.address, link.key, link.expires) == (CAT, f"{NONCE}-1", EXPIRES)
    life.tell(Sealed(("sealed",)))
    assert LINK in life.ending.head.decode()
    return After(life.ending)


def test_a_picture_whose_link_was_shown_is_stored_afterwards() -> None:
    after = linked_chat()
    assert after.job() == OpenAddress(CAT)
    after.tell(opened(5))
    assert after.job() == StorePicture(5, f"{NONCE}-1", "image/png", 30 * 86_400, 32 * 2**20)
    after.tell(Stored(stored=True))
    assert after.over == Over()


@pytest.mark.parametrize(
    ("outcome", "words"),
    [
        (Stored(stored=False, reason="TooLarge"), "a picture was not stored: TooLarge"),
        (Failed("TooManyFetches"), "a picture was not stored: TooManyFetches"),
    ],
)
def test_what_cannot_be_stored_is_told_in_the_log(outcome: Outcome, words: str) -> None:
    after = linked_chat()
    after.tell(opened(5))
    after.tell(outcome)
    assert after.over == Over(None, (Complain(words),))


def test_a_picture_that_cannot_be_opened_again_is_told_in_the_log() -> None:
    after = linked_chat()
    after.tell(OpenedBody(404))
    assert isinstance(after.job(), Wait)
    after.tell(None)
    after.tell(OpenedBody(404))
    assert after.over == Over(None, (Complain("a picture was not stored: picture_missing"),))


def test_what_breaks_in_easel_itself_is_reported() -> None:
    after = linked_chat()
    # No shell says this: a picture's first bytes are bytes.
    after.tell(OpenedBody(200, first_bytes=None, picture=1))  # type: ignore[arg-type]
    assert after.over is not None
    assert isinstance(after.over.exception, TypeError | AttributeError)


def test_nothing_is_stored_whose_link_stands_in_no_answer() -> None:
    life = asks_chat(chat_picture="markdown")
    life.tell(json_answer({"data": [{"url": CAT}]}))
    assert life.job(OpenAddress).seal
    life.tell(OpenedBody(200, first_bytes=PNG, length=9, picture=1, sealed="sealed"))
    assert life.ending.afterwards is None


@pytest.mark.parametrize(
    ("variables", "stores"),
    [(SECRET, False), ({**SECRET, "STORE_FOR_EVERYBODY": "true"}, True), (PROXY, True)],
)
def test_strangers_fill_nobodys_store_unless_it_is_lent(
    variables: dict[str, str], *, stores: bool
) -> None:
    life = asks_chat(variables)
    life.tell(json_answer({"data": [{"url": CAT}]}))
    assert bool(read_link(life.job(Seal).texts[0]).key) is stores
    life.tell(Sealed(("sealed",)))
    assert (life.ending.afterwards is not None) is stores


def test_a_variable_is_no_store() -> None:
    life = play(head("POST", "/v1/chat/completions"), with_store(PROXY, Store.NOT_A_STORE))
    assert life.reply.status == 500
    assert isinstance(life.reply.body, bytes)
    assert b"PICTURES" in life.reply.body


# --- Pictures without an address. ---

BASE64 = {"data": [{"b64_json": "QUJD"}]}


def test_a_picture_without_an_address_has_its_link_when_it_is_stored() -> None:
    life = asks_chat()
    life.tell(json_answer(BASE64))
    assert life.job(OpenBase64) == OpenBase64("QUJD")
    life.tell(OpenedBody(200, first_bytes=PNG, picture=1))
    link = read_link(life.job(Seal).texts[0])
    assert (link.address, link.key) == ("", f"{NONCE}-1")
    life.tell(Sealed(("sealed",)))
    stored = StorePicture(1, f"{NONCE}-1", "image/png", 30 * 86_400, 32 * 2**20, stays=True)
    assert life.job(StorePicture) == stored
    life.tell(Stored(stored=True))
    answer = json.loads(life.ending.head)
    assert answer["choices"][0]["message"]["content"] == f"![image]({LINK})"
    assert answer["easel"]["pictures"] == [{"size": "1024x512"}]
    assert life.ending.afterwards is None
    assert life.ending.gives_back == (ClosePicture(1),)


def test_a_picture_that_cannot_be_stored_is_in_the_answer_itself() -> None:
    life = asks_chat()
    life.tell(json_answer(BASE64))
    life.tell(OpenedBody(200, first_bytes=PNG, picture=1))
    life.tell(Sealed(("sealed",)))
    life.tell(Stored(stored=False, reason="Error"))
    assert life.ending.picture == 1
    assert b"data:image/png" in life.ending.head
    assert life.ending.gives_back == (Complain("a picture was not stored: Error"),)


def test_a_picture_whose_link_cannot_be_made_is_in_the_answer_itself() -> None:
    life = asks_chat()
    life.tell(json_answer(BASE64))
    life.tell(OpenedBody(200, first_bytes=PNG, picture=1))
    life.tell(Failed("Error"))
    assert life.ending.picture == 1


# --- The same with the picture in the answer, and its link behind it. ---


def written(life: Played, outcome: Outcome) -> bytes:
    """The picture is written; what stood around it."""
    life.tell(OpenedBody(200, first_bytes=PNG, picture=1))
    job = life.job(WritePicture)
    assert job.keep
    life.tell(outcome)
    return job.head + b"QUJD" + job.tail


def text_of(answer: bytes) -> str:
    text: str = json.loads(answer)["choices"][0]["message"]["content"]
    return text


def test_a_picture_without_an_address_has_its_link_behind_it() -> None:
    life = asks_chat(chat_picture="candidates")
    life.tell(json_answer(BASE64))
    body = written(life, Kept(2))
    link = read_link(life.job(Seal).texts[0])
    assert (link.address, link.key) == ("", f"{NONCE}-1")
    life.tell(Sealed(("sealed",)))
    stored = StorePicture(2, f"{NONCE}-1", "image/png", 30 * 86_400, 32 * 2**20, stays=True)
    assert life.job(StorePicture) == stored
    life.tell(Stored(stored=True))
    assert text_of(body + life.ending.head) == f"![image]({LINK})"
    assert ClosePicture(2) in life.ending.gives_back
    assert life.ending.afterwards is None


def test_where_there_is_no_room_for_a_copy_there_is_no_link_behind_it() -> None:
    life = asks_chat(chat_picture="candidates")
    life.tell(json_answer(BASE64))
    body = written(life, Kept(0))
    assert text_of(body + life.ending.head) == "(image)"
    assert Complain("a picture was not stored: NoRoom") in life.ending.gives_back


def test_where_it_cannot_be_stored_there_is_no_link_behind_it() -> None:
    life = asks_chat(chat_picture="candidates")
    life.tell(json_answer(BASE64))
    body = written(life, Kept(2))
    life.tell(Sealed(("sealed",)))
    life.tell(Stored(stored=False, reason="Error"))
    assert text_of(body + life.ending.head) == "(image)"
    assert Complain("a picture was not stored: Error") in life.ending.gives_back


def test_a_picture_that_is_written_twice_is_stored_in_between() -> None:
    life = asks(path="/v1/responses", model="geekai/gpt-image-1", input="a cat", stream=True)
    life.tell(json_answer(BASE64))
    body = written(life, Kept(2))
    life.tell(Sealed(("sealed",)))
    life.tell(Stored(stored=True))
    assert life.ending.picture == 2
    assert body.count(b"QUJD") == 1
    assert life.ending.head.decode().count(LINK) >= 1
    assert LINK in life.ending.tail.decode()


@pytest.mark.parametrize(
    ("variables", "fields"),
    [
        (SECRET, {"chat_picture": "candidates"}),
        ({}, {"chat_picture": "candidates"}),
        (PROXY, {"chat_picture": "images"}),
    ],
)
def test_without_a_store_or_a_text_for_it_nothing_is_stored(
    variables: dict[str, str], fields: dict[str, str]
) -> None:
    life = asks_chat(variables, **fields)
    life.tell(json_answer(BASE64))
    life.tell(OpenedBody(200, first_bytes=PNG, picture=1))
    assert life.ending.picture == 1


def test_several_pictures_get_links_and_what_is_broken_is_told() -> None:
    life = asks_images(3)
    body = {"data": [{"url": CAT}, {"b64_json": "QUJD"}, {"b64_json": "REVG"}]}
    life.tell(json_answer(body))
    life.tell(OpenedBody(200, first_bytes=PNG, picture=1))
    life.tell(Sealed(("one",)))
    life.tell(Stored(stored=True))
    life.tell(Failed("SyntaxError"))
    assert len(life.job(Seal).texts) == 1
    life.tell(Sealed(("two",)))
    answer = json.loads(life.ending.head)
    base = "https://easel.example/pictures/"
    assert [item["url"] for item in answer["data"]] == [f"{base}two", f"{base}one"]
    assert len(answer["errors"]) == 1
    assert life.ending.afterwards is not None


def test_where_no_picture_can_be_opened_the_answer_says_so() -> None:
    life = asks_chat()
    life.tell(json_answer(BASE64))
    life.tell(Failed("SyntaxError"))
    assert life.reply.status == 502


ANSWER = 1


def read(text: str, texts: int, *, goes_on: bool) -> HttpResponse:
    long_texts = tuple(LongText(ANSWER, number) for number in range(texts))
    body = text.replace("~", LONG_TEXT).encode()
    rest = ANSWER if goes_on else None
    return HttpResponse(200, body, "application/json", long_texts=long_texts, rest=rest)


def test_what_an_answer_says_behind_a_stored_picture_is_told_of_it() -> None:
    life = asks_images()
    life.tell(read('{"data": [{"b64_json": "~0"', 1, goes_on=True))
    life.tell(OpenedBody(200, first_bytes=PNG, picture=1))
    life.tell(Sealed(("one",)))
    life.tell(Stored(stored=True))
    first = '{"data": [{"b64_json": "~0", "revised_prompt": "a black cat"}'
    life.tell(read(first + ', {"b64_json": "~1"', 2, goes_on=True))
    life.tell(OpenedBody(200, first_bytes=PNG, picture=2))
    life.tell(Sealed(("two",)))
    life.tell(Stored(stored=True))
    life.tell(read(first + ', {"b64_json": "~1"}]}', 2, goes_on=False))
    data = json.loads(life.ending.head)["data"]
    assert [item["url"].rpartition("/")[2] for item in data] == ["one", "two"]
    assert data[0]["revised_prompt"] == "a black cat"


def test_pictures_that_are_stored_are_written_with_one_that_cannot_be() -> None:
    life = asks_images()
    life.tell(json_answer({"data": [{"b64_json": "QUJD"}, {"b64_json": "REVG"}]}))
    life.tell(OpenedBody(200, first_bytes=PNG, picture=1))
    life.tell(Sealed(("one",)))
    life.tell(Stored(stored=True))
    life.tell(OpenedBody(200, first_bytes=PNG, picture=2))
    life.tell(Sealed(("two",)))
    life.tell(Stored(stored=False, reason="Error"))
    body = b""
    while life.end is None:
        if life.jobs(OpenStored):
            life.tell(opened(3))
        elif life.jobs(WritePicture):
            job = life.job(WritePicture)
            body += job.head + b"QUJD" + job.tail
            life.tell(None)
        else:
            body += life.job(Write).piece
            life.tell(None)
    items = json.loads(body + life.ending.head)["data"]
    assert [item["url"][:22] for item in items] == ["data:image/png;base64,"] * 2


def test_a_stored_picture_that_the_store_does_not_give_back_is_told_of() -> None:
    life = asks_images()
    life.tell(json_answer({"data": [{"b64_json": "QUJD"}, {"b64_json": "REVG"}]}))
    life.tell(OpenedBody(200, first_bytes=PNG, picture=1))
    life.tell(Sealed(("one",)))
    life.tell(Stored(stored=True))
    life.tell(OpenedBody(200, first_bytes=PNG, picture=2))
    life.tell(Sealed(("two",)))
    life.tell(Failed("TimeoutError"))
    body = b""
    while life.end is None:
        if life.jobs(OpenStored):
            life.tell(Failed("TimeoutError"))
        else:
            job = life.job(WritePicture)
            body += job.head + b"QUJD" + job.tail
            life.tell(None)
    answer = json.loads(body + life.ending.head)
    assert len(answer["data"]) == 1
    assert "store" in answer["errors"][0]["message"]
