"""Makes moto's DynamoDB fast enough for large tables, and correct for several clients.

moto copies all tables before each transaction and restores the copies if it is cancelled, which takes long and undoes
what other clients wrote meanwhile. Here only the items that the transaction names are restored. For a query, moto looks
at all items of the table; here only at those that it returns.

Only for calls one at a time: moto's models are not safe for threads.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from datetime import UTC, datetime
from functools import partial
from itertools import takewhile
from typing import Any

from moto.core.models import DEFAULT_ACCOUNT_ID as ACCOUNT
from moto.dynamodb.models import dynamodb_backends
from moto.dynamodb.models.dynamo_type import DynamoType, Item
from moto.dynamodb.models.table import StreamRecord, StreamShard, Table
from moto.dynamodbstreams.models import dynamodbstreams_backends

from infra.local.aws.moto_items import fast_items
from infra.local.aws.sorted_items import SortedItems


@contextmanager
def fast_tables(region: str, operation: str, body: dict[str, Any]) -> Iterator[Transaction]:
    """For one call of DynamoDB, such as `Query` with its JSON body. The caller undoes the transaction if it fails."""
    transaction = Transaction(region, body.get("TransactItems", []) if operation == "TransactWriteItems" else [])
    tables = dynamodb_backends[ACCOUNT][region].tables
    queried = tables.get(body["TableName"]) if operation == "Query" else None
    try:
        with transaction.without_copies(), fast_items(), _only_matching(queried):
            yield transaction
    finally:
        for table_name, key in _written_keys(operation, body):
            sorted_items = vars(tables[table_name]).get(_SORTED) if table_name in tables else None
            if sorted_items is not None:
                sorted_items.update(key)


_SORTED = "_items_in_order"
"""The attribute of a table that was queried."""
_WRITES = frozenset({"PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "TransactWriteItems"})


def _written_keys(operation: str, body: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The table's name and the key, which may be a whole item, of each item that the call may change."""
    if operation == "TransactWriteItems":
        calls = [call for write in body["TransactItems"] for call in write.values()]
    elif operation == "BatchWriteItem":
        requests = ((table, request) for table, requests in body["RequestItems"].items() for request in requests)
        calls = [{"TableName": table, **call} for table, request in requests for call in request.values()]
    else:
        calls = [body] if operation in _WRITES else []
    for call in calls:
        yield call["TableName"], call.get("Key") or call["Item"]


class Transaction:
    """The items that a transaction names, as they were before it; nothing for other calls."""

    def __init__(self, region: str, writes: list[dict[str, Any]]) -> None:
        calls = [next(iter(write.values())) for write in writes]
        tables = dynamodb_backends[ACCOUNT][region].tables
        self._tables = {name: tables[name] for call in calls if (name := call["TableName"]) in tables}
        self._before = [
            _Before(self._tables[call["TableName"]], call) for call in calls if call["TableName"] in self._tables
        ]
        self._streams = [(shard, len(shard.items)) for table in self._tables.values() if (shard := table.stream_shard)]

    @contextmanager
    def without_copies(self) -> Iterator[None]:
        """Keeps moto from copying the tables of the transaction."""
        for table in self._tables.values():
            vars(table)["__deepcopy__"] = lambda _, table=table: table
        try:
            yield
        finally:
            for table in self._tables.values():
                del vars(table)["__deepcopy__"]

    def undo(self) -> None:
        for item in self._before:
            item.restore()
        for shard, count in self._streams:
            del shard.items[count:]


@contextmanager
def _only_matching(table: Table | None) -> Iterator[None]:
    """Shows moto only the items that its query of the table will return, which it then selects and sorts again."""
    if table is None:
        yield
        return
    if _SORTED not in vars(table):
        vars(table)[_SORTED] = SortedItems(table)
    vars(table)["query"] = partial(_query, table, vars(table)[_SORTED])
    try:
        yield
    finally:
        del vars(table)["query"]


def _query(
    table: Table,
    sorted_items: SortedItems,
    hash_key: DynamoType,
    comparison: str | None,
    values: list[DynamoType],
    limit: Any,
    start: Any,
    forward: bool,
    projections: Any,
    index: str | None,
    *given: Any,
    **conditions: Any,
) -> Any:
    """Has the parameters of moto's own `Table.query`."""
    items = sorted_items.matching(index, hash_key, comparison, values).page(start, limit, forward=forward)
    with _projected(table, index, items) as projected:
        vars(table)["all_items"] = lambda: projected
        try:
            return Table.query(
                table, hash_key, comparison, values, limit, start, forward, projections, index, *given, **conditions
            )
        finally:
            del vars(table)["all_items"]


@contextmanager
def _projected(table: Table, index_name: str | None, items: list[Item]) -> Iterator[list[Item]]:
    """The items with the attributes that the index has, so that moto does not copy and project all others."""
    index = table.get_index(index_name) if index_name is not None else None
    if index is None or index.projection["ProjectionType"] != "KEYS_ONLY":
        yield items
        return
    names = {*index.table_key_attrs, *index.schema_key_attrs}
    vars(index)["project"] = lambda item: item
    try:
        yield [_with_only(names, item) for item in items]
    finally:
        del vars(index)["project"]


def _with_only(names: set[str], item: Item) -> Item:
    copy = Item(item.hash_key, item.range_key, {})
    dict.update(copy.attrs, {name: item.attrs[name] for name in names})
    return copy


class ReadStreams:
    """Forgets what all readers of a stream have read; moto keeps every record, and every position of every reader.

    Both are kept for some seconds: a reader repeats a request whose answer was lost, and others may begin to read.
    """

    KEPT_SECONDS = 10.0

    def __init__(self, region: str, clock: Callable[[], float] = time.time) -> None:
        self._region, self._clock = region, clock
        self._used: deque[tuple[float, str]] = deque()

    def has_read_from(self, iterator_arn: str) -> None:
        """A reader used this position, and was given the next one."""
        now, iterators = self._clock(), dynamodbstreams_backends[ACCOUNT][self._region].shard_iterators
        self._used.append((now, iterator_arn))
        while self._used[0][0] <= now - self.KEPT_SECONDS:
            iterators.pop(self._used.popleft()[1], None)
        shard = iterators[iterator_arn].stream_shard
        readers = [position.sequence_number for position in iterators.values() if position.stream_shard is shard]
        _forget(shard, before=min(readers), until=now - self.KEPT_SECONDS)


def _forget(shard: StreamShard, *, before: int, until: float) -> None:
    """Forgets the records that have a lower sequence number and were written until this time."""
    read = shard.items[: before - shard.starting_sequence_number]
    old = takewhile(lambda record: _written_at(record) <= until, read)
    count = sum(1 for _ in old)
    del shard.items[:count]
    shard.starting_sequence_number += count


def _written_at(record: StreamRecord) -> float:
    at: datetime = record.record["dynamodb"]["ApproximateCreationDateTime"]
    return at.replace(tzinfo=UTC).timestamp()


class _Before:
    """One item as it was before a transaction, or that it was missing."""

    def __init__(self, table: Table, call: dict[str, Any]) -> None:
        key = call.get("Key") or call["Item"]
        self._table = table
        self._hash, self._range = DynamoType(key[table.hash_key_attr]), DynamoType(key[table.range_key_attr])
        self._item = deepcopy(table.items.get(self._hash, {}).get(self._range))

    def restore(self) -> None:
        if self._item is not None:
            self._table.items[self._hash][self._range] = self._item
        else:
            self._table.items.get(self._hash, {}).pop(self._range, None)
