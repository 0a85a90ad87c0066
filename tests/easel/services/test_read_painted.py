"""Answers that hold pictures as base64 are read up to the first of them, and on behind it."""

from __future__ import annotations

import pytest

from easel.errors import UpstreamBroken, UpstreamTooSlow
from easel.images.result import ImageResult
from easel.services.answers import Asked, Items, WireModel, read_answer, read_painted, read_pictures
from easel.services.wire import LONG_TEXT, HttpResponse, ReadOn
from tests.easel.flows import painter

URL = "https://example.org/p.png"


class Answer(WireModel):
    data: Items = []


def parse(response: HttpResponse) -> ImageResult:
    data = read_answer(Answer, response, painter()).data
    return read_pictures(data, response, Asked(painter(), n=2))


def beginning(json: str, texts: tuple[object, ...], *, goes_on: bool = True) -> HttpResponse:
    """What the shell has read when the last of `texts` begins."""
    rest = 1 if goes_on else None
    return HttpResponse(200, json.encode(), long_texts=texts, rest=rest)


def test_a_whole_answer_is_parsed_at_once() -> None:
    flow = read_painted(HttpResponse(200, b'{"data": [{"url": "%s"}]}' % URL.encode()), parse)
    with pytest.raises(StopIteration) as end:
        next(flow)
    assert [picture.url for picture in end.value.value.pictures] == [URL]
    assert end.value.value.unread is None


def test_an_answer_is_read_no_further_than_to_its_first_picture() -> None:
    kept = object()
    response = beginning(f'{{"data": [{{"b64_json": "{LONG_TEXT}0"', (kept,))
    with pytest.raises(StopIteration) as end:
        next(read_painted(response, parse))
    painted: ImageResult = end.value.value
    assert [picture.base64 for picture in painted.pictures] == [kept]
    assert painted.unread is not None
    # The other one may still come.
    assert painted.errors == ()
    assert painted.unread.response is response
    body = (
        f'{{"data": [{{"b64_json": "{LONG_TEXT}0", "revised_prompt": "a"}}, {{"url": "{URL}"}}]}}'
    )
    whole = HttpResponse(200, body.encode(), long_texts=(kept,))
    first, second = painted.unread.parse(whole).pictures
    assert (first.base64, first.revised_prompt, second.url) == (kept, "a", URL)


def test_a_long_text_that_is_no_picture_is_passed_over() -> None:
    response = beginning(f'{{"note": "{LONG_TEXT}0"', ("note",))
    flow = read_painted(response, parse)
    assert next(flow) == ReadOn(response)
    following = beginning(
        f'{{"note": "{LONG_TEXT}0", "data": [{{"b64_json": "{LONG_TEXT}1"', ("note", "picture")
    )
    with pytest.raises(StopIteration) as end:
        flow.send(following)
    assert [picture.base64 for picture in end.value.value.pictures] == ["picture"]


def test_what_was_named_before_an_answer_broke_off_is_painted() -> None:
    body = f'{{"data": [{{"url": "{URL}"}}, {{"url": "https://example.org/q.p'
    with pytest.raises(StopIteration) as end:
        next(read_painted(HttpResponse(200, body.encode(), cut="Error"), parse))
    assert [picture.url for picture in end.value.value.pictures] == [URL]
    (error,) = end.value.value.errors
    assert error.code == "upstream_no_picture"


@pytest.mark.parametrize(
    ("cut", "kind"), [("TimeoutError", UpstreamTooSlow), ("Error", UpstreamBroken)]
)
def test_an_answer_that_broke_off_before_it_named_any_is_told_as_that(
    cut: str, kind: type[Exception]
) -> None:
    with pytest.raises(kind):
        next(read_painted(HttpResponse(200, b'{"data": [{"url": "https://e', cut=cut), parse))


def test_an_answer_that_names_none_to_its_end_is_told_as_that() -> None:
    flow = read_painted(beginning(f'{{"note": "{LONG_TEXT}0"', ("note",)), parse)
    next(flow)
    body = f'{{"note": "{LONG_TEXT}0", "data": []}}'.encode()
    with pytest.raises(UpstreamBroken) as caught:
        flow.send(HttpResponse(200, body, long_texts=("note",)))
    assert caught.value.code == "upstream_no_picture"
