"""The cheapest services there can be: each paints the same picture for every request.

The prompt says how many bytes the picture has; `base64` behind it has the picture stand in the
answer. Run as a process of its own, so that its work is not counted as that of who is measured.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import json
import sys
from typing import Final

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

_JPEG_START: Final = b"\xff\xd8\xff\xe0"

# As long as the addresses that clouds sign.
_SIGNATURE: Final = f"?Expires=1&Signature={'s' * 28}"


@functools.cache
def picture_of(length: int) -> bytes:
    """The picture of that many bytes."""
    return _JPEG_START + hashlib.shake_256(b"easel").digest(length - len(_JPEG_START))


def address_of(length: int) -> str:
    """Where the picture of that many bytes lies."""
    return f"https://pictures.example/{length}{_SIGNATURE}"


@functools.cache
def _answer_of(prompt: str) -> bytes:
    """What a service with OpenAI's API answers."""
    length, _, form = prompt.partition(" ")
    if form == "base64":
        item = {"b64_json": base64.b64encode(picture_of(int(length))).decode()}
    else:
        item = {"url": address_of(int(length))}
    return json.dumps({"created": 1, "data": [item]}).encode()


def _json(content: bytes) -> Response:
    return Response(content, media_type="application/json")


async def paint(request: Request) -> Response:
    """image.z.ai."""
    image = {"image_url": address_of(int((await request.json())["prompt"]))}
    answer = {"code": 200, "message": "Success", "data": {"image": image}, "timestamp": 1}
    return _json(json.dumps(answer).encode())


async def generate(request: Request) -> Response:
    """BigModel, Zhaotou and GeekAI. A picture to paint from is read and forgotten."""
    return _json(_answer_of((await request.json())["prompt"]))


async def store(request: Request) -> Response:
    """A KV namespace that takes everything and has nothing."""
    if request.method == "GET":
        return Response(status_code=404)
    async for _ in request.stream():
        pass
    return Response()


async def picture(request: Request) -> Response:
    """A picture of that many bytes."""
    return Response(picture_of(int(request.path_params["length"])), media_type="image/png")


if __name__ == "__main__":
    app = Starlette(
        routes=[
            Route("/api/proxy/images/generate", paint, methods=["POST"]),
            Route("/api/paas/v4/images/generations", generate, methods=["POST"]),
            Route("/api/v1/images/generations", generate, methods=["POST"]),
            Route("/v1/images/generations", generate, methods=["POST"]),
            Route("/{length:int}", picture),
            Route("/{key}", store, methods=["GET", "PUT"]),
        ]
    )
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="error", lifespan="off")
