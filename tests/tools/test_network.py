from __future__ import annotations

import socket

import pytest


def test_no_test_can_reach_the_network() -> None:
    with socket.socket() as outgoing, pytest.raises(AssertionError, match=r"192\.0\.2\.1"):
        outgoing.connect(("192.0.2.1", 80))
