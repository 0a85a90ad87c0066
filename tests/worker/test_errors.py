from __future__ import annotations

import socket
import time
from urllib.parse import urlsplit

import httpx
import pytest
from openai.types import Model

from easel import VERSION
from easel.services.zai_models import MODEL_IDS
from tests.easel.dialects.test_openai_chat import ZAI_REQUEST, ZAI_REQUEST_AS_PRINTED
from tests.easel.test_token import jwt
from tests.worker.conftest import PICTURES, TOKEN, Easel, Internet
from tests.worker.reading import event, picture
from tools.sandbox.addresses import INSIDE

EXPOSED = "x-request-id, retry-after, x-should-retry, www-authenticate"


def check_envelope(response: httpx.Response, status: int, code: str) -> dict[str, str]:
    """The error of a response, after all that every error must have."""
    error: dict[str, str] = response.json()["error"]
    assert (response.status_code, error["code"]) == (status, code), response.text
    assert set(error) == {"message", "type", "param", "code"}
    assert response.headers["content-type"] == "application/json; charset=utf-8"
    assert response.headers["access-control-allow-origin"] == "*"
    assert response.headers["access-control-expose-headers"] == EXPOSED
    assert response.headers["x-request-id"].startswith("req_")
    return error


@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [
        ("busy", 429, "rate_limit_exceeded"),
        ("expired", 401, "invalid_api_key"),
        ("expired-in-band", 401, "invalid_api_key"),
        ("forbidden", 403, "access_denied"),
        ("refused", 400, "content_policy_violation"),
        ("no-picture", 502, "upstream_no_picture"),
        ("broken", 502, "upstream_broken"),
        ("not-json", 502, "upstream_broken"),
        ("huge-answer", 502, "upstream_broken"),
        ("huge-packed", 502, "upstream_broken"),
        ("picture-missing", 502, "picture_missing"),
        ("picture-text", 502, "upstream_broken"),
        ("picture-loop", 502, "upstream_broken"),
        ("picture-downgrade", 502, "upstream_broken"),
        ("picture-http", 502, "upstream_broken"),
        ("picture-bytes=6000001", 502, "picture_too_large"),
    ],
)
@pytest.mark.parametrize("stream", [True, False])
def test_a_quick_failure_keeps_its_true_status(
    client: httpx.Client,
    patient: Easel,
    marker: str,
    fault: str,
    status: int,
    code: str,
    *,
    stream: bool,
) -> None:
    response = client.send(patient.chat(f"sandbox:{fault} {marker}", stream=stream))
    error = check_envelope(response, status, code)
    assert marker not in error["message"]
    assert response.headers.get("x-should-retry") == (None if status == 429 else "false")
    assert response.headers.get("retry-after") == ("7" if fault == "busy" else None)


@pytest.mark.parametrize("number", range(len(INSIDE)))
@pytest.mark.parametrize("fault", ["picture-inside", "picture-redirect-inside"])
def test_nothing_is_fetched_from_a_private_network(
    client: httpx.Client, unchanged: Easel, internet: Internet, marker: str, fault: str, number: int
) -> None:
    """All of the Worker's requests reach the sandbox here, so that it would see one."""
    before = len(internet.downloads())
    response = client.send(unchanged.chat(f"sandbox:{fault}={number} {marker}", stream=True))
    error = check_envelope(response, 502, "upstream_broken")
    assert INSIDE[number] not in error["message"]
    asked = internet.downloads()[before:]
    assert {urlsplit(call.url).netloc for call in asked} <= {urlsplit(PICTURES).netloc}
    assert len(asked) == (fault == "picture-redirect-inside")
    assert len(internet.calls(marker)) == 1


def test_an_unreachable_service_is_a_broken_upstream(
    client: httpx.Client, unreachable: Easel, marker: str
) -> None:
    response = client.send(unreachable.chat(marker, stream=True))
    check_envelope(response, 502, "upstream_broken")


