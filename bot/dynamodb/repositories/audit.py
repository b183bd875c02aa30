"""The audit trail: put once, never changed, never removed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime

from bot.domain.audit import WORKER, AuditEntry, Origin
from bot.domain.entities import EntityRef
from bot.dynamodb import keys
from bot.dynamodb.attribute_values import Item, Value
from bot.dynamodb.expressions import ABSENT, Put
from bot.dynamodb.items import item_at, maybe_text, number, read_item, text
from bot.dynamodb.table import ConditionFailed, Table

INDEX = "trail"


class DynamoAuditRepository:
    """`bot.usecases.ports.storage.KeepsAudit` on the table."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def append(self, entry: AuditEntry) -> None:
        """The same entry again changes nothing."""
        try:
            self._table.write([audit_put(entry)])
        except ConditionFailed:
            return  # It is there already; what is in the trail stays as it is.

    def entries(self, entity: EntityRef, *, limit: int) -> list[AuditEntry]:
        rows = self._table.query("pk = :pk", {":pk": keys.audit_of(entity)}, limit=limit, newest_first=True)
        return [read_item(row, _entry_from) for row in rows]

    def of_day(self, day: date, *, before: int) -> Iterator[AuditEntry]:
        rows = self._table.query(
            "audit_day = :day AND audit_order < :before",
            {":day": day.isoformat(), ":before": keys.in_order(before)},
            index=INDEX,
        )
        return (read_item(row, _entry_from) for row in rows)


def audit_put(entry: AuditEntry) -> Put:
    return Put(_audit_item(entry), ABSENT)


def _entry_from(item: Item) -> AuditEntry:
    return AuditEntry(
        id=text(item, "id"),
        entity=EntityRef.parse(text(item, "entity")),
        at=number(item, "at"),
        actor=maybe_text(item, "actor"),
        action=text(item, "action"),
        details=tuple(_pair(pair) for pair in _listed(item, "details")),
        origin=Origin(maybe_text(item, "way") or WORKER.source, maybe_text(item, "channel_id")),
    )


def _listed(item: Item, name: str) -> list[Value]:
    value = item[name]
    if not isinstance(value, list):
        raise TypeError(f"{name} is no list")
    return value


def _pair(pair: Value) -> tuple[str, str]:
    match pair:
        case [str() as name, str() as value]:
            return name, value
    raise TypeError("details are pairs of texts")


def _audit_item(entry: AuditEntry) -> Item:
    return item_at(
        keys.audit(entry.entity, entry.at, entry.id),
        id=entry.id,
        entity=str(entry.entity),
        at=entry.at,
        actor=entry.actor,
        action=entry.action,
        details=[[name, value] for name, value in entry.details],
        way=entry.origin.source,
        channel_id=entry.origin.channel_id,
        audit_day=datetime.fromtimestamp(entry.at, UTC).date().isoformat(),
        audit_order=keys.audit_order(entry.at, entry.id),
    )
