"""LiteLLM as a library against Easel on workerd, over OpenAI's API and over Gemini's."""

from __future__ import annotations

import base64
import itertools
import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest

from tests.worker.clients.scenes import (
    BUSY,
    EDITING_MODELS,
    IMPATIENCE,
    LATE,
    LATE_MESSAGE,
    MODEL,
    PATIENCE,
    PATIENT,
    Scene,
    alone,
    each_scene,
    last_painted,
    were_abandoned,
)
from tests.worker.conftest import PICTURES, TOKEN, Easel, Internet
from tests.worker.dialects import png

PROGRAM: Final = Path(__file__).with_name("litellm_client.py")
PYTHON: Final = PROGRAM.parents[3] / ".easel/litellm/bin/python"

PLAIN_WAYS: Final = ("completion", "acompletion")
STREAM_WAYS: Final = ("stream", "astream")
ALL_WAYS: Final = (*PLAIN_WAYS, *STREAM_WAYS)
ASYNC_WAYS: Final = ("acompletion", "astream")

# What LiteLLM calls a provider, and the path of Easel that it takes for its API.
PROVIDERS: Final = {"openai": "/v1", "gemini": "/v1beta"}

each_provider = pytest.mark.parametrize("provider", PROVIDERS)
each_way = pytest.mark.parametrize("do", ALL_WAYS)

Seen = dict[str, Any]

# status → what LiteLLM raises, over OpenAI's API; it knows neither 409 nor 413, and 403 not here
ERRORS: Final = {
    400: "BadRequestError",
    401: "AuthenticationError",
    403: "APIError",
    404: "NotFoundError",
    409: "BadRequestError",
    413: "BadRequestError",
    429: "RateLimitError",
    500: "InternalServerError",
    502: "BadGatewayError",
    504: "Timeout",
}
# The same over Gemini's; it knows no 502, and says 500.
GEMINI_ERRORS: Final = {**ERRORS, 403: "BadRequestError", 502: "APIConnectionError"}

# Those of whose error it keeps OpenAI's `code`.
CODED: Final = (400, 409, 413, 500)


@dataclass(frozen=True, slots=True)
class LiteLlm:
    """LiteLLM in a program of its own, which stays for all tests: it takes seconds to start."""

    program: subprocess.Popen[str]
    easel: Easel

    def __call__(self, *asks: dict[str, Any]) -> list[Seen]:
        """What came of each ask; they go side by side."""
        assert self.program.stdin is not None
        assert self.program.stdout is not None
        self.program.stdin.write(json.dumps(asks) + "\n")
        self.program.stdin.flush()
        seen: list[Seen] = json.loads(self.program.stdout.readline())
        return seen

    def of(self, do: str, provider: str = "openai", model: str = MODEL, **given: Any) -> Seen:
        """An ask, ready to be asked."""
        return {
            "do": do,
            "api_base": self.easel.url + PROVIDERS[provider],
            "api_key": TOKEN,
            "model": f"{provider}/{model}",
            **given,
        }

    def chat(self, do: str, prompt: Any, provider: str = "openai", **given: Any) -> Seen:
        """The same, with a prompt for a message."""
        messages = [{"role": "user", "content": prompt}]
        return self.of(do, provider, **{"messages": messages, **given})


@pytest.fixture(scope="module")
def litellm(deployments: dict[str, Easel]) -> Iterator[LiteLlm]:
    with subprocess.Popen(
        [PYTHON, PROGRAM],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**alone(), "LITELLM_LOCAL_MODEL_COST_MAP": "True"},
    ) as program:
        yield LiteLlm(program, deployments["easel"])


def decoded(seen: Seen) -> bytes:
    """The one picture of an outcome, wherever it stands."""
    assert "error" not in seen, seen
    (data,) = seen["inline"] + [url.partition(";base64,")[2] for url in seen["images"]]
    return base64.b64decode(data, validate=True)


def test_litellm_lists_the_models(litellm: LiteLlm) -> None:
    (seen,) = litellm({"do": "models", "api_base": f"{litellm.easel.url}/v1", "api_key": TOKEN})
    assert len(seen["text"].splitlines()) == 30


@each_way
@each_provider
@pytest.mark.parametrize("prompt", ["a cat", "sandbox:picture-bytes=3000000"])
def test_litellm_reads_the_picture(
    litellm: LiteLlm, internet: Internet, do: str, provider: str, prompt: str
) -> None:
    (seen,) = litellm(litellm.chat(do, prompt, provider))
    link, content = last_painted(internet)
    assert decoded(seen) == content
    # OpenAI's answer has the link as its text, and Gemini's has no text.
    assert (link in seen["text"]) == (provider == "openai")


