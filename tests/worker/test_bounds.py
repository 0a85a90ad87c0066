"""Everything that is read, held and waited for has a limit, on workerd.

What reaches it is told, and others are served meanwhile and afterwards.
"""

from __future__ import annotations

import json
import socket
import threading
import time
from base64 import b64decode, b64encode, encodebytes
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from tests.worker.conftest import HASTY, TOKEN, Easel
from tests.worker.dialects import png
from tests.worker.reading import eventually
from tests.worker.scripted import PICTURE_HOST, Scripted, ScriptedAnswer, Writer, scripted_easel

CHAT = "/v1/chat/completions"
GENERATIONS = "/v1/images/generations"
EDITS = "/v1/images/edits"

ZAI = "/api/proxy/images/generate"
BIGMODEL = "/api/paas/v4/images/generations"
ZHAOTOU = "/v1/images/generations"

MIB = 1024 * 1024

PAINTED = {"code": 200, "data": {"image": {"image_url": f"{PICTURE_HOST}/p.png"}}}


@pytest.fixture(scope="module")
def hasty(tmp_path_factory: pytest.TempPathFactory, snapshot: Path) -> Iterator[Scripted]:
    """Waits are short."""
    variables = {**HASTY, "MAX_REQUEST_BYTES": str(16 * MIB)}
    with scripted_easel(tmp_path_factory.mktemp("hasty"), snapshot, variables) as found:
        yield found


@pytest.fixture(scope="module")
def patient(tmp_path_factory: pytest.TempPathFactory, snapshot: Path) -> Iterator[Scripted]:
    """As it is deployed."""
    with scripted_easel(tmp_path_factory.mktemp("patient"), snapshot) as found:
        yield found


def head(easel: Easel, path: str, length: int, kind: str = "application/json") -> bytes:
    lines = [
        f"POST {path} HTTP/1.1",
        f"host: {urlsplit(easel.url).netloc}",
        f"authorization: Bearer {TOKEN}",
        f"content-type: {kind}",
        f"content-length: {length}",
        "connection: close",
    ]
    return "\r\n".join([*lines, "", ""]).encode()


def connect(easel: Easel) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", urlsplit(easel.url).port or 0), 20)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def answer(connection: socket.socket) -> bytes:
    """All that is answered on a connection that is closed behind it."""
    with closing(connection):
        return b"".join(iter(lambda: connection.recv(65536), b""))


@contextmanager
def half_sent(easel: Easel, start: bytes, path: str = CHAT) -> Iterator[socket.socket]:
    """A client that has sent `start` of a larger body, and sends no more."""
    with closing(connect(easel)) as connection:
        connection.sendall(head(easel, path, 60 * MIB) + start)
        yield connection


def paints(scripted: Scripted) -> None:
    """Others are served."""
    scripted.script.says[ZAI] = ScriptedAnswer(json.dumps(PAINTED).encode())
    body = {"model": "gemini-3-image-1k", "prompt": "a cat"}
    response = scripted.post(GENERATIONS, body)
    assert (response.status_code, len(response.json()["data"])) == (200, 1), response.text


# What is read of a request


@pytest.mark.parametrize(
    ("path", "kind", "start"),
    [
        (CHAT, "application/json", b'{"messages": [{"content": "'),
        (CHAT, "application/json", b""),
        (CHAT, "application/json", b'{"a": "' + b"a" * 400_000),
        (EDITS, "multipart/form-data; boundary=x", b"--x\r\n"),
    ],
)
def test_a_request_that_stops_coming_is_ended(
    hasty: Scripted, path: str, kind: str, start: bytes
) -> None:
    connection = connect(hasty.easel)
    connection.sendall(head(hasty.easel, path, 2 * MIB, kind) + start)
    began = time.monotonic()
    received = answer(connection)
    assert 0.9 < time.monotonic() - began < 4
    assert received.startswith(b"HTTP/1.1 408 "), received
    assert b'"request_timeout"' in received
    assert b"\r\nx-should-retry:" not in received.lower()
    paints(hasty)


