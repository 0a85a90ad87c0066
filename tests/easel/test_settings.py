from __future__ import annotations

import re
from collections.abc import Mapping

import pytest

from easel.errors import Misconfigured
from easel.services.table import SERVICE_VARIABLES, SERVICES, VARIABLES
from easel.settings import Settings, form_limit, hold_seconds
from easel.settings import read_settings as read_settings_of
from tools.runtime.workerd import PROJECT


def read_settings(environment: Mapping[str, object]) -> Settings:
    return read_settings_of(environment, SERVICE_VARIABLES)


def test_an_empty_environment_means_the_defaults() -> None:
    assert read_settings({}) == Settings()
    assert read_settings(dict.fromkeys(VARIABLES, " ")) == Settings()


SECRET = "a-secret-that-links-are-sealed-with"


def test_every_variable_is_read_and_others_are_left_alone() -> None:
    given = {
        "ZAI_IMAGE_BASE_URL": "http://127.0.0.1:9000/",
        "RM_LABEL_WATERMARK": "False",
        "BIGMODEL_BASE_URL": "http://127.0.0.1:9000/api",
        "ZHAOTOU_BASE_URL": "http://127.0.0.1:9000/v1",
        "GEEKAI_BASE_URL": "http://127.0.0.1:9000/api/v1/",
        "DEFAULT_IMAGE_MODEL": "glm-image",
        "CHAT_PICTURE": "link",
        "PROGRESS": "reasoning",
        "EDIT_PREVIOUS": "no",
        "PICTURE_HOSTS": " CDN.example, 10.0.0.1,cdn.example",
        "ANSWER_HIDDEN_PROMPTS": "false",
        "LOG_REQUESTS": "off",
        "LINK_SECRET": SECRET,
        "PUBLIC_BASE_URL": "https://easel.example/",
        "PICTURE_DAYS": "7",
        "STORE_FOR_EVERYBODY": "true",
        "ON_SANDBOX": "true",
        "EASEL_KEYS": " one, two,one ,",
        "ZAI_TOKENS": "z",
        "ZAI_CHAT_BASE_URL": "http://127.0.0.1:9000/chat/",
        "ZAI_CHAT_TOKENS": "c1,c2",
        "BIGMODEL_API_KEYS": "b",
        "ZHAOTOU_API_KEYS": "h",
        "GEEKAI_API_KEYS": "g1,g2",
        "MAX_REQUEST_BYTES": "1",
        "MAX_INPUT_BYTES": "5",
        "MAX_PICTURE_BYTES": "2",
        "MAX_INLINE_BYTES": "10",
        "MCP_INLINE_BYTES": "11",
        "MCP_ALLOWED_ORIGINS": "https://Chat.example, null",
        "STREAM_HOLD_SECONDS": "0",
        "PLAIN_HOLD_SECONDS": "0.5",
        "KEEP_ALIVE_SECONDS": "0.25",
        "UPSTREAM_TIMEOUT_SECONDS": "3",
        "PICTURE_STALL_SECONDS": "4",
        "PICTURE_TIMEOUT_SECONDS": "7",
        "UPLOAD_STALL_SECONDS": "8",
        "UPLOAD_TIMEOUT_SECONDS": "9",
    }
    assert set(given) == set(VARIABLES)
    assert read_settings({**given, "PATH": "/bin"}) == Settings(
        base_urls={
            "zai": "http://127.0.0.1:9000",
            "bigmodel": "http://127.0.0.1:9000/api",
            "zhaotou": "http://127.0.0.1:9000/v1",
            "geekai": "http://127.0.0.1:9000/api/v1",
        },
        tokens={"zai": ("z",), "bigmodel": ("b",), "zhaotou": ("h",), "geekai": ("g1", "g2")},
        site_base_urls={"zai": "http://127.0.0.1:9000/chat"},
        site_tokens={"zai": ("c1", "c2")},
        rm_label_watermark=False,
        default_image_model="glm-image",
        chat_picture="link",
        progress="reasoning",
        on_sandbox=True,
        edit_previous=False,
        picture_hosts=("cdn.example", "10.0.0.1"),
        answer_hidden_prompts=False,
        log_requests=False,
        link_secret=SECRET,
        public_base_url="https://easel.example",
        picture_days=7,
        store_for_everybody=True,
        easel_keys=("one", "two"),
        max_request_bytes=1,
        max_input_bytes=5,
        max_picture_bytes=2,
        max_inline_bytes=10,
        mcp_inline_bytes=11,
        mcp_allowed_origins=("https://chat.example", "null"),
        stream_hold_seconds=0,
        plain_hold_seconds=0.5,
        keep_alive_seconds=0.25,
        upstream_timeout_seconds=3,
        picture_stall_seconds=4,
        picture_timeout_seconds=7,
        upload_stall_seconds=8,
        upload_timeout_seconds=9,
    )


