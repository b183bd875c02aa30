"""The resources that outlive a stack (its table, key, secrets and carriers), and how to delete them."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

RECOVERY_DAYS = 30
"""How long a deleted key or secret can be restored; AWS keeps the last backup of a table for 35 days."""
CARRIERS_FILE = "carriers.json"
"""All that the bucket contains."""
TABLE, KEY, SECRET = "AWS::DynamoDB::Table", "AWS::KMS::Key", "AWS::SecretsManager::Secret"
BUCKET = "AWS::S3::Bucket"
SERVICES = {TABLE: "dynamodb", KEY: "kms", SECRET: "secretsmanager", BUCKET: "s3"}


@dataclass(frozen=True, slots=True)
class Retained:
    """`name` is the logical id in the template, `id` the physical id."""

    kind: str
    name: str
    id: str

    def __str__(self) -> str:
        return f"{self.name}: {self.id}"


def retained_by(resources: Iterable[Mapping[str, Any]]) -> list[Retained]:
    """`resources` as CloudFormation describes them (DescribeStackResources)."""
    return [
        Retained(resource["ResourceType"], resource["LogicalResourceId"], resource["PhysicalResourceId"])
        for resource in resources
        if resource["ResourceType"] in SERVICES and resource.get("PhysicalResourceId")
    ]


def delete_resource(resource: Retained, client: Callable[[str], Any]) -> None:
    """`client` creates a botocore client for a service."""
    aws = client(SERVICES[resource.kind])
    if resource.kind == TABLE:
        aws.update_table(TableName=resource.id, DeletionProtectionEnabled=False)
        aws.delete_table(TableName=resource.id)
    elif resource.kind == KEY:
        aws.schedule_key_deletion(KeyId=resource.id, PendingWindowInDays=RECOVERY_DAYS)
    elif resource.kind == BUCKET:
        aws.delete_object(Bucket=resource.id, Key=CARRIERS_FILE)
        aws.delete_bucket(Bucket=resource.id)
    else:
        aws.delete_secret(SecretId=resource.id, RecoveryWindowInDays=RECOVERY_DAYS)
