"""The translated template passes every check, and each check finds an error that is planted for it."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.template import checks
from tests.template.checks import CHECKS, Check
from tests.template.stack import Stack

pytestmark = pytest.mark.template

Resources = dict[str, Any]
Plant = Callable[[Resources], object]


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_the_stack_passes_the_check(check: Check, stack: Stack) -> None:
    check(stack)


def statement(resources: Resources, role: str, action: str) -> dict[str, Any]:
    """The role's first statement that contains this action."""
    first: dict[str, Any] = next(
        statement
        for statement in resources[role]["Properties"]["Policies"][0]["PolicyDocument"]["Statement"]
        if action in json.dumps(statement["Action"])
    )
    return first


def properties_of(resources: Resources, name: str) -> dict[str, Any]:
    properties: dict[str, Any] = resources[name]["Properties"]
    return properties


def deny_statement(resources: Resources, role: str) -> dict[str, Any]:
    denying: dict[str, Any] = next(
        statement
        for statement in properties_of(resources, role)["Policies"][0]["PolicyDocument"]["Statement"]
        if statement["Effect"] == "Deny"
    )
    return denying


def slack_route(resources: Resources) -> dict[str, Any]:
    operation: dict[str, Any] = properties_of(resources, "Api")["Body"]["paths"]["/slack/events"]["post"]
    return operation["x-amazon-apigateway-integration"]


def environment(resources: Resources, function: str) -> dict[str, Any]:
    variables: dict[str, Any] = properties_of(resources, function)["Environment"]["Variables"]
    return variables


