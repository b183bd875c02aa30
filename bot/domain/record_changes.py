"""Changes of a record's state, written in one transaction with their outbox events."""

from __future__ import annotations

from dataclasses import dataclass

from bot.domain.audit import AuditEntry
from bot.domain.entities import EntityRef
from bot.domain.outbox import OutboxEvent
from bot.domain.record_states import RecordState
from bot.domain.records import Record


@dataclass(frozen=True, slots=True)
class RecordChange:
    """Written in one transaction, on condition that the record's state is still `before`.

    `after` None leaves the state as it is and stores `version` as history only. `version` None writes no history.
    `audit` is set if a person caused a change that affects the table only.
    """

    entity: EntityRef
    before: RecordState | None
    after: RecordState | None
    version: Record | None
    events: tuple[OutboxEvent, ...] = ()
    audit: AuditEntry | None = None


@dataclass(frozen=True, slots=True)
class ExpectedVersion:
    """The condition for submitting an operation: the record still has the version that the person saw."""

    entity: EntityRef
    version: str
