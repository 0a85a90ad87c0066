from __future__ import annotations

from collections.abc import Mapping

import pytest

from easel.picture_hosts import services_address
from tests.easel.life import deployment


@pytest.mark.parametrize(
    ("url", "variables"),
    [
        ("https://z-ai-audio.oss-cn-hongkong.aliyuncs.com/1.png", {}),
        ("https://cdn.zhaotouai.com/1.png", {}),
        ("https://a.cdn.example/1.png", {"PICTURE_HOSTS": "cdn.example"}),
        ("http://127.0.0.1:9001/1.png", {"ZHAOTOU_BASE_URL": "http://127.0.0.1:9000/v1"}),
    ],
)
def test_the_services_own_hosts_are_known(url: str, variables: Mapping[str, str]) -> None:
    address = services_address(url, deployment(variables=variables).settings)
    assert address is not None
    assert address.text == url


@pytest.mark.parametrize(
    ("url", "variables"),
    [
        ("https://elsewhere.example/1.png", {}),
        ("https://evilzhaotouai.com/1.png", {}),
        ("https://zhaotouai.com.evil.example/1.png", {}),
        ("http://cdn.zhaotouai.com/1.png", {}),
        ("https://user@cdn.zhaotouai.com/1.png", {}),
        ("https://10.0.0.1/1.png", {"PICTURE_HOSTS": "10.0.0.1"}),
        ("no address", {}),
    ],
)
def test_no_other_host_is_one_of_theirs(url: str, variables: Mapping[str, str]) -> None:
    assert services_address(url, deployment(variables=variables).settings) is None
