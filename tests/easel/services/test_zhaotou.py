from __future__ import annotations

import json
import traceback
from base64 import b64decode
from dataclasses import dataclass, fields, replace
from io import BytesIO
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from python_multipart import parse_form
from python_multipart.multipart import Field, File

from easel import errors
from easel.errors import EaselError, InvalidRequest, UpstreamBroken
from easel.images.blobs import blob
from easel.images.request import Action, ImageRequest, InputImage, Options
from easel.images.result import ImageResult, Picture
from easel.images.shape import Shape, read_shape
from easel.images.size import Size
from easel.services import zhaotou
from easel.services.service import Access
from easel.services.wire import LONG_TEXT, HttpRequest, HttpResponse, answer_with_pictures
from easel.settings import Settings
from easel.token import Token
from tests.easel.flows import error_from, outcome, sent
from tests.easel.samples import answer, http_response, sample

PROMPT = "一只可爱的小猫在花园里玩耍,阳光明媚,色彩鲜艳"
REQUEST = ImageRequest("gemini-3-pro-image-preview", PROMPT, Shape(Size(1024, 1024)))
SECRET = "a-word-of-the-body"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256))
JPEG = b"\xff\xd8\xff\xe0" + bytes(range(255, -1, -1))

EDIT = ImageRequest(
    "gemini-3-pro-image-preview",
    "给这只猫戴上一顶红色的小帽子",
    Shape(Size(1024, 1024)),
    Action.EDIT,
    images=(InputImage("image", content=blob(PNG)),),
)
VARY = replace(EDIT, prompt="", action=Action.VARY, n=2)

GEMINI = "1024x1024 1792x1024 1024x1792"
GPT = "1024x1024 1536x1024 1024x1536"
SEEDREAM = "1024x1024 1920x1080 1080x1920"
# The last is recommended for Flux, beside the table of sizes.
FLUX = "1024x1024 1280x720 720x1280 1792x1024"
# The document's names, the ids that are made of them, and the sizes.
MODELS = [
    ("Gemini-3-Pro-Image-preview", "gemini-3-pro-image-preview", GEMINI),
    ("Gemini-2.5-Flash-Image-preview", "gemini-2.5-flash-image-preview", GEMINI),
    ("GPT-4o-image", "gpt-4o-image", GPT),
    ("Seedream-4.0", "seedream-4.0", SEEDREAM),
    ("Seedream-4.5", "seedream-4.5", SEEDREAM),
    ("Flux Kontext", "flux-kontext", FLUX),
    ("Flux 2.0", "flux-2.0", FLUX),
]
IDS = [model for _, model, _ in MODELS]
UNKNOWN = "some-new-model"


@dataclass(frozen=True)
class Part:
    """A part of a form, as another's parser reads it."""

    text: str | None = None
    content: bytes | None = None
    filename: str | None = None
    content_type: str | None = None


def form_of(request: HttpRequest) -> dict[str, Part]:
    parts: dict[str, Part] = {}

    def keep_field(field: Field) -> None:
        name = (field.field_name or b"").decode()
        assert name not in parts
        parts[name] = Part((field.value or b"").decode())

    def keep_file(file: File) -> None:
        name = (file.field_name or b"").decode()
        assert name not in parts
        file.file_object.seek(0)
        parts[name] = Part(
            None, file.file_object.read(), (file.file_name or b"").decode(), file.content_type
        )

    headers = {"Content-Type": dict(request.headers)["Content-Type"].encode()}
    parse_form(headers, BytesIO(sent(request)), keep_field, keep_file)
    return parts


def access(settings: Settings | None = None, token: str = "token") -> Access:
    return zhaotou.SERVICE.access(Token(token), settings or Settings(), 0, "nonce")


def asked(request: ImageRequest = REQUEST, settings: Settings | None = None) -> HttpRequest:
    step = next(zhaotou.generate(request, access(settings)))
    assert isinstance(step, HttpRequest)
    return step


def body_of(request: ImageRequest) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(asked(request).body or b"")
    return body


def painted(
    response: HttpResponse, request: ImageRequest = REQUEST, settings: Settings | None = None
) -> ImageResult:
    return outcome(zhaotou.generate(request, access(settings)), response)


def generate_failure(response: HttpResponse, request: ImageRequest = REQUEST) -> EaselError:
    return error_from(zhaotou.generate(request, access()), response)


def refusal(request: ImageRequest) -> InvalidRequest:
    with pytest.raises(InvalidRequest) as caught:
        asked(request)
    return caught.value


# --- Generations


