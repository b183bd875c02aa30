"""Repositories: one for each kind of item in the table."""

from __future__ import annotations

from typing import TypeVar

from bot.dynamodb.expressions import Key
from bot.dynamodb.schema import read_item
from bot.dynamodb.table import Table

T = TypeVar("T")


class Repository:
    """What all repositories share: the table, and consistent reads of one item."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def _read(self, cls: type[T], key: Key) -> T | None:
        item = self._table.get(key)
        return read_item(cls, item) if item else None
