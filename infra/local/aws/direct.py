"""The embedded DynamoDB's tables without HTTP: a client for loading many items, and a look at what is stored."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from botocore.exceptions import ClientError
from moto.core.models import DEFAULT_ACCOUNT_ID as ACCOUNT
from moto.dynamodb.exceptions import TransactionCanceledException
from moto.dynamodb.models import dynamodb_backends

from infra.local.aws.embedded import MOTO_LOCK, REGION
from infra.local.aws.moto_tables import fast_tables

Answer = dict[str, Any]


class DirectClient:
    """The calls of the bot on its table, with the parameters and answers of botocore; queries use HTTP.

    Values must be representable in JSON, so none may be binary. Nothing that is written is in the table's stream.
    """

    def __init__(self, http_client: Any) -> None:
        self.query = http_client.query
        self._backend = dynamodb_backends[ACCOUNT][REGION]

    def get_item(self, **parameters: Any) -> Answer:
        with MOTO_LOCK:
            item = self._backend.get_item(parameters["TableName"], parameters["Key"])
            return {"Item": _attributes(item)} if item is not None else {}

    def batch_get_item(self, **parameters: Any) -> Answer:
        with MOTO_LOCK:
            responses = {
                table: [
                    _attributes(item)
                    for key in wanted["Keys"]
                    if (item := self._backend.get_item(table, key)) is not None
                ]
                for table, wanted in parameters["RequestItems"].items()
            }
        return {"Responses": responses}

    def transact_write_items(self, **parameters: Any) -> Answer:
        """Raises ClientError, as botocore does, if a condition is not met."""
        body = json.loads(json.dumps(parameters))
        with MOTO_LOCK, self._unstreamed(body), fast_tables(REGION, "TransactWriteItems", body) as transaction:
            try:
                self._backend.transact_write_items(body["TransactItems"])
            except TransactionCanceledException as error:
                transaction.undo()
                raise ClientError(_error(error), "TransactWriteItems") from error
        return {}

    @contextmanager
    def _unstreamed(self, body: dict[str, Any]) -> Iterator[None]:
        names = {call["TableName"] for write in body["TransactItems"] for call in write.values()}
        shards = {name: self._backend.tables[name].stream_shard for name in names}
        for name in names:
            self._backend.tables[name].stream_shard = None
        try:
            yield
        finally:
            for name, shard in shards.items():
                self._backend.tables[name].stream_shard = shard


def items_of(table_name: str, prefix: str) -> list[Answer]:
    """All items whose partition key begins so, as DynamoDB's typed JSON.

    A scan over HTTP would keep the table from everybody else for many seconds if the table is large.
    """
    with MOTO_LOCK:
        partitions = dynamodb_backends[ACCOUNT][REGION].tables[table_name].items
        found = [key for key in partitions if str(key.value).startswith(prefix)]
        return [_attributes(item) for key in found for item in list(partitions[key].values())]


def _attributes(item: Any) -> Answer:
    attributes: Answer = json.loads(json.dumps(item.to_json()["Attributes"]))
    return attributes


def _error(cancelled: TransactionCanceledException) -> Answer:
    details: Answer = json.loads(cancelled.description)
    return {"Error": {"Code": "TransactionCanceledException", "Message": details.pop("Message")}, **details}