def test_a_refused_request_that_drips_is_not_read_for_ever(hasty: Scripted) -> None:
    connection = connect(hasty.easel)
    connection.sendall(head(hasty.easel, "/v1/nothing", 60 * MIB))
    done = threading.Event()

    def drip() -> None:
        try:
            while not done.wait(0.05):
                connection.sendall(bytes(4096))
        except OSError:
            pass

    dripping = threading.Thread(target=drip)
    dripping.start()
    try:
        began = time.monotonic()
        received = connection.recv(65536)
        assert time.monotonic() - began < 8
        assert received.startswith(b"HTTP/1.1 404 "), received
    finally:
        done.set()
        dripping.join()
        connection.close()


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b'{"messages": [' + b"null," * 60_000 + b"null]}", "request_too_large"),
        (b"[" * 101 + b"]" * 101, "invalid_json"),
        (b'{"messages": ["' + b'a","' * 200_000 + b'"]}', "request_too_large"),
    ],
)
def test_a_body_of_too_much_is_refused(patient: Scripted, body: bytes, code: str) -> None:
    response = patient.post(CHAT, body)
    assert response.json()["error"]["code"] == code
    assert response.status_code == (413 if code == "request_too_large" else 400)
    paints(patient)


def form(boundary: str, parts: int, end: str = "\r\n") -> bytes:
    part = f'--{boundary}{end}content-disposition: form-data; name="a"{end}{end}b{end}'
    return (part * parts + f"--{boundary}--{end}").encode()


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("boundary=x", form("x", 65)),
        # What the platform takes for an end of line, and for the boundary, is what is counted.
        ("boundary=x", form("x", 50_000, "\n")),
        ("boundary=x; boundary=y", form("x", 65)),
        ('boundary="x"; boundary=y', form("y", 65)),
    ],
)
def test_a_form_of_too_many_parts_is_refused(patient: Scripted, kind: str, body: bytes) -> None:
    response = patient.client.post(
        patient.easel.url + EDITS,
        content=body,
        headers={
            "authorization": f"Bearer {TOKEN}",
            "content-type": f"multipart/form-data; {kind}",
        },
    )
    error = response.json()["error"]
    assert (response.status_code, error["code"]) == (400, "invalid_form"), error
    assert "more than 64 parts" in error["message"] or "not a complete form" in error["message"]
    if kind == "boundary=x":
        assert "more than 64 parts" in error["message"]


def test_a_form_with_other_ends_of_lines_is_read(patient: Scripted) -> None:
    body = form("x y", 64, "\n")
    kind = 'multipart/form-data; charset=utf-8; boundary="x y"'
    response = patient.client.post(
        patient.easel.url + EDITS,
        content=body,
        headers={"authorization": f"Bearer {TOKEN}", "content-type": kind},
    )
    assert response.json()["error"]["code"] != "invalid_form", response.text


# What is held


def test_who_finds_no_room_is_told_to_come_again(patient: Scripted) -> None:
    picture = b'{"messages": [{"content": "' + b"A" * (13 * MIB)
    with ExitStack() as holding:
        for _ in range(2):
            holding.enter_context(half_sent(patient.easel, picture))
        time.sleep(0.5)
        response = patient.post(CHAT, picture + b'"}]}')
        assert response.status_code == 429, response.text
        assert response.json()["error"]["code"] == "overloaded"
        assert response.headers["retry-after"] == "5"
        # Who needs little is served all the same.
        paints(patient)
    assert eventually(lambda: patient.post(CHAT, picture + b'"}]}').status_code == 400, 5)


def test_a_chat_with_a_history_holds_no_room_while_its_picture_is_painted(
    patient: Scripted,
) -> None:
    painted = threading.Event()

    def paint(handler: BaseHTTPRequestHandler) -> None:
        painted.wait(10)
        send(handler, json.dumps(PAINTED).encode())

    patient.script.says[ZAI] = paint
    patient.script.says["/p.png"] = ScriptedAnswer(png())
    earlier = f"![x](data:image/png;base64,{'A' * (13 * MIB)})"
    messages = [
        {"role": "user", "content": "a dog"},
        {"role": "assistant", "content": earlier},
        {"role": "user", "content": "a cat"},
    ]
    body = {"model": "gemini-3-image-1k", "messages": messages}
    asked = len(patient.script.asked)
    with ThreadPoolExecutor(3) as pool:
        answers = []
        try:
            for number in range(3):
                answers.append(pool.submit(patient.post, CHAT, body))
                assert eventually(lambda: len(patient.script.asked) > asked + number, 4.5)  # noqa: B023
        finally:
            painted.set()
        assert [each.result().status_code for each in answers] == [200] * 3


