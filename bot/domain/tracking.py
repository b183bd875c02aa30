"""Domain: the newest that we know of a record, and how something newly learnt changes it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import Enum

from bot.domain.records import (
    Connection,
    ConnectionStatus,
    Disconnection,
    DisconnectionStatus,
    Record,
    Status,
    needs_us,
)
from bot.domain.subjects import Subject


@dataclass(frozen=True, slots=True)
class Tracked:
    """A record's newest known version, with what only we know about it.

    `card` is the key its card hangs at in each channel: the record's own subject, or `operation:<id>` where it was
    asked for through us, so that the request's card goes on. `asker` is a Slack user id. `tries` counts the attempts
    to connect, the first included; `attempt_began` is when the present one began.
    """

    record: Record
    card: str
    tries: int
    attempt_began: int
    seen_at: int
    asker: str | None = None
    asked_by: str | None = None
    """Id of the operation that asked for this record, where it was asked for through us."""
    owner: str | None = None
    """Slack user id of whoever said that they are checking it; with when they said so, and until when it counts."""
    owned_since: int | None = None
    owned_until: int | None = None
    waits_since: int | None = None
    """Since when we know that it stands as it does, with the same last managed day; None where that was not kept."""
    revision: int = field(default=0, compare=False)
    """Grows with every write of this state; the table's, so that a write finds out whether it was moved meanwhile."""

    @property
    def subject(self) -> Subject:
        return self.record.subject

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


class Order(Enum):
    """How a version shown to us stands to the one we hold."""

    FIRST = "first"
    SAME = "same"
    NEWER = "newer"
    OLDER = "older"
    UNCLEAR = "unclear"
    """Another version with the same `modified`: whole seconds do not tell which came first."""


def order_of(held: Tracked | None, record: Record) -> Order:
    if held is None:
        return Order.FIRST
    if held.record.version == record.version:
        return Order.SAME
    if held.record.modified == record.modified:
        return Order.UNCLEAR
    return Order.NEWER if record.modified > held.record.modified else Order.OLDER


def with_known(record: Record, known: Record) -> Record:
    """Noyo leaves a group's name and id out of some answers; what we were told before still holds."""
    return replace(
        record,
        group_name=record.group_name or known.group_name,
        group_id=record.group_id or known.group_id,
    )


def first_seen(record: Record, now: int) -> Tracked:
    return Tracked(
        record=record,
        card=str(record.subject),
        tries=1,
        attempt_began=record.created,
        seen_at=now,
        waits_since=_waits_since(None, record, now),
    )


def moved_on(held: Tracked, record: Record, now: int) -> Tracked:
    """What we hold once `record` is the newest; a connection that was tried again has begun another try.

    Whoever was checking it goes on while it still needs us: what they find out is of use all the same.
    """
    again = _tried_again(held.record, record)
    moved = replace(
        held,
        record=with_known(record, held.record),
        tries=held.tries + again,
        attempt_began=record.modified if again else held.attempt_began,
        seen_at=now,
        waits_since=_waits_since(held, record, now),
    )
    return moved if needs_us(record.status) else let_go(moved)


def _waits_since(held: Tracked | None, record: Record, now: int) -> int | None:
    if not isinstance(record, Disconnection) or record.status is not DisconnectionStatus.NEEDS_REVIEW:
        return None
    before = held.record if held is not None else None
    same_end = isinstance(before, Disconnection) and before.effective_end_date == record.effective_end_date
    if held is None or not same_end or held.status is not record.status:
        return now
    return held.waits_since if held.waits_since is not None else held.seen_at


def let_go(held: Tracked) -> Tracked:
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


def asked_for(held: Tracked, operation_id: str, actor: str, group_name: str) -> Tracked:
    """Links a record to the operation that asked for it, under the name it was asked for; the first link stays."""
    if held.asked_by is not None:
        return held
    record = held.record if held.record.group_name else replace(held.record, group_name=group_name)
    card = operation_card(operation_id)
    return replace(held, record=record, asker=actor, asked_by=operation_id, card=card)


def operation_card(operation_id: str) -> str:
    """The key at which the card of a request hangs, before and after Noyo gave it an id."""
    return f"operation:{operation_id}"
