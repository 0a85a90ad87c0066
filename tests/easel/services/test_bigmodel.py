from __future__ import annotations

import json
import traceback
from dataclasses import fields, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from easel import errors
from easel.errors import EaselError, InvalidRequest, UpstreamBroken
from easel.images.request import Action, ImageRequest, InputImage, Options
from easel.images.result import FilterNote, ImageResult, Picture
from easel.images.shape import Shape, read_shape
from easel.images.size import Ratio, Size
from easel.services import bigmodel
from easel.services.service import Access
from easel.services.wire import LONG_TEXT, HttpRequest, HttpResponse, answer_with_pictures
from easel.settings import Settings
from easel.token import Token
from tests.easel.bigmodel_codes import MEANT, UNSAFE
from tests.easel.flows import error_from, json_answer, outcome
from tests.easel.samples import answer, http_response, sample

PROMPT = "一只可爱的小猫咪，坐在阳光明媚的窗台上，背景是蓝天白云."
REQUEST = ImageRequest("glm-image", PROMPT, Shape(Size(1280, 1280)))
TASK_ID = "8868902201637896192"
SECRET = "a-word-of-the-body"

GLM_SIZES = "1280x1280 1568x1056 1056x1568 1472x1088 1088x1472 1728x960 960x1728"
COGVIEW_SIZES = "1024x1024 768x1344 864x1152 1344x768 1152x864 1440x720 720x1440"
MODELS = ("glm-image", "cogview-4-250304", "cogview-4", "cogview-3-flash")


def access(settings: Settings | None = None, token: str = "token") -> Access:
    return bigmodel.SERVICE.access(Token(token), settings or Settings(), 0, "nonce")


def asked(request: ImageRequest = REQUEST, settings: Settings | None = None) -> HttpRequest:
    step = next(bigmodel.generate(request, access(settings)))
    assert isinstance(step, HttpRequest)
    return step


def body_of(request: ImageRequest) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(asked(request).body or b"")
    return body


def painted(
    response: HttpResponse, request: ImageRequest = REQUEST, settings: Settings | None = None
) -> ImageResult:
    return outcome(bigmodel.generate(request, access(settings)), response)


def polled(response: HttpResponse, settings: Settings | None = None) -> ImageResult:
    return outcome(bigmodel.poll(TASK_ID, access(settings)), response)


def generate_failure(response: HttpResponse, request: ImageRequest = REQUEST) -> EaselError:
    return error_from(bigmodel.generate(request, access()), response)


def poll_failure(response: HttpResponse) -> EaselError:
    return error_from(bigmodel.poll(TASK_ID, access()), response)


def refusal(request: ImageRequest) -> InvalidRequest:
    with pytest.raises(InvalidRequest) as caught:
        asked(request)
    return caught.value


def error_answer(code: object, status: int) -> HttpResponse:
    return json_answer({"error": {"code": code, "message": SECRET}}, status)


# --- What is sent


def test_the_request_is_the_documents_to_the_letter() -> None:
    request = asked()
    assert (request.method, request.url) == (
        "POST",
        "https://open.bigmodel.cn/api/paas/v4/images/generations",
    )
    assert request.headers == (
        ("Content-Type", "application/json"),
        ("Authorization", "Bearer token"),
    )
    assert json.loads(request.body or b"") == {
        "model": "glm-image",
        "prompt": PROMPT,
        "size": "1280x1280",
    }


def test_every_field_of_the_document_can_be_asked_for() -> None:
    options = Options(quality="standard", watermark=False, user_id="user-1")
    request = ImageRequest("cogview-4", "一只可爱的小猫咪", Shape(Size(1344, 768)), options=options)
    assert body_of(request) == {
        "model": "cogview-4",
        "prompt": "一只可爱的小猫咪",
        "size": "1344x768",
        "quality": "standard",
        "watermark_enabled": False,
        "user_id": "user-1",
    }


@pytest.mark.parametrize("model", MODELS)
def test_what_a_caller_leaves_open_is_left_to_the_services_defaults(model: str) -> None:
    assert body_of(ImageRequest(model, "a cat")) == {"model": model, "prompt": "a cat"}


@pytest.mark.parametrize("watermark", [True, False])
def test_the_watermark_is_what_the_caller_says(*, watermark: bool) -> None:
    request = ImageRequest("glm-image", "a cat", options=Options(watermark=watermark))
    assert body_of(request)["watermark_enabled"] is watermark


