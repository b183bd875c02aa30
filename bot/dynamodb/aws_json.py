"""AWS's JSON protocol spoken with botocore's signer, credentials and connections, without its client factory.

The factory reads the whole model of a service and its endpoints, which is a third of what a person waits for after a
quiet night (docs/performance.md). What differs for the caller: only the calls below, and no FIPS or dual-stack hosts.
"""

from __future__ import annotations

import base64
import json
import os
import socket
from collections.abc import Callable
from typing import Any

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials, EnvProvider
from botocore.exceptions import ClientError, HTTPClientError, NoCredentialsError
from botocore.httpsession import URLLib3Session

from bot.dynamodb.timeouts import TimeoutPolicy

Answer = dict[str, Any]
_VERSIONS = {
    "dynamodb": "application/x-amz-json-1.0",
    "kms": "application/x-amz-json-1.1",
    "secretsmanager": "application/x-amz-json-1.1",
}
_WRITTEN = {"secretsmanager": "secrets_manager"}
"""How botocore writes a service's name in a variable, where that is another."""
_MOST_CONNECTIONS = 4
_AT_ONCE = (socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
"""Without it a body waits for the acknowledgement of its headers: some 40 ms a call."""


def aws_json_client(service: str, *, region: str, endpoint_url: str | None, timeouts: TimeoutPolicy) -> Any:
    """In the place of botocore's client for one of these services; nothing is asked before the first call."""
    made: dict[str, Callable[[AwsJsonClient], Any]] = {
        "dynamodb": DynamoJsonClient,
        "kms": KmsJsonClient,
        "secretsmanager": SecretsJsonClient,
    }
    return made[service](AwsJsonClient(service, region=region, endpoint_url=endpoint_url, timeouts=timeouts))


class AwsJsonClient:
    """Signed calls of one service; raises what a botocore client raises."""

    def __init__(
        self, service: str, *, region: str, endpoint_url: str | None, timeouts: TimeoutPolicy
    ) -> None:
        self._service, self._region = service, region
        # As botocore honours it.
        named = os.environ.get(f"AWS_ENDPOINT_URL_{_WRITTEN.get(service, service).upper()}")
        self._url = (endpoint_url or named or _host(service, region)).rstrip("/") + "/"
        self._session = URLLib3Session(
            timeout=(timeouts.connect, timeouts.read),
            max_pool_connections=_MOST_CONNECTIONS,
            socket_options=[_AT_ONCE],
        )
        self._credentials: Any = None

    def call(self, target: str, parameters: Answer) -> Answer:
        headers = {"Content-Type": _VERSIONS[self._service], "X-Amz-Target": target}
        request = AWSRequest("POST", self._url, headers, json.dumps(parameters).encode())
        SigV4Auth(self._signing_with(), self._service, self._region).add_auth(request)
        response = self._session.send(request.prepare())
        body = _json(response.content)
        if response.status_code != 200:
            raise _refused(target.rpartition(".")[2], response.status_code, body)
        if body is None:
            raise HTTPClientError(error="an answer that is no JSON")
        return body

    def _signing_with(self) -> Any:
        """Lambda's environment first; a whole session only where nothing is there, as with SnapStart or a profile."""
        if self._credentials is None:
            self._credentials = EnvProvider().load() or _from_a_session()
        if self._credentials is None:
            raise NoCredentialsError()
        return self._credentials.get_frozen_credentials()


class DynamoJsonClient:
    """`bot.dynamodb.table.DynamoClient`."""

    def __init__(self, wire: AwsJsonClient) -> None:
        self._wire = wire

    def get_item(self, **parameters: Any) -> Answer:
        return self._wire.call("DynamoDB_20120810.GetItem", parameters)

    def batch_get_item(self, **parameters: Any) -> Answer:
        return self._wire.call("DynamoDB_20120810.BatchGetItem", parameters)

    def query(self, **parameters: Any) -> Answer:
        return self._wire.call("DynamoDB_20120810.Query", parameters)

    def transact_write_items(self, **parameters: Any) -> Answer:
        return self._wire.call("DynamoDB_20120810.TransactWriteItems", parameters)


class KmsJsonClient:
    """`bot.dynamodb.encryption.KmsClient`; in this protocol bytes travel as base64."""

    def __init__(self, wire: AwsJsonClient) -> None:
        self._wire = wire

    def encrypt(self, *, Plaintext: bytes, **parameters: Any) -> Answer:
        sent = parameters | {"Plaintext": base64.b64encode(Plaintext).decode()}
        answer = self._wire.call("TrentService.Encrypt", sent)
        return answer | {"CiphertextBlob": base64.b64decode(answer["CiphertextBlob"])}

    def decrypt(self, *, CiphertextBlob: bytes, **parameters: Any) -> Answer:
        sent = parameters | {"CiphertextBlob": base64.b64encode(CiphertextBlob).decode()}
        answer = self._wire.call("TrentService.Decrypt", sent)
        return answer | {"Plaintext": base64.b64decode(answer["Plaintext"])}


class SecretsJsonClient:
    """`bot.secrets.SecretsClient`."""

    def __init__(self, wire: AwsJsonClient) -> None:
        self._wire = wire

    def get_secret_value(self, **parameters: Any) -> Answer:
        return self._wire.call("secretsmanager.GetSecretValue", parameters)


def _host(service: str, region: str) -> str:
    suffix = "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"
    return f"https://{service}.{region}.{suffix}"


def _from_a_session() -> Credentials | None:
    import botocore.session

    found: Credentials | None = botocore.session.Session().get_credentials()
    return found


def _json(content: bytes) -> Answer | None:
    try:
        body = json.loads(content)
    except ValueError:
        return None
    return body if isinstance(body, dict) else None


def _refused(operation: str, status: int, body: Answer | None) -> ClientError:
    """As botocore's parser would give it: the code without its namespace, and why each part was cancelled."""
    held = body or {}
    error = {
        "Code": str(held.get("__type", status)).rpartition("#")[2],
        "Message": str(held.get("message") or held.get("Message") or ""),
    }
    response: Any = {"Error": error, "ResponseMetadata": {"HTTPStatusCode": status}}
    if isinstance(held.get("CancellationReasons"), list):
        response["CancellationReasons"] = held["CancellationReasons"]
    return ClientError(response, operation)