@pytest.mark.parametrize(
    ("variable", "text"),
    [
        ("ZAI_IMAGE_BASE_URL", "image.z.ai"),
        ("ZAI_IMAGE_BASE_URL", "ftp://image.z.ai"),
        ("ZAI_IMAGE_BASE_URL", "https://"),
        ("ZAI_IMAGE_BASE_URL", "https://secret@image.z.ai"),
        ("ZAI_IMAGE_BASE_URL", "https://image.z.ai?secret=1"),
        ("RM_LABEL_WATERMARK", "secret"),
        ("MAX_REQUEST_BYTES", "0"),
        ("EASEL_KEYS", ","),
        ("EASEL_KEYS", "False"),
        ("ZAI_TOKENS", "secret,true"),
        ("ZAI_CHAT_TOKENS", "secret,true"),
        ("ZAI_CHAT_TOKENS", "one secret"),
        ("ZAI_CHAT_BASE_URL", "https://secret@chat.z.ai"),
        ("EASEL_KEYS", "a-key-without-any-token"),
        ("EASEL_KEYS", "one secret"),
        ("ZAI_TOKENS", "secret\x7f"),
        ("GEEKAI_API_KEYS", "ключ"),
        ("CHAT_PICTURE", "secret"),
        ("PROGRESS", "secret"),
        ("EDIT_PREVIOUS", "secret"),
        ("PICTURE_HOSTS", "https://secret"),
        ("PICTURE_HOSTS", "secret:443"),
        ("PICTURE_HOSTS", ","),
        ("MCP_ALLOWED_ORIGINS", "secret.example"),
        ("MCP_ALLOWED_ORIGINS", "https://secret.example/path"),
        ("MAX_REQUEST_BYTES", "8 MiB secret"),
        ("MAX_REQUEST_BYTES", "134217729"),
        ("KEEP_ALIVE_SECONDS", "0"),
        ("KEEP_ALIVE_SECONDS", "nan"),
        ("UPSTREAM_TIMEOUT_SECONDS", "inf"),
        ("STREAM_HOLD_SECONDS", "-1"),
        ("PLAIN_HOLD_SECONDS", "999999"),
    ],
)
def test_an_illegal_variable_is_named_and_its_value_is_not(variable: str, text: str) -> None:
    with pytest.raises(Misconfigured) as caught:
        read_settings({variable: text})
    assert (caught.value.status, caught.value.code) == (500, "misconfigured")
    assert variable in caught.value.message
    assert "secret" not in caught.value.message


@pytest.mark.parametrize(
    ("variable", "value", "told"),
    [
        ("EASEL_KEYS", 12345, "must be a string in quotes, not a number"),
        ("EASEL_KEYS", True, "must be a string in quotes, not a boolean"),
        ("EASEL_KEYS", ["secret"], "must be a string in quotes, not a list or an object"),
        ("DEFAULT_IMAGE_MODEL", {"secret": 1}, "must be a string in quotes, not a list or an"),
        ("ZAI_IMAGE_BASE_URL", 1.5, "must be a string in quotes, not a number"),
        ("CHAT_PICTURE", False, "must be a string in quotes, not a boolean"),
        ("PICTURE_HOSTS", ["secret"], "must be a string in quotes, not a list or an object"),
        ("MAX_REQUEST_BYTES", True, "must be a number, not a boolean"),
        ("KEEP_ALIVE_SECONDS", [], "must be a number, not a list or an object"),
        ("LOG_REQUESTS", ["secret"], "must be true or false, not a list or an object"),
        ("LOG_REQUESTS", 2, "valid boolean"),
        ("MAX_REQUEST_BYTES", 1.5, "valid integer"),
    ],
)
def test_a_variable_of_the_wrong_type_is_told_with_the_right_one(
    variable: str, value: object, told: str
) -> None:
    with pytest.raises(Misconfigured) as caught:
        read_settings({variable: value, "PLAIN_HOLD_SECONDS": "1"})
    assert f"{variable}: " in caught.value.message
    assert told in caught.value.message
    assert "secret" not in caught.value.message


def test_every_variable_of_the_wrong_type_is_told_at_once() -> None:
    with pytest.raises(Misconfigured) as caught:
        read_settings({"EASEL_KEYS": 1, "LOG_REQUESTS": []})
    assert "EASEL_KEYS" in caught.value.message
    assert "LOG_REQUESTS" in caught.value.message


