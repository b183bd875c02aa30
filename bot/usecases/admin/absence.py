"""Save that a person is away, and end an absence early. Its end needs nothing: it is part of the absence."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from bot import policies
from bot.domain import outbox
from bot.domain.absences import Absence, Absences
from bot.domain.business_days import start_of
from bot.domain.outbox import OutboxEvent
from bot.domain.people import AuditEntry
from bot.domain.records import person_ref
from bot.errors import TableUnavailable
from bot.usecases.dependencies import Dependencies


@dataclass(frozen=True, slots=True)
class AbsenceResult:
    """The absences now. `changed` is False if there was nothing to change, or if the same request came again."""

    absences: Absences
    changed: bool


def go_away(person: str, last_day: date, cover: str | None, deps: Dependencies, *, change_id: str) -> AbsenceResult:
    """Replaces an earlier absence of this person. A request with the same `change_id` changes nothing more."""
    known = deps.people.person(person)
    ends_at = start_of(last_day + timedelta(days=1), deps.timezone)
    absence = Absence(person, last_day, ends_at, cover, known.name if known is not None else "")
    now = deps.now()
    events = (outbox.absence_changed(change_id, person, now), outbox.absence_end(change_id, absence, now))
    details = (("last_day", last_day.isoformat()), *((("cover", cover),) if cover else ()))
    return _change(person, lambda before: before.with_absence(absence, now), events, "absence_set", details, deps)


def come_back(person: str, deps: Dependencies, *, change_id: str) -> AbsenceResult:
    """Ends the person's absence, if there is one."""
    now = deps.now()
    events = (outbox.absence_changed(change_id, person, now),)

    def after(before: Absences) -> Absences | None:
        return before.without(person, now) if before.of(person, now) is not None else None

    return _change(person, after, events, "absence_ended", (), deps)


def _change(
    person: str,
    after_of: Callable[[Absences], Absences | None],
    events: tuple[OutboxEvent, ...],
    action: str,
    details: tuple[tuple[str, str], ...],
    deps: Dependencies,
) -> AbsenceResult:
    before = deps.absences.absences()
    for _ in range(policies.ABSENCE_ATTEMPTS):
        after = after_of(before)
        if after is None:
            return AbsenceResult(before, changed=False)
        audit = AuditEntry(deps.new_id(), person_ref(person), deps.now(), person, action, details, deps.origin)
        if deps.absences.save(before, after, events, audit):
            return AbsenceResult(after, changed=True)
        now = deps.absences.absences()
        if now.revision == before.revision:  # So the event exists: this request was answered before.
            return AbsenceResult(now, changed=False)
        before = now
    raise TableUnavailable("The absences kept changing while yours was saved. Please try again.")
