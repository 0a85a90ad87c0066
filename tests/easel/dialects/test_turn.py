"""Turns that come in several messages, in both languages of chats."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import pytest

from easel.dialects import gemini, openai_chat
from easel.dialects.dialect import Decoded
from easel.errors import BodyTooLarge, EaselError, InvalidRequest
from easel.images.blobs import NO_LONG_TEXTS, LongTexts, blob
from easel.images.request import Action
from tests.easel.dialects.incoming import image_of, incoming, text_of

ONE, TWO = "https://h/1.png", "https://h/2.png"
PNG: Final = b"\x89PNG\r\n\x1a\n" + bytes(64)
ATTACHED = '<attached_files>\n<file type="image" url="x"/>\n</attached_files>\n\n'
CAT, DOG = ["a cat"], ["a dog"]
PICTURES: Final = ["https://", "data:", "broken"]

# A message: its texts, and pictures as a word with a colon in it. What the assistant says is "…".
Talk = Sequence[list[str]]
ANSWER: Final = ["…"]
INSTRUCTION: Final = ["system"]


@dataclass(frozen=True, slots=True)
class Language:
    """How a language of chats asks, and what it calls the part of a message."""

    name: str
    decode: Callable[[Talk, LongTexts], Decoded]
    param: str
    picture: str


def chat(talk: Talk, long_texts: LongTexts) -> Decoded:
    def part(text: str) -> object:
        if text.startswith(tuple(PICTURES)):
            return {"type": "image_url", "image_url": {"url": text}}
        return {"type": "text", "text": text}

    roles = {"…": "assistant", "system": "system"}
    messages = [
        {"role": roles.get("".join(texts), "user"), "content": [part(text) for text in texts]}
        for texts in talk
    ]
    body = {"model": "a-model", "messages": messages}
    return openai_chat.decode(incoming(json.dumps(body).encode(), long_texts))


def contents(talk: Talk, long_texts: LongTexts) -> Decoded:
    def part(text: str) -> object:
        if text.startswith("https://"):
            return {"fileData": {"fileUri": text}}
        if text.startswith(tuple(PICTURES)):
            return {"inlineData": {"data": text.partition(",")[2]}}
        return {"text": text}

    turns: list[dict[str, Any]] = []
    for texts in talk:
        role = {"…": "model", "system": "system"}.get("".join(texts), "user")
        turns.append({"role": role, "parts": [part(text) for text in texts]})
    body = json.dumps({"contents": turns}).encode()
    return gemini.decode(incoming(body, long_texts, name="a-model"))


LANGUAGES: Final = (
    Language("chat", chat, "messages[{}].content", "messages[{}].content[{}]"),
    Language("gemini", contents, "contents[{}].parts", "contents[{}].parts[{}].fileData.fileUri"),
)

pytestmark = pytest.mark.parametrize("language", LANGUAGES, ids=lambda language: language.name)


def refusal(decoded: Decoded, *, whole: bool) -> EaselError:
    with pytest.raises(InvalidRequest) as caught:
        image_of(decoded, whole=whole)
    return caught.value


@pytest.mark.parametrize(
    ("talk", "spoken", "pictures"),
    [
        ([[ONE], CAT], 1, [(ONE, 0, 0)]),
        ([CAT, [ONE]], 0, [(ONE, 1, 0)]),
        ([[ONE], CAT, [TWO]], 1, [(ONE, 0, 0), (TWO, 2, 0)]),
        ([["a cat", ONE], [TWO]], 0, [(ONE, 0, 1), (TWO, 1, 0)]),
        ([[], [" \n", ONE], CAT], 2, [(ONE, 1, 1)]),
        ([[ATTACHED, ONE], CAT], 1, [(ONE, 0, 1)]),
        ([DOG, ANSWER, [ONE], CAT], 3, [(ONE, 2, 0)]),
        ([[ONE], INSTRUCTION, CAT], 2, [(ONE, 0, 0)]),
        ([[ONE], CAT, INSTRUCTION], 1, [(ONE, 0, 0)]),
        ([CAT, [ONE], ANSWER], 0, [(ONE, 1, 0)]),
    ],
)
def test_a_text_and_pictures_in_several_messages_are_one_turn(
    language: Language, talk: Talk, spoken: int, pictures: list[tuple[str, int, int]]
) -> None:
    asked = image_of(language.decode(talk, NO_LONG_TEXTS))
    assert (asked.prompt, asked.action) == ("a cat", Action.EDIT)
    assert asked.name_of("prompt") == language.param.format(spoken)
    expected = [(url, language.picture.format(at, part)) for url, at, part in pictures]
    assert [(image.url, image.param) for image in asked.images] == expected


@pytest.mark.parametrize(
    "talk",
    [
        [DOG, CAT],
        [["a dog", ONE], CAT],
        [[ONE], DOG, CAT],
        [DOG, [ONE], CAT],
        [[ONE], ANSWER, CAT],
        [[ONE], ANSWER, INSTRUCTION, CAT],
    ],
)
def test_an_earlier_turn_is_no_part_of_the_last(language: Language, talk: Talk) -> None:
    for whole in (True, False):
        asked = image_of(language.decode(talk, NO_LONG_TEXTS), whole=whole)
        assert (asked.prompt, asked.images, asked.action) == ("a cat", (), Action.GENERATE)


@pytest.mark.parametrize("talk", [[CAT, []], [[ONE], CAT, [""]], [CAT, DOG, [ONE]]])
def test_a_last_message_that_says_nothing_or_not_to_which_text_is_refused(
    language: Language, talk: Talk
) -> None:
    with pytest.raises(InvalidRequest) as caught:
        language.decode(talk, NO_LONG_TEXTS)
    assert caught.value.param == language.param.format(len(talk) - 1)
    assert "no prompt" in caught.value.message


def test_who_reads_the_last_message_alone_paints_from_its_text(language: Language) -> None:
    asked = image_of(language.decode([[ONE], CAT], NO_LONG_TEXTS), whole=False)
    assert (asked.prompt, asked.images, asked.action) == ("a cat", (), Action.GENERATE)


def test_who_reads_the_last_message_alone_misses_a_text_before_it(language: Language) -> None:
    error = refusal(language.decode([CAT, [ONE]], NO_LONG_TEXTS), whole=False)
    assert (error.param, "no prompt" in error.message) == (language.param.format(1), True)


def test_a_picture_that_is_none_is_named_by_its_own_message(language: Language) -> None:
    decoded = language.decode([[ONE], [TWO, "broken,*"], CAT], NO_LONG_TEXTS)
    error = refusal(decoded, whole=True)
    assert (error.param or "").startswith(language.picture.format(1, 1).partition(".file")[0])
    assert image_of(decoded, whole=False).prompt == "a cat"


def test_a_last_picture_that_is_none_is_refused_at_once(language: Language) -> None:
    with pytest.raises(InvalidRequest) as caught:
        language.decode([CAT, ["broken,*"]], NO_LONG_TEXTS)
    assert (caught.value.param or "").startswith(
        language.picture.format(1, 0).partition(".file")[0]
    )


def test_a_check_of_the_connection_has_no_pictures_in_its_turn(language: Language) -> None:
    assert text_of(language.decode([["hi"]], NO_LONG_TEXTS)) is not None
    assert text_of(language.decode([[ONE], ["hi"]], NO_LONG_TEXTS)) is None
    assert text_of(language.decode([["hi"], [ONE]], NO_LONG_TEXTS)) is None
    assert text_of(language.decode([["a cat", ONE], ["hi"]], NO_LONG_TEXTS)) is not None


def test_a_clients_own_request_is_found_in_any_message_of_its_turn(language: Language) -> None:
    title = "Based on the chat history, give this conversation a name.\nKeep it short."
    assert text_of(language.decode([[title], [ONE]], NO_LONG_TEXTS)) is not None


def test_long_texts_of_turns_before_are_not_read_and_those_of_the_turn_once(
    language: Language,
) -> None:
    decoded: list[int] = []

    def decode(number: int) -> Any:
        decoded.append(number)
        return blob(PNG)

    def read(number: int) -> str:
        if number == 1:
            raise BodyTooLarge("not kept")
        return "a cat"

    texts = LongTexts("data:easel:,mark:", read, decode, lambda: None)
    # In Gemini's language the mark stands for what the field holds, without a head.
    texts_in_gemini = LongTexts("mark:", read, decode, lambda: None)
    kept = texts if language.name == "chat" else texts_in_gemini
    long = "data:easel:,mark:0"
    asked = image_of(language.decode([[long], CAT], kept))
    assert [image.content for image in asked.images] == [blob(PNG)]
    assert decoded == [0]


def test_a_long_text_counts_as_one_though_it_is_not_kept(language: Language) -> None:
    def read(number: int) -> str:
        raise BodyTooLarge(f"{number} is not kept")

    texts = LongTexts("mark:", read, lambda _: None, lambda: None)
    asked = image_of(language.decode([["mark:1", ONE], CAT], texts))
    assert (asked.prompt, asked.images) == ("a cat", ())


def test_a_base64_of_a_picture_may_stand_in_another_message(language: Language) -> None:
    picture = f"data:image/png;base64,{b64encode(PNG).decode()}"
    asked = image_of(language.decode([[picture], CAT], NO_LONG_TEXTS))
    assert [image.content for image in asked.images] == [blob(PNG)]
