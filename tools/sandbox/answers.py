"""The recorded answers of `tests/wire`, and how the sandbox gives them.

In: a service's name, as its folder is called, and an answer's. Out: the answer as it was recorded
(`status`, `headers`, `body`), free to be changed, and the response that it makes.
"""

from __future__ import annotations

import gzip
import json
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, TypeAlias

from starlette.responses import Response

SAMPLES: Final = Path(__file__).resolve().parents[2] / "tests/wire"

Answer: TypeAlias = dict[str, Any]

# What a painted picture is in an answer: `url` or `b64_json`.
ImageResult: TypeAlias = Sequence[Mapping[str, str]]

# The client is gone, so nobody reads this; it is what nginx logs then.
GONE: Final = 499

_HUGE_BYTES: Final = 2_000_000


def sample(service: str, name: str) -> Answer:
    """A recorded answer. Raises FileNotFoundError for one that was not recorded."""
    text = (SAMPLES / service / f"{name}.json").read_text(encoding="utf-8")
    loaded: Answer = json.loads(text)
    return loaded


def respond(answer: Answer) -> Response:
    """The response that an answer makes; a body that is a text goes out as it is."""
    body = answer["body"]
    content = body if isinstance(body, str) else json.dumps(body)
    return Response(content, answer["status"], answer["headers"])


def say(host: str, message: str) -> None:
    """Tells on the terminal what Easel should not have sent, because Easel itself will not."""
    print(f"sandbox: {host} would refuse this: {message}", file=sys.stderr, flush=True)


def filled(service: str, painted: ImageResult) -> Answer:
    """The success of a service that answers as OpenAI does, with these pictures in its `data`."""
    name = "success_several" if len(painted) > 1 else "success"
    answer = sample(service, "success_base64" if "b64_json" in painted[0] else name)
    pattern = answer["body"]["data"][0]
    answer["body"]["created"] = int(time.time())
    answer["body"]["data"] = [{**pattern, **picture} for picture in painted]
    return answer


def of_status(service: str, status: int, names: Mapping[int, str]) -> Answer:
    """The error that a service gives with this HTTP status: by `names`, or else its 500."""
    answer = sample(service, names.get(status, "failed"))
    answer["status"] = status
    return answer


def packed(answer: Answer) -> Response:
    """An answer that is short on the wire and long when it is unpacked."""
    whole = respond(answer)
    body = gzip.compress(bytes(whole.body))
    return Response(body, answer["status"], {**answer["headers"], "content-encoding": "gzip"})


def huge(answer: Answer) -> Answer:
    """The same answer in megabytes: spaces before JSON mean nothing, but they must be received."""
    return {**answer, "body": " " * _HUGE_BYTES + json.dumps(answer["body"])}
