from __future__ import annotations

import pytest

from easel import routing
from easel.errors import MethodNotAllowed, ModelNotFound, PathNotFound, TaskNotFound
from easel.images.task_id import handed_out
from easel.routing import (
    Endpoint,
    Route,
    find_service,
    find_task,
    listed,
    named_by,
    route,
    speaks_gemini,
)
from easel.services.table import SERVICE_VARIABLES
from easel.settings import Settings, read_settings


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("POST", "/v1/chat/completions", Route(Endpoint.CHAT)),
        ("POST", "/v1/chat/completions/", Route(Endpoint.CHAT)),
        ("POST", "/v1//chat/completions", Route(Endpoint.CHAT)),
        ("POST", "/v1/images/generations", Route(Endpoint.GENERATIONS)),
        ("POST", "/v1/images/edits", Route(Endpoint.EDITS)),
        ("POST", "/v1/images/variations", Route(Endpoint.VARIATIONS)),
        ("GET", "/v1/images/geekai-1", Route(Endpoint.TASK, "geekai-1")),
        ("GET", "/v1/models", Route(Endpoint.MODEL_LIST)),
        ("GET", "/v1/models/", Route(Endpoint.MODEL_LIST)),
        ("GET", "/v1/models/glm-image", Route(Endpoint.MODEL, "glm-image")),
        ("GET", "/v1/models/geekai%2Fa", Route(Endpoint.MODEL, "geekai/a")),
        ("GET", "/v1/models/geekai/a", Route(Endpoint.MODEL, "geekai/a")),
        ("POST", "/v1/models/a:generateContent", Route(Endpoint.GEMINI, "a")),
        ("POST", "/v1beta/models/geekai/a:generateContent", Route(Endpoint.GEMINI, "geekai/a")),
        (
            "POST",
            "/v1beta/models/geekai%2Fa:streamGenerateContent",
            Route(Endpoint.GEMINI_STREAM, "geekai/a"),
        ),
        ("POST", "/v1beta/models/a%3AgenerateContent", Route(Endpoint.GEMINI, "a")),
        ("POST", "/v1/models/a:streamGenerateContent", Route(Endpoint.GEMINI_STREAM, "a")),
        ("GET", "/v1beta/models", Route(Endpoint.GEMINI_MODEL_LIST)),
        ("GET", "/v1beta/models/a", Route(Endpoint.GEMINI_MODEL, "a")),
        ("GET", "/health", Route(Endpoint.HEALTH)),
        ("HEAD", "/health", Route(Endpoint.HEALTH)),
        # Base URLs with a version too many, or none.
        ("POST", "/v1/v1/chat/completions", Route(Endpoint.CHAT)),
        ("POST", "/chat/completions", Route(Endpoint.CHAT)),
        ("POST", "/v1beta/openai/chat/completions", Route(Endpoint.CHAT)),
        ("POST", "//images/edits", Route(Endpoint.EDITS)),
        ("GET", "/models", Route(Endpoint.MODEL_LIST)),
        ("POST", "/v1beta/openai/v1/chat/completions", Route(Endpoint.CHAT)),
        ("GET", "/v1/v1beta/models", Route(Endpoint.GEMINI_MODEL_LIST)),
        ("GET", "/v1beta/v1/models", Route(Endpoint.MODEL_LIST)),
        ("POST", "/models/a:generateContent", Route(Endpoint.GEMINI, "a")),
        # Gemini's other versions, and what its clients ask beside.
        ("POST", "/v1/models/a:countTokens", Route(Endpoint.COUNT_TOKENS, "a")),
        ("POST", "/v1beta/models/geekai/a:countTokens", Route(Endpoint.COUNT_TOKENS, "geekai/a")),
        ("GET", "/v1alpha/models", Route(Endpoint.GEMINI_MODEL_LIST)),
        ("POST", "/v1alpha/models/a:generateContent", Route(Endpoint.GEMINI, "a")),
        ("GET", "/v1/v1alpha/models/a", Route(Endpoint.GEMINI_MODEL, "a")),
        ("POST", "/v1alpha/openai/chat/completions", Route(Endpoint.CHAT)),
        # Vertex AI's.
        ("POST", "/v1beta1/models/a:generateContent", Route(Endpoint.GEMINI, "a")),
        ("GET", "/v1beta1/publishers/google/models", Route(Endpoint.GEMINI_MODEL_LIST)),
        ("GET", "/v1/publishers/google/models/a", Route(Endpoint.GEMINI_MODEL, "a")),
        *(
            (
                "POST",
                f"/{version}{project}/publishers/{publisher}/models/a:{method}",
                Route(endpoint, name),
            )
            for version in ("v1beta1", "v1", "v1beta")
            for project in ("", "/projects/my-project:1/locations/us-central1")
            for publisher, name in (("google", "a"), ("geekai", "geekai/a"))
            for method, endpoint in (
                ("generateContent", Endpoint.GEMINI),
                ("streamGenerateContent", Endpoint.GEMINI_STREAM),
                ("countTokens", Endpoint.COUNT_TOKENS),
            )
        ),
    ],
)
def test_each_endpoint_has_its_path(method: str, path: str, expected: Route) -> None:
    assert route(method, path) == expected


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "",
        "/v1",
        "/v1/responses",
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
        route("GET", path)
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
    ],
)
def test_a_wrong_method_is_told_the_right_one(
    method: str, path: str, allow: tuple[str, ...]
) -> None:
    with pytest.raises(MethodNotAllowed) as caught:
        route(method, path)
    assert (caught.value.status, caught.value.allow) == (405, allow)


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
def test_errors_are_told_in_the_language_of_the_path(path: str, *, expected: bool) -> None:
    assert speaks_gemini(path) is expected


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
def test_under_v1_googles_own_header_tells_the_language(path: str, *, expected: bool) -> None:
    assert speaks_gemini(path, google_key=True) is expected


