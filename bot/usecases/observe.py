"""Use case: take in anything learnt of a Noyo record: from polls, looks and answers to our own requests."""

from __future__ import annotations

from dataclasses import replace

from bot.domain import news as telling
from bot.domain import subjects
from bot.domain.effects import disconnecting, made_since
from bot.domain.news import News
from bot.domain.operations import ConnectionRequest, DisconnectRequest, Operation
from bot.domain.records import Connection, DisconnectionSource, DisconnectionStatus, Record, Status
from bot.domain.subjects import Kind, Subject
from bot.domain.tracking import Order, Tracked, asked_for, first_seen, moved_on, order_of
from bot.errors import RecordMoved, Refused, TableUnavailable
from bot.ports import Change, KeepsOperations, KeepsRecords, ReadsNoyo
from bot.usecases.steps import Step, about, following, tell, version_trace

ROUNDS = 6


def observe(
    record: Record,
    *,
    records: KeepsRecords,
    operations: KeepsOperations,
    noyo: ReadsNoyo,
    now: int,
    silent: bool = False,
) -> bool:
    """Whether anything was new. `silent` takes in what is older than we are, without telling anyone.

    Raises what reading again from Noyo raises, and `TableUnavailable` where the state will not stand still.
    """
    for _ in range(ROUNDS):
        try:
            change = learn(record, records=records, operations=operations, noyo=noyo, now=now)
            if change is None:
                return False
            records.write(replace(change, news=()) if silent and _concerns_nobody(change) else change)
        except RecordMoved:
            continue
        tell_change(change, told=not silent)
        return True
    raise TableUnavailable(f"{record.subject} changed faster than it could be written")


def learn(
    record: Record,
    *,
    records: KeepsRecords,
    operations: KeepsOperations,
    noyo: ReadsNoyo,
    now: int,
    by: Operation | None = None,
) -> Change | None:
    """What `record` changes in what we hold, as one write; None where it changes nothing.

    `by` is the operation that asked for it, if the caller knows; else the one that is open for the same carrier and
    carrier group id, or the same group and carrier, is looked for, so that a request's card goes on even when a poll
    sees its record first.
    """
    held = records.tracked(record.subject)
    if held is None:
        asked = by if by is not None and isinstance(by.input, ConnectionRequest | DisconnectRequest) else None
        after = _linked(first_seen(record, now), asked or _asking(record, operations))
        return Change(record.subject, None, after, record, _told(record, None, now))
    order = order_of(held, record)
    if order is Order.UNCLEAR:
        return _unclear(record, held, by, records=records, noyo=noyo, now=now)
    if order is Order.NEWER:
        return _moved(held, record, by, now)
    if order is Order.OLDER:
        return _older(record, held, by, records=records, noyo=noyo, now=now)
    return _link_alone(held, by)


def tell_change(change: Change, *, told: bool = True) -> None:
    """Under the trace that the news of it has."""
    seen = change.version or (change.after.record if change.after is not None else None)
    if seen is None:
        return
    with following(version_trace(change.subject, seen.version)):
        tell(
            Step.CHANGED,
            subject=about(change.subject),
            came="newer" if change.before and change.after else "first" if change.after else "older",
            modified=seen.modified,
            told="yes" if told else "no",
        )


def _concerns_nobody(change: Change) -> bool:
    """Not where a record that we held already moves on, nor where somebody asked for it through us."""
    return change.after is None or (change.before is None and change.after.asked_by is None)


def _moved(held: Tracked, record: Record, by: Operation | None, now: int) -> Change:
    after = moved_on(held, record, now)
    told = _told(record, held.status, now)
    return Change(record.subject, held, _newly_linked(after, by) or after, record, told)


def _told(record: Record, before: Status | None, now: int) -> tuple[News, ...]:
    """With what waits begin its days; in the same transaction, so that they cannot be lost."""
    days = (telling.of_first_day(record, now),) if record.status is DisconnectionStatus.NEEDS_REVIEW else ()
    return (telling.of_record(record, before, now), *days)


def _older(
    record: Record,
    held: Tracked,
    by: Operation | None,
    *,
    records: KeepsRecords,
    noyo: ReadsNoyo,
    now: int,
) -> Change | None:
    """History; but what Noyo goes on showing is how things are, by whatever clock of Noyo's it was dated."""
    if not records.has_version(record.subject, record):
        late = telling.of_late(record, now)
        return Change(record.subject, held, _newly_linked(held, by), record, (late,))
    try:
        current = read_again(record.subject, noyo)
    except Refused:
        return _link_alone(held, by)
    if current.version != record.version:
        return _link_alone(held, by)
    return _moved(held, current, by, now)


def _link_alone(held: Tracked, by: Operation | None) -> Change | None:
    after = _newly_linked(held, by)
    return Change(held.subject, held, after, None) if after is not None else None


def _unclear(
    record: Record,
    held: Tracked,
    by: Operation | None,
    *,
    records: KeepsRecords,
    noyo: ReadsNoyo,
    now: int,
) -> Change | None:
    """Two versions of one second: the order is never guessed; what Noyo shows when asked again counts."""
    if not records.has_version(record.subject, record):
        records.write(Change(record.subject, held, None, record))
    try:
        current = read_again(record.subject, noyo)
    except Refused:
        return _link_alone(held, by)
    if current.version == held.record.version or current.modified < held.record.modified:
        return _link_alone(held, by)
    return _moved(held, current, by, now)


def read_again(subject: Subject, noyo: ReadsNoyo) -> Record:
    """The record as Noyo shows it now."""
    if subject.kind is Kind.CONNECTION:
        return noyo.connection(subject.key)
    return noyo.disconnection(subject.key)


def _asking(record: Record, operations: KeepsOperations) -> Operation | None:
    if isinstance(record, Connection):
        if not record.carrier_group_id:
            return None
        operation = operations.open_on(subjects.request(record.carrier_id, record.carrier_group_id))
        return operation if operation is not None and made_since(record, operation) else None
    if record.source_type is not DisconnectionSource.PLATFORM or not record.group_id:
        return None
    operation = operations.open_on(subjects.parting(record.group_id, record.carrier_id))
    return operation if operation is not None and disconnecting(record, operation) else None


def _linked(tracked: Tracked, by: Operation | None) -> Tracked:
    if by is None or by.actor is None:
        return tracked
    wanted = ConnectionRequest if isinstance(tracked.record, Connection) else DisconnectRequest
    return (
        asked_for(tracked, by.id, by.actor, by.input.group_name) if isinstance(by.input, wanted) else tracked
    )


def _newly_linked(held: Tracked, by: Operation | None) -> Tracked | None:
    """None where the link adds nothing. A card that may hang already stays the record's card, so that it stays true."""
    linked = replace(_linked(held, by), card=held.card)
    return linked if linked != held else None
