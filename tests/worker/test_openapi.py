"""What `GET /openapi.json` says, and whether the real Worker keeps to it, as schemathesis sees it.

The requests are the same each time, so that what is green stays green.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any, Final

import httpx
import pytest
import requests  # What schemathesis asks with.
import schemathesis
from schemathesis.checks import CheckFunction
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import ignored_auth, positive_data_acceptance

from tests.worker.conftest import TOKEN, Easel
from tests.worker.dialects import png
from tests.worker.strict import DOCUMENT
from tools.openapi.document import TARGET

SCHEMA: Final = schemathesis.openapi.from_dict(DOCUMENT)
SCHEMA.config.seed = 1
SCHEMA.config.generation.update(
    max_examples=10,
    deterministic=True,
    database="none",
    # The one token of the tests is sent instead.
    with_security_parameters=False,
)

OPERATIONS: Final = [
    (method, path, operation)
    for path, methods in DOCUMENT["paths"].items()
    for method, operation in methods.items()
]


@pytest.fixture(scope="session")
def session() -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.trust_env = False
        yield session


# Gemini's methods under /v1 are the same operations as under /v1beta; once is enough.
@SCHEMA.exclude(path_regex="^/v1/models/.*Content$").parametrize()
def test_the_worker_keeps_to_what_it_publishes(
    case: schemathesis.Case[Any], easel: Easel, session: requests.Session
) -> None:
    # Whether a token is good only the service can say, and the sandbox takes any. That Easel wants
    # one at all is shown below.
    excluded: list[CheckFunction] = [ignored_auth]
    if case.method == "POST":
        # What a model can paint is more than a schema can say: a size that it has not is a text
        # like any other, and a 400.
        excluded.append(positive_data_acceptance)
    case.call_and_validate(
        base_url=easel.url,
        session=session,
        headers={"authorization": f"Bearer {TOKEN}"},
        excluded_checks=excluded,
        timeout=20,
    )


def test_an_answer_that_is_not_as_published_is_found(
    easel: Easel, session: requests.Session
) -> None:
    """Shows that the check above can fail."""
    document = copy.deepcopy(DOCUMENT)
    document["components"]["schemas"]["Health"]["properties"]["status"]["const"] = "ill"
    case = schemathesis.openapi.from_dict(document)["/health"]["GET"].Case()
    with pytest.raises(FailureGroup):
        case.call_and_validate(base_url=easel.url, session=session)


# GeekAI's, because that service takes a token wherever it may stand.
MODEL: Final = "geekai/gpt-image-1"


def asked(easel: Easel, method: str, path: str) -> httpx.Request:
    """The operation's own example, without a token."""
    names = {
        "model": MODEL,
        "task_id": "geekai-0",
        "service": "geekai",
        "id": "v1_0",
        "picture_id": "0",
    }
    url = easel.url + path.format(**names)
    content = DOCUMENT["paths"][path][method].get("requestBody", {}).get("content", {})
    if "multipart/form-data" in content:
        files = {"image": ("a.png", png(), "image/png")}
        return httpx.Request(method, url, data={"model": MODEL, "prompt": "a cat"}, files=files)
    if not content:
        return httpx.Request(method, url)
    (example, *_) = content["application/json"]["examples"].values()
    chosen = {"model": MODEL, "size": "auto"} if "model" in example["value"] else {}
    return httpx.Request(method, url, json={**example["value"], **chosen})


@pytest.mark.parametrize(("method", "path", "operation"), OPERATIONS)
def test_a_token_is_wanted_where_the_document_says_so(
    client: httpx.Client, easel: Easel, method: str, path: str, operation: dict[str, Any]
) -> None:
    response = client.send(asked(easel, method, path))
    security = operation["security"]
    assert (response.status_code == 401) is (bool(security) and {} not in security)


@pytest.mark.parametrize(
    ("method", "path", "scheme"),
    [
        (method, path, scheme)
        for method, path, operation in OPERATIONS
        for requirement in operation["security"]
        for scheme in requirement
    ],
)
def test_a_token_is_taken_wherever_the_document_says(
    client: httpx.Client, easel: Easel, method: str, path: str, scheme: str
) -> None:
    found = DOCUMENT["components"]["securitySchemes"][scheme]
    request = asked(easel, method, path)
    if found["type"] == "http":
        request.headers["authorization"] = f"{found['scheme']} {TOKEN}"
    elif found["in"] == "header":
        request.headers[found["name"]] = TOKEN
    else:
        request.url = request.url.copy_merge_params({found["name"]: TOKEN})
    assert client.send(request).status_code != 401


def test_the_document_is_answered_as_it_was_written_down(
    client: httpx.Client, easel: Easel
) -> None:
    response = client.get(f"{easel.url}/openapi.json")
    assert response.status_code == 200
    assert response.content == TARGET.read_bytes()
    assert response.headers["content-type"] == "application/json; charset=utf-8"
    assert response.headers["access-control-allow-origin"] == "*"
    assert response.headers["x-request-id"].startswith("req_")
    head = client.head(f"{easel.url}/openapi.json")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == str(len(response.content))