@pytest.mark.parametrize(
    ("model", "service", "own_name"),
    [
        ("gemini-3-image-1k", "zai", "gemini-3-image-1k"),
        ("zai/Gemini-3-Image-2K-16-9", "zai", "gemini-3-image-2k-16-9"),
        ("GLM-Image", "bigmodel", "glm-image"),
        ("bigmodel/CogView-4", "bigmodel", "cogview-4"),
        ("Gemini-3-Pro-Image-preview", "zhaotou", "gemini-3-pro-image-preview"),
        ("GPT-4o-image", "zhaotou", "gpt-4o-image"),
        ("Flux Kontext", "zhaotou", "flux-kontext"),
        # To the letter, since an id may differ from the guessed one in nothing else.
        ("Zhaotou/Seedream-4.5", "zhaotou", "Seedream-4.5"),
        ("zhaotou/Flux Kontext", "zhaotou", "Flux Kontext"),
        ("zhaotou/flux-kontext", "zhaotou", "flux-kontext"),
        ("geekai/GPT-Image-1", "geekai", "GPT-Image-1"),
        ("zhaotou/whatever-9", "zhaotou", "whatever-9"),
        ("geekai/gpt-image-1", "geekai", "gpt-image-1"),
        ("geekai/black-forest/flux", "geekai", "black-forest/flux"),
        ("geekai/glm-image", "geekai", "glm-image"),
        (" glm-image ", "bigmodel", "glm-image"),
        (" geekai / flux ", "geekai", "flux"),
    ],
)
def test_the_model_chooses_the_service(model: str, service: str, own_name: str) -> None:
    upstream, found = find_service(model)
    assert (upstream.name, found) == (service, own_name)


@pytest.mark.parametrize(
    "model",
    ["", "gpt-image-1", "gemini-3-image-4k", "zai/glm-image", "bigmodel/glm-9", "geekai/", "a/b"],
)
def test_a_model_of_no_service_is_not_found_and_what_is_legal_is_told(model: str) -> None:
    with pytest.raises(ModelNotFound) as caught:
        find_service(model)
    assert caught.value.param == "model"
    assert "gemini-3-image-{1k,2k}[-{1-1,3-4,4-3,16-9,9-16,21-9,9-21}]" in caught.value.message
    assert "geekai/<model>" in caught.value.message


@pytest.mark.parametrize(
    ("model", "service", "own_name"),
    [
        ("gpt-image-1", "geekai", "gpt-image-1"),
        ("cogview-4", "geekai", "cogview-4"),
        ("GLM-Image", "geekai", "GLM-Image"),
        ("black-forest/flux", "geekai", "black-forest/flux"),
        ("geekai/cogview-4", "geekai", "cogview-4"),
        # What stands in front says it too, and louder.
        ("bigmodel/cogview-4", "bigmodel", "cogview-4"),
        ("zhaotou/gpt-image-1", "zhaotou", "gpt-image-1"),
    ],
)
def test_a_token_in_a_services_own_header_names_the_service(
    model: str, service: str, own_name: str
) -> None:
    upstream, found = find_service(model, named_by(["authorization", "geekai-api-key"]))
    assert (upstream.name, found) == (service, own_name)


