from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Mapping
from typing import Any

import pytest

from easel import routing
from easel.context import Context
from easel.dialects.body import FormField
from easel.dialects.dialect import PaintOperation
from easel.dialects.encoder import Stamp
from easel.effects import KeepUploads, OpenAddress, ReadForm, ReadJson, ReleaseUploads, Send
from easel.images.blobs import Blob, LongTexts
from easel.jobs import Jobs
from easel.outcomes import Done, Failed, FormBody, JsonBody
from easel.receiving import receive
from easel.request_log import RequestLog
from easel.services.wire import Insert
from easel.token import Token
from tests.easel.flows import json_answer
from tests.easel.life import (
    NONCE,
    NOW,
    PNG,
    Played,
    asks,
    chat,
    deployment,
    error_of,
    head,
    json_body,
    play,
    proxy,
)

URL = "https://h/cat.png"
UPLOAD = f"data:image/png;base64,{b64encode(PNG).decode()}"
KEPT = Blob(PNG, 5)  # A file that the shell knows as its fifth.
GEEKAI_PROXY = {"EASEL_KEYS": "key", "GEEKAI_API_KEYS": "one,two"}


# --- The body. ---


@pytest.mark.parametrize(
    ("name", "status", "code"),
    [
        ("TooLarge", 413, "request_too_large"),
        ("TimeoutError", 408, "request_timeout"),
        ("NoRoom", 429, "overloaded"),
        ("AbortError", 400, "incomplete_body"),
    ],
)
@pytest.mark.parametrize("path", ["generations", "edits"])
def test_a_body_that_cannot_be_read_is_told_as_what_it_is(
    path: str, name: str, status: int, code: str
) -> None:
    life = play(head("POST", f"/v1/images/{path}"))
    life.tell(Failed(name))
    assert (life.reply.status, error_of(life)["code"]) == (status, code)


@pytest.mark.parametrize(("path", "limit"), [("generations", 2000), ("edits", 1000)])
def test_a_form_has_another_limit_than_a_body_of_json(path: str, limit: int) -> None:
    limits = {"MAX_REQUEST_BYTES": "2000", "MAX_INPUT_BYTES": "1000"}
    life = play(head("POST", f"/v1/images/{path}"), deployment(variables=limits))
    life.tell(Failed("TooLarge"))
    assert f"{limit} bytes" in error_of(life)["message"]


def test_the_memory_of_long_texts_is_given_back_also_where_the_body_is_refused() -> None:
    closed = []
    texts = LongTexts("mark", str, lambda _: None, lambda: closed.append("closed"))
    for body in (b'{"model": "gemini-3-image-1k", "prompt": "a cat"}', b"{"):
        play(head("POST", "/v1/images/generations")).tell(JsonBody(body, texts))
    assert closed == ["closed", "closed"]


def test_a_long_text_stands_in_the_body_under_a_mark_that_no_client_knows() -> None:
    life = play(head("POST", "/v1/images/generations"))
    mark = life.job(ReadJson).mark
    assert mark == f"easel:{NONCE}:"
    texts = LongTexts(mark, lambda number: f"long prompt {number}", lambda _: None, lambda: None)
    life.tell(json_body({"model": "gemini-3-image-1k", "prompt": f"{mark}3"}, texts))
    assert b"long prompt 3" in (life.job(Send).request.body or b"")


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("/v1/chat/completions", {"messages": [{"role": "user", "content": "a cat"}]}),
        ("/v1/images/generations", {"prompt": "a cat"}),
        ("/v1/responses", {"input": "a cat"}),
        ("/v1beta/interactions", {"input": "a cat"}),
    ],
)
@pytest.mark.parametrize("length", [201, 5000])
def test_no_service_is_asked_for_a_model_with_a_name_without_end(
    path: str, fields: dict[str, Any], length: int
) -> None:
    life = play(head("POST", path, {"geekai-api-key": "key"}))
    mark = life.job(ReadJson).mark
    name = "m" * length
    texts = LongTexts(mark, lambda _: name, lambda _: None, lambda: None)
    model = name if length < 4096 else f"{mark}0"
    life.tell(json_body({"model": model, **fields}, texts))
    assert life.reply.status == 404
    assert "There is no such model" in error_of(life)["message"]


def test_a_service_is_asked_for_what_it_calls_the_model() -> None:
    assert b'"model": "gpt-image-1"' in (asks().job(Send).request.body or b"")


# --- What was uploaded. ---


def test_an_uploaded_file_goes_to_the_service_as_the_shell_has_it() -> None:
    life = play(head("POST", "/v1/images/edits"))
    assert life.job(ReadForm) == ReadForm()
    fields = FormField("model", "flux-kontext"), FormField("prompt", "a cat")
    life.tell(FormBody((*fields, FormField("image", None, KEPT))))
    request = life.job(Send).request
    (insert,) = request.inserts
    assert insert == Insert(insert.at, KEPT, base64=False)


