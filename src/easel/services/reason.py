"""A service's own reason, as it may be repeated to the caller.

In: an error of ours, and the words that came with it. Out: the error with these words after its
message, where they are about the request. They are anybody's words, so they are made plain before
that: no token, no address, nothing that JSON, an event, markdown or HTML could read as more than
words. They may repeat the prompt, so they go to its own caller and into no log.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final
from urllib.parse import quote

from easel.errors import (
    AccessDenied,
    QuotaExhausted,
    RequestRefused,
    TokenRejected,
    UpstreamBroken,
    UpstreamBusy,
    UpstreamConflict,
    UpstreamError,
    UpstreamNotFound,
    UpstreamTooLarge,
)
from easel.images.result import ImageResult
from easel.services.answers import WireModel, read_answer
from easel.services.service import Access
from easel.services.wire import LONG_TEXT, HttpResponse

# How many of the fields that a service complains about are repeated.
_MOST_DETAILS: Final = 5

# What is repeated, and what is looked at for it: an address or a token may be much longer than the
# words around it.
MOST_CHARACTERS: Final = 300
_MOST_READ: Final = 4000

# Stands for all that is not repeated. No token and no address has it.
MASK: Final = "…"

_ABOUT_THE_REQUEST: Final = (RequestRefused, UpstreamTooLarge, UpstreamNotFound, UpstreamConflict)
_ABOUT_THE_ACCOUNT: Final = (TokenRejected, AccessDenied, QuotaExhausted, UpstreamBusy)

# The words of refusals that no code tells. A parameter may be case-sensitive.
_REFUSALS: Final = re.compile(
    r"(?<!大小写)敏感|违规|违禁|违法|不安全|不合规|不当内容|内容安全|安全策略|审核|色情|暴力"
    r"|content[ _-]?(?:policy|filter|moderation)|usage polic|safety|unsafe|moderat|nsfw"
    r"|inappropriate|prohibited|(?<!case.)sensitive",
    re.IGNORECASE,
)

_TAG: Final = re.compile(r"<[/!?A-Za-z][^<>]*>")

# With a scheme or without; what readers of markdown make a link of by themselves. Each repetition
# has an end, so that no text takes long.
_LINKS: Final = re.compile(
    r"(?:[a-z][a-z0-9+.-]{0,30}:)?//[!-~]*"
    r"|www\.\S*"
    r"|[!-~]{1,64}@[!-~]+"
    r"|(?:data|javascript|mailto|xmpp):\S*"
    r"|[a-z0-9-]{0,63}\.(?:[a-z]{2}|xn--[a-z0-9-]+|com|net|org|biz|edu|gov|pro|web|aero|asia|coop|info"
    r"|museum|name|shop|app|dev|cloud|tech|site|online|top|xyz)(?![\w-])(?:[:/?#][!-~]*)?",
    re.IGNORECASE | re.ASCII,
)

_KEYS: Final = re.compile(
    r"\b(?:sk|pk|rk|ak)[-_][\w*.…-]{4,}"
    r"|\beyJ[\w.*-]{6,}"
    r"|\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b"
    r"|[A-Za-z0-9]{32,}"
    r"|(?=[A-Za-z]*[0-9])(?=[0-9]*[A-Za-z])[A-Za-z0-9]{16,}",
    re.ASCII,
)

# So many characters in a row of a token are taken for it.
_TOKEN_PART: Final = 8

_LOWER: Final = str.maketrans({chr(code): chr(code + 32) for code in range(65, 91)})

# What means something in markdown, HTML or a formula, in its full-width form, which means nothing.
_HARMLESS: Final = str.maketrans(
    {char: chr(ord(char) + 0xFEE0) for char in "<>[]`*~#|\\&$@^="} | {'"': "'"}
)
# Names of fields hold it too, where it means nothing.
_EMPHASIS: Final = re.compile(r"(?<![^\W_])_+|_+(?![^\W_])")


class _Words(WireModel):
    message: str = ""
    details: Any = None


class _Answer(_Words):
    error: Any = None


def _details(found: object) -> str:
    """What is wrong with single fields."""
    if isinstance(found, Mapping):
        details = [f"{name}: {text}" for name, text in found.items() if isinstance(text, str)]
    else:
        every = found if isinstance(found, list) else [found]
        details = [text for text in every if isinstance(text, str)]
    return "; ".join(details[:_MOST_DETAILS])


def reason_of(response: HttpResponse, access: Access) -> str:
    """Why a service does not paint, in its own words; "" where it says nothing.

    They are in the answer itself or in its `error`. Source: the four services' documents.
    """
    try:
        answer = read_answer(_Answer, response, access)
    except UpstreamBroken:
        return ""
    error = answer.error
    words = _Words.model_validate(error) if isinstance(error, dict) else _Words()
    found = (
        error if isinstance(error, str) else words.message or answer.message,
        _details(words.details or answer.details),
    )
    return "; ".join(each for each in found if each)


def _printable(text: str) -> str:
    """One line of characters that can be seen."""
    seen = (" " if unicodedata.category(char)[0] in "CZ" else char for char in text)
    return " ".join("".join(seen).split())


def _without(secrets: Iterable[str], text: str) -> str:
    """The text with a mask for each part of a secret."""
    lower = text.translate(_LOWER)
    hidden: set[int] = set()
    for secret in {each for given in secrets for each in (given, quote(given, safe=""))}:
        known, width = secret.translate(_LOWER), min(len(secret), _TOKEN_PART)
        parts = {known[at : at + width] for at in range(len(known) - width + 1)}
        for at in range(len(text) - width + 1):
            if lower[at : at + width] in parts:
                hidden.update(range(at, at + width))
    return "".join(MASK if at in hidden else char for at, char in enumerate(text))


def _unescaped(text: str) -> str:
    """What a reader of HTML makes of a text."""
    if "&" not in text:
        return text
    # Its table of entities has 3 MB, which would be in the snapshot of every isolate.
    import html

    return html.unescape(text)


def plain_words(text: str, secrets: Sequence[str]) -> str:
    """What may be repeated of somebody's words; "" where nothing is left of them."""
    text = _printable(_unescaped(text[:_MOST_READ]))
    text = _LINKS.sub(MASK, _without(secrets, text))
    text = _KEYS.sub(MASK, _TAG.sub(" ", text))
    text = _EMPHASIS.sub(" ", text).translate(_HARMLESS)
    text = " ".join(re.sub(f"{MASK}+", MASK, text).split())
    if len(text) > MOST_CHARACTERS:
        text = text[: MOST_CHARACTERS - 1].rstrip() + MASK
    return text if any(map(str.isalnum, text)) else ""


