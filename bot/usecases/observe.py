"""Use case: take in anything learnt of a Noyo record: from polls, looks and answers to our own requests."""

from __future__ import annotations

from dataclasses import replace

from bot.domain import news as telling
from bot.domain import subjects
from bot.domain.effects import made_since
from bot.domain.operations import ConnectionRequest, Operation
from bot.domain.records import Connection, Record
from bot.domain.subjects import Kind, Subject
from bot.domain.tracking import Order, Tracked, asked_for, first_seen, moved_on, order_of
from bot.errors import RecordMoved, Refused, TableUnavailable
from bot.ports import Change, KeepsOperations, KeepsRecords, ReadsNoyo

ROUNDS = 6


def observe(
    record: Record,
    *,
    records: KeepsRecords,
    operations: KeepsOperations,
    noyo: ReadsNoyo,
    now: int,
    silent: bool = False,
    news_due: int | None = None,
) -> bool:
    """Whether anything was new. `silent` takes a record in that is older than we are, without telling anyone.

    Raises what reading again from Noyo raises, and `TableUnavailable` where the state will not stand still.
    """
    for _ in range(ROUNDS):
        try:
            change = learn(
                record, records=records, operations=operations, noyo=noyo, now=now, news_due=news_due
            )
            if change is None:
                return False
            records.write(replace(change, news=()) if silent else change)
        except RecordMoved:
            continue
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
    news_due: int | None = None,
) -> Change | None:
    """What `record` changes in what we hold, as one write; None where it changes nothing.

    `by` is the operation that asked for it, if the caller knows; else the one that is open for the same carrier and
    carrier group id is looked for, so that a request's card goes on even when a poll sees its record first.
    """
    held = records.tracked(record.subject)
    if held is None:
        return _first(record, by or _asking(record, operations), now, news_due)
    order = order_of(held, record)
    if order is Order.UNCLEAR:
        return _unclear(record, held, records=records, noyo=noyo, now=now)
    if order is Order.NEWER:
        after = _linked(moved_on(held, record, now), by)
        return Change(
            record.subject, held, after, record, (telling.of_record(record, held.status, now, due=news_due),)
        )
    if order is Order.OLDER and not records.has_version(record.subject, record):
        return Change(record.subject, held, None, record, (telling.of_late(record, now),))
    linked = _linked(held, by)
    return Change(record.subject, held, linked, None) if linked != held else None


def _first(record: Record, by: Operation | None, now: int, news_due: int | None) -> Change:
    after = _linked(first_seen(record, now), by)
    return Change(record.subject, None, after, record, (telling.of_record(record, None, now, due=news_due),))


def _unclear(
    record: Record, held: Tracked, *, records: KeepsRecords, noyo: ReadsNoyo, now: int
) -> Change | None:
    """Two versions of one second: the order is never guessed; what Noyo shows when asked again counts."""
    if not records.has_version(record.subject, record):
        records.write(Change(record.subject, held, None, record))
    try:
        current = read_again(record.subject, noyo)
    except Refused:
        return None
    if current.version == held.record.version or current.modified < held.record.modified:
        return None
    return Change(
        record.subject,
        held,
        moved_on(held, current, now),
        current,
        (telling.of_record(current, held.status, now),),
    )


def read_again(subject: Subject, noyo: ReadsNoyo) -> Record:
    """The record as Noyo shows it now."""
    if subject.kind is Kind.CONNECTION:
        return noyo.connection(subject.key)
    return noyo.disconnection(subject.key)


def _asking(record: Record, operations: KeepsOperations) -> Operation | None:
    if not isinstance(record, Connection) or not record.carrier_group_id:
        return None
    operation = operations.open_on(subjects.request(record.carrier_id, record.carrier_group_id))
    return operation if operation is not None and made_since(record, operation) else None


def _linked(tracked: Tracked, by: Operation | None) -> Tracked:
    if by is None or by.actor is None or not isinstance(by.input, ConnectionRequest):
        return tracked
    return asked_for(tracked, by.id, by.actor, by.input.group_name)
