"""Summarize how much is open, and what needs our action."""

from __future__ import annotations

from bot.domain.content import Summary
from bot.domain.record_states import RecordState
from bot.domain.records import ConnectionStatus, DisconnectionStatus, EntityKind, EntityRef
from bot.usecases.ports.storage import RecordRepository

SHOWN = 20
COUNTED = 1000
WAITING_STATUSES = (
    (EntityKind.DISCONNECTION, DisconnectionStatus.NEEDS_REVIEW),
    (EntityKind.CONNECTION, ConnectionStatus.UNABLE_TO_CONNECT),
    (EntityKind.CONNECTION, ConnectionStatus.ACTION_REQUIRED),
    (EntityKind.CONNECTION, ConnectionStatus.CARRIER_AUTHORIZATION),
)


def summary(records: RecordRepository, now: int) -> Summary:
    """The number of open records by kind, and the first of those that need our action."""
    waiting, total = waiting_for_us(records)
    return Summary(
        connections=len(records.open_entities(EntityKind.CONNECTION)),
        disconnections=len(records.open_entities(EntityKind.DISCONNECTION)),
        waiting=waiting,
        waiting_total=total,
        at=now,
    )


def waiting_for_us(records: RecordRepository) -> tuple[tuple[RecordState, ...], int]:
    """The first records that need our action, and their total number (each status counted up to 1,000)."""
    waiting = waiting_entities(records)
    held = records.record_states(waiting[:SHOWN])
    return tuple(held[entity] for entity in waiting[:SHOWN] if entity in held), len(waiting)


def waiting_entities(records: RecordRepository) -> list[EntityRef]:
    """All records that need our action, up to 1,000 of each status."""
    return [
        entity for kind, status in WAITING_STATUSES for entity in records.in_status(kind, status.value, limit=COUNTED)
    ]
