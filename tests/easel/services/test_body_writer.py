from __future__ import annotations

import email.policy
import json
from base64 import b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from easel.images.blobs import blob
from easel.images.request import InputImage
from easel.services.body_writer import FormPart, write_form, write_json
from tests.easel.flows import sent

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(64))
INLINE = InputImage("image", content=blob(PNG))
ADDRESS = InputImage("image", url="https://host/猫.png")
DATA_URL = f"data:image/png;base64,{b64encode(PNG).decode()}"


@given(st.lists(st.binary(max_size=200), min_size=1, max_size=4))
def test_a_form_is_read_as_it_was_written(contents: list[bytes]) -> None:
    parts = [
        FormPart(f"field{at}", blob(content), f"f{at}.png", "image/png")
        if at % 2
        else FormPart("a", content.decode("latin-1"))
        for at, content in enumerate(contents)
    ]
    body = sent(write_form(parts, "boundary").request("https://h", (), 0))
    document = b"Content-Type: multipart/form-data; boundary=boundary\r\n\r\n" + body
    message = email.message_from_bytes(document, policy=email.policy.HTTP)
    pieces = body.split(b"--boundary")
    assert pieces[0] == b""
    assert pieces[-1] == b"--\r\n"
    found = [piece.partition(b"\r\n\r\n")[2].removesuffix(b"\r\n") for piece in pieces[1:-1]]
    assert found == [
        content if at % 2 else content.decode("latin-1").encode()
        for at, content in enumerate(contents)
    ]
    read = [
        (part.get_param("name", header="content-disposition"), part.get_filename())
        for part in message.iter_parts()
    ]
    assert read == [(part.name, part.filename) for part in parts]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, {}),
        ({"a": 1, "猫": "猫\n"}, {"a": 1, "猫": "猫\n"}),
        ({"image": INLINE, "b": None}, {"image": DATA_URL, "b": None}),
        ({"image": [ADDRESS, INLINE, INLINE]}, {"image": [ADDRESS.url, DATA_URL, DATA_URL]}),
        ({"image": []}, {"image": []}),
        ({"extra": {"x": [1, True]}}, {"extra": {"x": [1, True]}}),
    ],
)
def test_an_object_is_read_as_it_was_written(
    fields: dict[str, object], expected: dict[str, object]
) -> None:
    request = write_json(fields).request("https://h/p", (("A", "b"),), 7)
    assert json.loads(sent(request)) == expected
    assert (request.method, request.url, request.headers) == ("POST", "https://h/p", (("A", "b"),))
    assert request.max_answer_bytes == 7


def test_pictures_do_not_lie_in_what_is_written() -> None:
    request = write_json({"image": [INLINE, INLINE]}).request("https://h", (), 0)
    assert len(request.body or b"") < 80
    assert [insert.blob for insert in request.inserts] == [blob(PNG), blob(PNG)]
