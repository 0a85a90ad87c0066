"""Tells what chat clients send by themselves from what a person asks for.

In: the texts of a conversation, in whatever language of clients they came. Out: the text reply
that a client can read, or None where a person asks for a picture; and a person's own words without
what the client has put around them. Nothing raises, and time is linear in the length of the texts.

Titles, tags, follow-ups, search queries, memories and checks of the connection come over the same
endpoint as everything else, and each would be painted, and paid.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from easel.hidden_prompts.smallest_json import smallest_json
from easel.hidden_prompts.table import (
    FIRST_MESSAGE,
    HELLO,
    NEWEST_MESSAGE,
    OPEN_WEBUI,
    ROWS,
    Quote,
    ReplyForm,
    Row,
    Slot,
    Where,
)
from easel.images.blobs import NO_LONG_TEXTS, LongTexts

# Characters of a text that are looked at for a phrase; instructions come first, a history of
# megabytes after them.
_HEAD: Final = 8000
# Characters in which a history that is quoted must have ended.
_TAIL: Final = 400

# Characters of a title, and of the text that it is made from.
_TITLE_LENGTH: Final = 40
_TITLE_SOURCE: Final = 400
_NO_TITLE: Final = "Picture"

# Quotation marks and markdown, which clients would show as they are.
_UNTITLED: Final = str.maketrans(dict.fromkeys('"“”„«»「」『』`*#'))
_TITLE_EDGES: Final = " '‘’.,;:!?…。，；：！？-_"

# What clients send to see whether there is anybody: Cherry Studio, LobeHub, SillyTavern.
_CHECKS: Final = frozenset({"hi", "hello", "test", "ping"})
_CHECK_ENDS: Final = " \t\r\n.!?。！？"
_LONGEST_CHECK: Final = 20

INSTRUCTING: Final = ("system", "developer")


@dataclass(frozen=True, slots=True)
class Conversation:
    """What tells a client's own request from a person's.

    `system` are the texts of the system and developer messages. `last_role` is that of the last
    message, and `last_text` its text where it is one of those. `user_text` is that of the last
    turn of the user, and `last_part` the last text part of it: clients of Gemini's API put their
    instructions behind the person's words as one part more. `answered` is whether an assistant has
    said anything yet, `pictures` whether the last turn of the user holds any. `schema` is the JSON
    schema that the answer must fit; an empty one where it could not be read. `long_texts` are those
    that it may hold.
    """

    system: tuple[str, ...] = field(default=(), repr=False)
    last_role: str = "user"
    last_text: str = field(default="", repr=False)
    user_text: str = field(default="", repr=False)
    last_part: str = field(default="", repr=False)
    answered: bool = False
    pictures: bool = False
    schema: Mapping[str, object] | None = field(default=None, repr=False)
    long_texts: LongTexts = field(default=NO_LONG_TEXTS, repr=False)


# What any row asks of a text that it looks at, so that most texts are done with at once.
_STARTS: Final = {
    where: tuple(start for row in ROWS if row.where is where for start in row.starts if start)
    for where in Where
}
_HOLDS: Final = {
    where: tuple(row.holds for row in ROWS if row.where is where and "" in row.starts)
    for where in Where
}


def reply_text(conversation: Conversation) -> str | None:
    """What to answer a client's own request with, or None: a person asks for a picture."""
    text = conversation.user_text
    head = text[:_HEAD].lstrip()
    if (found := _listed(conversation, head)) is not None:
        row, rest = found
        return _spelled(row.reply, _quoted(row, text) or rest, conversation)
    if (edited := _edited_task(text, head)) is not None:
        reply, quote = edited
        return _spelled(reply, _between(text, quote), conversation)
    if _is_check(conversation):
        return _spelled(HELLO, "", conversation)
    if conversation.schema is not None:
        return _fitting(conversation.schema, _title(own_words(text)), conversation)
    return None


def _listed(conversation: Conversation, head: str) -> tuple[Row, str] | None:
    """The first row that fits, with the person's words where they stand in another text; `head`
    is the beginning of the user's.
    """
    asked = _asked_texts(conversation, head)
    system = [text.lstrip() for text in conversation.system]
    if not (
        any(_may_stand(Where.ASKED, text) for text, _ in asked)
        or any(_may_stand(Where.SYSTEM, text) for text in system)
    ):
        return None
    user = conversation.user_text
    places = {Where.ASKED: asked, Where.SYSTEM: [(text, user) for text in system]}
    for row in ROWS:
        for text, rest in places[row.where]:
            if head.startswith(row.user) and _stands(row, text):
                return row, rest
    return None


def _asked_texts(conversation: Conversation, head: str) -> list[tuple[str, str]]:
    """Each text to look at, with the person's words if that text turns out to be the client's."""
    user, part = conversation.user_text, conversation.last_part
    asked = [(head, "")]
    if part != user:
        asked.append((part[:_HEAD].lstrip(), user.removesuffix(part)))
    if conversation.last_role in INSTRUCTING:
        asked.append((conversation.last_text[:_HEAD].lstrip(), user))
    return asked


def _may_stand(where: Where, text: str) -> bool:
    return text.startswith(_STARTS[where]) or any(phrase in text for phrase in _HOLDS[where])


def _stands(row: Row, text: str) -> bool:
    return text.startswith(row.starts) and row.holds in text


def _is_check(conversation: Conversation) -> bool:
    """Only as the whole text and the first: "a cat saying hi" is a picture."""
    text = conversation.user_text
    if conversation.answered or conversation.pictures or len(text) > _LONGEST_CHECK:
        return False
    return text.strip().rstrip(_CHECK_ENDS).lower() in _CHECKS