def test_the_base_url_is_a_setting() -> None:
    settings = Settings(base_urls={"bigmodel": "http://127.0.0.1:9/api/"})
    assert asked(settings=settings).url == "http://127.0.0.1:9/api/paas/v4/images/generations"


def test_the_answer_may_be_as_long_as_a_picture_in_base64() -> None:
    settings = Settings(max_picture_bytes=3_000_000)
    assert asked(settings=settings).max_answer_bytes == answer_with_pictures(3_000_000)


@pytest.mark.parametrize("model", MODELS)
def test_the_documents_models_are_found_in_any_case(model: str) -> None:
    assert bigmodel.SERVICE.find(model.upper()) == model


@pytest.mark.parametrize("model", ["cogview-3", "glm-4", "glm-image-2", "", "bigmodel/glm-image"])
def test_no_other_model_is_found(model: str) -> None:
    assert bigmodel.SERVICE.find(model) is None


def test_the_service_paints_one_picture_a_call_with_the_documents_models_only() -> None:
    upstream = bigmodel.SERVICE
    assert (upstream.name, upstream.models, upstream.pictures_a_call, upstream.any_model) == (
        "bigmodel",
        MODELS,
        1,
        False,
    )


# --- Sizes


@pytest.mark.parametrize(
    ("model", "size"),
    [
        *(("glm-image", size) for size in GLM_SIZES.split()),
        *((model, size) for model in MODELS[1:] for size in COGVIEW_SIZES.split()),
    ],
)
def test_every_recommended_size_is_asked_for_exactly(model: str, size: str) -> None:
    assert body_of(ImageRequest(model, "a cat", read_shape(size)))["size"] == size


def test_a_size_may_be_written_with_the_documents_multiplication_sign() -> None:
    assert body_of(ImageRequest("glm-image", "a cat", read_shape("1728×960")))["size"] == "1728x960"


@pytest.mark.parametrize(
    ("model", "size"),
    [
        ("glm-image", "1024x1024"),
        ("glm-image", "2048x2048"),  # 2^22 pixels
        ("glm-image", "2048x1024"),
        ("glm-image", "992x992"),  # below what is recommended, which is no limit
        ("glm-image", "4096x1024"),  # above it
        ("glm-image", "32x32"),
        ("cogview-4", "512x512"),
        ("cogview-4", "2048x1024"),  # 2^21 pixels
        ("cogview-4", "512x2048"),
        ("cogview-4-250304", "1040x1008"),
        ("cogview-3-flash", "528x1744"),
    ],
)
def test_a_size_within_the_documents_custom_rules_is_asked_for_exactly(
    model: str, size: str
) -> None:
    assert body_of(ImageRequest(model, "a cat", read_shape(size)))["size"] == size


@pytest.mark.parametrize(
    ("model", "shape", "size"),
    [
        ("glm-image", read_shape("1000x1000"), "992x992"),  # no multiple of 32
        ("glm-image", read_shape("2048x2080"), "2048x2048"),  # more than 2^22 pixels
        ("glm-image", read_shape("1920x1080"), "1920x1088"),  # and not 1728x960, which is smaller
        ("glm-image", read_shape("300x300"), "288x288"),
        ("glm-image", read_shape("1K"), "1024x1024"),
        ("glm-image", read_shape("2K"), "2048x2048"),
        ("glm-image", read_shape(None, "16:9", "1K"), "1376x768"),
        ("glm-image", read_shape("1:1"), "1280x1280"),
        ("glm-image", read_shape("3:2"), "1568x1056"),
        ("glm-image", read_shape("9:16"), "960x1728"),
        ("cogview-4", read_shape("496x496"), "512x512"),  # sides below 512
        ("cogview-4", read_shape("2064x1032"), "2048x1024"),  # a side above 2048
        ("cogview-4", read_shape("2048x1040"), "2048x1024"),  # more than 2^21 pixels
        ("cogview-4", read_shape("1032x1032"), "1040x1040"),  # no multiple of 16
        ("cogview-4", read_shape("16:9"), "1344x768"),
        ("cogview-4", read_shape(None, "3:4"), "864x1152"),
    ],
)
def test_the_nearest_legal_size_is_taken_within_5_percent_and_twice_the_area(
    model: str, shape: Shape, size: str
) -> None:
    assert body_of(ImageRequest(model, "a cat", shape))["size"] == size


