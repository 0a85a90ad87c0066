from __future__ import annotations

from base64 import b64encode

import pytest

from easel.dialects.previous import Earlier, may_go_on, previous_picture
from easel.errors import BodyTooLarge, InvalidRequest
from easel.images.blobs import Blob, LongTexts
from easel.images.request import InputImage
from easel.settings import Settings
from tests.easel.life import PNG

URL, OTHER = "https://h/1.png", "https://h/2.png"
DATA = f"data:image/png;base64,{b64encode(PNG).decode()}"
KEPT = Blob(PNG, 7)


def overwritten(number: int) -> str:
    raise BodyTooLarge(f"{number} was not kept")


# The second long text is a markdown picture with the seventh in it; the third has none.
TEXTS = LongTexts(
    "mark:",
    overwritten,
    lambda number: KEPT if number == 7 else None,
    lambda: None,
    lambda number: 7 if number == 2 else None,
)


def said(*texts: str, pictures: tuple[str, ...] = (), role: str = "assistant") -> Earlier:
    return Earlier(role, [("P", url) for url in pictures], [("T", text) for text in texts])


def asked(text: str = "a cat", *pictures: str) -> Earlier:
    return said(text, pictures=pictures, role="user")


@pytest.mark.parametrize(
    ("messages", "expected"),
    [
        ([said(pictures=(OTHER, URL))], InputImage("P", URL)),
        ([said(f"![image]({OTHER})\n![image]({URL})\nmore")], InputImage("T", URL)),
        ([said(f"![image]({OTHER})", "words")], InputImage("T", OTHER)),
        ([said(f"![image]({OTHER})", pictures=(URL,))], InputImage("P", URL)),
        ([said("mark:3", "mark:2")], InputImage("T", content=KEPT)),
        ([said("mark:3")], None),
        ([said(pictures=(URL,), role="model")], InputImage("P", URL)),
        # What the user sent after it goes first, as far as it is a picture and not a text of one.
        ([said(pictures=(URL,)), asked("a dog")], InputImage("P", URL)),
        ([said(pictures=(URL,)), asked("a dog", OTHER)], InputImage("P", OTHER)),
        ([said(pictures=(URL,)), asked(f"![image]({OTHER})")], InputImage("P", URL)),
        # One turn in several messages, with those of tools in their midst.
        ([said(pictures=(URL,)), said("Hello!")], InputImage("P", URL)),
        (
            [said(pictures=(URL,)), said("painted", role="tool"), said("Hello!")],
            InputImage("P", URL),
        ),
        ([said(pictures=(URL,)), said(f"![image]({OTHER})")], InputImage("P", URL)),
        ([said(f"![image]({OTHER})"), said(f"![image]({URL})")], InputImage("T", URL)),
        # An assistant that said nothing had no turn.
        ([said(pictures=(URL,)), asked("a dog"), said(" ")], InputImage("P", URL)),
        ([said(pictures=(URL,)), asked("a dog"), said("Which dog?")], None),
        ([asked("a cat", URL), said("Which cat?")], None),
        ([said(f"[a link]({URL})")], None),
        ([said("paint well", role="system", pictures=(URL,))], None),
        ([asked()], None),
        ([], None),
    ],
)
def test_the_picture_before_is_the_latest_since_the_assistants_last_turn_began(
    messages: list[Earlier], expected: InputImage | None
) -> None:
    assert previous_picture(reversed(messages), TEXTS) == expected


def test_the_picture_before_may_stand_in_the_text_itself() -> None:
    for message in (said(f"![image]({DATA})"), said(pictures=(DATA,))):
        found = previous_picture([message], TEXTS)
        assert found is not None
        assert found.mime_type == "image/png"


@pytest.mark.parametrize(
    ("message", "error"),
    [
        (said("![image](/files/1.png)"), InvalidRequest),
        (said("![image]()"), InvalidRequest),
        (said(pictures=("data:image/png;base64,AAAA",)), InvalidRequest),
        (said(pictures=("mark:1",)), BodyTooLarge),
    ],
)
def test_a_picture_before_that_cannot_be_read_is_an_error(
    message: Earlier, error: type[Exception]
) -> None:
    with pytest.raises(error):
        previous_picture([message, asked("a dog", URL)], TEXTS)


def test_a_request_decides_before_its_deployment_does() -> None:
    on, off = Settings(), Settings(edit_previous=False)
    assert [may_go_on(asked, on) for asked in (None, True, False)] == [True, True, False]
    assert [may_go_on(asked, off) for asked in (None, True, False)] == [False, True, False]
