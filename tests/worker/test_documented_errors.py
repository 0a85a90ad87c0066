"""Each error of the services' documents, from the wire to the client, in every language."""

from __future__ import annotations

from typing import Final

import httpx
import pytest

from tests.worker.conftest import Easel
from tests.worker.dialects import DIALECTS, Ask, Dialect

each_dialect = pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.name)

Expected = tuple[int, str]

DENIED: Final = (403, "access_denied")
EXHAUSTED: Final = (429, "insufficient_quota")
REFUSED: Final = (400, "upstream_refused")
UNKNOWN: Final = (404, "model_not_found")
UNSAFE: Final = (400, "content_policy_violation")
BUSY: Final = (429, "rate_limit_exceeded")
BROKEN: Final = (502, "upstream_broken")

# Written out from the service's page on errors, not computed.
BIGMODEL_CODES: Final[dict[str, Expected]] = {
    **dict.fromkeys(("1000", "1001", "1002", "1003", "1004"), (401, "invalid_api_key")),
    **dict.fromkeys(("1100", "1110", "1111", "1112", "1120", "1121"), DENIED),
    **dict.fromkeys(("1220", "1221", "1311"), DENIED),
    **dict.fromkeys(("1113", "1304", "1308", "1309", "1310", "1313"), EXHAUSTED),
    **dict.fromkeys(("1200", "1210", "1213", "1214", "1215"), REFUSED),
    **dict.fromkeys(("1211", "1212", "1222"), UNKNOWN),
    "1231": (409, "conflict"),
    "1261": (413, "request_too_large"),
    **dict.fromkeys(("1300", "1301"), UNSAFE),
    **dict.fromkeys(("1302", "1303", "1305", "1312"), BUSY),
    **dict.fromkeys(("500", "1230", "1234"), BROKEN),
}

STATUSES: Final[dict[int, Expected]] = {
    400: REFUSED,
    401: (401, "invalid_api_key"),
    402: EXHAUSTED,
    403: DENIED,
    404: UNKNOWN,
    413: (413, "request_too_large"),
    429: BUSY,
    500: BROKEN,
    503: BROKEN,
    504: (504, "upstream_too_slow"),
}


def seen(client: httpx.Client, easel: Easel, dialect: Dialect, ask: Ask) -> Expected:
    """Status and code as the client gets them; the status inside the body agrees."""
    response = client.send(dialect.request(easel.url, ask))
    status, code = dialect.error(response.json())
    assert status in (None, response.status_code)
    assert ask.prompt not in response.text
    return response.status_code, code


def sent(dialect: Dialect, expected: Expected) -> Expected:
    """The same with the status that the dialect sends it with."""
    status, code = expected
    return dialect.status(status, code), code


@each_dialect
@pytest.mark.parametrize("code", BIGMODEL_CODES)
def test_bigmodels_codes(
    client: httpx.Client, easel: Easel, marker: str, dialect: Dialect, code: str
) -> None:
    ask = Ask("glm-image", f"sandbox:code={code} {marker}")
    assert seen(client, easel, dialect, ask) == sent(dialect, BIGMODEL_CODES[code])


@each_dialect
@pytest.mark.parametrize("model", ["seedream-4.5", "geekai/gpt-image-1"])
@pytest.mark.parametrize("status", STATUSES)
def test_zhaotous_and_geekais_statuses(
    client: httpx.Client, easel: Easel, marker: str, dialect: Dialect, model: str, status: int
) -> None:
    ask = Ask(model, f"sandbox:status={status} {marker}")
    assert seen(client, easel, dialect, ask) == sent(dialect, STATUSES[status])
