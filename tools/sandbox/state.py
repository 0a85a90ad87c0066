"""What the sandbox remembers: the pictures it painted, its tasks, sessions, and the calls it got.

In: pictures and tasks to keep, requests to watch. Out: presigned-looking addresses, how far a task
is, and a record that tests read. Nothing outlives the process.
"""

from __future__ import annotations

import asyncio
import hashlib
import itertools
import time
from collections import OrderedDict, deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from starlette.requests import Request

from tools.sandbox import addresses
from tools.sandbox.answers import Answer
from tools.sandbox.faults import Fault, Faults

_LINK_SECONDS: Final = 7 * 24 * 3600
_KEPT_CALLS: Final = 1000
_KEPT_PICTURES: Final = 64
_KEPT_TASKS: Final = 64
_KEPT_SESSIONS: Final = 256
_POLL_SECONDS: Final = 0.05


@dataclass(slots=True)
class Call:
    """One request as it arrived. `abandoned` is when its client left before the answer."""

    method: str
    url: str
    headers: dict[str, str]
    body: bytes
    abandoned: bool = False


@dataclass(frozen=True, slots=True)
class KeptPicture:
    """A painted picture, and how its download is to go wrong."""

    content: bytes
    faults: Faults


@dataclass(slots=True)
class Task:
    """What is painted in the background: `answer` goes to whoever asks from `done_at` on.

    Whoever asks sooner gets `waiting`, one after the other, and then the last of them. So do the
    first `least_polls`.
    """

    waiting: tuple[Answer, ...]
    answer: Answer
    done_at: float
    polls: int = 0
    least_polls: int = 1

    def poll(self) -> Answer:
        """What to answer now; never the end at once, so that a client has to be able to wait."""
        self.polls += 1
        if self.polls > self.least_polls and time.monotonic() >= self.done_at:
            return self.answer
        return self.waiting[min(self.polls, len(self.waiting)) - 1]


@dataclass(slots=True)
class KeptSession:
    """A session that the sandbox gave. `in_band` is how it is rejected: in a 200."""

    expires_at: float
    in_band: bool
    revoked: bool = False

    @property
    def is_good(self) -> bool:
        """Whether it is painted with."""
        return not self.revoked and time.time() < self.expires_at


@dataclass(slots=True)
class Sandbox:
    """The stand-in. `zai_base_url` is what Easel believes image.z.ai to be at."""

    zai_base_url: str
    picture_base_url: str
    paint_seconds: float = 1.0
    calls: deque[Call] = field(default_factory=lambda: deque(maxlen=_KEPT_CALLS))
    # Whether the next call or picture fails, where every other one does.
    flaky: Iterator[bool] = field(default_factory=lambda: itertools.cycle([False, True]))
    pictures: OrderedDict[str, KeptPicture] = field(default_factory=OrderedDict)
    tasks: OrderedDict[tuple[str, str], Task] = field(default_factory=OrderedDict)
    sessions: OrderedDict[str, KeptSession] = field(default_factory=OrderedDict)
    # What is to go wrong with the session for a code.
    codes: dict[str, Mapping[Any, int]] = field(default_factory=dict)
    # What tests add to the token of an account.
    account_faults: dict[str, str] = field(default_factory=dict)
    _ids: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    def number(self) -> int:
        """A number that was not given before."""
        return next(self._ids)

    def keep_task(self, service: str, task_id: str, task: Task) -> None:
        """Keeps a task, which no other service knows."""
        self.tasks[service, task_id] = task
        while len(self.tasks) > _KEPT_TASKS:
            self.tasks.popitem(last=False)

    def keep_session(self, text: str, session: KeptSession) -> None:
        """Keeps a session, by its text."""
        self.sessions[text] = session
        while len(self.sessions) > _KEPT_SESSIONS:
            self.sessions.popitem(last=False)

    def keep_picture(self, content: bytes, suffix: str, faults: Faults) -> str:
        """Keeps a picture and returns an address that looks presigned and works for 7 days."""
        name = f"{self.number():06d}.{suffix}"
        if Fault.PICTURE_FLAKY in faults and next(self.flaky):
            faults = {**faults, Fault.PICTURE_MISSING: 0}
        self.pictures[name] = KeptPicture(content, faults)
        while len(self.pictures) > _KEPT_PICTURES:
            self.pictures.popitem(last=False)
        expires = str(int(time.time()) + _LINK_SECONDS)
        base_url = self.picture_base_url
        if Fault.PICTURE_HTTP in faults:
            base_url = base_url.replace("https://", "http://")
        url = (
            f"{base_url}/z_image/{name}?Expires={expires}&OSSAccessKeyId=sandbox"
            f"&Signature={self.sign(name, expires)}"
        )
        if Fault.PICTURE_HOSTILE in faults:
            url = addresses.hostile(url, faults[Fault.PICTURE_HOSTILE])
        if Fault.PICTURE_INSIDE in faults:
            url = addresses.inside(url, faults[Fault.PICTURE_INSIDE])
        return url

    def sign(self, name: str, expires: str) -> str:
        """What proves that a link was made here."""
        return hashlib.sha256(f"sandbox {name} {expires}".encode()).hexdigest()[:28]

    async def still_there_after(self, seconds: float, request: Request) -> bool:
        """Waits, and tells whether the client is still there; recorded in its call if not."""
        call: Call = request.state.call
        end = time.monotonic() + seconds
        try:
            while (left := end - time.monotonic()) > 0 and not call.abandoned:
                await asyncio.sleep(min(left, _POLL_SECONDS))
                call.abandoned = await request.is_disconnected()
        except asyncio.CancelledError:
            # A stream that is being sent is not asked; it is cancelled when its client leaves.
            call.abandoned = True
            raise
        return not call.abandoned
