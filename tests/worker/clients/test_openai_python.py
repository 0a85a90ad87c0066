"""openai-python against Easel on workerd."""

from __future__ import annotations

import openai
import pytest

from tests.worker.conftest import PICTURES, TOKEN, Easel, Internet

MODEL = "gemini-3-image-1k"


@pytest.fixture
def openai_python(easel: Easel) -> openai.OpenAI:
    return openai.OpenAI(base_url=f"{easel.url}/v1", api_key=TOKEN)


@pytest.mark.parametrize("prompt", ["a cat", "sandbox:slow=1", "sandbox:picture-bytes=3000000"])
def test_openai_python_reads_a_stream_to_its_end(openai_python: openai.OpenAI, prompt: str) -> None:
    stream = openai_python.chat.completions.create(
        model=MODEL, messages=[{"role": "user", "content": prompt}], stream=True
    )
    (chunk,) = list(stream)
    assert (chunk.choices[0].delta.content or "").startswith(f"![image]({PICTURES}/")
    assert chunk.choices[0].finish_reason == "stop"


def test_openai_python_reads_a_plain_answer_that_was_kept_alive(
    openai_python: openai.OpenAI,
) -> None:
    completion = openai_python.chat.completions.create(
        model=MODEL, messages=[{"role": "user", "content": "sandbox:slow=2"}]
    )
    assert (completion.choices[0].message.content or "").startswith(f"![image]({PICTURES}/")


def test_openai_python_lists_the_models(openai_python: openai.OpenAI) -> None:
    assert len(list(openai_python.models.list())) == 27
    assert openai_python.models.retrieve(MODEL).id == MODEL


@pytest.mark.parametrize(
    ("prompt", "kind"),
    [
        ("sandbox:expired", openai.AuthenticationError),
        ("sandbox:refused", openai.BadRequestError),
        ("sandbox:forbidden", openai.PermissionDeniedError),
        ("sandbox:broken", openai.InternalServerError),
    ],
)
def test_openai_python_raises_its_own_errors_and_asks_no_second_time(
    openai_python: openai.OpenAI,
    internet: Internet,
    marker: str,
    prompt: str,
    kind: type[openai.APIStatusError],
) -> None:
    with pytest.raises(kind) as caught:
        openai_python.chat.completions.create(
            model=MODEL, messages=[{"role": "user", "content": f"{prompt} {marker}"}]
        )
    assert caught.value.request_id is not None
    assert len(internet.calls(marker)) == 1


def test_openai_python_raises_an_error_in_the_middle_of_a_stream(
    openai_python: openai.OpenAI,
) -> None:
    stream = openai_python.chat.completions.create(
        model=MODEL, messages=[{"role": "user", "content": "sandbox:slow=9"}], stream=True
    )
    with pytest.raises(openai.APIError) as caught:
        list(stream)
    assert caught.value.code == "upstream_too_slow"
