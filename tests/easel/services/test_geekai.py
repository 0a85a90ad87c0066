from __future__ import annotations

import json
import traceback
from base64 import b64decode, b64encode
from dataclasses import fields, replace
from math import log
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from easel import errors
from easel.errors import EaselError, InvalidRequest, UpstreamBroken
from easel.images.blobs import blob
from easel.images.request import Action, ImageRequest, InputImage, Options
from easel.images.result import ImageResult, Picture
from easel.images.shape import Shape, read_shape
from easel.images.size import Size
from easel.services import geekai
from easel.services.service import Access
from easel.services.wire import LONG_TEXT, HttpRequest, HttpResponse, answer_with_pictures
from easel.settings import Settings
from easel.token import Token
from tests.easel.flows import error_from, json_answer, outcome, sent
from tests.easel.samples import answer, http_response, sample

REQUEST = ImageRequest("gpt-image-1", "画一只可爱的小猫", Shape(Size(1024, 1024)))
TASK_ID = "3f2b8c1e-5d4a-4f6b-9c7d-2e1f0a9b8c7d"
SECRET = "a-word-of-the-body"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256))

# One model and more of each family of the document's table.
FAMILIES = {
    "gpt-image-2": ("gpt-image-2", "openai/gpt-image-2-2026", "GPT-Image-3", "gpt-image-10-mini"),
    "gpt-image-1": ("gpt-image-1", "GPT-Image-1"),
    "gpt-image": ("gpt-image-1.5", "gpt-image-1-mini"),
    "dall-e": ("dall-e-3", "DALL-E-2"),
    "imagen": ("imagen-4.0-generate-001", "Imagen-3"),
    "banana": ("nano-banana", "gemini-2.5-flash-image", "gemini-3-pro-image-preview"),
    "cogview": ("cogview-4", "CogView-3-Flash"),
    "wan": ("wanx2.1-t2i-turbo", "wan2.2-t2i-flash", "tongyi-wanxiang"),
    "kling": ("kling-v2", "Kling-v1-5"),
    "jimeng": ("jimeng-3.0", "jimeng_high_aes"),
    "seedream": ("doubao-seedream-4.0",),
    "seedream-other": ("Seedream-4.5",),
    "stable": ("stable-image-core", "stable-diffusion-xl", "sd3.5-large", "sd-turbo"),
    "unknown": ("midjourney", "flux-1.1-pro", "qwen-image"),
}


def models(*families: str) -> list[str]:
    return [model for family in families for model in FAMILIES[family]]


def others(*families: str) -> list[str]:
    return models(*(family for family in FAMILIES if family not in families))


def access(settings: Settings | None = None, token: Token | None = None) -> Access:
    return geekai.SERVICE.access(token or Token("token"), settings or Settings(), 0, "nonce")


def asked(request: ImageRequest = REQUEST, who: Access | None = None) -> HttpRequest:
    step = next(geekai.generate(request, who or access()))
    assert isinstance(step, HttpRequest)
    return step


def body_of(request: ImageRequest) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(sent(asked(request)))
    return body


def sent_options(model: str, options: Options) -> dict[str, Any]:
    return body_of(ImageRequest(model, "a cat", options=options))


def painted(
    response: HttpResponse, request: ImageRequest = REQUEST, settings: Settings | None = None
) -> ImageResult:
    return outcome(geekai.generate(request, access(settings)), response)


def polled(response: HttpResponse, settings: Settings | None = None) -> ImageResult:
    return outcome(geekai.poll(TASK_ID, access(settings)), response)


def generate_failure(response: HttpResponse, request: ImageRequest = REQUEST) -> EaselError:
    return error_from(geekai.generate(request, access()), response)


def poll_failure(response: HttpResponse) -> EaselError:
    return error_from(geekai.poll(TASK_ID, access()), response)


def refusal(request: ImageRequest) -> InvalidRequest:
    with pytest.raises(InvalidRequest) as caught:
        asked(request)
    return caught.value


# --- What is sent


def test_the_request_is_the_documents_to_the_letter() -> None:
    request = asked()
    assert (request.method, request.url) == ("POST", "https://geekai.co/api/v1/images/generations")
    assert request.headers == (
        ("Content-Type", "application/json"),
        ("Authorization", "Bearer token"),
    )
    assert json.loads(request.body or b"") == {
        "model": "gpt-image-1",
        "prompt": "画一只可爱的小猫",
        "size": "1024x1024",
        "n": 1,
        "response_format": "url",
    }


@pytest.mark.parametrize("header", ["authorization", "x-goog-api-key", ""])
def test_a_token_from_anywhere_else_is_sent_as_a_bearer_token(header: str) -> None:
    headers = dict(asked(who=access(token=Token("token", header))).headers)
    assert headers == {"Content-Type": "application/json", "Authorization": "Bearer token"}


def test_a_token_that_came_in_the_services_own_header_is_sent_in_it_and_nowhere_else() -> None:
    who = access(token=Token("token", "geekai-api-key"))
    poll = next(geekai.poll(TASK_ID, who))
    assert isinstance(poll, HttpRequest)
    for request in (asked(who=who), poll):
        assert dict(request.headers) == {
            "Content-Type": "application/json",
            "GeekAI-API-Key": "token",
        }