def test_the_request_is_the_documents_to_the_letter() -> None:
    request = asked(replace(REQUEST, options=Options(quality="hd", style="vivid")))
    assert (request.method, request.url) == ("POST", "https://zhaotouai.com/v1/images/generations")
    assert request.headers == (
        ("Content-Type", "application/json"),
        ("Authorization", "Bearer token"),
    )
    assert json.loads(request.body or b"") == {
        "model": "gemini-3-pro-image-preview",
        "prompt": PROMPT,
        "n": 1,
        "size": "1024x1024",
        "quality": "hd",
        "style": "vivid",
        "response_format": "url",
    }


@pytest.mark.parametrize("model", [*IDS, UNKNOWN])
def test_what_a_caller_leaves_open_is_left_to_the_services_defaults(model: str) -> None:
    assert body_of(ImageRequest(model, "a cat")) == {
        "model": model,
        "prompt": "a cat",
        "n": 1,
        "response_format": "url",
    }


@pytest.mark.parametrize("n", [1, 2, 10])
def test_as_many_pictures_are_asked_for_as_the_caller_wants(n: int) -> None:
    assert body_of(replace(REQUEST, n=n))["n"] == n
    assert form_of(asked(replace(EDIT, n=n)))["n"] == Part(str(n))


@pytest.mark.parametrize("quality", ["standard", "hd"])
@pytest.mark.parametrize("style", ["vivid", "natural"])
@pytest.mark.parametrize("model", [*IDS, UNKNOWN])
def test_every_quality_and_style_of_the_document_is_passed_on(
    model: str, quality: str, style: str
) -> None:
    options = Options(quality=quality, style=style)
    body = body_of(ImageRequest(model, "a cat", options=options))
    assert (body["quality"], body["style"]) == (quality, style)


@pytest.mark.parametrize(
    ("options", "param", "legal"),
    [
        (Options(quality="high"), "quality", "standard or hd"),
        (Options(quality="HD"), "quality", "standard or hd"),
        (Options(style="photographic"), "style", "vivid or natural"),
    ],
)
def test_any_other_quality_or_style_costs_no_call(options: Options, param: str, legal: str) -> None:
    error = refusal(replace(REQUEST, options=options))
    assert error.param == param
    assert legal in error.message


@pytest.mark.parametrize("request_", [EDIT, VARY])
def test_what_clients_say_where_nobody_chose_is_no_fault_of_an_edit(request_: ImageRequest) -> None:
    options = Options(quality="standard", style="vivid", background="auto")
    assert form_of(asked(replace(request_, options=options))) == form_of(asked(request_))


def test_a_quality_of_auto_is_no_fault_and_not_sent() -> None:
    options = Options(quality="auto", background="auto")
    assert body_of(replace(REQUEST, options=options)) == body_of(REQUEST)


@pytest.mark.parametrize("request_", [REQUEST, EDIT, VARY])
def test_base_url_and_the_longest_answer_are_settings(request_: ImageRequest) -> None:
    settings = Settings(
        base_urls={"zhaotou": "http://127.0.0.1:9/v1/"}, max_picture_bytes=3_000_000
    )
    request = asked(request_, settings)
    assert request.url.startswith("http://127.0.0.1:9/v1/images/")
    assert request.max_answer_bytes == answer_with_pictures(3_000_000, request_.n)


@pytest.mark.parametrize("typed", ["Seedream-4.5", "SEEDREAM-4.5", "Seedream 4.5"])
def test_a_model_goes_out_as_typed_and_keeps_the_sizes_of_its_row(typed: str) -> None:
    request = ImageRequest(typed, "a cat", Shape(Size(1920, 1080)))
    assert (body_of(request)["model"], body_of(request)["size"]) == (typed, "1920x1080")
    assert refusal(replace(request, shape=Shape(Size(1000, 300)))).param == "size"


# --- Models


@pytest.mark.parametrize(("name", "model", "sizes"), MODELS)
def test_a_model_is_found_by_its_id_and_by_the_documents_name(
    name: str, model: str, sizes: str
) -> None:
    del sizes
    found = [zhaotou.SERVICE.find(text) for text in (name, name.upper(), f" {name} ", model)]
    assert found == [model] * 4


@pytest.mark.parametrize("model", [UNKNOWN, "", "flux", "gemini-3-image-2k"])
def test_no_other_model_is_found(model: str) -> None:
    assert zhaotou.SERVICE.find(model) is None


def test_the_service_paints_ten_pictures_a_call_with_any_model_behind_its_name() -> None:
    service = zhaotou.SERVICE
    assert (service.name, list(service.models), service.pictures_a_call) == ("zhaotou", IDS, 10)
    assert (service.any_model, service.has_tasks) == (True, False)


