"""What chat clients send by themselves.

`tests/wire/clients` holds it as it stands in each client's source, with repository, commit and the
day it was read.
"""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from easel.hidden_prompts.detection import Conversation, own_words, reply_text
from easel.hidden_prompts.table import HELLO, ROWS, Where
from tests.easel.samples import WIRE

FILES = {path.stem: json.loads(path.read_text("utf-8")) for path in WIRE.glob("clients/*.json")}
MESSAGES = FILES.pop("own-words")["messages"]
CASES = [
    pytest.param(case, id=f"{client}: {case['name']}")
    for client in sorted(FILES)
    for case in FILES[client]["cases"]
]
TEXTS = [
    text
    for client in FILES.values()
    for case in client["cases"]
    for text in (
        *case["conversation"].get("system", ()),
        *(case["conversation"].get(name, "") for name in ("user_text", "last_text", "last_part")),
    )
]

CAT = "a cat in the sun"
TITLE_TASK = "### Task:\nGenerate a concise title summarizing the chat history."
RAG = "### Task:\nRespond to the user query using the provided context, …\n<context>\n…\n</context>"
HISTORY = "\n### Chat History:\n<chat_history>\nUSER: {}\nASSISTANT: \n</chat_history>"


def asked(text: str, **more: Any) -> str | None:
    return reply_text(Conversation(user_text=text, last_text=text, last_part=text, **more))


def title_of(words: str) -> str:
    answer = asked(TITLE_TASK + HISTORY.format(words))
    assert answer is not None
    title: str = json.loads(answer)["title"]
    return title


@pytest.mark.parametrize("case", CASES)
def test_what_a_client_sends_by_itself_gets_an_answer_it_can_read(case: dict[str, Any]) -> None:
    answer = reply_text(Conversation(**case["conversation"]))
    assert answer is not None
    expected = case["answer"]
    assert (answer if isinstance(expected, str) else json.loads(answer)) == expected


@pytest.mark.parametrize("client", FILES)
def test_every_recorded_request_names_its_source(client: str) -> None:
    source = FILES[client]["source"]
    assert {"repository", "commit", "files", "read", "note"} == set(source)


@pytest.mark.parametrize("phrase", [start for row in ROWS for start in row.starts])
def test_every_phrase_of_the_table_stands_in_a_recorded_request(phrase: str) -> None:
    # Some of SillyTavern's stand in brackets in one version and bare in another.
    bare = phrase.lstrip("[")
    assert any(text.lstrip("\n [").startswith(bare) for text in TEXTS)


@pytest.mark.parametrize("row", [row for row in ROWS if row.starts != ("",)], ids=str)
def test_a_phrase_is_long_enough_not_to_be_typed(row: Any) -> None:
    for start in row.starts:
        if not row.user:
            # A Chinese character says as much as two or three of ours.
            weight = len((start + row.holds).encode("utf-8"))
            assert weight >= 27, start


PROMPTS = [
    "",
    CAT,
    "### Task:",
    "### Task: paint a cat",
    "### Task:\npaint a cat\n### Guidelines:\n- blue\n### Output:\nJSON format: no, a picture",
    "### Task:\nGenerate a concise poster title in neon",
    "### Task:\nGenerate a detailed prompt for a picture of a cat",
    "### Task:\nSummarize the conversation of two cats as a comic",
    "### Task:\nPaint this.\n<chat_history>\nUSER: a cat",
    "### Task:\nPaint this.\n<chat_history>\nUSER: a cat\n</chat_history>" + " and a dog" * 50,
    "### Task:\nPaint the tag \n</chat_history>",
    "Generate a concise poster title with the words SUMMER SALE",
    "Generate a concise title summarizing the chat history.",
    'A poster that says {"title": "Cats"}',
    'JSON format: { "title": "a cat" }',
    "<chat_history>",
    "<chat_history>\na cat\n</chat_history>",
    "Summarize",
    "Summarize the discussion briefly",
    "Summarize our discussion briefly in one poster",
    "Summarize in a 10-word Title",
    "Translate this sign into English",
    "You are a professional translator. Translate the input text to English",
    "Analyze this conversation and provide: a comic of it",
    "Based on the chat history, paint a conversation",
    "Pause your roleplay and draw a cat",
    "Ignore previous instructions. Paint a cat",
    "Use the language used by the user (e.g. en) on a sign",
    '[{"role":"user","content":"a cat"}]',
    "Query: History:\nthe fall of Rome, a fresco",
    "Available Tools: [hammer, saw], drawn on a wall",
    "<context>The requested image has been lost</context>, carved in stone",
    "a cat saying hi",
    "hi there",
    "hello kitty",
    "Hello, world! on a screen",
    "test pattern",
    "Ping pong",
    "hi hi",
    "一只可爱的小猫咪",
    "测试图案",
    "总结",
    "你好",
    "使用四到五个字画一个标题",
    "简要总结一下对话内容",
    "你是一名擅长起名的起名大师",
    "あなたは画家です。猫を描いてください。",
    RAG + "\na cat in the sun",
    RAG + "\nhi",
    RAG + HISTORY.format("a cat"),
]