@each_way
def test_litellm_finds_a_picture_in_images_where_it_asks_for_modalities(
    litellm: LiteLlm, internet: Internet, do: str
) -> None:
    (seen,) = litellm(litellm.chat(do, "a cat", modalities=["image", "text"]))
    assert seen["images"][0].startswith("data:image/jpeg;base64,")
    assert decoded(seen) == last_painted(internet)[1]


@pytest.mark.parametrize(
    ("provider", "config"),
    [
        ("openai", {"image_config": {"aspect_ratio": "16:9", "image_size": "2K"}}),
        ("gemini", {"imageConfig": {"aspectRatio": "16:9", "imageSize": "2K"}}),
    ],
)
def test_litellms_image_config_reaches_the_service(
    litellm: LiteLlm, internet: Internet, marker: str, provider: str, config: dict[str, Any]
) -> None:
    litellm(litellm.chat("completion", marker, provider, model="geekai/nano-banana", **config))
    (call,) = internet.calls(marker)
    asked = json.loads(call.body)
    assert (asked["aspect_ratio"], asked["size"]) == ("16:9", "2k")


def test_litellm_generates_images_as_links_and_as_base64(
    litellm: LiteLlm, internet: Internet
) -> None:
    (linked,) = litellm(litellm.of("image_generation", prompt="a cat"))
    assert linked["text"].startswith(PICTURES)
    # It takes `response_format` only for models that it knows.
    inline = {"response_format": "b64_json"}
    (seen,) = litellm(litellm.of("image_generation", prompt="a cat", extra_body=inline))
    assert decoded(seen) == last_painted(internet)[1]
    (seen,) = litellm(litellm.of("image_generation", "gemini", prompt="a cat"))
    assert decoded(seen) == last_painted(internet)[1]


@pytest.mark.parametrize("model", EDITING_MODELS)
def test_litellm_edits_a_picture(
    litellm: LiteLlm, internet: Internet, marker: str, model: str
) -> None:
    source = base64.b64encode(png()).decode()
    ask = litellm.of("image_edit", model=model, prompt=marker, image=source)
    (seen,) = litellm({**ask, "response_format": "b64_json"})
    assert decoded(seen) == last_painted(internet)[1]
    (call,) = internet.calls(marker)
    assert (png() in call.body) or (source.encode() in call.body)


@each_way
@each_provider
def test_litellm_edits_in_a_chat(
    litellm: LiteLlm, internet: Internet, marker: str, do: str, provider: str
) -> None:
    url = f"data:image/png;base64,{base64.b64encode(png()).decode()}"
    parts = [{"type": "text", "text": marker}, {"type": "image_url", "image_url": {"url": url}}]
    (seen,) = litellm(litellm.chat(do, parts, provider, model="seedream-4.5"))
    assert decoded(seen) == last_painted(internet)[1]
    (call,) = internet.calls(marker)
    assert png() in call.body


def scened(litellm: LiteLlm, scene: Scene, easel: Easel, prompt: str, **how: Any) -> Seen:
    """What came of a scene."""
    base = easel.url + PROVIDERS[how.get("provider", "openai")]
    ask = litellm.chat(prompt=prompt, model=scene.model, api_key=scene.token, **how)
    (seen,) = litellm({**ask, "api_base": base})
    return seen


@pytest.mark.parametrize("do", ["completion", "astream"])
@each_scene
def test_litellm_raises_its_own_error_and_asks_no_second_time(
    litellm: LiteLlm,
    deployments: dict[str, Easel],
    internet: Internet,
    marker: str,
    scene: Scene,
    do: str,
) -> None:
    seen = scened(litellm, scene, scene.easel(deployments), scene.says(marker), do=do)
    policy = scene.code == "content_policy_violation"
    kind = "ContentPolicyViolationError" if policy else ERRORS[scene.status]
    assert (seen["error"], seen["status"]) == (kind, scene.status)
    assert scene.status not in CODED or seen["code"] == scene.code
    assert len(internet.calls(marker)) == scene.calls


@each_scene
def test_litellm_raises_its_own_error_over_geminis_api(
    litellm: LiteLlm,
    deployments: dict[str, Easel],
    internet: Internet,
    marker: str,
    scene: Scene,
) -> None:
    easel = scene.easel(deployments)
    seen = scened(litellm, scene, easel, scene.says(marker), do="completion", provider="gemini")
    told = 500 if scene.status == 502 else scene.status
    assert (seen["error"], seen["status"]) == (GEMINI_ERRORS[scene.status], told)
    assert f'"reason": "{scene.code}"' in seen["message"]
    assert len(internet.calls(marker)) == scene.calls


