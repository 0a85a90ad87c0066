from __future__ import annotations

import pytest

from easel.errors import Misconfigured
from easel.settings import VARIABLES, Settings, read_settings


def test_an_empty_environment_means_the_defaults() -> None:
    assert read_settings({}) == Settings()
    assert read_settings(dict.fromkeys(VARIABLES, " ")) == Settings()


def test_every_variable_is_read_and_others_are_left_alone() -> None:
    given = {
        "ZAI_IMAGE_BASE_URL": "http://127.0.0.1:9000/",
        "RM_LABEL_WATERMARK": "false",
        "MAX_REQUEST_BYTES": "1",
        "MAX_PICTURE_BYTES": "2",
        "STREAM_HOLD_SECONDS": "0",
        "PLAIN_HOLD_SECONDS": "0.5",
        "KEEP_ALIVE_SECONDS": "0.25",
        "UPSTREAM_TIMEOUT_SECONDS": "3",
        "PICTURE_STALL_SECONDS": "4",
    }
    assert set(given) == set(VARIABLES)
    assert read_settings({**given, "PATH": "/bin"}) == Settings(
        zai_image_base_url="http://127.0.0.1:9000",
        rm_label_watermark=False,
        max_request_bytes=1,
        max_picture_bytes=2,
        stream_hold_seconds=0,
        plain_hold_seconds=0.5,
        keep_alive_seconds=0.25,
        upstream_timeout_seconds=3,
        picture_stall_seconds=4,
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
        ("MAX_REQUEST_BYTES", "8 MiB secret"),
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
