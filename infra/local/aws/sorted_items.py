"""A table's items in the order of each of its indexes, so that a query looks only at the items that it returns.

moto looks at all items of the table for each query, and sorts those that match.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from moto.dynamodb.models.dynamo_type import DynamoType, Item
from moto.dynamodb.models.table import Table

Order = tuple[Any, ...]
"""The range key's value in the index, then the table's own keys."""
_LAST = chr(0x10FFFF)


class _Keys(NamedTuple):
    """The names of attributes: an item is in the index if it has them all."""

    hash: str
    order: tuple[str, ...]


class _Position(NamedTuple):
    index_name: str | None
    hash: Any
    order: Order


class _Partition:
    """The items with one hash value in one index."""

    def __init__(self) -> None:
        self.orders: list[Order] = []
        self.items: dict[Order, Item] = {}

    def put(self, order: Order, item: Item) -> None:
        if order not in self.items:
            insort(self.orders, order)
        self.items[order] = item

    def remove(self, order: Order) -> None:
        del self.items[order]
        del self.orders[bisect_left(self.orders, order)]


class SortedItems:
    """`update` must be called after each change of an item. `index` is None for the table itself."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._keys = {None: _Keys(table.hash_key_attr, _names(table.range_key_attr))} | {
            index.name: _index_keys(index.schema, table) for index in table.all_indexes()
        }
        self._partitions: dict[tuple[str | None, Any], _Partition] = {}
        self._positions: dict[tuple[DynamoType, DynamoType], list[_Position]] = {}
        for hash_key, items in table.items.items():
            for range_key, item in items.items():
                self._put(hash_key, range_key, item)

    def update(self, key: Mapping[str, Any]) -> None:
        """For the item with this key, which was put, updated, deleted or left as it is."""
        hash_key, range_key = (DynamoType(key[name]) for name in self._table.table_key_attrs)
        for position in self._positions.pop((hash_key, range_key), []):
            self._partitions[position.index_name, position.hash].remove(position.order)
        item = self._table.items[hash_key].get(range_key) if hash_key in self._table.items else None
        if item is not None:
            self._put(hash_key, range_key, item)

    def matching(
        self, index: str | None, value: DynamoType, comparison: str | None, values: list[DynamoType]
    ) -> _Selection:
        """The items with this hash value whose range key compares so with the values, in order."""
        partition = self._partitions.get((index, value.cast_value)) or _Partition()
        start, end = _bounds(partition.orders, comparison, [each.cast_value for each in values])
        return _Selection(partition, start, end, self._keys[index].order)

    def _put(self, hash_key: DynamoType, range_key: DynamoType, item: Item) -> None:
        positions = self._positions[hash_key, range_key] = list(self._positions_of(item))
        for position in positions:
            self._partitions.setdefault((position.index_name, position.hash), _Partition()).put(position.order, item)

    def _positions_of(self, item: Item) -> Iterator[_Position]:
        for index, keys in self._keys.items():
            if keys.hash in item.attrs and all(name in item.attrs for name in keys.order):
                order = tuple(item.attrs[name].cast_value for name in keys.order)
                yield _Position(index, item.attrs[keys.hash].cast_value, order)


class _Selection(NamedTuple):
    """The items of a partition between two positions. `names` are the attributes of their order."""

    partition: _Partition
    start: int
    end: int
    names: tuple[str, ...]

    def page(self, after: Mapping[str, Any] | None, limit: int | None, *, forward: bool) -> list[Item]:
        """The items after this key (None: from the first) in the given direction, and one more than the limit."""
        orders, start, end = self.partition.orders, self.start, self.end
        if after is not None:
            order = tuple(DynamoType(after[name]).cast_value for name in self.names)
            if forward:
                start = max(start, bisect_right(orders, order))
            else:
                end = min(end, bisect_left(orders, order))
        if limit is not None:
            start, end = (start, min(end, start + limit + 1)) if forward else (max(start, end - limit - 1), end)
        return [self.partition.items[order] for order in orders[start:end]]


def _bounds(orders: list[Order], comparison: str | None, values: list[Any]) -> tuple[int, int]:
    """The positions of the first item that matches and of the one after the last."""

    def before(value: Any) -> int:
        return bisect_left(orders, value, key=_first)

    def after(value: Any) -> int:
        return bisect_right(orders, value, key=_first)

    bounds: dict[str, Callable[[], tuple[int, int]]] = {
        "=": lambda: (before(values[0]), after(values[0])),
        "<": lambda: (0, before(values[0])),
        "<=": lambda: (0, after(values[0])),
        ">": lambda: (after(values[0]), len(orders)),
        ">=": lambda: (before(values[0]), len(orders)),
        "BETWEEN": lambda: (before(values[0]), after(values[1])),
        "BEGINS_WITH": lambda: (before(values[0]), after(values[0] + _LAST)),
    }
    return bounds.get(comparison or "", lambda: (0, len(orders)))()


def _first(order: Order) -> Any:
    return order[0]


def _index_keys(schema: list[dict[str, str]], table: Table) -> _Keys:
    by_type = {key["KeyType"]: key["AttributeName"] for key in schema}
    return _Keys(by_type["HASH"], _names(by_type.get("RANGE"), table.hash_key_attr, table.range_key_attr))


def _names(*given: str | None) -> tuple[str, ...]:
    return tuple(name for name in given if name is not None)