LATEST = {"Fn::GetAtt": ["ExecuteOperationsFunction", "Arn"]}
PLANTED: list[tuple[str, Check, Plant]] = [
    (
        "a route to the unpublished function",
        checks.routes_invoke_the_published_alias,
        lambda r: slack_route(r).update(uri={"Fn::Sub": "arn:…functions/${SlackFunction.Arn}/invocations"}),
    ),
    (
        "a stream to the unpublished function",
        checks.streams_and_schedules_invoke_the_published_alias,
        lambda r: properties_of(r, "ExecuteOperationsFunctionStream").update(FunctionName=LATEST),
    ),
    (
        "a schedule to the unpublished function",
        checks.streams_and_schedules_invoke_the_published_alias,
        lambda r: properties_of(r, "ExecuteOperationsFunctionSchedule")["Target"].update(Arn=LATEST),
    ),
    (
        "a schedule with retries",
        checks.asynchronous_invocations_are_not_retried,
        lambda r: properties_of(r, "PollFunctionSchedule")["Target"].pop("RetryPolicy"),
    ),
    (
        "an asynchronous queue with retries",
        checks.asynchronous_invocations_are_not_retried,
        lambda r: r.pop("PollFunctionEventInvokeConfig"),
    ),
    (
        "a schedule with a fixed name",
        checks.asynchronous_invocations_are_not_retried,
        lambda r: properties_of(r, "PollFunctionSchedule").update(Name="PollFunctionSchedule"),
    ),
    (
        "versions that are never deleted",
        checks.each_release_publishes_a_version_and_deletes_the_old_one,
        lambda r: [each.update(DeletionPolicy="Retain") for each in r.values() if each["Type"].endswith("::Version")],
    ),
    (
        "a schedule that may invoke another function",
        checks.scheduler_roles_invoke_only_their_own_function,
        lambda r: statement(r, "PollFunctionScheduleRole", "lambda").update(
            Resource={"Ref": "NotifyFunctionAliaslive"}
        ),
    ),
    (
        "a stream that is read from its end",
        checks.streams_are_read_in_small_batches_from_the_beginning,
        lambda r: properties_of(r, "NotifyFunctionStream").update(StartingPosition="LATEST"),
    ),
    (
        "a role for two functions",
        checks.each_function_has_its_own_role_that_only_lambda_can_assume,
        lambda r: properties_of(r, "PollFunction").update(Role={"Fn::GetAtt": ["NotifyRole", "Arn"]}),
    ),
    (
        "a managed policy",
        checks.each_function_has_its_own_role_that_only_lambda_can_assume,
        lambda r: properties_of(r, "PollRole").update(ManagedPolicyArns=["arn:…:AWSLambdaBasicExecutionRole"]),
    ),
    (
        "all actions of a service",
        checks.no_permission_covers_all_actions_or_resources,
        lambda r: statement(r, "PollRole", "dynamodb:GetItem").update(Action="dynamodb:*"),
    ),
    (
        "all secrets",
        checks.no_permission_covers_all_actions_or_resources,
        lambda r: statement(r, "PollRole", "secretsmanager").update(Resource="*"),
    ),
    (
        "calls without a partition key",
        checks.permissions_on_the_table_are_limited_by_partition_key,
        lambda r: statement(r, "PollRole", "dynamodb:Query")["Condition"].pop("Null"),
    ),
    (
        "all partition keys",
        checks.permissions_on_the_table_are_limited_by_partition_key,
        lambda r: statement(r, "PollRole", "dynamodb:GetItem").pop("Condition"),
    ),
    (
        "audit entries that can be changed",
        checks.audit_entries_can_only_be_put,
        lambda r: deny_statement(r, "ExecuteOperationsRole").clear(),
    ),
    (
        "audit entries that can be deleted",
        checks.audit_entries_can_only_be_put,
        lambda r: deny_statement(r, "NotifyRole")["Action"].remove("dynamodb:DeleteItem"),
    ),
    (
        "a receiver that can decrypt",
        checks.the_key_encrypts_only_for_operations,
        lambda r: statement(r, "SlackRole", "kms").update(Action=["kms:Encrypt", "kms:Decrypt"]),
    ),
    (
        "the log of another function",
        checks.each_function_writes_only_its_own_log,
        lambda r: statement(r, "PollRole", "logs").update(Resource={"Fn::GetAtt": ["NotifyLog", "Arn"]}),
    ),
    (
        "a stream for a function that it does not trigger",
        checks.only_triggered_functions_read_the_stream,
        lambda r: properties_of(r, "PollRole")["Policies"][0]["PolicyDocument"]["Statement"].append(
            statement(r, "NotifyRole", "dynamodb:GetRecords")
        ),
    ),
    (
        "an additional partition key in the translation",
        checks.the_translation_has_the_permissions_of_the_source,
        lambda r: statement(r, "PollRole", "dynamodb:PutItem")["Condition"]["ForAllValues:StringLike"][
            "dynamodb:LeadingKeys"
        ].append("AUDIT#*"),
    ),
    (
        "a secret in an environment variable",
        checks.no_environment_contains_a_secret,
        lambda r: environment(r, "NotifyFunction").update(SLACK_BOT_TOKEN="xoxb-…"),
    ),
    (
        "an unused secret",
        checks.each_function_has_exactly_the_secrets_that_it_uses,
        lambda r: environment(r, "PollFunction").update(SECRET_SLACK_BOT={"Ref": "SecretSlackBot"}),
    ),
    (
        "a secret without permission to read it",
        checks.each_function_has_exactly_the_secrets_that_it_uses,
        lambda r: statement(r, "PollRole", "secretsmanager").update(Resource={"Ref": "SecretSlackBot"}),
    ),
    (
        "another initial text of a secret",
        checks.secrets_are_created_empty,
        lambda r: properties_of(r, "SecretSlackBot").update(SecretString='{"bot_token": "fill me in"}'),
    ),
    (
        "a setting without a parameter",
        checks.every_setting_has_a_parameter,
        lambda r: environment(r, "SlackFunction").pop("APPROVERS"),
    ),
    (
        "an unused parameter",
        checks.every_parameter_is_used_described_and_validated,
        lambda r: [
            each["Properties"]["Environment"]["Variables"].pop("SWEEP_HOURS")
            for each in r.values()
            if each["Type"] == "AWS::Lambda::Function"
        ],
    ),
    (
        "a key that is deleted with the stack",
        checks.data_and_secrets_outlive_the_stack,
        lambda r: r["Key"].update(DeletionPolicy="Delete"),
    ),
    (
        "a table without deletion protection",
        checks.data_and_secrets_outlive_the_stack,
        lambda r: properties_of(r, "Table").update(DeletionProtectionEnabled=False),
    ),
    (
        "a table without expiry",
        checks.the_table_has_backups_and_expiry,
        lambda r: properties_of(r, "Table").pop("TimeToLiveSpecification"),
    ),
    (
        "a table that is encrypted with the key for operations",
        checks.data_is_encrypted_with_the_right_key,
        lambda r: properties_of(r, "Table").update(SSESpecification={"SSEEnabled": True, "SSEType": "KMS"}),
    ),
    (
        "a log without retention",
        checks.every_log_group_has_a_retention_and_the_name_of_the_stack,
        lambda r: properties_of(r, "SlackLog").pop("RetentionInDays"),
    ),
    (
        "an API without throttling",
        checks.the_api_is_throttled_and_its_log_contains_no_content,
        lambda r: properties_of(r, "ApiApiGatewayDefaultStage").pop("DefaultRouteSettings"),
    ),
    (
        "an access log with headers",
        checks.the_api_is_throttled_and_its_log_contains_no_content,
        lambda r: properties_of(r, "ApiApiGatewayDefaultStage")["AccessLogSettings"].update(
            Format='{"id":"$context.requestId","agent":"$context.identity.userAgent"}'
        ),
    ),
    (
        "another processor than the packages are for",
        checks.functions_use_the_runtime_of_their_packages,
        lambda r: properties_of(r, "SlackFunction").update(Architectures=["x86_64"]),
    ),
    (
        "a timeout beyond the lease",
        checks.timeouts_match_the_code,
        lambda r: properties_of(r, "ExecuteOperationsFunction").update(Timeout=600),
    ),
    (
        "an alarm without actions",
        checks.alarms_have_a_recipient,
        lambda r: r.update(
            Silent={"Type": "AWS::CloudWatch::Alarm", "Properties": {"AlarmActions": [], "AlarmDescription": "…"}}
        ),
    ),
    ("alarms to a topic without subscriptions", checks.alarms_have_a_recipient, lambda r: r.pop("AlarmSubscription")),
]
OUTSIDE_OF_RESOURCES = {checks.outputs_contain_the_urls_and_the_secrets, checks.rules_refuse_wrong_parameters}


