"""Markdown has one sentence a line, so that a change of one sentence is a change of one line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tools.runtime.workerd import PROJECT

DOCUMENTS = sorted([*PROJECT.glob("*.md"), *PROJECT.glob("docs/**/*.md")])

# A sentence ends here and another begins. After a closing quote a small letter carries on.
SENTENCE_END = re.compile(
    r"""[.!?](?:[)\]*_`]*\s+(?=["'“‘(\[*_`]*\w)|["'”’]+\s+(?=[(\[*_`]*[A-Z]))|[。！？][”’）*]*(?=\S)"""
)
ABBREVIATIONS = re.compile(r"\b(?:e\.g|i\.e|vs|etc|cf|No)\.$")
# What stands by itself, and is no part of a paragraph. What is quoted has its own lines.
ALONE = re.compile(r"\s*(?:#|\||!\[|\[!\[|---$|<|>)")
ITEM = re.compile(r"\s*(?:[-*]|\d+\.) ")
LAST_OF_SENTENCE = re.compile(r"[.!?:。！？：][\"'”’)）\]*_`]*$")


def paragraphs(text: str) -> Iterator[list[tuple[int, str]]]:
    """The numbered lines of each paragraph and item; code, tables and headings are none."""
    found: list[tuple[int, str]] = []
    code = False
    for number, line in enumerate(text.splitlines(), 1):
        fence = line.lstrip().startswith("```")
        code ^= fence
        if code or fence or not line.strip() or ALONE.match(line) or ITEM.match(line):
            yield found
            found = []
        if not (code or fence or not line.strip() or ALONE.match(line)):
            found.append((number, line))
    yield found


def without_marks(line: str) -> str:
    """A line without its item's mark, its code, and the bold words that head it."""
    line = ITEM.sub("", line.strip(), count=1)
    line = re.sub(r"`[^`]*`", "`code`", line)
    return re.sub(r"^\*\*[^*]+[.。]\*\*", "", line)


def sentences(line: str) -> int:
    line = without_marks(line)
    ends = [
        end
        for end in SENTENCE_END.finditer(line)
        if not ABBREVIATIONS.search(line[: end.start() + 1])
    ]
    return 1 + len(ends)


def broken_lines(text: str) -> list[str]:
    """Lines with more than one sentence, and those that end within one."""
    found = []
    for paragraph in paragraphs(text):
        for place, (number, line) in enumerate(paragraph, 1):
            if sentences(line) > 1:
                found.append(f"line {number} has {sentences(line)} sentences: {line}")
            if place < len(paragraph) and not LAST_OF_SENTENCE.search(line):
                found.append(f"line {number} ends within a sentence: {line}")
    return found


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(PROJECT)))
def test_a_document_has_one_sentence_a_line(document: Path) -> None:
    assert broken_lines(document.read_text("utf-8")) == []


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("One. Two.", "has 2 sentences"),
        ("- One (with a bracket.) Two", "has 2 sentences"),
        ("1. One `x`. `Two` is code.", "has 2 sentences"),
        ("一句。两句。", "has 2 sentences"),
        ("One sentence on\ntwo lines.", "ends within a sentence"),
        ("- An item on\n  two lines.", "ends within a sentence"),
    ],
)
def test_what_breaks_the_rule_is_seen(text: str, what: str) -> None:
    (found,) = broken_lines(text)
    assert what in found


@pytest.mark.parametrize(
    "text",
    [
        "One, e.g. This, vs. 3.5.\nTwo.",
        "**A heading.** One sentence.",
        "- One\n- two",
        "| One. Two. | three |",
        "```sh\nOne. Two\nthree\n```",
        "> As it is said. Elsewhere.",
        'It says "Here it is." and ends.',
        "See `Foo. Bar` and [a page](a.md).",
    ],
)
def test_what_keeps_the_rule_passes(text: str) -> None:
    assert broken_lines(text) == []