def test_every_field_of_the_document_can_be_asked_for() -> None:
    request = ImageRequest(
        "some-new-model",
        "a cat",
        read_shape("1024x768", "4:3"),
        Action.EDIT,
        3,
        (InputImage("image", url="https://example.org/p.png"),),
        InputImage("mask", url="https://example.org/m.png"),
        Options(
            quality="medium",
            style_preset="3d-model",
            background="transparent",
            output_format="webp",
            negative_prompt="dogs",
            strength=0.25,
            watermark=True,
            retries=2,
            extra_body={
                "sequential_image_generation": "auto",
                "sequential_image_generation_options": {"max_images": 15},
            },
        ),
        asynchronous=True,
    )
    assert body_of(request) == {
        "model": "some-new-model",
        "prompt": "a cat",
        "negative_prompt": "dogs",
        "image": "https://example.org/p.png",
        "strength": 0.25,
        "size": "1024x768",
        "aspect_ratio": "4:3",
        "n": 3,
        "quality": "medium",
        "style_preset": "3d-model",
        "response_format": "url",
        "output_format": "webp",
        "mask": "https://example.org/m.png",
        "watermark": True,
        "background": "transparent",
        "extra_body": {
            "sequential_image_generation": "auto",
            "sequential_image_generation_options": {"max_images": 15},
        },
        "async": True,
        "retries": 2,
    }


@pytest.mark.parametrize("model", others())
def test_what_a_caller_leaves_open_is_left_to_the_services_defaults(model: str) -> None:
    assert body_of(ImageRequest(model, "a cat")) == {
        "model": model,
        "prompt": "a cat",
        "n": 1,
        "response_format": "url",
    }


def test_the_base_url_is_a_setting_such_as_the_address_outside_china() -> None:
    settings = Settings(base_urls={"geekai": "https://geekai.dev/api/v1"})
    assert asked(who=access(settings)).url == "https://geekai.dev/api/v1/images/generations"


@pytest.mark.parametrize("n", [1, 2, 10])
def test_as_many_pictures_are_asked_for_as_the_caller_wants(n: int) -> None:
    assert body_of(replace(REQUEST, n=n))["n"] == n


def test_every_model_is_reached_by_the_services_name_or_header_and_none_without() -> None:
    upstream = geekai.SERVICE
    assert (upstream.name, upstream.models, upstream.pictures_a_call, upstream.any_model) == (
        "geekai",
        ("gpt-image-1", "gpt-image-2", "doubao-seedream-4.0"),
        10,
        True,
    )
    assert [upstream.find(model) for model in others()] == [None] * len(others())


def test_pictures_go_as_addresses_or_as_base64_and_one_is_no_list() -> None:
    address = InputImage("image", url="https://example.org/p.png")
    inline = InputImage("image", content=blob(PNG))
    upload = InputImage("image", content=blob(PNG))
    data_url = f"data:image/png;base64,{b64encode(PNG).decode()}"
    one = replace(REQUEST, action=Action.EDIT, images=(upload,), mask=inline)
    body = body_of(one)
    assert (body["image"], body["mask"]) == (data_url, data_url)
    many = replace(REQUEST, action=Action.EDIT, images=(address, inline, upload))
    assert body_of(many)["image"] == ["https://example.org/p.png", data_url, data_url]


@pytest.mark.parametrize("poll", [False, True])
def test_an_answer_may_be_as_long_as_a_picture_in_base64(*, poll: bool) -> None:
    who = access(Settings(max_picture_bytes=3_000_000))
    step = next(geekai.poll(TASK_ID, who) if poll else geekai.generate(REQUEST, who))
    assert isinstance(step, HttpRequest)
    assert step.max_answer_bytes == answer_with_pictures(3_000_000, 10 if poll else REQUEST.n)


# --- Sizes and ratios: the document's table

GPT_IMAGE_SIZES = "1024x1024 1024x1536 1536x1024"
COGVIEW_SIZES = "1024x1024 768x1344 864x1152 1344x768 1152x864 1440x720 720x1440"
JIMENG_SIZES = "512x512 512x384 384x512 512x341 341x512 512x288 288x512"
BANANA_RATIOS = "1:1 2:3 3:2 3:4 4:3 4:5 5:4 9:16 16:9 21:9"
KLING_RATIOS = "16:9 9:16 1:1 4:3 3:4 3:2 2:3"

LEGAL_SIZES = {
    "gpt-image-1": GPT_IMAGE_SIZES,
    "gpt-image": GPT_IMAGE_SIZES,
    "cogview": COGVIEW_SIZES,
    "jimeng": JIMENG_SIZES,
    "wan": "768x768 1440x768 1024x1024 1440x1388 769x1439",
    "stable": "64x64 16384x64 64x16384 16384x16384 1001x777",
    "gpt-image-2": "1000x1000 3840x2160",
    "dall-e": "1792x1024 256x256",
    "seedream": "2048x2048 4096x2304",
    "seedream-other": "2048x2048 4096x2304",
    "unknown": "1x1 12345x678",
}
LEGAL_RATIOS = {
    "imagen": "1:1",
    "banana": BANANA_RATIOS,
    "kling": KLING_RATIOS,
    "seedream": "16:9 9:21",
    "seedream-other": "16:9 9:21",
    "unknown": "16:9 1:7",
}


