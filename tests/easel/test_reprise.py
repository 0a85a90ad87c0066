"""The pictures of a stream of the Responses API, which are in its last event once more."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from easel.effects import (
    Begin,
    ClosePicture,
    KeepAlive,
    OpenAddress,
    OpenBase64,
    Send,
    Write,
    WritePicture,
)
from easel.life import Ending
from easel.outcomes import HELD, Failed, Kept, OpenedBody
from easel.services.wire import LONG_TEXT, HttpResponse, LongText, ReadOn, Wait
from tests.easel.flows import json_answer
from tests.easel.life import Played, deployment, head, json_body, opened, painted, play

CAT, DOG = "https://z.ai/cat.png", "https://z.ai/dog.png"


def asks(variables: dict[str, str] | None = None, **fields: Any) -> Played:
    """A stream for which image.z.ai is asked."""
    life = play(head("POST", "/v1/responses"), deployment(variables=variables))
    body = {"model": "gemini-3-image-1k", "input": "a cat", "stream": True, **fields}
    life.tell(json_body(body))
    return life


def events(*pieces: bytes) -> Iterator[dict[str, Any]]:
    for line in b"".join(pieces).splitlines():
        if line.startswith(b"data: "):
            yield json.loads(line.removeprefix(b"data: "))


def ended(pieces: list[bytes], ending: Ending, picture: bytes = b"QUJD") -> list[dict[str, Any]]:
    """The events of a whole answer."""
    return list(events(*pieces, ending.head, picture if ending.picture else b"", ending.tail))


def is_gone(life: Played) -> None:
    """A picture's host has it no more, and is asked twice."""
    life.tell(OpenedBody(404))
    life.job(Wait)
    life.tell(None)
    life.tell(OpenedBody(404))


def test_a_picture_that_was_kept_is_written_from_memory() -> None:
    life = asks()
    life.tell(painted(CAT))
    life.tell(opened(1))
    write = life.job(WritePicture)
    assert (write.picture, write.keep) == (1, True)
    assert [type(effect) for effect in life.wanted[:1]] == [Begin]
    life.tell(Kept(2))
    ending = life.ending
    assert (ending.picture, ending.begin, ending.max_bytes) == (2, None, 32 * 1024 * 1024)
    found = ended([write.head, b"QUJD", write.tail], ending)
    assert found[0]["type"] == "response.created"
    results = [item.get("result") for item in found[-1]["response"]["output"]]
    assert results == ["QUJD", None]


def test_a_picture_that_was_not_kept_is_downloaded_a_second_time() -> None:
    life = asks()
    life.tell(painted(CAT))
    life.tell(opened(1))
    write = life.job(WritePicture)
    life.tell(Kept(0))
    # Until it is there the answer is kept alive between two events.
    assert life.wants(KeepAlive) == KeepAlive(b"\n", 10)
    assert life.job(OpenAddress).url == CAT
    life.tell(opened(5))
    assert life.ending.picture == 5
    found = ended([write.head, b"QUJD", write.tail], life.ending)
    assert found[-1]["response"]["output"][0]["result"] == "QUJD"


def test_a_picture_whose_host_has_it_no_more_is_told_in_its_place() -> None:
    life = asks()
    life.tell(painted(CAT))
    life.tell(opened(1))
    write = life.job(WritePicture)
    life.tell(Kept(0))
    is_gone(life)
    ending = life.ending
    assert ending.picture is None
    call, message = ended([write.head, b"QUJD", write.tail], ending)[-1]["response"]["output"]
    assert (call["result"], call["error"]["code"]) == (None, "picture_not_repeated")
    # Whoever reads nothing else has the link.
    assert CAT in message["content"][0]["text"]


def test_a_picture_that_opens_at_the_second_try_is_repeated() -> None:
    life = asks()
    life.tell(painted(CAT))
    life.tell(opened(1))
    life.tell(Kept(0))
    life.tell(Failed("TimeoutError"))
    life.job(Wait)
    life.tell(None)
    life.tell(opened(7))
    assert life.ending.picture == 7


