"""MCP on workerd: each revision against the types of `mcp-types`, and large pictures."""

from __future__ import annotations

import base64
import json
import os
from typing import Any, Final

import httpx
import pytest
from jsonschema import Draft202012Validator
from mcp_types import JSONRPCError, JSONRPCResponse, ProgressNotification
from mcp_types.methods import serialize_server_result

from tests.easel.mcp_messages import ACCEPT, MODERN, call, message, modern, modern_headers
from tests.worker.conftest import TOKEN, Easel, Internet
from tests.worker.dialects import png
from tests.worker.reading import events
from tests.worker.strict import DOCUMENT, conform
from tests.worker.test_log import line

HANDSHAKES: Final = ("2025-03-26", "2025-06-18", "2025-11-25")

each_version = pytest.mark.parametrize("version", [*HANDSHAKES, MODERN])


def post(
    client: httpx.Client,
    easel: Easel,
    body: object,
    version: str | None = None,
    service: str = "/zai",
    **headers: str,
) -> httpx.Response:
    given = {"authorization": f"Bearer {TOKEN}", "accept": ACCEPT, **headers}
    if version is not None:
        given["mcp-protocol-version"] = version
    return client.post(f"{easel.url}/mcp{service}", json=body, headers=given)


def ask(
    client: httpx.Client,
    easel: Easel,
    version: str,
    method: str,
    service: str = "/zai",
    **params: Any,
) -> httpx.Response:
    """One request in the words of a revision."""
    if version != MODERN:
        return post(client, easel, message(method, params), version, service)
    headers = modern_headers(method, params.get("name"))
    return post(client, easel, modern(method, **params), MODERN, service, **headers)


def published(response: httpx.Response) -> dict[str, Any]:
    """What the document says of an answer, and of an event."""
    found: dict[str, Any] = DOCUMENT["paths"]["/mcp/{service}"]["post"]["responses"]
    media_type = response.headers["content-type"].partition(";")[0]
    schema: dict[str, Any] = found[str(response.status_code)]["content"][media_type]["schema"]
    return schema


def result_of(response: httpx.Response, version: str, method: str) -> dict[str, Any]:
    """The result of an answer that is exactly what its revision has, and the document."""
    assert response.status_code == 200, response.text
    answer = response.json()
    conform(answer, published(response))
    JSONRPCResponse.model_validate(answer, strict=True)
    result: dict[str, Any] = answer["result"]
    # It keeps no field that the revision has not.
    assert serialize_server_result(method, version, result) == result
    return result


def schema_of(client: httpx.Client, easel: Easel, service: str, tool: str) -> Draft202012Validator:
    listed = result_of(ask(client, easel, MODERN, "tools/list", service), MODERN, "tools/list")[
        "tools"
    ]
    (found,) = [each["outputSchema"] for each in listed if each["name"] == tool]
    return Draft202012Validator(found)


@each_version
def test_tools_are_listed_as_each_revision_has_them(
    client: httpx.Client, easel: Easel, version: str
) -> None:
    response = ask(client, easel, version, "tools/list", "/zhaotou")
    assert len(result_of(response, version, "tools/list")["tools"]) == 3


@pytest.mark.parametrize("version", HANDSHAKES)
def test_a_handshake_is_as_its_revision_has_it(
    client: httpx.Client, easel: Easel, version: str
) -> None:
    told = {"protocolVersion": version, "capabilities": {}, "clientInfo": {"name": "a"}}
    response = post(client, easel, message("initialize", told))
    assert result_of(response, version, "initialize")["protocolVersion"] == version
    assert "mcp-session-id" not in response.headers
    assert result_of(post(client, easel, message("ping"), version), version, "ping") == {}


def test_a_server_is_discovered(client: httpx.Client, easel: Easel) -> None:
    response = ask(client, easel, MODERN, "server/discover")
    result_of(response, MODERN, "server/discover")


@each_version
@pytest.mark.parametrize("output", ["image", "link"])
@pytest.mark.parametrize("n", [1, 2])
def test_a_picture_is_told_as_each_revision_has_it(
    client: httpx.Client, easel: Easel, marker: str, version: str, output: str, n: int
) -> None:
    arguments = {"prompt": marker, "output": output, "n": n}
    told: dict[str, Any] = {"name": "generate_image", "arguments": arguments}
    response = ask(client, easel, version, "tools/call", "/geekai", **told)
    result = result_of(response, version, "tools/call")
    kinds = [part["type"] for part in result["content"]]
    assert kinds == ["image"] * n * (output == "image") + ["text"]
    schema_of(client, easel, "/geekai", "generate_image").validate(result["structuredContent"])
    assert len(result["structuredContent"]["pictures"]) == n


