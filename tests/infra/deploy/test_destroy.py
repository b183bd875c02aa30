from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import botocore.session
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from infra.deploy.destroy import Aws, destroy
from infra.deploy.errors import NotDone
from infra.deploy.stages import Stage
from infra.local.table import create_table

LIVE = Stage("live", "switchboard-live", "us-east-1", {}, {})
DELETE = ["sam", "delete"]


@dataclass
class Account:
    """An AWS with a table, a key and a secret; `stack` is what CloudFormation tells of them."""

    stack: list[dict[str, Any]]
    typed: str = ""
    ran: list[tuple[list[str], bool]] = field(default_factory=list)

    def client(self, service: str) -> Any:
        if service == "cloudformation":
            return self
        return botocore.session.Session().create_client(service, region_name="us-east-1")

    def describe_stack_resources(self, StackName: str) -> dict[str, Any]:
        if StackName != LIVE.stack:
            raise ClientError({"Error": {"Code": "ValidationError", "Message": "no such stack"}}, "Describe")
        return {"StackResources": self.stack}

    def run(self, command: list[str], *, only_shown: bool) -> None:
        assert self.there() == {"table", "key", "secret"}, "the stack goes before anything that it writes to"
        self.ran.append((command, only_shown))

    def destroys(self, typed: str, *, data: bool = False, dry: bool = False, stage: Stage = LIVE) -> None:
        aws = Aws(ask=lambda _: typed, run=self.run, client=self.client)
        destroy(stage, delete=DELETE, data=data, dry=dry, aws=aws)

    def there(self) -> set[str]:
        _, table, key, secret = (one["PhysicalResourceId"] for one in self.stack)
        key_state = self.client("kms").describe_key(KeyId=key)["KeyMetadata"]["KeyState"]
        secret_told = self.client("secretsmanager").describe_secret(SecretId=secret)
        return {
            name
            for name, is_there in {
                "table": table in self.client("dynamodb").list_tables()["TableNames"],
                "key": key_state == "Enabled",
                "secret": "DeletedDate" not in secret_told,
            }.items()
            if is_there
        }


@pytest.fixture
def account() -> Iterator[Account]:
    with mock_aws():
        account = Account([])
        create_table(account.client("dynamodb"), name="kept")
        account.client("dynamodb").update_table(TableName="kept", DeletionProtectionEnabled=True)
        key = account.client("kms").create_key()["KeyMetadata"]["KeyId"]
        secret = account.client("secretsmanager").create_secret(Name="kept", SecretString="{}")["ARN"]
        for kind, name, physical in [
            ("AWS::Lambda::Function", "PollFunction", "poll"),
            ("AWS::DynamoDB::Table", "Table", "kept"),
            ("AWS::KMS::Key", "Key", key),
            ("AWS::SecretsManager::Secret", "SecretSlackBot", secret),
        ]:
            account.stack.append(
                {"ResourceType": kind, "LogicalResourceId": name, "PhysicalResourceId": physical}
            )
        yield account


def test_the_stack_goes_and_what_it_kept_stays_and_is_named(
    account: Account, capsys: pytest.CaptureFixture[str]
) -> None:
    account.destroys("switchboard-live")

    assert account.ran == [(DELETE, False)]
    assert account.there() == {"table", "key", "secret"}
    told = capsys.readouterr().out
    assert all(kept in told for kept in ("Table: kept", "Key: ", "SecretSlackBot: arn:"))
    assert "PollFunction" not in told


@pytest.mark.parametrize("typed", ["", "yes", "delete the data of switchboard-live"])
def test_whoever_types_anything_else_destroys_nothing(account: Account, typed: str) -> None:
    with pytest.raises(NotDone, match=r"nothing was done"):
        account.destroys(typed)
    assert account.ran == []


def test_to_name_the_stack_is_not_enough_for_its_data(account: Account) -> None:
    with pytest.raises(NotDone, match=r"nothing was done"):
        account.destroys("switchboard-live", data=True)
    assert (account.ran, account.there()) == ([], {"table", "key", "secret"})


def test_the_data_goes_where_that_was_typed_in_full(account: Account) -> None:
    account.destroys("delete the data of switchboard-live", data=True)

    assert account.ran == [(DELETE, False)]
    assert account.there() == set()


def test_what_a_first_deployment_that_failed_left_goes_too(account: Account) -> None:
    """CloudFormation goes on telling of what it skipped, and of what was never made, which has no id."""
    for one in account.stack:
        one["ResourceStatus"] = "DELETE_SKIPPED"
    for of_none in ({}, {"PhysicalResourceId": ""}):
        never = {"ResourceType": "AWS::SecretsManager::Secret", "LogicalResourceId": "SecretNoyoClient"}
        account.stack.append(never | of_none)
    account.run = lambda command, *, only_shown: account.ran.append((command, only_shown))  # type: ignore[method-assign]
    account.destroys("delete the data of switchboard-live", data=True)

    del account.stack[4:]
    assert account.there() == set()


def test_what_cannot_go_is_named_and_the_rest_goes(account: Account) -> None:
    account.stack[1]["PhysicalResourceId"] = "kept-elsewhere"
    account.run = lambda command, *, only_shown: account.ran.append((command, only_shown))  # type: ignore[method-assign]

    with pytest.raises(NotDone, match=r"by hand has still to go:\n  Table: kept-elsewhere"):
        account.destroys("delete the data of switchboard-live", data=True)
    account.stack[1]["PhysicalResourceId"] = "kept"
    assert account.there() == {"table"}


def test_a_dry_run_asks_nobody_and_touches_nothing(account: Account) -> None:
    account.destroys("", data=True, dry=True)

    assert account.ran == [(DELETE, True)]
    assert account.there() == {"table", "key", "secret"}


def test_a_stack_that_is_not_there_is_said_and_nothing_is_run(account: Account) -> None:
    other = Stage("test", "switchboard-test", "us-east-1", {}, {})
    with pytest.raises(NotDone, match=r"switchboard-test cannot be read in us-east-1: .*no such stack"):
        account.destroys("switchboard-test", stage=other)
    assert account.ran == []
