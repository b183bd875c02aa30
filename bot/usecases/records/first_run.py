"""Announce once, after the first run has ingested both lists, what is open and what needs our action."""

from __future__ import annotations

from collections.abc import Iterable

from bot import policies
from bot.domain import outbox as outbox_events
from bot.domain.outbox import EventKind, OutboxEvent
from bot.domain.records import Disconnection, DisconnectionStatus, EntityKind, EntityRef, Record
from bot.usecases.ports.storage import OutboxRepository, PollingRepository, RecordRepository

SUMMARY = EntityRef(EntityKind.CONNECTION, "summary")


def publish_first_run(
    kind: EntityKind,
    seen_waiting: Iterable[Record],
    *,
    records: RecordRepository,
    outbox: OutboxRepository,
    cursors: PollingRepository,
    now: int,
) -> None:
    """Put an event for each waiting request's card, soonest end date first and paced, and one summary for both lists.

    Idempotent: an event that exists is not changed.
    """
    if kind is EntityKind.DISCONNECTION:
        for position, record in enumerate(_waiting(seen_waiting, records)):
            due = now + position * policies.FIRST_RUN_CARD_INTERVAL_SECONDS
            outbox.put(outbox_events.record_changed(record, None, now, due=due, found=True))
            outbox.put(outbox_events.first_day(record, due))
    other = EntityKind.DISCONNECTION if kind is EntityKind.CONNECTION else EntityKind.CONNECTION
    _put_summary((other,), outbox=outbox, cursors=cursors, now=now)


def publish_summary_when_complete(*, outbox: OutboxRepository, cursors: PollingRepository, now: int) -> None:
    """Called after the cursor was saved as well, in case both lists finish at the same moment."""
    _put_summary((EntityKind.CONNECTION, EntityKind.DISCONNECTION), outbox=outbox, cursors=cursors, now=now)


def schedule_first_days(
    seen_waiting: Iterable[Record], *, records: RecordRepository, outbox: OutboxRepository, now: int
) -> None:
    """Start daily timers for waiting requests that have none. Existing timers stay as they are."""
    for record in _waiting(seen_waiting, records):
        outbox.put(outbox_events.first_day(record, now))


def _put_summary(
    kinds: Iterable[EntityKind], *, outbox: OutboxRepository, cursors: PollingRepository, now: int
) -> None:
    known = [cursors.cursor(kind) for kind in kinds]
    if all(cursor is not None and cursor.since is not None for cursor in known):
        outbox.put(OutboxEvent(id="first_run_summary", kind=EventKind.SUMMARY, entity=SUMMARY, at=now, due=now))


def _waiting(seen: Iterable[Record], records: RecordRepository) -> list[Disconnection]:
    """The waiting requests from the index and from this run, since the index may lag."""
    status = DisconnectionStatus.NEEDS_REVIEW
    indexed = records.in_status(EntityKind.DISCONNECTION, status.value, limit=policies.FIRST_RUN_MAX_CARDS)
    entities = {*indexed, *(record.entity for record in seen)}
    records_ = [record_state.record for record_state in records.record_states(entities).values()]
    waiting = [record for record in records_ if isinstance(record, Disconnection) and record.status is status]
    return sorted(waiting, key=lambda record: (record.effective_end_date is None, record.effective_end_date, record.id))