@each_version
def test_models_are_told_as_each_revision_has_them(
    client: httpx.Client, easel: Easel, version: str
) -> None:
    response = ask(client, easel, version, "tools/call", name="list_models", arguments={})
    result = result_of(response, version, "tools/call")
    schema_of(client, easel, "/zai", "list_models").validate(result["structuredContent"])


@each_version
@pytest.mark.parametrize("word", ["refused", "busy", "broken", "picture-missing"])
def test_a_failure_is_told_as_each_revision_has_it(
    client: httpx.Client, patient: Easel, marker: str, version: str, word: str
) -> None:
    arguments = {"prompt": f"sandbox:{word} {marker}"}
    told: dict[str, Any] = {"name": "generate_image", "arguments": arguments}
    response = ask(client, patient, version, "tools/call", **told)
    result = result_of(response, version, "tools/call")
    assert result["isError"] is True
    assert marker not in response.text


@each_version
def test_a_stream_is_progress_and_then_the_answer(
    client: httpx.Client, easel: Easel, marker: str, version: str
) -> None:
    told: dict[str, Any] = {
        "name": "generate_image",
        "arguments": {"prompt": f"sandbox:slow=2 {marker}"},
        "_meta": {"progressToken": 5},
    }
    response = ask(client, easel, version, "tools/call", **told)
    *progress, last = [json.loads(event) for event in events(response.content)]
    payload = published(response)["properties"]["data"]["contentSchema"]
    for event in [*progress, last]:
        conform(event, payload)
    assert [event["params"]["progress"] for event in progress] == list(range(1, len(progress) + 1))
    assert len(progress) >= 2
    for event in progress:
        ProgressNotification.model_validate({**event}, strict=True)
    assert serialize_server_result("tools/call", version, last["result"]) == last["result"]


@pytest.mark.parametrize("stream", [False, True], ids=["plain", "stream"])
def test_a_batch_is_answered_whole(
    client: httpx.Client, easel: Easel, marker: str, *, stream: bool
) -> None:
    paint = call("generate_image", "t" if stream else None, prompt=marker)
    ping = message("ping", id="p")
    response = post(client, easel, [ping, paint, message("nope", id=8)], "2025-03-26", "/geekai")
    assert response.status_code == 200, response.text
    if stream:
        answers = [json.loads(event) for event in events(response.content)]
        payload = published(response)["properties"]["data"]["contentSchema"]
        for answer in answers:
            conform(answer, payload)
    else:
        answers = response.json()
        conform(answers, published(response))
    first, second, third = [each for each in answers if "id" in each]
    assert (first["id"], second["id"], second["error"]["code"]) == ("p", 8, -32601)
    assert serialize_server_result("tools/call", "2025-03-26", third["result"]) == third["result"]
    assert third["result"]["content"][0]["type"] == "image"


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b"{", {}, 400),
        (b"[]", {}, 400),
        (b"{}", {"origin": "https://evil.example"}, 403),
        (b"{}", {"accept": "text/html"}, 406),
        (b"{}", {"content-type": "text/plain"}, 415),
        (b"{}", {"authorization": "Basic a"}, 401),
        (b"{}", {"mcp-protocol-version": "2024-11-05"}, 400),
        (json.dumps(message("no/such")).encode(), {}, 200),
        (json.dumps(modern("no/such")).encode(), modern_headers("no/such"), 404),
    ],
)
def test_an_error_of_the_protocol_is_as_published(
    client: httpx.Client, easel: Easel, body: bytes, headers: dict[str, str], status: int
) -> None:
    usual = {"authorization": f"Bearer {TOKEN}", "content-type": "application/json"}
    url = f"{easel.url}/mcp/zai"
    response = client.post(url, content=body, headers={**usual, **headers})
    assert response.status_code == status, response.text
    schema = DOCUMENT["paths"]["/mcp/{service}"]["post"]["responses"][str(status)]
    if "$ref" in schema:
        schema = DOCUMENT["components"]["responses"][schema["$ref"].rpartition("/")[2]]
    conform(response.json(), schema["content"]["application/json"]["schema"])
    JSONRPCError.model_validate(response.json(), strict=True)
    assert (status == 401) is ("www-authenticate" in response.headers)


