"""An answer with several pictures is kept alive between them, and reads the same."""

from __future__ import annotations

import json
from typing import Any, get_args

import pytest

from easel.dialects.chat_encoder import ChatEncoder
from easel.dialects.encoder import Encoder, Opened, Stamp
from easel.dialects.gemini_encoder import Framing, GeminiEncoder
from easel.dialects.gemini_interactions_encoder import GeminiInteractionsEncoder
from easel.dialects.images_encoder import ImagesEncoder
from easel.images.request import Action
from easel.images.result import ImageResult, Picture
from easel.services.event_stream import EventDecoder
from easel.settings import PictureFormat

STAMP = Stamp("id", 1795197396)
PAINTED = ImageResult((Picture("https://h/1.png"), Picture("https://h/2.png")))

ANSWERS: list[Encoder] = [
    *(
        ChatEncoder("m", stream=stream, stamp=STAMP, picture_format=picture_format)
        for picture_format in get_args(PictureFormat)
        for stream in (True, False)
    ),
    *(GeminiEncoder("m", framing, STAMP) for framing in Framing),
    *(GeminiInteractionsEncoder("m", stream, STAMP) for stream in (True, False)),
    *(
        ImagesEncoder(base64=True, stream=stream, action=Action.GENERATE, stamp=STAMP)
        for stream in (True, False)
    ),
]


def written(answer: Encoder, pause: bytes) -> bytes:
    body = answer.opening(PAINTED)
    for index, picture in enumerate(PAINTED.pictures):
        head, tail = answer.around(index, Opened(picture, "image/png", None))
        body += head + b"AAAA" + tail + pause
    return body + answer.closing(PAINTED, (), carried=True)


def read(answer: Encoder, body: bytes) -> list[Any]:
    if not answer.content_type.startswith("text/event-stream"):
        return [json.loads(body)]
    decoder = EventDecoder()
    events = decoder.decode(body) + decoder.flush()
    return [json.loads(event) for event in events if event != "[DONE]"]


@pytest.mark.parametrize("answer", ANSWERS, ids=repr)
def test_a_pause_between_pictures_changes_nothing(answer: Encoder) -> None:
    paused = read(answer, written(answer, answer.pause * 3))
    if isinstance(answer, ChatEncoder) and answer.picture_format in ("markdown", "link"):
        # There it stands in the text.
        paused = json.loads(json.dumps(paused).replace(")   ", ")"))
    assert read(answer, written(answer, b"")) == paused
