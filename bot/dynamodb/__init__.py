"""The DynamoDB table: its repositories, and the encryption of sensitive fields."""

from __future__ import annotations

from bot import policies
from bot.dynamodb.clients import TimeoutPolicy, aws_client
from bot.dynamodb.encryption import KmsEncryptor
from bot.dynamodb.repositories.admin import (
    DynamoAbsenceRepository,
    DynamoAuditRepository,
    DynamoCarriersRepository,
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


class Repositories:
    """All repositories of one table."""

    def __init__(self, table: Table) -> None:
        self.records = DynamoRecordRepository(table)
        self.operations = DynamoOperationRepository(table)
        self.outbox = DynamoOutboxRepository(table)
        self.messages = DynamoMessageRepository(table)
        self.people = DynamoPeopleRepository(table)
        self.polling = DynamoPollingRepository(table)
        self.audit = DynamoAuditRepository(table)
        self.grants = DynamoGrantRepository(table)
        self.pauses = DynamoPauseRepository(table)
        self.carriers = DynamoCarriersRepository(table)
        self.absences = DynamoAbsenceRepository(table)
        self.health = DynamoHealthRepository(table)


def repositories_on(
    client: DynamoClient, table: str, timeouts: TimeoutPolicy = WORKER, timing: RetryTiming | None = None
) -> Repositories:
    """Nothing is read or checked before the first use."""
    return Repositories(Table(client, table, timeouts, timing or RetryTiming()))


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
