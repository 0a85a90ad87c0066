"""The built Worker on workerd, started from its memory snapshot: each deployment once a session.

The Worker is what `wrangler deploy` would upload, with the date and flags of `wrangler.toml` plus
the two that select the local runtime. All its outgoing requests reach the sandbox, which sees the
production host names; so no test can reach a real service.
"""

from __future__ import annotations

import fcntl
import itertools
import subprocess
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx
import pytest

from tests.ports import free_port, nowhere
from tools.runtime.build import NotBuilt, ensure_built
from tools.runtime.workerd import PROJECT, Service, save_snapshot, serve_command, write_config
from tools.sandbox.server import running
from tools.sandbox.state import Call, Sandbox

ZAI = "https://image.z.ai"
PICTURES = "https://z-ai-audio.oss-cn-hongkong.aliyuncs.com"
TOKEN = "a-token-of-the-tests"
LINK_SECRET = "a-secret-that-links-are-sealed-with"
# Of an account whose sessions are kept in the store.
KEPT_TOKEN = "chat-token-of-kate"

# Seconds become tenths, so that waiting can be tested; the rest is as deployed.
HASTY: dict[str, object] = {
    "STREAM_HOLD_SECONDS": "0.75",
    "PLAIN_HOLD_SECONDS": "1",
    "KEEP_ALIVE_SECONDS": "0.25",
    # Long beside the two seconds of a picture that is waited for, also on a busy machine.
    "UPSTREAM_TIMEOUT_SECONDS": "6",
    "PICTURE_STALL_SECONDS": "1",
    "PICTURE_TIMEOUT_SECONDS": "5",
    "UPLOAD_STALL_SECONDS": "1",
    "MAX_REQUEST_BYTES": "65536",
    "MAX_PICTURE_BYTES": "6000000",
}

# A personal proxy. The sandbox rejects the token `invalid`; the first of image.z.ai says itself
# that it has expired (in 2001).
PROXY: dict[str, object] = {
    "EASEL_KEYS": "a-key, another-key",
    "ZAI_TOKENS": "e30.eyJleHAiOiAxMDAwMDAwMDAwfQ.c2ln, invalid, zai-token",
    "BIGMODEL_API_KEYS": "bigmodel-1, bigmodel-2",
    "GEEKAI_API_KEYS": "geekai-1, geekai-2, geekai-3",
}

# More than a module asks for.
_KEPT_CALLS: Final = 20_000

DEPLOYMENTS: Final[dict[str, dict[str, object]]] = {
    # Waits are short.
    "easel": HASTY,
    # The same limits, and time enough for whatever is told by a status.
    "patient": {
        **HASTY,
        "STREAM_HOLD_SECONDS": "30",
        "PLAIN_HOLD_SECONDS": "30",
        "UPSTREAM_TIMEOUT_SECONDS": "30",
    },
    # As it is deployed, with no variable set.
    "unchanged": {},
    # Without an internet.
    "unreachable": {},
    # As `[vars]` of wrangler.toml has them when they are not written as texts.
    "typed": {"RM_LABEL_WATERMARK": False, "STREAM_HOLD_SECONDS": 0, "KEEP_ALIVE_SECONDS": 0.2},
    "linking": {"CHAT_PICTURE": "link"},
    "markdown": {"CHAT_PICTURE": "markdown"},
    # Links of its own, which lead on to the service.
    "sealing": {**HASTY, "LINK_SECRET": LINK_SECRET},
    # The same, behind another host.
    "elsewhere": {"LINK_SECRET": LINK_SECRET, "PUBLIC_BASE_URL": "https://pictures.example/easel/"},
    # A personal proxy with a store, and one that is not bound to one.
    "storing": {**PROXY, "ZHAOTOU_API_KEYS": "zhaotou-1", "LINK_SECRET": LINK_SECRET},
    # The store of everybody.
    "lending": {"LINK_SECRET": LINK_SECRET, "STORE_FOR_EVERYBODY": "true"},
    # A store that nobody is to fill.
    "stranger": {"LINK_SECRET": LINK_SECRET},
    "misstored": {**PROXY, "LINK_SECRET": LINK_SECRET, "PICTURES": "a-name"},
    # No picture is so small.
    "sparing": {"MAX_INLINE_BYTES": "500"},
    # Keeps no log of requests.
    "silent": {"LOG_REQUESTS": "false"},
    # Whatever it is sent is painted.
    "literal": {"ANSWER_HIDDEN_PROMPTS": "false"},
    # Goes on from no picture before, unless a request says so.
    "forgetful": {"EDIT_PREVIOUS": "false"},
    "proxy": PROXY,
    # Each key may paint twice.
    "limited": PROXY,
    # Personal proxies of accounts, whose sessions they get by themselves.
    "account": {**HASTY, "EASEL_KEYS": "a-key", "ZAI_CHAT_TOKENS": "chat-token-of-mary"},
    "newcomer": {"EASEL_KEYS": "a-key", "ZAI_CHAT_TOKENS": "chat-token-of-newcomer"},
    # Two isolates of one proxy, which has a store.
    "earlier": {"EASEL_KEYS": "a-key", "ZAI_CHAT_TOKENS": KEPT_TOKEN, "LINK_SECRET": LINK_SECRET},
    "later": {"EASEL_KEYS": "a-key", "ZAI_CHAT_TOKENS": KEPT_TOKEN, "LINK_SECRET": LINK_SECRET},
    "mislimited": {**PROXY, "KEY_LIMITER": "20"},
    "misconfigured": {
        "KEEP_ALIVE_SECONDS": True,
        "EASEL_KEYS": ["secret"],
        "DEFAULT_IMAGE_MODEL": {"secret": 1},
        "CHAT_PICTURE": 1,
    },
}

