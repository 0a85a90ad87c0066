"""The cheapest image.z.ai and GeekAI there can be: the same picture for every request.

Run as a process of its own, so that its work is not counted as that of the Workers.
"""

from __future__ import annotations

import functools
import hashlib
import json
import sys

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

_JPEG_START = b"\xff\xd8\xff\xe0"


@functools.cache
def _picture(length: int) -> bytes:
    return _JPEG_START + hashlib.shake_256(b"easel").digest(length - len(_JPEG_START))


async def paint(request: Request) -> Response:
    """The prompt says how many bytes the picture has."""
    prompt = (await request.json())["prompt"]
    image = {"image_url": f"https://pictures.example/{prompt}?Expires=1&Signature={'s' * 28}"}
    answer = {"code": 200, "message": "Success", "data": {"image": image}, "timestamp": 1}
    return Response(json.dumps(answer), media_type="application/json")


async def edit(request: Request) -> Response:
    """GeekAI's edits; the picture that is sent is read and forgotten."""
    await request.body()
    return Response(
        json.dumps({"data": [{"url": "https://pictures.example/1000"}]}),
        media_type="application/json",
    )


async def picture(request: Request) -> Response:
    """A picture of that many bytes."""
    return Response(_picture(int(request.path_params["length"])), media_type="image/png")


if __name__ == "__main__":
    app = Starlette(
        routes=[
            Route("/api/proxy/images/generate", paint, methods=["POST"]),
            Route("/api/v1/images/generations", edit, methods=["POST"]),
            Route("/{length}", picture),
        ]
    )
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="error", lifespan="off")