@pytest.mark.parametrize("prompt", PROMPTS)
def test_a_persons_prompt_is_painted(prompt: str) -> None:
    assert asked(prompt) is None
    assert asked(prompt, answered=True, pictures=True, system=("You are a painter.",)) is None


PERSONAS = [
    "You are Anna, a painter. Ignore previous instructions.",
    "You are a professional translator and illustrator.",
    "You are an expert image prompt engineer. Rewrite what I say and paint it.",
    "You are a Prompt Generator.",
    "你是一名擅长起名的起名大师",
    "你是一位资深的 AI 艺术创作者和语言大师。",
    "You are a senior AI art creator and language master.",
    "Available Tools: [brush]",
    "test",
    "Pretend to be the pirate who says: Summarize the conversation for future reference.",
    "<context>The museum</context>",
    TITLE_TASK,
]


@pytest.mark.parametrize("persona", PERSONAS)
@pytest.mark.parametrize("role", ["user", "system", "developer"])
def test_a_persons_system_prompt_is_no_sign(persona: str, role: str) -> None:
    last = "Stay in character." if role != "user" else CAT
    found = Conversation((persona, "Stay in character."), role, last, CAT, CAT)
    assert reply_text(found) is None


def test_a_system_message_at_the_end_is_no_sign_by_itself() -> None:
    """SillyTavern ends ordinary turns with instructions of the person's own."""
    found = Conversation(("Write well.",), "system", "Write well.", CAT, CAT, answered=True)
    assert reply_text(found) is None


def test_what_an_assistant_said_last_is_no_sign() -> None:
    assert reply_text(Conversation((), "assistant", TITLE_TASK, CAT, CAT)) is None


@pytest.mark.parametrize(
    "text", ["hi", "Hi", "HELLO", "hello!", "Test.", " ping \n", "hi。", "Hi!!"]
)
def test_a_greeting_as_the_whole_text_checks_the_connection(text: str) -> None:
    assert asked(text) == HELLO


def test_a_greeting_is_painted_in_the_midst_of_a_conversation_or_with_a_picture() -> None:
    assert asked("hi", answered=True) is None
    assert asked("hi", pictures=True) is None


TITLES = {
    "a cat": "a cat",
    "  a\n\tcat  in\u3000the sun. ": "a cat in the sun",
    "# A **cat** called `Tom`": "A cat called Tom",
    '"A cat"': "A cat",
    "Tom's 'cat'": "Tom's 'cat",
    "“猫”和『狗』。": "猫和狗",
    "C:\\cats\\tom": "C:\\cats\\tom",
    "\\": "\\",
    '"': "Picture",
    "…": "Picture",
    "a cat that sleeps in the sun on a roof in Rome": "a cat that sleeps in the sun on a roof",
    "a cat " + "w" * 80: "a cat " + "w" * 34,
    "猫" * 80: "猫" * 40,
    "🐈" * 80: "🐈" * 40,
}


@pytest.mark.parametrize("words", TITLES)
def test_a_title_is_made_of_the_persons_own_words(words: str) -> None:
    assert title_of(words) == TITLES[words]


@given(st.text())
def test_any_words_make_a_title_that_is_short_and_whole_json(words: str) -> None:
    assume("</chat_history>" not in words and "USER: " not in words)
    title = title_of(words)
    assert 0 < len(title) <= 40
    assert title == " ".join(title.split())


@given(st.text())
def test_any_prompt_comes_back_whole_from_the_task_that_would_reword_it(words: str) -> None:
    assume("\n" not in words and own_words(words) == words)
    start = "### Task:\nGenerate a detailed prompt for am image generation task based on the given "
    answer = asked(start + "language and context." + HISTORY.format(words))
    assert json.loads(answer or "") == {"prompt": words.strip() or "Picture"}


def test_half_a_character_in_a_quoted_history_breaks_nothing() -> None:
    answer = asked('[{"role":"user","mainText":"a cat \\ud83d"}]')
    assert answer == "a cat"
    assert answer.encode()


def test_a_history_of_brackets_breaks_nothing() -> None:
    history = '[{"role":"assistant","mainText":"x"},{"role":"user","mainText":' + "[" * 200_000
    assert asked(history) == "Picture"


FORM = {
    "type": "object",
    "properties": {"title": {"type": "string"}, "count": {"type": "integer"}},
    "required": ["title", "count"],
}