def test_base64_that_was_not_kept_has_no_second_source() -> None:
    life = asks(model="geekai/gpt-image-1")
    texts = (LongText(1, 0),)
    answer = HttpResponse(
        200, f'{{"data": [{{"b64_json": "{LONG_TEXT}0"'.encode(), "application/json", "", texts, 1
    )
    life.tell(answer)
    assert life.job(OpenBase64).base64 == LongText(1, 0)
    life.tell(opened(1))
    write = life.job(WritePicture)
    life.tell(Kept(0))
    # What the service says behind it is read first.
    assert life.job(ReadOn).response == answer
    whole = f'{{"data": [{{"b64_json": "{LONG_TEXT}0", "revised_prompt": "A cat"}}]}}'
    life.tell(HttpResponse(200, whole.encode(), "application/json", "", texts))
    tail = life.job(Write).piece
    life.tell(None)
    found = ended([write.head, b"QUJD", tail], life.ending)
    call, message = found[-1]["response"]["output"]
    assert (call["result"], call["error"]["code"]) == (None, "picture_not_repeated")
    assert message["content"][0]["text"] == "(image)"
    assert found[6]["item"]["revised_prompt"] == "A cat"


def test_several_pictures_are_repeated_in_their_order() -> None:
    life = asks(tools=[{"type": "image_generation", "n": 3}])
    pieces: list[bytes] = []
    first, second, third = life.keys(Send)
    life.tell(painted(CAT), first)
    life.tell(opened(1), life.keys(OpenAddress)[0])
    for number, (key, kept) in enumerate([(second, 2), (third, 0)], start=3):
        write = life.job(WritePicture)
        pieces += [write.head, b"QUJD", write.tail]
        life.tell(Kept(kept), life.keys(WritePicture)[0])
        life.tell(painted(DOG), key)
        life.tell(opened(number), life.keys(OpenAddress)[0])
    write = life.job(WritePicture)
    pieces += [write.head, b"QUJD", write.tail]
    # The first was kept, the second is downloaded again, and so is the third.
    life.tell(Kept(0))
    write = life.job(WritePicture)
    assert (write.picture, write.keep) == (2, False)
    pieces += [write.head, b"QQ==", write.tail]
    life.tell(None)
    # Now it is in the middle of an event.
    assert life.wants(KeepAlive) == KeepAlive(b" ", 10)
    is_gone(life)
    life.tell(opened(9))
    assert life.ending.picture == 9
    found = ended(pieces, life.ending, b"Qg==")
    assert [event["sequence_number"] for event in found] == list(range(len(found)))
    calls = found[-1]["response"]["output"][:3]
    assert [call["result"] for call in calls] == ["QQ==", None, "Qg=="]


def test_the_prelude_leaves_with_the_headers_and_once() -> None:
    life = asks()
    life.tell(None, HELD)
    first = life.wants(KeepAlive).first
    assert [event["type"] for event in events(first)][:2] == [
        "response.created",
        "response.in_progress",
    ]
    life.tell(painted(CAT))
    life.tell(opened(1))
    write = life.job(WritePicture)
    life.tell(Kept(2))
    found = ended([first, write.head, b"QUJD", write.tail], life.ending)
    assert [event["sequence_number"] for event in found] == list(range(len(found)))


def test_a_late_error_follows_the_prelude() -> None:
    life = asks()
    life.tell(None, HELD)
    first = life.wants(KeepAlive).first
    life.tell(painted(status=451))
    found = ended([first], life.ending)
    assert [found[-1]["type"], found[-1]["sequence_number"]] == ["response.failed", 5]
    assert life.ending.error_code == "content_policy_violation"


def test_a_picture_that_is_too_large_for_the_deployment_becomes_a_link() -> None:
    life = asks({"MAX_INLINE_BYTES": "10"})
    life.tell(painted(CAT))
    life.tell(opened(1))
    assert life.ending.gives_back == (ClosePicture(1),)
    found = ended([], life.ending)
    (message,) = found[-1]["response"]["output"]
    assert CAT in message["content"][0]["text"]


def test_a_plain_answer_has_its_picture_once() -> None:
    life = asks(stream=False)
    life.tell(painted(CAT))
    life.tell(opened(1))
    answer = json.loads(life.ending.head + b"QUJD" + life.ending.tail)
    assert [item.get("result") for item in answer["output"]] == ["QUJD", None]


def test_links_are_there_as_soon_as_they_are_painted() -> None:
    life = asks(chat_picture="link")
    life.tell(painted(CAT))
    found = ended([], life.ending)
    assert [found[0]["type"], found[-1]["type"]] == ["response.created", "response.completed"]


def test_the_answer_of_a_service_is_read_on_before_its_picture_is_repeated() -> None:
    life = asks(model="geekai/gpt-image-1")
    life.tell(json_answer({"data": [{"url": CAT, "revised_prompt": "A cat"}]}))
    life.tell(opened(1))
    write = life.job(WritePicture)
    life.tell(Kept(2))
    found = ended([write.head, b"QUJD", write.tail], life.ending)
    assert found[-1]["response"]["easel"]["pictures"][0]["revised_prompt"] == "A cat"
