"""One internet and one deployment for all tests here, in one event loop."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Coroutine, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import httpx
import pytest

from tests.torture.asking import SECRET
from tests.torture.deployment import HASTY, Deployment
from tests.torture.figures import Figures
from tests.torture.host import Case, Internet

_T = TypeVar("_T")

# To read the authorities for each client would take longer than its calls.
_NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


@dataclass(slots=True)
class World:
    """Everything there is: the internet runs while something is awaited with `run`."""

    runner: asyncio.Runner
    internet: Internet
    deployment: Deployment
    figures: Figures
    _read: int = 0

    @property
    def no_tls(self) -> ssl.SSLContext:
        """Nothing here speaks TLS."""
        return _NO_TLS

    def run(self, coroutine: Coroutine[Any, Any, _T]) -> _T:
        return self.runner.run(coroutine)

    def case(self, case: Case) -> Case:
        """A case that the internet knows."""
        return self.internet.add(case)

    def client(self, seconds: float = 40) -> httpx.AsyncClient:
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=100)
        return httpx.AsyncClient(timeout=seconds, limits=limits, trust_env=False, verify=_NO_TLS)

    def check_log(self) -> None:
        """Nothing secret was logged since this was asked for last. Raises AssertionError."""
        with self.deployment.log.open("rb") as log:
            log.seek(self._read)
            new = log.read()
        self._read += len(new)
        found = SECRET.search(new) or (b"secret-link" in new and [b"a link"])
        assert not found, f"the log has {found[0]!r}"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--figures", type=Path, help="the file that the figures are written to")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "long: not part of every test run")


@pytest.fixture(scope="session")
def figures(request: pytest.FixtureRequest) -> Iterator[Figures]:
    """The figures of this run, which are written down at its end."""
    found = Figures()
    yield found
    target = request.config.getoption("--figures")
    if target is not None:
        found.write(target)


@pytest.fixture(scope="session")
def everywhere() -> Iterator[tuple[asyncio.Runner, Internet]]:
    """The internet, and the loop that it runs in."""
    with asyncio.Runner() as runner:
        internet = Internet()
        runner.run(internet.start())
        yield runner, internet
        runner.run(internet.stop())


@contextmanager
def _deployed(
    everywhere: tuple[asyncio.Runner, Internet],
    folder: Path,
    variables: Mapping[str, object],
    figures: Figures,
) -> Iterator[World]:
    runner, internet = everywhere
    deployment = Deployment(folder, internet.port, variables)
    deployment.start()
    yield World(runner, internet, deployment, figures)
    deployment.stop()


@pytest.fixture(scope="session")
def world(
    everywhere: tuple[asyncio.Runner, Internet],
    tmp_path_factory: pytest.TempPathFactory,
    figures: Figures,
) -> Iterator[World]:
    """A deployment that waits for nobody long, so that waiting can be tested."""
    with _deployed(everywhere, tmp_path_factory.mktemp("hasty"), HASTY, figures) as world:
        yield world


@pytest.fixture(scope="session")
def unchanged(
    everywhere: tuple[asyncio.Runner, Internet],
    tmp_path_factory: pytest.TempPathFactory,
    figures: Figures,
) -> Iterator[World]:
    """A deployment with no variable set, for what a busy machine makes slow."""
    with _deployed(everywhere, tmp_path_factory.mktemp("unchanged"), {}, figures) as world:
        yield world


@pytest.fixture(autouse=True)
def alive_and_silent(request: pytest.FixtureRequest) -> Iterator[None]:
    """Whatever a test does, workerd lives, and nothing secret is logged."""
    yield
    for name in {"world", "unchanged"} & set(request.fixturenames):
        world: World = request.getfixturevalue(name)
        said = world.deployment.revive()
        assert not said, f"workerd died:\n{said}"
        world.check_log()
