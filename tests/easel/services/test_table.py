"""What follows from the table of services."""

from __future__ import annotations

from collections import Counter

import pytest

from easel.services.service import Service
from easel.services.table import SERVICES, TOKEN_HEADERS, VARIABLES

each_service = pytest.mark.parametrize("service", SERVICES.values(), ids=SERVICES)


@each_service
def test_the_name_of_a_service_can_stand_before_a_model_and_a_task(service: Service) -> None:
    assert service.name.isascii()
    assert service.name.isalnum()
    assert service.name == service.name.lower()


@each_service
def test_the_address_of_a_service_is_https_and_has_no_slash_at_its_end(service: Service) -> None:
    assert service.default_base_url.startswith("https://")
    assert not service.default_base_url.endswith("/")


def test_no_two_services_share_a_variable_a_header_or_an_address() -> None:
    assert Counter(VARIABLES).most_common(1)[0][1] == 1
    assert Counter(TOKEN_HEADERS).most_common(1)[0][1] == 1
    addresses = Counter(service.default_base_url for service in SERVICES.values())
    assert addresses.most_common(1)[0][1] == 1


def test_a_bearer_token_counts_first_then_one_for_its_service_alone() -> None:
    expected = ("authorization", "geekai-api-key", "x-api-key", "api-key", "x-goog-api-key")
    assert expected == TOKEN_HEADERS
