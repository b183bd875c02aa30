"""The DynamoDB table: its repositories, and the encryption of sensitive fields."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from bot import policies
from bot.dynamodb.clients import TimeoutPolicy, aws_client
from bot.dynamodb.encryption import KmsEncryptor
from bot.dynamodb.repositories.admin import (
    DynamoAuditRepository,
    DynamoGrantRepository,
    DynamoHealthRepository,
    DynamoPauseRepository,
    DynamoPeopleRepository,
)
from bot.dynamodb.repositories.notifications import DynamoMessageRepository, DynamoOutboxRepository
from bot.dynamodb.repositories.operations import DynamoOperationRepository
from bot.dynamodb.repositories.records import DynamoPollingRepository, DynamoRecordRepository
from bot.dynamodb.table import DynamoClient, RetryTiming, Table

RECEIVER = TimeoutPolicy(
    connect=policies.AWS_RECEIVER_CONNECT_SECONDS,
    read=policies.AWS_RECEIVER_READ_SECONDS,
    total=policies.AWS_RECEIVER_TOTAL_SECONDS,
)
"""Slack waits three seconds, including a cold start."""
WORKER = TimeoutPolicy(
    connect=policies.AWS_WORKER_CONNECT_SECONDS,
    read=policies.AWS_WORKER_READ_SECONDS,
    total=policies.AWS_WORKER_TOTAL_SECONDS,
)


@dataclass(frozen=True, slots=True)
class Repositories:
    """All repositories of one table."""

    records: DynamoRecordRepository
    operations: DynamoOperationRepository
    outbox: DynamoOutboxRepository
    messages: DynamoMessageRepository
    people: DynamoPeopleRepository
    polling: DynamoPollingRepository
    audit: DynamoAuditRepository
    grants: DynamoGrantRepository
    pauses: DynamoPauseRepository
    health: DynamoHealthRepository


class ClientFactory(Protocol):
    """`aws_client` (botocore's own), or `aws_json_client`, which loads faster."""

    def __call__(self, service: str, *, region: str, endpoint_url: str | None, timeouts: TimeoutPolicy) -> Any: ...


def open_repositories(
    *,
    table: str,
    region: str,
    endpoint_url: str | None = None,
    timeouts: TimeoutPolicy = WORKER,
    make_client: ClientFactory = aws_client,
) -> Repositories:
    """Creates the client; nothing is read or checked before the first use."""
    client = make_client("dynamodb", region=region, endpoint_url=endpoint_url, timeouts=timeouts)
    return repositories_on(client, table, timeouts)


def repositories_on(
    client: DynamoClient, table: str, timeouts: TimeoutPolicy = WORKER, timing: RetryTiming | None = None
) -> Repositories:
    opened = Table(client, table, timeouts, timing or RetryTiming())
    return Repositories(
        records=DynamoRecordRepository(opened),
        operations=DynamoOperationRepository(opened),
        outbox=DynamoOutboxRepository(opened),
        messages=DynamoMessageRepository(opened),
        people=DynamoPeopleRepository(opened),
        polling=DynamoPollingRepository(opened),
        audit=DynamoAuditRepository(opened),
        grants=DynamoGrantRepository(opened),
        pauses=DynamoPauseRepository(opened),
        health=DynamoHealthRepository(opened),
    )


def open_encryptor(
    *,
    key_id: str,
    region: str,
    endpoint_url: str | None = None,
    timeouts: TimeoutPolicy = WORKER,
    make_client: ClientFactory = aws_client,
) -> KmsEncryptor:
    """Its client is created when something is encrypted first."""
    return KmsEncryptor(
        lambda: make_client("kms", region=region, endpoint_url=endpoint_url, timeouts=timeouts), key_id, timeouts.begin
    )


__all__ = [
    "RECEIVER",
    "WORKER",
    "KmsEncryptor",
    "ClientFactory",
    "RetryTiming",
    "TimeoutPolicy",
    "Repositories",
    "Table",
    "aws_client",
    "open_encryptor",
    "open_repositories",
    "repositories_on",
]
