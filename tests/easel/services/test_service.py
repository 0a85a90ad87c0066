"""A service owns its facts: nothing else of Easel has to know it by name."""

from __future__ import annotations

from dataclasses import replace

import pytest

from easel.errors import Misconfigured, TaskNotFound
from easel.images.request import ImageRequest
from easel.images.result import ImageResult
from easel.services.service import Access, Service, SignIn
from easel.services.wire import Flow, SessionFlow
from easel.settings import ServiceVariables, Settings, read_settings, variables
from easel.token import Token


def paint(request: ImageRequest, access: Access) -> Flow:
    del request, access
    yield from ()
    return ImageResult()


PAINTBOX = Service(
    name="paintbox",
    display_name="Paintbox",
    default_base_url="https://api.paintbox.example/v1",
    variables=ServiceVariables("PAINTBOX_BASE_URL", "PAINTBOX_API_KEYS"),
    models=("paintbox-1",),
    find=lambda model: model,
    generate=paint,
)
VARIABLES = {"paintbox": PAINTBOX.variables}


def session(service: Access, site: Access) -> SessionFlow:
    yield from ()
    return f"{service.base_url} {site.base_url}"


SIGN_IN = SignIn("Paintboard", "https://paintboard.example", session)
SIGNING_IN = replace(
    PAINTBOX,
    variables=ServiceVariables("URL", "TOKENS", "SITE_URL", "SITE_TOKENS"),
    sign_in=SIGN_IN,
)


def access(settings: Settings) -> Access:
    return PAINTBOX.access(Token("token"), settings, 7, "nonce")


def test_without_its_variables_a_service_is_where_it_is_and_has_no_tokens() -> None:
    settings = read_settings({}, VARIABLES)
    found = access(settings)
    assert (found.service, found.base_url) == ("Paintbox", "https://api.paintbox.example/v1")
    assert (found.token.text, found.now, found.nonce) == ("token", 7, "nonce")
    assert PAINTBOX.own_tokens(settings) == ()


def test_the_variables_that_a_service_names_say_where_it_is_and_which_tokens_there_are() -> None:
    given = {"PAINTBOX_BASE_URL": "http://127.0.0.1:9/", "PAINTBOX_API_KEYS": "a, b"}
    assert set(given) <= set(variables([PAINTBOX.variables]))
    settings = read_settings({**given, "EASEL_KEYS": "key"}, VARIABLES)
    assert access(settings).base_url == "http://127.0.0.1:9"
    assert PAINTBOX.own_tokens(settings) == ("a", "b")


@pytest.mark.parametrize("variable", ["PAINTBOX_BASE_URL", "PAINTBOX_API_KEYS"])
@pytest.mark.parametrize("value", ["no address, and no token: ☃", 7])
def test_a_variable_that_cannot_be_used_is_told_by_its_own_name(
    variable: str, value: object
) -> None:
    with pytest.raises(Misconfigured, match=f" {variable}: "):
        read_settings({variable: value}, VARIABLES)


def test_the_variables_of_a_service_that_is_not_there_are_left_alone() -> None:
    assert read_settings({"PAINTBOX_BASE_URL": "nonsense"}, {}) == Settings()


def test_all_that_nobody_may_read_is_the_callers_token_and_the_deployments() -> None:
    settings = Settings(easel_keys=("key",), tokens={"paintbox": ("a",), "another": ("b", "c")})
    assert access(settings).secrets == ("token", "key", "a", "b", "c")
    assert "token" not in repr(Token("token"))
    assert "Token(" not in repr(access(settings))


def test_a_service_without_tasks_knows_of_none() -> None:
    assert PAINTBOX.has_tasks is False
    with pytest.raises(TaskNotFound, match="Paintbox has no tasks"):
        PAINTBOX.poll("1", access(Settings()))


def test_tokens_of_accounts_are_tokens_too_and_known_from_the_others() -> None:
    given = {"TOKENS": "one,two", "SITE_TOKENS": "three,two"}
    settings = read_settings(given, {"paintbox": SIGNING_IN.variables})
    assert SIGNING_IN.own_tokens(settings) == ("one", "two", "three")
    found = [SIGNING_IN.signs_in_with(Token(name), settings) for name in ("one", "two", "three")]
    assert found == [None, SIGN_IN, SIGN_IN]
    assert PAINTBOX.signs_in_with(Token("one"), settings) is None


@pytest.mark.parametrize(
    ("given", "base_url"),
    [({}, "https://paintboard.example"), ({"SITE_URL": "https://h/"}, "https://h")],
)
def test_the_site_of_accounts_is_where_the_deployment_says(
    given: dict[str, str], base_url: str
) -> None:
    settings = read_settings(given, {"paintbox": SIGNING_IN.variables})
    found = SIGNING_IN.site_access(SIGN_IN, Token("token"), settings, 7, "nonce")
    assert found == Access("Paintboard", base_url, Token("token"), settings, 7, "nonce")
