"""The AWS JSON client returns the same responses and errors as a client from botocore's factory."""

import os
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
from botocore.exceptions import ClientError, HTTPClientError, NoCredentialsError
from botocore.exceptions import ConnectionError as NotConnected
from starlette.responses import Response

from bot.domain.requests import SensitiveFields
from bot.dynamodb import KmsEncryptor, repositories_on
from bot.dynamodb.clients import TimeoutPolicy, aws_client, aws_json_client
from bot.errors import StorageError
from infra.local.aws.embedded import REGION, EmbeddedAws
from infra.local.http_server import HttpRequest, HttpServer, function_app

TIMEOUTS = TimeoutPolicy(connect=1, read=5, total=10)


@pytest.fixture(scope="module")
def aws() -> Iterator[EmbeddedAws]:
    with EmbeddedAws() as started:
        yield started


@pytest.fixture(scope="module")
def table(aws: EmbeddedAws) -> str:
    return aws.create_table_and_key()[0]


def quick_client(aws: EmbeddedAws, service: str = "dynamodb") -> Any:
    return aws_json_client(service, region=REGION, endpoint_url=aws.endpoint_url, timeouts=TIMEOUTS)


def factory_client(aws: EmbeddedAws) -> Any:
    return aws_client("dynamodb", region=REGION, endpoint_url=aws.endpoint_url, timeouts=TIMEOUTS)


def put(table: str, pk: str, **more: Any) -> dict[str, Any]:
    item = {"pk": {"S": pk}, "sk": {"S": "STATE"}, "n": {"N": "1"}, "text": {"S": "é ✓ \u0000"}}
    return {"Put": {"TableName": table, "Item": item, **more}}


def test_reads_and_writes_are_those_of_a_client_from_the_factory(aws: EmbeddedAws, table: str) -> None:
    client, factory = quick_client(aws), factory_client(aws)
    client.transact_write_items(TransactItems=[put(table, "WIRE#1")], ClientRequestToken="one")
    key = {"pk": {"S": "WIRE#1"}, "sk": {"S": "STATE"}}
    asked = {"TableName": table, "Key": key, "ConsistentRead": True}
    assert client.get_item(**asked)["Item"] == factory.get_item(**asked)["Item"]
    assert client.get_item(**asked)["Item"]["text"] == {"S": "é ✓ \u0000"}
    query = {
        "TableName": table,
        "KeyConditionExpression": "pk = :pk",
        "ExpressionAttributeValues": {":pk": {"S": "WIRE#1"}},
    }
    assert client.query(**query)["Items"] == factory.query(**query)["Items"]
    batch = {"RequestItems": {table: {"Keys": [key]}}}
    assert client.batch_get_item(**batch)["Responses"] == factory.batch_get_item(**batch)["Responses"]


