from __future__ import annotations

import base64
import json
import tomllib
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from easel.deployment import Limiter
from easel.dialects.markdown import words
from easel.dialects.mcp_arguments import EditArguments, GenerateArguments
from easel.dialects.mcp_message import SERVER_INFO
from easel.effects import Begin, CheckRate, KeepAlive, KeepUploads, Send, WritePicture
from easel.images.request import Action
from easel.outcomes import HELD, Allowed, Failed, OpenedBody
from easel.services.wire import HttpResponse
from tests.easel.life import PNG, Played, deployment, head, json_body, opened, painted, play
from tests.easel.mcp_messages import (
    ACCEPT,
    answer,
    call,
    message,
    modern,
    modern_headers,
    send,
)
from tools.runtime.workerd import PROJECT

PROXY = {"EASEL_KEYS": "key", "ZAI_TOKENS": "z", "GEEKAI_API_KEYS": "g"}
SOURCE = base64.b64encode(PNG).decode()


def result(life: Played) -> dict[str, Any]:
    found: dict[str, Any] = answer(life)["result"]
    return found


def failure(life: Played) -> tuple[int, str, str]:
    """Status and code of a tool that failed at once, and what a model reads."""
    assert life.reply.status == 200
    found = result(life)
    assert found["isError"] is True
    told = found["_meta"]["easel/error"]
    return told["status"], told["code"], found["content"][0]["text"]


# --- What is refused before it is read. ---


@pytest.mark.parametrize("method", ["GET", "DELETE", "PUT"])
def test_only_post_is_served(method: str) -> None:
    life = play(head(method, "/mcp/zai"))
    assert (life.reply.status, life.reply.headers["allow"]) == (405, "POST, OPTIONS")
    assert answer(life)["error"]["data"]["code"] == "method_not_allowed"


def test_without_a_token_there_is_a_challenge() -> None:
    life = send(message("ping"), token="")
    assert life.reply.status == 401
    assert life.reply.headers["www-authenticate"] == 'Bearer realm="Easel"'
    assert answer(life)["error"]["code"] == -32600


def test_without_keys_the_address_must_name_a_service() -> None:
    life = send(message("ping"), "/mcp")
    assert life.reply.status == 404
    assert "/mcp/zai, /mcp/bigmodel, /mcp/zhaotou, /mcp/geekai" in answer(life)["error"]["message"]


@pytest.mark.parametrize(
    ("path", "variables", "told"),
    [
        ("/mcp/midjourney", {}, "/mcp/zai, "),
        ("/mcp/zai/more", {}, "/mcp/zai, "),
        ("/mcp/bigmodel", PROXY, "Addresses: none"),
    ],
)
def test_an_address_that_is_not_served_says_which_are(
    path: str, variables: dict[str, str], told: str
) -> None:
    life = send(message("ping"), path, variables=variables, token="key")
    assert life.reply.status == 404
    assert told in answer(life)["error"]["message"]


def test_a_body_that_cannot_be_read_is_refused_with_its_status() -> None:
    life = play(head("POST", "/mcp/zai", {"content-type": "application/json"}), deployment())
    life.tell(Failed("TooLarge"))
    found = answer(life)
    assert (life.reply.status, found["id"]) == (413, None)
    assert found["error"]["data"]["code"] == "request_too_large"


# --- What is answered at once. ---


@pytest.mark.parametrize(
    ("asked", "agreed"),
    [
        ("2025-03-26", "2025-03-26"),
        ("2025-06-18", "2025-06-18"),
        ("2025-11-25", "2025-11-25"),
        ("2024-11-05", "2025-11-25"),
        ("2026-07-28", "2025-11-25"),
    ],
)
def test_a_handshake_agrees_on_a_revision(asked: str, agreed: str) -> None:
    found = result(send(message("initialize", {"protocolVersion": asked})))
    assert found["protocolVersion"] == agreed
    assert found["capabilities"] == {"tools": {}}
    assert found["serverInfo"] == SERVER_INFO
    assert "link" in found["instructions"]