# Those that share a store, and so a process.
STORING: Final = ("storing", "lending", "stranger", "earlier", "later")

KV: Final = Path(__file__).with_name("kv")
LIMITER: Final = Path(__file__).with_name("limiter")

_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Internet:
    """What the Worker takes for the internet, and what it was asked."""

    sandbox: Sandbox
    port: int

    def calls(self, marker: str) -> list[Call]:
        """The calls to paint a prompt that holds `marker`."""
        return [call for call in list(self.sandbox.calls) if marker.encode() in call.body]

    def downloads(self) -> list[Call]:
        """The calls for a picture."""
        return [call for call in list(self.sandbox.calls) if "/z_image/" in call.url]


@dataclass(frozen=True, slots=True)
class Easel:
    """A deployment of Easel, and the file that holds what it logged."""

    url: str
    log: Path

    def chat(self, prompt: str, *, stream: bool, model: str = "gemini-3-image-1k") -> httpx.Request:
        """A chat request for one picture, ready to be sent."""
        message = {"role": "user", "content": prompt}
        return httpx.Request(
            "POST",
            f"{self.url}/v1/chat/completions",
            headers={"authorization": f"Bearer {TOKEN}"},
            json={"model": model, "messages": [message], "stream": stream},
        )


# Modules that take a worker of pytest-xdist longest, the longest first: none is left for the end.
_LONGEST: Final = ("test_dev_edits", "test_dev", "test_cross", "test_history", "test_openapi")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    ranks = {name: rank for rank, name in enumerate(_LONGEST)}
    items.sort(key=lambda item: ranks.get(item.path.stem, len(_LONGEST)))


@pytest.fixture(scope="session", autouse=True)
def built() -> None:
    """No test sees a build that is older than the sources: one that is run by hand builds first."""
    try:
        ensure_built(PROJECT)
    except NotBuilt as error:
        pytest.exit(f"easel: {error}", returncode=1)


@pytest.fixture
def marker() -> str:
    """A word that no other test's prompt holds."""
    return f"marker{next(_numbers):04d}"


def check_what_every_answer_has(response: httpx.Response) -> None:
    """Whatever is answered, and to whichever test: no browser guesses what it is."""
    assert response.headers.get_list("x-content-type-options") == ["nosniff"], response.url
    assert response.headers["access-control-allow-origin"] == "*"


@pytest.fixture(scope="session")
def client() -> Iterator[httpx.Client]:
    hooks = {"response": [check_what_every_answer_has]}
    with httpx.Client(timeout=30, trust_env=False, event_hooks=hooks) as client:
        yield client


@pytest.fixture(scope="module", autouse=True)
def _calls_of_this_module(internet: Internet) -> None:
    """Modules name their calls by marks of their own, which another module may have too."""
    internet.sandbox.calls.clear()


@pytest.fixture(scope="session")
def internet() -> Iterator[Internet]:
    # Tests count what was asked since they began, so nothing may be dropped in between.
    sandbox = Sandbox(ZAI, PICTURES, paint_seconds=0.02, calls=deque(maxlen=_KEPT_CALLS))
    port = free_port()
    with running(sandbox, port):
        yield Internet(sandbox, port)