@pytest.mark.parametrize(
    ("check", "plant"), [(check, plant) for _, check, plant in PLANTED], ids=[name for name, _, _ in PLANTED]
)
def test_a_planted_error_is_found(check: Check, plant: Plant, stack: Stack) -> None:
    faulty = copy.deepcopy(stack.template)
    plant(faulty["Resources"])

    with pytest.raises((AssertionError, KeyError)):
        check(Stack(faulty))


def test_each_check_has_a_planted_error() -> None:
    assert {check for _, check, _ in PLANTED} | OUTSIDE_OF_RESOURCES == set(CHECKS)


@pytest.mark.parametrize("name", ["SlackUrl", "SecretSlackBotArn"])
def test_a_missing_output_is_found(name: str, stack: Stack) -> None:
    faulty = copy.deepcopy(stack.template)
    del faulty["Outputs"][name]

    with pytest.raises((AssertionError, KeyError)):
        checks.outputs_contain_the_urls_and_the_secrets(Stack(faulty))


@pytest.mark.parametrize("rule", ["ProductionUsesNoyoProduction", "ProductionHasAlarmEmail"])
def test_a_missing_rule_is_found(rule: str, stack: Stack) -> None:
    faulty = copy.deepcopy(stack.template)
    del faulty["Rules"][rule]

    with pytest.raises(AssertionError):
        checks.rules_refuse_wrong_parameters(Stack(faulty))
