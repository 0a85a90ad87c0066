"""Stores pictures whose links were shown, after the answer that shows them has left.

In: pictures and their links. Out: a generator of effects, which goes on after the answer; it ends
in `Over`, and what it could not store is told in the log. The caller waits for nothing of it: until
a picture is in the store its link leads to the service.
"""

from __future__ import annotations

from collections.abc import Sequence

from easel.effects import Complain, StorePicture
from easel.errors import UpstreamError
from easel.jobs import Jobs, Stage
from easel.life import Afterwards, Over
from easel.linking import Linked
from easel.opening import open_twice
from easel.outcomes import Failed, Outcome, Stored


def not_stored(outcome: Outcome) -> Complain:
    """What the log says of a picture that could not be stored: no address, no prompt."""
    reason = outcome.name if isinstance(outcome, Failed) else ""
    if isinstance(outcome, Stored):
        reason = outcome.reason
    return Complain(f"a picture was not stored: {reason}")


def keep(linked: Sequence[Linked], now: float, max_picture_bytes: int) -> Afterwards:
    """Stores pictures one after another: of six connections it takes two. It raises nothing."""
    jobs, exception = Jobs(now), None
    try:
        for each in linked:
            yield from _keep_one(each, jobs, max_picture_bytes)
    except Exception as error:  # noqa: BLE001 - nobody is left to tell but the log
        exception = error
    return Over(exception, jobs.gives_back)


def _keep_one(linked: Linked, jobs: Jobs, max_picture_bytes: int) -> Stage[None]:
    link = linked.link
    try:
        opened = yield from open_twice(linked.picture, jobs, max_picture_bytes)
    except UpstreamError as error:
        jobs.also(Complain(f"a picture was not stored: {error.code}"))
        return
    mime_type, seconds = opened.opened.mime_type, int(link.expires - jobs.now)
    outcome = yield from jobs.do(
        StorePicture(opened.number, link.key, mime_type, seconds, max_picture_bytes)
    )
    if not isinstance(outcome, Stored) or not outcome.stored:
        jobs.also(not_stored(outcome))
