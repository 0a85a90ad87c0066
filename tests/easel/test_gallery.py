from __future__ import annotations

import json
from typing import Any

from easel.effects import (
    CloseAnswer,
    ClosePicture,
    KeepAlive,
    OpenAddress,
    OpenBase64,
    ReleaseUploads,
    Send,
    Write,
    WritePicture,
)
from easel.outcomes import HELD, OpenedBody
from easel.services.wire import LONG_TEXT, HttpResponse, LongText, ReadOn
from tests.easel.flows import json_answer
from tests.easel.life import Played, deployment, head, json_body, opened, painted, play

ANSWER = 1  # The number by which the shell knows the service's answer.
CAT = "https://h/cat.png"


def asks(model: str = "geekai/gpt-image-1", **fields: Any) -> Played:
    """A request for pictures themselves."""
    life = play(head("POST", "/v1/images/generations"), deployment())
    body = {"model": model, "prompt": "a cat", "response_format": "b64_json"}
    life.tell(json_body({**body, **fields}))
    return life


def read(json_text: str, texts: int, *, goes_on: bool = True, cut: str = "") -> HttpResponse:
    """What was read of an answer in which so many long texts have begun.

    `~` and a number stand for what stands for a long text.
    """
    long_texts = tuple(LongText(ANSWER, number) for number in range(texts))
    body = json_text.replace("~", LONG_TEXT).encode()
    rest = ANSWER if goes_on else None
    return HttpResponse(200, body, "application/json", long_texts=long_texts, rest=rest, cut=cut)


FIRST = read('{"data": [{"b64_json": "~0"', 1)


def written(life: Played) -> bytes:
    """What stands around the picture that is to be written; it is written."""
    job = life.job(WritePicture)
    life.tell(None, life.keys(WritePicture)[0])
    return job.head + b"QUJD" + job.tail


# --- Pictures that stand in an answer. ---


def test_an_embedded_picture_is_written_before_more_of_its_answer_is_read() -> None:
    life = asks()
    life.tell(FIRST)
    assert life.job(OpenBase64) == OpenBase64(LongText(ANSWER, 0))
    life.tell(opened(1))
    body = written(life)
    assert life.job(ReadOn) == ReadOn(FIRST)
    life.tell(read('{"data": [{"b64_json": "~0"}]}', 1, goes_on=False))
    body += life.job(Write).piece
    life.tell(None)
    assert json.loads(body + life.ending.head)["data"] == [{"b64_json": "QUJD"}]


def test_what_an_answer_says_of_a_picture_behind_it_is_told_of_it() -> None:
    life = asks()
    life.tell(FIRST)
    life.tell(opened(1))
    body = written(life)
    whole = '{"data": [{"b64_json": "~0", "revised_prompt": "a black cat"}]}'
    life.tell(read(whole, 1, goes_on=False))
    body += life.job(Write).piece
    life.tell(None)
    told = json.loads(body + life.ending.head)
    assert told["data"] == [{"b64_json": "QUJD", "revised_prompt": "a black cat"}]
    assert told["easel"]["pictures"] == [{"size": "1024x512", "revised_prompt": "a black cat"}]


def test_each_picture_of_an_answer_is_opened_when_the_one_before_it_is_written() -> None:
    life = asks(n=2)
    life.tell(FIRST)
    life.tell(opened(1))
    body = written(life)
    both = '{"data": [{"b64_json": "~0", "revised_prompt": "one"}, {"b64_json": "~1"'
    life.tell(read(both, 2))
    body += life.job(Write).piece
    life.tell(None)
    assert life.job(OpenBase64) == OpenBase64(LongText(ANSWER, 1))
    life.tell(opened(2))
    body += written(life)
    assert life.job(ReadOn) == ReadOn(read(both, 2))
    life.tell(read(f"{both}}}]}}", 2, goes_on=False))
    body += life.job(Write).piece
    life.tell(None)
    told = json.loads(body + life.ending.head)
    assert told["data"] == [
        {"b64_json": "QUJD", "revised_prompt": "one"},
        {"b64_json": "QUJD"},
    ]
    assert "errors" not in told


def test_a_picture_that_is_missing_behind_an_embedded_one_is_told() -> None:
    life = asks(n=2)
    life.tell(FIRST)
    life.tell(opened(1))
    body = written(life)
    life.tell(read('{"data": [{"b64_json": "~0"}]}', 1, goes_on=False))
    body += life.job(Write).piece
    life.tell(None)
    (error,) = json.loads(body + life.ending.head)["errors"]
    assert error["code"] == "upstream_no_picture"


def test_an_answer_that_cannot_be_read_behind_its_picture_is_closed_and_told() -> None:
    life = asks()
    life.tell(FIRST)
    life.tell(opened(1))
    body = written(life)
    life.tell(read('{"data": [{"b64_json": "~0"}], "more": nonsense, "~1"', 2))
    assert life.wants(CloseAnswer) == CloseAnswer(ANSWER)
    body += life.job(Write).piece
    life.tell(None)
    told = json.loads(body + life.ending.head)
    assert told["data"] == [{"b64_json": "QUJD"}]
    assert "cannot read" in told["errors"][0]["message"]


def test_an_answer_that_is_over_needs_not_be_closed() -> None:
    life = asks()
    life.tell(FIRST)
    life.tell(opened(1))
    body = written(life)
    life.tell(read('{"data": [{"b64_json": "~0"}], "more": nonsense', 1, goes_on=False))
    assert not [effect for effect in life.wanted if isinstance(effect, CloseAnswer)]
    body += life.job(Write).piece
    life.tell(None)
    assert len(json.loads(body + life.ending.head)["errors"]) == 1