def _edited_task(text: str, head: str) -> tuple[ReplyForm, Quote] | None:
    """The reply to a task of Open WebUI's that a deployment has reworded, and where the words are.

    What is left of the template then is its heading, the JSON that it asks for, and the history at
    its end. The heading alone is no sign: the template that comes before a person's own words
    has it too.
    """
    if not head.startswith("### Task:\n") or head.startswith(_RAG_START):
        return None
    history = text.find("\n<chat_history>\n")
    if history < 0 or "\n</chat_history>" not in text[-_TAIL:]:
        return None
    form = text[:history]
    form = form[max(form.find("### Output"), 0) :][:_HEAD]
    keys = [(at, key) for key in OPEN_WEBUI if (at := form.find(f'"{key}"')) >= 0]
    key = min(keys)[1] if keys else ""
    return OPEN_WEBUI.get(key, Slot.TITLE), NEWEST_MESSAGE if key == "prompt" else FIRST_MESSAGE


def _quoted(row: Row, text: str) -> str:
    """The person's words in a template; empty where they are not found."""
    return next((words for quote in row.quotes if (words := _between(text, quote))), "")


def _between(text: str, quote: Quote) -> str:
    at = text.rfind(quote.start) if quote.newest else text.find(quote.start)
    if at < 0:
        return ""
    at += len(quote.start)
    if quote.encoded:
        return _decoded(text, at)
    ends = [end for mark in quote.ends if (end := text.find(mark, at)) >= 0]
    return text[at : min(ends, default=len(text))]


def _decoded(text: str, at: int) -> str:
    # A string only, and half characters in it: anything else could be nested deeper than there is
    # stack, and is for `easel.foreign_json`.
    if not text.startswith('"', at):
        return ""
    try:
        decoded, _ = json.JSONDecoder(strict=False).raw_decode(text, at)  # noqa: TID251
    except ValueError:
        return ""
    return str(decoded)


def _spelled(reply: ReplyForm, words: str, conversation: Conversation) -> str:
    own = own_words(words).strip()
    texts = {Slot.TITLE: _title(own), Slot.ECHO: own or _NO_TITLE}
    if isinstance(reply, Mapping):
        filled = {
            key: texts[value] if isinstance(value, Slot) else value for key, value in reply.items()
        }
        return json.dumps(filled, ensure_ascii=False)
    if conversation.schema is not None:
        return _fitting(conversation.schema, texts[Slot.TITLE], conversation)
    return texts[reply] if isinstance(reply, Slot) else reply


def _fitting(schema: Mapping[str, object], title: str, conversation: Conversation) -> str:
    return smallest_json(schema, title, conversation.long_texts.glance)


def _title(words: str) -> str:
    """At most `_TITLE_LENGTH` characters of a person's words, cut at a word where there are any."""
    start = words.lstrip()[:_TITLE_SOURCE]
    # JSON can hold halves of characters, which no reply can.
    start = start.encode("utf-8", "ignore").decode("utf-8")
    title = " ".join(start.translate(_UNTITLED).split()).strip(_TITLE_EDGES)
    if len(title) > _TITLE_LENGTH:
        at = title.rfind(" ", _TITLE_LENGTH // 2, _TITLE_LENGTH + 1)
        title = title[: at if at > 0 else _TITLE_LENGTH].rstrip(_TITLE_EDGES)
    return title or _NO_TITLE


# Open WebUI's default templates for documents; its own words differ from version to version after
# these. Source: open-webui, backend/open_webui/config.py, read 2026-11-20.
_RAG_START: Final = "### Task:\nRespond to the user query using the provided context"

# LobeHub's, around what it adds. Source: lobehub, packages/prompts, read 2026-11-20.
_CONTEXT_START: Final = "<!-- SYSTEM CONTEXT (NOT PART OF USER QUERY) -->"
_CONTEXT_END: Final = "<!-- END SYSTEM CONTEXT -->"

# Cherry Studio's REFERENCE_PROMPT. Source: src/renderer/src/config/prompts.ts, read 2026-11-20.
_REFERENCE_START: Final = "Please answer the question based on the reference materials"


def own_words(text: str) -> str:
    """A message without what a client has put around the person's words.

    Only what has a client's form from beginning to end is removed; any other text comes
    back as it is. Empty where the person typed nothing beside a picture.
    """
    for without in (_without_files, _without_rag, _without_files, _without_context, _without_refs):
        text = without(text)
    return text


def _without_files(text: str) -> str:
    """Open WebUI: `<attached_files>` in front, with a line `<file …/>` for each."""
    start, end = "<attached_files>\n", "\n</attached_files>"
    at = text.find(end)
    if not text.startswith(start) or at < 0:
        return text
    lines = text[len(start) : at].split("\n")
    if not all(line.startswith("<file ") and line.endswith("/>") for line in lines):
        return text
    return text[at + len(end) :].lstrip("\n")


def _without_rag(text: str) -> str:
    """Open WebUI: a template with documents in `<context>`, then the words; older ones tag them."""
    if not text.startswith(_RAG_START):
        return text
    _, found, words = text.rpartition("</context>")
    words = words.strip()
    if words.startswith("<user_query>"):
        inner, _, after = words.removeprefix("<user_query>").partition("</user_query>")
        words = after.strip() or inner.strip()
    return words if found and words else text


def _without_context(text: str) -> str:
    """LobeHub: a comment after the words."""
    at = text.find(_CONTEXT_START)
    if at < 0 or not text.rstrip().endswith(_CONTEXT_END):
        return text
    return text[:at].rstrip()


def _without_refs(text: str) -> str:
    """Cherry Studio: the words are between two headings."""
    if not text.startswith(_REFERENCE_START):
        return text
    _, _, question = text.partition("\n## My question is:\n\n")
    words, found, _ = question.partition("\n\n## Reference Materials:\n")
    return words if found and words.strip() else text