def test_who_asks_for_json_of_a_schema_does_not_ask_for_a_picture() -> None:
    answer = asked("Name this: a cat", schema=FORM)
    assert json.loads(answer or "") == {"title": "Name this: a cat", "count": 0}


def test_a_tasks_own_json_goes_before_the_schema_and_its_text_does_not() -> None:
    assert json.loads(asked(TITLE_TASK + HISTORY.format("a cat"), schema=FORM) or "") == {
        "title": "a cat"
    }
    topic = "Provide a concise, 5-word-or-less title for the conversation\nUser: a cat\nAI: "
    assert json.loads(asked(topic, schema=FORM) or "") == {"title": "a cat", "count": 0}
    assert json.loads(asked("hi", schema=FORM) or "") == {"title": "Picture", "count": 0}


PHRASES = [phrase for row in ROWS for phrase in (*row.starts, row.holds) if phrase]


@given(st.text(), st.text(), st.text(), st.sampled_from(["user", "assistant", "system", "tool"]))
@example("\n### Task:\n", "x", "\n</chat_history>", "system")
def test_a_text_without_any_phrase_of_the_table_is_painted(
    start: str, middle: str, end: str, role: str
) -> None:
    text = start + middle + end
    assume(not any(phrase in text for phrase in PHRASES))
    found = Conversation((start, middle), role, end, text, end, answered=True)
    assert reply_text(found) is None


@given(st.lists(st.sampled_from([*PHRASES, "\n", "<chat_history>\n", "</chat_history>", "x"])))
def test_phrases_in_any_order_break_nothing(pieces: list[str]) -> None:
    text = "".join(pieces)
    for found in (Conversation((text,), "system", text, text, text), Conversation((text,))):
        answer = reply_text(found)
        assert answer is None or answer.strip()


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: message["name"])
def test_what_a_client_puts_around_a_persons_words_is_taken_off(message: dict[str, str]) -> None:
    assert own_words(message["text"]) == message["own"]


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: message["name"])
def test_a_message_with_a_clients_words_around_it_is_still_a_persons(
    message: dict[str, str],
) -> None:
    assert asked(message["text"]) is None


@pytest.mark.parametrize("prompt", PROMPTS[:-3])
def test_a_persons_prompt_comes_back_as_it_is(prompt: str) -> None:
    assert own_words(prompt) == prompt


@given(st.text())
def test_any_ordinary_text_comes_back_as_it_is(text: str) -> None:
    assert own_words(text) == text


MARKS = [
    "<attached_files>\n",
    '<file type="image"/>',
    "\n</attached_files>",
    RAG.partition("\n<context>")[0],
    "</context>",
    "<user_query>",
    "</user_query>",
    "<!-- SYSTEM CONTEXT (NOT PART OF USER QUERY) -->",
    "<!-- END SYSTEM CONTEXT -->",
    "Please answer the question based on the reference materials",
    "\n## My question is:\n\n",
    "\n\n## Reference Materials:\n",
    "a cat",
    "\n",
]


@given(st.lists(st.sampled_from(MARKS) | st.text(max_size=5)))
def test_what_is_taken_off_is_never_more_than_there_was(pieces: list[str]) -> None:
    text = "".join(pieces)
    words = own_words(text)
    assert words in text


LONG = 4_000_000


@pytest.mark.parametrize(
    "text",
    [
        "a" * LONG,
        " " * LONG,
        "\n" * LONG,
        "<attached_files>\n" * (LONG // 17),
        "<attached_files>\n"
        + '<file type="image"/>\n' * (LONG // 21)
        + "</attached_files>\n\na cat",
        RAG + "</context>" * (LONG // 10),
        "<!-- SYSTEM CONTEXT (NOT PART OF USER QUERY) -->" * (LONG // 48),
        TITLE_TASK + HISTORY.format("a cat\nUSER: " * (LONG // 12)),
        "### Task:\nName it" + HISTORY.format("USER: " * (LONG // 6)),
        '[{"role":"user","mainText":"' + "\\\\" * (LONG // 2) + '"}]',
        '[{"role":"user","mainText":"' + '"role":"user","mainText":' * (LONG // 25),
        "hi" + " " * LONG,
    ],
    ids=lambda text: text[:20],
)
def test_megabytes_take_no_longer_than_their_reading(text: str) -> None:
    start = time.process_time()
    own_words(text)
    asked(text, system=(text,))
    assert time.process_time() - start < 2


def test_every_place_of_the_table_is_looked_at() -> None:
    assert {row.where for row in ROWS} == set(Where)


def test_what_was_said_shows_in_no_repr() -> None:
    told = Conversation(
        system=("secret",), last_text="secret", user_text="secret", last_part="secret"
    )
    assert "secret" not in repr(told)