@pytest.mark.parametrize(
    ("model", "shape", "size"),
    [
        ("glm-image", Shape(ratio=Ratio(21, 9)), "1952x832"),
        ("cogview-4", Shape(ratio=Ratio(21, 9)), "1568x672"),
        ("cogview-4", Shape(ratio=Ratio(3, 2)), "1248x832"),
    ],
)
def test_a_ratio_that_no_recommended_size_has_becomes_a_custom_size(
    model: str, shape: Shape, size: str
) -> None:
    assert body_of(ImageRequest(model, "a cat", shape))["size"] == size


@pytest.mark.parametrize(
    ("model", "shape", "param"),
    [
        ("glm-image", read_shape("1x9000"), "size"),
        ("glm-image", read_shape("4096x4096"), "size"),
        ("glm-image", read_shape("1x1"), "size"),
        ("glm-image", read_shape("square_hd"), "size"),
        ("glm-image", read_shape(None, "wide"), "aspect_ratio"),
        ("glm-image", read_shape("4K"), "size"),
        ("glm-image", read_shape(None, "1:9000"), "aspect_ratio"),
        ("cogview-4", read_shape("4096x512"), "size"),
        ("cogview-4", read_shape("2048x2048"), "size"),
        ("cogview-4", read_shape("2K"), "size"),
        ("cogview-4", read_shape(None, None, "3K"), "resolution"),
        ("cogview-4", read_shape("4K"), "size"),
        ("cogview-4", read_shape(None, "1:5"), "aspect_ratio"),
    ],
)
def test_any_other_shape_costs_no_call_and_all_that_is_legal_is_told(
    model: str, shape: Shape, param: str
) -> None:
    error = refusal(ImageRequest(model, "a cat", shape))
    assert error.param == param
    legal = GLM_SIZES if model == "glm-image" else COGVIEW_SIZES
    rules = (
        ("multiples of 32", str(2**22))
        if model == "glm-image"
        else ("512 to 2048", "multiples of 16", str(2**21))
    )
    missing = [word for word in (*legal.split(), *rules) if word not in error.message]
    assert missing == []


def _glm_takes(size: Size) -> bool:
    """The BigModel document, word for word."""
    return size.width % 32 == 0 and size.height % 32 == 0 and size.width * size.height <= 2**22


def _cogview_takes(size: Size) -> bool:
    """The BigModel document, word for word."""
    return (
        512 <= size.width <= 2048
        and 512 <= size.height <= 2048
        and size.width % 16 == 0
        and size.height % 16 == 0
        and size.width * size.height <= 2**21
    )


SIDES = st.one_of(
    st.integers(1, 5000), st.integers(1, 300).map(lambda i: i * 16), st.sampled_from([512, 2048])
)


@given(st.sampled_from(MODELS), st.builds(Size, SIDES, SIDES))
def test_only_sizes_that_the_document_allows_are_sent_and_those_are_sent_as_they_are(
    model: str, size: Size
) -> None:
    takes = _glm_takes if model == "glm-image" else _cogview_takes
    try:
        sent = read_shape(body_of(ImageRequest(model, "a cat", Shape(size)))["size"]).size
    except InvalidRequest:
        assert not takes(size)
        return
    assert sent is not None
    assert takes(sent)
    if takes(size):
        assert sent == size
    ratios = sorted((sent.ratio.value, size.ratio.value))
    assert ratios[1] / ratios[0] <= 1.05 + 1e-9
    assert 0.5 <= sent.pixels / size.pixels <= 2


# --- What costs no call


@pytest.mark.parametrize(
    ("model", "quality"),
    [("glm-image", "hd"), *((model, word) for model in MODELS[1:] for word in ("hd", "standard"))],
)
def test_every_quality_of_the_document_is_passed_on(model: str, quality: str) -> None:
    request = ImageRequest(model, "a cat", options=Options(quality=quality))
    assert body_of(request)["quality"] == quality


