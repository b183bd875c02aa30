"""Permissions of roles and calls of functions are compared; each role allows exactly what its function calls."""

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from infra.stack.__main__ import PAGE, main, with_table
from infra.stack.permissions import Permission, allowed, allows, called, kind_of, unused_permissions
from infra.stack.table import table
from tests import aws_calls
from tests.aws import REGION, aws_here, worker_client
from tests.aws_calls import acting

S = {"S": "STATE"}


def key(pk: str) -> dict[str, Any]:
    return {"pk": {"S": pk}, "sk": S}


@pytest.mark.parametrize(
    ("operation", "parameters", "required"),
    [
        ("GetItem", {"Key": key("OPERATION#V1")}, {("GetItem", "Table", "OPERATION#*")}),
        (
            "BatchGetItem",
            {"RequestItems": {"t": {"Keys": [key("GROUP_MEMBERS#S1"), key("USER#U1")]}}},
            {("BatchGetItem", "Table", "GROUP_MEMBERS#*"), ("BatchGetItem", "Table", "USER#*")},
        ),
        (
            "Query",
            {
                "IndexName": "due",
                "KeyConditionExpression": "due_kind = :kind AND due <= :now",
                "ExpressionAttributeValues": {":now": {"N": "1"}, ":kind": {"S": "OUTBOX"}},
            },
            {("Query", "Table/index/due", "OUTBOX")},
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
                    {"Update": {"Key": key("OUTBOX#1")}},
                    {"Delete": {"Key": key("LOCK#1")}},
                    {"ConditionCheck": {"Key": key("CONNECTION#1")}},
                ]
            },
            {
                ("PutItem", "Table", "OPERATION#*"),
                ("UpdateItem", "Table", "OUTBOX#*"),
                ("DeleteItem", "Table", "LOCK#*"),
                ("ConditionCheckItem", "Table", "CONNECTION#*"),
            },
        ),
    ],
)
def test_a_call_requires_a_permission_for_each_of_its_parts(
    operation: str, parameters: dict[str, Any], required: set[tuple[str, str, str]]
) -> None:
    permissions = {Permission(f"dynamodb:{action}", resource, keys) for action, resource, keys in required}

    assert set(called("dynamodb", operation, parameters)) == permissions


def test_a_conditional_write_requires_the_permission_to_read_the_item() -> None:
    parts = [
        {"ConditionCheck": {"Key": key("CONNECTION#1"), "ConditionExpression": "…"}},
        {"Put": {"Item": key("PARKED_ROW#1")}},
        {"Put": {"Item": key("OUTBOX#1")}},
    ]

    assert Permission("dynamodb:GetItem", "Table", "PARKED_ROW#*") in set(
        called("dynamodb", "TransactWriteItems", {"TransactItems": parts})
    )
    assert Permission("dynamodb:GetItem", "Table", "OUTBOX#*") not in set(
        called("dynamodb", "TransactWriteItems", {"TransactItems": parts})
    )
    assert list(called("dynamodb", "TransactWriteItems", {"TransactItems": parts[1:2]})) == [
        Permission("dynamodb:PutItem", "Table", "PARKED_ROW#*")
    ]


def test_a_query_without_a_leading_partition_key_is_refused() -> None:
    with pytest.raises(ValueError, match="does not begin with a partition key"):
        list(called("dynamodb", "Query", {"KeyConditionExpression": "begins_with(sk, :sk)"}))


def test_a_secret_is_identified_by_its_purpose() -> None:
    arn = "arn:aws:secretsmanager:us-east-1:123456789012:secret:SECRET_SLACK_BOT-7-aBcDeF"

    assert list(called("secretsmanager", "GetSecretValue", {"SecretId": arn})) == [
        Permission("secretsmanager:GetSecretValue", "SecretSlackBot")
    ]


@pytest.mark.parametrize(
    ("partition_key", "kind"),
    [
        ("OPERATION#V1", "OPERATION#*"),
        ("OPERATION#webhook:1", "OPERATION#webhook:*"),
        ("HEALTH#webhook", "HEALTH#webhook"),
        ("RECORD_VERSIONS#connection#1", "RECORD_VERSIONS#*"),
        ("OUTBOX", "OUTBOX"),
    ],
)
def test_a_partition_key_is_reduced_to_its_prefix(partition_key: str, kind: str) -> None:
    assert kind_of(partition_key) == kind


def test_each_function_has_its_own_role_with_permissions() -> None:
    roles = allowed()

    assert {"SlackFunction", "ExecuteOperationsFunction", "NotifyFunction", "PollFunction"} <= roles.keys()
    assert all(roles.values())
    permissions = [permission for role in roles.values() for permission in role]
    broad = {each.action for each in permissions if "*" in each.action or "*" in each.resource}
    assert broad == {"lambda:GetAccountSettings"}
    assert not any(each.action == "dynamodb:Scan" for each in permissions)


