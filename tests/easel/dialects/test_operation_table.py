from __future__ import annotations

import pytest

from easel.dialects.gemini_errors import GEMINI
from easel.dialects.gemini_interactions_errors import GEMINI_INTERACTIONS
from easel.dialects.openai_errors import OPENAI
from easel.errors import MethodNotAllowed, PathNotFound
from easel.routing import TABLE


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("POST", "/v1/chat/completions", ("chat", "")),
        ("POST", "/v1/chat/completions/", ("chat", "")),
        ("POST", "/v1//chat/completions", ("chat", "")),
        ("POST", "/v1/images/generations", ("generations", "")),
        ("POST", "/v1/images/edits", ("edits", "")),
        ("POST", "/v1/images/variations", ("variations", "")),
        ("GET", "/v1/images/geekai-1", ("task", "geekai-1")),
        ("GET", "/v1/responses/resp_1", ("response", "resp_1")),
        ("DELETE", "/responses/resp_1", ("response_delete", "resp_1")),
        ("POST", "/v1/responses/resp_1/cancel", ("response_cancel", "resp_1")),
        ("GET", "/v1/responses/resp_1/input_items", ("response_items", "resp_1")),
        ("GET", "/v1/models", ("model_list", "")),
        ("GET", "/v1/models/", ("model_list", "")),
        ("GET", "/v1/models/glm-image", ("model", "glm-image")),
        ("GET", "/v1/models/geekai%2Fa", ("model", "geekai/a")),
        ("GET", "/v1/models/geekai/a", ("model", "geekai/a")),
        ("POST", "/v1/models/a:generateContent", ("gemini", "a")),
        ("POST", "/v1beta/models/geekai/a:generateContent", ("gemini", "geekai/a")),
        (
            "POST",
            "/v1beta/models/geekai%2Fa:streamGenerateContent",
            ("gemini_stream", "geekai/a"),
        ),
        ("POST", "/v1beta/models/a%3AgenerateContent", ("gemini", "a")),
        ("POST", "/v1/models/a:streamGenerateContent", ("gemini_stream", "a")),
        ("GET", "/v1beta/models", ("gemini_model_list", "")),
        ("GET", "/v1beta/models/a", ("gemini_model", "a")),
        ("GET", "/health", ("health", "")),
        ("HEAD", "/health", ("health", "")),
        # Base URLs with a version too many, or none.
        ("POST", "/v1/v1/chat/completions", ("chat", "")),
        ("POST", "/chat/completions", ("chat", "")),
        ("POST", "/v1beta/openai/chat/completions", ("chat", "")),
        ("POST", "//images/edits", ("edits", "")),
        ("GET", "/models", ("model_list", "")),
        ("POST", "/v1beta/openai/v1/chat/completions", ("chat", "")),
        ("GET", "/v1/v1beta/models", ("gemini_model_list", "")),
        ("GET", "/v1beta/v1/models", ("model_list", "")),
        ("POST", "/models/a:generateContent", ("gemini", "a")),
        # Gemini's other versions, and what its clients ask beside.
        ("POST", "/v1/models/a:countTokens", ("count_tokens", "a")),
        ("POST", "/v1beta/models/geekai/a:countTokens", ("count_tokens", "geekai/a")),
        ("GET", "/v1alpha/models", ("gemini_model_list", "")),
        ("POST", "/v1alpha/models/a:generateContent", ("gemini", "a")),
        ("GET", "/v1/v1alpha/models/a", ("gemini_model", "a")),
        ("POST", "/v1alpha/openai/chat/completions", ("chat", "")),
        # Gemini's Interactions, at the paths that google-genai asks.
        ("POST", "/v1/interactions", ("interactions", "")),
        ("POST", "/v1beta/interactions", ("interactions", "")),
        ("POST", "/v1alpha/interactions", ("interactions", "")),
        ("POST", "/v1/v1beta/interactions/", ("interactions", "")),
        ("POST", "/interactions", ("interactions", "")),
        ("POST", "/v1beta1/projects/p:1/locations/global/interactions", ("interactions", "")),
        ("GET", "/v1/interactions/req_1", ("interaction", "req_1")),
        ("DELETE", "/v1beta/interactions/req_1", ("interaction_delete", "req_1")),
        ("POST", "/v1/interactions/req_1/cancel", ("interaction_cancel", "req_1")),
        ("GET", "/v1beta1/projects/p/locations/l/interactions/req_1", ("interaction", "req_1")),
        # Vertex AI's.
        ("POST", "/v1beta1/models/a:generateContent", ("gemini", "a")),
        ("GET", "/v1beta1/publishers/google/models", ("gemini_model_list", "")),
        ("GET", "/v1/publishers/google/models/a", ("gemini_model", "a")),
        *(
            (
                "POST",
                f"/{version}{project}/publishers/{publisher}/models/a:{method}",
                (operation, name),
            )
            for version in ("v1beta1", "v1", "v1beta")
            for project in ("", "/projects/my-project:1/locations/us-central1")
            for publisher, name in (("google", "a"), ("geekai", "geekai/a"))
            for method, operation in (
                ("generateContent", "gemini"),
                ("streamGenerateContent", "gemini_stream"),
                ("countTokens", "count_tokens"),
            )
        ),
    ],
)
def test_each_operation_has_its_path(method: str, path: str, expected: tuple[str, str]) -> None:
    found = TABLE.route(method, path)
    assert (found.operation.name, found.name) == expected


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "",
        "/v1",
        "/v1/model",
        "/completions",
        "/v1/v2/models",
        "/v1beta",
        "/v1/v1",
        "/v1beta/models/a:embedContent",
        "/v1alpha",
        "/v1gamma/models",
        "/v1beta1/projects/p/models/a:generateContent",
        "/v1beta1/publishers/google",
        "/v1beta1/publishers/nobody/models",
    ],
)
def test_any_other_path_is_not_found_and_the_endpoints_are_told(path: str) -> None:
    with pytest.raises(PathNotFound) as caught:
        TABLE.route("GET", path)
    assert caught.value.status == 404
    assert "POST /v1/chat/completions" in caught.value.message


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("GET", "/v1/chat/completions", ("POST", "OPTIONS")),
        ("POST", "/v1/models", ("GET", "HEAD", "OPTIONS")),
        ("DELETE", "/v1/models/x", ("GET", "HEAD", "OPTIONS")),
        ("GET", "/v1beta/models/x:generateContent", ("POST", "OPTIONS")),
        ("GET", "/v1/images/edits", ("POST", "OPTIONS")),
        ("PROPFIND", "/health", ("GET", "HEAD", "OPTIONS")),
        ("PUT", "/v1/interactions/req_1", ("GET", "HEAD", "DELETE", "OPTIONS")),
        ("GET", "/v1/interactions/req_1/cancel", ("POST", "OPTIONS")),
        ("POST", "/pictures/x", ("GET", "HEAD", "DELETE", "OPTIONS")),
    ],
)
def test_a_wrong_method_is_told_the_right_one(
    method: str, path: str, allow: tuple[str, ...]
) -> None:
    with pytest.raises(MethodNotAllowed) as caught:
        TABLE.route(method, path)
    assert (caught.value.status, caught.value.allow) == (405, allow)


