"""The image services there are, and what follows from all of them.

In: nothing. Out: constants. A fifth service is one line.
"""

from __future__ import annotations

from typing import Final

from easel.services import bigmodel, geekai, zai, zhaotou
from easel.services.service import Service
from easel.settings import variables
from easel.token import SHARED_HEADERS

# By name, which is also the prefix of their models.
SERVICES: Final[dict[str, Service]] = {
    service.name: service
    for service in (
        zai.SERVICE,
        bigmodel.SERVICE,
        zhaotou.SERVICE,
        geekai.SERVICE,
    )
}

# What each calls its own variables, and the names of all variables of Easel.
SERVICE_VARIABLES: Final = {name: service.variables for name, service in SERVICES.items()}
VARIABLES: Final = variables(SERVICE_VARIABLES.values())

_OWN_HEADERS: Final = tuple(
    service.own_header for service in SERVICES.values() if service.own_header
)

# Where clients put a token, in the order in which it counts.
TOKEN_HEADERS: Final = (*SHARED_HEADERS[:1], *_OWN_HEADERS, *SHARED_HEADERS[1:])
