"""The official Python client of MCP against Easel on workerd."""

from __future__ import annotations

import asyncio
import base64
import json
import re
import shlex
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, Final, TypeVar

import pytest
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared._httpx_utils import create_mcp_http_client
from mcp.shared.exceptions import MCPError
from mcp_types import CallToolResult, ImageContent, TextContent

from tests.worker.clients.scenes import last_painted, was_asked, were_abandoned
from tests.worker.conftest import TOKEN, Easel, Internet
from tests.worker.dialects import png
from tools.runtime.workerd import PROJECT

MODES: Final = ("legacy", "2026-07-28", "auto")
VERSIONS: Final = {"legacy": "2025-11-25", "2026-07-28": "2026-07-28", "auto": "2026-07-28"}

each_mode = pytest.mark.parametrize("mode", MODES)

_Told = TypeVar("_Told")
Asking = Callable[[Client], Awaitable[_Told]]


@asynccontextmanager
async def connected(
    easel: Easel, mode: Any, service: str = "zai", token: str = TOKEN
) -> AsyncIterator[Client]:
    """A client of one revision, which sends a key as users configure it."""
    url = f"{easel.url}/mcp/{service}".removesuffix("/")
    headers = {"authorization": f"Bearer {token}"}
    async with create_mcp_http_client(headers) as http:
        transport = streamable_http_client(url, http_client=http)
        async with Client(transport, mode=mode) as client:
            yield client


def ask(easel: Easel, mode: str, asking: Asking[_Told], **options: Any) -> _Told:
    async def asked() -> _Told:
        async with connected(easel, mode, **options) as client:
            return await asking(client)

    return asyncio.run(asked())


def picture(result: CallToolResult) -> bytes:
    """The one picture of a result that is no error."""
    assert not result.is_error, result.content
    (only,) = [part for part in result.content if isinstance(part, ImageContent)]
    return base64.b64decode(only.data, validate=True)


async def ignored(progress: float, total: float | None, message: str | None) -> None:
    """What makes the answer a stream."""


def text(result: CallToolResult) -> str:
    (only,) = [part for part in result.content if isinstance(part, TextContent)]
    return only.text


@each_mode
def test_the_python_client_connects_and_lists_tools(easel: Easel, mode: str) -> None:
    async def listed(client: Client) -> tuple[str, list[str]]:
        tools = (await client.list_tools()).tools
        return client.protocol_version, [tool.name for tool in tools]

    version, tools = ask(easel, mode, listed, service="geekai")
    assert version == VERSIONS[mode]
    assert tools == ["generate_image", "edit_image", "list_models"]


def test_the_python_client_is_told_the_address_where_a_token_needs_one(easel: Easel) -> None:
    async def nothing(client: Client) -> None:
        raise AssertionError(client.protocol_version)

    with pytest.raises(ExceptionGroup) as caught:
        ask(easel, "legacy", nothing, service="")
    assert caught.group_contains(MCPError, match="/mcp/zai")


@each_mode
def test_the_python_client_paints(easel: Easel, internet: Internet, marker: str, mode: str) -> None:
    async def paint(client: Client) -> CallToolResult:
        # What is structured is held against the schema that was listed.
        await client.list_tools()
        return await client.call_tool("generate_image", {"prompt": marker})

    result = ask(easel, mode, paint)
    link, painted = last_painted(internet)
    assert picture(result) == painted
    assert link in text(result)
    assert result.structured_content is not None
    (told,) = result.structured_content["pictures"]
    assert link in told["url"]
    assert told["size"]


@each_mode
@pytest.mark.parametrize("service", ["zhaotou", "geekai"])
def test_the_python_client_edits(
    easel: Easel, internet: Internet, marker: str, mode: str, service: str
) -> None:
    source = base64.b64encode(png()).decode()

    async def edit(client: Client) -> CallToolResult:
        return await client.call_tool("edit_image", {"prompt": marker, "image": source})

    result = ask(easel, mode, edit, service=service)
    assert picture(result) == last_painted(internet)[1]
    assert len(internet.calls(marker)) == 1


@each_mode
def test_the_python_client_sees_progress(easel: Easel, marker: str, mode: str) -> None:
    seen: list[tuple[float, str | None]] = []

    async def told(progress: float, total: float | None, message: str | None) -> None:
        del total
        seen.append((progress, message))

    async def paint(client: Client) -> CallToolResult:
        arguments = {"prompt": f"sandbox:slow=2 {marker}"}
        return await client.call_tool("generate_image", arguments, progress_callback=told)

    picture(ask(easel, mode, paint))
    assert len(seen) >= 2
    assert [done for done, _ in seen] == list(range(1, len(seen) + 1))
    assert {message for _, message in seen} == {"Painting"}


@each_mode
def test_the_python_client_waits_for_a_slow_picture_without_progress(
    easel: Easel, marker: str, mode: str
) -> None:
    async def paint(client: Client) -> CallToolResult:
        return await client.call_tool("generate_image", {"prompt": f"sandbox:slow=2 {marker}"})

    picture(ask(easel, mode, paint))


