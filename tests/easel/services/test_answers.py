from __future__ import annotations

import json
import traceback

import pytest

from easel.errors import SurplusPictures, UpstreamBroken
from easel.images.result import ImageResult, Picture
from easel.images.size import Size
from easel.services.answers import Asked, Items, WireModel, is_success, read_answer, read_pictures
from easel.services.wire import LONG_TEXT, HttpResponse
from tests.easel.flows import painter

URL = "https://example.org/p.png"
OTHER_URL = "https://example.org/q.png"
SIZE = Size(1024, 768)
SECRET = "a-word-of-the-body"
HTTPS = "https://painter.example"


class Answer(WireModel):
    data: Items = []


def read(body: bytes) -> Answer:
    return read_answer(Answer, HttpResponse(200, body), painter())


def painted(
    *items: object,
    base_url: str = HTTPS,
    long_texts: tuple[object, ...] = (),
    n: int = 1,
    most: int = 1,
) -> ImageResult:
    response = HttpResponse(200, b"", long_texts=long_texts)
    return read_pictures(items, response, Asked(painter(base_url=base_url), SIZE, n, most))


def found(*items: object, base_url: str = HTTPS, long_texts: tuple[object, ...] = ()) -> Picture:
    (picture,) = painted(*items, base_url=base_url, long_texts=long_texts).pictures
    return picture


def refused(*items: object, long_texts: tuple[object, ...] = ()) -> UpstreamBroken:
    with pytest.raises(UpstreamBroken) as caught:
        painted(*items, long_texts=long_texts)
    return caught.value


def test_an_answer_is_read_and_what_is_not_used_may_be_there() -> None:
    body = json.dumps(
        {"created": 1, "usage": {}, "data": [{"url": URL, "b64_json": None, "seed": 7}]}
    ).encode()
    assert read(body).data == [{"url": URL, "b64_json": None, "seed": 7}]


@pytest.mark.parametrize("data", [None, [], 7, "text", {"url": URL}, [{"url": URL}]])
def test_a_list_may_be_anything_and_is_a_list(data: object) -> None:
    expected = data if isinstance(data, list) else [] if data is None else [data]
    assert read(json.dumps({"data": data}).encode()).data == expected


@pytest.mark.parametrize(
    "body",
    [
        b"",
        SECRET.encode(),
        b"<html>" + SECRET.encode(),
        json.dumps(SECRET).encode(),
        json.dumps([SECRET]).encode(),
        b"7",
        b'{"data": []',
        b'{"data": ' + b"[" * 33 + b"]" * 33 + b"}",
        b'{"data": []}' + b" " * 5_000_000,
        b"\xff\xfe" + SECRET.encode(),
    ],
)
def test_an_answer_that_cannot_be_read_is_an_error_that_repeats_nothing_of_it(body: bytes) -> None:
    with pytest.raises(UpstreamBroken) as caught:
        read(body)
    assert caught.value.message == "Painter sent an answer that Easel cannot read."
    assert SECRET not in "".join(traceback.format_exception(caught.value))


def test_pictures_come_in_the_order_of_the_answer_with_the_size_that_was_asked_for() -> None:
    expected = (
        Picture(URL, size=SIZE, revised_prompt="a better cat"),
        Picture(None, base64="aGk=", size=SIZE, revised_prompt="another"),
        Picture(OTHER_URL, size=SIZE),
    )
    assert ImageResult(expected) == painted(
        {"url": URL, "revised_prompt": "a better cat"},
        {"b64_json": "aGk=", "revised_prompt": "another"},
        {"url": OTHER_URL, "revised_prompt": 7},
        n=3,
    )


def test_an_address_is_taken_where_base64_stands_beside_it() -> None:
    assert found({"url": URL, "b64_json": "aGk="}) == Picture(URL, size=SIZE)


@pytest.mark.parametrize(
    "url", [None, "", 7, [URL], "http://example.org/p.png", "p.png", "https://["]
)
def test_base64_is_taken_where_there_is_no_address_that_can_be_opened(url: object) -> None:
    picture = found({"url": url, "b64_json": "aGk="})
    assert (picture.url, picture.base64) == (None, "aGk=")


@pytest.mark.parametrize("field", ["url", "b64_json"])
def test_a_data_url_is_a_picture_and_no_address(field: str) -> None:
    text = "data:image/png;base64,aGk="
    picture = found({field: text})
    assert (picture.url, picture.base64) == (None, text)


@pytest.mark.parametrize("field", ["url", "b64_json"])
def test_a_long_text_is_what_the_shell_keeps_instead_of_it(field: str) -> None:
    kept = (object(), object())
    for at in (1, 0):
        assert found({field: f"{LONG_TEXT}{at}"}, long_texts=kept).base64 is kept[at]


@pytest.mark.parametrize("number", ["1", "x", "", "1.0"])
def test_a_mark_of_a_long_text_that_nobody_keeps_is_an_error(number: str) -> None:
    error = refused({"b64_json": LONG_TEXT + number}, long_texts=("kept",))
    assert error.code == "upstream_broken"


