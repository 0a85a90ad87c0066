"""The sandbox gives sessions as public clients of image.z.ai ask for them."""

from __future__ import annotations

import time
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from starlette.testclient import TestClient

from easel.token import expires_at
from tests.tools.test_sandbox import BASE, BODY, HEADERS
from tools.sandbox import zai
from tools.sandbox.app import create_app
from tools.sandbox.state import Sandbox
from tools.sandbox.zai_session import ADDRESS_PATH, APPROVAL_PATH, EXCHANGE_PATH


@pytest.fixture
def sandbox() -> Sandbox:
    return Sandbox(BASE, BASE, paint_seconds=0)


@pytest.fixture
def client(sandbox: Sandbox) -> TestClient:
    return TestClient(create_app(sandbox), follow_redirects=False)


def approve(client: TestClient, token: str = "mary", **changes: str) -> Any:
    address = client.get(ADDRESS_PATH).json()["data"]["url"]
    query = parse_qs(urlsplit(address).query)
    form = {name: query[name][0] for name in ("client_id", "redirect_uri", "state")}
    form |= {"response_type": "code", "action": "approve", **changes}
    return client.post(APPROVAL_PATH, data=form, headers={"Authorization": f"Bearer {token}"})


def exchange(client: TestClient, token: str = "mary") -> Any:
    url = approve(client, token).json()["redirect_url"]
    code = parse_qs(urlsplit(url).query)["code"][0]
    assert token not in code
    return client.post(EXCHANGE_PATH, json={"code": code}).json()


def session(client: TestClient, token: str = "mary") -> str:
    found: str = exchange(client, token)["data"]["auth_token"]
    return found


def paint(client: TestClient, text: str) -> Any:
    return client.post(zai.PATH, json=BODY, headers={**HEADERS, "Cookie": f"session={text}"})


def test_three_requests_give_a_session_of_thirty_days_that_paints(client: TestClient) -> None:
    text = session(client)
    expiry = expires_at(text)
    assert expiry is not None
    assert 30 * 86400 - 60 < expiry - time.time() < 30 * 86400
    assert paint(client, text).json()["code"] == 200
    assert session(client) != text


@pytest.mark.parametrize(
    ("token", "status", "in_band"),
    [
        ("invalid", 401, False),
        ("sandbox:rejected", 401, False),
        ("sandbox:forbidden", 403, False),
        ("sandbox:rejected-in-band", 200, True),
        ("sandbox:busy", 429, False),
        ("sandbox:failed", 500, False),
        ("sandbox:redirect", 307, False),
    ],
)
def test_a_token_says_how_it_is_refused(
    client: TestClient,
    token: str,
    status: int,
    in_band: bool,  # noqa: FBT001
) -> None:
    answer = approve(client, token)
    assert answer.status_code == status
    assert ('"error"' in answer.text) is in_band


def test_a_token_says_what_else_goes_wrong(client: TestClient) -> None:
    assert "code=" not in approve(client, "sandbox:no-code").json()["redirect_url"]
    assert approve(client, "sandbox:not-json").headers["content-type"] == "text/html"
    assert len(approve(client, "sandbox:huge").content) > 1_000_000
    assert exchange(client, "sandbox:code-refused")["code"] == 400
    start = time.monotonic()
    approve(client, "sandbox:slow=1")
    assert time.monotonic() - start >= 1


@pytest.mark.parametrize(
    ("token", "status"), [("sandbox:stillborn", 401), ("sandbox:stillborn+sandbox:in-band", 200)]
)
def test_a_session_may_be_rejected_at_once(client: TestClient, token: str, status: int) -> None:
    answer = paint(client, session(client, token))
    assert (answer.status_code, answer.json()["code"]) == (status, 401)


@pytest.mark.parametrize("fault", ["lives", "opaque"])
def test_a_session_lives_as_long_as_its_token_says(client: TestClient, fault: str) -> None:
    text = session(client, f"sandbox:{fault}=1")
    assert (expires_at(text) is None) is (fault == "opaque")
    assert paint(client, text).status_code == 200
    time.sleep(1.1)
    assert paint(client, text).status_code == 401


def test_a_session_that_was_revoked_is_rejected(client: TestClient, sandbox: Sandbox) -> None:
    text = session(client)
    sandbox.sessions[text].revoked = True
    assert paint(client, text).status_code == 401


def test_a_code_is_good_once(client: TestClient) -> None:
    url = approve(client).json()["redirect_url"]
    code = parse_qs(urlsplit(url).query)["code"][0]
    found = [client.post(EXCHANGE_PATH, json={"code": code}).json()["code"] for _ in range(2)]
    assert found == [200, 400]


@pytest.mark.parametrize(
    ("method", "path", "headers"),
    [
        ("GET", ADDRESS_PATH, {"Authorization": "Bearer mary"}),
        ("POST", EXCHANGE_PATH, {"Authorization": "Bearer mary"}),
        ("POST", EXCHANGE_PATH, {"Cookie": "session=x"}),
        ("POST", EXCHANGE_PATH, {}),
    ],
)
def test_image_z_ai_is_sent_nothing_but_a_code(
    client: TestClient, method: str, path: str, headers: dict[str, str]
) -> None:
    assert client.request(method, path, headers=headers).status_code == 400


@pytest.mark.parametrize("changes", [{"state": "x"}, {"action": "deny"}, {"more": "x"}])
def test_a_form_that_no_client_sends_is_refused(
    client: TestClient, changes: dict[str, str]
) -> None:
    assert approve(client, **changes).status_code == 400
    assert approve(client, "sandbox:nonesuch").status_code == 400
