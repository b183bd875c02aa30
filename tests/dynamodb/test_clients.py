"""Botocore's clients, and the faces that make them."""

from typing import Any

import pytest

from bot.dynamodb import TimeoutPolicy, open_repositories
from bot.dynamodb.clients import aws_client


@pytest.fixture
def client() -> Any:
    made = aws_client(
        "dynamodb",
        region="eu-central-1",
        endpoint_url="http://127.0.0.1:9",
        timeouts=TimeoutPolicy(0.3, 0.7, 2),
    )
    yield made
    made.close()


def test_every_time_out_is_ours_and_botocore_repeats_nothing(client: Any) -> None:
    config = client.meta.config

    assert (config.connect_timeout, config.read_timeout) == (0.3, 0.7)
    assert config.retries["total_max_attempts"] == 1
    assert client.meta.endpoint_url == "http://127.0.0.1:9"
    assert client.meta.region_name == "eu-central-1"


def test_opening_the_store_asks_nothing_of_the_table() -> None:
    store = open_repositories(table="t", region="us-east-1", endpoint_url="http://127.0.0.1:9")

    assert store.records is not None
