"""What Easel may cost beside others, and whether it does. Each is a ratio of one run.

Source: docs/decisions/0003-pictures-do-not-pass-through-python.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from bench.jobs import LITELLM, PORTKEY, SERVICES, service_entrant
from bench.programs import BEST, EASEL, FLOOR
from bench.turns import Costs, ratio


@dataclass(frozen=True, slots=True)
class Goal:
    """In a job, `entrant` costs at most so many times what `against` does."""

    job: str
    entrant: str
    against: str
    at_most: float


GOALS: Final[Sequence[Goal]] = (
    Goal("chat-1k", EASEL, FLOOR, 1.3),
    Goal("chat-1m", EASEL, BEST, 1.8),
    Goal("chat-5m", EASEL, BEST, 1.25),
    *(Goal("images-url", service_entrant(each), PORTKEY, 1.5) for each in SERVICES),
    *(Goal("images-url", service_entrant(each), LITELLM, 0.3) for each in SERVICES),
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a goal came to; `found` is None where one of the two was not measured."""

    goal: Goal
    found: float | None

    @property
    def text(self) -> str:
        if self.found is None:
            return "not measured"
        return "met" if self.found <= self.goal.at_most else "not met"


def verdicts(costs: Costs) -> list[Verdict]:
    return [Verdict(goal, _found(goal, costs)) for goal in GOALS]


def _found(goal: Goal, costs: Costs) -> float | None:
    one, other = costs.get((goal.job, goal.entrant)), costs.get((goal.job, goal.against))
    return None if one is None or other is None else ratio(one, other)


def dear_picture(medians: Mapping[tuple[str, str], float], usual: str) -> str | None:
    """What is wrong where a large picture costs Easel more than a Worker as one usually sees it."""
    one, other = medians.get(("chat-5m", EASEL)), medians.get(("chat-5m", usual))
    if one is None or other is None or one < other:
        return None
    return "a picture of 5 MB costs Easel more than the usual Worker in JavaScript"
