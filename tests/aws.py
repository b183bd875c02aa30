"""For tests: fakes of AWS services in this process; expensive objects are created once."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from types import SimpleNamespace
from typing import Any

from botocore.awsrequest import AWSResponse
from moto import mock_aws
from moto.core import DEFAULT_ACCOUNT_ID as ACCOUNT
from moto.kms.models import Key, kms_backends

from bot.dynamodb import WORKER
from bot.dynamodb.clients import aws_client
from tests.aws_calls import listen_to
from tests.aws_in_process import answer_in_process

REGION = "us-east-1"


UNRESERVED: dict[str, int] = {"UnreservedConcurrentExecutions": 1000}
"""The concurrency quota that Lambda reports; moto does not implement it."""


@cache
def worker_client(service: str) -> Any:
    client = listen_to(aws_client(service, region=REGION, endpoint_url=None, timeouts=WORKER))
    client.meta.events.register_first("before-send.lambda.GetAccountSettings", _account)
    return answer_in_process(client) if service == "dynamodb" else client


def _account(request: Any, **_: Any) -> AWSResponse:
    body = io.BytesIO(json.dumps({"AccountLimit": UNRESERVED}).encode())
    return AWSResponse(request.url, 200, {}, SimpleNamespace(stream=lambda **_: iter([body.read()])))


@contextmanager
def aws_here() -> Iterator[str]:
    """An empty AWS account with one KMS key. Yields the id of the key."""
    with mock_aws():
        key = _key()
        kms_backends[ACCOUNT][REGION].keys[key.id] = key
        yield key.id


@cache
def _key() -> Key:
    """Cached, because moto generates an RSA key pair for each key."""
    key_id = worker_client("kms").create_key()["KeyMetadata"]["KeyId"]
    return kms_backends[ACCOUNT][REGION].keys[key_id]