@pytest.mark.parametrize("do", ["completion", "astream"])
@pytest.mark.parametrize(("provider", "calls"), [("openai", BUSY.calls), ("gemini", 1)])
def test_litellm_asks_a_busy_service_again_over_openais_api_alone(
    litellm: LiteLlm, internet: Internet, marker: str, do: str, provider: str, calls: int
) -> None:
    asked: dict[str, Any] = {"provider": provider, "model": BUSY.model, "max_retries": 1}
    (seen,) = litellm(litellm.chat(do, BUSY.says(marker), **asked))
    # A stream of Gemini's is only asked for when it is read, so this counts as its middle.
    late = provider == "gemini" and do in STREAM_WAYS
    assert seen["error"] == ("MidStreamFallbackError" if late else "RateLimitError")
    assert seen["status"] == BUSY.status
    assert len(internet.calls(marker)) == calls


@pytest.fixture(scope="module")
def slow(litellm: LiteLlm) -> dict[tuple[str, str, str], Seen]:
    """What comes after the headers, in each way: an error, and a picture."""
    options: dict[str, Any] = {"timeout": PATIENCE, "max_retries": 0}
    ways = list(itertools.product(ALL_WAYS, (LATE, PATIENT), PROVIDERS))
    seen = litellm(*(litellm.chat(*way, **options) for way in ways))
    return dict(zip(ways, seen, strict=True))


@pytest.mark.parametrize("do", STREAM_WAYS)
@pytest.mark.parametrize(("provider", "status"), [("openai", 500), ("gemini", 504)])
def test_litellm_raises_an_error_in_the_middle_of_a_stream(
    slow: dict[tuple[str, str, str], Seen], do: str, provider: str, status: int
) -> None:
    seen = slow[do, LATE, provider]
    assert (seen["error"], seen["status"]) == ("MidStreamFallbackError", status)
    assert LATE_MESSAGE in seen["message"]


@pytest.mark.parametrize("do", PLAIN_WAYS)
@pytest.mark.parametrize(
    ("provider", "error", "status"),
    [("openai", "APIError", "upstream_too_slow"), ("gemini", "BadRequestError", 422)],
)
def test_litellm_raises_an_error_of_some_kind_for_an_error_under_status_200(
    slow: dict[tuple[str, str, str], Seen], do: str, provider: str, error: str, status: int | str
) -> None:
    seen = slow[do, LATE, provider]
    assert (seen["error"], seen["status"]) == (error, status)


def test_litellm_gives_up_by_its_own_time_out_and_so_ends_the_upstream_call(
    litellm: LiteLlm, internet: Internet, marker: str
) -> None:
    # A stream of Gemini's is read without a time-out, whatever is said.
    ways = [*((do, "openai") for do in ALL_WAYS), *((do, "gemini") for do in PLAIN_WAYS)]
    options: dict[str, Any] = {"timeout": IMPATIENCE, "max_retries": 0}
    prompt = f"sandbox:slow=3 {marker}"
    seen = litellm(*(litellm.chat(do, prompt, provider, **options) for do, provider in ways))
    assert {(outcome["error"], outcome["status"]) for outcome in seen} == {("Timeout", 408)}
    assert were_abandoned(internet, marker, len(ways))


@each_way
@each_provider
def test_litellms_time_out_is_outlived_by_what_is_kept_alive(
    slow: dict[tuple[str, str, str], Seen], do: str, provider: str
) -> None:
    assert decoded(slow[do, PATIENT, provider])


def test_litellms_task_is_cancelled_and_so_ends_the_upstream_call(
    litellm: LiteLlm, internet: Internet, marker: str
) -> None:
    prompt, ways = f"sandbox:slow=3 {marker}", list(itertools.product(ASYNC_WAYS, PROVIDERS))
    seen = litellm(*(litellm.chat(do, prompt, provider, leave_after=0.7) for do, provider in ways))
    assert {outcome["error"] for outcome in seen} == {"TimeoutError"}
    assert were_abandoned(internet, marker, len(ways))


@pytest.mark.parametrize("do", STREAM_WAYS)
@each_provider
def test_litellm_does_not_take_a_picture_that_breaks_off_for_a_whole_one(
    litellm: LiteLlm, internet: Internet, marker: str, do: str, provider: str
) -> None:
    (seen,) = litellm(litellm.chat(do, f"sandbox:picture-cut=3000000 {marker}", provider))
    assert seen["error"] == "MidStreamFallbackError"
    assert len(internet.calls(marker)) == 1
