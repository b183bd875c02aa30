"""The DynamoDB table: its repositories, and the encryption of sensitive fields."""

from __future__ import annotations

from dataclasses import dataclass

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


def repositories_on(
    client: DynamoClient, table: str, timeouts: TimeoutPolicy = WORKER, timing: RetryTiming | None = None
) -> Repositories:
    """Nothing is read or checked before the first use."""
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


__all__ = [
    "RECEIVER",
    "WORKER",
    "KmsEncryptor",
    "RetryTiming",
    "TimeoutPolicy",
    "Repositories",
    "Table",
    "aws_client",
    "repositories_on",
]
