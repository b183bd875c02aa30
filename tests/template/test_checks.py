"""The translated template keeps what it promises; and each check finds a fault that is planted for it."""

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
def test_the_stack_is_as_it_must_be(check: Check, stack: Stack) -> None:
    check(stack)


def statement(resources: Resources, role: str, action: str) -> dict[str, Any]:
    """The first of the role's statements about this action."""
    found: dict[str, Any] = next(
        one
        for one in resources[role]["Properties"]["Policies"][0]["PolicyDocument"]["Statement"]
        if action in json.dumps(one["Action"])
    )
    return found


def of(resources: Resources, name: str) -> dict[str, Any]:
    found: dict[str, Any] = resources[name]["Properties"]
    return found


def deny(resources: Resources, role: str) -> dict[str, Any]:
    found: dict[str, Any] = next(
        one
        for one in of(resources, role)["Policies"][0]["PolicyDocument"]["Statement"]
        if one["Effect"] == "Deny"
    )
    return found


def post(resources: Resources) -> dict[str, Any]:
    found: dict[str, Any] = of(resources, "Api")["Body"]["paths"]["/slack/events"]["post"]
    return found["x-amazon-apigateway-integration"]


def environment(resources: Resources, function: str) -> dict[str, Any]:
    found: dict[str, Any] = of(resources, function)["Environment"]["Variables"]
    return found


