"""A fresh table for each test, on moto or (if marked) on DynamoDB Local, with a record of the calls."""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from moto import mock_aws

from bot.domain.outbox import RecordChange
from bot.dynamodb import Repositories, RetryTiming, TimeoutPolicy, repositories_on
from bot.dynamodb.clients import aws_client
from bot.dynamodb.expressions import Put
from bot.dynamodb.repositories.records import writes_of
from infra.local.aws.dynamodb_local import DynamoDBLocal, EngineUnavailable
from infra.local.aws.table import create_table

REGION = "us-east-1"
TIMEOUTS = TimeoutPolicy(connect=2, read=10, total=60)
NO_PAUSES = RetryTiming(sleep=lambda seconds: None)
"""Retries without pauses."""
USED = {"GetItem", "BatchGetItem", "Query", "TransactWriteItems"}
NUMBERS = itertools.count(1)


@dataclass
class Engine:
    """A table, its client, and the calls since the table was created."""

    name: str
    client: Any
    table: str
    calls: list[str] = field(default_factory=list)

    def store(self, client: Any = None) -> Repositories:
        return repositories_on(client or self.client, self.table, TIMEOUTS, NO_PAUSES)

    def item(self, pk: str, sk: str) -> dict[str, Any] | None:
        """An item as stored, read without the repositories."""
        found = self.client.get_item(TableName=self.table, Key={"pk": {"S": pk}, "sk": {"S": sk}})
        item: dict[str, Any] | None = found.get("Item")
        return item

    def put(self, **attributes: dict[str, Any]) -> None:
        """Put an item without the repositories."""
        self.client.put_item(TableName=self.table, Item=attributes)
        self.calls.remove("PutItem")

    def fill(self, change: RecordChange) -> None:
        """Write a change item by item, since moto's transactions become slow in large tables."""
        for write in writes_of(change):
            assert isinstance(write, Put)
            self.put(**write.request(self.table, "filled")["Put"]["Item"])

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


@pytest.fixture(scope="session")
def moto_client() -> Iterator[Any]:
    """Created once, since creating a client costs more than the calls of a test."""
    client = aws_client("dynamodb", region=REGION, endpoint_url=None, timeouts=TIMEOUTS)
    yield client
    client.close()


@pytest.fixture(scope="session")
def real_client(real_engine: str) -> Iterator[Any]:
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("AWS_ACCESS_KEY_ID", "madeup")  # The real engine takes letters and digits only.
        client = aws_client("dynamodb", region=REGION, endpoint_url=real_engine, timeouts=TIMEOUTS)
    yield client
    client.close()


@pytest.fixture(params=["moto", pytest.param("dynamodb_local", marks=pytest.mark.dynamodb_local)])
def engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    if request.param == "moto":
        with mock_aws():
            yield from _engine("moto", request.getfixturevalue("moto_client"))
    else:
        yield from _engine("dynamodb_local", request.getfixturevalue("real_client"))


@pytest.fixture
def store(engine: Engine) -> Repositories:
    return engine.store()


@pytest.fixture
def race(engine: Engine) -> Callable[..., list[Any]]:
    """Runs a call for each contestant: at once on the real engine, one after the other on moto, whose transactions
    undo each other's writes when they overlap."""
    from tests.dynamodb.racing import at_once, one_by_one

    return at_once if engine.name == "dynamodb_local" else one_by_one


def _engine(name: str, client: Any) -> Iterator[Engine]:
    engine = Engine(name, client, f"switchboard-{next(NUMBERS)}")
    create_table(client, name=engine.table)

    def note(model: Any, **_: Any) -> None:
        engine.calls.append(model.name)

    client.meta.events.register("before-call.dynamodb", note)
    yield engine
    client.meta.events.unregister("before-call.dynamodb", note)
    # All permitted calls: no test may use another one, a Scan in particular.
    assert set(engine.calls) <= USED
    client.delete_table(TableName=engine.table)