# --- Sizes


@pytest.mark.parametrize(
    ("model", "size"), [(model, size) for _, model, sizes in MODELS for size in sizes.split()]
)
def test_every_size_of_the_document_is_asked_for_exactly(model: str, size: str) -> None:
    shape = read_shape(size)
    assert body_of(ImageRequest(model, "a cat", shape))["size"] == size
    for request in (EDIT, VARY):
        form = form_of(asked(replace(request, model=model, shape=shape)))
        assert form["size"] == Part(size)


@pytest.mark.parametrize(
    ("model", "shape", "size"),
    [
        ("gemini-3-pro-image-preview", read_shape("1920x1080"), "1792x1024"),
        ("gemini-3-pro-image-preview", read_shape("16:9"), "1792x1024"),
        ("gpt-4o-image", read_shape(None, "2:3"), "1024x1536"),
        ("seedream-4.5", read_shape("2048x1152"), "1920x1080"),
        ("seedream-4.5", read_shape("1K"), "1024x1024"),
        ("seedream-4.0", read_shape(None, "9:16"), "1080x1920"),
        ("flux-2.0", read_shape("1920x1080"), "1792x1024"),
        ("flux-2.0", read_shape("16:9"), "1280x720"),
        ("flux-kontext", read_shape("1024x1000"), "1024x1024"),
    ],
)
def test_the_nearest_size_is_taken_where_a_ratio_is_within_5_percent(
    model: str, shape: Shape, size: str
) -> None:
    assert body_of(ImageRequest(model, "a cat", shape))["size"] == size


@pytest.mark.parametrize(
    ("model", "shape", "param", "legal"),
    [
        ("gemini-3-pro-image-preview", read_shape("1536x1024"), "size", GEMINI),
        ("gemini-2.5-flash-image-preview", read_shape("2K"), "size", GEMINI),
        ("gpt-4o-image", read_shape("1792x1024"), "size", GPT),
        ("gpt-4o-image", read_shape(None, "16:9"), "aspect_ratio", GPT),
        ("seedream-4.0", read_shape(None, "21:9"), "aspect_ratio", SEEDREAM),
        ("seedream-4.5", read_shape("2048x2048"), "size", SEEDREAM),
        ("seedream-4.5", read_shape("512x512"), "size", SEEDREAM),
        ("flux-2.0", read_shape("2K"), "size", FLUX),
        ("flux-2.0", read_shape("square_hd"), "size", FLUX),
    ],
)
def test_any_other_shape_costs_no_call_and_all_that_is_legal_is_told(
    model: str, shape: Shape, param: str, legal: str
) -> None:
    error = refusal(ImageRequest(model, "a cat", shape))
    assert error.param == param
    assert [size for size in legal.split() if size not in error.message] == []


SIDES = st.one_of(st.integers(1, 5000), st.sampled_from([1024, 1080, 1792, 1920]))


@given(st.sampled_from(MODELS), st.builds(Size, SIDES, SIDES))
def test_only_sizes_of_a_models_row_are_sent(model: tuple[str, str, str], size: Size) -> None:
    _, name, legal = model
    try:
        sent = body_of(ImageRequest(name, "a cat", Shape(size)))["size"]
    except InvalidRequest:
        assert str(size) not in legal.split()
        return
    assert sent in legal.split()
    if str(size) in legal.split():
        assert sent == str(size)


@pytest.mark.parametrize(
    "size", ["1x1", "1234x567", "4096x4096", "1024*1024", "2K", "2k", "3K", "square_hd", "16:9"]
)
def test_an_unknown_models_size_is_passed_on_unchecked(size: str) -> None:
    assert body_of(ImageRequest(UNKNOWN, "a cat", read_shape(size)))["size"] == size


@pytest.mark.parametrize(
    ("shape", "param"),
    [
        (read_shape(None, "16:9"), "aspect_ratio"),
        (read_shape(None, "wide"), "aspect_ratio"),
        (read_shape("16:9", "16:9"), "aspect_ratio"),
        (read_shape("2K", None, "2K"), "resolution"),
        (read_shape(None, None, "2K"), "resolution"),
        (read_shape("1x1", "1:1"), "aspect_ratio"),
    ],
)
def test_an_unknown_models_shape_can_only_be_told_in_size(shape: Shape, param: str) -> None:
    assert refusal(ImageRequest(UNKNOWN, "a cat", shape)).param == param


# --- Edits and variations


