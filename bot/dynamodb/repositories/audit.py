"""The audit log: entries are put once, and never changed or removed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime

from bot.domain.people import AuditEntry
from bot.domain.records import EntityRef
from bot.dynamodb import keys
from bot.dynamodb.codec import item_at, read_item
from bot.dynamodb.expressions import ABSENT, Put
from bot.dynamodb.table import ConditionFailed, Table


class DynamoAuditRepository:
    """Implements `bot.usecases.ports.storage.AuditRepository`."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def append(self, entry: AuditEntry) -> None:
        """The same entry again changes nothing."""
        try:
            self._table.write([audit_put(entry)])
        except ConditionFailed:
            return  # The entry exists already, and stays as it is.

    def entries(self, entity: EntityRef, *, limit: int) -> list[AuditEntry]:
        rows = self._table.query("pk = :pk", {":pk": keys.audit_of(entity)}, limit=limit, newest_first=True)
        return [read_item(AuditEntry, row) for row in rows]

    def of_day(self, day: date, *, before: int) -> Iterator[AuditEntry]:
        rows = self._table.query(
            "audit_day = :day AND audit_order < :before",
            {":day": day.isoformat(), ":before": keys.in_order(before)},
            index="audit",
        )
        return (read_item(AuditEntry, row) for row in rows)


def audit_put(entry: AuditEntry) -> Put:
    item = item_at(
        keys.audit(entry.entity, entry.at, entry.id),
        entry,
        audit_day=datetime.fromtimestamp(entry.at, UTC).date().isoformat(),
        audit_order=keys.audit_order(entry.at, entry.id),
    )
    return Put(item, ABSENT)
