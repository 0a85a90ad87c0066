"""What the page offers is what Easel does: its tables of models are held to Easel's own."""

from __future__ import annotations

import json
import re
import subprocess
from base64 import b64encode
from functools import cache
from typing import Any, Final

import pytest

from easel import routing
from easel.errors import InvalidRequest
from easel.images.request import Action, ImageRequest, read_image
from easel.images.shape import read_shape
from easel.services.wire import HttpRequest
from easel.settings import Settings
from tests.easel.flows import painter
from tools.runtime.workerd import PROJECT
from tools.sandbox.pictures import draw

PICTURE: Final = "data:image/png;base64," + b64encode(draw("a cat", (16, 16), "PNG")).decode()
LISTED: Final = routing.models(Settings())
# One of each family at least, and one that nobody knows.
GEEKAI: Final = (
    *("gpt-image-1", "gpt-image-1.5", "gpt-image-2", "dall-e-3", "imagen-4", "nano-banana"),
    *("gemini-2.5-flash-image", "cogview-4", "wanx-v1", "wan2.5-t2i", "tongyi-x", "kling-v2"),
    *("jimeng-3", "seedream-4-0", "doubao-seedream-4.5", "stable-image", "sd-3", "unheard-of"),
)


@cache
def page() -> dict[str, Any]:
    asked = json.dumps({"listed": LISTED, "geekai": GEEKAI})
    script = PROJECT / "tests" / "tools" / "page_models.mjs"
    done = subprocess.run(["node", script, asked], capture_output=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@cache
def models() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = page()["models"]
    return found


def sent(
    model: str,
    size: str | None = None,
    aspect_ratio: str | None = None,
    resolution: str | None = None,
    *,
    pictures: int = 0,
) -> bytes:
    """The body that goes to the service. Raises InvalidRequest where Easel refuses it."""
    service, name = routing.find_service(model)
    shape = read_shape(size, aspect_ratio, resolution)
    image = read_image(PICTURE, "image")
    action = Action.EDIT if pictures else Action.GENERATE
    mask = image if pictures else None
    request = ImageRequest(name, "a cat", shape, action, 1, (image,) * pictures, mask)
    call = next(service.generate(request, painter()))
    assert isinstance(call, HttpRequest)
    return call.body or b""


def words(body: bytes) -> dict[str, str]:
    return {name: str(value).lower() for name, value in json.loads(body).items()}


def test_every_shape_that_the_page_offers_is_asked_for_as_it_stands() -> None:
    requests = [each for model in models() for each in model["requests"]]
    assert len(requests) > 100
    for each in requests:
        choice = each["choice"]
        body = words(sent(**each["request"]))
        if "size" in choice:
            assert body["size"] == choice["size"]
        elif "resolution" in choice:
            asked = (
                body.get("ratio") or body["aspect_ratio"],
                body.get("resolution") or body["size"],
            )
            assert asked == (choice["ratio"], choice["resolution"].lower())
        else:
            # A ratio, of which Easel may make pixels.
            assert body.get("aspect_ratio") == choice["ratio"] or "x" in body["size"]


def legal(model: dict[str, Any]) -> dict[str, set[str]]:
    """All that Easel names where a shape is asked for that no model has; empty where it has one."""
    resolutions = model["shapes"].get("resolutions", []) if model.get("inId") else [""]
    found: dict[str, set[str]] = {}
    for each in resolutions:
        name = model["unshaped"]["model"] + (f"-{each.lower()}" if each else "")
        with pytest.raises(InvalidRequest) as raised:
            sent(model=name, aspect_ratio="9999:1")
        for kind in ("sizes", "ratios", "resolutions"):
            listed = re.search(rf"\b{kind} ([^;]*?)(;|\.$)", raised.value.message)
            found.setdefault(kind, set()).update(listed[1].split(", ") if listed else ())
    return found


def test_every_shape_that_a_model_lists_is_offered() -> None:
    shaped = [model for model in models() if model["requests"]]
    for model in shaped:
        shapes, listed = model["shapes"], legal(model)
        for kind, names in listed.items():
            assert not names or set(shapes.get(kind, ())) == names, model["name"]


def test_where_nothing_is_known_of_a_model_nothing_is_offered() -> None:
    unknown = [model for model in models() if not model["requests"]]
    assert {model["service"] for model in unknown} == {"geekai"}
    for model in unknown:
        assert words(sent(**model["unshaped"], size="a-word"))["size"] == "a-word"


def test_every_listed_model_is_in_the_table_and_no_other() -> None:
    assert set(page()["listed"]) == set(page()["table"])


@pytest.mark.parametrize("service", sorted({service for _, service in LISTED}))
def test_a_service_paints_from_as_many_pictures_as_the_page_says(service: str) -> None:
    most = page()["services"][service]["inputs"]
    model = next(each for each in models() if each["service"] == service)
    named = model["requests"][0]["request"]
    if most:
        sent(**named, pictures=most)
    # Of GeekAI no document names a limit.
    if service != "geekai":
        with pytest.raises(InvalidRequest):
            sent(**named, pictures=most + 1)


def test_the_services_that_take_any_model_are_those_that_do() -> None:
    for service, facts in page()["services"].items():
        model = next(each for each, owner in LISTED if owner == service)
        found, _ = routing.find_service(f"{service}/{model.removeprefix(f'{service}/')}")
        assert (found.name, found.any_model) == (service, facts["anyModel"])
