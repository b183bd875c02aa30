"""The carriers of a stage are uploaded to where the stack says, and nothing else replaces them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from bot.domain.carriers import parse_carriers
from infra.deploy import __main__ as command
from infra.deploy.carriers import OUTPUT, upload_carriers
from infra.deploy.errors import DeployError
from infra.deploy.stages import Stage
from infra.local.aws.table import read_template
from tests.aws import aws_here, worker_client

GUARDIAN = "c699414d-fd1c-4de4-86f0-66dfff2276c4"
BUCKET, RELEASE = "a-bucket-of-the-stack", "a" * 64
ADDRESS = f"s3://{BUCKET}/carriers.json"
CARRIERS = {GUARDIAN: {"name": "Guardian", "contact": "Zoë, 555-0100"}}


class Account:
    """An AWS account with a bucket; the test says how CloudFormation describes the stack."""

    def __init__(self) -> None:
        self.outputs = [{"OutputKey": OUTPUT, "OutputValue": ADDRESS}]
        worker_client("s3").create_bucket(Bucket=BUCKET)

    def client(self, service: str) -> Any:
        return self if service == "cloudformation" else worker_client(service)

    def describe_stacks(self, StackName: str) -> dict[str, Any]:
        if StackName != "switchboard-live":
            raise ClientError({"Error": {"Code": "ValidationError", "Message": "no such stack"}}, "DescribeStacks")
        parameters = [{"ParameterKey": "Release", "ParameterValue": RELEASE}]
        return {"Stacks": [{"Outputs": self.outputs, "Parameters": parameters}]}

    def put(self, text: str) -> None:
        worker_client("s3").put_object(Bucket=BUCKET, Key="carriers.json", Body=text.encode())

    def file(self) -> str | None:
        if not worker_client("s3").list_objects_v2(Bucket=BUCKET)["KeyCount"]:
            return None
        return str(worker_client("s3").get_object(Bucket=BUCKET, Key="carriers.json")["Body"].read().decode())


@pytest.fixture
def account() -> Iterator[Account]:
    with aws_here():
        yield Account()


def stage(carriers: dict[str, Any] | None, name: str = "live") -> Stage:
    return Stage(name, f"switchboard-{name}", "us-east-1", {}, carriers)


def test_the_carriers_of_the_stage_are_what_the_bot_reads(account: Account, capsys: pytest.CaptureFixture[str]) -> None:
    account.put("{")
    upload_carriers(stage(CARRIERS), account.client)

    assert parse_carriers(account.file() or "") == parse_carriers(json.dumps(CARRIERS))
    assert f"Uploaded to {ADDRESS}: 1 carriers." in capsys.readouterr().out


@pytest.mark.parametrize(("before", "after"), [(None, "{}\n"), ('{"by": "hand"}', '{"by": "hand"}')])
def test_a_stage_without_carriers_uploads_an_empty_file_only_if_there_is_none(
    account: Account, before: str | None, after: str
) -> None:
    if before is not None:
        account.put(before)
    upload_carriers(stage(None), account.client)
    assert account.file() == after


def test_a_deployment_that_nobody_confirmed_uploads_nothing(account: Account) -> None:
    upload_carriers(stage(CARRIERS), account.client, release="b" * 64)
    assert account.file() is None
    upload_carriers(stage(CARRIERS), account.client, release=RELEASE)
    assert account.file() is not None


def test_a_dry_run_uploads_nothing(account: Account) -> None:
    upload_carriers(stage(CARRIERS), account.client, dry_run=True)
    assert account.file() is None


def test_what_fails_is_said(account: Account) -> None:
    with pytest.raises(DeployError, match="the carriers were not uploaded; those in use stay: .*no such stack"):
        upload_carriers(stage(CARRIERS, "other"), account.client)
    account.outputs = []
    with pytest.raises(DeployError, match="no output CarriersFile; run make deploy STAGE=live first"):
        upload_carriers(stage(CARRIERS), account.client)
    account.outputs = [{"OutputKey": OUTPUT, "OutputValue": "s3://no-such-bucket/carriers.json"}]
    for carriers in (CARRIERS, None):
        with pytest.raises(DeployError, match="NoSuchBucket"):
            upload_carriers(stage(carriers), account.client)


def test_the_stack_has_the_output_and_the_worker_reads_the_same_object() -> None:
    template = read_template()
    address = template["Outputs"][OUTPUT]["Value"]

    notify = template["Resources"]["NotifyFunction"]["Properties"]["Environment"]["Variables"]
    assert notify["CARRIERS_FILE"] == address == {"Fn::Sub": "s3://${CarriersBucket}/carriers.json"}


def test_the_command_uploads_without_a_deployment(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["carriers", "example", "--dry-run", "1"]) == 0
    assert "upload the carriers" in capsys.readouterr().out
