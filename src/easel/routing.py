"""Which endpoint a request is for, and which service a model belongs to.

In: a method and a path. Out: an `Endpoint` and what the path names; `PathNotFound` or
`MethodNotAllowed`. One table.
"""

from __future__ import annotations

from enum import Enum, auto
from typing import Final
from urllib.parse import unquote

from easel.errors import MethodNotAllowed, PathNotFound
from easel.model_id import MODEL_IDS, parse_model_id
from easel.upstreams import zai


class Endpoint(Enum):
    """What Easel serves."""

    CHAT = auto()
    MODEL_LIST = auto()
    MODEL = auto()
    HEALTH = auto()


_TABLE: Final = {
    "/v1/chat/completions": ("POST", Endpoint.CHAT),
    "/v1/models": ("GET", Endpoint.MODEL_LIST),
    "/health": ("GET", Endpoint.HEALTH),
}

_MODEL_PREFIX: Final = "/v1/models/"

# (model, service): what `GET /v1/models` lists.
MODELS: Final = tuple((model, zai.NAME) for model in MODEL_IDS)


def route(method: str, path: str) -> tuple[Endpoint, str]:
    """The endpoint of a request, and the model that its path names ("" for most).

    `path` is as it stands in the URL, still percent-encoded.
    Raises PathNotFound, or MethodNotAllowed with the methods that are.
    """
    # Base URLs are typed by hand, and a slash too many is the usual slip.
    path = path.rstrip("/")
    rest = ""
    found = _TABLE.get(path)
    if found is None and path.startswith(_MODEL_PREFIX):
        found, rest = ("GET", Endpoint.MODEL), unquote(path.removeprefix(_MODEL_PREFIX))
    if found is None:
        raise PathNotFound(
            "Easel serves nothing here. A client's base URL ends in /v1; the endpoints are "
            "POST /v1/chat/completions, GET /v1/models, GET /v1/models/{id} and GET /health."
        )
    legal, endpoint = found
    if method != legal:
        raise MethodNotAllowed(f"Use {legal} here.", allow=(legal, "OPTIONS"))
    return endpoint, rest


def model_entry(model: str) -> tuple[str, str]:
    """(model, service) of one model, spelled as the list spells it. Raises ModelNotFound."""
    parse_model_id(model)
    return model.lower(), zai.NAME