def test_an_edit_is_the_documents_form() -> None:
    request = asked(EDIT)
    assert (request.method, request.url) == ("POST", "https://zhaotouai.com/v1/images/edits")
    headers = dict(request.headers)
    assert headers["Authorization"] == "Bearer token"
    assert headers["Content-Type"].startswith("multipart/form-data; boundary=")
    assert len(request.headers) == 2
    assert form_of(request) == {
        "model": Part("gemini-3-pro-image-preview"),
        "prompt": Part("给这只猫戴上一顶红色的小帽子"),
        "n": Part("1"),
        "size": Part("1024x1024"),
        "response_format": Part("url"),
        "image": Part(None, PNG, "image.png", "image/png"),
    }


def test_a_variation_is_the_documents_form_and_has_no_prompt() -> None:
    request = asked(VARY)
    assert (request.method, request.url) == ("POST", "https://zhaotouai.com/v1/images/variations")
    assert form_of(request) == {
        "model": Part("gemini-3-pro-image-preview"),
        "n": Part("2"),
        "size": Part("1024x1024"),
        "response_format": Part("url"),
        "image": Part(None, PNG, "image.png", "image/png"),
    }


def test_a_mask_goes_with_an_edit() -> None:
    mask = InputImage("mask", content=blob(JPEG))
    assert form_of(asked(replace(EDIT, mask=mask)))["mask"] == Part(
        None, JPEG, "mask.jpeg", "image/jpeg"
    )


def test_a_form_leaves_open_what_the_caller_does() -> None:
    assert form_of(asked(replace(EDIT, shape=Shape()))).keys() == {
        *("model", "prompt", "n", "response_format", "image")
    }


