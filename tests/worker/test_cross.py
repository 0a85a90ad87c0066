"""Every language over every service, in every way that it can go."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from typing import Final, TypeAlias

import httpx
import pytest
from PIL import Image

from tests.worker.conftest import Easel, Internet
from tests.worker.dialects import DIALECTS, Ask, Dialect, png
from tests.worker.reading import Timed, read_all

pytestmark = [
    pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.name),
    pytest.mark.parametrize("stream", [False, True], ids=["plain", "stream"]),
]


Way: TypeAlias = tuple[str, str, bool]
"""The name of a language, that of a service, and whether the answer is a stream."""


@dataclass(frozen=True, slots=True)
class Service:
    """A service, one of its models, and what it can do beyond painting from a text."""

    name: str
    model: str
    paints_from_pictures: bool = False
    answers_base64: bool = False


SERVICES: Final = (
    Service("zai", "gemini-3-image-1k-1-1"),
    Service("bigmodel", "glm-image"),
    Service("zhaotou", "gemini-3-pro-image-preview", True, True),
    Service("geekai", "geekai/gpt-image-1", True, True),
)

# prompt word → (status, code), the same whatever the service
FAILURES: Final = {
    "busy": (429, "rate_limit_exceeded"),
    "expired": (401, "invalid_api_key"),
    "forbidden": (403, "access_denied"),
    "refused": (400, "content_policy_violation"),
    "no-picture": (502, "upstream_no_picture"),
    "broken": (502, "upstream_broken"),
    "not-json": (502, "upstream_broken"),
    "picture-missing": (502, "picture_missing"),
    "picture-text": (502, "upstream_broken"),
}

each_service = pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)


def paint(client: httpx.Client, easel: Easel, dialect: Dialect, ask: Ask) -> list[bytes]:
    """The pictures of an answer that must succeed, each opened."""
    response = client.send(dialect.request(easel.url, ask))
    assert response.status_code == 200, response.text
    found = dialect.pictures(dialect.answer(response, stream=ask.stream))
    for content in found:
        Image.open(io.BytesIO(content)).load()
    return found


@each_service
def test_one_picture(
    client: httpx.Client,
    patient: Easel,
    internet: Internet,
    marker: str,
    dialect: Dialect,
    service: Service,
    *,
    stream: bool,
) -> None:
    (content,) = paint(client, patient, dialect, Ask(service.model, marker, stream))
    assert content in {kept.content for kept in internet.sandbox.pictures.values()}
    assert len(internet.calls(marker)) == 1


@each_service
def test_base64_where_an_address_was_asked_for(
    client: httpx.Client,
    patient: Easel,
    marker: str,
    dialect: Dialect,
    service: Service,
    *,
    stream: bool,
) -> None:
    if not service.answers_base64:
        # Their documents know no base64: the sandbox refuses the word, and so tells it here.
        ask = Ask(service.model, f"sandbox:base64 {marker}", stream)
        response = client.send(dialect.request(patient.url, ask))
        assert response.status_code == dialect.status(400, "")
        assert dialect.error(response.json())[0] in (None, 400)
        return
    ask = Ask(service.model, f"sandbox:base64=3000000 {marker}", stream)
    (content,) = paint(client, patient, dialect, ask)
    assert len(content) == 3_000_000


@each_service
def test_an_edit(
    client: httpx.Client,
    patient: Easel,
    internet: Internet,
    marker: str,
    dialect: Dialect,
    service: Service,
    *,
    stream: bool,
) -> None:
    ask = Ask(service.model, marker, stream, source=png())
    if service.paints_from_pictures:
        assert len(paint(client, patient, dialect, ask)) == 1
        return
    response = client.send(dialect.request(patient.url, ask))
    assert response.status_code == dialect.status(400, ""), response.text
    assert dialect.error(response.json())[0] in (None, 400)
    assert internet.calls(marker) == []


@each_service
@pytest.mark.parametrize("word", FAILURES)
def test_a_failure_is_the_same_whatever_the_service(
    client: httpx.Client,
    patient: Easel,
    internet: Internet,
    marker: str,
    dialect: Dialect,
    service: Service,
    word: str,
    *,
    stream: bool,
) -> None:
    ask = Ask(service.model, f"sandbox:{word} {marker}", stream)
    response = client.send(dialect.request(patient.url, ask))
    status, code = FAILURES[word]
    assert response.status_code == dialect.status(status, code)
    told, found = dialect.error(response.json())
    assert (told in (None, status), found) == (True, code)
    assert marker not in response.text
    assert response.headers["x-request-id"].startswith("req_")
    assert response.headers["access-control-allow-origin"] == "*"
    assert response.headers.get("x-should-retry") == (None if status == 429 else "false")
    assert len(internet.calls(marker)) == 1


@each_service
def test_a_bad_key(
    client: httpx.Client,
    patient: Easel,
    marker: str,
    dialect: Dialect,
    service: Service,
    *,
    stream: bool,
) -> None:
    ask = Ask(service.model, marker, stream, token="invalid")
    response = client.send(dialect.request(patient.url, ask))
    assert (response.status_code, dialect.error(response.json())[1]) == (401, "invalid_api_key")


def every_way(client: httpx.Client, easel: Easel, prompt: str) -> dict[Way, Timed]:
    """The answers to a prompt that takes its time, of all languages and services side by side."""
    return read_all(
        client,
        {
            (dialect.name, service.name, stream): dialect.request(
                easel.url, Ask(service.model, prompt, stream)
            )
            for dialect in DIALECTS
            for service in SERVICES
            for stream in (False, True)
        },
    )


@pytest.fixture(scope="module")
def slow(client: httpx.Client, easel: Easel) -> dict[Way, Timed]:
    return every_way(client, easel, "sandbox:slow=2")


@pytest.fixture(scope="module")
def refused_late(client: httpx.Client, easel: Easel) -> dict[Way, Timed]:
    return every_way(client, easel, "sandbox:slow=2 sandbox:refused")


@each_service
def test_a_slow_picture_is_kept_alive(
    slow: dict[Way, Timed], dialect: Dialect, service: Service, *, stream: bool
) -> None:
    timed = slow[dialect.name, service.name, stream]
    early = [piece for after, piece in timed.pieces if after < 1.9]
    assert early
    if stream and dialect.has_prelude:
        assert len([piece for piece in early if piece.strip(b"\n")]) == 1 < len(early)
    else:
        kept_alive = dialect.keep_alive if stream else re.compile(rb"\n*")
        assert kept_alive.fullmatch(b"".join(early))
    assert timed.response.status_code == 200
    assert len(dialect.pictures(dialect.answer(timed.whole, stream=stream))) == 1


@each_service
def test_a_failure_after_the_headers(
    refused_late: dict[Way, Timed], dialect: Dialect, service: Service, *, stream: bool
) -> None:
    response = refused_late[dialect.name, service.name, stream].whole
    answer = dialect.answer(response, stream=stream)
    assert (response.status_code, dialect.error(answer)[1]) == (200, "content_policy_violation")
