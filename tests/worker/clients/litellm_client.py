"""Asks through LiteLLM whatever it is told to, and tells what came of it.

In: lines of JSON, each a list of asks that go side by side: `do` names the way, and the rest is
what LiteLLM's function is given; `leave_after` is when to cancel, in seconds. Out: for each line a
line with the outcomes: `text`, `inline` and `images` as they stand in the answer, or `error`,
`status`, `code` and `message` as LiteLLM raised them.

It runs in .easel/litellm, because LiteLLM wants an older openai than the newest.
"""

from __future__ import annotations

import asyncio
import base64
import io
import json
import sys
from collections.abc import Awaitable, Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

import litellm  # type: ignore[import-not-found]
from openai import OpenAIError

Seen = dict[str, Any]


def _seen(parts: Iterable[tuple[Any, Any]]) -> Seen:
    """The texts and pictures of (answer, message) pairs: the pieces of a stream, or all at once."""
    seen: Seen = {"text": "", "inline": [], "images": []}
    for answer, message in parts:
        seen["text"] += message.content or ""
        for candidate in getattr(answer, "candidates", None) or ():
            seen["inline"] += [part["inlineData"]["data"] for part in candidate["content"]["parts"]]
        for image in getattr(message, "images", None) or ():
            seen["images"].append(image["image_url"]["url"])
    return seen


def _whole(answer: Any) -> Seen:
    return _seen([(answer, answer.choices[0].message)])


def _pieces(chunks: Iterable[Any]) -> Seen:
    return _seen((chunk, chunk.choices[0].delta) for chunk in chunks)


def _images(answer: Any) -> Seen:
    """An answer of the images API: addresses stand as the text."""
    return {
        "text": "\n".join(image.url for image in answer.data if image.url),
        "inline": [image.b64_json for image in answer.data if image.b64_json],
        "images": [],
    }


async def acompletion(**given: Any) -> Seen:
    return _whole(await litellm.acompletion(**given))


async def astream(**given: Any) -> Seen:
    chunks = await litellm.acompletion(stream=True, **given)
    return _pieces([chunk async for chunk in chunks])


def completion(**given: Any) -> Seen:
    return _whole(litellm.completion(**given))


def stream(**given: Any) -> Seen:
    return _pieces(litellm.completion(stream=True, **given))


def image_generation(**given: Any) -> Seen:
    return _images(litellm.image_generation(**given))


def image_edit(*, image: str, **given: Any) -> Seen:
    return _images(litellm.image_edit(image=io.BytesIO(base64.b64decode(image)), **given))


def models(**given: Any) -> Seen:
    found = litellm.get_valid_models(
        check_provider_endpoint=True, custom_llm_provider="openai", **given
    )
    return {"text": "\n".join(found), "inline": [], "images": []}


_ASYNC_WAYS: Final[dict[str, Callable[..., Awaitable[Seen]]]] = {
    way.__name__: way for way in (acompletion, astream)
}
_WAYS: Final[dict[str, Callable[..., Seen]]] = {
    way.__name__: way for way in (completion, stream, image_generation, image_edit, models)
}


async def _outcome(do: str, *, leave_after: float | None = None, **given: Any) -> Seen:
    asking = (
        _ASYNC_WAYS[do](**given) if do in _ASYNC_WAYS else asyncio.to_thread(_WAYS[do], **given)
    )
    try:
        return await asyncio.wait_for(asking, leave_after)
    except (OpenAIError, TimeoutError) as error:
        return {
            "error": type(error).__name__,
            "status": getattr(error, "status_code", None),
            "code": getattr(error, "code", None),
            "message": str(error),
        }


async def _main() -> None:
    litellm.suppress_debug_info = True  # It is printed among the outcomes.
    # As many threads as there are ever asks side by side.
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(max_workers=32))
    while line := await asyncio.to_thread(sys.stdin.readline):
        outcomes = await asyncio.gather(*(_outcome(**ask) for ask in json.loads(line)))
        sys.stdout.write(json.dumps(outcomes) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(_main())
