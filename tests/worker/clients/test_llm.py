"""The command line tool llm against Easel on workerd."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest

from tests.worker.clients.scenes import (
    EDITING_MODELS,
    LATE,
    LATE_MESSAGE,
    MODEL,
    SCENES,
    Scene,
    alone,
    last_painted,
    was_asked,
    were_abandoned,
)
from tests.worker.conftest import PICTURES, TOKEN, Easel, Internet
from tests.worker.dialects import png
from tests.worker.reading import picture

# One a status: each is a program of half a second.
ONE_EACH: Final = tuple({scene.status: scene for scene in SCENES}.values())

PLAIN: Final = "--no-stream"


@dataclass(frozen=True, slots=True)
class Llm:
    """llm as somebody has set it up, in a home of its own."""

    home: Path

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "llm", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**alone(), "LLM_USER_PATH": str(self.home)},
        )

    def __call__(self, *arguments: str) -> str:
        """What it prints, once all is well."""
        out, err = self.start(*arguments).communicate(timeout=30)
        assert err == ""
        return out

    @staticmethod
    def complaint(program: subprocess.Popen[str]) -> str:
        """What it says when it fails."""
        out, err = program.communicate(timeout=30)
        assert (program.returncode, out.strip()) == (1, ""), err
        return err


def named(deployment: str, model: str) -> str:
    """What a model of a deployment is called in llm."""
    return model if deployment == "easel" else f"{deployment}/{model}"


def configuration(deployments: dict[str, Easel], used: Iterable[tuple[str, str]]) -> str:
    """The file that tells llm of models that it does not know. JSON is YAML."""
    return json.dumps(
        [
            {
                "model_id": named(deployment, model),
                "model_name": model,
                "api_base": f"{deployments[deployment].url}/v1",
                "api_key_name": "easel",
                "vision": True,
            }
            for deployment, model in sorted(used)
        ]
    )


@pytest.fixture(scope="module")
def llm(deployments: dict[str, Easel], tmp_path_factory: pytest.TempPathFactory) -> Llm:
    home = tmp_path_factory.mktemp("llm")
    used = {(scene.deployment, scene.model) for scene in SCENES}
    used |= {("easel", model) for model in (MODEL, *EDITING_MODELS)}
    (home / "extra-openai-models.yaml").write_text(configuration(deployments, used))
    llm = Llm(home)
    llm("keys", "set", "easel", "--value", TOKEN)
    # It makes its database, which several at once would stumble over.
    llm("fragments")
    return llm


def test_llm_lists_the_models_that_it_was_told_of(llm: Llm) -> None:
    assert f"OpenAI Chat: {MODEL}\n" in llm("models")


@pytest.mark.parametrize("options", [[], [PLAIN]], ids=["stream", "plain"])
def test_llm_prints_the_link(llm: Llm, internet: Internet, options: list[str]) -> None:
    printed = llm("--model", MODEL, *options, "a cat")
    assert re.fullmatch(rf"!\[image]\({re.escape(PICTURES)}/\S+\)\n", printed)
    assert last_painted(internet)[0] in printed


def test_llm_keeps_the_picture_of_a_plain_answer_in_its_log(llm: Llm, internet: Internet) -> None:
    llm("--model", MODEL, PLAIN, "a cat")
    (logged,) = json.loads(llm("logs", "list", "--json", "--count", "1"))
    answer: dict[str, Any] = logged["response_json"]
    assert picture(answer) == ("image/jpeg", last_painted(internet)[1])


@pytest.mark.parametrize("model", EDITING_MODELS)
def test_llm_edits_a_picture_that_is_attached(
    llm: Llm, internet: Internet, marker: str, tmp_path: Path, model: str
) -> None:
    attached = tmp_path / "cat.png"
    attached.write_bytes(png())
    assert "![image](" in llm("--model", model, "--attachment", str(attached), marker)
    assert len(internet.calls(marker)) == 1


@pytest.fixture(scope="module")
def complaints(llm: Llm) -> dict[str, str]:
    """What it complains of in each scene, and in what comes after the headers; all at once."""
    started = {
        scene.name: llm.start(
            *("--model", named(scene.deployment, scene.model), "--key", scene.token),
            *("--no-log", scene.says(llm_marker(scene))),
        )
        for scene in ONE_EACH
    }
    started["stream"] = llm.start("--model", MODEL, "--no-log", LATE)
    started["plain"] = llm.start("--model", MODEL, "--no-log", PLAIN, LATE)
    return {name: llm.complaint(program) for name, program in started.items()}


def llm_marker(scene: Scene) -> str:
    return f"llm-in-{scene.name}"


@pytest.mark.parametrize("scene", ONE_EACH, ids=lambda scene: scene.name)
def test_llm_says_the_status_and_the_message_and_asks_no_second_time(
    complaints: dict[str, str], internet: Internet, scene: Scene
) -> None:
    assert re.match(rf"Error: Error code: {scene.status} - \w+", complaints[scene.name])
    assert len(internet.calls(llm_marker(scene))) == scene.calls


def test_llm_says_that_a_stream_failed_and_cannot_say_why_a_plain_answer_did(
    complaints: dict[str, str],
) -> None:
    assert complaints["stream"] == f"Error: {LATE_MESSAGE}\n"
    # It reads `usage` before anything else, and an error under status 200 has none.
    assert complaints["plain"] == "Error: 'NoneType' object has no attribute 'model_dump'\n"


@pytest.fixture
def interruptible() -> Iterator[None]:
    """What a shell runs in the background ignores SIGINT, and so do the programs that it starts."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
def test_llm_is_interrupted_and_so_ends_the_upstream_call(
    llm: Llm, internet: Internet, marker: str
) -> None:
    prompt = f"sandbox:slow=6 {marker}"
    for calls, options in enumerate(((), (PLAIN,)), start=1):
        # One after the other: a program takes its time to start and to end.
        program = llm.start("--model", MODEL, "--no-log", *options, prompt)
        assert was_asked(internet, marker, calls)
        program.send_signal(signal.SIGINT)
        assert were_abandoned(internet, marker, calls, seconds=4.5)
        assert llm.complaint(program) == "\nAborted!\n"
