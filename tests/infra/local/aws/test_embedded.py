import socket
import threading
import time
from http.client import HTTPConnection
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from moto.core import DEFAULT_ACCOUNT_ID
from moto.dynamodb.models import dynamodb_backends

from infra.local.aws.embedded import REGION, EmbeddedAws, aws_client
from infra.local.aws.moto_tables import ReadStreams
from tests.infra.local.conftest import LocalTable, key


def transact(table: LocalTable, *puts: dict[str, Any]) -> None:
    items = [{"Put": {"TableName": table.name} | put} for put in puts]
    table.client.transact_write_items(TransactItems=items)


def cancelled(table: LocalTable, *pks: str) -> None:
    """A transaction that puts these and is cancelled, because `there` exists already."""
    refused = {"Item": key("there"), "ConditionExpression": "attribute_not_exists(pk)"}
    with pytest.raises(table.client.exceptions.TransactionCanceledException):
        transact(table, *({"Item": key(pk)} for pk in pks), refused)


def iterator(table: LocalTable) -> str:
    shards = table.streams.describe_stream(StreamArn=table.stream_arn)["StreamDescription"]["Shards"]
    description = table.streams.get_shard_iterator(
        StreamArn=table.stream_arn, ShardId=shards[0]["ShardId"], ShardIteratorType="TRIM_HORIZON"
    )
    return str(description["ShardIterator"])


def read(table: LocalTable, shard_iterator: str) -> tuple[list[str], str]:
    page = table.streams.get_records(ShardIterator=shard_iterator)
    return [record["dynamodb"]["Keys"]["pk"]["S"] for record in page["Records"]], page["NextShardIterator"]


def test_the_table_has_the_templates_stream_and_indexes(table: LocalTable) -> None:
    description = table.client.describe_table(TableName=table.name)["Table"]

    assert description["StreamSpecification"] == {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}
    assert "due" in {index["IndexName"] for index in description["GlobalSecondaryIndexes"]}


def test_decryption_needs_the_same_encryption_context(aws: EmbeddedAws, table: LocalTable) -> None:
    kms = aws.client("kms")
    encrypted = kms.encrypt(KeyId=table.key, Plaintext=b"12-3456789", EncryptionContext={"operation": "1"})
    blob = encrypted["CiphertextBlob"]

    opened = kms.decrypt(KeyId=table.key, CiphertextBlob=blob, EncryptionContext={"operation": "1"})
    assert opened["Plaintext"] == b"12-3456789"
    with pytest.raises(ClientError):
        kms.decrypt(KeyId=table.key, CiphertextBlob=blob, EncryptionContext={"operation": "2"})
    kms.close()


def test_lambda_reports_its_quota(aws: EmbeddedAws) -> None:
    client = aws.client("lambda")
    assert client.get_account_settings()["AccountLimit"] == {"UnreservedConcurrentExecutions": 1000}
    client.close()


def fill(table: LocalTable, count: int) -> None:
    """A large table makes transactions slow, so that other writes run during one."""
    for start in range(0, count, 25):
        puts = [{"PutRequest": {"Item": key(f"fill {start + number}")}} for number in range(25)]
        table.client.batch_write_item(RequestItems={table.name: puts})


def test_a_cancelled_transaction_keeps_the_writes_of_other_threads(table: LocalTable) -> None:
    fill(table, 500)
    table.put("there")
    names = {f"{writer}-{number}" for writer in range(3) for number in range(8)}
    done = threading.Event()

    def write(writer: int) -> None:
        for number in range(8):
            table.put(f"{writer}-{number}")

    def cancel() -> None:
        while not done.is_set():
            cancelled(table, "never")

    writers = [threading.Thread(target=write, args=(writer,)) for writer in range(3)]
    canceller = threading.Thread(target=cancel)
    for thread in (canceller, *writers):
        thread.start()
    for thread in writers:
        thread.join()
    done.set()
    canceller.join()

    assert names - table.keys() == set()


def test_a_cancelled_transaction_leaves_no_records_in_the_stream(table: LocalTable) -> None:
    table.put("there")
    found, position = read(table, iterator(table))
    cancelled(table, "undone", "undone too")
    table.put("after")

    assert found == ["there"]
    assert read(table, position)[0] == ["after"]


def test_a_connection_is_kept_alive(aws: EmbeddedAws) -> None:
    host, _, port = aws.endpoint_url.removeprefix("http://").partition(":")
    connection = HTTPConnection(host, int(port), timeout=10)
    connection.connect()
    before: socket.socket = connection.sock
    for _ in range(2):
        connection.request("POST", "/", b"{}", {"X-Amz-Target": "DynamoDB_20120810.ListTables"})
        connection.getresponse().read()

    assert connection.sock is before
    connection.close()


def test_stopping_closes_the_server_and_deletes_the_tables() -> None:
    first = EmbeddedAws().start()
    name, _ = first.create_table_and_key()
    endpoint = first.endpoint_url
    first.stop()
    first.stop()

    late = aws_client("dynamodb", endpoint)
    with pytest.raises(EndpointConnectionError):
        late.list_tables()
    late.close()
    with EmbeddedAws() as second:
        client = second.client("dynamodb")
        assert name not in client.list_tables()["TableNames"]
        client.close()


def test_a_transaction_does_not_copy_the_streams_records(table: LocalTable) -> None:
    """Otherwise each click becomes slower with every write ever made."""
    table.put("one")
    (before,) = stored_records(table)
    table.put("there")
    cancelled(table, "undone")

    assert stored_records(table)[0] is before


def test_records_are_forgotten_once_all_readers_have_read_them(table: LocalTable) -> None:
    """Otherwise a stack that runs for hours needs more memory each second."""
    now = time.time() + 60
    streams = ReadStreams(REGION, clock=lambda: now)
    table.put("one")
    first, second = iterator(table), iterator(table)
    first_next = read(table, first)[1]
    streams.has_read_from(first)
    now += 60
    streams.has_read_from(first_next)
    assert len(stored_records(table)) == 1, "the second reader has not read it"

    second_next = read(table, second)[1]
    streams.has_read_from(second)
    now += 60
    streams.has_read_from(second_next)
    assert stored_records(table) == []
    table.put("two")
    assert read(table, second_next)[0] == ["two"]


def stored_records(table: LocalTable) -> list[Any]:
    records: list[Any] = dynamodb_backends[DEFAULT_ACCOUNT_ID][REGION].tables[table.name].stream_shard.items
    return records
