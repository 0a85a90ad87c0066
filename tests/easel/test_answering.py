from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Sequence
from typing import Any

import pytest

from easel.answering import answer
from easel.context import Context
from easel.dialects.chat_encoder import ChatEncoder
from easel.dialects.dialect import Delivery
from easel.dialects.encoder import Counted, Opened, Stamp
from easel.effects import (
    Begin,
    ClosePicture,
    Hold,
    KeepAlive,
    OpenAddress,
    ReleaseUploads,
    Send,
    WritePicture,
)
from easel.errors import EaselError
from easel.images.result import ImageResult, Picture
from easel.jobs import Jobs
from easel.life import BrokenOff
from easel.outcomes import HELD, OpenedBody
from easel.receiving import Plan
from easel.request_log import RequestLog
from easel.services.wire import Flow, HttpResponse
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
    painted,
    play,
)

CAT, DOG = "https://z.ai/cat.png", "https://z.ai/dog.png"
SEQUENCE = {"sequential_image_generation": "auto"}
UPLOAD = f"data:image/png;base64,{b64encode(PNG).decode()}"


def asks_chat(variables: dict[str, str] | None = None, **fields: Any) -> Played:
    """A chat for which image.z.ai is asked."""
    life = play(head("POST", "/v1/chat/completions"), deployment(variables=variables))
    life.tell(json_body(chat(**fields)))
    return life


def asks_gemini(method: str) -> Played:
    """The same in Gemini's form."""
    life = play(head("POST", f"/v1beta/models/gemini-3-image-1k:{method}"))
    life.tell(json_body({"contents": [{"parts": [{"text": "a cat"}]}]}))
    return life


def asks_images(**fields: Any) -> Played:
    """A request for pictures themselves of image.z.ai."""
    life = play(head("POST", "/v1/images/generations"))
    body = {"model": "gemini-3-image-1k", "prompt": "a cat", "response_format": "b64_json"}
    life.tell(json_body({**body, **fields}))
    return life


def cat_is_written(life: Played) -> tuple[WritePicture, int]:
    """The first of two pictures is painted, opened, and written; the key of the other."""
    first, second = life.keys(Send)
    life.tell(painted(CAT), first)
    life.tell(opened(1), life.keys(OpenAddress)[0])
    write = life.job(WritePicture)
    life.tell(None, life.keys(WritePicture)[0])
    return write, second


class BrokenEncoder(ChatEncoder):
    """A defect of Easel's: it breaks at one of its steps."""

    step = "around"

    def around(self, index: int, opened: Opened) -> tuple[bytes, bytes]:
        if self.step == "around":
            raise ZeroDivisionError
        return super().around(index, opened)

    def closing(self, result: ImageResult, errors: Sequence[EaselError], *, carried: bool) -> bytes:
        if self.step == "closing":
            raise ZeroDivisionError
        return super().closing(result, errors, carried=carried)


class ClosingBreaks(BrokenEncoder):
    step = "closing"


def broken(kind: type[BrokenEncoder], pictures: int, *, hold: bool = False) -> Played:
    """An answer of a broken encoder, up to where the first picture is opened."""
    encoder = kind("m", stream=False, stamp=Stamp("id", 0))
    results = [ImageResult((Picture(f"https://h/{each}.png"),)) for each in range(pictures)]
    context = Context("", "", deployment(), (), Stamp(NONCE, 0), RequestLog(NONCE), Jobs(NOW))
    life = Played(answer(Plan(tuple(map(paints, results)), encoder), context))
    if hold:
        life.tell(None, HELD)
    return life


def paints(result: ImageResult) -> Flow:
    """A flow that asks nothing."""
    yield from ()
    return result


# --- The headers. ---


@pytest.mark.parametrize(("stream", "seconds"), [(True, 1), (False, 2)])
def test_the_headers_wait_as_long_as_the_deployment_says(stream: bool, seconds: float) -> None:  # noqa: FBT001
    variables = {"STREAM_HOLD_SECONDS": "1", "PLAIN_HOLD_SECONDS": "2"}
    assert asks_chat(variables, stream=stream).wants(Hold) == Hold(seconds)


def test_the_headers_leave_once() -> None:
    life = asks_images(n=2)
    life.tell(None, HELD)
    assert life.wants(Begin).headers["content-type"] == "application/json; charset=utf-8"
    # The shell never says it twice; whoever would, hears nothing.
    assert life.tell(None, HELD) == ()
    cat_is_written(life)
    life.tell(painted(status=500), life.keys(Send)[0])
    assert life.ending.begin is None


