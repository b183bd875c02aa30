"""Fixtures: an embedded AWS and Chromium for each module, because they take seconds to start, and tables."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from infra.local.aws.embedded import EmbeddedAws

if TYPE_CHECKING:
    from playwright.sync_api import Browser


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


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    from infra.local.gallery.chromium import chromium  # Only browser tests need Playwright.

    if shutil.which("chromium") is None:
        pytest.skip("Chromium is not installed")
    with chromium() as started:
        yield started