def test_a_handshake_without_a_version_is_refused() -> None:
    assert answer(send(message("initialize")))["error"]["code"] == -32602


def test_the_version_is_that_of_the_project() -> None:
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text("utf-8"))["project"]
    assert SERVER_INFO["version"] == project["version"]


@pytest.mark.parametrize("method", ["resources/list", "server/discover", "logging/setLevel", ""])
def test_a_method_that_a_handshake_knows_not_is_told_in_the_answer(method: str) -> None:
    life = send(message(method))
    assert (life.reply.status, answer(life)["error"]["code"]) == (200, -32601)


@pytest.mark.parametrize("method", ["initialize", "ping", "subscriptions/listen"])
def test_a_method_that_2026_07_28_has_not_is_not_found(method: str) -> None:
    life = send(modern(method), headers=modern_headers(method))
    assert (life.reply.status, answer(life)["error"]["code"]) == (404, -32601)


@pytest.mark.parametrize(
    ("path", "variables", "names"),
    [
        ("/mcp/zai", {}, ["generate_image", "list_models"]),
        ("/mcp/geekai", {}, ["generate_image", "edit_image", "list_models"]),
        ("/mcp", PROXY, ["generate_image", "edit_image", "list_models"]),
    ],
)
def test_an_address_lists_the_tools_that_its_services_have(
    path: str, variables: dict[str, str], names: list[str]
) -> None:
    found = result(send(message("tools/list"), path, variables=variables, token="key"))
    assert [tool["name"] for tool in found["tools"]] == names
    assert "ttlMs" not in found


def test_a_list_of_2026_07_28_says_how_long_it_may_be_kept() -> None:
    found = result(send(modern("tools/list"), headers=modern_headers("tools/list")))
    assert (found["ttlMs"], found["cacheScope"]) == (3_600_000, "private")


def test_there_is_one_page_of_tools() -> None:
    assert answer(send(message("tools/list", {"cursor": ""})))["error"]["code"] == -32602


def test_only_models_of_the_address_are_listed() -> None:
    found = result(send(call("list_models"), "/mcp/bigmodel"))
    assert found["structuredContent"]["default_model"] == "glm-image"
    (service,) = found["structuredContent"]["services"]
    assert service["name"] == "bigmodel"
    assert service["models"] == ["glm-image", "cogview-4-250304", "cogview-4", "cogview-3-flash"]
    assert "glm-image" in found["content"][0]["text"]


def test_a_tool_without_arguments_takes_none() -> None:
    assert failure(send(call("list_models", model="a")))[:2] == (400, "unknown_parameter")
    body = message("tools/call", {"name": "list_models"})
    assert result(send(body))["isError"] is False


@pytest.mark.parametrize("name", ["paint", 5, None])
def test_an_unknown_tool_is_an_error_of_the_protocol(name: object) -> None:
    error = answer(send(message("tools/call", {"name": name})))["error"]
    assert (error["code"], "list_models" in error["message"]) == (-32602, True)


# --- What is painted. ---


def test_a_picture_comes_with_its_link_and_what_is_known_of_it() -> None:
    life = send(call("generate_image", prompt="a cat", aspect_ratio="1:1"))
    life.tell(painted(), life.keys(Send)[0])
    life.tell(opened())
    ending = life.ending
    assert ending.begin is not None
    assert ending.begin.headers["content-type"] == "application/json; charset=utf-8"
    found = json.loads(ending.head + b"AAAA" + ending.tail)
    assert found["id"] == 7
    image, text = found["result"]["content"]
    assert image == {"type": "image", "data": "AAAA", "mimeType": "image/png"}
    assert text == {"type": "text", "text": "![image](https://z.ai/cat.png) 1024x512"}
    assert found["result"]["structuredContent"] == {
        "model": "gemini-3-image-1k",
        "pictures": [{"url": "https://z.ai/cat.png", "size": "1024x512"}],
    }
    assert found["result"]["isError"] is False


