"""What a person's App Home shows: what needs the team, and which part of it they chose to see."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from bot.domain.operations import Operation
from bot.domain.pauses import Pause
from bot.domain.people import Permission
from bot.domain.record_states import RecordState

ROWS = 10
"""On a page. A row has up to two blocks, and a Home at most 100."""


class HomeFilter(StrEnum):
    """What is listed. The values are stored in buttons and in the Home itself, so they must not change."""

    ALL = "all"
    MINE = "mine"
    """What the person requested or has claimed."""
    DECISIONS = "decisions"


@dataclass(frozen=True, slots=True)
class HomeView:
    """What a person chose to see."""

    shows: HomeFilter = HomeFilter.ALL
    page: int = 0


@dataclass(frozen=True, slots=True)
class HomeCounts:
    """How much needs the team, and how much of it are decisions or this person's; and what does not move.

    `next_end` is the soonest last managed day of a decision, if one has any.
    """

    waiting: int
    decisions: int
    yours: int
    not_moving: int
    next_end: date | None = None


@dataclass(frozen=True, slots=True)
class HomeRow:
    """A record that needs the team, with the open operation on it."""

    record_state: RecordState
    operation: Operation | None = None


@dataclass(frozen=True, slots=True)
class HomeQuestion:
    """An operation that only a person can move on, with the record that it is about."""

    operation: Operation
    record_state: RecordState | None = None


@dataclass(frozen=True, slots=True)
class Home:
    """A page of what needs the team. `view.page` exists.

    `total` counts the rows of all pages; `unreadable` ones cannot be read by this release.
    """

    view: HomeView
    counts: HomeCounts
    rows: tuple[HomeRow | HomeQuestion, ...]
    total: int
    at: int
    today: date
    unreadable: int = 0
    pause: Pause | None = None


@dataclass(frozen=True, slots=True)
class NoHome:
    """For a person who may not see any records, or of whom that is not known."""

    view: HomeView
    permission: Permission
    at: int


def slack_time(ts: str) -> int:
    """Microseconds of a time as Slack writes it, such as `1764494837.000100`. Raises ValueError."""
    seconds, _, fraction = ts.partition(".")
    return int(seconds) * 10**6 + int(fraction.ljust(6, "0")[:6])