def test_a_path_with_several_methods_names_them_all() -> None:
    with pytest.raises(MethodNotAllowed, match=r"^Use GET or DELETE\.$"):
        TABLE.route("PATCH", "/v1/interactions/req_1")


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/v1beta/models", True),
        ("/v1beta/nothing", True),
        ("//v1beta//models", True),
        ("/v1/models/a/b:generateContent", True),
        ("/v1/models/a:streamGenerateContent", True),
        ("/v1/models/a:predict", True),
        ("/v1/models/a:generateContent/", True),
        ("/v1/models", False),
        ("/v1/models/a", False),
        ("/v1/chat/completions", False),
        ("/v1alpha/nothing", True),
        ("/v1beta1/publishers/google/models", True),
        ("/v1/publishers/google/models/a", True),
    ],
)
def test_errors_are_told_in_the_dialect_of_the_path(path: str, *, expected: bool) -> None:
    assert TABLE.dialect_at(path) is (GEMINI if expected else OPENAI)


@pytest.mark.parametrize(
    "path",
    [
        "/v1/interactions",
        "/v1beta/interactions",
        "/v1alpha/interactions/req_1",
        "/v1/interactions/req_1/cancel",
        "/v1/interactions/req_1:cancel",
        "/v1beta1/projects/p/locations/l/interactions",
    ],
)
def test_the_interactions_api_has_errors_of_its_own(path: str) -> None:
    assert TABLE.dialect_at(path) is GEMINI_INTERACTIONS
    assert TABLE.dialect_at(path, ("x-goog-api-key",)) is GEMINI_INTERACTIONS
    assert TABLE.dialect_at(path.replace("interactions", "interaction")) is not GEMINI_INTERACTIONS


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/v1/models", True),
        ("/v1/models/a", True),
        ("/v1/nothing", True),
        ("/v1beta/models", True),
        # These are OpenAI's own, wherever the key stands.
        ("/v1/chat/completions", False),
        ("/v1/images/generations", False),
        ("/v1/images", False),
        ("/health", False),
    ],
)
def test_under_v1_googles_own_header_tells_the_dialect(path: str, *, expected: bool) -> None:
    headers = ("authorization", "x-goog-api-key")
    assert TABLE.dialect_at(path, headers) is (GEMINI if expected else OPENAI)
    assert TABLE.dialect_at(path, headers) in TABLE.dialects_at(path)


def test_a_preflight_is_told_all_methods() -> None:
    assert TABLE.methods == ("DELETE", "GET", "POST", "OPTIONS")