def test_uploads_are_kept_as_long_as_a_service_may_paint() -> None:
    limit = {"UPSTREAM_TIMEOUT_SECONDS": "70"}
    life = asks(deployment(variables=limit), image=UPLOAD)
    assert life.wants(KeepUploads).seconds == 70
    life.tell(json_answer({"data": [{"url": URL}]}))
    assert life.ending.gives_back == (ReleaseUploads(),)


def test_uploads_are_released_while_the_picture_is_opened() -> None:
    life = asks(image=UPLOAD, response_format="b64_json")
    life.tell(json_answer({"data": [{"url": URL}]}))
    assert life.job(OpenAddress).url == URL
    assert life.wants(ReleaseUploads) == ReleaseUploads()


def chats(model: str, *contents: object) -> Played:
    """A chat whose messages all are the user's."""
    messages = [{"role": "user", "content": content} for content in contents]
    life = play(head("POST", "/v1/chat/completions"))
    life.tell(json_body({"model": model, "messages": messages}))
    return life


PICTURE_PART = {"type": "image_url", "image_url": {"url": UPLOAD}}


def test_a_service_that_joins_messages_paints_from_the_pictures_of_all() -> None:
    request = chats("flux-kontext", [PICTURE_PART], "make it red").job(Send).request
    assert request.url.endswith("/images/edits")
    assert [insert.blob.head for insert in request.inserts] == [PNG]


def test_a_service_that_reads_one_message_lets_go_of_the_pictures_of_others() -> None:
    life = chats("gemini-3-image-1k", [PICTURE_PART], "a cat")
    assert json.loads(life.job(Send).request.body or b"")["prompt"] == "a cat"
    assert life.wants(ReleaseUploads) == ReleaseUploads()
    assert not [each for each in life.wanted if isinstance(each, KeepUploads)]


def test_a_service_that_reads_one_message_finds_its_picture_unsupported() -> None:
    life = chats("gemini-3-image-1k", [PICTURE_PART], [PICTURE_PART, "a cat"])
    assert error_of(life)["param"] == "messages[1].content[0]"


def test_a_service_that_reads_one_message_misses_a_text_before_it() -> None:
    life = chats("gemini-3-image-1k", "a cat", [PICTURE_PART])
    assert (life.reply.status, error_of(life)["param"]) == (400, "messages[1].content")


def test_nothing_is_kept_of_a_request_that_uploads_nothing() -> None:
    assert not [each for each in asks().wanted if isinstance(each, KeepUploads)]


def test_one_call_with_one_token_sends_what_was_uploaded_once() -> None:
    assert asks(image=UPLOAD).wants(KeepUploads).sent_once


def test_another_token_would_send_what_was_uploaded_again() -> None:
    life = asks(proxy(GEEKAI_PROXY), token="key", image=UPLOAD)
    assert not life.wants(KeepUploads).sent_once


@pytest.mark.parametrize(("n", "sent_once"), [(1, True), (2, False)])
def test_several_calls_send_what_was_uploaded_again(n: int, sent_once: bool) -> None:  # noqa: FBT001
    # No service that paints from pictures needs several calls so far.
    route = routing.TABLE.route("POST", "/v1/images/generations")
    assert isinstance(route.operation, PaintOperation)
    token, stamp = Token("token"), Stamp(NONCE, 0)
    context = Context("", "", deployment(), (token,), stamp, RequestLog(NONCE), Jobs(NOW))
    life = receive(context, route.operation)
    next(life)
    body = {"model": "gemini-3-image-1k", "prompt": "a cat", "n": n, "image": UPLOAD}
    with pytest.raises(StopIteration) as end:
        life.send(Done(1, json_body(body), NOW))
    assert end.value.value.uploads == KeepUploads(300, sent_once)


# --- Nothing is painted. ---


@pytest.mark.parametrize(
    ("path", "body", "answer"),
    [
        ("/v1/chat/completions", chat("hi"), "choices"),
        (
            "/v1beta/models/gemini-3-image-1k:generateContent",
            {"contents": [{"role": "user", "parts": [{"text": "hi"}]}]},
            "candidates",
        ),
    ],
)
def test_a_text_is_answered_with_a_text_and_no_service_is_asked(
    path: str, body: Mapping[str, object], answer: str
) -> None:
    life = play(head("POST", path))
    life.tell(json_body(body))
    assert life.reply.status == 200
    assert isinstance(life.reply.body, bytes)
    assert answer in json.loads(life.reply.body)
    assert life.reply.log is not None
    assert json.loads(life.reply.log)["service"] == "zai"


def test_a_text_that_is_streamed_says_so() -> None:
    life = play(head("POST", "/v1/chat/completions"))
    life.tell(json_body(chat("hi", stream=True)))
    assert life.reply.headers["content-type"] == "text/event-stream; charset=utf-8"


def test_a_personal_proxy_says_nothing_for_a_service_for_which_it_has_no_token() -> None:
    life = play(head("POST", "/v1/chat/completions", token="key"), proxy(GEEKAI_PROXY))
    life.tell(json_body(chat("hi")))
    assert error_of(life)["code"] == "model_not_found"