def test_a_notification_gets_no_body(client: httpx.Client, easel: Easel) -> None:
    response = post(client, easel, {"jsonrpc": "2.0", "method": "notifications/initialized"})
    assert (response.status_code, response.content) == (202, b"")
    assert "content-type" not in response.headers


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_there_is_no_stream_to_listen_to_and_no_session_to_end(
    client: httpx.Client, easel: Easel, method: str
) -> None:
    response = client.request(method, f"{easel.url}/mcp/zai")
    assert (response.status_code, response.headers["allow"]) == (405, "POST, OPTIONS")


def test_a_page_asks_first_whether_it_may(client: httpx.Client, easel: Easel) -> None:
    wanted = "authorization,content-type,mcp-protocol-version,mcp-method,mcp-name"
    headers = {
        "origin": "http://localhost:6274",
        "access-control-request-method": "POST",
        "access-control-request-headers": wanted,
    }
    response = client.options(f"{easel.url}/mcp/zai", headers=headers)
    assert response.status_code == 204
    assert response.headers["access-control-allow-headers"] == wanted
    assert "POST" in response.headers["access-control-allow-methods"]


def test_a_large_picture_to_paint_from_reaches_the_service_as_it_was(
    client: httpx.Client, unchanged: Easel, internet: Internet, marker: str
) -> None:
    source = png() + os.urandom(3_000_000)
    data = base64.b64encode(source).decode()
    body = call("edit_image", prompt=marker, image=[f"data:image/png;base64,{data}", data])
    response = post(client, unchanged, body, service="/geekai")
    assert response.json()["result"]["isError"] is False
    (asked,) = internet.calls(marker)
    assert asked.body.count(data.encode()) == 2


def test_a_picture_to_paint_from_may_not_be_too_large(client: httpx.Client, easel: Easel) -> None:
    data = base64.b64encode(png() + bytes(80_000)).decode()
    response = post(client, easel, call("edit_image", prompt="red", image=data), service="/geekai")
    assert response.status_code == 413
    assert response.json()["error"]["data"]["code"] == "request_too_large"


def test_a_long_prompt_reaches_the_service_as_it_was(
    client: httpx.Client, unchanged: Easel, internet: Internet, marker: str
) -> None:
    prompt = f"{'长' * 4000} {marker}"
    response = post(client, unchanged, call("generate_image", prompt=prompt), service="/zai")
    assert response.json()["result"]["isError"] is False
    (asked,) = internet.calls(marker)
    assert json.loads(asked.body)["prompt"] == prompt


def test_the_log_has_a_line_for_a_picture_and_for_a_list(
    client: httpx.Client, easel: Easel, marker: str
) -> None:
    response = post(client, easel, call("generate_image", "t", prompt=marker))
    found = line(easel, response.headers["x-request-id"])
    assert (found["operation"], found["service"], found["stream"]) == ("mcp", "zai", True)
    assert (found["model"], found["status"]) == ("gemini-3-image-1k", 200)
    response = post(client, easel, message("tools/list"))
    found = line(easel, response.headers["x-request-id"])
    assert (found["operation"], found["service"], found["attempts"]) == ("mcp", None, 0)


def test_another_services_model_is_refused_before_any_call(
    client: httpx.Client, easel: Easel, internet: Internet, marker: str
) -> None:
    response = post(client, easel, call("generate_image", prompt=marker, model="glm-image"))
    assert response.json()["result"]["_meta"]["easel/error"]["code"] == "model_not_found"
    assert internet.calls(marker) == []


def test_a_key_of_a_personal_proxy_reaches_all_its_services(
    client: httpx.Client, proxy: Easel, marker: str
) -> None:
    key = {"authorization": "Bearer a-key"}
    for model in ("gemini-3-image-1k", "glm-image", "geekai/gpt-image-1"):
        body = call("generate_image", prompt=marker, model=model, output="link")
        assert post(client, proxy, body, service="", **key).json()["result"]["isError"] is False
    response = post(client, proxy, message("tools/list"), service="")
    assert response.status_code == 401