def test_the_headers_leave_with_the_first_of_several_pictures() -> None:
    life = asks_images(n=2)
    life.tell(painted(CAT), life.keys(Send)[0])
    life.tell(opened(), life.keys(OpenAddress)[0])
    assert [type(effect) for effect in life.wanted[:1]] == [Begin]
    life.tell(None, HELD)
    assert life.wanted == ()


def test_the_answer_is_kept_alive_as_often_as_the_deployment_says() -> None:
    life = asks_chat({"KEEP_ALIVE_SECONDS": "3"}, stream=True)
    life.tell(None, HELD)
    assert life.wants(KeepAlive) == KeepAlive(b"\n", 3, b"\n")


def test_progress_counts_the_seconds_from_those_of_the_hold_on() -> None:
    variables = {"STREAM_HOLD_SECONDS": "2.4", "KEEP_ALIVE_SECONDS": "3"}
    life = asks_chat(variables, stream=True, progress="reasoning")
    life.tell(None, HELD)
    keep_alive = life.wants(KeepAlive)
    assert (keep_alive.seconds, keep_alive.number, keep_alive.step) == (3, 2.4, 3)
    assert keep_alive.tail is not None
    assert keep_alive.first == keep_alive.piece + b"2" + keep_alive.tail


def test_what_is_counted_by_pieces_begins_with_one() -> None:
    encoder = ChatEncoder("m", stream=True, stamp=Stamp("id", 0))
    delivery = Delivery(keep_alive=Counted(b"<", b">"))
    flows = (paints(ImageResult((Picture(CAT),))),)
    context = Context("", "", deployment(), (), Stamp(NONCE, 0), RequestLog(NONCE), Jobs(NOW))
    life = Played(answer(Plan(flows, encoder, delivery=delivery), context))
    life.tell(None, HELD)
    assert life.wants(KeepAlive) == KeepAlive(b"<", 10, b"<1>", b">")


def test_a_picture_goes_out_without_python() -> None:
    life = asks_images()
    life.tell(painted(CAT))
    life.tell(opened(7))
    ending = life.ending
    assert (ending.picture, ending.max_bytes) == (7, 32 * 1024 * 1024)
    answered = json.loads(ending.head + b"QUJD" + ending.tail)
    assert answered["data"] == [{"b64_json": "QUJD"}]
    assert answered["easel"] == {"pictures": [{"size": "1024x512"}]}


def test_an_answer_of_links_opens_no_picture() -> None:
    life = asks_images(response_format="url")
    life.tell(painted(CAT))
    assert (life.ending.picture, life.ending.tail) == (None, b"")
    assert json.loads(life.ending.head)["data"] == [{"url": CAT}]


def test_a_chat_of_links_tells_what_is_missing_behind_them() -> None:
    life = play(head("POST", "/v1/chat/completions"))
    life.tell(json_body(chat(model="geekai/gpt-image-1", chat_picture="link")))
    life.tell(json_answer({"data": [{"url": CAT}, {"url": DOG}]}))
    text = json.loads(life.ending.head)["choices"][0]["message"]["content"]
    assert text.startswith(f"![image]({CAT})\n(")
    assert "more pictures than requested" in text


def test_an_answer_of_links_lets_go_of_what_was_uploaded() -> None:
    life = asks_images(model="geekai/nano-banana", image=UPLOAD, response_format="url")
    life.tell(json_answer({"data": [{"url": CAT}]}))
    assert life.ending.picture is None
    assert life.ending.gives_back == (ReleaseUploads(),)


# --- Several pictures. ---


def test_pictures_are_written_one_after_another_as_one_answer() -> None:
    life = asks_images(n=2)
    first, second = cat_is_written(life)
    life.tell(painted(DOG), second)
    assert life.job(OpenAddress).url == DOG
    life.tell(opened(2))
    write = life.job(WritePicture)
    assert (first.picture, write.picture) == (1, 2)
    life.tell(None)
    assert life.ending.begin is None
    body = first.head + b"QQ==" + first.tail + write.head + b"Qg==" + write.tail + life.ending.head
    assert json.loads(body)["data"] == [{"b64_json": "QQ=="}, {"b64_json": "Qg=="}]


def test_no_other_picture_is_opened_while_one_is_written() -> None:
    life = asks_images(n=2)
    first, second = life.keys(Send)
    life.tell(painted(CAT), first)
    life.tell(opened(1), life.keys(OpenAddress)[0])
    assert life.tell(painted(DOG), second) == (ReleaseUploads(),)
    assert life.keys(OpenAddress) == []
    life.tell(None)
    assert life.job(OpenAddress).url == DOG


