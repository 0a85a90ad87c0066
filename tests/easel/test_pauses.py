"""An answer with several pictures is kept alive between them, and reads the same."""

from __future__ import annotations

import json
from typing import Any, get_args

import pytest

from easel.answer import Answer, Opened, Stamp
from easel.chat_answer import ChatAnswer
from easel.dialects.gemini import Framing, GeminiAnswer
from easel.dialects.openai_images import ImagesAnswer
from easel.image import Painted, Picture, Task
from easel.settings import ChatPicture
from easel.sse import EventDecoder

STAMP = Stamp("id", 1795197396)
PAINTED = Painted((Picture("https://h/1.png"), Picture("https://h/2.png")))

ANSWERS: list[Answer] = [
    *(
        ChatAnswer("m", stream=stream, stamp=STAMP, way=way)
        for way in get_args(ChatPicture)
        for stream in (True, False)
    ),
    *(GeminiAnswer("m", framing, STAMP) for framing in Framing),
    *(
        ImagesAnswer(base64=True, stream=stream, task=Task.GENERATE, stamp=STAMP)
        for stream in (True, False)
    ),
]


def written(answer: Answer, pause: bytes) -> bytes:
    body = answer.opening(PAINTED)
    for index, picture in enumerate(PAINTED.pictures):
        head, tail = answer.around(index, Opened(picture, "image/png", None))
        body += head + b"AAAA" + tail + pause
    return body + answer.closing(PAINTED, (), carried=True)


def read(answer: Answer, body: bytes) -> list[Any]:
    if not answer.content_type.startswith("text/event-stream"):
        return [json.loads(body)]
    decoder = EventDecoder()
    events = decoder.decode(body) + decoder.flush()
    return [json.loads(event) for event in events if event != "[DONE]"]


@pytest.mark.parametrize("answer", ANSWERS, ids=repr)
def test_a_pause_between_pictures_changes_nothing(answer: Answer) -> None:
    paused = read(answer, written(answer, answer.pause * 3))
    if isinstance(answer, ChatAnswer) and answer.way in ("markdown", "link"):
        # There it stands in the text.
        paused = json.loads(json.dumps(paused).replace(")   ", ")"))
    assert read(answer, written(answer, b"")) == paused
