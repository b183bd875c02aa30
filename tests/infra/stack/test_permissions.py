"""What a role allows and what a function calls are told in the same words, so that neither can be more."""

import json
from pathlib import Path
from typing import Any

import pytest

from infra.stack.__main__ import PAGE, main, with_table
from infra.stack.permissions import Permission, allowed, called, kind_of, never_called
from infra.stack.table import table
from tests import aws_calls
from tests.aws import REGION, aws_here, worker_client
from tests.aws_calls import acting

S = {"S": "STATE"}


def key(pk: str) -> dict[str, Any]:
    return {"pk": {"S": pk}, "sk": S}


@pytest.mark.parametrize(
    ("operation", "parameters", "asked"),
    [
        ("GetItem", {"Key": key("OPERATION#V1")}, {("GetItem", "Table", "OPERATION#*")}),
        (
            "BatchGetItem",
            {"RequestItems": {"t": {"Keys": [key("MEMBERS#S1"), key("USER#U1")]}}},
            {("BatchGetItem", "Table", "MEMBERS#*"), ("BatchGetItem", "Table", "USER#*")},
        ),
        (
            "Query",
            {
                "IndexName": "due",
                "KeyConditionExpression": "due_kind = :kind AND due <= :now",
                "ExpressionAttributeValues": {":now": {"N": "1"}, ":kind": {"S": "NEWS"}},
            },
            {("Query", "Table/index/due", "NEWS")},
        ),
        (
            "Query",
            {"KeyConditionExpression": "pk = :pk", "ExpressionAttributeValues": {":pk": {"S": "AUDIT#a#b"}}},
            {("Query", "Table", "AUDIT#*")},
        ),
        (
            "TransactWriteItems",
            {
                "TransactItems": [
                    {"Put": {"Item": key("OPERATION#V1") | {"x": S}}},
                    {"Update": {"Key": key("NEWS#1")}},
                    {"Delete": {"Key": key("LOCK#1")}},
                    {"ConditionCheck": {"Key": key("CONNECTION#1")}},
                ]
            },
            {
                ("PutItem", "Table", "OPERATION#*"),
                ("UpdateItem", "Table", "NEWS#*"),
                ("DeleteItem", "Table", "LOCK#*"),
                ("ConditionCheckItem", "Table", "CONNECTION#*"),
            },
        ),
    ],
)
def test_each_part_of_a_call_is_judged_by_itself(
    operation: str, parameters: dict[str, Any], asked: set[tuple[str, str, str]]
) -> None:
    wanted = {Permission(f"dynamodb:{action}", resource, keys) for action, resource, keys in asked}

    assert set(called("dynamodb", operation, parameters)) == wanted


def test_with_a_conditional_write_comes_the_right_to_look_for_it() -> None:
    parts = [
        {"ConditionCheck": {"Key": key("CONNECTION#1"), "ConditionExpression": "…"}},
        {"Put": {"Item": key("PARKED#1")}},
        {"Put": {"Item": key("NEWS#1")}},
    ]

    assert Permission("dynamodb:GetItem", "Table", "PARKED#*") in set(
        called("dynamodb", "TransactWriteItems", {"TransactItems": parts})
    )
    assert Permission("dynamodb:GetItem", "Table", "NEWS#*") not in set(
        called("dynamodb", "TransactWriteItems", {"TransactItems": parts})
    )
    assert list(called("dynamodb", "TransactWriteItems", {"TransactItems": parts[1:2]})) == [
        Permission("dynamodb:PutItem", "Table", "PARKED#*")
    ]


def test_a_query_that_does_not_begin_with_its_partition_key_is_not_guessed_at() -> None:
    with pytest.raises(ValueError, match="no partition key"):
        list(called("dynamodb", "Query", {"KeyConditionExpression": "begins_with(sk, :sk)"}))


def test_a_secret_is_told_by_what_it_is_for() -> None:
    arn = "arn:aws:secretsmanager:us-east-1:123456789012:secret:SECRET_SLACK_BOT-7-aBcDeF"

    assert list(called("secretsmanager", "GetSecretValue", {"SecretId": arn})) == [
        Permission("secretsmanager:GetSecretValue", "SecretSlackBot")
    ]


@pytest.mark.parametrize(
    ("partition_key", "kind"),
    [("OPERATION#V1", "OPERATION#*"), ("VERSIONS#connection#1", "VERSIONS#*"), ("NEWS", "NEWS")],
)
def test_a_partition_key_is_named_by_its_kind(partition_key: str, kind: str) -> None:
    assert kind_of(partition_key) == kind


def test_each_function_has_a_role_of_its_own_that_allows_something() -> None:
    roles = allowed()

    assert {"SlackFunction", "ExecuteOperationsFunction", "NotifyFunction", "PollFunction"} <= roles.keys()
    assert all(roles.values())
    unnamed = {
        one.action for role in roles.values() for one in role if "*" in one.action or "*" in one.resource
    }
    assert unnamed == {"lambda:GetAccountSettings"}
    assert not any(one.action == "dynamodb:Scan" for role in roles.values() for one in role)


def test_a_call_beyond_the_role_is_told_with_what_to_add() -> None:
    with aws_here() as kms_key, acting("PollFunction"):
        worker_client("kms").encrypt(KeyId=kms_key, Plaintext=b"typed")

    told, aws_calls.BEYOND[:] = list(aws_calls.BEYOND), []
    assert told == ["PollFunction needs kms:Encrypt on Key: add it to its role in template.yaml"]
    aws_calls.CALLS["PollFunction"].discard(Permission("kms:Encrypt", "Key"))


def test_what_a_test_looks_up_for_itself_belongs_to_no_function() -> None:
    before = aws_calls.told()
    with aws_here() as kms_key, acting("PollFunction"), acting(None):
        worker_client("kms").encrypt(KeyId=kms_key, Plaintext=b"typed")

    assert aws_calls.told() == before
    assert aws_calls.BEYOND == []
    assert worker_client("kms").meta.region_name == REGION


def test_a_permission_that_nobody_used_is_too_many(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    everything = {name: sorted(permissions) for name, permissions in allowed().items()}
    assert never_called(everything) == []

    less = {name: [[p.action, p.resource, p.keys] for p in all_[1:]] for name, all_ in everything.items()}
    (tmp_path / "calls.json").write_text(json.dumps(less))

    assert main(["calls", str(tmp_path / "calls.json")]) == 1
    told = capsys.readouterr().out
    assert f"PollFunction may {everything['PollFunction'][0]}, and no test ever did" in told


def test_the_page_for_whoever_signs_says_what_the_template_says() -> None:
    page = PAGE.read_text(encoding="utf-8")

    assert with_table(page) == page, "write it anew: python -m infra.stack table"


def test_no_action_is_left_out_of_the_page() -> None:
    roles = {
        "OneFunction": frozenset({Permission("dynamodb:GetItem", "Table", "NEWS#*")}),
        "OtherFunction": frozenset(
            {Permission("sqs:SendMessage", "Queue"), Permission("dynamodb:PutItem", "Table", "NEWS#*")}
        ),
    }

    assert table(roles) == (
        "| | One | Other |\n| --- | --- | --- |\n| `NEWS#` | read | put |\n| `Queue` | | sqs:SendMessage |\n"
    )


def test_it_says_how_it_is_asked(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    assert "docs/permissions.md" in capsys.readouterr().err
