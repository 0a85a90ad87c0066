from __future__ import annotations

import json
import traceback

import pytest

from easel.errors import UpstreamBroken
from easel.image import Picture
from easel.images_answer import WireModel, WirePicture, pictures, read_answer
from easel.size import Size
from easel.wire import LONG_TEXT, HttpResponse

URL = "https://example.org/p.png"
OTHER_URL = "https://example.org/q.png"
SIZE = Size(1024, 768)
SECRET = "a-word-of-the-body"
HTTPS = "https://painter.example"


class Answer(WireModel):
    data: list[WirePicture]


def read(body: bytes) -> Answer:
    return read_answer(Answer, HttpResponse(200, body), "Painter")


def found(
    *items: WirePicture, base_url: str = HTTPS, long_texts: tuple[object, ...] = ()
) -> tuple[Picture, ...]:
    response = HttpResponse(200, b"", long_texts=long_texts)
    return pictures(items, response, "Painter", base_url=base_url, size=SIZE)


def refused(*items: WirePicture, long_texts: tuple[object, ...] = ()) -> UpstreamBroken:
    with pytest.raises(UpstreamBroken) as caught:
        found(*items, long_texts=long_texts)
    return caught.value


def test_an_answer_is_read_and_what_is_not_used_may_be_there() -> None:
    body = json.dumps(
        {"created": 1, "usage": {}, "data": [{"url": URL, "b64_json": None, "seed": 7}]}
    ).encode()
    assert read(body) == Answer(data=[WirePicture(url=URL)])


@pytest.mark.parametrize(
    "body",
    [
        b"",
        SECRET.encode(),
        b"<html>" + SECRET.encode(),
        json.dumps(SECRET).encode(),
        json.dumps({"data": SECRET}).encode(),
        json.dumps({"data": [SECRET]}).encode(),
        json.dumps({"data": [{"url": [SECRET]}]}).encode(),
        b'{"data": []',
        b"{}",
        b"\xff\xfe" + SECRET.encode(),
    ],
)
def test_an_answer_that_cannot_be_read_is_an_error_that_repeats_nothing_of_it(body: bytes) -> None:
    with pytest.raises(UpstreamBroken) as caught:
        read(body)
    assert caught.value.message == "Painter answered what Easel cannot read."
    assert SECRET not in "".join(traceback.format_exception(caught.value))


def test_pictures_come_in_the_order_of_the_answer_with_the_size_that_was_asked_for() -> None:
    expected = (
        Picture(URL, size=SIZE, revised_prompt="a better cat"),
        Picture(None, base64="aGk=", size=SIZE, revised_prompt="another"),
        Picture(OTHER_URL, size=SIZE),
    )
    assert expected == found(
        WirePicture(url=URL, revised_prompt="a better cat"),
        WirePicture(b64_json="aGk=", revised_prompt="another"),
        WirePicture(url=OTHER_URL),
    )


def test_an_address_is_taken_where_base64_stands_beside_it() -> None:
    assert found(WirePicture(url=URL, b64_json="aGk=")) == (Picture(URL, size=SIZE),)


@pytest.mark.parametrize("url", [None, ""])
def test_base64_is_taken_where_there_is_no_address(url: str | None) -> None:
    (picture,) = found(WirePicture(url=url, b64_json="aGk="))
    assert (picture.url, picture.base64) == (None, "aGk=")


@pytest.mark.parametrize("field", ["url", "b64_json"])
def test_a_data_url_is_a_picture_and_no_address(field: str) -> None:
    text = "data:image/png;base64,aGk="
    (picture,) = found(WirePicture.model_validate({field: text}))
    assert (picture.url, picture.base64) == (None, text)


@pytest.mark.parametrize("field", ["url", "b64_json"])
def test_a_long_text_is_what_the_shell_keeps_instead_of_it(field: str) -> None:
    kept = (object(), object())
    items = [WirePicture.model_validate({field: f"{LONG_TEXT}{at}"}) for at in (1, 0)]
    assert [picture.base64 for picture in found(*items, long_texts=kept)] == [kept[1], kept[0]]


@pytest.mark.parametrize("number", ["1", "x", "", "1.0"])
def test_a_mark_of_a_long_text_that_nobody_keeps_is_an_error(number: str) -> None:
    error = refused(WirePicture(b64_json=LONG_TEXT + number), long_texts=("kept",))
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
    (picture,) = found(WirePicture(url=url), base_url=base_url)
    assert (picture.url, picture.allow_http) == (url, allow_http)


def test_base64_redirects_nowhere_but_knows_how_its_service_is_reached() -> None:
    (picture,) = found(WirePicture(b64_json="aGk="), base_url="http://127.0.0.1:9")
    assert picture.allow_http


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org/p.png",
        "ftp://example.org/p.png",
        "file:///etc/passwd",
        "/p.png",
        "p.png",
        "https://user:word@example.org/p.png",
        "https://",
        "https://[",
    ],
)
def test_an_address_that_may_not_be_opened_is_an_error_that_does_not_repeat_it(url: str) -> None:
    error = refused(WirePicture(url=URL), WirePicture(url=url))
    assert error.code == "upstream_broken"
    assert url not in error.message


@pytest.mark.parametrize(
    "items",
    [
        (),
        (WirePicture(),),
        (WirePicture(url="", b64_json=""),),
        (WirePicture(revised_prompt="a better cat"), WirePicture()),
    ],
)
def test_an_answer_that_names_no_picture_is_an_error(items: tuple[WirePicture, ...]) -> None:
    error = refused(*items)
    assert (error.code, error.message) == (
        "upstream_no_picture",
        "Painter says it painted, but names no picture.",
    )


def test_an_item_without_a_picture_does_not_cost_the_others() -> None:
    assert found(WirePicture(), WirePicture(url=URL)) == (Picture(URL, size=SIZE),)
