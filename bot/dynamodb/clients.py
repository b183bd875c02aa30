"""AWS clients with explicit timeouts and without their own retries.

Workers use botocore's clients. The receiver uses its signer, credentials and connections, but not its client factory:
the factory loads the whole model of a service and its endpoints, which takes a third of a cold start
(docs/performance.md).
"""

from __future__ import annotations

import base64
import json
import logging
import os
import socket
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from math import inf
from typing import Any, Protocol

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials, EnvProvider
from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError, NoCredentialsError
from botocore.httpsession import URLLib3Session

from bot.errors import DeadlineExceeded
from bot.usecases.ports.runtime import TimeLeft

logger = logging.getLogger("switchboard")


@dataclass(frozen=True, slots=True)
class TimeoutPolicy:
    """Seconds: to connect, to wait for an answer, and for all attempts of one call together."""

    connect: float
    read: float
    total: float
    left: TimeLeft = lambda: inf
    """What is left of the caller's own time. No attempt starts whose answer may arrive later than that."""

    def begin(self) -> None:
        """Raises `DeadlineExceeded` if there is no time left for even one attempt."""
        if self.left() < self.read:
            raise DeadlineExceeded()


def aws_client(service: str, *, region: str, endpoint_url: str | None, timeouts: TimeoutPolicy) -> Any:
    """One attempt a call: the caller retries, since it knows what a lost answer means and how much time is left."""
    # Imported here: the session takes long to load, and a process without clients should not wait for it.
    import botocore.session
    from botocore.config import Config

    config = Config(
        connect_timeout=timeouts.connect,
        read_timeout=timeouts.read,
        retries={"total_max_attempts": 1},
        parameter_validation=False,
        tcp_keepalive=True,
    )
    session = botocore.session.Session()
    return session.create_client(service, region_name=region, endpoint_url=endpoint_url, config=config)


class LambdaClient(Protocol):
    def get_account_settings(self, **parameters: Any) -> dict[str, Any]: ...


class LambdaQuota:
    """How many functions this account may run at once, as Lambda reports it. The client is created on first use.

    https://docs.aws.amazon.com/lambda/latest/api/API_GetAccountSettings.html
    """

    def __init__(self, make_client: Callable[[], LambdaClient]) -> None:
        self._make_client = make_client

    @cached_property
    def _client(self) -> LambdaClient:
        return self._make_client()

    def unreserved(self) -> int | None:
        """The concurrency left for functions without a reservation; None if Lambda does not say."""
        from botocore.parsers import ResponseParserError

        try:
            answer = self._client.get_account_settings()
        except (ClientError, BotoCoreError, ResponseParserError) as error:
            code = error.response.get("Error", {}).get("Code") if isinstance(error, ClientError) else None
            # Only a name: the text of an unreadable answer may hold anything.
            logger.warning("the Lambda quota could not be read", extra={"reason": code or type(error).__name__})
            return None
        quota = answer.get("AccountLimit", {}).get("UnreservedConcurrentExecutions")
        return quota if isinstance(quota, int) else None