@pytest.mark.parametrize(("stream", "pause"), [(True, b"\n"), (False, b"\n")])
def test_an_answer_is_kept_alive_between_two_pictures(stream: bool, pause: bytes) -> None:  # noqa: FBT001
    life = asks_images(n=2, stream=stream)
    life.tell(None, HELD)
    first, second = life.keys(Send)
    life.tell(painted(CAT), first)
    life.tell(opened(1), life.keys(OpenAddress)[0])
    life.tell(None, life.keys(WritePicture)[0])
    assert life.wants(KeepAlive) == KeepAlive(pause, 10)
    life.tell(painted(DOG), second)


def test_a_chat_of_several_is_kept_alive_within_its_event() -> None:
    life = play(head("POST", "/v1/chat/completions"))
    life.tell(json_body(chat(model="geekai/doubao-seedream-4.0", stream=True, extra_body=SEQUENCE)))
    life.tell(json_answer({"data": [{"url": CAT}, {"url": DOG}]}))
    life.tell(opened(1))
    life.tell(None)
    assert life.wants(KeepAlive) == KeepAlive(b" ", 10)


def test_of_several_pictures_the_one_that_fails_is_told() -> None:
    life = asks_images(n=2)
    first, second = cat_is_written(life)
    life.tell(painted(status=451), second)
    answered = json.loads(first.head + b"QQ==" + first.tail + life.ending.head)
    assert [error["code"] for error in answered["errors"]] == ["content_policy_violation"]
    assert life.ending.error_code is None


def test_one_picture_is_left_where_the_other_failed_first() -> None:
    life = asks_images(n=2)
    first, second = life.keys(Send)
    life.tell(painted(status=451), first)
    life.tell(painted(DOG), second)
    life.tell(opened(2))
    ending = life.ending
    answered = json.loads(ending.head + b"QQ==" + ending.tail)
    assert len(answered["data"]) == len(answered["errors"]) == 1


def test_a_picture_behind_the_first_that_cannot_be_opened_is_told_with_its_address() -> None:
    life = asks_images(n=2)
    first, second = cat_is_written(life)
    life.tell(painted(DOG), second)
    life.tell(OpenedBody(200, first_bytes=b"<html>", picture=2))
    answered = json.loads(first.head + b"QQ==" + first.tail + life.ending.head)
    assert DOG in answered["errors"][0]["message"]
    assert life.ending.gives_back == (ClosePicture(2),)


# --- Errors. ---


def test_a_picture_that_is_too_large_is_closed_although_the_answer_is_over() -> None:
    life = asks_chat({"MAX_PICTURE_BYTES": "1000"})
    life.tell(painted(CAT))
    life.tell(OpenedBody(200, length=1001, first_bytes=PNG, picture=7))
    assert isinstance(life.reply.body, bytes)
    assert json.loads(life.reply.body)["error"]["code"] == "picture_too_large"
    assert life.reply.gives_back == (ClosePicture(7),)


def late(life: Played) -> bytes:
    """What is told of a refusal after the headers have left."""
    life.tell(None, HELD)
    life.tell(painted(status=451))
    assert life.ending.begin is None
    assert life.ending.picture is None
    assert life.ending.error_code == "content_policy_violation"
    assert life.ending.exception is None
    return life.ending.head


def test_a_late_error_of_a_chat_is_the_object_alone() -> None:
    error = json.loads(late(asks_chat()))["error"]
    assert error["code"] == "content_policy_violation"


def test_a_late_error_of_a_stream_is_an_event_and_its_end() -> None:
    event, done = late(asks_chat(stream=True)).decode().split("\n\n", 1)
    assert json.loads(event.removeprefix("data: "))["error"]["code"] == "content_policy_violation"
    assert done == "data: [DONE]\n\n"


def test_a_late_error_of_pictures_is_the_object_alone() -> None:
    assert json.loads(late(asks_images()))["error"]["code"] == "content_policy_violation"


def test_a_late_error_in_geminis_form_is_in_the_candidate_too() -> None:
    told = json.loads(late(asks_gemini("generateContent")))
    assert told["error"]["code"] == 400
    (part,) = told["candidates"][0]["content"]["parts"]
    assert "image.z.ai refuses" in part["text"]


def test_a_late_error_of_geminis_stream_is_an_array_of_one() -> None:
    (told,) = json.loads(late(asks_gemini("streamGenerateContent")))
    assert told["error"]["code"] == 400


