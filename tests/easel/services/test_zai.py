from __future__ import annotations

import json
from dataclasses import replace

import pytest

from easel import errors
from easel.errors import EaselError, InvalidRequest, TokenUnusable, UpstreamBroken
from easel.images.request import Action, ImageRequest, InputImage, Options
from easel.images.result import Picture
from easel.images.shape import Shape, read_shape
from easel.images.size import Ratio, Resolution, Size
from easel.services import zai
from easel.services.service import Access
from easel.services.wire import HttpRequest, HttpResponse, ReadOn
from easel.services.zai_models import MODEL_IDS
from easel.settings import Settings
from easel.token import Token
from tests.easel import flows
from tests.easel.flows import json_answer, outcome
from tests.easel.samples import answer, http_response, sample
from tests.easel.test_token import jwt

NOW = 1769418844.0
REQUEST = ImageRequest("gemini-3-image-2k-3-4", "一只猫")


def access(token: str = "token", settings: Settings | None = None) -> Access:
    return zai.SERVICE.access(Token(token), settings or Settings(), NOW, "nonce")


def asked(
    request: ImageRequest = REQUEST, token: str = "token", settings: Settings | None = None
) -> HttpRequest:
    step = next(zai.generate(request, access(token, settings)))
    assert isinstance(step, HttpRequest)
    return step


def painted(response: HttpResponse, settings: Settings | None = None) -> tuple[Picture, ...]:
    return outcome(zai.generate(REQUEST, access(settings=settings)), response).pictures


def error_from(response: HttpResponse) -> EaselError:
    return flows.error_from(zai.generate(REQUEST, access()), response)


def test_the_request_is_the_documents_to_the_letter() -> None:
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
    settings = Settings(base_urls={"zai": "http://127.0.0.1:9"}, rm_label_watermark=False)
    request = asked(settings=settings)
    headers = dict(request.headers)
    assert request.url == "http://127.0.0.1:9/api/proxy/images/generate"
    assert (headers["Origin"], headers["Referer"]) == ("http://127.0.0.1:9", "http://127.0.0.1:9/")
    assert json.loads(request.body or b"")["rm_label_watermark"] is False


def test_the_answer_of_the_document_names_the_picture() -> None:
    url = sample("zai", "success")["body"]["data"]["image"]["image_url"]
    assert painted(answer("zai", "success")) == (Picture(url, size=Size(1088, 1472)),)


def test_only_a_service_that_is_reached_by_http_may_name_pictures_there() -> None:
    recorded = sample("zai", "success")
    recorded["body"]["data"]["image"]["image_url"] = "http://127.0.0.1:9/p.png"
    settings = Settings(base_urls={"zai": "http://127.0.0.1:9"})
    (picture,) = painted(http_response(recorded), settings)
    assert picture.allow_http
    assert isinstance(error_from(http_response(recorded)), UpstreamBroken)


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
        (in_band(200, data=[]), errors.UpstreamBroken, "upstream_no_picture"),
        (in_band(10**30), errors.UpstreamBroken, "upstream_broken"),
        (HttpResponse(201, b""), errors.UpstreamBroken, "upstream_broken"),
        (answer("zai", "not_json"), errors.UpstreamBroken, "upstream_broken"),
        (HttpResponse(200, b"", "text/event-stream"), errors.UpstreamBroken, "upstream_broken"),
    ],
)
def test_every_failure_becomes_one_error(
    response: HttpResponse, kind: type[EaselError], code: str
) -> None:
    error = error_from(response)
    assert (type(error), error.code) == (kind, code)
    assert error.message.startswith("image.z.ai")


def test_how_long_to_wait_is_told_where_the_service_says_it() -> None:
    busy = error_from(answer("zai", "busy"))
    assert isinstance(busy, errors.UpstreamBusy)
    assert busy.retry_after == 7