@given(st.binary(max_size=300), st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
def test_any_picture_and_any_prompt_survive_the_form(tail: bytes, prompt: str) -> None:
    images = (InputImage("image", content=blob(JPEG + tail)),)
    form = form_of(asked(replace(EDIT, prompt=prompt, images=images)))
    assert (form["prompt"].text, form["image"].content) == (prompt, JPEG + tail)


@pytest.mark.parametrize("request_", [EDIT, VARY])
@pytest.mark.parametrize("count", [0, 2])
def test_a_form_holds_exactly_one_picture(request_: ImageRequest, count: int) -> None:
    images = (InputImage("image", content=blob(PNG)),) * count
    error = refusal(replace(request_, images=images))
    assert error.param == "image"
    assert f"not {count}." in error.message


@pytest.mark.parametrize(
    ("request_", "param"),
    [
        (replace(EDIT, images=(InputImage("image", url="https://example.org/p.png"),)), "image"),
        (replace(VARY, images=(InputImage("image", url="https://example.org/p.png"),)), "image"),
        (replace(EDIT, mask=InputImage("mask", url="https://example.org/m.png")), "mask"),
    ],
)
def test_an_address_cannot_be_uploaded_and_costs_no_call(
    request_: ImageRequest, param: str
) -> None:
    error = refusal(request_)
    assert error.param == param
    assert "example.org" not in error.message


# --- What the three endpoints do not have

NOT_HONOURED = {
    "style_preset": Options(style_preset="3d-model"),
    "background": Options(background="opaque"),
    "output_format": Options(output_format="png"),
    "negative_prompt": Options(negative_prompt="dogs"),
    "strength": Options(strength=0.5),
    "watermark": Options(watermark=False),
    "user_id": Options(user_id="user-1"),
    "retries": Options(retries=1),
    "extra_body": Options(extra_body={"anything": 1}),
}
MASK = InputImage("mask", content=blob(PNG))


@pytest.mark.parametrize(
    ("request_", "param"),
    [
        *(
            (replace(request, options=options), name)
            for request in (REQUEST, EDIT, VARY)
            for name, options in NOT_HONOURED.items()
        ),
        *((replace(request, options=Options(quality="hd")), "quality") for request in (EDIT, VARY)),
        *(
            (replace(request, options=Options(style="natural")), "style")
            for request in (EDIT, VARY)
        ),
        *((replace(request, asynchronous=True), "async") for request in (REQUEST, EDIT, VARY)),
        *((replace(request, mask=MASK), "mask") for request in (REQUEST, VARY)),
        (replace(REQUEST, images=EDIT.images), "image"),
    ],
)
def test_what_an_endpoint_cannot_honour_costs_no_call(request_: ImageRequest, param: str) -> None:
    assert refusal(request_).param == param


def test_every_option_is_either_sent_or_refused() -> None:
    assert {option.name for option in fields(Options)} == {"quality", "style"} | set(NOT_HONOURED)


# --- What comes back


@pytest.mark.parametrize("request_", [REQUEST, EDIT, VARY])
def test_an_answer_names_the_picture(request_: ImageRequest) -> None:
    (item,) = sample("zhaotou", "success")["body"]["data"]
    assert painted(answer("zhaotou", "success"), replace(request_, n=1)) == ImageResult(
        (Picture(item["url"], size=Size(1024, 1024)),)
    )


def test_several_pictures_come_in_the_order_of_the_answer() -> None:
    urls = [item["url"] for item in sample("zhaotou", "success_several")["body"]["data"]]
    found = painted(answer("zhaotou", "success_several"), VARY)
    assert [picture.url for picture in found.pictures] == urls


def test_base64_is_taken_where_it_comes_instead_of_an_address() -> None:
    (picture,) = painted(answer("zhaotou", "success_base64")).pictures
    assert picture.url is None
    assert isinstance(picture.base64, str)
    assert b64decode(picture.base64).startswith(PNG[:8])


def test_long_base64_is_what_the_shell_keeps_instead_of_it() -> None:
    kept = object()
    recorded = sample("zhaotou", "success_base64")
    recorded["body"]["data"][0]["b64_json"] = f"{LONG_TEXT}0"
    (picture,) = painted(replace(http_response(recorded), long_texts=(kept,))).pictures
    assert picture.base64 is kept


def test_the_size_is_that_which_was_asked_of_the_service() -> None:
    request = replace(REQUEST, shape=read_shape("1920x1080"))
    (picture,) = painted(answer("zhaotou", "success"), request).pictures
    assert picture.size == Size(1792, 1024)


def test_only_a_service_that_is_reached_by_http_may_name_pictures_there() -> None:
    recorded = sample("zhaotou", "success")
    recorded["body"]["data"][0]["url"] = "http://127.0.0.1:9/p.png"
    response = http_response(recorded)
    settings = Settings(base_urls={"zhaotou": "http://127.0.0.1:9/v1"})
    (picture,) = painted(response, settings=settings).pictures
    assert (picture.url, picture.allow_http) == ("http://127.0.0.1:9/p.png", True)
    assert isinstance(generate_failure(response), UpstreamBroken)


# --- Errors


@pytest.mark.parametrize("request_", [REQUEST, EDIT, VARY])
@pytest.mark.parametrize(
    ("name", "kind", "status", "code"),
    [
        ("busy", errors.UpstreamBusy, 429, "rate_limit_exceeded"),
        ("failed", errors.UpstreamBroken, 502, "upstream_broken"),
        ("forbidden", errors.AccessDenied, 403, "access_denied"),
        ("invalid", errors.RequestRefused, 400, "upstream_refused"),
        ("no_picture", errors.UpstreamBroken, 502, "upstream_no_picture"),
        ("not_json", errors.UpstreamBroken, 502, "upstream_broken"),
        ("refused", errors.RequestRefused, 400, "content_policy_violation"),
        ("too_large", errors.UpstreamTooLarge, 413, "request_too_large"),
        ("unauthorized", errors.TokenRejected, 401, "invalid_api_key"),
    ],
)
def test_every_recorded_failure_becomes_one_error(
    name: str, kind: type[EaselError], status: int, code: str, request_: ImageRequest
) -> None:
    error = generate_failure(answer("zhaotou", name), request_)
    assert (type(error), error.status, error.code) == (kind, status, code)
    assert error.message.startswith("Zhaotou")


@pytest.mark.parametrize("request_", [REQUEST, EDIT, VARY])
@pytest.mark.parametrize("status", [200, 302, 400, 401, 403, 404, 413, 429, 500, 504])
@pytest.mark.parametrize(
    "body",
    [
        SECRET,
        json.dumps(SECRET),
        json.dumps({"error": {"code": SECRET, "message": SECRET}}),
        json.dumps({"data": [{"url": f"ftp://{SECRET}"}]}),
        json.dumps({"data": SECRET}),
    ],
)
def test_no_error_repeats_the_token_or_what_is_no_reason(
    status: int, body: str, request_: ImageRequest
) -> None:
    flow = zhaotou.generate(replace(request_, prompt=SECRET), access(token=SECRET))
    error = error_from(flow, HttpResponse(status, body.encode(), SECRET, SECRET))
    seen = "".join((str(vars(error)), error.message, *traceback.format_exception(error)))
    assert SECRET not in seen


@pytest.mark.parametrize(
    ("model", "edits"),
    [
        *[(model, model != "flux-2.0") for model in zhaotou.SERVICE.models],
        ("Flux Kontext", True),
        ("a-model", False),
    ],
)
def test_the_table_says_which_models_edit_in_conversations(model: str, *, edits: bool) -> None:
    assert zhaotou.SERVICE.edits(model) is edits
