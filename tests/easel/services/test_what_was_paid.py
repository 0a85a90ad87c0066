"""A picture that was painted was paid: nothing else in an answer may cost it, in any service."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from easel.images.request import ImageRequest
from easel.images.result import ImageResult
from easel.services import bigmodel, geekai, zai, zhaotou
from easel.services.service import Access, Service
from easel.services.wire import Flow, HttpResponse
from easel.settings import Settings
from easel.token import Token
from tests.easel.flows import error_from, json_answer, outcome
from tests.easel.samples import answer, sample


def access(module: Any) -> Access:
    service: Service = module.SERVICE
    return service.access(Token("token"), Settings(), 0, "nonce")


def generate(module: Any, model: str, n: int = 1) -> Callable[[], Flow]:
    return lambda: module.generate(ImageRequest(model, "a cat", n=n), access(module))


def begin(module: Any, model: str) -> Callable[[], Flow]:
    return lambda: module.generate(ImageRequest(model, "a cat", asynchronous=True), access(module))


# (service, recorded answer, what asks for it)
PAID: list[tuple[str, str, Callable[[], Flow]]] = [
    ("zai", "success", generate(zai, "gemini-3-image-1k")),
    ("bigmodel", "success", generate(bigmodel, "glm-image")),
    ("bigmodel", "task_success", lambda: bigmodel.poll("1", access(bigmodel))),
    ("bigmodel", "task_success", begin(bigmodel, "glm-image")),
    *(
        (service, name, generate(module, model, n))
        for service, module, model in (
            ("zhaotou", zhaotou, "flux-2.0"),
            ("geekai", geekai, "gpt-image-2"),
        )
        for name, n in (("success", 1), ("success_base64", 1), ("success_several", 2))
    ),
    ("geekai", "success_several", lambda: geekai.poll("1", access(geekai))),
    ("geekai", "success_several", begin(geekai, "gpt-image-2")),
]

each_paid = pytest.mark.parametrize(
    ("service", "name", "flow"), PAID, ids=lambda part: part if isinstance(part, str) else ""
)

# Where a picture stands; what is around it has to be an object or a list.
PICTURE_FIELDS = ("url", "b64_json", "image_url")

Path = tuple[str | int, ...]


def paths(value: Any, at: Path = ()) -> Iterator[Path]:
    """Every place of an answer that neither is nor holds a picture."""
    children = value.items() if isinstance(value, dict) else enumerate(value)
    for key, child in children:
        if key in PICTURE_FIELDS:
            continue
        if isinstance(child, dict | list):
            yield from paths(child, (*at, key))
        if not any(f"'{field}'" in repr(child) for field in PICTURE_FIELDS):
            yield (*at, key)


def with_value(body: Any, path: Path, value: object) -> Any:
    changed = copy.deepcopy(body)
    inner = changed
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = value
    return changed


def without(body: Any, path: Path) -> Any:
    changed = copy.deepcopy(body)
    inner = changed
    for step in path[:-1]:
        inner = inner[step]
    del inner[path[-1]]
    return changed


def pictures(painted: ImageResult) -> list[tuple[str | None, object]]:
    return [(picture.url, picture.base64) for picture in painted.pictures]


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text()
    | st.sampled_from(["", "1088px", 10**30, -1, 1.5, "200", {}, []]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@each_paid
@given(data=st.data())
def test_whatever_else_an_answer_holds_its_pictures_arrive(
    service: str, name: str, flow: Callable[[], Flow], data: st.DataObject
) -> None:
    body = sample(service, name)["body"]
    expected = pictures(outcome(flow(), json_answer(body)))
    assert expected
    changed = body
    for path in data.draw(st.lists(st.sampled_from(list(paths(body))), max_size=4, unique=True)):
        try:
            changed = with_value(changed, path, data.draw(JSON))
        except (TypeError, KeyError, IndexError):  # What it stood in was replaced before.
            continue
    assert pictures(outcome(flow(), json_answer(changed))) == expected


@each_paid
def test_whatever_else_an_answer_leaves_out_its_pictures_arrive(
    service: str, name: str, flow: Callable[[], Flow]
) -> None:
    body = sample(service, name)["body"]
    expected = pictures(outcome(flow(), json_answer(body)))
    for path in paths(body):
        for changed in (without(body, path), with_value(body, path, None)):
            assert pictures(outcome(flow(), json_answer(changed))) == expected


@each_paid
@pytest.mark.parametrize("status", [200, 201, 202, 203])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_a_success_may_have_any_of_its_statuses_and_a_byte_order_mark(
    service: str, name: str, flow: Callable[[], Flow], status: int, mark: bytes
) -> None:
    plain = json_answer(sample(service, name)["body"])
    marked = HttpResponse(status, mark + plain.body, plain.content_type)
    assert outcome(flow(), marked) == outcome(flow(), plain)


@each_paid
def test_a_picture_that_is_told_several_times_over_is_told_once(
    service: str, name: str, flow: Callable[[], Flow]
) -> None:
    body = sample(service, name)["body"]
    field = "image_result" if "image_result" in body else "data"
    if isinstance(body[field], dict):
        return
    plain = outcome(flow(), json_answer(body))
    many = outcome(flow(), json_answer({**body, field: body[field] * 10_000}))
    assert len(many.pictures) < 200
    (error,) = many.errors
    assert error.code == "surplus_pictures"
    assert replace(many, pictures=plain.pictures, errors=()) == plain


@each_paid
@pytest.mark.parametrize("cut", ["TooDeep", "Error", ""])
def test_a_failure_keeps_its_meaning_where_its_body_breaks_off(
    service: str, name: str, flow: Callable[[], Flow], cut: str
) -> None:
    del name
    error = error_from(flow(), replace(answer(service, "busy"), cut=cut))
    assert error.code == "rate_limit_exceeded"
