"""Tell what is open and what waits for us, once, when the first run has taken it all in."""

from __future__ import annotations

from collections.abc import Iterable

from bot.domain import outbox as telling
from bot.domain.entities import EntityKind, EntityRef
from bot.domain.outbox import EventKind, OutboxEvent
from bot.domain.records import Disconnection, DisconnectionStatus, Record
from bot.usecases.ports.storage import OutboxRepository, PollingRepository, RecordRepository

SUMMARY = EntityRef(EntityKind.CONNECTION, "summary")
SECONDS_BETWEEN_CARDS = 3
MOST_WAITING = 100_000
"""Every one of them gets its card; only there so that the table is not asked without an end."""


def publish_first_run(
    kind: EntityKind,
    seen_waiting: Iterable[Record],
    *,
    records: RecordRepository,
    outbox: OutboxRepository,
    cursors: PollingRepository,
    now: int,
) -> None:
    """A card for every request that waits for a decision, soonest end date first, paced; one summary for both lists.

    Safe to call again: news that is there already stays as it is.
    """
    if kind is EntityKind.DISCONNECTION:
        for place, record in enumerate(_waiting(seen_waiting, records)):
            due = now + place * SECONDS_BETWEEN_CARDS
            outbox.put(telling.record_changed(record, None, now, due=due, found=True))
            outbox.put(telling.first_day(record, due))
    other = EntityKind.DISCONNECTION if kind is EntityKind.CONNECTION else EntityKind.CONNECTION
    _summarise_once_known((other,), outbox=outbox, cursors=cursors, now=now)


def publish_summary_when_complete(*, outbox: OutboxRepository, cursors: PollingRepository, now: int) -> None:
    """Asked after the cursor was moved too: of two lists that end in one moment, neither waits for the other."""
    _summarise_once_known(
        (EntityKind.CONNECTION, EntityKind.DISCONNECTION), outbox=outbox, cursors=cursors, now=now
    )


def schedule_first_days(
    seen_waiting: Iterable[Record], *, records: RecordRepository, outbox: OutboxRepository, now: int
) -> None:
    """For what waits since before its days were counted. Those that have begun go on as they are."""
    for record in _waiting(seen_waiting, records):
        outbox.put(telling.first_day(record, now))


def _summarise_once_known(
    kinds: Iterable[EntityKind], *, outbox: OutboxRepository, cursors: PollingRepository, now: int
) -> None:
    known = [cursors.cursor(kind) for kind in kinds]
    if all(cursor is not None and cursor.since is not None for cursor in known):
        outbox.put(
            OutboxEvent(id="first_run_summary", kind=EventKind.SUMMARY, entity=SUMMARY, at=now, due=now)
        )


def _waiting(seen: Iterable[Record], records: RecordRepository) -> list[Disconnection]:
    """From the index, and from what this run saw itself, since the index may lag."""
    status = DisconnectionStatus.NEEDS_REVIEW
    indexed = records.in_status(EntityKind.DISCONNECTION, status.value, limit=MOST_WAITING)
    subjects = {*indexed, *(record.entity for record in seen)}
    held = [record_state.record for record_state in records.record_states(subjects).values()]
    waiting = [record for record in held if isinstance(record, Disconnection) and record.status is status]
    return sorted(
        waiting, key=lambda record: (record.effective_end_date is None, record.effective_end_date, record.id)
    )