@pytest.mark.parametrize("mode", ["2026-07-28", "auto"])
def test_the_python_client_cancels_and_the_call_ends(
    easel: Easel, internet: Internet, marker: str, mode: str
) -> None:
    async def leave(client: Client) -> None:
        arguments = {"prompt": f"sandbox:slow=5 {marker}"}

        calling = asyncio.ensure_future(
            client.call_tool("generate_image", arguments, progress_callback=ignored)
        )
        assert await asyncio.to_thread(was_asked, internet, marker)
        await asyncio.sleep(1)
        calling.cancel()
        # The client lives on: it is the call that ends.
        assert await asyncio.to_thread(were_abandoned, internet, marker)

    ask(easel, mode, leave)


def test_the_python_client_of_a_handshake_ends_the_call_when_it_leaves(
    easel: Easel, internet: Internet, marker: str
) -> None:
    async def leave(client: Client) -> None:
        arguments = {"prompt": f"sandbox:slow=5 {marker}"}
        calling = asyncio.ensure_future(client.call_tool("generate_image", arguments))
        assert await asyncio.to_thread(was_asked, internet, marker)
        await asyncio.sleep(1.5)
        calling.cancel()

    ask(easel, "legacy", leave)
    assert were_abandoned(internet, marker)


@each_mode
def test_the_python_client_gets_a_failure_as_a_result(easel: Easel, marker: str, mode: str) -> None:
    async def paint(client: Client) -> CallToolResult:
        await client.list_tools()
        return await client.call_tool("generate_image", {"prompt": f"sandbox:refused {marker}"})

    result = ask(easel, mode, paint)
    assert result.is_error
    assert "Change the prompt" in text(result)
    assert marker not in text(result)


@each_mode
def test_the_python_client_gets_protocol_errors(easel: Easel, mode: str) -> None:
    async def call(client: Client) -> MCPError:
        with pytest.raises(MCPError) as caught:
            await client.call_tool("paint", {})
        return caught.value

    error = ask(easel, mode, call)
    assert (error.code, "generate_image" in error.message) == (-32602, True)


def test_the_python_client_takes_a_large_picture_as_a_link_beside_progress(
    easel: Easel, marker: str
) -> None:
    async def paint(client: Client) -> CallToolResult:
        arguments = {"prompt": f"sandbox:picture-bytes=3000000 {marker}"}
        return await client.call_tool("generate_image", arguments, progress_callback=ignored)

    result = ask(easel, "auto", paint)
    assert not result.is_error
    assert [part.type for part in result.content] == ["text"]
    assert "3000000 bytes" in text(result)


def test_the_python_client_uses_all_services_of_a_personal_proxy(proxy: Easel, marker: str) -> None:
    async def paint(client: Client) -> CallToolResult:
        arguments = {"prompt": marker, "model": "glm-image"}
        return await client.call_tool("generate_image", arguments)

    picture(ask(proxy, "auto", paint, service="", token="a-key"))


# --- What applications are told to write into their settings. ---


def settings() -> list[tuple[str, dict[str, str]]]:
    """Each block of the guide for an application: the address and the headers that are in it."""
    guide = (PROJECT / "docs" / "mcp.md").read_text("utf-8")
    chapter = guide.split("## Adding it to a client")[1].split("### Your own program")[0]
    found = []
    for language, text in re.findall(r"(?ms)^```(\w+)\n(.*?)^```", chapter):
        if language == "sh":
            words = shlex.split(text)
            (url,) = [word for word in words if word.startswith("https://")]
            found.append((url, dict([words[words.index("--header") + 1].split(": ")])))
            continue
        read = json.loads(text)
        (server,) = (read.get("mcpServers") or read["servers"]).values()
        if "command" in server:
            _, url, option, header = server["args"]
            assert option == "--header"
            name, value = header.split(":", 1)
            found.append((url, {name: server["env"][value.strip("${}")]}))
        else:
            found.append((server["url"], server["headers"]))
    return found


# What stands for a key in a block: a word, or what the application puts in its place.
_KEY: Final = re.compile(r"your-key|\$\{env:EASEL_KEY\}|\$\{input:easel\}|\$EASEL_KEY")


def test_what_applications_are_told_to_write_connects(easel: Easel) -> None:
    async def connects(url: str, headers: dict[str, str]) -> list[str]:
        async with create_mcp_http_client(headers) as http:
            transport = streamable_http_client(url, http_client=http)
            async with Client(transport) as client:
                return [tool.name for tool in (await client.list_tools()).tools]

    told = settings()
    assert len(told) == 5
    for url, headers in told:
        here = url.replace("https://easel.example.workers.dev", easel.url)
        assert here.startswith(f"{easel.url}/mcp/")
        with_key = {name: _KEY.sub(TOKEN, value) for name, value in headers.items()}
        assert with_key == {"Authorization": f"Bearer {TOKEN}"}
        assert "generate_image" in asyncio.run(connects(here, with_key))