def _is_told(error: UpstreamError, access: Access) -> bool:
    """Whether a reason is the caller's business.

    What a service says of an account is so only where that is the caller's own, and why a task
    failed may be just that.
    """
    if isinstance(error, _ABOUT_THE_REQUEST):
        return True
    about_account = isinstance(error, _ABOUT_THE_ACCOUNT) or error.code == "task_failed"
    return about_account and not access.settings.easel_keys


def with_reason(error: UpstreamError, reason: str, access: Access) -> UpstreamError:
    """The error, with the service's own reason after its message where that may be repeated.

    A refusal that only these words call one becomes a violation of the content policy.
    """
    if reason.startswith(LONG_TEXT):
        return error
    is_plain = type(error) in (RequestRefused, UpstreamBroken)
    if is_plain and _REFUSALS.search(reason[:_MOST_READ]):
        error = RequestRefused(error.message, code="content_policy_violation")
    words = plain_words(reason, access.secrets) if _is_told(error, access) else ""
    if words:
        # Not in the exception's own arguments, which a traceback would show.
        error.message += f' It says: "{words}"'
    return error


def explained(
    parse: Callable[[HttpResponse], ImageResult], access: Access
) -> Callable[[HttpResponse], ImageResult]:
    """The same, but an answer without a picture may say that it is a refusal."""

    def parse_and_explain(response: HttpResponse) -> ImageResult:
        try:
            return parse(response)
        except UpstreamBroken as error:
            if error.code != "upstream_no_picture":
                raise
            raise with_reason(error, reason_of(response, access), access) from None

    return parse_and_explain