@pytest.mark.parametrize(
    ("variable", "value", "expected"),
    [
        ("MAX_REQUEST_BYTES", 1000, 1000),
        ("KEEP_ALIVE_SECONDS", 0.2, 0.2),
        ("KEEP_ALIVE_SECONDS", 3, 3),
        ("STREAM_HOLD_SECONDS", 0, 0),
        ("LOG_REQUESTS", False, False),
        ("LOG_REQUESTS", 0, False),
        ("LOG_REQUESTS", "false", False),
    ],
)
def test_a_number_or_a_boolean_is_one(variable: str, value: object, expected: object) -> None:
    assert getattr(read_settings({variable: value}), variable.lower()) == expected


def test_the_page_on_configuration_tells_every_variable_and_its_default() -> None:
    page = (PROJECT / "docs" / "configuration.md").read_text("utf-8")
    rows = re.findall(r"^\| `([A-Z_]+)` \| `([^`]*)` \|", page, re.MULTILINE)
    assert sorted(name for name, _ in rows) == sorted(VARIABLES)
    base_urls = {name: service.default_base_url for name, service in SERVICES.items()}
    sites = {name: each.sign_in for name, each in SERVICES.items() if each.sign_in is not None}
    site_base_urls = {name: each.default_base_url for name, each in sites.items()}
    assert read_settings(dict(rows)) == Settings(base_urls=base_urls, site_base_urls=site_base_urls)
    told = {name: text for name, text in rows if name.endswith(("_SECONDS", "_BYTES"))}
    assert told == {
        "MAX_REQUEST_BYTES": "67108864",
        "MAX_INPUT_BYTES": "12582912",
        "MAX_PICTURE_BYTES": "33554432",
        "MAX_INLINE_BYTES": "134217728",
        "MCP_INLINE_BYTES": "750000",
        "STREAM_HOLD_SECONDS": "5",
        "PLAIN_HOLD_SECONDS": "45",
        "KEEP_ALIVE_SECONDS": "10",
        "UPSTREAM_TIMEOUT_SECONDS": "300",
        "PICTURE_STALL_SECONDS": "30",
        "PICTURE_TIMEOUT_SECONDS": "180",
        "UPLOAD_STALL_SECONDS": "30",
        "UPLOAD_TIMEOUT_SECONDS": "300",
    }


def test_secrets_show_in_no_repr() -> None:
    given = {name: SECRET for name in VARIABLES if name.endswith(("_KEYS", "_TOKENS", "_SECRET"))}
    assert len(given) == 7
    settings = read_settings(given)
    assert SECRET not in repr(settings)
    assert settings.secrets == (SECRET,) * 7


@pytest.mark.parametrize("secret", ["short", "x" * 31, "two words " * 9, "é" * 40])
def test_a_secret_that_can_be_guessed_or_mistyped_is_refused_and_not_repeated(secret: str) -> None:
    with pytest.raises(Misconfigured) as caught:
        read_settings({"LINK_SECRET": secret})
    assert "LINK_SECRET: " in caught.value.message
    assert "openssl rand -hex 32" in caught.value.message
    assert secret not in caught.value.message


def test_a_proxy_without_tokens_hears_which_variables_hold_them() -> None:
    with pytest.raises(Misconfigured) as caught:
        read_settings({"EASEL_KEYS": "key", "ZAI_IMAGE_BASE_URL": "https://h"})
    assert caught.value.message.endswith(
        "EASEL_KEYS: needs at least one of "
        "ZAI_TOKENS, ZAI_CHAT_TOKENS, BIGMODEL_API_KEYS, ZHAOTOU_API_KEYS, GEEKAI_API_KEYS."
    )


@pytest.mark.parametrize("variable", ["ZAI_TOKENS", "ZAI_CHAT_TOKENS", "GEEKAI_API_KEYS"])
def test_any_token_is_enough_for_a_proxy(variable: str) -> None:
    assert read_settings({"EASEL_KEYS": "key", variable: "token"}).easel_keys == ("key",)


def test_no_variable_sets_what_holds_the_services_variables() -> None:
    assert (
        read_settings({"BASE_URLS": "https://h", "TOKENS": "t", "SITE_TOKENS": "t"}) == Settings()
    )


def test_a_stream_is_held_for_less_time_than_a_plain_answer() -> None:
    assert hold_seconds(Settings(), stream=True) == 5
    assert hold_seconds(Settings(), stream=False) == 45


@pytest.mark.parametrize(
    ("request_bytes", "input_bytes", "limit"),
    [(100, 50, 50), (50, 100, 50), (None, None, 12 << 20)],
)
def test_a_form_may_have_no_more_than_can_be_held_of_it(
    request_bytes: int | None, input_bytes: int | None, limit: int
) -> None:
    given = {"MAX_REQUEST_BYTES": request_bytes, "MAX_INPUT_BYTES": input_bytes}
    settings = read_settings({name: value for name, value in given.items() if value is not None})
    assert form_limit(settings) == limit