def test_the_documents_request_paints_and_as_printed_is_told_where_it_is_no_json(
    client: httpx.Client, easel: Easel
) -> None:
    url, headers = f"{easel.url}/v1/chat/completions", {"authorization": f"Bearer {TOKEN}"}
    response = client.post(url, headers=headers, content=ZAI_REQUEST)
    assert picture(event(response.content))[0] == "image/jpeg"
    response = client.post(url, headers=headers, content=ZAI_REQUEST_AS_PRINTED)
    assert "line 8" in check_envelope(response, 400, "invalid_json")["message"]


@pytest.mark.parametrize("authorization", [None, "", "Basic abc", "Bearer"])
def test_without_a_token_nothing_is_asked(
    client: httpx.Client, easel: Easel, internet: Internet, marker: str, authorization: str | None
) -> None:
    request = easel.chat(marker, stream=True)
    del request.headers["authorization"]
    if authorization is not None:
        request.headers["authorization"] = authorization
    check_envelope(client.send(request), 401, "invalid_api_key")
    assert internet.calls(marker) == []


@pytest.mark.parametrize("header", ["x-api-key", "api-key", "x-goog-api-key"])
def test_a_token_is_found_wherever_clients_put_it(
    client: httpx.Client, easel: Easel, internet: Internet, marker: str, header: str
) -> None:
    request = easel.chat(marker, stream=True)
    request.headers[header] = request.headers.pop("authorization").removeprefix("Bearer ")
    assert client.send(request).status_code == 200
    (call,) = internet.calls(marker)
    assert call.headers["cookie"] == f"session={TOKEN}"


@pytest.mark.parametrize(
    ("token", "code"),
    [("a b", "invalid_api_key"), ("a;b", "invalid_api_key"), (jwt({"exp": 1}), "token_expired")],
)
def test_a_token_that_cannot_work_costs_no_call(
    client: httpx.Client, easel: Easel, internet: Internet, marker: str, token: str, code: str
) -> None:
    request = easel.chat(marker, stream=True)
    request.headers["authorization"] = f"Bearer {token}"
    error = check_envelope(client.send(request), 401, code)
    assert token not in error["message"]
    assert internet.calls(marker) == []


def test_a_picture_in_the_prompt_is_refused_without_a_call(
    client: httpx.Client, easel: Easel, internet: Internet, marker: str
) -> None:
    content = [
        {"type": "text", "text": marker},
        {"type": "image_url", "image_url": {"url": "https://h/p"}},
    ]
    response = client.post(
        f"{easel.url}/v1/chat/completions",
        headers={"authorization": f"Bearer {TOKEN}"},
        json={"model": "gemini-3-image-1k", "messages": [{"role": "user", "content": content}]},
    )
    assert check_envelope(response, 400, "unsupported_input")["param"] == "messages[0].content[1]"
    assert internet.calls(marker) == []


def test_an_unknown_model_is_told_the_legal_form(client: httpx.Client, easel: Easel) -> None:
    response = client.send(easel.chat("a cat", stream=True, model="gemini-3-image-4k"))
    error = check_envelope(response, 404, "model_not_found")
    assert "gemini-3-image-{1k,2k}[-{1-1,3-4,4-3,16-9,9-16,21-9,9-21}]" in error["message"]
    response = client.get(f"{easel.url}/v1/models/gemini-3-image-4k")
    check_envelope(response, 404, "model_not_found")


@pytest.mark.parametrize("announced", [True, False])
def test_a_body_over_the_limit_is_refused_before_it_is_read_whole(
    easel: Easel, *, announced: bool
) -> None:
    """The rest of the body is never sent, so an answer shows that it was not waited for."""
    address = urlsplit(easel.url)
    head = f"POST /v1/chat/completions HTTP/1.1\r\nHost: {address.netloc}\r\n"
    head += f"Authorization: Bearer {TOKEN}\r\n"
    part = b" " * 70_000
    if announced:
        sent = head.encode() + b"Content-Length: 100000000\r\n\r\n"
    else:
        framed = f"{len(part):x}\r\n".encode() + part + b"\r\n"
        sent = head.encode() + b"Transfer-Encoding: chunked\r\n\r\n" + framed
    with socket.create_connection((address.hostname, address.port), timeout=5) as connection:
        connection.sendall(sent)
        answer = connection.recv(4096)
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"access-control-allow-origin: *" in answer.lower()