Answer = dict[str, Any]
_VERSIONS = {
    "dynamodb": "application/x-amz-json-1.0",
    "kms": "application/x-amz-json-1.1",
    "secretsmanager": "application/x-amz-json-1.1",
}
_ENVIRONMENT_NAMES = {"secretsmanager": "secrets_manager"}
"""A service's name in environment variables, if it differs."""
_MAX_CONNECTIONS = 4
_NO_DELAY = (socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
"""Without TCP_NODELAY, a body waits for the acknowledgement of its headers: some 40 ms a call."""


def aws_json_client(service: str, *, region: str, endpoint_url: str | None, timeouts: TimeoutPolicy) -> Any:
    """Replaces botocore's client for one of these services. No request is made before the first call.

    Only the calls below exist, and no FIPS or dual-stack hosts are used.
    """
    classes: dict[str, type[AwsJsonClient]] = {
        "dynamodb": DynamoJsonClient,
        "kms": KmsJsonClient,
        "secretsmanager": SecretsJsonClient,
    }
    return classes[service](service, region=region, endpoint_url=endpoint_url, timeouts=timeouts)


class AwsJsonClient:
    """Signed calls of one service. Raises the exceptions of a botocore client."""

    def __init__(self, service: str, *, region: str, endpoint_url: str | None, timeouts: TimeoutPolicy) -> None:
        self._service, self._region = service, region
        override = os.environ.get(f"AWS_ENDPOINT_URL_{_ENVIRONMENT_NAMES.get(service, service).upper()}")
        self._url = (endpoint_url or override or _host(service, region)).rstrip("/") + "/"
        self._session = URLLib3Session(
            timeout=(timeouts.connect, timeouts.read), max_pool_connections=_MAX_CONNECTIONS, socket_options=[_NO_DELAY]
        )
        self._credentials: Any = None

    def _call(self, target: str, parameters: Answer) -> Answer:
        headers = {"Content-Type": _VERSIONS[self._service], "X-Amz-Target": target}
        request = AWSRequest("POST", self._url, headers, json.dumps(parameters).encode())
        SigV4Auth(self._frozen_credentials(), self._service, self._region).add_auth(request)
        response = self._session.send(request.prepare())
        body = _json(response.content)
        if response.status_code != 200:
            raise _client_error(target.rpartition(".")[2], response.status_code, body)
        if body is None:
            raise HTTPClientError(error="the response is not JSON")
        return body

    def _frozen_credentials(self) -> Any:
        """From Lambda's environment if possible; a session is only needed for a profile or SnapStart."""
        if self._credentials is None:
            self._credentials = EnvProvider().load() or _from_a_session()
        if self._credentials is None:
            raise NoCredentialsError()
        return self._credentials.get_frozen_credentials()


class DynamoJsonClient(AwsJsonClient):
    """Implements `bot.dynamodb.table.DynamoClient`."""

    def get_item(self, **parameters: Any) -> Answer:
        return self._call("DynamoDB_20120810.GetItem", parameters)

    def batch_get_item(self, **parameters: Any) -> Answer:
        return self._call("DynamoDB_20120810.BatchGetItem", parameters)

    def query(self, **parameters: Any) -> Answer:
        return self._call("DynamoDB_20120810.Query", parameters)

    def transact_write_items(self, **parameters: Any) -> Answer:
        return self._call("DynamoDB_20120810.TransactWriteItems", parameters)


class KmsJsonClient(AwsJsonClient):
    """Implements `bot.dynamodb.encryption.KmsClient`; this protocol sends bytes as base64."""

    def encrypt(self, *, Plaintext: bytes, **parameters: Any) -> Answer:
        encoded = parameters | {"Plaintext": base64.b64encode(Plaintext).decode()}
        answer = self._call("TrentService.Encrypt", encoded)
        return answer | {"CiphertextBlob": base64.b64decode(answer["CiphertextBlob"])}

    def decrypt(self, *, CiphertextBlob: bytes, **parameters: Any) -> Answer:
        encoded = parameters | {"CiphertextBlob": base64.b64encode(CiphertextBlob).decode()}
        answer = self._call("TrentService.Decrypt", encoded)
        return answer | {"Plaintext": base64.b64decode(answer["Plaintext"])}


class SecretsJsonClient(AwsJsonClient):
    """Implements `bot.secrets.SecretsClient`."""

    def get_secret_value(self, **parameters: Any) -> Answer:
        return self._call("secretsmanager.GetSecretValue", parameters)


def _host(service: str, region: str) -> str:
    suffix = "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"
    return f"https://{service}.{region}.{suffix}"


def _from_a_session() -> Credentials | None:
    import botocore.session

    credentials: Credentials | None = botocore.session.Session().get_credentials()
    return credentials


def _json(content: bytes) -> Answer | None:
    try:
        body = json.loads(content)
    except ValueError:
        return None
    return body if isinstance(body, dict) else None


def _client_error(operation: str, status: int, body: Answer | None) -> ClientError:
    """As botocore's parser returns it: the error code without its namespace, and the cancellation reasons."""
    details = body or {}
    error = {
        "Code": str(details.get("__type", status)).rpartition("#")[2],
        "Message": str(details.get("message") or details.get("Message") or ""),
    }
    response: Any = {"Error": error, "ResponseMetadata": {"HTTPStatusCode": status}}
    if isinstance(details.get("CancellationReasons"), list):
        response["CancellationReasons"] = details["CancellationReasons"]
    return ClientError(response, operation)
