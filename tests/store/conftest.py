"""A fresh table for each test, on moto or (marked) on the real engine; and a record of which calls were made."""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from moto import mock_aws

from bot.store import Pace, Patience, Store, store_on
from bot.store.clients import aws_client
from infra.local.dynamodb_local import DynamoDBLocal, EngineUnavailable
from infra.local.table import create_table

REGION = "us-east-1"
PATIENCE = Patience(connect=2, read=10, total=60)
HURRIED = Pace(sleep=lambda seconds: None)
"""Repeats without pauses."""
USED = {"GetItem", "BatchGetItem", "Query", "TransactWriteItems"}
NUMBERS = itertools.count(1)


@dataclass
class Engine:
    """A table, the client to reach it, and what was called since the table was there."""

    name: str
    client: Any
    table: str
    calls: list[str] = field(default_factory=list)

    def store(self, client: Any = None) -> Store:
        return store_on(client or self.client, self.table, PATIENCE, HURRIED)

    def item(self, pk: str, sk: str) -> dict[str, Any] | None:
        """An item as it lies in the table, read past the store."""
        found = self.client.get_item(TableName=self.table, Key={"pk": {"S": pk}, "sk": {"S": sk}})
        item: dict[str, Any] | None = found.get("Item")
        return item

    def put(self, **attributes: dict[str, Any]) -> None:
        """An item put past the store."""
        self.client.put_item(TableName=self.table, Item=attributes)
        self.calls.remove("PutItem")

    def everything(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.client.scan(TableName=self.table)["Items"]
        self.calls.remove("Scan")
        return found


@pytest.fixture(scope="session")
def real_engine() -> Iterator[str]:
    """The address of one DynamoDB Local for the whole run."""
    try:
        engine = DynamoDBLocal()
        engine.__enter__()
    except EngineUnavailable as error:
        pytest.skip(str(error))
    yield engine.endpoint
    engine.__exit__(None, None, None)


@pytest.fixture(params=["moto", pytest.param("dynamodb_local", marks=pytest.mark.dynamodb_local)])
def engine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    if request.param == "moto":
        with mock_aws():
            yield from _engine("moto", None)
    else:
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "madeup")  # The real engine takes letters and digits only.
        yield from _engine("dynamodb_local", request.getfixturevalue("real_engine"))


@pytest.fixture
def store(engine: Engine) -> Store:
    return engine.store()


@pytest.fixture
def race(engine: Engine) -> Callable[..., list[Any]]:
    """Runs a call for each contestant: at once on the real engine, one after the other on moto, whose transactions
    undo each other's writes when they overlap."""
    from tests.store.racing import at_once, one_by_one

    return at_once if engine.name == "dynamodb_local" else one_by_one


def _engine(name: str, endpoint: str | None) -> Iterator[Engine]:
    client = aws_client("dynamodb", region=REGION, endpoint_url=endpoint, patience=PATIENCE)
    engine = Engine(name, client, f"switchboard-{next(NUMBERS)}")
    create_table(client, name=engine.table)
    client.meta.events.register("before-call.dynamodb", lambda model, **_: engine.calls.append(model.name))
    yield engine
    # On every table in every test: what is not named here is never called, a Scan above all.
    assert set(engine.calls) <= USED
    client.delete_table(TableName=engine.table)
    client.close()
