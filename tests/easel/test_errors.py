from __future__ import annotations

import inspect

import pytest

from easel import errors
from easel.errors import (
    CallerError,
    EaselError,
    InternalError,
    MethodNotAllowed,
    UpstreamBusy,
    UpstreamError,
)

ALL = [
    value
    for value in vars(errors).values()
    if inspect.isclass(value) and issubclass(value, EaselError)
]


def make(kind: type[EaselError]) -> EaselError:
    if issubclass(kind, MethodNotAllowed):
        return kind("message", allow=("GET",))
    return kind("message")


@pytest.mark.parametrize("kind", ALL)
def test_every_error_stands_in_the_tree_that_the_module_draws(kind: type[EaselError]) -> None:
    assert errors.__doc__ is not None
    line = next(row for row in errors.__doc__.splitlines() if kind.__name__ in row.split())
    drawn = [word for word in line.split() if word.isdigit()]
    assert drawn in ([], [str(kind.status)])


@pytest.mark.parametrize("kind", [kind for kind in ALL if issubclass(kind, CallerError)])
def test_a_callers_fault_is_a_4xx_and_leaves_the_retry_to_the_client(
    kind: type[EaselError],
) -> None:
    error = make(kind)
    assert 400 <= error.status < 500
    assert error.should_retry is None


@pytest.mark.parametrize("kind", [kind for kind in ALL if issubclass(kind, UpstreamError)])
def test_once_an_upstream_was_asked_only_a_busy_one_may_be_asked_again(
    kind: type[EaselError],
) -> None:
    assert make(kind).should_retry is (None if kind is UpstreamBusy else False)


def test_an_error_of_ours_says_where_the_details_are() -> None:
    error = InternalError()
    assert (error.status, error.code, error.param) == (500, "internal_error", None)
    assert "log" in error.message
    # It may have come after the upstream was asked, and would be paid again.
    assert error.should_retry is False
