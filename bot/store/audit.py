"""Store: the audit trail: put once, never changed, never removed."""

from __future__ import annotations

from bot.ports import AuditEntry
from bot.store import keys
from bot.store.items import item_at
from bot.store.table import ConditionFailed, Table
from bot.store.typed import Item
from bot.store.writes import ABSENT, Put


class AuditStore:
    """`bot.ports.WritesAudit` on the table."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def audit(self, entry: AuditEntry) -> None:
        """The same entry again changes nothing."""
        try:
            self._table.write([audit_put(entry)])
        except ConditionFailed:
            return  # It is there already; what is in the trail stays as it is.


def audit_put(entry: AuditEntry) -> Put:
    return Put(_audit_item(entry), ABSENT)


def _audit_item(entry: AuditEntry) -> Item:
    return item_at(
        keys.audit(entry.subject, entry.at, entry.id),
        id=entry.id,
        subject=str(entry.subject),
        at=entry.at,
        actor=entry.actor,
        deed=entry.deed,
        details=[[name, value] for name, value in entry.details],
    )