def test_a_link_alone_opens_no_picture() -> None:
    life = send(call("generate_image", prompt="a cat", output="link"))
    life.tell(painted(), life.keys(Send)[0])
    found = json.loads(life.ending.head)
    assert [part["type"] for part in found["result"]["content"]] == ["text"]


def test_progress_is_counted_in_a_stream() -> None:
    life = send(call("generate_image", "a token", prompt="a cat"))
    life.tell(None, HELD, after=5)
    assert life.wants(Begin).headers["content-type"].startswith("text/event-stream")
    keep_alive = life.wants(KeepAlive)
    assert keep_alive.tail is not None
    assert keep_alive.first == keep_alive.piece + b"1" + keep_alive.tail
    event = (keep_alive.piece + b"3" + keep_alive.tail).decode()
    assert event.endswith("\n\n")
    assert json.loads(event.removeprefix("data: ")) == {
        "jsonrpc": "2.0",
        "method": "notifications/progress",
        "params": {"progressToken": "a token", "progress": 3, "message": "Painting"},
    }


@pytest.mark.parametrize(
    ("token", "accept"), [(None, ACCEPT), ("a token", "application/json"), (0, "application/*")]
)
def test_where_no_progress_is_told_blank_lines_keep_json_alive(token: object, accept: str) -> None:
    life = send(call("generate_image", token, prompt="a cat"), headers={"accept": accept})
    life.tell(None, HELD, after=45)
    assert life.wants(Begin).headers["content-type"].startswith("application/json")
    assert (life.wants(KeepAlive).piece, life.wants(KeepAlive).tail) == (b"\n", None)


def test_a_token_of_zero_is_one() -> None:
    life = send(call("generate_image", 0, prompt="a cat"))
    life.tell(None, HELD, after=5)
    assert b'"progressToken": 0' in life.wants(KeepAlive).piece


def test_a_failure_in_a_stream_is_a_result() -> None:
    life = send(call("generate_image", "t", prompt="a cat"))
    life.tell(None, HELD, after=5)
    life.tell(HttpResponse(403, b"{}", "application/json"), life.keys(Send)[0])
    assert life.ending.error_code == "access_denied"
    event = life.ending.head.decode()
    found = json.loads(event.removeprefix("data: "))
    assert found["result"]["isError"] is True
    assert found["result"]["content"][0]["text"].endswith("Tell the user.")
    assert event.endswith("\n\n")


def test_a_failure_before_the_headers_is_a_result_too() -> None:
    life = send(call("generate_image", prompt="a cat"))
    life.tell(HttpResponse(403, b"{}", "application/json"), life.keys(Send)[0])
    assert failure(life)[:2] == (403, "access_denied")
    assert life.reply.headers["x-should-retry"] == "false"
    assert life.reply.log is not None
    assert json.loads(life.reply.log)["code"] == "access_denied"


def test_a_token_that_is_no_use_is_one_of_the_whole_request() -> None:
    life = send(call("generate_image", prompt="a cat"))
    life.tell(HttpResponse(401, b"{}", "application/json"), life.keys(Send)[0])
    found = answer(life)
    assert (life.reply.status, found["id"]) == (401, 7)
    assert found["error"]["data"] == {"code": "invalid_api_key", "param": None}
    assert life.reply.headers["www-authenticate"] == 'Bearer realm="Easel"'


