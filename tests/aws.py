"""For tests: AWS's engines in this process, with what is dear to make made once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from moto import mock_aws
from moto.core import DEFAULT_ACCOUNT_ID as ACCOUNT
from moto.kms.models import Key, kms_backends

from bot.store import WORKER
from bot.store.clients import aws_client
from bot.store.patience import Patience
from tests.aws_calls import listen_to

REGION = "us-east-1"


@cache
def worker_client(service: str) -> Any:
    return listen_to(aws_client(service, region=REGION, endpoint_url=None, patience=WORKER))


def same_client(service: str, *, region: str, endpoint_url: str | None, patience: Patience) -> Any:
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