def shape_sent(model: str, shape: Shape) -> tuple[str | None, str | None]:
    body = body_of(ImageRequest(model, "a cat", shape))
    return body.get("size"), body.get("aspect_ratio")


@pytest.mark.parametrize(
    ("model", "size"),
    [
        (model, size)
        for family, sizes in LEGAL_SIZES.items()
        for model in models(family)
        for size in sizes.split()
    ],
)
def test_every_size_of_a_familys_row_is_asked_for_exactly(model: str, size: str) -> None:
    assert shape_sent(model, read_shape(size)) == (size, None)


@pytest.mark.parametrize(
    ("model", "ratio"),
    [
        (model, ratio)
        for family, ratios in LEGAL_RATIOS.items()
        for model in models(family)
        for ratio in ratios.split()
    ],
)
def test_every_ratio_of_a_familys_row_is_asked_for_exactly(model: str, ratio: str) -> None:
    assert shape_sent(model, read_shape(None, ratio)) == (None, ratio)
    assert shape_sent(model, read_shape(ratio)) == (None, ratio)


@pytest.mark.parametrize("model", models("banana"))
@pytest.mark.parametrize("resolution", ["1k", "2k", "4k"])
def test_a_resolution_goes_in_size_beside_the_ratio(model: str, resolution: str) -> None:
    assert shape_sent(model, read_shape(resolution.upper(), "21:9")) == (resolution, "21:9")
    assert shape_sent(model, read_shape(resolution)) == (resolution, None)


@pytest.mark.parametrize("model", models("unknown", "seedream", "dall-e", "gpt-image-2"))
@pytest.mark.parametrize(
    "word", ["2K", "2k", "3K", "square_hd", "1024*1024", "1024 × 1024", " 1K", "*"]
)
def test_what_nothing_is_known_of_is_asked_in_the_callers_own_words(model: str, word: str) -> None:
    assert shape_sent(model, read_shape(word)) == (word, None)
    assert shape_sent(model, read_shape(word, "1 : 1")) == (word, "1 : 1")
    assert shape_sent(model, read_shape(None, "wide", word)) == (word, "wide")
    assert shape_sent(model, read_shape("21 : 9", None, word)) == (word, "21 : 9")


def test_the_star_of_wanxiangs_row_is_read_and_x_is_sent() -> None:
    assert shape_sent("wanx2.1", read_shape("1024*1024")) == ("1024x1024", None)


@pytest.mark.parametrize("model", others("jimeng"))
def test_the_general_defaults_of_size_and_ratio_may_be_asked_for(model: str) -> None:
    for shape in (read_shape("1024x1024"), read_shape(None, "1:1")):
        size, ratio = shape_sent(model, shape)
        assert size in (None, "1024x1024", "1k")
        assert ratio in (None, "1:1")
        assert (size, ratio) != (None, None)


@pytest.mark.parametrize("model", models("gpt-image-1", "gpt-image", "gpt-image-2", "unknown"))
def test_a_size_of_auto_is_sent_where_the_document_has_it_or_nothing_is_known(model: str) -> None:
    assert shape_sent(model, read_shape("Auto")) == ("auto", None)
    assert shape_sent(model, read_shape("auto", "1:1"))[0] != "auto"


@pytest.mark.parametrize("model", others("gpt-image-1", "gpt-image", "gpt-image-2", "unknown"))
def test_a_size_of_auto_is_the_default_of_any_other_family(model: str) -> None:
    assert shape_sent(model, read_shape("auto")) == (None, None)


@pytest.mark.parametrize(
    ("model", "shape", "sent"),
    [
        ("gpt-image-1", read_shape("1400x1400"), ("1024x1024", None)),
        ("gpt-image-1", read_shape("1K"), ("1024x1024", None)),
        ("gpt-image-1", read_shape("3:2"), ("1536x1024", None)),
        ("imagen-4", read_shape("1024x1024"), (None, "1:1")),
        ("imagen-4", read_shape("1000x1024"), (None, "1:1")),
        ("nano-banana", read_shape("1920x1080"), ("1k", "16:9")),
        ("nano-banana", read_shape("832x1248"), ("1k", "2:3")),
        ("nano-banana", read_shape("4096x4096"), ("4k", "1:1")),
        ("cogview-4", read_shape("1280x720"), ("1344x768", None)),
        ("wanx2.1", read_shape("1440x1389"), ("1439x1389", None)),  # 160 pixels too many
        ("wanx2.1", read_shape("767x1024"), ("768x1024", None)),
        ("stable-image-core", read_shape("16385x16384"), ("16384x16384", None)),
        ("stable-image-core", read_shape("63x1024"), ("64x1024", None)),
        ("wanx2.1", read_shape("16:9"), ("1365x768", None)),
        ("wanx2.1", read_shape("1:1"), ("1024x1024", None)),
        ("kling-v2", read_shape("1024x1536"), (None, "2:3")),
        ("jimeng-3.0", read_shape("640x640"), ("512x512", None)),
        ("jimeng-3.0", read_shape("16:9"), ("512x288", None)),
        ("stable-image-core", read_shape("21:9"), ("1564x670", None)),
    ],
)
def test_the_nearest_that_a_family_paints_is_taken_within_5_percent(
    model: str, shape: Shape, sent: tuple[str | None, str | None]
) -> None:
    assert shape_sent(model, shape) == sent