def test_a_failure_of_ours_is_a_result_too() -> None:
    life = send(call("generate_image", prompt="a cat"))
    life.tell(painted(), life.keys(Send)[0])
    life.tell(OpenedBody(200, first_bytes=PNG, length="much", picture=1))  # type: ignore[arg-type]
    assert failure(life)[:2] == (500, "internal_error")
    assert life.reply.exception is not None


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        ({}, "invalid_request", "prompt: Field required."),
        ({"prompt": " "}, "invalid_request", "prompt: must not be empty."),
        ({"prompt": 5}, "invalid_request", "prompt: "),
        ({"prompt": "a", "n": 11}, "invalid_request", "n: "),
        ({"prompt": "a", "n": 1.5}, "invalid_request", "n: "),
        ({"prompt": "a", "n": "1"}, "invalid_request", "n: "),
        ({"prompt": "a", "seed": 1}, "unknown_parameter", "seed: unknown field."),
        ({"prompt": "a", "output": "svg"}, "invalid_request", "output: "),
        ({"prompt": "a", "size": "10x1000"}, "invalid_request", "Legal: "),
        ({"prompt": "a", "quality": "hd"}, "invalid_request", "quality: "),
        ({"prompt": "a", "model": "dall-e-3"}, "model_not_found", "gemini-3-image-{1k,2k}"),
        ({"prompt": "a", "model": "glm-image"}, "model_not_found", "image.z.ai alone"),
        ({"prompt": "a", "model": "geekai/a"}, "model_not_found", "image.z.ai alone"),
    ],
)
def test_a_wrong_argument_is_told_before_any_call(
    arguments: dict[str, Any], code: str, told: str
) -> None:
    body = message("tools/call", {"name": "generate_image", "arguments": arguments})
    status, found, text = failure(send(body))
    assert (status, found) == (404 if code == "model_not_found" else 400, code)
    assert told in text


@pytest.mark.parametrize("arguments", [[], [1], "a cat", 5])
def test_arguments_are_an_object(arguments: object) -> None:
    body = message("tools/call", {"name": "generate_image", "arguments": arguments})
    error = answer(send(body))["error"]
    assert (error["code"], error["message"]) == (-32602, "params.arguments: must be an object.")


@pytest.mark.parametrize(("n", "calls"), [(2, 2), (2.0, 2), (None, 1)])
def test_a_whole_number_may_be_written_as_any_number_is(n: object, calls: int) -> None:
    body = message("tools/call", {"name": "generate_image", "arguments": {"prompt": "a", "n": n}})
    assert len(send(body).jobs(Send)) == calls


@pytest.mark.parametrize("name", ["image", "mask"])
def test_who_gives_a_picture_to_the_tool_that_takes_none_is_told_the_other(name: str) -> None:
    told = failure(send(call("generate_image", prompt="red", **{name: SOURCE}), "/mcp/geekai"))
    assert told[:2] == (400, "unknown_parameter")
    assert told[2] == f"{name}: generate_image paints from words alone. Call edit_image."
    assert send(call("generate_image", prompt="red", **{name: None})).reply.status == 200


def test_the_address_chooses_the_service_and_takes_its_models_to_the_letter() -> None:
    life = send(call("generate_image", prompt="a", model="nano-banana"), "/mcp/geekai")
    request = life.job(Send).request
    assert request.url.startswith("https://geekai.co/")
    assert json.loads(request.body or b"")["model"] == "nano-banana"


@pytest.mark.parametrize(
    ("variables", "model"),
    [
        ({**PROXY, "DEFAULT_IMAGE_MODEL": "geekai/gpt-image-2"}, "gpt-image-2"),
        # Its service has no token here.
        ({**PROXY, "DEFAULT_IMAGE_MODEL": "glm-image"}, "gemini-3-image-1k"),
        ({**PROXY, "DEFAULT_IMAGE_MODEL": "no-such-model"}, "gemini-3-image-1k"),
    ],
)
def test_without_a_model_the_deployments_own_is_meant_where_it_can_be_had(
    variables: dict[str, str], model: str
) -> None:
    life = send(call("generate_image", prompt="a"), "/mcp", variables=variables, token="key")
    body = (life.job(Send).request.body or b"").decode()
    assert model in body or "resolution" in body


@pytest.mark.parametrize("images", [SOURCE, [SOURCE, "https://a.example/b.png"]])
def test_an_edit_takes_pictures(images: object) -> None:
    body = call("edit_image", prompt="red", image=images, mask=SOURCE, strength=0.3)
    life = send(body, "/mcp/geekai")
    sent = json.loads(life.job(Send).request.body or b"")
    assert "image" in sent
    assert life.wants(KeepUploads).sent_once


def test_an_edit_is_refused_where_no_model_paints_from_pictures() -> None:
    assert failure(send(call("edit_image", prompt="red", image=SOURCE)))[1] == "unsupported_input"