@pytest.mark.parametrize(
    ("base_url", "url", "allow_http"),
    [
        ("https://painter.example", URL, False),
        ("http://127.0.0.1:9", URL, True),
        ("http://127.0.0.1:9", "http://127.0.0.1:9/p.png", True),
    ],
)
def test_only_a_service_that_is_reached_by_http_may_name_pictures_there(
    base_url: str, url: str, *, allow_http: bool
) -> None:
    picture = found({"url": url}, base_url=base_url)
    assert (picture.url, picture.allow_http) == (url, allow_http)


def test_base64_redirects_nowhere_but_knows_how_its_service_is_reached() -> None:
    assert found({"b64_json": "aGk="}, base_url="http://127.0.0.1:9").allow_http


BAD_URLS = [
    "http://example.org/p.png",
    "ftp://example.org/p.png",
    "file:///etc/passwd",
    "/p.png",
    "p.png",
    "https://user:word@example.org/p.png",
    "https://",
    "https://[",
]


@pytest.mark.parametrize("url", BAD_URLS)
def test_an_address_that_may_not_be_opened_is_an_error_that_does_not_repeat_it(url: str) -> None:
    error = refused({"url": url})
    assert error.code == "upstream_broken"
    assert url not in error.message


NO_PICTURES: list[object] = [{}, {"url": "", "b64_json": ""}, {"revised_prompt": "a cat"}, None, 7]


@pytest.mark.parametrize("items", [[], *([item] for item in NO_PICTURES), NO_PICTURES])
def test_an_answer_that_names_no_picture_is_an_error(items: list[object]) -> None:
    error = refused(*items)
    assert (error.code, error.message) == (
        "upstream_no_picture",
        "Painter did not return an image.",
    )


@pytest.mark.parametrize("bad", [*NO_PICTURES, *({"url": url} for url in BAD_URLS)])
@pytest.mark.parametrize("at", [0, 1, 2])
def test_an_unusable_picture_does_not_cost_the_others_and_is_told(bad: object, at: int) -> None:
    items: list[object] = [{"url": URL}, {"url": OTHER_URL}]
    items.insert(at, bad)
    got = painted(*items, n=3)
    assert [picture.url for picture in got.pictures] == [URL, OTHER_URL]
    (error,) = got.errors
    assert (type(error), error.message) == (UpstreamBroken, refused(bad).message)


@pytest.mark.parametrize("bad", [*NO_PICTURES, *({"url": url} for url in BAD_URLS)])
@pytest.mark.parametrize("at", [0, 1, 2])
@pytest.mark.parametrize("n", [1, 2])
def test_an_unusable_item_beside_all_the_pictures_that_were_asked_for_is_surplus(
    bad: object, at: int, n: int
) -> None:
    items: list[object] = [{"url": URL}, {"url": OTHER_URL}]
    items.insert(at, bad)
    got = painted(*items, n=n, most=2)
    assert [picture.url for picture in got.pictures] == [URL, OTHER_URL]
    (error,) = got.errors
    assert (type(error), error.message) == (
        SurplusPictures,
        "Painter returned more than the pictures requested. Easel cannot read the rest.",
    )


@pytest.mark.parametrize("n", [2, 10])
def test_fewer_pictures_than_were_asked_for_are_told(n: int) -> None:
    got = painted({"url": URL}, n=n)
    (error,) = got.errors
    assert (len(got.pictures), type(error), error.code, error.message) == (
        1,
        UpstreamBroken,
        "upstream_no_picture",
        f"Painter returned 1 of the {n} pictures requested.",
    )


@pytest.mark.parametrize(("n", "most"), [(1, 1), (3, 1), (1, 3), (10, 150)])
@pytest.mark.parametrize("sent", [160, 20_000])
def test_more_pictures_than_were_asked_for_are_cut_and_told(n: int, most: int, sent: int) -> None:
    got = painted({}, *({"url": f"{URL}?{at}"} for at in range(sent)), n=n, most=most)
    allowed = max(n, most)
    first = "the first" if allowed == 1 else f"the first {allowed}"
    assert [picture.url for picture in got.pictures] == [f"{URL}?{at}" for at in range(allowed)]
    (error,) = got.errors
    assert (type(error), error.code, error.message) == (
        SurplusPictures,
        "surplus_pictures",
        f"Painter returned more pictures than requested. Easel passes on {first}.",
    )


def test_as_many_pictures_as_were_asked_for_are_all_that_is_told() -> None:
    items = [{"url": URL}] * 3
    assert painted(*items, n=3).errors == painted(*items, n=1, most=5).errors == ()


@pytest.mark.parametrize("status", [200, 201, 202, 203])
def test_a_success_has_one_of_four_statuses(status: int) -> None:
    assert is_success(HttpResponse(status, b""))
    assert not is_success(HttpResponse(status + 4, b""))