@pytest.mark.parametrize(
    ("model", "shape", "param", "legal"),
    [
        ("gpt-image-1", read_shape("1920x1080"), "size", GPT_IMAGE_SIZES),
        ("gpt-image-1.5", read_shape("2K"), "size", GPT_IMAGE_SIZES),
        *(
            ("imagen-4", read_shape(None, ratio), "aspect_ratio", "1:1")
            for ratio in ("3:4", "4:3", "9:16", "16:9")
        ),
        ("imagen-4", read_shape("1K"), "size", "1:1"),
        ("nano-banana", read_shape(None, "9:21"), "aspect_ratio", f"{BANANA_RATIOS} 1K 2K 4K"),
        ("nano-banana", read_shape("1000x300"), "size", BANANA_RATIOS),
        ("cogview-4", read_shape(None, "21:9"), "aspect_ratio", COGVIEW_SIZES),
        ("wanx2.1", read_shape("1536x768"), "size", "768 1440 2000000"),
        ("wanx2.1", read_shape("2048x2048"), "size", "768 1440 2000000"),
        ("wanx2.1", read_shape("512x512"), "size", "768 1440 2000000"),
        ("wanx2.1", read_shape("square_hd"), "size", "768 1440 2000000"),
        ("wanx2.1", read_shape(None, "21:9"), "aspect_ratio", "768 1440 2000000"),
        ("kling-v2", read_shape(None, "21:9"), "aspect_ratio", KLING_RATIOS),
        ("kling-v2", read_shape("2K"), "size", KLING_RATIOS),
        ("jimeng-3.0", read_shape("1024x512"), "size", JIMENG_SIZES),
        ("jimeng-3.0", read_shape("1024x1024"), "size", JIMENG_SIZES),
        ("jimeng-3.0", read_shape("1K"), "size", JIMENG_SIZES),
        ("gpt-image-1", read_shape("2048x2048"), "size", GPT_IMAGE_SIZES),
        ("cogview-4", read_shape("1920x1080"), "size", COGVIEW_SIZES),
        ("nano-banana", read_shape("3K"), "size", "1K 2K 4K"),
        ("nano-banana", read_shape(None, None, "8K"), "resolution", "1K 2K 4K"),
        ("nano-banana", read_shape(None, "wide"), "aspect_ratio", BANANA_RATIOS),
        ("stable-image-core", read_shape("32768x16384"), "size", "64 16384 4096"),
        ("stable-image-core", read_shape("40x1024"), "size", "64 16384 4096"),
        ("stable-image-core", read_shape(None, "9999:1"), "aspect_ratio", "64 16384 4096"),
    ],
)
def test_any_other_shape_costs_no_call_and_all_that_is_legal_is_told(
    model: str, shape: Shape, param: str, legal: str
) -> None:
    error = refusal(ImageRequest(model, "a cat", shape))
    assert (error.status, error.param) == (400, param)
    assert [word for word in legal.split() if word not in error.message] == []


@pytest.mark.parametrize("model", models("unknown", "seedream", "dall-e", "gpt-image-2"))
def test_pixels_and_a_resolution_have_one_field_and_cannot_both_be_asked_for(model: str) -> None:
    error = refusal(ImageRequest(model, "a cat", read_shape("1024x1024", None, "1K")))
    assert error.param == "size"


def _wan_takes(size: Size) -> bool:
    """The GeekAI document, word for word."""
    return (
        768 <= size.width <= 1440
        and 768 <= size.height <= 1440
        and size.width * size.height <= 2_000_000
    )


def _stable_takes(size: Size) -> bool:
    """The GeekAI document, word for word."""
    return (
        64 <= size.width <= 16384
        and 64 <= size.height <= 16384
        and size.width * size.height >= 4096
    )


def near(sent: Size, asked: Size) -> bool:
    """Within 5 % of the ratio, and between half and twice the area."""
    values = sorted((sent.ratio.value, asked.ratio.value))
    return values[1] / values[0] <= 1.05 + 1e-9 and 0.5 <= sent.pixels / asked.pixels <= 2


LISTED = {
    "gpt-image-1": GPT_IMAGE_SIZES,
    "cogview-4": COGVIEW_SIZES,
    "jimeng-3.0": JIMENG_SIZES,
}


@given(
    st.sampled_from(sorted(LISTED)), st.builds(Size, st.integers(200, 2000), st.integers(200, 2000))
)
def test_of_a_list_the_nearest_is_taken_and_what_has_none_near_is_refused(
    model: str, size: Size
) -> None:
    legal = [found for text in LISTED[model].split() if (found := read_shape(text).size)]
    close = [each for each in legal if near(each, size)]
    try:
        text, _ = shape_sent(model, Shape(size))
    except InvalidRequest:
        assert close == []
        return
    sent = read_shape(text).size
    assert sent in close
    areas = {each: abs(log(each.pixels / size.pixels)) for each in close}
    assert areas[sent] == min(areas.values())


