"""The newest that we know of a record, and how something newly learnt changes it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import Enum

from bot.domain.entities import EntityRef
from bot.domain.records import (
    Connection,
    ConnectionStatus,
    Disconnection,
    DisconnectionStatus,
    Record,
    Status,
    needs_our_action,
)


@dataclass(frozen=True, slots=True)
class RecordState:
    """A record's newest known version, with what only we know about it.

    `card` is the key its card hangs at in each channel: the record's own subject, or `operation:<id>` where it was
    asked for through us, so that the request's card goes on. `asker` is a Slack user id. `tries` counts the attempts
    to connect, the first included; `attempt_began` is when the present one began.
    """

    record: Record
    card_key: str
    attempts: int
    attempt_started_at: int
    seen_at: int
    requester: str | None = None
    requested_by_operation: str | None = None
    """Id of the operation that asked for this record, where it was asked for through us."""
    owner: str | None = None
    """Slack user id of whoever said that they are checking it; with when they said so, and until when it counts."""
    owned_since: int | None = None
    owned_until: int | None = None
    waiting_since: int | None = None
    """Since when we know that it stands as it does, with the same last managed day; None where that was not kept."""
    revision: int = field(default=0, compare=False)
    """Grows with every write of this state; the table's, so that a write finds out whether it was moved meanwhile."""

    @property
    def entity(self) -> EntityRef:
        return self.record.entity

    @property
    def status(self) -> Status:
        return self.record.status


_TRY_IS_OVER = frozenset(
    {
        ConnectionStatus.UNABLE_TO_CONNECT,
        ConnectionStatus.ACTION_REQUIRED,
        ConnectionStatus.COMPLETED,
    }
)


class VersionOrder(Enum):
    """How a version shown to us stands to the one we hold."""

    FIRST = "first"
    SAME = "same"
    NEWER = "newer"
    OLDER = "older"
    UNCLEAR = "unclear"
    """Another version with the same `modified`: whole seconds do not tell which came first."""


def compare_versions(held: RecordState | None, record: Record) -> VersionOrder:
    if held is None:
        return VersionOrder.FIRST
    if held.record.version == record.version:
        return VersionOrder.SAME
    if held.record.modified == record.modified:
        return VersionOrder.UNCLEAR
    return VersionOrder.NEWER if record.modified > held.record.modified else VersionOrder.OLDER


def with_known_fields(record: Record, known: Record) -> Record:
    """Noyo leaves a group's name and id out of some answers; what we were told before still holds."""
    return replace(
        record,
        group_name=record.group_name or known.group_name,
        group_id=record.group_id or known.group_id,
    )


def new_record_state(record: Record, now: int) -> RecordState:
    return RecordState(
        record=record,
        card_key=str(record.entity),
        attempts=1,
        attempt_started_at=record.created,
        seen_at=now,
        waiting_since=_waits_since(None, record, now),
    )


def advance(held: RecordState, record: Record, now: int) -> RecordState:
    """What we hold once `record` is the newest; a connection that was tried again has begun another try.

    Whoever was checking it goes on while it still needs us: what they find out is of use all the same.
    """
    again = _tried_again(held.record, record)
    moved = replace(
        held,
        record=with_known_fields(record, held.record),
        attempts=held.attempts + again,
        attempt_started_at=record.modified if again else held.attempt_started_at,
        seen_at=now,
        waiting_since=_waits_since(held, record, now),
    )
    return moved if needs_our_action(record.status) else release(moved)


def _waits_since(held: RecordState | None, record: Record, now: int) -> int | None:
    if not isinstance(record, Disconnection) or record.status is not DisconnectionStatus.NEEDS_REVIEW:
        return None
    before = held.record if held is not None else None
    same_end = isinstance(before, Disconnection) and before.effective_end_date == record.effective_end_date
    if held is None or not same_end or held.status is not record.status:
        return now
    return held.waiting_since if held.waiting_since is not None else held.seen_at


def release(held: RecordState) -> RecordState:
    """Nobody is checking it any more."""
    return replace(held, owner=None, owned_since=None, owned_until=None)


def _tried_again(before: Record, after: Record) -> bool:
    """A try that nobody saw begin shows by another carrier group id, since only a retry changes it."""
    if not isinstance(before, Connection) or not isinstance(after, Connection):
        return False
    if before.status not in _TRY_IS_OVER:
        return False
    ids = (before.carrier_group_id, after.carrier_group_id)
    return after.status is ConnectionStatus.PROCESSING or (None not in ids and ids[0] != ids[1])


def link_to_operation(held: RecordState, operation_id: str, actor: str, group_name: str) -> RecordState:
    """Links a record to the operation that asked for it, under the name it was asked for; the first link stays."""
    if held.requested_by_operation is not None:
        return held
    record = held.record if held.record.group_name else replace(held.record, group_name=group_name)
    card = operation_card_key(operation_id)
    return replace(held, record=record, requester=actor, requested_by_operation=operation_id, card_key=card)


def operation_card_key(operation_id: str) -> str:
    """The key at which the card of a request hangs, before and after Noyo gave it an id."""
    return f"operation:{operation_id}"


def retryable(record_state: RecordState, *, at_action_required: bool) -> bool:
    """Whether a connection in this status may be retried; Noyo documents it for `unable_to_connect`."""
    allowed = {ConnectionStatus.UNABLE_TO_CONNECT}
    if at_action_required:
        allowed.add(ConnectionStatus.ACTION_REQUIRED)
    return isinstance(record_state.record, Connection) and record_state.status in allowed


def decidable(record_state: RecordState) -> bool:
    return record_state.status is DisconnectionStatus.NEEDS_REVIEW


def is_connected(record_state: RecordState) -> bool:
    return record_state.status is ConnectionStatus.COMPLETED


def disconnectable(record_state: RecordState) -> bool:
    """Whether a disconnection may be requested: the group is connected, and Noyo has told us which group it is."""
    record = record_state.record
    return is_connected(record_state) and isinstance(record, Connection) and record.group_id is not None
