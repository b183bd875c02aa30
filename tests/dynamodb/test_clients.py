"""The botocore clients."""

from typing import Any

import pytest

from bot.dynamodb import TimeoutPolicy, repositories_on
from bot.dynamodb.clients import aws_client


@pytest.fixture
def client() -> Any:
    client = aws_client(
        "dynamodb", region="eu-central-1", endpoint_url="http://127.0.0.1:9", timeouts=TimeoutPolicy(0.3, 0.7, 2)
    )
    yield client
    client.close()


def test_all_timeouts_are_set_and_botocore_never_retries(client: Any) -> None:
    config = client.meta.config

    assert (config.connect_timeout, config.read_timeout) == (0.3, 0.7)
    assert config.retries["total_max_attempts"] == 1
    assert client.meta.endpoint_url == "http://127.0.0.1:9"
    assert client.meta.region_name == "eu-central-1"


def test_opening_the_repositories_sends_no_request(client: Any) -> None:
    store = repositories_on(client, "t")

    assert store.records is not None
