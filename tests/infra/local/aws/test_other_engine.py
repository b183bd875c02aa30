"""The local stack with its table on the real DynamoDB engine."""

from collections.abc import Iterator
from typing import Any

import pytest

from infra.local.aws.dynamodb_local import DynamoDBLocal, EngineUnavailable
from infra.local.aws.runtime import Intervals
from infra.local.stack import LocalStack
from tests.infra.local.waiting import wait_until

QUICK = Intervals(schedules=60, stream=0.01, retries=0.0)

pytestmark = pytest.mark.dynamodb_local


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    engine = DynamoDBLocal()
    try:
        engine.__enter__()
    except EngineUnavailable as error:
        pytest.skip(str(error))
    yield engine.endpoint
    engine.__exit__(None, None, None)


def test_the_real_engines_stream_invokes_the_handlers_in_order(endpoint: str) -> None:
    woken: list[Any] = []

    def handler(event: dict[str, Any], _: Any) -> None:
        woken.extend(record["dynamodb"]["Keys"]["pk"]["S"] for record in event.get("Records", []))

    names = [f"OPERATION#{number}" for number in range(7)]
    with LocalStack(
        handlers={"handlers.execute_operations.handler": handler}, table_endpoint=endpoint, intervals=QUICK
    ) as stack:
        client = stack.table_client()
        for name in names:
            client.put_item(TableName=stack.table_name, Item={"pk": {"S": name}, "sk": {"S": "STATE"}})
        assert wait_until(lambda: len(woken) == len(names))
        assert client.list_tables()["TableNames"] == [stack.table_name]
        assert stack.settle(20, quiet=0.05)

        assert woken == names
        assert stack.problems == []
    assert client.list_tables()["TableNames"] == []
    client.close()
