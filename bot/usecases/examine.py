"""Use case: all that `doctor` tells, from the table alone, so that it is there within the receiver's time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from bot.domain.checkups import KEPT, Checkup, Finding, Topic, Verdict, Ward
from bot.domain.cursors import Parked
from bot.domain.sending import Pause
from bot.domain.subjects import Kind
from bot.errors import SecretUnreadable
from bot.ports import Clock, KeepsCheckups, KeepsCursors, KeepsNews, KeepsOperations
from bot.usecases.gate import Gate

LISTS = (Kind.CONNECTION, Kind.DISCONNECTION)


@dataclass(frozen=True, slots=True)
class Tools:
    """What examining reads; `secrets` those of the function that is asked, each by a call."""

    operations: KeepsOperations
    news: KeepsNews
    cursors: KeepsCursors
    checkups: KeepsCheckups
    gate: Gate
    clock: Clock
    secrets: tuple[Callable[[], object], ...] = ()


@dataclass(frozen=True, slots=True)
class Examination:
    """How things stand at `at`. A list that was never polled to its end has no time in `polled`."""

    at: int
    checkups: dict[Ward, Checkup | None]
    polled: dict[Kind, int | None]
    parked: dict[Kind, list[Parked]]
    oldest_operation: int | None
    oldest_news: int | None
    oldest_kept: int | None
    shut: Pause | None


def examine(tools: Tools) -> Examination:
    now = int(tools.clock())
    cursors = {kind: tools.cursors.cursor(kind) for kind in LISTS}
    return Examination(
        at=now,
        checkups={
            **{ward: tools.checkups.checkup(ward) for ward in KEPT},
            Ward.RECEIVER: Checkup(Ward.RECEIVER, now, tuple(_secrets(tools))),
        },
        polled={kind: cursor.finished_at if cursor else None for kind, cursor in cursors.items()},
        parked={kind: tools.cursors.parked(kind) for kind in LISTS},
        oldest_operation=tools.operations.longest_due(now),
        oldest_news=tools.news.longest_due(now),
        oldest_kept=tools.operations.longest_kept(now),
        shut=tools.gate.shut(),
    )


def _secrets(tools: Tools) -> Iterator[Finding]:
    for read in tools.secrets:
        try:
            read()
        except SecretUnreadable as unreadable:
            yield Finding(Topic.SECRET, Verdict.BAD, why=str(unreadable), raised=True)
        else:
            yield Finding(Topic.SECRET, Verdict.GOOD)
