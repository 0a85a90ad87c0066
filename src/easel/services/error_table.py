"""How services tell errors, and what each becomes: one table a service.

In: an answer without a picture, and the table of its service. Out: the error, with the service's
own reason after it where that may be repeated (`easel.services.reason`). Nothing raises.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from easel.errors import RequestRefused, UpstreamBroken, UpstreamBusy, UpstreamError
from easel.services.answers import IdOrCode, WireModel, read_answer
from easel.services.reason import reason_of, with_reason
from easel.services.service import Access
from easel.services.wire import HttpResponse, retry_after_seconds

# A code that is in no table is repeated if it is a short number, which can be no secret.
_TELLABLE_CODE: Final = re.compile(r"[0-9]{1,5}", re.ASCII)

# A failed task has no status of its own; its words mean what they mean in a refusal.
_TASK_STATUS: Final = 400


@dataclass(frozen=True, slots=True)
class Meaning:
    """What an error means: its type, what the service does ("refuses …"), and what to do then."""

    error: type[UpstreamError]
    words: str
    code: str | None = None
    advice: str = ""


@dataclass(frozen=True, slots=True)
class Hint:
    """Parts of words in an error's `code` or `type` that say more than some statuses do."""

    statuses: frozenset[int]
    parts: tuple[str, ...]
    meaning: Meaning


@dataclass(frozen=True, slots=True)
class ErrorTable:
    """The errors of a service. Its own code counts first, then a hint, then the HTTP status.

    An answer with none of them means that the service failed.
    """

    statuses: Mapping[int, Meaning]
    codes: Mapping[str, Meaning] = field(default_factory=dict)
    hints: tuple[Hint, ...] = ()


FILTERED: Final = Meaning(
    RequestRefused,
    "refuses to paint this: its content filter blocked it",
    code="content_policy_violation",
)
FAILED: Final = Meaning(UpstreamBroken, "failed")


class _Told(WireModel):
    code: IdOrCode | None = None
    type: str | None = None


class _Answer(_Told):
    error: Any = None


def _read(response: HttpResponse, access: Access) -> tuple[str, str]:
    """The code of an error, and all words that say what it is, wherever they are in the body."""
    try:
        answer = read_answer(_Answer, response, access)
    except UpstreamBroken:
        return "", ""
    error = _Told.model_validate(answer.error if isinstance(answer.error, dict) else {})
    code = answer.code if error.code is None else error.code
    words = " ".join(str(word) for word in (answer.code, answer.type, error.code, error.type))
    return "" if code is None else str(code), words.lower()


def _named(code: str, words: str, status: int, table: ErrorTable) -> Meaning | None:
    """What the service itself says that an error means."""
    if code in table.codes:
        return table.codes[code]
    for hint in table.hints:
        if status in hint.statuses and any(part in words for part in hint.parts):
            return hint.meaning
    return None


def error_of(meaning: Meaning, why: str, access: Access) -> UpstreamError:
    """The error; `why` is the status or code that the service gave."""
    advice = f" {meaning.advice}" if meaning.advice else ""
    error = meaning.error(f"{access.service} {meaning.words} ({why}).{advice}")
    if meaning.code is not None:
        error.code = meaning.code
    return error


def service_error(response: HttpResponse, table: ErrorTable, access: Access) -> UpstreamError:
    """The error that an answer means."""
    code, words = _read(response, access)
    status = response.status
    meaning = _named(code, words, status, table) or table.statuses.get(status, FAILED)
    why = f"status {status}"
    if code in table.codes:
        why = f"code {code}"
    elif _TELLABLE_CODE.fullmatch(code):
        why += f", code {code}"
    error = error_of(meaning, why, access)
    if isinstance(error, UpstreamBusy):
        error.retry_after = retry_after_seconds(response.retry_after)
    return with_reason(error, reason_of(response, access), access)


def task_error(response: HttpResponse, table: ErrorTable, access: Access) -> UpstreamError:
    """The error of a task that failed, by the answer that says so."""
    code, words = _read(response, access)
    meaning = _named(code, words, _TASK_STATUS, table)
    if meaning is None:
        error: UpstreamError = UpstreamBroken(
            f"{access.service} failed to paint this.", code="task_failed"
        )
    else:
        error = error_of(meaning, f"code {code}" if code in table.codes else "task failed", access)
    return with_reason(error, reason_of(response, access), access)
