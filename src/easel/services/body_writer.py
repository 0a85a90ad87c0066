"""Bodies that are sent to image services, with pictures in them that are not in Python.

In: the fields of a form or of a JSON object. Out: a `BodyWriter`, which is an `HttpRequest` but for
where it goes. Nothing raises.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from easel.images.blobs import Blob
from easel.images.request import InputImage
from easel.services.wire import HttpRequest, Insert


class BodyWriter:
    """A body that is written piece by piece, with pictures that are elsewhere."""

    def __init__(self) -> None:
        self._body = bytearray()
        self._inserts: list[Insert] = []

    def write(self, piece: bytes) -> None:
        self._body += piece

    def insert(self, content: Blob, *, base64: bool) -> None:
        self._inserts.append(Insert(len(self._body), content, base64))

    def request(
        self, url: str, headers: tuple[tuple[str, str], ...], max_answer_bytes: int
    ) -> HttpRequest:
        """A POST of what was written."""
        inserts = tuple(self._inserts)
        return HttpRequest("POST", url, headers, bytes(self._body), inserts, max_answer_bytes)


@dataclass(frozen=True, slots=True)
class FormPart:
    """One part of a multipart form; a file where `filename` is set."""

    name: str
    content: str | Blob = field(repr=False)
    filename: str | None = None
    content_type: str | None = None


def write_form(parts: Sequence[FormPart], boundary: str) -> BodyWriter:
    """A multipart form (RFC 7578). Nobody may be able to guess the boundary.

    Names are Easel's own and need no quoting.
    """
    form = BodyWriter()
    for part in parts:
        disposition = f'form-data; name="{part.name}"'
        if part.filename is not None:
            disposition += f'; filename="{part.filename}"'
        head = f"--{boundary}\r\nContent-Disposition: {disposition}\r\n"
        if part.content_type is not None:
            head += f"Content-Type: {part.content_type}\r\n"
        form.write(f"{head}\r\n".encode())
        if isinstance(part.content, str):
            form.write(part.content.encode())
        else:
            form.insert(part.content, base64=False)
        form.write(b"\r\n")
    form.write(f"--{boundary}--\r\n".encode())
    return form


def write_json(fields: Mapping[str, object]) -> BodyWriter:
    """A JSON object; a value may be an InputImage, or a list that holds some."""
    body = BodyWriter()
    for at, (name, value) in enumerate(fields.items()):
        body.write(b", " if at else b"{")
        body.write(f"{json.dumps(name)}: ".encode())
        _write_value(body, value)
    body.write(b"}" if fields else b"{}")
    return body


def _write_value(body: BodyWriter, value: object) -> None:
    if isinstance(value, list):
        for at, item in enumerate(value):
            body.write(b", " if at else b"[")
            _write_value(body, item)
        body.write(b"]" if value else b"[]")
    elif isinstance(value, InputImage) and value.content is not None:
        body.write(f'"data:{value.mime_type};base64,'.encode())
        body.insert(value.content, base64=True)
        body.write(b'"')
    else:
        text = value.url if isinstance(value, InputImage) else value
        body.write(json.dumps(text, ensure_ascii=False).encode())