@pytest.mark.parametrize(
    ("model", "quality", "legal"),
    [
        ("glm-image", "high", "takes hd."),
        ("cogview-4", "high", "hd or standard"),
        ("cogview-3-flash", "HD", "hd or standard"),
    ],
)
def test_any_other_quality_costs_no_call(model: str, quality: str, legal: str) -> None:
    error = refusal(ImageRequest(model, "a cat", options=Options(quality=quality)))
    assert error.param == "quality"
    assert legal in error.message


@pytest.mark.parametrize(
    ("model", "options"),
    [
        *((model, Options(quality="auto")) for model in MODELS),
        *((model, Options(style="vivid", background="auto")) for model in MODELS),
        ("glm-image", Options(quality="standard")),
    ],
)
def test_what_clients_say_where_nobody_chose_is_no_fault_and_not_sent(
    model: str, options: Options
) -> None:
    bare = ImageRequest(model, "a cat")
    assert body_of(replace(bare, options=options)) == body_of(bare)


@pytest.mark.parametrize("length", [6, 128])
def test_a_user_id_within_the_documents_limits_is_passed_on(length: int) -> None:
    request = ImageRequest("glm-image", "a cat", options=Options(user_id="u" * length))
    assert body_of(request)["user_id"] == "u" * length


@pytest.mark.parametrize("length", [0, 5, 129])
def test_a_shorter_or_longer_user_id_costs_no_call(length: int) -> None:
    error = refusal(ImageRequest("glm-image", "a cat", options=Options(user_id="u" * length)))
    assert error.param == "user_id"
    assert "6 to 128" in error.message


def test_a_thousand_characters_are_the_longest_prompt_of_glm_image() -> None:
    assert body_of(ImageRequest("glm-image", "猫" * 1000))["prompt"] == "猫" * 1000
    error = refusal(ImageRequest("glm-image", "猫" * 1001))
    assert error.param == "prompt"
    assert "1001" in error.message
    assert "1000" in error.message
    assert "猫" not in error.message


def test_the_document_has_no_longest_prompt_for_the_others() -> None:
    assert body_of(ImageRequest("cogview-4", "猫" * 5000))["prompt"] == "猫" * 5000


PICTURE = InputImage("image", url="https://example.org/p.png")
MASK = InputImage("mask", url="https://example.org/m.png")
BARE = ImageRequest("cogview-4", "a cat")
NOT_HONOURED = {
    "style": Options(style="natural"),
    "style_preset": Options(style_preset="3d-model"),
    "background": Options(background="opaque"),
    "output_format": Options(output_format="png"),
    "negative_prompt": Options(negative_prompt="dogs"),
    "strength": Options(strength=0.5),
    "retries": Options(retries=1),
    "extra_body": Options(extra_body={"anything": 1}),
}


@pytest.mark.parametrize(
    ("request_", "param"),
    [
        *((replace(BARE, options=options), name) for name, options in NOT_HONOURED.items()),
        (replace(BARE, mask=MASK), "mask"),
        (replace(BARE, images=(PICTURE,)), "image"),
        (replace(BARE, action=Action.EDIT), "model"),
        (replace(BARE, action=Action.VARY), "model"),
        # From clients' source: tasks are painted with glm-image alone.
        *((ImageRequest(model, "a cat", asynchronous=True), "async") for model in MODELS[1:]),
    ],
)
def test_what_the_service_cannot_honour_costs_no_call(request_: ImageRequest, param: str) -> None:
    assert refusal(request_).param == param


def test_every_option_is_either_sent_or_refused() -> None:
    supported = {"quality", "watermark", "user_id"}
    assert {option.name for option in fields(Options)} == supported | set(NOT_HONOURED)


# --- What comes back


def test_the_documents_answer_names_the_picture_and_what_the_filter_found() -> None:
    body = sample("bigmodel", "success")["body"]
    (note,) = body["content_filter"]
    notes = (FilterNote(note["role"], note["level"]),)
    assert painted(answer("bigmodel", "success")) == ImageResult(
        (Picture(body["data"][0]["url"], size=Size(1280, 1280), content_filter=notes),),
        content_filter=notes,
    )


def test_the_size_is_unknown_where_none_was_asked_for() -> None:
    (picture,) = painted(answer("bigmodel", "success"), ImageRequest("glm-image", "a")).pictures
    assert picture.size is None