def test_the_webhook_endpoint_may_put_no_operation_of_a_person() -> None:
    role = allowed()["NoyoWebhookFunction"]

    assert allows(role, Permission("dynamodb:PutItem", "Table", kind_of("OPERATION#webhook:1")))
    assert not allows(role, Permission("dynamodb:PutItem", "Table", kind_of("OPERATION#V1")))
    assert not allows(role, Permission("dynamodb:PutItem", "Table", kind_of("HEALTH#slack")))
    worker = allowed()["ExecuteOperationsFunction"]
    assert allows(worker, Permission("dynamodb:PutItem", "Table", kind_of("OPERATION#webhook:1")))


def test_a_call_without_permission_is_reported_with_the_permission_to_add() -> None:
    with aws_here() as kms_key, acting("PollFunction"):
        worker_client("kms").encrypt(KeyId=kms_key, Plaintext=b"typed")

    denied, aws_calls.DENIED[:] = list(aws_calls.DENIED), []
    assert denied == ["PollFunction needs kms:Encrypt on Key: add it to its role in template.yaml"]
    aws_calls.CALLS["PollFunction"].discard(Permission("kms:Encrypt", "Key"))


AUDIT_PUT = {"TableName": "t", "Item": key("AUDIT#connection:1")}
IF_NEW = {"ConditionExpression": "attribute_not_exists(#c0)", "ExpressionAttributeNames": {"#c0": "pk"}}
MESSAGE = "a put of AUDIT#connection:1 could replace an audit entry: add the condition attribute_not_exists(pk)"


@pytest.mark.parametrize(
    ("parameters", "reported"),
    [
        (AUDIT_PUT, [MESSAGE]),
        (AUDIT_PUT | IF_NEW, []),
        (AUDIT_PUT | {"ConditionExpression": "attribute_not_exists(pk)"}, []),
        (AUDIT_PUT | IF_NEW | {"ExpressionAttributeNames": {"#c0": "actor"}}, [MESSAGE]),
        (AUDIT_PUT | {"ConditionExpression": "attribute_not_exists(pk) OR attribute_exists(pk)"}, [MESSAGE]),
        ({"TableName": "t", "Item": key("OUTBOX#1")}, []),
    ],
)
def test_a_put_that_could_replace_an_audit_entry_is_reported(parameters: dict[str, Any], reported: list[str]) -> None:
    client, outbox = worker_client("dynamodb"), {"Delete": {"TableName": "t", "Key": key("OUTBOX#2")}}
    with aws_here(), suppress(ClientError):  # There is no such table.
        client.transact_write_items(TransactItems=[outbox, {"Put": parameters}])
    with aws_here(), acting("SlackFunction"), suppress(ClientError):
        client.put_item(**parameters)

    found, aws_calls.DENIED[:] = list(aws_calls.DENIED), []
    assert found == 2 * reported


def test_calls_of_a_test_itself_belong_to_no_function() -> None:
    before = aws_calls.as_json()
    with aws_here() as kms_key, acting("PollFunction"), acting(None):
        worker_client("kms").encrypt(KeyId=kms_key, Plaintext=b"typed")

    assert aws_calls.as_json() == before
    assert aws_calls.DENIED == []
    assert worker_client("kms").meta.region_name == REGION


def test_an_unused_permission_is_reported(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    everything = {name: sorted(permissions) for name, permissions in allowed().items()}
    assert unused_permissions(everything) == []

    less = {name: [[p.action, p.resource, p.keys] for p in all_[1:]] for name, all_ in everything.items()}
    (tmp_path / "calls.json").write_text(json.dumps(less))

    assert main(["calls", str(tmp_path / "calls.json")]) == 1
    output = capsys.readouterr().out
    assert f"PollFunction has the permission {everything['PollFunction'][0]}, but no test used it" in output


def test_the_page_of_permissions_is_up_to_date() -> None:
    page = PAGE.read_text(encoding="utf-8")

    assert with_table(page) == page, "update it with: python -m infra.stack table"


def test_the_page_contains_every_action() -> None:
    roles = {
        "OneFunction": frozenset({Permission("dynamodb:GetItem", "Table", "OUTBOX#*")}),
        "OtherFunction": frozenset(
            {Permission("sqs:SendMessage", "Queue"), Permission("dynamodb:PutItem", "Table", "OUTBOX#*")}
        ),
    }

    assert table(roles) == (
        "| | One | Other |\n| --- | --- | --- |\n| `OUTBOX#` | read | put |\n| `Queue` | | sqs:SendMessage |\n"
    )


def test_the_usage_is_printed_without_arguments(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    assert "docs/permissions.md" in capsys.readouterr().err