def test_an_embedded_picture_that_is_none_is_passed_over() -> None:
    life = asks(n=2)
    life.tell(FIRST)
    life.tell(OpenedBody(200, first_bytes=b"no picture", picture=1))
    assert life.wants(ClosePicture) == ClosePicture(1)
    assert life.job(ReadOn) == ReadOn(FIRST)
    whole = f'{{"data": [{{"b64_json": "~0"}}, {{"url": "{CAT}"}}]}}'
    life.tell(read(whole, 1, goes_on=False))
    assert life.job(OpenAddress) == OpenAddress(CAT)
    life.tell(opened(2))
    ending = life.ending
    assert ending.picture == 2
    told = json.loads(ending.head + b"QUJD" + ending.tail)
    assert (len(told["data"]), len(told["errors"])) == (1, 1)


def test_an_unreadable_answer_behind_a_picture_that_is_none_is_closed_in_the_end() -> None:
    life = asks()
    life.tell(FIRST)
    life.tell(OpenedBody(200, first_bytes=b"no picture", picture=1))
    life.tell(read('{"data": [{"b64_json": "~0"}], "more": nonsense, "~1"', 2))
    assert life.reply.status == 502
    assert CloseAnswer(ANSWER) in life.reply.gives_back


def test_a_chat_of_links_carries_a_picture_that_has_no_address() -> None:
    life = play(head("POST", "/v1/chat/completions"))
    messages = [{"role": "user", "content": "a cat"}]
    body = {"model": "geekai/gpt-image-1", "messages": messages, "chat_picture": "link"}
    life.tell(json_body(body))
    life.tell(FIRST)
    assert life.job(OpenBase64) == OpenBase64(LongText(ANSWER, 0))


def test_a_short_base64_text_is_opened_as_it_is() -> None:
    life = asks()
    life.tell(json_answer({"data": [{"b64_json": "QUJD"}]}))
    assert life.job(OpenBase64) == OpenBase64("QUJD")
    life.tell(opened(1))
    assert life.ending.picture == 1


def test_the_pictures_of_an_answer_are_shown_in_its_order() -> None:
    life = asks(n=2)
    life.tell(json_answer({"data": [{"url": CAT}, {"url": "https://h/dog.png"}]}))
    assert life.job(OpenAddress) == OpenAddress(CAT)
    life.tell(opened(1))
    written(life)
    assert life.job(OpenAddress) == OpenAddress("https://h/dog.png")


# --- Pictures of several calls. ---


def test_seven_pictures_of_seven_calls_are_all_written() -> None:
    life = asks("gemini-3-image-1k", n=7)
    body = b""
    for number in range(1, 8):
        assert len(life.keys(Send)) == min(5, 8 - number)
        life.tell(painted(f"https://z.ai/{number}.png"), life.keys(Send)[0])
        life.tell(opened(number), life.keys(OpenAddress)[0])
        if number < 7:
            body += written(life)
            assert life.wants(KeepAlive) == KeepAlive(b"\n", 10)
    body += written(life)
    told = json.loads(body + life.ending.head)
    assert told["data"] == [{"b64_json": "QUJD"}] * 7
    assert told["easel"] == {"pictures": [{"size": "1024x512"}] * 7}


def test_what_cannot_be_opened_is_missing_and_the_next_is_shown() -> None:
    life = asks("gemini-3-image-1k", n=2)
    first, second = life.keys(Send)
    life.tell(painted("https://z.ai/1.png"), first)
    life.tell(OpenedBody(200, first_bytes=b"<html>", picture=1), life.keys(OpenAddress)[0])
    life.tell(painted("https://z.ai/2.png"), second)
    life.tell(opened(2))
    ending = life.ending
    told = json.loads(ending.head + b"QUJD" + ending.tail)
    assert told["data"] == [{"b64_json": "QUJD"}]
    assert "https://z.ai/1.png" in told["errors"][0]["message"]


def test_what_was_painted_and_cannot_be_shown_is_worth_more_than_another_error() -> None:
    life = asks("gemini-3-image-1k", n=2)
    first, second = life.keys(Send)
    life.tell(painted(status=451), first)
    life.tell(painted("https://z.ai/2.png"), second)
    life.tell(OpenedBody(200, first_bytes=b"<html>", picture=2))
    assert life.reply.status == 502
    assert isinstance(life.reply.body, bytes)
    assert "https://z.ai/2.png" in json.loads(life.reply.body)["error"]["message"]


def test_where_nothing_was_painted_the_first_error_is_told() -> None:
    life = asks("gemini-3-image-1k", n=2)
    first, second = life.keys(Send)
    life.tell(painted(status=429), second)
    life.tell(painted(status=451), first)
    assert life.reply.status == 429
    assert life.reply.gives_back == (ReleaseUploads(),)


def test_links_of_several_calls_are_told_together() -> None:
    life = asks("gemini-3-image-1k", n=3, response_format="url")
    first, second, third = life.keys(Send)
    life.tell(painted("https://z.ai/3.png"), third)
    life.tell(painted(status=451), second)
    life.tell(None, HELD)
    life.tell(painted("https://z.ai/1.png"), first)
    told = json.loads(life.ending.head)
    assert [each["url"] for each in told["data"]] == ["https://z.ai/3.png", "https://z.ai/1.png"]
    assert len(told["errors"]) == 1
