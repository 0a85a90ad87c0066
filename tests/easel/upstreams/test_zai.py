from __future__ import annotations

import json
from typing import Any

import pytest

from easel import errors
from easel.errors import EaselError, TokenUnusable, UpstreamBroken
from easel.image import ImageRequest, Picture
from easel.settings import Settings
from easel.size import Ratio, Resolution
from easel.upstreams import zai
from easel.wire import HttpRequest, HttpResponse
from tests.easel.samples import answer, http_response, sample
from tests.easel.test_token import jwt

NOW = 1769418844.0
REQUEST = ImageRequest("一只猫", Ratio(3, 4), Resolution.TWO_K)


def asked(
    request: ImageRequest = REQUEST, token: str = "token", settings: Settings | None = None
) -> HttpRequest:
    step = next(zai.generate(request, token, settings or Settings(), NOW))
    assert isinstance(step, HttpRequest)
    return step


def painted(response: HttpResponse, settings: Settings | None = None) -> tuple[Picture, ...]:
    flow = zai.generate(REQUEST, "token", settings or Settings(), NOW)
    next(flow)
    with pytest.raises(StopIteration) as end:
        flow.send(response)
    pictures: tuple[Picture, ...] = end.value.value
    return pictures


def failure(response: HttpResponse) -> EaselError:
    flow = zai.generate(REQUEST, "token", Settings(), NOW)
    next(flow)
    with pytest.raises(EaselError) as caught:
        flow.send(response)
    return caught.value


def test_the_request_is_the_seeds_to_the_letter() -> None:
    request = asked()
    assert (request.method, request.url) == (
        "POST",
        "https://image.z.ai/api/proxy/images/generate",
    )
    assert request.headers == (
        ("Content-Type", "application/json"),
        ("Accept", "text/event-stream"),
        ("Origin", "https://image.z.ai"),
        ("Referer", "https://image.z.ai/"),
        ("User-Agent", "Mozilla/5.0 AppleWebKit/537.36 Chrome/143 Safari/537"),
        ("Cookie", "session=token"),
    )
    assert request.body is not None
    assert json.loads(request.body) == {
        "prompt": "一只猫",
        "ratio": "3:4",
        "resolution": "2K",
        "rm_label_watermark": True,
    }


def test_base_url_and_watermark_are_settings() -> None:
    settings = Settings(zai_image_base_url="http://127.0.0.1:9", rm_label_watermark=False)
    request = asked(settings=settings)
    headers = dict(request.headers)
    assert request.url == "http://127.0.0.1:9/api/proxy/images/generate"
    assert (headers["Origin"], headers["Referer"]) == ("http://127.0.0.1:9", "http://127.0.0.1:9/")
    assert json.loads(request.body or b"")["rm_label_watermark"] is False


def test_the_answer_of_the_seed_names_the_picture() -> None:
    url = sample("zai", "success")["body"]["data"]["image"]["image_url"]
    assert painted(answer("zai", "success")) == (Picture(url),)


def test_only_a_service_that_is_reached_by_http_may_name_pictures_there() -> None:
    recorded = sample("zai", "success")
    recorded["body"]["data"]["image"]["image_url"] = "http://127.0.0.1:9/p.png"
    settings = Settings(zai_image_base_url="http://127.0.0.1:9")
    (picture,) = painted(http_response(recorded), settings)
    assert picture.allow_http
    assert isinstance(failure(http_response(recorded)), UpstreamBroken)


@pytest.mark.parametrize("content_type", ["text/event-stream", "Text/Event-Stream; charset=utf-8"])
def test_an_answer_may_come_as_the_last_event_of_a_stream(content_type: str) -> None:
    recorded = sample("zai", "event_stream")
    answer_object = json.dumps(sample("zai", "success")["body"])
    recorded["body"] = recorded["body"].replace("{ANSWER}", answer_object) + "data: [DONE]\n\n"
    recorded["headers"]["content-type"] = content_type
    assert len(painted(http_response(recorded))) == 1