SIDES = st.one_of(st.integers(1, 20_000), st.sampled_from([64, 768, 1440, 16384]))
RULES = {"wanx2.1": _wan_takes, "stable-image-core": _stable_takes}


@given(st.sampled_from(sorted(RULES)), st.builds(Size, SIDES, SIDES))
def test_only_sizes_that_the_document_allows_are_sent_and_those_are_sent_as_they_are(
    model: str, size: Size
) -> None:
    takes = RULES[model]
    try:
        text, ratio = shape_sent(model, Shape(size))
    except InvalidRequest:
        assert not takes(size)
        return
    sent = read_shape(text).size
    assert sent is not None
    assert (takes(sent), ratio) == (True, None)
    if takes(size):
        assert sent == size
    assert near(sent, size)


# --- The options of some families

QUALITIES = {
    "gpt-image-1": "auto low medium high",
    "gpt-image": "auto low medium high",
    "gpt-image-2": "auto low medium high",
    "dall-e": "standard hd",
    "cogview": "standard hd",
    "kling": "std pro",
    "unknown": "auto low medium high standard hd std pro ultra",
}


@pytest.mark.parametrize(
    ("model", "quality"),
    [
        (model, quality)
        for family, qualities in QUALITIES.items()
        for model in models(family)
        for quality in qualities.split()
    ],
)
def test_every_quality_that_the_document_gives_a_family_is_passed_on(
    model: str, quality: str
) -> None:
    assert sent_options(model, Options(quality=quality))["quality"] == quality


@pytest.mark.parametrize(
    ("model", "quality"),
    [
        *((model, "hd") for model in models("gpt-image-1", "gpt-image-2", "kling")),
        *((model, "high") for model in models("dall-e", "cogview", "kling")),
        *((model, "pro") for model in models("imagen", "banana", "wan", "jimeng", "stable")),
        *((model, "hd") for model in models("seedream")),
    ],
)
def test_a_quality_of_another_family_costs_no_call_and_the_legal_ones_are_told(
    model: str, quality: str
) -> None:
    error = refusal(ImageRequest(model, "a cat", options=Options(quality=quality)))
    assert error.param == "quality"
    family = next(family for family in FAMILIES if model in FAMILIES[family])
    legal = QUALITIES.get(family, "no quality at all").split()
    assert [word for word in legal if word not in error.message] == []


@pytest.mark.parametrize("model", models("stable", "unknown"))
def test_a_style_preset_is_passed_on_for_stable_image(model: str) -> None:
    assert sent_options(model, Options(style_preset="3d-model"))["style_preset"] == "3d-model"


@pytest.mark.parametrize("model", models("gpt-image-1", "unknown"))
@pytest.mark.parametrize("background", ["transparent", "opaque", "auto"])
def test_a_background_is_passed_on_for_gpt_image_1(model: str, background: str) -> None:
    assert sent_options(model, Options(background=background))["background"] == background


@pytest.mark.parametrize("model", models("seedream", "unknown"))
@pytest.mark.parametrize(
    "extra_body",
    [
        {"sequential_image_generation": "disabled"},
        {"sequential_image_generation": "auto"},
        {"sequential_image_generation_options": {"max_images": 3}},
        *(
            {
                "sequential_image_generation": word,
                "sequential_image_generation_options": {"max_images": 1},
            }
            for word in ("auto", "disabled")
        ),
    ],
)
def test_a_group_of_pictures_is_asked_for_in_extra_body_for_seedream(
    model: str, extra_body: dict[str, object]
) -> None:
    assert sent_options(model, Options(extra_body=extra_body))["extra_body"] == extra_body


@pytest.mark.parametrize("model", others())
def test_extra_body_is_an_open_bag_for_every_model(model: str) -> None:
    bag = {"guidance": 7.5, "loras": [{"id": 1, "名": None}], "sampler": "DDIM"}
    assert sent_options(model, Options(extra_body=bag))["extra_body"] == bag
    disabled = {**bag, "sequential_image_generation": "disabled"}
    expected = disabled if model in models("seedream", "unknown") else bag
    assert sent_options(model, Options(extra_body=disabled))["extra_body"] == expected


@pytest.mark.parametrize(
    ("model", "options", "param"),
    [
        *((model, Options(style="natural"), "style") for model in others()),
        *((model, Options(user_id="user-1"), "user_id") for model in others()),
        *(
            (model, Options(style_preset="3d-model"), "style_preset")
            for model in others("stable", "unknown")
        ),
        *(
            (model, Options(background="opaque"), "background")
            for model in others("gpt-image-1", "unknown")
        ),
        *(
            (model, Options(extra_body={name: value}), f"extra_body.{name}")
            for model in others("seedream", "unknown")
            for name, value in (
                ("sequential_image_generation", "auto"),
                ("sequential_image_generation_options", {"max_images": 3}),
            )
        ),
    ],
)
def test_an_option_that_the_document_keeps_for_another_family_costs_no_call(
    model: str, options: Options, param: str
) -> None:
    error = refusal(ImageRequest(model, "a cat", options=options))
    assert (error.param, param in error.message) == (param, True)


