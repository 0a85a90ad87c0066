"""The sandbox as an HTTP application: the services' APIs, and the host of their pictures.

In: requests. Out: what the real services would answer.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Final

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from easel.services.table import TOKEN_HEADERS
from tools.sandbox import addresses, bigmodel, geekai, zai, zai_session, zhaotou
from tools.sandbox.faults import Fault, Faults
from tools.sandbox.state import Call, KeptPicture, Sandbox

_STALL_SECONDS: Final = 3600
_CHUNK_BYTES: Final = 64 * 1024
# What the real picture host was seen to refuse: what was meant for the API. A browser's own headers
# and cookies are none of it, and on 127.0.0.1 all ports share their cookies.
_CREDENTIALS: Final = TOKEN_HEADERS
_CREDENTIAL_COOKIE: Final = "session"


class BrokenOff(Exception):
    """A picture breaks off, as it was asked to: no error of the sandbox."""


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
    raise BrokenOff("the sandbox cuts this picture off, as it was asked to")


def _redirect_target(faults: Faults, request: Request) -> str | None:
    """Where else the picture is said to be; None where it is here."""
    hop = int(request.query_params.get("hop", "0"))
    url = request.url.include_query_params(hop=hop + 1)
    if Fault.PICTURE_LOOP in faults or (Fault.PICTURE_REDIRECT in faults and hop == 0):
        return str(url)
    if Fault.PICTURE_REDIRECT_INSIDE in faults and hop == 0:
        return addresses.inside(str(url), faults[Fault.PICTURE_REDIRECT_INSIDE])
    if Fault.PICTURE_DOWNGRADE in faults and hop == 0:
        return str(url.replace(scheme="ftp"))
    return None


def _serve_picture(kept: KeptPicture, request: Request, sandbox: Sandbox) -> Response:
    faults, content = kept.faults, kept.content
    target = _redirect_target(faults, request)
    if target is not None:
        redirect = Response(status_code=307)
        # As it is: RedirectResponse would encode what is not to be in an address.
        redirect.raw_headers.append((b"location", target.encode()))
        return redirect
    if Fault.PICTURE_MISSING in faults:
        return PlainTextResponse("NoSuchKey", 404)
    if Fault.PICTURE_TEXT in faults:
        return Response(b"this is no picture", media_type="image/png")
    length = {"content-length": str(len(content))}
    if Fault.PICTURE_CUT in faults:
        return StreamingResponse(_break_off(content, 0, request, sandbox), headers=length)
    if Fault.PICTURE_STALLED in faults:
        stalled = _break_off(content, _STALL_SECONDS, request, sandbox)
        return StreamingResponse(stalled, headers=length)
    if Fault.PICTURE_CHUNKED in faults:
        return StreamingResponse(_chunks(content))
    return Response(content, media_type="image/png")


async def _picture(request: Request, sandbox: Sandbox) -> Response:
    name = request.path_params["name"]
    expires = request.query_params.get("Expires", "")
    if (
        any(header in request.headers for header in _CREDENTIALS)
        or _CREDENTIAL_COOKIE in request.cookies
    ):
        return PlainTextResponse("AccessDenied: credentials", 403)
    if request.query_params.get("Signature") != sandbox.sign(name, expires):
        return PlainTextResponse("AccessDenied: signature", 403)
    kept = sandbox.pictures.get(name)
    return _serve_picture(kept, request, sandbox) if kept else PlainTextResponse("NoSuchKey", 404)


_HANDLERS: Final[dict[tuple[str, str], Callable[[Request, Sandbox], Awaitable[Response]]]] = {
    ("POST", zai.PATH): zai.paint,
    ("GET", zai_session.ADDRESS_PATH): zai_session.tell_address,
    ("POST", zai_session.APPROVAL_PATH): zai_session.approve,
    ("POST", zai_session.EXCHANGE_PATH): zai_session.exchange,
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