@pytest.mark.parametrize("role", ["assistant", "user", "history"])
@pytest.mark.parametrize("level", [0, 1, 2, 3])
def test_every_note_of_the_content_filter_is_passed_on_beside_a_picture(
    role: str, level: int
) -> None:
    recorded = sample("bigmodel", "success")
    recorded["body"]["content_filter"] = [{"role": role, "level": level}]
    assert painted(http_response(recorded)).content_filter == (FilterNote(role, level),)


@pytest.mark.parametrize("content_filter", [[], [{}], [{"role": "user"}], [{"level": 3}]])
def test_a_picture_is_not_lost_to_a_note_that_lacks_what_the_document_does_not_require(
    content_filter: object,
) -> None:
    recorded = sample("bigmodel", "success")
    recorded["body"]["content_filter"] = content_filter
    assert len(painted(http_response(recorded)).pictures) == 1


@pytest.mark.parametrize("poll", [False, True])
def test_only_a_service_that_is_reached_by_http_may_name_pictures_there(*, poll: bool) -> None:
    url = "http://127.0.0.1:9/p.png"
    settings = Settings(base_urls={"bigmodel": "http://127.0.0.1:9/api"})
    body = {"data": [{"url": url}], "image_result": [{"url": url}], "task_status": "SUCCESS"}
    response = json_answer(body)
    (picture,) = (polled if poll else painted)(response, settings=settings).pictures
    assert (picture.url, picture.allow_http) == (url, True)
    assert isinstance((poll_failure if poll else generate_failure)(response), UpstreamBroken)


def test_base64_that_comes_unasked_is_what_the_shell_keeps_instead_of_it() -> None:
    kept = object()
    body = json.dumps({"data": [{"b64_json": f"{LONG_TEXT}0"}]}).encode()
    (picture,) = painted(HttpResponse(200, body, long_texts=(kept,))).pictures
    assert (picture.url, picture.base64) == (None, kept)


# --- Errors


@pytest.mark.parametrize("status", [400, 401, 429, 434, 500])
@pytest.mark.parametrize("code", MEANT)
def test_the_code_and_not_the_status_decides_what_an_error_means(code: str, status: int) -> None:
    for error in (
        generate_failure(error_answer(code, status)),
        generate_failure(error_answer(int(code), status)),
    ):
        assert (type(error), error.status, error.should_retry) == MEANT[code]
        assert f"(code {code})." in error.message


@pytest.mark.parametrize("code", MEANT)
def test_of_a_task_that_is_asked_for_only_the_task_can_be_unknown(code: str) -> None:
    error = poll_failure(error_answer(code, 400))
    if MEANT[code][0] in (errors.RequestRefused, errors.UpstreamNotFound) and (code not in UNSAFE):
        assert (type(error), error.status, error.code) == (
            errors.UpstreamNotFound,
            404,
            "task_not_found",
        )
    else:
        assert (type(error), error.status, error.should_retry) == MEANT[code]


@pytest.mark.parametrize(
    ("code", "word"),
    [
        ("1113", "insufficient_quota"),
        ("1214", "upstream_refused"),
        ("1300", "content_policy_violation"),
        ("1301", "content_policy_violation"),
        ("1302", "rate_limit_exceeded"),
    ],
)
def test_a_client_is_told_a_refusal_by_the_filter_from_other_errors(code: str, word: str) -> None:
    assert generate_failure(error_answer(code, 400)).code == word


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, errors.RequestRefused),
        (401, errors.TokenRejected),
        (403, errors.AccessDenied),
        (404, errors.UpstreamNotFound),
        (408, errors.UpstreamTooSlow),
        (429, errors.UpstreamBusy),
        (434, errors.AccessDenied),
        (435, errors.UpstreamTooLarge),
        (500, errors.UpstreamBroken),
        (502, errors.UpstreamBroken),
        (504, errors.UpstreamTooSlow),
        (302, errors.UpstreamBroken),
    ],
)
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"[]",
        b"{}",
        b'{"error": null}',
        b'{"error": {"message": "x"}}',
        b'{"error": {"code": null}}',
        b'{"error": {"code": "9999"}}',
    ],
)
def test_the_status_decides_where_no_known_code_does(
    status: int, kind: type[EaselError], body: bytes
) -> None:
    error = generate_failure(HttpResponse(status, body))
    assert type(error) is kind


