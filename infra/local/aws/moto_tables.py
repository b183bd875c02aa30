"""Makes moto's DynamoDB fast enough for large tables, and correct for several clients.

moto copies all tables before each transaction and restores the copies if it is cancelled, which takes long and undoes
what other clients wrote meanwhile. Here only the items that the transaction names are restored. moto also sorts all
items of a table before it chooses those of a query; here it sorts only the chosen ones.

Only for calls one at a time: moto's models are not safe for threads.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from datetime import UTC, datetime
from itertools import takewhile
from typing import Any

from moto.core.models import DEFAULT_ACCOUNT_ID as ACCOUNT
from moto.dynamodb.models import dynamodb_backends
from moto.dynamodb.models.dynamo_type import DynamoType
from moto.dynamodb.models.table import StreamRecord, StreamShard, Table
from moto.dynamodbstreams.models import dynamodbstreams_backends


@contextmanager
def fast_tables(region: str, operation: str, body: dict[str, Any]) -> Iterator[Transaction]:
    """For one call of DynamoDB, such as `Query` with its JSON body. The caller undoes the transaction if it fails."""
    transaction = Transaction(region, body.get("TransactItems", []) if operation == "TransactWriteItems" else [])
    with transaction.without_copies(), _unsorted(region, body.get("TableName") if operation == "Query" else None):
        yield transaction


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
def _unsorted(region: str, table_name: str | None) -> Iterator[None]:
    """Keeps moto from sorting all items of the table before a query; it sorts those that match."""
    table = dynamodb_backends[ACCOUNT][region].tables.get(table_name) if table_name is not None else None
    if table is None:
        yield
        return
    vars(table)["all_items"] = lambda: [item for partition in table.items.values() for item in partition.values()]
    try:
        yield
    finally:
        del vars(table)["all_items"]


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
