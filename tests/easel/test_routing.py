from __future__ import annotations

import pytest

from easel import routing
from easel.errors import MethodNotAllowed, ModelNotFound, PathNotFound
from easel.routing import Endpoint, route


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("POST", "/v1/chat/completions", (Endpoint.CHAT, "")),
        ("POST", "/v1/chat/completions/", (Endpoint.CHAT, "")),
        ("GET", "/v1/models", (Endpoint.MODEL_LIST, "")),
        ("GET", "/v1/models/", (Endpoint.MODEL_LIST, "")),
        ("GET", "/v1/models/gemini-3-image-1k", (Endpoint.MODEL, "gemini-3-image-1k")),
        ("GET", "/v1/models/a%2Fb", (Endpoint.MODEL, "a/b")),
        ("GET", "/health", (Endpoint.HEALTH, "")),
    ],
)
def test_each_endpoint_has_its_path(method: str, path: str, expected: tuple[Endpoint, str]) -> None:
    assert route(method, path) == expected


@pytest.mark.parametrize(
    "path", ["/", "", "/v1", "/v1/responses", "/v1/model", "/chat/completions"]
)
def test_any_other_path_is_not_found_and_the_endpoints_are_told(path: str) -> None:
    with pytest.raises(PathNotFound) as caught:
        route("GET", path)
    assert caught.value.status == 404
    assert "/v1/chat/completions" in caught.value.message


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("GET", "/v1/chat/completions", ("POST", "OPTIONS")),
        ("POST", "/v1/models", ("GET", "OPTIONS")),
        ("DELETE", "/v1/models/x", ("GET", "OPTIONS")),
        ("PROPFIND", "/health", ("GET", "OPTIONS")),
    ],
)
def test_a_wrong_method_is_told_the_right_one(
    method: str, path: str, allow: tuple[str, ...]
) -> None:
    with pytest.raises(MethodNotAllowed) as caught:
        route(method, path)
    assert (caught.value.status, caught.value.allow) == (405, allow)


def test_a_model_is_listed_under_one_spelling() -> None:
    assert routing.model_entry("GEMINI-3-image-1K") == ("gemini-3-image-1k", "zai")
    assert len(routing.MODELS) == 16
    with pytest.raises(ModelNotFound):
        routing.model_entry("gpt-image-1")