LATEST = {"Fn::GetAtt": ["ExecuteOperationsFunction", "Arn"]}
PLANTED: list[tuple[str, Check, Plant]] = [
    (
        "a route to what is being uploaded",
        checks.routes_call_what_is_published,
        lambda r: post(r).update(uri={"Fn::Sub": "arn:…functions/${SlackFunction.Arn}/invocations"}),
    ),
    (
        "a stream to what is being uploaded",
        checks.streams_and_schedules_call_what_is_published,
        lambda r: of(r, "ExecuteOperationsFunctionStream").update(FunctionName=LATEST),
    ),
    (
        "a schedule to what is being uploaded",
        checks.streams_and_schedules_call_what_is_published,
        lambda r: of(r, "ExecuteOperationsFunctionSchedule")["Target"].update(Arn=LATEST),
    ),
    (
        "a schedule that tries again",
        checks.what_is_called_later_is_not_called_twice,
        lambda r: of(r, "PollFunctionSchedule")["Target"].pop("RetryPolicy"),
    ),
    (
        "a queue that tries again",
        checks.what_is_called_later_is_not_called_twice,
        lambda r: r.pop("PollFunctionEventInvokeConfig"),
    ),
    (
        "a schedule whose name is taken by the next stack",
        checks.what_is_called_later_is_not_called_twice,
        lambda r: of(r, "PollFunctionSchedule").update(Name="PollFunctionSchedule"),
    ),
    (
        "versions that pile up",
        checks.each_release_publishes_and_takes_the_old_version_away,
        lambda r: [
            one.update(DeletionPolicy="Retain") for one in r.values() if one["Type"].endswith("::Version")
        ],
    ),
    (
        "a schedule that may start more",
        checks.scheduler_roles_start_their_own_function_only,
        lambda r: statement(r, "PollFunctionScheduleRole", "lambda").update(
            Resource={"Ref": "NotifyFunctionAliaslive"}
        ),
    ),
    (
        "a stream that is read from now on only",
        checks.streams_are_read_in_small_batches_and_forget_no_sooner_than_they_must,
        lambda r: of(r, "NotifyFunctionStream").update(StartingPosition="LATEST"),
    ),
    (
        "one role for two",
        checks.each_function_has_a_role_of_its_own_that_lambda_alone_may_take,
        lambda r: of(r, "PollFunction").update(Role={"Fn::GetAtt": ["NotifyRole", "Arn"]}),
    ),
    (
        "a managed policy",
        checks.each_function_has_a_role_of_its_own_that_lambda_alone_may_take,
        lambda r: of(r, "PollRole").update(ManagedPolicyArns=["arn:…:AWSLambdaBasicExecutionRole"]),
    ),
    (
        "all of a service",
        checks.nothing_is_allowed_on_everything,
        lambda r: statement(r, "PollRole", "dynamodb:GetItem").update(Action="dynamodb:*"),
    ),
    (
        "any secret",
        checks.nothing_is_allowed_on_everything,
        lambda r: statement(r, "PollRole", "secretsmanager").update(Resource="*"),
    ),
    (
        "a call without a key",
        checks.the_table_is_open_by_kind_of_key_and_never_without_a_key,
        lambda r: statement(r, "PollRole", "dynamodb:Query")["Condition"].pop("Null"),
    ),
    (
        "every kind of key",
        checks.the_table_is_open_by_kind_of_key_and_never_without_a_key,
        lambda r: statement(r, "PollRole", "dynamodb:GetItem").pop("Condition"),
    ),
    (
        "an audit that can be changed",
        checks.the_audit_is_put_only,
        lambda r: deny(r, "ExecuteOperationsRole").clear(),
    ),
    (
        "an audit that another may change",
        checks.the_audit_is_put_only,
        lambda r: deny(r, "NotifyRole")["Action"].remove("dynamodb:DeleteItem"),
    ),
    (
        "a receiver that reads what was sealed",
        checks.the_key_is_used_for_operations_only,
        lambda r: statement(r, "SlackRole", "kms").update(Action=["kms:Encrypt", "kms:Decrypt"]),
    ),
    (
        "a log of another",
        checks.each_function_writes_its_own_log,
        lambda r: statement(r, "PollRole", "logs").update(Resource={"Fn::GetAtt": ["NotifyLog", "Arn"]}),
    ),
    (
        "a stream for somebody whom it does not wake",
        checks.streams_are_read_by_those_that_they_wake,
        lambda r: of(r, "PollRole")["Policies"][0]["PolicyDocument"]["Statement"].append(
            statement(r, "NotifyRole", "dynamodb:GetRecords")
        ),
    ),
    (
        "one kind of key more than in the source",
        checks.what_is_translated_allows_what_the_source_says,
        lambda r: statement(r, "PollRole", "dynamodb:PutItem")["Condition"]["ForAllValues:StringLike"][
            "dynamodb:LeadingKeys"
        ].append("AUDIT#*"),
    ),
    (
        "a secret in clear",
        checks.no_secret_stands_in_an_environment,
        lambda r: environment(r, "NotifyFunction").update(SLACK_BOT_TOKEN="xoxb-…"),
    ),
    (
        "a secret that is not used",
        checks.each_function_gets_the_secrets_that_it_uses,
        lambda r: environment(r, "PollFunction").update(SECRET_SLACK_BOT={"Ref": "SecretSlackBot"}),
    ),
    (
        "a secret that may not be read",
        checks.each_function_gets_the_secrets_that_it_uses,
        lambda r: statement(r, "PollRole", "secretsmanager").update(Resource={"Ref": "SecretSlackBot"}),
    ),
    (
        "another text in the place of what was filled in",
        checks.secrets_begin_empty,
        lambda r: of(r, "SecretSlackBot").update(SecretString='{"bot_token": "fill me in"}'),
    ),
    (
        "a setting without a parameter",
        checks.every_setting_has_its_parameter,
        lambda r: environment(r, "SlackFunction").pop("APPROVERS"),
    ),
    (
        "a parameter that changes nothing",
        checks.every_parameter_is_used_and_says_what_it_is_for,
        lambda r: [
            one["Properties"]["Environment"]["Variables"].pop("SWEEP_HOURS")
            for one in r.values()
            if one["Type"] == "AWS::Lambda::Function"
        ],
    ),
    (
        "a key that goes with the stack",
        checks.what_people_gave_outlives_the_stack,
        lambda r: r["Key"].update(DeletionPolicy="Delete"),
    ),
    (
        "a table that a click deletes",
        checks.what_people_gave_outlives_the_stack,
        lambda r: of(r, "Table").update(DeletionProtectionEnabled=False),
    ),
    (
        "a table that forgets nothing",
        checks.the_table_can_be_brought_back_and_forgets_what_it_may,
        lambda r: of(r, "Table").pop("TimeToLiveSpecification"),
    ),
    (
        "a table under the key that only carry out may use",
        checks.everything_is_encrypted_by_the_key_that_fits,
        lambda r: of(r, "Table").update(SSESpecification={"SSEEnabled": True, "SSEType": "KMS"}),
    ),
    (
        "a log without an end",
        checks.every_log_has_its_end_and_a_name_of_this_stack,
        lambda r: of(r, "SlackLog").pop("RetentionInDays"),
    ),
    (
        "doors that let everything in at once",
        checks.the_doors_are_throttled_and_their_log_holds_no_content,
        lambda r: of(r, "ApiApiGatewayDefaultStage").pop("DefaultRouteSettings"),
    ),
    (
        "a log of headers",
        checks.the_doors_are_throttled_and_their_log_holds_no_content,
        lambda r: of(r, "ApiApiGatewayDefaultStage")["AccessLogSettings"].update(
            Format='{"id":"$context.requestId","agent":"$context.identity.userAgent"}'
        ),
    ),
    (
        "another machine than the packages are for",
        checks.functions_run_where_their_packages_were_built_for,
        lambda r: of(r, "SlackFunction").update(Architectures=["x86_64"]),
    ),
    (
        "a run that outlives its lease",
        checks.functions_have_the_time_that_their_code_counts_on,
        lambda r: of(r, "ExecuteOperationsFunction").update(Timeout=600),
    ),
    (
        "an alarm that nobody hears",
        checks.alarms_tell_somebody,
        lambda r: r.update(
            Deaf={
                "Type": "AWS::CloudWatch::Alarm",
                "Properties": {"AlarmActions": [], "AlarmDescription": "…"},
            }
        ),
    ),
    (
        "alarms to a topic that nobody subscribed to",
        checks.alarms_tell_somebody,
        lambda r: r.pop("AlarmSubscription"),
    ),
]
OF_OTHER_PARTS = {checks.outputs_say_where_slack_and_the_secrets_are, checks.rules_refuse_nonsense}


@pytest.mark.parametrize(
    ("check", "plant"), [(check, plant) for _, check, plant in PLANTED], ids=[name for name, _, _ in PLANTED]
)
def test_a_planted_fault_is_found(check: Check, plant: Plant, stack: Stack) -> None:
    faulty = copy.deepcopy(stack.template)
    plant(faulty["Resources"])

    with pytest.raises((AssertionError, KeyError)):
        check(Stack(faulty))


def test_each_check_has_a_fault_to_find() -> None:
    assert {check for _, check, _ in PLANTED} | OF_OTHER_PARTS == set(CHECKS)


@pytest.mark.parametrize("gone", ["SlackUrl", "SecretSlackBotArn"])
def test_an_output_that_is_missed_is_found(gone: str, stack: Stack) -> None:
    faulty = copy.deepcopy(stack.template)
    del faulty["Outputs"][gone]

    with pytest.raises((AssertionError, KeyError)):
        checks.outputs_say_where_slack_and_the_secrets_are(Stack(faulty))


def test_a_rule_that_is_missed_is_found(stack: Stack) -> None:
    faulty = copy.deepcopy(stack.template)
    del faulty["Rules"]["ProductionUsesNoyoProduction"]

    with pytest.raises(AssertionError):
        checks.rules_refuse_nonsense(Stack(faulty))