def test_no_other_header_names_a_service() -> None:
    assert named_by(["authorization", "x-api-key", "api-key", "x-goog-api-key", ""]) is None
    with pytest.raises(ModelNotFound):
        find_service(" ", named_by(["geekai-api-key"]))


PASS_THROUGH = Settings()
PROXY = Settings(easel_keys=("key",), tokens={"bigmodel": ("a",), "geekai": ("b",)})


def test_a_model_is_listed_under_one_spelling() -> None:
    models = routing.models(PASS_THROUGH)
    assert len(models) == len(set(models)) == 16 + 4 + 7 + 3
    for model, service in models:
        assert listed(model, PASS_THROUGH) == (model, service)
        if service != "geekai":
            assert listed(model.upper(), PASS_THROUGH) == (model, service)
    header = named_by(["geekai-api-key"])
    assert listed("gpt-image-1", PASS_THROUGH, header) == ("geekai/gpt-image-1", "geekai")
    assert listed("zhaotou/Flux Kontext", PASS_THROUGH) == ("zhaotou/Flux Kontext", "zhaotou")
    assert listed("zhaotou/flux-kontext", PASS_THROUGH) == ("flux-kontext", "zhaotou")
    assert listed("geekai/gpt-image-1", PASS_THROUGH) == ("geekai/gpt-image-1", "geekai")
    assert listed("zai/gemini-3-image-1k", PASS_THROUGH) == ("gemini-3-image-1k", "zai")


def test_the_models_that_geekais_document_names_are_listed_with_its_name_in_front() -> None:
    listed_ = [model for model, service in routing.models(PASS_THROUGH) if service == "geekai"]
    assert listed_ == ["geekai/gpt-image-1", "geekai/gpt-image-2", "geekai/doubao-seedream-4.0"]


def test_a_personal_proxy_lists_what_it_has_tokens_for() -> None:
    assert {service for _, service in routing.models(PROXY)} == {"bigmodel", "geekai"}
    assert listed("geekai/flux", PROXY) == ("geekai/flux", "geekai")
    with pytest.raises(ModelNotFound, match="no token for zai"):
        listed("gemini-3-image-1k", PROXY)


def test_tokens_without_keys_are_no_personal_proxy() -> None:
    assert routing.models(Settings(tokens={"zai": ("a",)})) == routing.models(PASS_THROUGH)


def test_each_service_has_its_own_tokens() -> None:
    given = {
        "EASEL_KEYS": "key",
        "ZAI_TOKENS": "z",
        "BIGMODEL_API_KEYS": "b",
        "ZHAOTOU_API_KEYS": "h",
        "GEEKAI_API_KEYS": "g",
    }
    pools = routing.token_pools(read_settings(given, SERVICE_VARIABLES), lambda: 0)
    assert {name: pool.choose(()) for name, pool in pools.items()} == {
        "zai": "z",
        "bigmodel": "b",
        "zhaotou": "h",
        "geekai": "g",
    }


@pytest.mark.parametrize("service", ["bigmodel", "geekai"])
@pytest.mark.parametrize("maker", ["", "0123abcd"])
@pytest.mark.parametrize("own_id", ["0190-8a_b.c", "a/b", "../c", "a~b", "猫 1", "?x=1#y", "%2e"])
def test_a_task_is_found_again_by_its_id_alone(service: str, maker: str, own_id: str) -> None:
    upstream, _ = find_service("glm-image" if service == "bigmodel" else "geekai/x")
    task_id = routing.task_prefix(upstream) + handed_out(own_id, maker)
    assert routing.route("GET", f"/v1/images/{task_id}").name == task_id
    found, *rest = find_task(task_id)
    assert (found.name, rest) == (service, [own_id, maker])


@pytest.mark.parametrize(
    "task_id",
    [
        *("", "1", "geekai", "geekai-", "zai-1", "nobody-1", "geekai-../x", "geekai-a/b"),
        *("geekai-a?b", "geekai-~0123abcd", "geekai-.", "geekai-..", "geekai-.Li4"),
    ],
)
def test_a_task_that_was_never_handed_out_costs_no_call(task_id: str) -> None:
    with pytest.raises(TaskNotFound):
        find_task(task_id)