@pytest.mark.parametrize(
    ("options", "families"),
    [
        (Options(quality="medium"), ("gpt-image-1", "gpt-image", "gpt-image-2", "unknown")),
        (Options(background="auto"), ("gpt-image-1", "unknown")),
        (
            Options(extra_body={"sequential_image_generation": "disabled"}),
            ("seedream", "unknown"),
        ),
        # What OpenAI's clients say where nobody chose.
        (Options(quality="auto"), ("gpt-image-1", "gpt-image", "gpt-image-2", "unknown")),
        (Options(quality="standard"), ("dall-e", "cogview", "unknown")),
        (Options(style="vivid"), ()),
    ],
)
def test_a_default_of_the_document_is_no_fault_and_only_sent_where_it_means_something(
    options: Options, families: tuple[str, ...]
) -> None:
    bare = {"model", "prompt", "n", "response_format"}
    wrong = []
    for model in others():
        try:
            told = bool(sent_options(model, options).keys() - bare)
        except InvalidRequest:
            told = None
        if told is not (model in models(*families)):
            wrong.append(model)
    assert wrong == []


@pytest.mark.parametrize("model", others())
def test_the_other_defaults_of_the_document_may_be_asked_for_of_every_model(model: str) -> None:
    options = Options(strength=0.5, output_format="png", watermark=False, retries=0)
    body = sent_options(model, options)
    expected = {"strength": 0.5, "output_format": "png", "watermark": False, "retries": 0, "n": 1}
    assert {name: body[name] for name in expected} == expected


@pytest.mark.parametrize(
    ("asked_format", "sent"), [("png", "png"), ("jpg", "jpg"), ("jpeg", "jpg"), ("webp", "webp")]
)
def test_formats_are_spelled_as_the_document_does(asked_format: str, sent: str) -> None:
    assert sent_options("flux", Options(output_format=asked_format))["output_format"] == sent


@pytest.mark.parametrize("strength", [0, 0.5, 1])
def test_a_strength_within_the_documents_limits_is_passed_on(strength: float) -> None:
    images = (InputImage("image", url="https://h/p.png"),)
    request = ImageRequest("flux", "a cat", images=images, options=Options(strength=strength))
    assert body_of(request)["strength"] == strength


@pytest.mark.parametrize(
    ("request_", "param"),
    [
        (ImageRequest("flux", "a cat", options=Options(strength=0.7)), "strength"),
        (ImageRequest("flux", "a cat", mask=InputImage("mask", url="https://h/m.png")), "mask"),
        (ImageRequest("flux", "a cat", options=Options(background="pink")), "background"),
    ],
)
def test_what_would_have_no_effect_or_no_meaning_costs_no_call(
    request_: ImageRequest, param: str
) -> None:
    assert refusal(request_).param == param


@pytest.mark.parametrize(
    ("options", "param"),
    [
        (Options(strength=-0.01), "strength"),
        (Options(strength=1.01), "strength"),
        (Options(strength=float("nan")), "strength"),
        (Options(output_format="gif"), "output_format"),
        (Options(output_format="PNG"), "output_format"),
        (Options(retries=-1), "retries"),
    ],
)
def test_a_value_outside_the_documents_limits_costs_no_call(options: Options, param: str) -> None:
    error = refusal(ImageRequest("flux", "a cat", options=options))
    assert error.param == param


def test_the_service_has_no_variations() -> None:
    error = refusal(
        replace(REQUEST, action=Action.VARY, images=(InputImage("image", content=blob(PNG)),))
    )
    assert error.param == "model"


def test_every_option_is_either_sent_or_refused() -> None:
    supported = {
        *("quality", "style_preset", "background", "output_format", "negative_prompt", "strength"),
        *("watermark", "retries", "extra_body"),
    }
    assert {option.name for option in fields(Options)} == supported | {"style", "user_id"}


# --- What comes back


def test_the_documents_answer_names_the_picture_and_the_better_prompt() -> None:
    (item,) = sample("geekai", "success")["body"]["data"]
    assert painted(answer("geekai", "success")) == ImageResult(
        (Picture(item["url"], size=Size(1024, 1024), revised_prompt=item["revised_prompt"]),),
        TASK_ID,
        "succeed",
    )


def test_several_pictures_come_in_the_order_of_the_answer() -> None:
    urls = [item["url"] for item in sample("geekai", "success_several")["body"]["data"]]
    found = painted(answer("geekai", "success_several"), replace(REQUEST, n=2))
    assert [picture.url for picture in found.pictures] == urls


@pytest.mark.parametrize(
    ("extra", "most"),
    [
        (None, 1),
        ({"sequential_image_generation": "disabled"}, 1),
        ({"sequential_image_generation": "auto"}, 15),
        (
            {
                "sequential_image_generation": "auto",
                "sequential_image_generation_options": {"max_images": 4},
            },
            4,
        ),
    ],
)
def test_a_sequence_may_have_as_many_pictures_as_were_asked_for(
    extra: dict[str, object] | None, most: int
) -> None:
    request = replace(REQUEST, model="doubao-seedream-4.0", options=Options(extra_body=extra))
    body = sample("geekai", "success")["body"]
    found = painted(json_answer({**body, "data": body["data"] * 16}), request)
    (error,) = found.errors
    assert (len(found.pictures), error.code) == (most, "surplus_pictures")
    assert painted(json_answer({**body, "data": body["data"] * most}), request).errors == ()


