"""The table and the functions as template.yaml defines them."""

import json
from typing import Any

import pytest
import yaml

from infra.local.aws.table import TEMPLATE as TEMPLATE_FILE
from infra.local.aws.table import read_template
from tests.dynamodb.conftest import Engine

TEMPLATE = read_template()
FUNCTIONS = {
    "SlackFunction": "handlers.slack.handler",
    "ExecuteOperationsFunction": "handlers.execute_operations.handler",
    "NotifyFunction": "handlers.notify.handler",
    "PollFunction": "handlers.poll.handler",
}


def properties(name: str) -> dict[str, Any]:
    found: dict[str, Any] = TEMPLATE["Resources"][name]["Properties"]
    return found


def test_short_forms_are_read_as_their_long_ones() -> None:
    variables = TEMPLATE["Globals"]["Function"]["Environment"]["Variables"]

    assert variables["TABLE_NAME"] == {"Ref": "Table"}
    assert variables["KMS_KEY_ID"] == {"Fn::GetAtt": "Key.Arn"}


@pytest.mark.parametrize(("name", "handler"), FUNCTIONS.items())
def test_each_function_has_its_handler(name: str, handler: str) -> None:
    assert properties(name)["Handler"] == handler


def test_no_alias_is_used_since_cloudformation_knows_none() -> None:
    events = yaml.parse(TEMPLATE_FILE.read_text(encoding="utf-8"))

    assert not any(isinstance(event, yaml.AliasEvent) for event in events)


def patterns(name: str) -> list[dict[str, Any]]:
    """The filter patterns of the stream that invokes this function."""
    (stream,) = [event for event in properties(name)["Events"].values() if event["Type"] == "DynamoDB"]
    return [json.loads(item["Pattern"]) for item in stream["Properties"]["FilterCriteria"]["Filters"]]


@pytest.mark.parametrize(
    ("name", "prefix"), [("ExecuteOperationsFunction", "OPERATION#"), ("NotifyFunction", "OUTBOX#")]
)
def test_inserted_items_invoke_their_function(name: str, prefix: str) -> None:
    assert patterns(name)[0] == {"eventName": ["INSERT"], "dynamodb": {"Keys": {"pk": {"S": [{"prefix": prefix}]}}}}


def test_only_confirmed_or_resolved_operations_and_repeated_requests_invoke_a_function_when_modified() -> None:
    requested_again = {"Keys": {"pk": {"S": [{"prefix": "OUTBOX#home_requested:"}]}}}
    requested_again |= {"NewImage": {"due_kind": {"S": ["OUTBOX"]}}}
    assert patterns("NotifyFunction")[1:] == [{"eventName": ["MODIFY"], "dynamodb": requested_again}]
    assert patterns("ExecuteOperationsFunction")[1:] == [
        {
            "eventName": ["MODIFY"],
            "dynamodb": {
                "Keys": {"pk": {"S": [{"prefix": "OPERATION#"}]}},
                "OldImage": {"state": {"S": ["awaiting_confirmation", "needs_resolution"]}},
                "NewImage": {"state": {"S": ["pending"]}},
            },
        }
    ]


def test_the_table_is_retained_and_has_backups() -> None:
    table = TEMPLATE["Resources"]["Table"]

    assert table["DeletionPolicy"] == table["UpdateReplacePolicy"] == "Retain"
    assert table["Properties"]["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert TEMPLATE["Resources"]["Key"]["DeletionPolicy"] == "Retain"


def test_the_test_table_equals_the_table_of_the_template(engine: Engine) -> None:
    description = engine.client.describe_table(TableName=engine.table)["Table"]
    ends = engine.client.describe_time_to_live(TableName=engine.table)["TimeToLiveDescription"]
    engine.calls.clear()

    assert description["KeySchema"] == properties("Table")["KeySchema"]
    assert {index["IndexName"] for index in description["GlobalSecondaryIndexes"]} == {
        "due",
        "group",
        "open",
        "recent",
        "audit",
    }
    assert description["StreamSpecification"] == {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}
    assert ends["AttributeName"] == "expires"
    assert ends["TimeToLiveStatus"] in {"ENABLED", "ENABLING"}