def test_of_those_who_wait_for_each_other_the_last_gives_up_at_once(patient: Scripted) -> None:
    start = b'{"messages": [{"content": "' + b"A" * (7 * MIB + MIB // 2)
    rest = b"A" * (5 * MIB) + b'"}]}'
    connections = []
    for _ in range(3):
        connections.append(connect(patient.easel))
        length = len(start) + len(rest)
        connections[-1].sendall(head(patient.easel, CHAT, length) + start)
        time.sleep(0.3)
    began = time.monotonic()

    def finish(connection: socket.socket) -> bytes:
        connection.sendall(rest)
        return answer(connection)[:12]

    with ThreadPoolExecutor(3) as pool:
        received = list(pool.map(finish, connections))
    assert received == [b"HTTP/1.1 400", b"HTTP/1.1 400", b"HTTP/1.1 429"]
    assert time.monotonic() - began < 4


def test_who_is_alone_has_room_for_all_that_a_deployment_lets_in(
    tmp_path: Path, snapshot: Path
) -> None:
    variables = {"MAX_INPUT_BYTES": str(30 * MIB)}
    with scripted_easel(tmp_path, snapshot, variables) as roomy:
        response = roomy.post(CHAT, b'{"messages": [{"content": "' + b"A" * (26 * MIB) + b'"}]}')
        assert response.status_code == 400, response.text


# What is read of an answer


def send(
    handler: BaseHTTPRequestHandler, body: bytes, *headers: str, status: str = "200 OK"
) -> None:
    lines = [f"HTTP/1.1 {status}", f"content-length: {len(body)}", "connection: close", *headers]
    handler.wfile.write("\r\n".join([*lines, "", ""]).encode() + body)


def endless(first: bytes, more: bytes, kind: str) -> tuple[Writer, list[int]]:
    """An answer that says it is short and never ends, and how many bytes of it were taken."""
    taken = [0]

    def write(handler: BaseHTTPRequestHandler) -> None:
        lines = ["HTTP/1.1 200 OK", f"content-type: {kind}", "content-length: 5"]
        lines.append("transfer-encoding: chunked")
        handler.wfile.write("\r\n".join([*lines, "", ""]).encode())
        piece = first
        try:
            while taken[0] < 64 * MIB:
                handler.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
                taken[0] += len(piece)
                piece = more
        except OSError:
            pass

    return write, taken


@pytest.mark.parametrize(
    ("first", "more", "kind"),
    [
        (b'{"data": "', b"a" * 65536, "application/json"),
        (b'{"data": [', b"0," * 30_000, "application/json"),
        (b" ", b" " * 65536, "application/json"),
        (b"<html>", b"a" * 65536, "text/html"),
        (b"data: {", b"a" * 65536, "text/event-stream"),
    ],
)
def test_an_answer_without_an_end_is_read_no_further_than_its_limit(
    hasty: Scripted, first: bytes, more: bytes, kind: str
) -> None:
    hasty.script.says[ZAI], taken = endless(first, more, kind)
    response = hasty.post(GENERATIONS, {"model": "gemini-3-image-1k", "prompt": "a cat"})
    assert response.status_code == 502, response.text
    # What the sockets in between hold is not counted by anybody.
    assert taken[0] < 16 * MIB
    paints(hasty)


def test_an_address_that_was_cut_is_no_address(hasty: Scripted) -> None:
    """The beginning of an answer is read, but only what is whole in it."""

    whole = json.dumps({"data": [{"url": f"{PICTURE_HOST}/{'a' * 20_000}"}]}).encode()
    for length in (len(whole) - 6, 15_000):

        def cut(handler: BaseHTTPRequestHandler, length: int = length) -> None:
            lines = ["HTTP/1.1 200 OK", f"content-length: {len(whole)}", "", ""]
            handler.wfile.write("\r\n".join(lines).encode() + whole[:length])

        hasty.script.says[BIGMODEL] = cut
        response = hasty.post(GENERATIONS, {"model": "glm-image", "prompt": "a cat"})
        assert response.status_code == 502, response.text


def test_a_long_text_beside_a_picture_of_image_z_ai_costs_nothing(hasty: Scripted) -> None:
    received = {"message": "x" * 100_000, **PAINTED, "prompt": "x" * 100_000}
    hasty.script.says[ZAI] = ScriptedAnswer(json.dumps(received).encode())
    response = hasty.post(GENERATIONS, {"model": "gemini-3-image-1k", "prompt": "a cat"})
    assert (response.status_code, len(response.json()["data"])) == (200, 1), response.text


def test_base64_in_lines_is_the_picture_and_nothing_else(hasty: Scripted) -> None:
    large = png() + bytes(range(256)) * 2000
    for base64 in (encodebytes(large).decode(), b64encode(large).decode() + " \n" * 9):
        content = json.dumps({"data": [{"b64_json": base64}]}).replace("/", "\\/")
        hasty.script.says[BIGMODEL] = ScriptedAnswer(content.encode())
        body = {"model": "glm-image", "prompt": "a cat", "response_format": "b64_json"}
        (found,) = hasty.post(GENERATIONS, body).json()["data"]
        assert b64decode(found["b64_json"], validate=True) == large


# Connections and calls


class Counted:
    """What is being answered at the same time, and how often something was."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.now = self.most = self.all = 0

    def told(self, tell: Writer) -> Writer:
        def counted(handler: BaseHTTPRequestHandler) -> None:
            with self._lock:
                self.now += 1
                self.all += 1
                self.most = max(self.most, self.now)
            try:
                tell(handler)
            finally:
                with self._lock:
                    self.now -= 1

        return counted


def test_ten_pictures_take_six_connections_and_fifty_calls_at_the_most(hasty: Scripted) -> None:
    counted, pictures = Counted(), []

    def paint(handler: BaseHTTPRequestHandler) -> None:
        time.sleep(0.05)
        url = f"{PICTURE_HOST}/redirected.png"
        send(handler, json.dumps({"data": [{"url": url}]}).encode())

    def redirect(handler: BaseHTTPRequestHandler) -> None:
        send(handler, b"", f"location: {PICTURE_HOST}/ten.png", status="302 Found")

    def fail_first(handler: BaseHTTPRequestHandler) -> None:
        pictures.append(handler)
        if len(pictures) % 2:
            send(handler, b"", status="503 Busy")
        else:
            send(handler, png())

    hasty.script.says[BIGMODEL] = counted.told(paint)
    hasty.script.says["/redirected.png"] = counted.told(redirect)
    hasty.script.says["/ten.png"] = counted.told(fail_first)
    body = {"model": "glm-image", "prompt": "a cat", "n": 10, "response_format": "b64_json"}
    answered = hasty.post(GENERATIONS, body).json()
    painted = [b64decode(item["b64_json"]) for item in answered["data"]]
    # Ten calls, and four for each picture: those that exceed the platform's limit are told.
    assert painted == [png()] * 10
    assert counted.all == 50
    assert 2 <= counted.most <= 6


def test_ten_answers_in_base64_wait_for_each_other_and_never_for_ever(hasty: Scripted) -> None:
    counted = Counted()
    large = png() + bytes(3 * MIB)
    content = json.dumps({"data": [{"b64_json": b64encode(large).decode()}]}).encode()
    both = json.dumps(
        {"data": [{"b64_json": b64encode(large).decode()}], "error": {"code": "1234"}}
    ).encode()
    received = iter([content, both] * 5)
    hasty.script.says[BIGMODEL] = counted.told(lambda handler: send(handler, next(received)))
    body = {"model": "glm-image", "prompt": "a cat", "n": 10, "response_format": "b64_json"}
    answered = hasty.post(GENERATIONS, body).json()
    assert [b64decode(item["b64_json"]) for item in answered["data"]] == [large] * 10
    assert (counted.all, counted.most <= 6) == (10, True)


def test_what_is_no_json_behind_a_picture_keeps_no_connection(hasty: Scripted) -> None:
    """Nobody reads such an answer to its end."""
    counted = Counted()
    large = b64encode(png() + bytes(3 * MIB)).decode()
    content = f'{{"data": [{{"b64_json": "{large}"}}], oops "{large}" "{large}"}}'.encode()
    hasty.script.says[BIGMODEL] = counted.told(lambda handler: send(handler, content))
    body = {"model": "glm-image", "prompt": "a cat", "response_format": "b64_json", "n": 10}
    answered = hasty.post(GENERATIONS, body).json()
    assert [item["b64_json"] for item in answered["data"]] == [large] * 10
    assert (counted.all, counted.most <= 6) == (10, True), counted.most


# Downloads


def download(scripted: Scripted, host: Writer) -> httpx.Response:
    """What a client gets whose picture lies at `host`. Raises where the transfer is cut."""
    scripted.script.says[ZAI] = ScriptedAnswer(json.dumps(PAINTED).encode())
    scripted.script.says["/p.png"] = host
    body = {"model": "gemini-3-image-1k", "prompt": "a cat", "response_format": "b64_json"}
    return scripted.post(GENERATIONS, body)


WHOLE = png() + bytes(range(256)) * 4096
HALF = 600_000


def breaking(again: Callable[[BaseHTTPRequestHandler, int], None]) -> Writer:
    """A host that breaks off in the middle, and answers a range with `again`."""

    def host(handler: BaseHTTPRequestHandler) -> None:
        asked = handler.headers.get("range")
        if asked is None:
            lines = ["HTTP/1.1 200 OK", f"content-length: {len(WHOLE)}", 'etag: "1"', "", ""]
            handler.wfile.write("\r\n".join(lines).encode() + WHOLE[:HALF])
            handler.wfile.flush()
            time.sleep(0.1)
            return
        again(handler, int(asked.removeprefix("bytes=").removesuffix("-")))

    return host


def partial(
    handler: BaseHTTPRequestHandler,
    start: int,
    *,
    end: int = len(WHOLE),
    total: object = len(WHOLE),
    more: tuple[str, ...] = (),
) -> None:
    content_range = f"content-range: bytes {start}-{end - 1}/{total}"
    send(handler, WHOLE[start:end], content_range, *more, status="206 Partial Content")


@pytest.mark.parametrize("total", [len(WHOLE), "*"])
def test_a_download_that_breaks_off_is_taken_up_where_it_stopped(
    hasty: Scripted, total: object
) -> None:
    response = download(hasty, breaking(lambda handler, at: partial(handler, at, total=total)))
    assert b64decode(response.json()["data"][0]["b64_json"]) == WHOLE


@pytest.mark.parametrize(
    "again",
    [
        # It would end in the middle, and look whole.
        lambda handler, at: partial(handler, at, end=at + 1000),
        lambda handler, at: partial(handler, at, end=at + 1000, total="*"),
        # Another picture.
        lambda handler, at: partial(handler, at, total=len(WHOLE) + 1),
        lambda handler, at: partial(handler, at, more=('etag: "2"',)),
        lambda handler, at: partial(handler, at + 3),
        # A part of something else: of what the bytes are when they are packed.
        lambda handler, at: partial(handler, at, more=("content-encoding: gzip",)),
        lambda handler, _: send(handler, WHOLE),
    ],
)
def test_what_does_not_go_on_where_the_picture_stopped_is_not_put_behind_it(
    hasty: Scripted, again: Callable[[BaseHTTPRequestHandler, int], None]
) -> None:
    with pytest.raises(httpx.RemoteProtocolError):
        download(hasty, breaking(again))
    paints(hasty)


def test_a_picture_of_no_bytes_is_none(hasty: Scripted) -> None:
    response = download(hasty, lambda handler: send(handler, b""))
    assert response.status_code == 502, response.text
    assert PICTURE_HOST in response.json()["error"]["message"]


# The log


def test_a_client_that_leaves_before_the_headers_is_told_as_such(hasty: Scripted) -> None:
    def slow(handler: BaseHTTPRequestHandler) -> None:
        time.sleep(0.6)
        send(handler, json.dumps(PAINTED).encode())

    hasty.script.says[ZAI] = slow
    hasty.script.says["/p.png"] = ScriptedAnswer(WHOLE)
    asked = {"model": "gemini-3-image-1k", "prompt": "a cat", "response_format": "b64_json"}
    body = json.dumps(asked).encode()

    def left() -> int:
        return hasty.easel.log.read_text().count('"left":true')

    before = left()
    connection = connect(hasty.easel)
    connection.sendall(head(hasty.easel, GENERATIONS, len(body)) + body)
    time.sleep(0.2)
    connection.close()
    assert eventually(lambda: left() == before + 1, 3)