def test_a_body_just_within_the_limit_is_read(client: httpx.Client, easel: Easel) -> None:
    body = ZAI_REQUEST.encode().ljust(65_536)
    url, headers = f"{easel.url}/v1/chat/completions", {"authorization": f"Bearer {TOKEN}"}
    assert client.post(url, headers=headers, content=body).status_code == 200
    response = client.post(url, headers=headers, content=body + b" ")
    assert "65536" in check_envelope(response, 413, "request_too_large")["message"]


@pytest.mark.parametrize(
    "path", ["/", "/v1", "/v1/conversations/conv_1", "/v1/embeddings", "/favicon.ico"]
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_an_unknown_path_is_a_404_that_a_client_can_show(
    client: httpx.Client, easel: Easel, method: str, path: str
) -> None:
    check_envelope(client.request(method, easel.url + path), 404, "path_not_found")


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("GET", "/v1/chat/completions", "POST, OPTIONS"),
        ("PROPFIND", "/v1/chat/completions", "POST, OPTIONS"),
        ("DELETE", "/v1/models", "GET, HEAD, OPTIONS"),
        ("PUT", "/health", "GET, HEAD, OPTIONS"),
    ],
)
def test_a_wrong_method_is_told_the_right_one(
    client: httpx.Client, easel: Easel, method: str, path: str, allow: str
) -> None:
    response = client.request(method, easel.url + path)
    check_envelope(response, 405, "method_not_allowed")
    assert response.headers["allow"] == allow


def test_a_preflight_is_answered_anywhere_with_what_it_asks_for(
    client: httpx.Client, easel: Easel
) -> None:
    for path in ("/v1/chat/completions", "/v1/anything"):
        response = client.options(
            easel.url + path,
            headers={
                "origin": "https://chat.example",
                "access-control-request-method": "POST",
                "access-control-request-headers": "authorization,x-stainless-os",
            },
        )
        assert (response.status_code, response.content) == (204, b"")
        assert response.headers["access-control-allow-origin"] == "*"
        assert response.headers["access-control-allow-headers"] == "authorization,x-stainless-os"
        assert "POST" in response.headers["access-control-allow-methods"]


def test_the_models_are_listed_for_whoever_asks(client: httpx.Client, easel: Easel) -> None:
    listed = client.get(f"{easel.url}/v1/models").json()
    assert listed["object"] == "list"
    models = [Model.model_validate(model, strict=True) for model in listed["data"]]
    assert [model.id for model in models][:16] == list(MODEL_IDS)
    assert {model.owned_by for model in models} == {"zai", "bigmodel", "zhaotou", "geekai"}
    single = client.get(f"{easel.url}/v1/models/GEMINI-3-IMAGE-2K-16-9").json()
    assert Model.model_validate(single, strict=True).id == "gemini-3-image-2k-16-9"


def test_a_head_is_a_get_without_the_body(client: httpx.Client, easel: Easel) -> None:
    response = client.head(f"{easel.url}/health")
    assert (response.status_code, response.content) == (200, b"")


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/health", 200),
        ("HEAD", "/health", 200),
        ("GET", "/openapi.json", 200),
        ("GET", "/v1/models", 200),
        ("GET", "/v1beta/models", 200),
        ("OPTIONS", "/v1/models", 204),
        ("POST", "/v1/chat/completions", 401),
        ("GET", "/nowhere", 404),
        ("DELETE", "/v1/models", 405),
    ],
)
def test_no_browser_guesses_what_an_answer_is(
    client: httpx.Client, easel: Easel, method: str, path: str, status: int
) -> None:
    """The `client` of all these tests looks at every other answer too, streams among them."""
    response = client.request(method, easel.url + path)
    assert (response.status_code, response.headers["x-content-type-options"]) == (status, "nosniff")