def test_a_cancelled_transaction_has_the_same_reasons_as_with_the_factory_client(aws: EmbeddedAws, table: str) -> None:
    parts = [put(table, "WIRE#2"), put(table, "WIRE#1", ConditionExpression="attribute_not_exists(pk)")]
    quick_client(aws).transact_write_items(TransactItems=[put(table, "WIRE#1")], ClientRequestToken="two")
    seen = []
    for client in (quick_client(aws), factory_client(aws)):
        with pytest.raises(ClientError) as raised:
            client.transact_write_items(TransactItems=parts, ClientRequestToken="three")
        response: Any = raised.value.response
        reasons = [reason.get("Code") for reason in response["CancellationReasons"]]
        seen.append((response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"], reasons))
    assert seen[0] == seen[1] == ("TransactionCanceledException", 400, ["None", "ConditionalCheckFailed"])


def test_the_current_version_of_a_secret_is_read(aws: EmbeddedAws) -> None:
    manager = aws.client("secretsmanager")
    secret = manager.create_secret(Name="client/one", SecretString='{"é": "first"}')["ARN"]
    asked = {"SecretId": secret, "VersionStage": "AWSCURRENT"}
    assert quick_client(aws, "secretsmanager").get_secret_value(**asked)["SecretString"] == '{"é": "first"}'
    manager.put_secret_value(SecretId=secret, SecretString="second")
    manager.put_secret_value(SecretId=secret, SecretString="third", VersionStages=["AWSPENDING"])
    assert quick_client(aws, "secretsmanager").get_secret_value(**asked)["SecretString"] == "second"


def test_a_missing_secret_is_an_error_with_its_code(aws: EmbeddedAws) -> None:
    with pytest.raises(ClientError) as raised:
        quick_client(aws, "secretsmanager").get_secret_value(SecretId="client/none", VersionStage="AWSCURRENT")
    assert raised.value.response["Error"]["Code"] == "ResourceNotFoundException"


def test_each_client_decrypts_what_the_other_encrypted(aws: EmbeddedAws) -> None:
    key_id = aws.create_key()
    typed = SensitiveFields(federal_ein="123456789")
    quick, slow = (
        KmsEncryptor(partial(make, "kms", region=REGION, endpoint_url=aws.endpoint_url, timeouts=TIMEOUTS), key_id)
        for make in (aws_json_client, aws_client)
    )
    assert slow.decrypt(quick.encrypt(typed, "op"), "op") == typed
    assert quick.decrypt(slow.encrypt(typed, "op"), "op") == typed
    with pytest.raises(StorageError):
        quick.decrypt(quick.encrypt(typed, "op"), "another operation")


def test_a_store_on_it_refuses_a_table_that_is_not_there(aws: EmbeddedAws) -> None:
    store = repositories_on(quick_client(aws, "dynamodb"), "nowhere")
    with pytest.raises(StorageError, match="ResourceNotFoundException"):
        store.people.person("U1")


class Answering:
    """A server that gives one response and records the request."""

    def __init__(self, status: int, body: bytes) -> None:
        self.asked: list[HttpRequest] = []
        self._status, self._body = status, body
        self._server = HttpServer(function_app(self._answer))
        self.url = self._server.url

    def __enter__(self) -> "Answering":
        self._server.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.stop()

    def _answer(self, request: HttpRequest) -> Response:
        self.asked.append(request)
        return Response(self._body, self._status, media_type="application/x-amz-json-1.0")


def asking(url: str | None) -> Any:
    return aws_json_client("dynamodb", region=REGION, endpoint_url=url, timeouts=TIMEOUTS)


@pytest.mark.parametrize("body", [b"<html>", b"[]", b""])
def test_a_response_that_is_no_json_object_counts_as_lost(body: bytes) -> None:
    with Answering(200, body) as server, pytest.raises(HTTPClientError):
        asking(server.url).get_item(TableName="t")


def test_an_error_without_a_body_has_its_status_as_code() -> None:
    with Answering(503, b"gone away") as server, pytest.raises(ClientError) as raised:
        asking(server.url).get_item(TableName="t")
    response: Any = raised.value.response
    assert response["Error"]["Code"] == "503"
    assert response["ResponseMetadata"]["HTTPStatusCode"] == 503


def test_a_refused_connection_is_a_connection_error() -> None:
    with Answering(200, b"{}") as server:
        url = server.url
    with pytest.raises(NotConnected):
        asking(url).get_item(TableName="t")


def test_a_session_token_is_signed_with_the_request(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SESSION_TOKEN", "a-session")
    with Answering(200, b"{}") as server:
        asking(server.url).get_item(TableName="t")
    assert server.asked[0].headers.get("X-Amz-Security-Token") == "a-session"
    assert "x-amz-security-token" in (server.asked[0].headers.get("Authorization") or "")


def test_credentials_that_only_a_session_knows_are_found_by_one(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    profile = tmp_path / "credentials"
    profile.write_text("[default]\naws_access_key_id = FROMPROFILE\naws_secret_access_key = s\n")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(profile))
    with Answering(200, b"{}") as server:
        asking(server.url).get_item(TableName="t")
    assert "FROMPROFILE" in (server.asked[0].headers.get("Authorization") or "")


def test_without_credentials_nothing_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)
    with Answering(200, b"{}") as server, pytest.raises(NoCredentialsError):
        asking(server.url).get_item(TableName="t")
    assert server.asked == []


def test_the_service_s_own_address_is_honoured(monkeypatch: pytest.MonkeyPatch) -> None:
    with Answering(200, b"{}") as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", server.url)
        asking(None).get_item(TableName="t")
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    ("region", "host"),
    [("eu-central-1", "dynamodb.eu-central-1.amazonaws.com"), ("cn-north-1", "dynamodb.cn-north-1.amazonaws.com.cn")],
)
def test_without_an_address_the_region_s_own_is_called(region: str, host: str) -> None:
    client = aws_json_client("dynamodb", region=region, endpoint_url=None, timeouts=TIMEOUTS)
    with pytest.raises(HTTPClientError, match="network: " + host):
        client.get_item(TableName="t")