def test_why_the_service_refuses_is_told_behind_our_own_words() -> None:
    why = json_answer({"code": 400, "message": "ratio 非法"}, 400)
    for response in (in_band(400, message="ratio 非法"), why):
        assert error_from(response).message == (
            'image.z.ai refuses to paint this (code 400). It says: "ratio 非法"'
        )


def test_nothing_else_of_a_body_is_repeated() -> None:
    for response in (in_band(400, secret="secret"), HttpResponse(400, b"secret")):
        assert "secret" not in error_from(response).message


@pytest.mark.parametrize("code", [200, 400, 500, 1999, None])
def test_a_refusal_that_only_words_tell_is_a_violation_of_the_policy(code: int | None) -> None:
    error = error_from(in_band(code, message="内容包含敏感信息", data=None))
    assert (type(error), error.code) == (errors.RequestRefused, "content_policy_violation")
    assert error.message.endswith('It says: "内容包含敏感信息"')


@pytest.mark.parametrize("token", ["a b", "a;b", 'a"b', "a,b", "a\\b", "a\r\nX: y", "é", "\x00"])
def test_a_token_that_would_break_the_cookie_costs_no_call(token: str) -> None:
    with pytest.raises(TokenUnusable) as caught:
        next(zai.generate(REQUEST, access(token)))
    assert caught.value.status == 401
    assert token not in caught.value.message


def test_an_expired_session_token_costs_no_call() -> None:
    with pytest.raises(TokenUnusable) as caught:
        next(zai.generate(REQUEST, access(jwt({"exp": NOW}))))
    assert (caught.value.status, caught.value.code) == (401, "token_expired")


@pytest.mark.parametrize("token", ["opaque", jwt({"exp": NOW + 1}), jwt({}), "a=b=="])
def test_any_other_token_is_passed_on_as_it_is(token: str) -> None:
    assert dict(asked(token=token).headers)["Cookie"] == f"session={token}"


@pytest.mark.parametrize(
    ("model", "shape", "ratio", "resolution"),
    [
        ("gemini-3-image-1k", Shape(), "21:9", "1K"),
        ("gemini-3-image-1k", Shape(ratio=Ratio(16, 9)), "16:9", "1K"),
        ("gemini-3-image-2k", Shape(size=Size(1024, 1024)), "1:1", "2K"),
        ("gemini-3-image-1k", Shape(size=Size(1728, 960)), "16:9", "1K"),
        ("gemini-3-image-1k", Shape(resolution=Resolution.ONE_K), "21:9", "1K"),
        ("gemini-3-image-1k-3-4", Shape(ratio=Ratio(3, 4)), "3:4", "1K"),
        ("gemini-3-image-1k-1-1", Shape(size=Size(1000, 1020)), "1:1", "1K"),
        ("GEMINI-3-image-1K-1-1", Shape(), "1:1", "1K"),
    ],
)
def test_the_model_fixes_the_resolution_and_pixels_choose_the_ratio_only(
    model: str, shape: Shape, ratio: str, resolution: str
) -> None:
    body = json.loads(asked(ImageRequest(model, "a cat", shape)).body or b"")
    assert (body["ratio"], body["resolution"]) == (ratio, resolution)


