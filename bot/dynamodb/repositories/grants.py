"""Who held which right when it was last noted: one item, written together with what changed."""

from __future__ import annotations

from collections.abc import Sequence

from bot.domain.audit import AuditEntry
from bot.domain.grants import GrantSnapshot
from bot.domain.people import Right
from bot.dynamodb import keys
from bot.dynamodb.attribute_values import Item, Value
from bot.dynamodb.expressions import ABSENT, Put, holds
from bot.dynamodb.items import item_at, mapping, number, read_item, texts
from bot.dynamodb.repositories.audit import audit_put
from bot.dynamodb.table import ConditionFailed, Table


class DynamoGrantRepository:
    """`bot.usecases.ports.storage.KeepsRights` on the table."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def snapshot(self) -> GrantSnapshot | None:
        item = self._table.get(keys.GRANTS)
        return read_item(item, _noted_from) if item else None

    def save(self, noted: GrantSnapshot, entries: Sequence[AuditEntry]) -> bool:
        before = noted.revision - 1
        condition = holds(revision=before) if before else ABSENT
        try:
            self._table.write([Put(_item(noted), condition), *map(audit_put, entries)])
        except ConditionFailed:
            return False
        return True


def _item(noted: GrantSnapshot) -> Item:
    held: Item = {}
    for right, users in noted.holders.items():
        names: list[Value] = [*sorted(users)]
        held[right.value] = names
    return item_at(keys.GRANTS, holders=held, revision=noted.revision)


def _noted_from(item: Item) -> GrantSnapshot:
    held = mapping(item, "holders")
    return GrantSnapshot(
        {Right(name): frozenset(texts(held, name)) for name in held}, number(item, "revision")
    )