def test_base64_is_taken_where_it_comes_instead_of_an_address() -> None:
    (picture,) = painted(answer("geekai", "success_base64")).pictures
    assert (picture.url, picture.revised_prompt) == (None, "A small cat")
    assert isinstance(picture.base64, str)
    assert b64decode(picture.base64).startswith(PNG[:8])


@pytest.mark.parametrize("poll", [False, True])
def test_long_base64_is_what_the_shell_keeps_instead_of_it(*, poll: bool) -> None:
    kept = object()
    recorded = sample("geekai", "success_base64")
    recorded["body"]["data"][0]["b64_json"] = f"{LONG_TEXT}0"
    response = replace(http_response(recorded), long_texts=(kept,))
    (picture,) = (polled if poll else painted)(response).pictures
    assert picture.base64 is kept


@pytest.mark.parametrize(
    ("model", "shape"),
    [("kling-v2", read_shape("1024x1024")), ("nano-banana", read_shape("2K")), ("x", Shape())],
)
def test_the_size_is_unknown_where_no_pixels_were_asked_for(model: str, shape: Shape) -> None:
    request = ImageRequest(model, "a cat", shape)
    (picture,) = painted(answer("geekai", "success"), request).pictures
    assert picture.size is None


def test_an_answer_needs_neither_a_task_nor_its_state() -> None:
    found = painted(json_answer({"created": 1, "data": [{"url": "https://example.org/p.png"}]}))
    assert [picture.url for picture in found.pictures] == ["https://example.org/p.png"]
    assert (found.task_id, found.task_status) == (None, None)


@pytest.mark.parametrize("poll", [False, True])
def test_only_a_service_that_is_reached_by_http_may_name_pictures_there(*, poll: bool) -> None:
    recorded = sample("geekai", "success")
    recorded["body"]["data"][0]["url"] = "http://127.0.0.1:9/p.png"
    response = http_response(recorded)
    settings = Settings(base_urls={"geekai": "http://127.0.0.1:9/api/v1"})
    (picture,) = (polled if poll else painted)(response, settings=settings).pictures
    assert (picture.url, picture.allow_http) == ("http://127.0.0.1:9/p.png", True)
    assert isinstance((poll_failure if poll else generate_failure)(response), UpstreamBroken)


# --- Errors

FAILURES = [
    ("busy", errors.UpstreamBusy, 429, "rate_limit_exceeded"),
    ("failed", errors.UpstreamBroken, 502, "upstream_broken"),
    ("forbidden", errors.AccessDenied, 403, "access_denied"),
    ("invalid", errors.RequestRefused, 400, "upstream_refused"),
    ("no_balance", errors.QuotaExhausted, 429, "insufficient_quota"),
    ("no_picture", errors.UpstreamBroken, 502, "upstream_no_picture"),
    ("not_json", errors.UpstreamBroken, 502, "upstream_broken"),
    ("refused", errors.RequestRefused, 400, "content_policy_violation"),
    ("timeout", errors.UpstreamTooSlow, 504, "upstream_too_slow"),
    ("too_large", errors.UpstreamTooLarge, 413, "request_too_large"),
    ("unauthorized", errors.TokenRejected, 401, "invalid_api_key"),
    ("unavailable", errors.UpstreamBroken, 502, "upstream_broken"),
]


@pytest.mark.parametrize(("name", "kind", "status", "code"), FAILURES)
def test_every_recorded_failure_becomes_one_error_at_once_or_as_a_task(
    name: str, kind: type[EaselError], status: int, code: str
) -> None:
    response = answer("geekai", name)
    later = replace(REQUEST, asynchronous=True)
    seen = [generate_failure(response), poll_failure(response), generate_failure(response, later)]
    assert {(type(error), error.status, error.code) for error in seen} == {(kind, status, code)}
    assert all(error.message.startswith("GeekAI") for error in seen)


def test_what_is_not_found_is_the_model_or_the_task() -> None:
    response = answer("geekai", "not_found")
    seen = [generate_failure(response), poll_failure(response)]
    assert [(error.status, error.code) for error in seen] == [
        (404, "model_not_found"),
        (404, "task_not_found"),
    ]


def told(error: EaselError) -> str:
    """All that a client or a log could see of an error."""
    return "".join(
        (str(vars(error)), error.message, error.code, *traceback.format_exception(error))
    )


