"""Use case: somebody says that they are checking a request, or that they no longer are.

It changes the table only: one transaction of state, news and audit, no operation and no lock, so it stands in nobody's
way. It is over by itself some working hours later, and with the decision.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import tzinfo

from bot.domain import news as telling
from bot.domain.news import News
from bot.domain.subjects import Subject
from bot.domain.tracking import Tracked, let_go
from bot.domain.waiting import taken, waits
from bot.errors import RecordMoved, TableUnavailable
from bot.ports import WORKER, AuditEntry, Change, Clock, KeepsRecords, NewId, Origin

ROUNDS = 6


@dataclass(frozen=True, slots=True)
class Tools:
    """What taking touches."""

    records: KeepsRecords
    timezone: tzinfo
    clock: Clock
    new_id: NewId
    origin: Origin = WORKER

    def now(self) -> int:
        return int(self.clock())


def take(subject: Subject, actor: str, tools: Tools) -> Tracked | None:
    """As it is then: `actor` is its owner, unless it waits no longer. None where nothing is known of it.

    The same again changes nothing, so that the hours do not begin anew with each click.
    """

    def step(held: Tracked) -> Change | None:
        if not waits(held) or held.owner == actor:
            return None
        now = tools.now()
        after = taken(held, actor, now, tools.timezone)
        ends = telling.of_lapse(after, now, after.owned_until or now)
        return _change(held, after, actor, "taken", tools, ends)

    return _moved(subject, step, tools)


def give_back(subject: Subject, actor: str, tools: Tools) -> Tracked | None:
    """As it was before: only where `actor` was its owner did that change anything."""
    before: list[Tracked] = []

    def step(held: Tracked) -> Change | None:
        before[:] = [held]
        return _change(held, let_go(held), actor, "let_go", tools) if held.owner == actor else None

    _moved(subject, step, tools)
    return before[0] if before else None


def lapse(news: News, tools: Tools) -> None:
    """The hours are over. Whoever took it since, or anew, goes on."""

    def step(held: Tracked) -> Change | None:
        if held.owner is None or (held.owner, held.owned_since) != (news.before, news.at):
            return None
        return _change(held, let_go(held), None, "take_lapsed", tools)

    _moved(news.subject, step, tools)


def _change(held: Tracked, after: Tracked, actor: str | None, deed: str, tools: Tools, *ends: News) -> Change:
    now = tools.now()
    of_whom = (("owner", held.owner),) if held.owner else ()
    audit = AuditEntry(tools.new_id(), held.subject, now, actor, deed, of_whom, tools.origin)
    return Change(held.subject, held, after, None, (telling.of_owner(held, after, now), *ends), audit)


def _moved(subject: Subject, step: Callable[[Tracked], Change | None], tools: Tools) -> Tracked | None:
    for _ in range(ROUNDS):
        held = tools.records.tracked(subject)
        change = step(held) if held is not None else None
        if change is None:
            return held
        try:
            tools.records.write(change)
        except RecordMoved:
            continue
        return change.after
    raise TableUnavailable(f"{subject} changed faster than it could be written")