def test_a_client_that_breaks_off_its_upload_leaves_no_trace_in_the_log(easel: Easel) -> None:
    address = urlsplit(easel.url)
    before = easel.log.read_text()
    with socket.create_connection((address.hostname, address.port), timeout=5) as connection:
        head = f"POST /v1/chat/completions HTTP/1.1\r\nHost: {address.netloc}\r\n"
        head += f"Authorization: Bearer {TOKEN}\r\nContent-Length: 1000\r\n\r\n{{"
        connection.sendall(head.encode())
        time.sleep(0.2)
    time.sleep(0.3)
    assert "JsException" not in easel.log.read_text().removeprefix(before)


def test_health_says_ok(client: httpx.Client, easel: Easel) -> None:
    response = client.get(f"{easel.url}/health")
    assert (response.status_code, response.json()) == (200, {"status": "ok", "version": VERSION})


def test_a_misconfigured_deployment_names_the_variable_by_whatever_is_asked_first(
    client: httpx.Client, misconfigured: Easel, marker: str
) -> None:
    for request in (
        misconfigured.chat(marker, stream=True),
        httpx.Request("GET", f"{misconfigured.url}/v1/models"),
        httpx.Request("GET", f"{misconfigured.url}/health"),
    ):
        error = check_envelope(client.send(request), 500, "misconfigured")
        # A list where a text belongs is not read as one.
        for name in ("KEEP_ALIVE_SECONDS", "EASEL_KEYS", "DEFAULT_IMAGE_MODEL", "CHAT_PICTURE"):
            assert name in error["message"]
        assert "secret" not in error["message"]


@pytest.mark.parametrize(
    "host", ["[::1", "[", "]", "[x]", "a/b", "a?b", "a#b", "u@h", "a b", "a\\b", "[::1]x"]
)
def test_a_host_that_is_none_is_told(easel: Easel, host: str) -> None:
    address = urlsplit(easel.url)
    with socket.create_connection((address.hostname or "", address.port or 0), 10) as connection:
        for path in ("/v1/models", "/health"):
            head = f"GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n"
            connection.sendall(head.encode())
            answer = connection.recv(65536)
            assert answer.startswith(b"HTTP/1.1 400 "), answer
            if b"x-request-id" in answer:
                assert b"The Host header is not a valid" in answer


def test_a_host_of_any_form_that_is_one_is_answered(easel: Easel) -> None:
    address = urlsplit(easel.url)
    for host in ("[::1]", "[::1]:8787", "h.example:1", "127.0.0.1", "xn--fsq.example"):
        place = (address.hostname or "", address.port or 0)
        with socket.create_connection(place, 10) as connection:
            connection.sendall(f"GET /health HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
            assert connection.recv(65536).startswith(b"HTTP/1.1 200 ")


def test_request_ids_differ(client: httpx.Client, easel: Easel) -> None:
    ids = {client.get(f"{easel.url}/health").headers["x-request-id"] for _ in range(5)}
    assert len(ids) == 5


def test_the_log_holds_no_token_and_no_prompt(
    client: httpx.Client, easel: Easel, marker: str
) -> None:
    for fault in ("", "sandbox:broken", "sandbox:not-json", "sandbox:picture-cut"):
        try:
            client.send(easel.chat(f"{fault} {marker}", stream=True))
        except httpx.RemoteProtocolError:
            continue
    log = easel.log.read_text()
    assert TOKEN not in log
    assert marker not in log
    # Nothing of ours raised; the runtime itself has a word on its own files now and then.
    for module in ("entry.py", "/edge/", "/easel/"):
        assert module not in log