def in_band(code: object, **more: object) -> HttpResponse:
    return HttpResponse(200, json.dumps({"code": code, **more}).encode(), "application/json")


@pytest.mark.parametrize(
    ("response", "kind", "code"),
    [
        (answer("zai", "unauthorized"), errors.TokenRejected, "invalid_api_key"),
        (answer("zai", "unauthorized_in_band"), errors.TokenRejected, "invalid_api_key"),
        (answer("zai", "forbidden"), errors.AccessDenied, "access_denied"),
        (answer("zai", "busy"), errors.UpstreamBusy, "rate_limit_exceeded"),
        (in_band(429), errors.UpstreamBusy, "rate_limit_exceeded"),
        (answer("zai", "invalid"), errors.RequestRefused, "upstream_refused"),
        (answer("zai", "refused"), errors.RequestRefused, "content_policy_violation"),
        (in_band(451), errors.RequestRefused, "content_policy_violation"),
        (answer("zai", "failed"), errors.UpstreamBroken, "upstream_broken"),
        (in_band(500), errors.UpstreamBroken, "upstream_broken"),
        (in_band(0), errors.UpstreamBroken, "upstream_broken"),
        (in_band(504), errors.UpstreamTooSlow, "upstream_too_slow"),
        (HttpResponse(524, b"<html>"), errors.UpstreamTooSlow, "upstream_too_slow"),
        (HttpResponse(302, b""), errors.UpstreamBroken, "upstream_broken"),
        (HttpResponse(404, b""), errors.UpstreamBroken, "upstream_broken"),
        (answer("zai", "no_picture"), errors.UpstreamBroken, "upstream_no_picture"),
        (in_band(200), errors.UpstreamBroken, "upstream_no_picture"),
        (in_band(200, data=None), errors.UpstreamBroken, "upstream_no_picture"),
        (in_band(200, data={"image": None}), errors.UpstreamBroken, "upstream_no_picture"),
        (in_band("x"), errors.UpstreamBroken, "upstream_broken"),
        (in_band(200, data=[]), errors.UpstreamBroken, "upstream_broken"),
        (answer("zai", "not_json"), errors.UpstreamBroken, "upstream_broken"),
        (HttpResponse(200, b"", "text/event-stream"), errors.UpstreamBroken, "upstream_broken"),
    ],
)
def test_every_failure_becomes_one_error(
    response: HttpResponse, kind: type[EaselError], code: str
) -> None:
    error = failure(response)
    assert (type(error), error.code) == (kind, code)
    assert error.message.startswith("image.z.ai")


def test_how_long_to_wait_is_told_where_the_service_says_it() -> None:
    busy = failure(answer("zai", "busy"))
    assert isinstance(busy, errors.UpstreamBusy)
    assert busy.retry_after == 7


def test_nothing_of_a_services_body_is_repeated() -> None:
    secret: dict[str, Any] = {"code": 400, "message": "secret prompt and token"}
    for response in (in_band(400, message=secret["message"]), HttpResponse(400, b"secret")):
        assert "secret" not in failure(response).message


@pytest.mark.parametrize("token", ["a b", "a;b", 'a"b', "a,b", "a\\b", "a\r\nX: y", "é", "\x00"])
def test_a_token_that_would_break_the_cookie_costs_no_call(token: str) -> None:
    with pytest.raises(TokenUnusable) as caught:
        next(zai.generate(REQUEST, token, Settings(), NOW))
    assert caught.value.status == 401
    assert token not in caught.value.message


def test_an_expired_session_token_costs_no_call() -> None:
    with pytest.raises(TokenUnusable) as caught:
        next(zai.generate(REQUEST, jwt({"exp": NOW}), Settings(), NOW))
    assert (caught.value.status, caught.value.code) == (401, "token_expired")


@pytest.mark.parametrize("token", ["opaque", jwt({"exp": NOW + 1}), jwt({}), "a=b=="])
def test_any_other_token_is_passed_on_as_it_is(token: str) -> None:
    assert dict(asked(token=token).headers)["Cookie"] == f"session={token}"
