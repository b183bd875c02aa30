"""Fixtures: an embedded AWS for each module, because it takes a second or two to start, and tables in it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from infra.local.aws.embedded import EmbeddedAws


@dataclass
class LocalTable:
    """A table for one test."""

    client: Any
    streams: Any
    name: str
    key: str

    @property
    def stream_arn(self) -> str:
        arn: str = self.client.describe_table(TableName=self.name)["Table"]["LatestStreamArn"]
        return arn

    def put(self, pk: str, **more: Any) -> None:
        self.client.put_item(TableName=self.name, Item=key(pk) | more)

    def keys(self) -> set[str]:
        return {item["pk"]["S"] for item in self.client.scan(TableName=self.name)["Items"]}


def key(pk: str) -> dict[str, Any]:
    return {"pk": {"S": pk}, "sk": {"S": "STATE"}}


@pytest.fixture(scope="module")
def aws() -> Iterator[EmbeddedAws]:
    with EmbeddedAws() as running:
        yield running


@pytest.fixture
def table(aws: EmbeddedAws) -> Iterator[LocalTable]:
    client, streams = aws.client("dynamodb"), aws.client("dynamodbstreams")
    name, kms_key = aws.create_table_and_key()
    yield LocalTable(client, streams, name, kms_key)
    client.close()
    streams.close()