@pytest.mark.parametrize(
    ("model", "shape", "param", "told"),
    [
        ("gemini-3-image-1k", Shape(resolution=Resolution.TWO_K), "resolution", "resolutions 1K."),
        ("gemini-3-image-1k", read_shape("2K"), "size", "resolutions 1K."),
        ("gemini-3-image-1k-1-1", Shape(ratio=Ratio(16, 9)), "aspect_ratio", "ratios 1:1;"),
        ("gemini-3-image-1k-1-1", Shape(size=Size(1728, 960)), "size", "ratios 1:1;"),
        ("gemini-3-image-1k", Shape(ratio=Ratio(2, 3)), "aspect_ratio", "1:1, 3:4, 4:3"),
        ("gemini-3-image-1k", Shape(size=Size(1000, 200)), "size", "21:9, 9:21"),
        ("gemini-3-image-1k-4-3", Shape(size=Size(1000, 300)), "size", "ratios 4:3;"),
        ("gemini-3-image-1k-4-3", read_shape("square_hd"), "size", "ratios 4:3;"),
        ("gemini-3-image-2k", read_shape(None, "wide"), "aspect_ratio", "21:9, 9:21"),
        ("gemini-3-image-2k", read_shape(None, None, "8K"), "resolution", "resolutions 2K."),
    ],
)
def test_a_shape_that_contradicts_the_model_costs_no_call(
    model: str, shape: Shape, param: str, told: str
) -> None:
    with pytest.raises(InvalidRequest) as caught:
        asked(ImageRequest(model, "a cat", shape))
    assert caught.value.param == param
    assert told in caught.value.message


@pytest.mark.parametrize("model", MODEL_IDS)
@pytest.mark.parametrize("size", ["1000x300", "5:1", "4K", "square_hd"])
def test_what_an_error_lists_is_what_is_taken(model: str, size: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        asked(ImageRequest(model, "a cat", read_shape(size)))
    legal = caught.value.message.partition("Legal: ")[2].removesuffix(".")
    ratios, resolutions = (part.split(" ", 1)[1].split(", ") for part in legal.split("; "))
    for ratio in ratios:
        for resolution in resolutions:
            shape = read_shape(None, ratio, resolution)
            body = json.loads(asked(ImageRequest(model, "a cat", shape)).body or b"")
            assert (body["ratio"], body["resolution"]) == (ratio, resolution)


@pytest.mark.parametrize(
    ("request_", "param"),
    [
        (ImageRequest("gemini-3-image-1k", "x", options=Options(quality="hd")), "quality"),
        (ImageRequest("gemini-3-image-1k", "x", asynchronous=True), "async"),
        (ImageRequest("gemini-3-image-1k", "x", mask=InputImage("mask", url="u")), "mask"),
        (ImageRequest("gemini-3-image-1k", "x", images=(InputImage("p", url="u"),)), "p"),
        (ImageRequest("gemini-3-image-1k", "x", action=Action.VARY), "model"),
    ],
)
def test_what_the_service_cannot_honour_costs_no_call(request_: ImageRequest, param: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        asked(request_)
    assert caught.value.param == param


@pytest.mark.parametrize("quality", ["auto", "standard"])
def test_what_clients_say_where_nobody_chose_is_no_fault(quality: str) -> None:
    bare = ImageRequest("gemini-3-image-1k", "x")
    options = Options(quality=quality, style="vivid", background="auto")
    assert asked(replace(bare, options=options)) == asked(bare)


@pytest.mark.parametrize("watermark", [True, False])
def test_a_watermark_is_what_the_caller_says_and_not_the_setting(*, watermark: bool) -> None:
    request = ImageRequest("gemini-3-image-1k", "x", options=Options(watermark=watermark))
    assert json.loads(asked(request).body or b"")["rm_label_watermark"] is not watermark


def test_only_the_documents_models_are_found() -> None:
    assert zai.SERVICE.find("Gemini-3-Image-1K") == "gemini-3-image-1k"
    assert zai.SERVICE.find("gemini-3-image-4k") is None


def test_a_long_text_in_front_of_the_picture_is_passed_over() -> None:
    beginning = HttpResponse(200, b'{"message": "easel:long-text:0"', long_texts=("x",), rest=1)
    whole = b'{"message": "easel:long-text:0", "data": {"image": {"image_url": "https://a.bc/d"}}}'
    flow = zai.generate(REQUEST, access())
    next(flow)
    assert flow.send(beginning) == ReadOn(beginning)
    with pytest.raises(StopIteration) as end:
        flow.send(HttpResponse(200, whole, long_texts=("x",)))
    assert [picture.url for picture in end.value.value.pictures] == ["https://a.bc/d"]
