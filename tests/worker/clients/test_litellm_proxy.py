"""LiteLLM's proxy in front of Easel on workerd: the very picture, and how often a failure is paid.

The figures are those of docs/gateways.md.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import re
import subprocess
import time
from base64 import b64decode, b64encode
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

import httpx
import pytest

from tests.ports import free_port
from tests.worker.clients.scenes import LATE, alone
from tests.worker.conftest import TOKEN, Easel, Internet
from tests.worker.dialects import png
from tests.worker.reading import events
from tools.runtime.workerd import PROJECT

PROXY: Final = PROJECT / ".easel/litellm/bin/litellm"

# It imports half of what there is for Python, and starts twice side by side: in 24 s on two busy
# cores (2026-11-21).
START_SECONDS: Final = 100

# The only service that paints from pictures and says no Retry-After.
FAILING: Final = "seedream-4.5"

# How a service fails: the prompt, and the deployment of Easel that is asked.
FAILURES: Final = {
    "400": ("sandbox:status=400", "patient"),
    "429": ("sandbox:busy", "patient"),
    "502": ("sandbox:broken", "patient"),
    "504": ("sandbox:status=504", "patient"),
    "late": (LATE, "easel"),
}
WAYS: Final = ("chat", "stream", "images", "edits")

# What the proxy's router is told.
SETTINGS: Final[dict[str, dict[str, object]]] = {
    "default": {},
    "careful": {"num_retries": 0, "disable_cooldowns": True},
}

# settings → failure → how often Easel asks the service. The images API is asked with a library that
# asks again too, on what Easel does not call useless: a 429, which costs nothing.
CALLS: Final = {
    "default": {"400": 1, "429": 3, "502": 3, "504": 3, "late": 1, "429 of images": 9},
    "careful": {"400": 1, "429": 1, "502": 1, "504": 1, "late": 1, "429 of images": 3},
}

pytestmark = pytest.mark.timeout(240)


def _model(name: str, model: str, easel: Easel, **more: object) -> dict[str, object]:
    return {
        "model_name": name,
        "litellm_params": {
            "model": f"openai/{model}",
            "api_base": f"{easel.url}/v1",
            "api_key": TOKEN,
            **more,
        },
    }


def _config(deployments: dict[str, Easel], settings: str) -> str:
    unchanged = deployments["unchanged"]
    # Clients cannot ask for it: the proxy drops the field.
    itself = {"extra_body": {"response_format": "b64_json"}}
    models = [
        _model("painter", "gemini-3-image-1k", unchanged),
        _model("painter-itself", "gemini-3-image-1k", unchanged, **itself),
        _model("editor", "geekai/gpt-image-1", unchanged),
        _model("editor-itself", "geekai/gpt-image-1", unchanged, **itself),
        # One each, since it lets those rest that failed.
        *(
            _model(f"{failure}-{way}", FAILING, deployments[deployment])
            for failure, (_, deployment) in FAILURES.items()
            for way in WAYS
        ),
    ]
    # JSON is YAML.
    return json.dumps({"model_list": models, "router_settings": SETTINGS[settings]})


@contextmanager
def _running(folder: Path, config: str) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    folder.mkdir()
    (folder / "config.yaml").write_text(config, encoding="utf-8")
    port = free_port()
    command = [
        *(str(PROXY), "--config", str(folder / "config.yaml"), "--host", "127.0.0.1"),
        *("--port", str(port), "--num_workers", "1", "--telemetry", "False"),
    ]
    environment = {
        **alone(),
        "HOME": str(folder),
        "LITELLM_LOCAL_MODEL_COST_MAP": "True",
        "LITELLM_LOG": "ERROR",
        "LITELLM_DANGEROUSLY_PERMIT_WEAK_OR_UNSET_MASTER_KEY": "true",
    }
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            command, cwd=folder, env=environment, stdout=log, stderr=subprocess.STDOUT
        )
    try:
        yield f"http://127.0.0.1:{port}", process
    finally:
        process.terminate()
        process.wait(20)


def _wait_for(url: str, process: subprocess.Popen[bytes], folder: Path) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and process.poll() is None:
        try:
            httpx.get(f"{url}/health/liveliness", trust_env=False)
            return
        except httpx.HTTPError:
            time.sleep(0.2)
    raise AssertionError((folder / "log").read_text("utf-8")[-3000:])


@pytest.fixture(scope="module")
def proxies(
    deployments: dict[str, Easel], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, str]]:
    """The address of a proxy with each of the settings."""
    folder = tmp_path_factory.mktemp("litellm")
    with ExitStack() as stack:
        started = {
            name: stack.enter_context(_running(folder / name, _config(deployments, name)))
            for name in SETTINGS
        }
        for name, (url, process) in started.items():
            _wait_for(url, process, folder / name)
        yield {name: url for name, (url, _) in started.items()}


def _ask(url: str, way: str, model: str, prompt: str) -> httpx.Response:
    with httpx.Client(timeout=60, trust_env=False) as client:
        headers = {"authorization": "Bearer any"}
        fields = {"model": model, "prompt": prompt}
        if way == "edits":
            files = {"image": ("cat.png", png(), "image/png")}
            return client.post(f"{url}/v1/images/edits", headers=headers, data=fields, files=files)
        if way == "images":
            return client.post(f"{url}/v1/images/generations", headers=headers, json=fields)
        body = {
            "model": model,
            "messages": [{"role": "user", "content": prompt}],
            "modalities": ["image", "text"],
            "stream": way == "stream",
        }
        return client.post(f"{url}/v1/chat/completions", headers=headers, json=body)


def _picture(way: str, response: httpx.Response) -> bytes:
    """The picture of an answer that must have one."""
    assert response.status_code == 200, response.text
    if way in ("images", "edits"):
        return b64decode(response.json()["data"][0]["b64_json"], validate=True)
    if way == "chat":
        message = response.json()["choices"][0]["message"]
    else:
        found = events(response.content)
        assert found.pop() == "[DONE]"
        deltas = [json.loads(each)["choices"][0]["delta"] for each in found]
        (message,) = [delta for delta in deltas if delta.get("images")]
    (image,) = message["images"]
    return b64decode(image["image_url"]["url"].partition(",")[2], validate=True)


def md5(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


MODELS: Final = {
    "chat": "painter-itself",
    "stream": "painter-itself",
    "images": "painter-itself",
    "edits": "editor-itself",
}


@pytest.mark.parametrize("settings", SETTINGS)
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("prompt", ["a cat", "sandbox:picture-bytes=3000000"])
def test_the_picture_comes_through_byte_by_byte(
    proxies: dict[str, str],
    internet: Internet,
    marker: str,
    settings: str,
    way: str,
    prompt: str,
) -> None:
    response = _ask(proxies[settings], way, MODELS[way], f"{prompt} {marker}")
    painted = [md5(kept.content) for kept in internet.sandbox.pictures.values()]
    assert md5(_picture(way, response)) in painted
    (call,) = internet.calls(marker)
    if way == "edits":
        assert (png() in call.body) or (b64encode(png()) in call.body)


@pytest.mark.parametrize(("way", "model"), [("images", "painter"), ("edits", "editor")])
def test_without_a_word_of_the_proxys_own_an_address_comes(
    proxies: dict[str, str], marker: str, way: str, model: str
) -> None:
    (item,) = _ask(proxies["default"], way, model, marker).json()["data"]
    assert (item["url"].startswith("https://"), item["b64_json"]) == (True, None)


CELLS: Final = list(itertools.product(SETTINGS, FAILURES, WAYS))


@pytest.fixture(scope="module")
def failed(proxies: dict[str, str]) -> dict[tuple[str, str, str], httpx.Response]:
    """What came of every failure in every way, asked a few at a time."""

    def ask(cell: tuple[str, str, str]) -> httpx.Response:
        settings, failure, way = cell
        prompt = f"{FAILURES[failure][0]} {_mark(cell)}"
        return _ask(proxies[settings], way, f"{failure}-{way}", prompt)

    with ThreadPoolExecutor(max_workers=8) as pool:
        return dict(zip(CELLS, pool.map(ask, CELLS), strict=True))


def _mark(cell: tuple[str, str, str]) -> str:
    return f"(proxy: {', '.join(cell)})"


@pytest.mark.parametrize("cell", CELLS, ids="-".join)
def test_a_failure_is_paid_as_often_as_the_guide_says(
    failed: dict[tuple[str, str, str], httpx.Response],
    internet: Internet,
    cell: tuple[str, str, str],
) -> None:
    settings, failure, way = cell
    response = failed[cell]
    # A late error comes under 200, of which the proxy makes one of its own, or no picture.
    late = 200 if way == "edits" else 500
    assert response.status_code == (late if failure == "late" else int(failure)), response.text
    row = "429 of images" if (failure, way) == ("429", "images") else failure
    assert len(internet.calls(_mark(cell))) == CALLS[settings][row]


def test_the_guide_has_these_figures() -> None:
    guide = (PROJECT / "docs" / "gateways.md").read_text("utf-8")
    rows = re.findall(r"^\| (\w+)(.*) \| (\d) \| (\d) \|$", guide, re.MULTILINE)
    told = {
        {"429, images": "429 of images", "after": "late"}.get(
            first + rest if "images" in rest else first, first
        ): (int(default), int(careful))
        for first, rest, default, careful in rows
    }
    assert told == {row: (calls, CALLS["careful"][row]) for row, calls in CALLS["default"].items()}