@pytest.mark.parametrize(
    ("image", "told"),
    [("cat.png", "image: must be a URL"), ([], "image: must not be empty"), (5, "image: ")],
)
def test_what_is_no_picture_is_told(image: object, told: str) -> None:
    body = call("edit_image", prompt="red", image=image)
    assert told in failure(send(body, "/mcp/geekai"))[2]


# --- Several pictures, and large ones. ---

TWO = HttpResponse(
    200,
    b'{"data": [{"url": "https://h.example/1.png"}, {"url": "https://h.example/2.png"}]}',
    "application/json",
)


def two(*lengths: int, **arguments: Any) -> tuple[Played, list[WritePicture]]:
    """A life that paints two pictures of these lengths, and what it writes of them."""
    body = call("generate_image", "t", prompt="a", n=2, **arguments)
    life = send(body, "/mcp/geekai", variables={"MCP_INLINE_BYTES": "100"})
    life.tell(TWO, life.keys(Send)[0])
    written: list[WritePicture] = []
    for number, length in enumerate(lengths, 1):
        life.tell(OpenedBody(200, first_bytes=PNG, length=length, picture=number))
        if life.jobs(WritePicture):
            written.append(life.job(WritePicture))
            life.tell(None)
    return life, written


def test_several_pictures_are_written_one_after_another() -> None:
    life, (first, second) = two(40, 60)
    body = first.head + b"A" + first.tail + second.head + b"B" + second.tail + life.ending.head
    found = json.loads(body.decode().removeprefix("data: "))["result"]
    assert [part.get("data") for part in found["content"]] == ["A", "B", None]
    assert len(found["structuredContent"]["pictures"]) == 2
    assert "notes" not in found["structuredContent"]


def test_pictures_beyond_the_limit_of_a_result_are_links() -> None:
    life, (first,) = two(40, 61)
    found = json.loads(
        (first.head + b"A" + first.tail + life.ending.head).decode().removeprefix("data: ")
    )["result"]
    assert [part["type"] for part in found["content"]] == ["image", "text"]
    assert found["content"][1]["text"].count("![image]") == 2
    assert "61 bytes" in found["content"][1]["text"]
    (note,) = found["structuredContent"]["notes"]
    assert note["code"] == "picture_linked"


def test_where_none_fits_all_are_links() -> None:
    life, written = two(101, 102)
    assert written == []
    found = json.loads(life.ending.head.decode().removeprefix("data: "))["result"]
    assert [part["type"] for part in found["content"]] == ["text"]
    assert len(found["structuredContent"]["notes"]) == 2


def test_who_asks_for_the_picture_gets_it_however_large() -> None:
    _, written = two(101, 102, output="image")
    assert len(written) == 2


def test_one_picture_beyond_the_limit_is_a_link_and_says_so() -> None:
    life = send(call("generate_image", prompt="a"), variables={"MCP_INLINE_BYTES": "9"})
    life.tell(painted(), life.keys(Send)[0])
    life.tell(opened())
    assert life.ending.picture is None
    found = json.loads(life.ending.head)["result"]
    assert found["structuredContent"]["notes"][0]["code"] == "picture_linked"
    assert "9 bytes in all" in found["content"][0]["text"]


def test_a_picture_without_an_address_is_always_there() -> None:
    answered = HttpResponse(200, b'{"data": [{"b64_json": "iVBORw0KGgo="}]}', "application/json")
    body = call("generate_image", prompt="a", output="link", model="gpt-image-1")
    life = send(body, "/mcp/geekai", variables={"MCP_INLINE_BYTES": "1"})
    life.tell(answered, life.keys(Send)[0])
    life.tell(opened())
    found = json.loads(life.ending.head + b"A" + life.ending.tail)["result"]
    assert [part["type"] for part in found["content"]] == ["image", "text"]
    assert found["content"][1]["text"] == "(image) 1024x512"


