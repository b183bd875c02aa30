"""For tests: AWS's engines in this process, with what is dear to make made once."""

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
from bot.dynamodb.timeouts import TimeoutPolicy
from tests.aws_calls import listen_to

REGION = "us-east-1"


UNRESERVED: dict[str, int] = {"UnreservedConcurrentExecutions": 1000}
"""What Lambda tells of how many functions may run at once: moto knows nothing of it."""


@cache
def worker_client(service: str) -> Any:
    client = listen_to(aws_client(service, region=REGION, endpoint_url=None, timeouts=WORKER))
    client.meta.events.register_first("before-send.lambda.GetAccountSettings", _account)
    return client


def _account(request: Any, **_: Any) -> AWSResponse:
    body = io.BytesIO(json.dumps({"AccountLimit": UNRESERVED}).encode())
    return AWSResponse(request.url, 200, {}, SimpleNamespace(stream=lambda **_: iter([body.read()])))


def same_client(service: str, *, region: str, endpoint_url: str | None, timeouts: TimeoutPolicy) -> Any:
    """In place of `aws_client`: no call to an engine in this process takes so long that patience counts."""
    assert (region, endpoint_url) == (REGION, None)
    return worker_client(service)


@contextmanager
def aws_here() -> Iterator[str]:
    """An AWS with nothing in it but a key, whose id this is."""
    with mock_aws():
        key = _key()
        kms_backends[ACCOUNT][REGION].keys[key.id] = key
        yield key.id


@cache
def _key() -> Key:
    """Moto makes a pair of RSA keys for each."""
    made = worker_client("kms").create_key()["KeyMetadata"]["KeyId"]
    return kms_backends[ACCOUNT][REGION].keys[made]
