"""The client without HTTP gives the same answers as botocore's, and writes nothing into the stream."""

import pytest
from botocore.exceptions import ClientError

from infra.local.aws.direct import DirectClient, items_of
from infra.local.http_server import Exchange, watched
from tests.infra.local.conftest import LocalTable, key


@pytest.fixture
def direct(table: LocalTable) -> DirectClient:
    return DirectClient(table.client)


def test_both_clients_give_the_same_answers(table: LocalTable, direct: DirectClient) -> None:
    item = key("a") | {"n": {"N": "1.5"}, "m": {"M": {"list": {"L": [{"S": "x"}, {"NULL": True}]}}}}
    direct.transact_write_items(TransactItems=[{"Put": {"TableName": table.name, "Item": item}}])

    for name in ("a", "missing"):
        given = {"TableName": table.name, "Key": key(name)}
        assert direct.get_item(**given).get("Item") == table.client.get_item(**given).get("Item")
    wanted = {"RequestItems": {table.name: {"Keys": [key("a"), key("missing")]}}}
    assert direct.batch_get_item(**wanted)["Responses"] == table.client.batch_get_item(**wanted)["Responses"]


def test_a_cancelled_transaction_names_the_failed_condition_and_changes_nothing(
    table: LocalTable, direct: DirectClient
) -> None:
    table.put("there")
    condition = {"ConditionExpression": "attribute_not_exists(pk)"}
    puts = [{"Item": key("new")}, {"Item": key("there")} | condition]

    with pytest.raises(ClientError) as raised:
        direct.transact_write_items(TransactItems=[{"Put": {"TableName": table.name} | put} for put in puts])
    assert raised.value.response["Error"]["Code"] == "TransactionCanceledException"
    reasons = raised.value.response["CancellationReasons"]
    assert [reason["Code"] for reason in reasons] == ["None", "ConditionalCheckFailed"]
    assert table.keys() == {"there"}


def test_only_what_is_written_through_http_is_in_the_stream(table: LocalTable, direct: DirectClient) -> None:
    direct.transact_write_items(TransactItems=[{"Put": {"TableName": table.name, "Item": key("direct")}}])
    table.put("http")

    [shard] = table.streams.describe_stream(StreamArn=table.stream_arn)["StreamDescription"]["Shards"]
    position = table.streams.get_shard_iterator(
        StreamArn=table.stream_arn, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
    )
    records = table.streams.get_records(ShardIterator=position["ShardIterator"])["Records"]
    assert [record["dynamodb"]["Keys"]["pk"]["S"] for record in records] == ["http"]


def test_items_are_found_by_the_beginning_of_their_key_without_a_request(table: LocalTable) -> None:
    for name in ("OUTBOX#1", "OUTBOX#2", "MESSAGE#1"):
        table.put(name)
    seen: list[Exchange] = []
    with watched(seen.append):
        found = items_of(table.name, "OUTBOX#")
    assert found == [
        table.client.get_item(TableName=table.name, Key=key(name))["Item"] for name in ("OUTBOX#1", "OUTBOX#2")
    ]
    assert seen == []
