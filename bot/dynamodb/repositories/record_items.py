"""Noyo's records as items: the newest state, with what the indexes need, and each version as history."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import TypeVar
from urllib.parse import quote

from bot.domain.entities import EntityKind, EntityRef
from bot.domain.record_states import RecordState
from bot.domain.records import (
    Connection,
    ConnectionStatus,
    Disconnection,
    DisconnectionSource,
    DisconnectionStatus,
    Record,
    UnknownValue,
    is_open,
)
from bot.dynamodb import keys
from bot.dynamodb.attribute_values import Item, Value
from bot.dynamodb.items import item_at, mapping, maybe_number, maybe_text, number, text, without_none

E = TypeVar("E", ConnectionStatus, DisconnectionStatus, DisconnectionSource)
NO_END_DATE = "9999-12-31"
STATUS_LENGTH = 100


def state_item(record_state: RecordState, revision: int) -> Item:
    record = record_state.record
    kind = record.entity.kind.value
    following: Item = {"open_kind": kind, "open_order": open_order(record)} if is_open(record.status) else {}
    return item_at(
        keys.state(record.entity),
        revision=revision,
        version=record.version,
        record=_record_map(record),
        card=record_state.card_key,
        tries=record_state.attempts,
        attempt_started_at=record_state.attempt_started_at,
        seen_at=record_state.seen_at,
        requester=record_state.requester,
        requested_by_operation=record_state.requested_by_operation,
        owner=record_state.owner,
        owned_since=record_state.owned_since,
        owned_until=record_state.owned_until,
        waiting_since=record_state.waiting_since,
        in_group=keys.in_group(record.group_id) if record.group_id else None,
        recent_kind=kind,
        recent_modified=record.modified,
        **following,
    )


def record_state_from(item: Item) -> RecordState:
    kind = keys.subject_of_state(text(item, "pk")).kind
    return RecordState(
        record=_record(kind, mapping(item, "record")),
        card_key=text(item, "card"),
        attempts=number(item, "tries"),
        attempt_started_at=number(item, "attempt_started_at"),
        seen_at=number(item, "seen_at"),
        requester=maybe_text(item, "requester"),
        requested_by_operation=maybe_text(item, "requested_by_operation"),
        owner=maybe_text(item, "owner"),
        owned_since=maybe_number(item, "owned_since"),
        owned_until=maybe_number(item, "owned_until"),
        waiting_since=maybe_number(item, "waiting_since"),
        revision=number(item, "revision"),
    )


def version_item(record: Record) -> Item:
    return item_at(keys.version(record.entity, record.modified, record.version), record=_record_map(record))


def record_from(kind: EntityKind) -> Callable[[Item], Record]:
    """How to read a version of this kind from its item."""
    return lambda item: _record(kind, mapping(item, "record"))


def open_order(record: Record) -> str:
    """Sorts within a status: connections the longest unchanged first, disconnections the soonest end date first."""
    since = keys.in_order(record.modified)
    if isinstance(record, Disconnection):
        end = record.effective_end_date
        since = f"{end.isoformat() if end else NO_END_DATE}#{since}"
    return f"{in_status(record.status.value)}{since}"


def in_status(status: str) -> str:
    """The beginning of `open_order`; quoted, because an unknown status may hold anything."""
    return f"{quote(status[:STATUS_LENGTH], safe='')}#"


def _record_map(record: Record) -> dict[str, Value]:
    return _connection_map(record) if isinstance(record, Connection) else _disconnection_map(record)


def _connection_map(record: Connection) -> dict[str, Value]:
    return without_none(
        {
            "id": record.id,
            "version": record.version,
            "created": record.created,
            "modified": record.modified,
            "carrier_id": record.carrier_id,
            "status": record.status.value,
            "carrier_group_id": record.carrier_group_id,
            "group_name": record.group_name,
            "group_id": record.group_id,
            "request_type": record.request_type,
            "completed": record.completed,
            "error": record.error,
        }
    )


def _disconnection_map(record: Disconnection) -> dict[str, Value]:
    return without_none(
        {
            "id": record.id,
            "version": record.version,
            "created": record.created,
            "modified": record.modified,
            "carrier_id": record.carrier_id,
            "status": record.status.value,
            "source_type": record.source_type.value,
            "group_name": record.group_name,
            "group_id": record.group_id,
            "source_date": _day_text(record.source_date),
            "source_id": record.source_id,
            "effective_end_date": _day_text(record.effective_end_date),
            "completed": record.completed,
            "decided": record.decided,
        }
    )


def _record(kind: EntityKind, found: Item) -> Record:
    return _connection(found) if kind is EntityKind.CONNECTION else _disconnection(found)


def _connection(found: Item) -> Connection:
    return Connection(
        id=text(found, "id"),
        version=text(found, "version"),
        created=number(found, "created"),
        modified=number(found, "modified"),
        carrier_id=text(found, "carrier_id"),
        status=_known(ConnectionStatus, text(found, "status")),
        carrier_group_id=maybe_text(found, "carrier_group_id"),
        group_name=maybe_text(found, "group_name"),
        group_id=maybe_text(found, "group_id"),
        request_type=maybe_text(found, "request_type"),
        completed=maybe_number(found, "completed"),
        error=maybe_text(found, "error"),
    )


def _disconnection(found: Item) -> Disconnection:
    return Disconnection(
        id=text(found, "id"),
        version=text(found, "version"),
        created=number(found, "created"),
        modified=number(found, "modified"),
        carrier_id=text(found, "carrier_id"),
        status=_known(DisconnectionStatus, text(found, "status")),
        source_type=_known(DisconnectionSource, text(found, "source_type")),
        group_name=maybe_text(found, "group_name"),
        group_id=maybe_text(found, "group_id"),
        source_date=_day(maybe_text(found, "source_date")),
        source_id=maybe_text(found, "source_id"),
        effective_end_date=_day(maybe_text(found, "effective_end_date")),
        completed=maybe_number(found, "completed"),
        decided=maybe_number(found, "decided"),
    )


def _known(of: type[E], value: str) -> E | UnknownValue:
    try:
        return of(value)
    except ValueError:
        return UnknownValue(value)


def _day_text(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _day(value: str | None) -> date | None:
    return date.fromisoformat(value) if value else None


def subject_of(item: Item) -> EntityRef:
    """Whose state an index's row points to."""
    return keys.subject_of_state(text(item, "pk"))
