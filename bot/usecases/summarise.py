"""Use case: say how much is open when we begin, and what of it waits for us."""

from __future__ import annotations

from bot.domain.records import ConnectionStatus, DisconnectionStatus
from bot.domain.showing import Summary
from bot.domain.subjects import Kind, Subject
from bot.domain.tracking import Tracked
from bot.ports import KeepsRecords

SHOWN = 20
COUNTED = 1000
WAITING = (
    (Kind.DISCONNECTION, DisconnectionStatus.NEEDS_REVIEW),
    (Kind.CONNECTION, ConnectionStatus.UNABLE_TO_CONNECT),
    (Kind.CONNECTION, ConnectionStatus.ACTION_REQUIRED),
    (Kind.CONNECTION, ConnectionStatus.CARRIER_AUTHORIZATION),
)


def summary(records: KeepsRecords, now: int) -> Summary:
    """Open records by kind, and the first of those that need us."""
    waiting, total = waiting_for_us(records)
    return Summary(
        connections=len(records.open_subjects(Kind.CONNECTION)),
        disconnections=len(records.open_subjects(Kind.DISCONNECTION)),
        waiting=waiting,
        waiting_total=total,
        at=now,
    )


def waiting_for_us(records: KeepsRecords) -> tuple[tuple[Tracked, ...], int]:
    """The first of those that need us, and how many there are (each status counted up to 1,000)."""
    waiting = waiting_subjects(records)
    held = records.tracked_many(waiting[:SHOWN])
    return tuple(held[subject] for subject in waiting[:SHOWN] if subject in held), len(waiting)


def waiting_subjects(records: KeepsRecords) -> list[Subject]:
    """All that need us, each status up to 1,000."""
    return [
        subject
        for kind, status in WAITING
        for subject in records.in_status(kind, status.value, limit=COUNTED)
    ]
