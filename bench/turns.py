"""Measures jobs: those who take part are asked in turns, so that a busy machine is busy for all.

Out: CPU milliseconds a request, one figure a turn.
"""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from typing import Final, TypeAlias

import httpx

from bench.jobs import Entrant, Job, first_entrant
from bench.servers import Server

# V8 compiles what is hot of WebAssembly bit by bit: the first hundred requests to a Python Worker
# cost four times as much as those after the eight hundredth.
_WARM_UP: Final = 800

# (job, entrant) → CPU milliseconds a request in each turn; turns of one job belong together.
Costs: TypeAlias = dict[tuple[str, str], list[float]]


class WrongAnswer(Exception):
    """Somebody does not do the job that is measured."""


def _send(client: httpx.Client, entrant: Entrant, server: Server) -> httpx.Response:
    request = entrant.request(server.url)
    request.headers.update(server.headers)
    return client.send(request)


def check(client: httpx.Client, entrant: Entrant, server: Server) -> httpx.Response:
    """Asks once; returns the right answer. Raises WrongAnswer."""
    response = _send(client, entrant, server)
    try:
        right = entrant.is_right(response)
    except ValueError:
        right = False
    if not right:
        raise WrongAnswer(
            f"{entrant.name} answers {entrant.method} {entrant.path} with status "
            f"{response.status_code} and {response.text[:300]!r}"
        )
    return response


def _is_like(response: httpx.Response, right: httpx.Response) -> bool:
    """Whether an answer is as long as the right one, but for ids and times."""
    length, expected = len(response.content), len(right.content)
    return response.status_code == right.status_code and abs(length - expected) <= 0.05 * expected


def _turn(
    client: httpx.Client, entrant: Entrant, server: Server, requests: int, right: httpx.Response
) -> float:
    """CPU milliseconds a request. Raises WrongAnswer where an answer is not like the right one."""
    before = server.cpu_ms()
    for _ in range(requests):
        response = _send(client, entrant, server)
        if not _is_like(response, right):
            raise WrongAnswer(
                f"{entrant.name} answers with status {response.status_code} and "
                f"{len(response.content)} bytes where it had {len(right.content)}"
            )
    return (server.cpu_ms() - before) / requests


def warm_up(client: httpx.Client, servers: Mapping[str, Server]) -> None:
    """Lets each do its first job, by the table, until V8 has compiled what it takes."""
    for name, server in servers.items():
        first = first_entrant(name)
        _turn(client, first, server, _WARM_UP, check(client, first, server))


def measure(
    client: httpx.Client, job: Job, servers: Mapping[str, Server], turns: int
) -> dict[str, list[float]]:
    """The costs of those whose servers run. Raises WrongAnswer."""
    right: dict[str, httpx.Response] = {}
    present = [entrant for entrant in job.entrants if entrant.server in servers]
    for entrant in present:
        server = servers[entrant.server]
        right[entrant.name] = check(client, entrant, server)
        _turn(client, entrant, server, job.requests * 3, right[entrant.name])
    costs: dict[str, list[float]] = {entrant.name: [] for entrant in present}
    for _ in range(turns):
        for entrant in present:
            name, server = entrant.name, servers[entrant.server]
            costs[name].append(_turn(client, entrant, server, job.requests, right[name]))
    return costs


def ratio(costs: Sequence[float], against: Sequence[float]) -> float:
    """How many times as much, the median of all turns, each compared with the one beside it."""
    return statistics.median(one / other for one, other in zip(costs, against, strict=True))
