"""For tests: DynamoDB calls of a botocore client go straight to moto's models.

Botocore still validates and serializes each call, and its events still run. What is left out is HTTP within one
process (signing, moto's routing, serializing and parsing the response), most of the time of a call, moto's copy of the
whole table for each transaction: here the items that a transaction names are restored if it fails; and moto's sorting
of the whole table for each query, before it chooses and sorts the items that match.
"""

from __future__ import annotations

import json
import threading
from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from types import SimpleNamespace
from typing import Any

from botocore import xform_name
from moto.core import DEFAULT_ACCOUNT_ID as ACCOUNT
from moto.dynamodb.models import Table, dynamodb_backends
from moto.dynamodb.models.dynamo_type import DynamoType
from moto.dynamodb.responses import DynamoHandler
from werkzeug.exceptions import HTTPException

Response = tuple[SimpleNamespace, dict[str, Any]]
OPERATIONS = {"GetItem", "BatchGetItem", "Query", "Scan", "PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems"}
_lock = threading.RLock()
"""One call at a time: moto's models are not safe for threads."""


def answer_in_process(client: Any) -> Any:
    """Returns the same client of DynamoDB; within `mock_aws`, moto's models now answer it directly."""

    def answer(model: Any, params: dict[str, Any], **_: Any) -> Response | None:
        return _answer(client.meta.region_name, model.name, params) if model.name in OPERATIONS else None

    client.meta.events.register_last("before-call", answer)  # After the handlers of tests.
    return client


def _answer(region: str, operation: str, params: dict[str, Any]) -> Response:
    handler = DynamoHandler()
    handler.region, handler.current_account = region, ACCOUNT
    handler.body = handler.params = json.loads(params["body"], object_hook=_with_bytes)
    with _lock:
        try:
            with _rollback(region, handler.body.get("TransactItems", [])), _unsorted(region, operation, handler.body):
                result = getattr(handler, xform_name(operation))().result
        except HTTPException as error:
            return _error(error)
    return _http(200), {name: value for name, value in result.items() if value is not None} | _metadata(200)


def _error(error: HTTPException) -> Response:
    status = error.code or 500
    body = json.loads(str(error.description), object_hook=_with_bytes)
    message = body.pop("message", None) or body.pop("Message", "")
    code = body.pop("__type").rpartition("#")[2]
    return _http(status), body | {"Error": {"Code": code, "Message": message}} | _metadata(status)


def _http(status: int) -> SimpleNamespace:
    return SimpleNamespace(status_code=status, headers={})


def _metadata(status: int) -> dict[str, Any]:
    return {"ResponseMetadata": {"HTTPStatusCode": status, "HTTPHeaders": {}, "RetryAttempts": 0}}


def _with_bytes(value: dict[str, Any]) -> dict[str, Any]:
    """Decodes the binary values of JSON, as moto and botocore do."""
    if isinstance(binary := value.get("B"), str) and len(value) == 1:
        return {"B": b64decode(binary)}
    if isinstance(binaries := value.get("BS"), list) and len(value) == 1:
        return {"BS": [b64decode(binary) for binary in binaries]}
    return value


@contextmanager
def _rollback(region: str, writes: list[dict[str, Any]]) -> Iterator[None]:
    """Restores the items of a transaction that fails, and keeps moto from copying all of their tables before."""
    calls = [next(iter(write.values())) for write in writes]
    tables = dynamodb_backends[ACCOUNT][region].tables
    named = {name: tables[name] for call in calls if (name := call["TableName"]) in tables}
    before = [_Before(named[call["TableName"]], call) for call in calls if call["TableName"] in named]
    records = {name: len(table.stream_shard.items) for name, table in named.items() if table.stream_shard}
    for table in named.values():
        vars(table)["__deepcopy__"] = lambda _, table=table: table
    try:
        yield
    except HTTPException:
        for item in before:
            item.restore()
        for name, count in records.items():
            del named[name].stream_shard.items[count:]
        raise
    finally:
        for table in named.values():
            del vars(table)["__deepcopy__"]


@contextmanager
def _unsorted(region: str, operation: str, body: dict[str, Any]) -> Iterator[None]:
    """Keeps moto from sorting all items of the table before a query; it sorts those that match."""
    table = dynamodb_backends[ACCOUNT][region].tables.get(body.get("TableName")) if operation == "Query" else None
    if table is None:
        yield
        return
    vars(table)["all_items"] = lambda: [item for partition in table.items.values() for item in partition.values()]
    try:
        yield
    finally:
        del vars(table)["all_items"]


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
