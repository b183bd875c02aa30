"""Store: the audit trail: put once, never changed, never removed."""

from __future__ import annotations

from bot.domain.subjects import Subject
from bot.ports import AuditEntry
from bot.store import keys
from bot.store.items import item_at, maybe_text, number, read_item, text
from bot.store.table import ConditionFailed, Table
from bot.store.typed import Item, Value
from bot.store.writes import ABSENT, Put


class AuditStore:
    """`bot.ports.KeepsAudit` on the table."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def audit(self, entry: AuditEntry) -> None:
        """The same entry again changes nothing."""
        try:
            self._table.write([audit_put(entry)])
        except ConditionFailed:
            return  # It is there already; what is in the trail stays as it is.

    def entries(self, subject: Subject, *, limit: int) -> list[AuditEntry]:
        rows = self._table.query("pk = :pk", {":pk": keys.audit_of(subject)}, limit=limit, newest_first=True)
        return [read_item(row, _entry_from) for row in rows]


def audit_put(entry: AuditEntry) -> Put:
    return Put(_audit_item(entry), ABSENT)


def _entry_from(item: Item) -> AuditEntry:
    return AuditEntry(
        id=text(item, "id"),
        subject=Subject.parse(text(item, "subject")),
        at=number(item, "at"),
        actor=maybe_text(item, "actor"),
        deed=text(item, "deed"),
        details=tuple(_pair(pair) for pair in _listed(item, "details")),
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
        keys.audit(entry.subject, entry.at, entry.id),
        id=entry.id,
        subject=str(entry.subject),
        at=entry.at,
        actor=entry.actor,
        deed=entry.deed,
        details=[[name, value] for name, value in entry.details],
    )
