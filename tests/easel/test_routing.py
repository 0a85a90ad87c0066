from __future__ import annotations

import pytest

from easel import routing
from easel.dialects.dialect import Auth, Body, MessageOperation, PaintOperation
from easel.errors import ModelNotFound, TaskNotFound
from easel.images.result import ImageResult, Unread
from easel.routing import OPERATIONS, TABLE, find_service, find_task, listed, named_by
from easel.services.table import SERVICE_VARIABLES, SERVICES
from easel.settings import Settings, read_settings


def test_the_log_has_a_word_for_each_operation() -> None:
    assert [(each.name, each.method, each.path) for each in OPERATIONS] == [
        ("chat", "POST", "/v1/chat/completions"),
        ("generations", "POST", "/v1/images/generations"),
        ("edits", "POST", "/v1/images/edits"),
        ("variations", "POST", "/v1/images/variations"),
        ("task", "GET", "/v1/images/{}"),
        ("responses", "POST", "/v1/responses"),
        ("response_cancel", "POST", "/v1/responses/{}/cancel"),
        ("response_items", "GET", "/v1/responses/{}/input_items"),
        ("response", "GET", "/v1/responses/{}"),
        ("response_delete", "DELETE", "/v1/responses/{}"),
        ("interactions", "POST", "/v1/interactions"),
        ("interaction_cancel", "POST", "/v1/interactions/{}/cancel"),
        ("interaction", "GET", "/v1/interactions/{}"),
        ("interaction_delete", "DELETE", "/v1/interactions/{}"),
        ("interactions", "POST", "/v1beta/interactions"),
        ("interaction_cancel", "POST", "/v1beta/interactions/{}/cancel"),
        ("interaction", "GET", "/v1beta/interactions/{}"),
        ("interaction_delete", "DELETE", "/v1beta/interactions/{}"),
        ("gemini", "POST", "/v1/models/{}:generateContent"),
        ("gemini_stream", "POST", "/v1/models/{}:streamGenerateContent"),
        ("count_tokens", "POST", "/v1/models/{}:countTokens"),
        ("gemini", "POST", "/v1beta/models/{}:generateContent"),
        ("gemini_stream", "POST", "/v1beta/models/{}:streamGenerateContent"),
        ("count_tokens", "POST", "/v1beta/models/{}:countTokens"),
        ("mcp", "POST", "/mcp"),
        ("mcp", "POST", "/mcp/{}"),
        ("model_list", "GET", "/v1/models"),
        ("model", "GET", "/v1/models/{}"),
        ("gemini_model_list", "GET", "/v1beta/models"),
        ("gemini_model", "GET", "/v1beta/models/{}"),
        ("picture", "GET", "/pictures/{}"),
        ("delete_picture", "DELETE", "/pictures/{}"),
        ("health", "GET", "/health"),
        ("openapi", "GET", "/openapi.json"),
    ]
    assert TABLE.operations == OPERATIONS


def test_anybody_may_ask_what_names_no_token_and_proxies_keep_their_lists_for_their_own() -> None:
    assert {each.name: each.auth for each in OPERATIONS if each.auth is not Auth.TOKEN} == {
        "model_list": Auth.KEY,
        "model": Auth.KEY,
        "gemini_model_list": Auth.KEY,
        "gemini_model": Auth.KEY,
        "picture": Auth.NONE,
        "health": Auth.NONE,
        "openapi": Auth.NONE,
    }


def test_each_operation_that_paints_has_a_body_and_no_other_has_one() -> None:
    paints = [isinstance(each, PaintOperation | MessageOperation) for each in OPERATIONS]
    assert [each.body is not Body.NONE for each in OPERATIONS] == paints


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
    [
        *("", "gpt-image-1", "gemini-3-image-4k", "zai/glm-image", "bigmodel/glm-9", "geekai/"),
        *("a/b", "geekai/" + "m" * 201),
    ],
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
@pytest.mark.parametrize("issuer", ["", "0123abcd"])
@pytest.mark.parametrize("own_id", ["0190-8a_b.c", "a/b", "../c", "a~b", "猫 1", "?x=1#y", "%2e"])
def test_a_task_is_found_again_by_its_id_alone(service: str, issuer: str, own_id: str) -> None:
    upstream, _ = find_service("glm-image" if service == "bigmodel" else "geekai/x")
    result = routing.with_public_id(ImageResult(task_id=own_id, task_issuer=issuer), upstream)
    task_id = result.task_id or ""
    assert TABLE.route("GET", f"/v1/images/{task_id}").name == task_id
    found, *rest = find_task(task_id)
    assert (found.name, rest) == (service, [own_id, issuer])


def test_a_result_without_a_task_is_handed_out_as_it_is() -> None:
    result = ImageResult()
    assert routing.with_public_id(result, SERVICES["geekai"]) is result


def test_the_id_in_what_is_read_later_is_handed_out_too() -> None:
    unread = Unread("response", lambda response: ImageResult(task_id=f"of-{response}"))
    result = routing.with_public_id(ImageResult(unread=unread), SERVICES["geekai"])
    assert result.unread is not None
    assert result.unread.parse("more").task_id == "geekai-of-more"


def test_a_question_knows_the_models_of_the_deployment_and_the_one_that_is_named() -> None:
    question = routing.question("GLM-Image", "a=b", PROXY, None)
    assert question.query == "a=b"
    assert question.models() == routing.models(PROXY)
    assert question.model() == ("glm-image", "bigmodel")
    with pytest.raises(ModelNotFound):
        routing.question("none", "", PROXY, None).model()


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
