import copy
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from botocore.exceptions import ClientError
from moto.core import DEFAULT_ACCOUNT_ID as ACCOUNT
from moto.kms.models import kms_backends

from infra.deploy.destroy import Aws, destroy
from infra.deploy.errors import DeployError
from infra.deploy.stages import Stage
from infra.local.aws.table import create_table
from tests.aws import REGION, aws_here, worker_client

LIVE = Stage("live", "switchboard-live", "us-east-1", {}, {})
EVERYTHING = {"table", "key", "secret", "carriers"}
DELETE = ["sam", "delete"]


@dataclass
class Account:
    """An AWS account with a table, a key, a secret and carriers; `stack` is CloudFormation's description of them."""

    stack: list[dict[str, Any]]
    typed: str = ""
    commands: list[tuple[list[str], bool]] = field(default_factory=list)

    def client(self, service: str) -> Any:
        if service == "cloudformation":
            return self
        return worker_client(service)

    def describe_stack_resources(self, StackName: str) -> dict[str, Any]:
        if StackName != LIVE.stack:
            raise ClientError({"Error": {"Code": "ValidationError", "Message": "no such stack"}}, "Describe")
        return {"StackResources": self.stack}

    def run(self, command: list[str], *, dry_run: bool) -> None:
        assert self.existing() == EVERYTHING, "the data is deleted after the stack"
        self.commands.append((command, dry_run))

    def destroy(self, typed: str, *, data: bool = False, dry_run: bool = False, stage: Stage = LIVE) -> None:
        aws = Aws(prompt=lambda _: typed, run=self.run, client=self.client)
        destroy(stage, delete=DELETE, data=data, dry_run=dry_run, aws=aws)

    def existing(self) -> set[str]:
        _, table, key, secret, bucket = (resource["PhysicalResourceId"] for resource in self.stack)
        key_state = self.client("kms").describe_key(KeyId=key)["KeyMetadata"]["KeyState"]
        secret_description = self.client("secretsmanager").describe_secret(SecretId=secret)
        return {
            name
            for name, exists in {
                "table": table in self.client("dynamodb").list_tables()["TableNames"],
                "key": key_state == "Enabled",
                "secret": "DeletedDate" not in secret_description,
                "carriers": bucket in [each["Name"] for each in self.client("s3").list_buckets()["Buckets"]],
            }.items()
            if exists
        }


@pytest.fixture
def account() -> Iterator[Account]:
    with aws_here() as key:
        account = Account([])
        keys = kms_backends[ACCOUNT][REGION].keys
        keys[key] = copy.copy(keys[key])  # Its deletion must not reach other tests.
        create_table(account.client("dynamodb"), name="retained")
        account.client("dynamodb").update_table(TableName="retained", DeletionProtectionEnabled=True)
        account.client("s3").create_bucket(Bucket="retained")
        account.client("s3").put_object(Bucket="retained", Key="carriers.json", Body=b"{}")
        secret = account.client("secretsmanager").create_secret(Name="retained", SecretString="{}")["ARN"]
        for kind, name, physical in [
            ("AWS::Lambda::Function", "PollFunction", "poll"),
            ("AWS::DynamoDB::Table", "Table", "retained"),
            ("AWS::KMS::Key", "Key", key),
            ("AWS::SecretsManager::Secret", "SecretSlackBot", secret),
            ("AWS::S3::Bucket", "CarriersBucket", "retained"),
        ]:
            account.stack.append({"ResourceType": kind, "LogicalResourceId": name, "PhysicalResourceId": physical})
        yield account


def test_the_stack_is_deleted_and_its_retained_resources_are_listed(
    account: Account, capsys: pytest.CaptureFixture[str]
) -> None:
    account.destroy("switchboard-live")

    assert account.commands == [(DELETE, False)]
    assert account.existing() == EVERYTHING
    output = capsys.readouterr().out
    listed = ("Table: retained", "Key: ", "SecretSlackBot: arn:", "CarriersBucket: retained")
    assert all(line in output for line in listed)
    assert "PollFunction" not in output


@pytest.mark.parametrize("typed", ["", "yes", "delete the data of switchboard-live"])
def test_nothing_is_deleted_after_another_answer(account: Account, typed: str) -> None:
    with pytest.raises(DeployError, match=r"nothing was changed"):
        account.destroy(typed)
    assert account.commands == []


def test_the_name_of_the_stack_does_not_confirm_the_deletion_of_its_data(account: Account) -> None:
    with pytest.raises(DeployError, match=r"nothing was changed"):
        account.destroy("switchboard-live", data=True)
    assert (account.commands, account.existing()) == ([], EVERYTHING)


def test_the_data_is_deleted_after_the_full_phrase(account: Account) -> None:
    account.destroy("delete the data of switchboard-live", data=True)

    assert account.commands == [(DELETE, False)]
    assert account.existing() == set()


def test_the_resources_of_a_failed_first_deployment_are_deleted_too(account: Account) -> None:
    """CloudFormation still lists resources that it skipped, and, without an id, those that it never created."""
    for resource in account.stack:
        resource["ResourceStatus"] = "DELETE_SKIPPED"
    for without_id in ({}, {"PhysicalResourceId": ""}):
        never_created = {"ResourceType": "AWS::SecretsManager::Secret", "LogicalResourceId": "SecretNoyoClient"}
        account.stack.append(never_created | without_id)
    account.run = lambda command, *, dry_run: account.commands.append((command, dry_run))  # type: ignore[method-assign]
    account.destroy("delete the data of switchboard-live", data=True)

    del account.stack[5:]
    assert account.existing() == set()


def test_a_failed_deletion_is_reported_and_the_others_are_done(account: Account) -> None:
    account.stack[1]["PhysicalResourceId"] = "missing"
    account.run = lambda command, *, dry_run: account.commands.append((command, dry_run))  # type: ignore[method-assign]

    with pytest.raises(DeployError, match=r"delete these by hand:\n  Table: missing"):
        account.destroy("delete the data of switchboard-live", data=True)
    account.stack[1]["PhysicalResourceId"] = "retained"
    assert account.existing() == {"table"}


def test_a_dry_run_asks_nothing_and_changes_nothing(account: Account) -> None:
    account.destroy("", data=True, dry_run=True)

    assert account.commands == [(DELETE, True)]
    assert account.existing() == EVERYTHING


def test_a_missing_stack_is_reported_and_nothing_runs(account: Account) -> None:
    other = Stage("test", "switchboard-test", "us-east-1", {}, {})
    with pytest.raises(DeployError, match=r"switchboard-test cannot be read in us-east-1: .*no such stack"):
        account.destroy("switchboard-test", stage=other)
    assert account.commands == []