def test_a_late_exception_of_ours_is_told_as_such_and_reported() -> None:
    life = asks_chat(stream=True)
    life.tell(None, HELD)
    # No shell says this: a body that is none.
    life.tell(HttpResponse(200, None))  # type: ignore[arg-type]
    assert life.ending.error_code == "internal_error"
    assert b"internal_error" in life.ending.head
    assert life.ending.exception is not None


# --- What breaks in Easel itself. ---


def test_what_breaks_before_the_headers_is_raised() -> None:
    life = broken(BrokenEncoder, 1)
    with pytest.raises(ZeroDivisionError):
        life.tell(opened())


def test_what_breaks_before_the_first_of_several_is_raised_too() -> None:
    life = broken(BrokenEncoder, 2)
    with pytest.raises(ZeroDivisionError):
        life.tell(opened())


@pytest.mark.parametrize("kind", [BrokenEncoder, ClosingBreaks])
def test_what_breaks_after_the_headers_cuts_the_answer(kind: type[BrokenEncoder]) -> None:
    life = broken(kind, 1, hold=True)
    life.tell(opened())
    assert isinstance(life.end, BrokenOff)
    assert isinstance(life.end.exception, ZeroDivisionError)


def test_what_breaks_behind_several_pictures_cuts_the_answer() -> None:
    life = broken(ClosingBreaks, 2)
    for number in (1, 2):
        life.tell(opened(number))
        life.tell(None)
    assert isinstance(life.end, BrokenOff)


def test_a_flow_that_breaks_while_another_picture_is_written_cuts_the_answer() -> None:
    life = asks_images(n=2)
    first, second = life.keys(Send)
    life.tell(painted(CAT), first)
    life.tell(opened(1), life.keys(OpenAddress)[0])
    # No shell says this: a body that is none.
    life.tell(HttpResponse(200, None), second)  # type: ignore[arg-type]
    assert isinstance(life.end, BrokenOff)


@pytest.mark.parametrize("picture_format", ["candidates", "images", "markdown"])
def test_a_picture_of_a_chat_that_is_larger_than_wanted_becomes_a_link(picture_format: str) -> None:
    life = asks_chat({"MAX_INLINE_BYTES": "1000", "CHAT_PICTURE": picture_format})
    life.tell(painted())
    life.tell(OpenedBody(200, length=1001, first_bytes=PNG, picture=3))
    assert life.ending.gives_back == (ClosePicture(3),)
    assert life.ending.picture is None
    whole = json.loads(life.ending.head)
    assert whole["choices"][0]["message"]["content"] == "![image](https://z.ai/cat.png)"
    assert whole["easel"] == {"pictures": [{"size": "1024x512"}]}


@pytest.mark.parametrize("length", [0, 1000])
def test_a_picture_that_is_not_larger_or_of_unknown_length_stays_in_the_chat(length: int) -> None:
    life = asks_chat({"MAX_INLINE_BYTES": "1000"})
    life.tell(painted())
    life.tell(OpenedBody(200, length=length, first_bytes=PNG, picture=3))
    assert life.ending.picture == 3


def test_a_picture_without_an_address_stays_in_the_chat_however_large() -> None:
    variables = {"MAX_INLINE_BYTES": "1"}
    life = asks_chat(variables, model="gemini-3-pro-image-preview")
    item = {"b64_json": b64encode(PNG).decode()}
    life.tell(HttpResponse(200, json.dumps({"data": [item]}).encode(), "application/json"))
    life.tell(OpenedBody(200, length=1001, first_bytes=PNG, picture=3))
    assert life.ending.picture == 3


def test_only_chats_have_links_for_pictures_that_are_larger_than_wanted() -> None:
    life = play(
        head("POST", "/v1beta/models/gemini-3-image-1k:generateContent"),
        deployment(variables={"MAX_INLINE_BYTES": "1"}),
    )
    life.tell(json_body({"contents": [{"parts": [{"text": "a cat"}]}]}))
    life.tell(painted())
    life.tell(OpenedBody(200, length=1001, first_bytes=PNG, picture=3))
    assert life.ending.picture == 3
    images = play(
        head("POST", "/v1/images/generations"), deployment(variables={"MAX_INLINE_BYTES": "1"})
    )
    fields = {"model": "gemini-3-image-1k", "prompt": "a cat", "response_format": "b64_json"}
    images.tell(json_body(fields))
    images.tell(painted())
    images.tell(OpenedBody(200, length=1001, first_bytes=PNG, picture=3))
    assert images.ending.picture == 3