@pytest.mark.parametrize(
    ("name", "kind", "code"),
    [
        ("account_locked", errors.AccessDenied, "access_denied"),
        ("arrears", errors.QuotaExhausted, "insufficient_quota"),
        ("busy", errors.UpstreamBusy, "rate_limit_exceeded"),
        ("daily_cap", errors.QuotaExhausted, "insufficient_quota"),
        ("duplicate", errors.UpstreamConflict, "conflict"),
        ("failed", errors.UpstreamBroken, "upstream_broken"),
        ("invalid", errors.RequestRefused, "upstream_refused"),
        ("network", errors.UpstreamBroken, "upstream_broken"),
        ("no_permission", errors.AccessDenied, "access_denied"),
        ("no_picture", errors.UpstreamBroken, "upstream_no_picture"),
        ("no_such_model", errors.UpstreamNotFound, "model_not_found"),
        ("not_json", errors.UpstreamBroken, "upstream_broken"),
        ("refused", errors.RequestRefused, "content_policy_violation"),
        ("refused_in_band", errors.RequestRefused, "content_policy_violation"),
        ("too_long", errors.UpstreamTooLarge, "request_too_large"),
        ("unauthorized", errors.TokenRejected, "invalid_api_key"),
    ],
)
def test_every_recorded_failure_becomes_one_error(
    name: str, kind: type[EaselError], code: str
) -> None:
    error = generate_failure(answer("bigmodel", name))
    assert (type(error), error.code) == (kind, code)
    assert "BigModel" in error.message


@pytest.mark.parametrize("code", ["1302", "9999"])
def test_how_long_to_wait_is_told_where_the_service_says_it(code: str) -> None:
    error = generate_failure(replace(error_answer(code, 429), retry_after="7"))
    assert isinstance(error, errors.UpstreamBusy)
    assert error.retry_after == 7


@pytest.mark.parametrize("pictures", [{}, {"data": []}, {"data": [{}]}, {"data": [{"url": ""}]}])
def test_an_answer_without_an_address_is_a_refusal_where_the_filter_is_at_its_worst(
    pictures: dict[str, object],
) -> None:
    notes = [{"role": "assistant", "level": 3}, {"role": "user", "level": 0}]
    error = generate_failure(json_answer({**pictures, "content_filter": notes}))
    assert (type(error), error.code) == (errors.RequestRefused, "content_policy_violation")


def test_a_picture_beside_the_filters_worst_is_no_refusal() -> None:
    recorded = sample("bigmodel", "success")
    recorded["body"]["content_filter"] = [{"role": "history", "level": 0}]
    assert len(painted(http_response(recorded)).pictures) == 1


@pytest.mark.parametrize("level", [1, 2, 3])
def test_an_answer_without_an_address_is_no_refusal_where_the_filter_found_less(level: int) -> None:
    body = {"data": [], "content_filter": [{"role": "user", "level": level}]}
    error = generate_failure(json_answer(body))
    assert (type(error), error.code) == (errors.UpstreamBroken, "upstream_no_picture")


def told(error: EaselError) -> str:
    """All that a client or a log could see of an error."""
    return "".join(
        (str(vars(error)), error.message, error.code, *traceback.format_exception(error))
    )


@pytest.mark.parametrize("status", [200, 302, 400, 401, 403, 404, 408, 429, 434, 435, 500, 504])
@pytest.mark.parametrize(
    "body",
    [
        SECRET,
        json.dumps(SECRET),
        json.dumps({"error": SECRET}),
        json.dumps({"error": {"code": SECRET, "message": SECRET}}),
        json.dumps({"error": {"code": "1214", "message": SECRET}}),
        json.dumps({"data": SECRET, "task_status": SECRET}),
        json.dumps({"data": [{"url": f"ftp://{SECRET}"}], "task_status": SECRET}),
    ],
)
def test_no_error_repeats_the_token_or_what_is_no_reason(status: int, body: str) -> None:
    who = access(token=SECRET)
    request = ImageRequest("glm-image", SECRET)
    response = HttpResponse(status, body.encode(), SECRET, SECRET)
    for asynchronous in (False, True):
        flow = bigmodel.generate(replace(request, asynchronous=asynchronous), who)
        assert SECRET not in told(error_from(flow, response))


# --- Tasks


def test_a_task_is_begun_with_the_same_fields_at_its_own_address() -> None:
    request = asked(replace(REQUEST, asynchronous=True))
    assert (request.method, request.url) == (
        "POST",
        "https://open.bigmodel.cn/api/paas/v4/async/images/generations",
    )
    assert (request.headers, request.body) == (asked().headers, asked().body)