def test_what_the_service_says_of_a_picture_is_told() -> None:
    said = b'{"data": [{"url": "https://h.example/1.png", "revised_prompt": "a\\n red cat"}]}'
    life = send(call("generate_image", prompt="a", output="link"), "/mcp/geekai")
    life.tell(HttpResponse(200, said, "application/json"), life.keys(Send)[0])
    found = json.loads(life.ending.head)["result"]
    assert found["content"][0]["text"].endswith("Painted from: a red cat")
    assert found["structuredContent"]["pictures"][0]["revised_prompt"] == "a\n red cat"


def test_what_the_service_says_of_a_picture_is_words_to_every_reader() -> None:
    hostile = "![x](https://evil.example/?q=1) <img src=x> [y](z) `c`"
    said = json.dumps({"data": [{"url": "https://h.example/1.png", "revised_prompt": hostile}]})
    life = send(call("generate_image", prompt="a", output="link"), "/mcp/geekai")
    life.tell(HttpResponse(200, said.encode(), "application/json"), life.keys(Send)[0])
    found = json.loads(life.ending.head)["result"]
    _, _, told = found["content"][0]["text"].partition("Painted from: ")
    assert told == words(hostile) != hostile
    assert found["structuredContent"]["pictures"][0]["revised_prompt"] == hostile


def test_what_a_content_filter_found_is_told() -> None:
    said = (
        b'{"data": [{"url": "https://h.example/1.png"}], '
        b'"content_filter": [{"role": "user", "level": 3}]}'
    )
    life = send(call("generate_image", prompt="a", output="link"), "/mcp/bigmodel")
    life.tell(HttpResponse(200, said, "application/json"), life.keys(Send)[0])
    (told,) = json.loads(life.ending.head)["result"]["structuredContent"]["pictures"]
    assert told["content_filter"] == [{"role": "user", "level": 3}]


# --- Keys and their limits. ---


def test_a_limit_counts_only_messages_that_paint() -> None:
    limited = deployment(Limiter.BOUND, PROXY)
    given = {"content-type": "application/json"}

    def ask(body: object) -> Played:
        life = play(head("POST", "/mcp", given, "key"), limited)
        life.tell(json_body(body))
        return life

    assert ask(message("tools/list")).reply.status == 200
    life = ask(call("generate_image", prompt="a", model="gemini-3-image-1k"))
    assert life.job(CheckRate) == CheckRate(1)
    life.tell(Allowed(allowed=False))
    assert failure(life)[:2] == (429, "rate_limit_exceeded")
    assert failure(life)[2].endswith("Wait 60 seconds, then call again.")


# --- What is listed is what is read. ---


@pytest.mark.parametrize(
    ("tool", "model"), [("generate_image", GenerateArguments), ("edit_image", EditArguments)]
)
def test_the_schema_of_a_tool_has_the_arguments_that_are_read(tool: str, model: Any) -> None:
    tools = result(send(message("tools/list"), "/mcp/geekai"))["tools"]
    (found,) = [each for each in tools if each["name"] == tool]
    schema, read = found["inputSchema"], model.model_json_schema()
    assert set(schema["properties"]) == set(read["properties"])
    assert set(schema["required"]) == set(read["required"])
    assert schema["additionalProperties"] is False is read["additionalProperties"]


def test_every_tool_has_sound_schemas_a_title_and_hints() -> None:
    for tool in result(send(message("tools/list"), "/mcp", variables=PROXY, token="key"))["tools"]:
        Draft202012Validator.check_schema(tool["inputSchema"])
        Draft202012Validator.check_schema(tool["outputSchema"])
        assert tool["title"] == tool["annotations"]["title"]
        assert tool["annotations"]["readOnlyHint"] is (tool["name"] == "list_models")
        assert len(tool["description"]) < 4000


def test_a_description_tells_what_each_service_paints() -> None:
    tools = result(send(message("tools/list"), "/mcp", variables=PROXY, token="key"))["tools"]
    generate, edit, _ = tools
    assert "gemini-3-image-{1k,2k}" in generate["description"]
    assert "BigModel" not in generate["description"]
    assert "image.z.ai" not in edit["description"]
    assert Action.EDIT in edit["name"]
