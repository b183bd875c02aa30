"""infra/deploy: what outlives a stack: its table, its key, its secrets; and how they go where somebody wants that."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

GRACE_DAYS = 30
"""For so long a key and a secret can be called back; a table's last backup is kept by AWS for 35 days."""
TABLE, KEY, SECRET = "AWS::DynamoDB::Table", "AWS::KMS::Key", "AWS::SecretsManager::Secret"
SERVICES = {TABLE: "dynamodb", KEY: "kms", SECRET: "secretsmanager"}


@dataclass(frozen=True, slots=True)
class Kept:
    """`name` is the template's, `id` AWS's."""

    kind: str
    name: str
    id: str

    def __str__(self) -> str:
        return f"{self.name}: {self.id}"


def kept_by(resources: Iterable[Mapping[str, Any]]) -> list[Kept]:
    """Out of what CloudFormation tells of a stack's resources (DescribeStackResources)."""
    return [
        Kept(one["ResourceType"], one["LogicalResourceId"], one["PhysicalResourceId"])
        for one in resources
        if one["ResourceType"] in SERVICES and one.get("PhysicalResourceId")
    ]


def remove(kept: Kept, client: Callable[[str], Any]) -> None:
    """`client` makes a botocore client of a service. A key and a secret can be called back for a month."""
    aws = client(SERVICES[kept.kind])
    if kept.kind == TABLE:
        aws.update_table(TableName=kept.id, DeletionProtectionEnabled=False)
        aws.delete_table(TableName=kept.id)
    elif kept.kind == KEY:
        aws.schedule_key_deletion(KeyId=kept.id, PendingWindowInDays=GRACE_DAYS)
    else:
        aws.delete_secret(SecretId=kept.id, RecoveryWindowInDays=GRACE_DAYS)