@pytest.mark.parametrize("status", [200, 302, 400, 401, 402, 403, 404, 413, 429, 500, 503, 504])
@pytest.mark.parametrize(
    "body",
    [
        SECRET,
        json.dumps(SECRET),
        json.dumps({"code": SECRET, "message": SECRET, "details": {SECRET: SECRET}}),
        json.dumps({"code": "content_policy_violation", "message": SECRET}),
        json.dumps({"data": SECRET, "task_id": SECRET, "task_status": SECRET}),
        json.dumps({"data": [{"url": f"ftp://{SECRET}"}], "task_status": SECRET}),
    ],
)
def test_no_error_repeats_the_token_or_what_is_no_reason(status: int, body: str) -> None:
    who = access(token=Token(SECRET))
    response = HttpResponse(status, body.encode(), SECRET, SECRET)
    for asynchronous in (False, True):
        request = ImageRequest("gpt-image-1", SECRET, asynchronous=asynchronous)
        assert SECRET not in told(error_from(geekai.generate(request, who), response))
    assert SECRET not in told(error_from(geekai.poll(SECRET, who), response))


# --- Tasks


def test_a_task_is_begun_with_async_and_nothing_else_that_differs() -> None:
    at_once, later = asked(), asked(replace(REQUEST, asynchronous=True))
    assert (later.method, later.url, later.headers) == (
        at_once.method,
        at_once.url,
        at_once.headers,
    )
    expected = {**json.loads(at_once.body or b""), "async": True}
    assert json.loads(later.body or b"") == expected


def test_a_task_is_asked_for_by_its_id() -> None:
    step = next(
        geekai.poll(TASK_ID, access(Settings(base_urls={"geekai": "https://geekai.dev/api/v1"})))
    )
    assert isinstance(step, HttpRequest)
    assert (step.method, step.url, step.body) == (
        "GET",
        f"https://geekai.dev/api/v1/images/{TASK_ID}",
        None,
    )
    assert dict(step.headers)["Authorization"] == "Bearer token"


def test_a_task_that_was_begun_has_an_id_and_no_picture_yet() -> None:
    begun = painted(answer("geekai", "task_accepted"), replace(REQUEST, asynchronous=True))
    assert begun == ImageResult((), TASK_ID, "pending")


@pytest.mark.parametrize("status", ["pending", "running"])
def test_a_task_that_is_not_done_says_how_it_stands(status: str) -> None:
    assert polled(answer("geekai", f"task_{status}")) == ImageResult((), TASK_ID, status)


def test_a_task_that_is_done_names_its_pictures() -> None:
    urls = [item["url"] for item in sample("geekai", "success_several")["body"]["data"]]
    done = polled(answer("geekai", "success_several"))
    assert ([picture.url for picture in done.pictures], done.task_id, done.task_status) == (
        urls,
        TASK_ID,
        "succeed",
    )


def test_a_task_that_is_done_at_once_names_its_picture_at_once() -> None:
    done = painted(answer("geekai", "success"), replace(REQUEST, asynchronous=True))
    assert (len(done.pictures), done.task_id, done.task_status) == (1, TASK_ID, "succeed")


@pytest.mark.parametrize(
    "body",
    [
        {"task_id": TASK_ID, "task_status": "succeeded"},
        {"task_id": TASK_ID, "task_status": None},
        {"task_id": TASK_ID},
        {"task_status": 1},
        {},
        [],
        "x",
    ],
)
def test_a_task_whose_state_is_not_known_is_an_error(body: object) -> None:
    response = json_answer(body)
    assert type(poll_failure(response)) is UpstreamBroken
    later = replace(REQUEST, asynchronous=True)
    assert type(generate_failure(response, later)) is UpstreamBroken


def test_a_task_that_was_begun_without_an_id_is_an_error() -> None:
    later = replace(REQUEST, asynchronous=True)
    assert type(generate_failure(json_answer({"task_status": "pending"}), later)) is UpstreamBroken


def test_a_task_that_failed_says_so_and_carries_its_error() -> None:
    failed = polled(answer("geekai", "task_failed"))
    assert (failed.pictures, failed.task_id, failed.task_status) == ((), TASK_ID, "failed")
    assert failed.error is not None
    assert (type(failed.error), failed.error.code) == (UpstreamBroken, "task_failed")


def test_a_task_that_the_filter_stopped_is_a_refusal() -> None:
    failed = polled(answer("geekai", "task_refused"))
    assert (failed.task_id, failed.task_status) == (TASK_ID, "failed")
    assert failed.error is not None
    assert (type(failed.error), failed.error.code) == (
        errors.RequestRefused,
        "content_policy_violation",
    )


@pytest.mark.parametrize(
    ("name", "kind", "code"),
    [
        ("task_failed", UpstreamBroken, "task_failed"),
        ("task_refused", errors.RequestRefused, "content_policy_violation"),
    ],
)
def test_a_failed_task_is_an_error_where_the_caller_waits_for_the_picture(
    name: str, kind: type[EaselError], code: str
) -> None:
    error = generate_failure(answer("geekai", name))
    assert (type(error), error.code) == (kind, code)


def test_the_status_of_a_task_may_stand_behind_its_pictures() -> None:
    body = f'{{"task_id": "{TASK_ID}", "data": [{{"b64_json": "{LONG_TEXT}0"'.encode()
    flow = geekai.poll(TASK_ID, access())
    next(flow)
    with pytest.raises(StopIteration) as end:
        flow.send(HttpResponse(200, body, long_texts=("kept",), rest=1))
    painted: ImageResult = end.value.value
    assert painted.task_status == "succeed"
    assert [picture.base64 for picture in painted.pictures] == ["kept"]