@pytest.fixture(scope="session")
def snapshot(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """The memory of the Worker after its top level has run, as an upload takes it."""
    folder = tmp_path_factory.getbasetemp()
    if worker_id != "master":
        # Processes that run side by side share one: the first saves it, and the others wait.
        folder = folder.parent
    with (folder / "snapshot.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        kept = folder / "snapshot.bin"
        if not kept.exists():
            config = write_config(folder / "snapshot.capnp", [Service("easel", 0)])
            saved = save_snapshot(config, folder)
            assert saved.returncode == 0, saved.stderr
        return kept


class Deployments(dict[str, Easel]):
    """The deployments by their names; each is started when it is asked for first."""

    def __init__(self, start: Callable[[str], Mapping[str, Easel]]) -> None:
        super().__init__()
        self._start = start

    def __missing__(self, name: str) -> Easel:
        self.update(self._start(name))
        return self[name]


@pytest.fixture(scope="session")
def deployments(
    internet: Internet, snapshot: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Easel]]:
    """A workerd with a Worker for each set of variables, and one for all that share a store."""
    with ExitStack() as stack:

        def start(name: str) -> dict[str, Easel]:
            folder = tmp_path_factory.mktemp("workerd")
            names = STORING if name in (*STORING, "kv") else (name,)
            ports = {each: free_port() for each in names}
            services = [_service(each, port, internet) for each, port in ports.items()]
            if name == "limited":
                services.append(Service("limiter", 0, folder=LIMITER, main="limiter.js"))
            if names is STORING:
                ports["kv"] = free_port()
                services.append(Service("kv", ports["kv"], folder=KV, main="kv.js"))
            config = write_config(folder / "config.capnp", services)
            found = {
                each: Easel(f"http://127.0.0.1:{port}", folder / "log")
                for each, port in ports.items()
            }
            stack.enter_context(running_workerd(found[names[0]], config, snapshot))
            return found

        yield Deployments(start)


def _service(name: str, port: int, internet: Internet) -> Service:
    return Service(
        name,
        port,
        DEPLOYMENTS[name],
        outbound_port=nowhere() if name == "unreachable" else internet.port,
        bound={"KEY_LIMITER": "limiter"} if name == "limited" else {},
        stores={"PICTURES": "kv"} if name in STORING else {},
    )


@contextmanager
def running_workerd(easel: Easel, config: Path, snapshot: Path | None = None) -> Iterator[None]:
    """workerd with this configuration, once it answers for `easel`; it logs where `easel` says."""
    with easel.log.open("wb") as output:
        workerd = subprocess.Popen(
            serve_command(config, snapshot), stdout=output, stderr=subprocess.STDOUT
        )
    try:
        wait_until_answering(easel.url, workerd)
        yield
    finally:
        workerd.terminate()
        workerd.wait(10)


def wait_until_answering(url: str, process: subprocess.Popen[bytes]) -> None:
    # Long, since several may start side by side on a busy machine.
    end = time.monotonic() + 90
    while time.monotonic() < end and process.poll() is None:
        try:
            httpx.get(f"{url}/health", trust_env=False)
            return
        except httpx.HTTPError:
            time.sleep(0.05)
    raise AssertionError(f"workerd does not answer; exit status {process.poll()}")


def _deployed(name: str) -> Any:
    """A fixture of the deployment of this name."""

    @pytest.fixture(scope="session", name=name)
    def fixture(deployments: dict[str, Easel]) -> Easel:
        return deployments[name]

    return fixture


easel = _deployed("easel")
patient = _deployed("patient")
unchanged = _deployed("unchanged")
unreachable = _deployed("unreachable")
typed = _deployed("typed")
linking = _deployed("linking")
sealing = _deployed("sealing")
elsewhere = _deployed("elsewhere")
storing = _deployed("storing")
lending = _deployed("lending")
stranger = _deployed("stranger")
misstored = _deployed("misstored")
kv = _deployed("kv")
sparing = _deployed("sparing")
silent = _deployed("silent")
literal = _deployed("literal")
forgetful = _deployed("forgetful")
proxy = _deployed("proxy")
limited = _deployed("limited")
account = _deployed("account")
newcomer = _deployed("newcomer")
earlier = _deployed("earlier")
later = _deployed("later")
mislimited = _deployed("mislimited")
misconfigured = _deployed("misconfigured")