def test_a_task_is_asked_for_by_its_id() -> None:
    step = next(
        bigmodel.poll(TASK_ID, access(Settings(base_urls={"bigmodel": "https://b.example"})))
    )
    assert isinstance(step, HttpRequest)
    assert (step.method, step.url, step.body) == (
        "GET",
        f"https://b.example/paas/v4/async-result/{TASK_ID}",
        None,
    )
    assert dict(step.headers)["Authorization"] == "Bearer token"


def test_a_task_that_was_begun_has_an_id_and_no_picture_yet() -> None:
    request = replace(REQUEST, asynchronous=True)
    begun = painted(answer("bigmodel", "task_accepted"), request)
    assert begun == ImageResult((), TASK_ID, "running")


@pytest.mark.parametrize("name", ["success", "not_json", "failed"])
def test_a_task_that_was_not_begun_is_an_error(name: str) -> None:
    error = generate_failure(answer("bigmodel", name), replace(REQUEST, asynchronous=True))
    assert type(error) is errors.UpstreamBroken


def test_a_task_at_work_is_running() -> None:
    assert polled(answer("bigmodel", "task_processing")) == ImageResult((), TASK_ID, "running")


def test_a_task_that_is_done_names_its_picture() -> None:
    url = sample("bigmodel", "task_success")["body"]["image_result"][0]["url"]
    assert polled(answer("bigmodel", "task_success")) == ImageResult(
        (Picture(url),), TASK_ID, "succeed"
    )


def test_a_task_keeps_the_id_that_it_is_asked_for_by() -> None:
    body = {"task_status": "PROCESSING", "id": "another"}
    assert polled(json_answer(body)).task_id == TASK_ID


def test_what_the_filter_found_comes_with_a_task_too() -> None:
    recorded = sample("bigmodel", "task_success")
    recorded["body"]["content_filter"] = [{"role": "assistant", "level": 2}]
    done = polled(http_response(recorded))
    (picture,) = done.pictures
    assert done.content_filter == picture.content_filter == (FilterNote("assistant", 2),)


def test_a_task_that_is_done_without_a_picture_is_an_error() -> None:
    error = poll_failure(answer("bigmodel", "task_without_picture"))
    assert (type(error), error.code) == (errors.UpstreamBroken, "upstream_no_picture")


@pytest.mark.parametrize("body", [{"task_status": "WAITING"}, {"task_status": 1}, [], "x"])
def test_a_task_whose_state_is_not_known_is_an_error(body: object) -> None:
    assert type(poll_failure(json_answer(body))) is errors.UpstreamBroken


def test_a_task_that_failed_says_so_and_carries_its_error() -> None:
    failed = polled(answer("bigmodel", "task_failed"))
    assert (failed.pictures, failed.task_id, failed.task_status) == ((), TASK_ID, "failed")
    assert isinstance(failed.error, UpstreamBroken)


@pytest.mark.parametrize("code", MEANT)
def test_a_task_that_failed_with_a_code_carries_the_error_of_that_code(code: str) -> None:
    body = {"task_status": "FAIL", "error": {"code": code, "message": SECRET}}
    error = polled(json_answer(body)).error
    assert error is not None
    assert (type(error), error.status, error.should_retry) == MEANT[code]


def test_a_task_that_the_filter_stopped_is_a_refusal() -> None:
    failed = polled(answer("bigmodel", "task_refused"))
    assert failed.content_filter == (FilterNote("user", 0),)
    assert failed.error is not None
    assert (type(failed.error), failed.error.code) == (
        errors.RequestRefused,
        "content_policy_violation",
    )


def test_a_task_that_failed_without_a_code_names_none() -> None:
    error = polled(answer("bigmodel", "task_failed")).error
    assert error is not None
    assert "code" not in error.message


def test_a_task_that_is_done_without_a_picture_is_a_refusal_where_the_filter_is_at_its_worst() -> (
    None
):
    recorded = sample("bigmodel", "task_without_picture")
    recorded["body"]["content_filter"] = [{"role": "assistant", "level": 0}]
    error = poll_failure(http_response(recorded))
    assert (type(error), error.code) == (errors.RequestRefused, "content_policy_violation")
