"""What happens while a picture takes its time. The limits are those of `conftest.HASTY`."""

from __future__ import annotations

import json
import time

import httpx
import pytest

from tests.worker.conftest import Easel, Internet
from tests.worker.reading import event, events, eventually, picture, read


def test_a_quick_picture_has_no_keep_alive(client: httpx.Client, easel: Easel, marker: str) -> None:
    assert read(client, easel.chat(marker, stream=True)).body.startswith(b"data: ")
    assert read(client, easel.chat(marker, stream=False)).body.startswith(b"{")


def test_a_stream_lives_before_the_picture_is_painted(
    client: httpx.Client, easel: Easel, marker: str
) -> None:
    timed = read(client, easel.chat(f"sandbox:slow=2 {marker}", stream=True))
    assert 0.7 < timed.headers_after < 1.9
    early = [(after, piece) for after, piece in timed.pieces if after < 1.9]
    assert {piece.strip(b"\n") for _, piece in early} == {b""}
    newlines = sum(len(piece) for _, piece in early)
    assert 1 <= newlines <= 8
    assert picture(event(timed.body))[0] == "image/jpeg"


def test_a_plain_answer_is_held_longer_and_then_kept_alive_by_white_space(
    client: httpx.Client, easel: Easel, marker: str
) -> None:
    timed = read(client, easel.chat(f"sandbox:slow=2 {marker}", stream=False))
    assert 0.95 < timed.headers_after < 1.9
    assert timed.pieces[0][1].strip() == b""
    assert picture(json.loads(timed.body))[0] == "image/jpeg"


def test_a_failure_after_the_headers_is_told_in_the_stream(
    client: httpx.Client, easel: Easel, marker: str
) -> None:
    timed = read(client, easel.chat(f"sandbox:slow=9 {marker}", stream=True))
    assert timed.response.status_code == 200
    assert timed.error is None
    error = event(timed.body)["error"]
    assert (error["code"], error["type"]) == ("upstream_too_slow", "upstream_error")
    assert events(timed.body)[-1] == "[DONE]"


def test_a_failure_after_the_headers_is_the_body_of_a_plain_answer(
    client: httpx.Client, easel: Easel, marker: str
) -> None:
    timed = read(client, easel.chat(f"sandbox:slow=9 {marker}", stream=False))
    assert timed.response.status_code == 200
    assert json.loads(timed.body)["error"]["code"] == "upstream_too_slow"


@pytest.mark.parametrize("fault", ["picture-cut", "picture-stalled"])
@pytest.mark.parametrize("stream", [True, False])
def test_a_picture_that_breaks_off_breaks_the_transfer(
    client: httpx.Client, easel: Easel, marker: str, fault: str, *, stream: bool
) -> None:
    model = "gemini-3-image-2k-1-1"
    prompt = f"sandbox:{fault}=3000000 {marker}"
    timed = read(client, easel.chat(prompt, stream=stream, model=model))
    assert isinstance(timed.error, httpx.RemoteProtocolError)
    assert b"[DONE]" not in timed.body


def test_a_picture_that_outgrows_the_limit_unannounced_breaks_the_transfer(
    client: httpx.Client, easel: Easel, marker: str
) -> None:
    prompt = f"sandbox:picture-chunked=7000000 {marker}"
    timed = read(client, easel.chat(prompt, stream=True))
    assert isinstance(timed.error, httpx.RemoteProtocolError)
    assert 6_000_000 < len(timed.body) < 9_000_000


@pytest.mark.parametrize("stream", [True, False])
def test_a_client_that_leaves_while_waiting_ends_the_upstream_call(
    client: httpx.Client, easel: Easel, internet: Internet, marker: str, *, stream: bool
) -> None:
    request = easel.chat(f"sandbox:slow=3 {marker}", stream=stream)
    response = client.send(request, stream=True)
    next(response.iter_raw())
    (call,) = internet.calls(marker)
    assert not call.abandoned
    downloads = {each.url for each in internet.downloads()}
    response.close()
    assert eventually(lambda: call.abandoned, seconds=1)
    # Past the moment when the picture would have been painted.
    time.sleep(2.5)
    assert {each.url for each in internet.downloads()} <= downloads


def test_a_client_that_leaves_before_the_headers_ends_the_upstream_call_when_they_leave(
    client: httpx.Client, easel: Easel, internet: Internet, marker: str
) -> None:
    with pytest.raises(httpx.ReadTimeout):
        client.post(
            f"{easel.url}/v1/chat/completions",
            headers={"authorization": "Bearer t"},
            content=easel.chat(f"sandbox:slow=3 {marker}", stream=True).content,
            timeout=0.2,
        )
    (call,) = internet.calls(marker)
    assert eventually(lambda: call.abandoned, seconds=1.5)


def test_a_client_that_leaves_in_the_middle_ends_the_download(
    client: httpx.Client, easel: Easel, internet: Internet, marker: str
) -> None:
    prompt = f"sandbox:picture-stalled=3000000 {marker}"
    before = len(internet.downloads())
    response = client.send(easel.chat(prompt, stream=True, model="gemini-3-image-2k"), stream=True)
    assert eventually(lambda: len(internet.downloads()) > before)
    download = internet.downloads()[-1]
    response.close()
    # Sooner than the limit for a stalled download would end it.
    assert eventually(lambda: download.abandoned, seconds=0.6)
