"""The sandbox as an HTTP application: the services' APIs, and the host of their pictures.

In: requests. Out: what the real services would answer.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Final

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from tools.sandbox import bigmodel, geekai, zai, zhaotou
from tools.sandbox.faults import Fault
from tools.sandbox.state import Call, KeptPicture, Sandbox

_STALL_SECONDS: Final = 3600
_CHUNK_BYTES: Final = 64 * 1024
# What the real picture host was seen to refuse: anything that was meant for the API.
_CREDENTIALS: Final = ("cookie", "authorization", "geekai-api-key", "origin", "referer")


async def _record(request: Request, sandbox: Sandbox) -> None:
    headers = dict(request.headers)
    call = Call(request.method, str(request.url), headers, await request.body())
    sandbox.calls.append(call)
    request.state.call = call


async def _chunks(content: bytes) -> AsyncIterator[bytes]:
    for at in range(0, len(content), _CHUNK_BYTES):
        yield content[at : at + _CHUNK_BYTES]


async def _break_off(
    content: bytes, pause_seconds: float, request: Request, sandbox: Sandbox
) -> AsyncIterator[bytes]:
    """Half of a picture, then nothing: with a Content-Length that promises all of it."""
    async for chunk in _chunks(content[: len(content) // 2]):
        yield chunk
    await sandbox.still_there_after(pause_seconds, request)
    raise ConnectionAbortedError("the sandbox cuts this picture off, as it was asked to")


def _serve_picture(kept: KeptPicture, request: Request, sandbox: Sandbox) -> Response:
    hop = int(request.query_params.get("hop", "0"))
    length = {"content-length": str(len(kept.content))}
    match kept.fault:
        case Fault.PICTURE_MISSING:
            return PlainTextResponse("NoSuchKey", 404)
        case Fault.PICTURE_FLAKY if next(sandbox.flaky):
            return PlainTextResponse("NoSuchKey", 404)
        case Fault.PICTURE_TEXT:
            return Response(b"this is no picture", media_type="image/png")
        case Fault.PICTURE_CUT:
            return StreamingResponse(_break_off(kept.content, 0, request, sandbox), headers=length)
        case Fault.PICTURE_STALLED:
            stalled = _break_off(kept.content, _STALL_SECONDS, request, sandbox)
            return StreamingResponse(stalled, headers=length)
        case Fault.PICTURE_CHUNKED:
            return StreamingResponse(_chunks(kept.content))
        case Fault.PICTURE_LOOP:
            return RedirectResponse(str(request.url.include_query_params(hop=hop + 1)))
        case Fault.PICTURE_REDIRECT if hop == 0:
            return RedirectResponse(str(request.url.include_query_params(hop=1)))
        case Fault.PICTURE_DOWNGRADE if hop == 0:
            return RedirectResponse(
                str(request.url.include_query_params(hop=1).replace(scheme="ftp"))
            )
        case _:
            return Response(kept.content, media_type="image/png")


async def _picture(request: Request, sandbox: Sandbox) -> Response:
    name = request.path_params["name"]
    expires = request.query_params.get("Expires", "")
    if any(header in request.headers for header in _CREDENTIALS):
        return PlainTextResponse("AccessDenied: credentials", 403)
    if request.query_params.get("Signature") != sandbox.sign(name, expires):
        return PlainTextResponse("AccessDenied: signature", 403)
    kept = sandbox.pictures.get(name)
    return _serve_picture(kept, request, sandbox) if kept else PlainTextResponse("NoSuchKey", 404)


_HANDLERS: Final[dict[tuple[str, str], Callable[[Request, Sandbox], Awaitable[Response]]]] = {
    ("POST", zai.PATH): zai.paint,
    ("POST", bigmodel.PATH): bigmodel.paint,
    ("POST", bigmodel.ASYNC_PATH): bigmodel.start_task,
    ("GET", bigmodel.TASK_PATH): bigmodel.poll,
    ("POST", zhaotou.GENERATIONS_PATH): zhaotou.generate,
    ("POST", zhaotou.EDITS_PATH): zhaotou.edit,
    ("POST", zhaotou.VARIATIONS_PATH): zhaotou.vary,
    ("POST", geekai.PATH): geekai.paint,
    ("GET", geekai.TASK_PATH): geekai.poll,
    ("GET", "/z_image/{name}"): _picture,
}


def create_app(sandbox: Sandbox) -> Starlette:
    """The application, over the state that it fills."""

    def route(
        method: str, path: str, handler: Callable[[Request, Sandbox], Awaitable[Response]]
    ) -> Route:
        async def endpoint(request: Request) -> Response:
            await _record(request, sandbox)
            return await handler(request, sandbox)

        return Route(path, endpoint, methods=[method])

    return Starlette(routes=[route(*place, handler) for place, handler in _HANDLERS.items()])
