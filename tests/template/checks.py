"""What must be true of the stack, each a function that fails where it is not."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bot.slack.deadline import REQUEST_SECONDS
from bot.usecases.operations import lifecycle
from infra.stack.permissions import KEYS, LAMBDA_SERVICE, allowed
from tests.template.stack import ROOT, Stack

Check = Callable[[Stack], None]
KEPT = ("Table", "Key", "SecretSlackSigning", "SecretSlackBot", "SecretNoyoClient", "SecretNoyoWebhook")
PLACEHOLDERS = {
    "SecretSlackSigning": '{"signing_secrets": []}',
    "SecretSlackBot": '{"bot_token": ""}',
    "SecretNoyoClient": '{"client_id": "", "client_secret": ""}',
    "SecretNoyoWebhook": '{"webhook_secrets": []}',
}
SECRETIVE = re.compile(r"SECRET|TOKEN|PASSWORD|CLIENT_ID|PRIVATE")
GIVEN_BY_THE_STACK = {"TABLE_NAME": {"Ref": "Table"}, "KMS_KEY_ID": {"Fn::GetAtt": ["Key", "Arn"]}}
MAY_BE_LOGGED = {
    "$context.requestId",
    "$context.requestTimeEpoch",
    "$context.routeKey",
    "$context.status",
    "$context.responseLatency",
    "$context.integrationLatency",
    "$context.integration.status",
    "$context.error.responseType",
    "$context.identity.sourceIp",
}
ROLE_LIMIT = 10_240
"""Characters of all of a role's inline policies, white space not counted."""


# ---------------------------------------------------------------- who calls what is published


def routes_call_what_is_published(stack: Stack) -> None:
    paths = stack.the("AWS::ApiGatewayV2::Api")["Body"]["paths"]
    called = {
        path: integration["post"]["x-amazon-apigateway-integration"]["uri"]["Fn::Sub"]
        for path, integration in paths.items()
    }
    assert called.keys() >= {"/slack/events"}
    for uri in called.values():
        assert re.search(r"functions/\$\{\w+Aliaslive\}/invocations", uri)
    for permission in stack.of_type("AWS::Lambda::Permission").values():
        assert permission["FunctionName"]["Ref"].endswith("Aliaslive")
        assert "SourceArn" in permission


def streams_and_schedules_call_what_is_published(stack: Stack) -> None:
    aliases = {stack.alias_of(function) for function in stack.functions}
    mapped = [one["FunctionName"] for one in stack.of_type("AWS::Lambda::EventSourceMapping").values()]
    scheduled = [one["Target"]["Arn"] for one in stack.of_type("AWS::Scheduler::Schedule").values()]
    assert len(mapped) >= 2
    assert len(scheduled) >= 3
    assert {one.get("Ref") for one in [*mapped, *scheduled]} <= aliases


def what_is_called_later_is_not_called_twice(stack: Stack) -> None:
    """A schedule's failed call: neither the scheduler nor Lambda's own queue tries it beside the next one."""
    for schedule in stack.of_type("AWS::Scheduler::Schedule").values():
        assert schedule["Target"]["RetryPolicy"] == {"MaximumRetryAttempts": 0}
        assert "Name" not in schedule  # It would be taken where a second stack lives in the account.
    invoked = {
        one["FunctionName"]["Ref"]: one for one in stack.of_type("AWS::Lambda::EventInvokeConfig").values()
    }
    assert invoked.keys() == stack.functions.keys()
    for one in invoked.values():
        assert (one["MaximumRetryAttempts"], one["MaximumEventAgeInSeconds"]) == (0, 60)
        assert one["Qualifier"] == "live"


def each_release_publishes_and_takes_the_old_version_away(stack: Stack) -> None:
    for function, properties in stack.functions.items():
        version = stack.version_of(function)
        assert stack.resources[version]["DeletionPolicy"] == "Delete"
        assert version == f"{function}Version0123456789"
        # Lambda publishes nothing new where nothing of the function itself changed.
        assert properties["Description"].endswith("0123456789abcdef")


def scheduler_roles_start_their_own_function_only(stack: Stack) -> None:
    for schedule in stack.of_type("AWS::Scheduler::Schedule").values():
        role = schedule["Target"]["RoleArn"]["Fn::GetAtt"][0]
        (statement,) = stack.statements(role)
        assert statement["Action"] == "lambda:InvokeFunction"
        assert statement["Resource"] == schedule["Target"]["Arn"]


def streams_are_read_in_small_batches_and_forget_no_sooner_than_they_must(stack: Stack) -> None:
    for mapping in stack.of_type("AWS::Lambda::EventSourceMapping").values():
        assert mapping["EventSourceArn"] == {"Fn::GetAtt": ["Table", "StreamArn"]}
        assert mapping["StartingPosition"] == "TRIM_HORIZON"
        assert mapping["BatchSize"] <= 10
        assert mapping["ParallelizationFactor"] == 1
        assert mapping["BisectBatchOnFunctionError"] is True
        assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
        assert mapping["MaximumRetryAttempts"] == 3
        assert mapping["MaximumRecordAgeInSeconds"] == 3600


# ---------------------------------------------------------------- the roles


def each_function_has_a_role_of_its_own_that_lambda_alone_may_take(stack: Stack) -> None:
    roles = [stack.role_of(function) for function in stack.functions]
    assert len(set(roles)) == len(roles)
    for role in roles:
        assert "ManagedPolicyArns" not in stack.properties(role)
        (trust,) = stack.properties(role)["AssumeRolePolicyDocument"]["Statement"]
        assert trust == {
            "Effect": "Allow",
            "Principal": {"Service": "lambda.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
        text = re.sub(r"\s", "", json.dumps(stack.properties(role)["Policies"]))
        assert len(text) < ROLE_LIMIT


WITHOUT_RESOURCES = ["lambda:GetAccountSettings"]
"""Reads for which AWS lets nobody name what they are about."""


def nothing_is_allowed_on_everything(stack: Stack) -> None:
    for _, statement in stack.of_roles():
        assert "NotAction" not in statement
        assert "NotResource" not in statement
        assert "*" not in json.dumps(statement["Action"])
        if statement["Action"] not in WITHOUT_RESOURCES:
            assert '"*"' not in json.dumps(statement["Resource"])


def the_table_is_open_by_kind_of_key_and_never_without_a_key(stack: Stack) -> None:
    """`ForAllValues` alone is true of a call that names no key at all, such as a scan."""
    for function, statement in stack.of_roles():
        actions = _listed(statement["Action"])
        if statement["Effect"] == "Deny" or not any(one.startswith("dynamodb:") for one in actions):
            continue
        if all(LAMBDA_SERVICE.match(one) for one in actions):
            assert statement["Resource"] == {"Fn::GetAtt": ["Table", "StreamArn"]}
            continue
        condition = statement["Condition"]
        assert condition["Null"] == {KEYS: "false"}, function
        assert condition["ForAllValues:StringLike"][KEYS], function
        assert condition.keys() == {"Null", "ForAllValues:StringLike"}


def the_audit_is_put_only(stack: Stack) -> None:
    for function in stack.functions:
        denied = [one for one in stack.statements(stack.role_of(function)) if one["Effect"] == "Deny"]
        assert denied == [
            {
                "Effect": "Deny",
                "Action": [
                    "dynamodb:UpdateItem",
                    "dynamodb:DeleteItem",
                    "dynamodb:BatchWriteItem",
                    "dynamodb:PartiQLUpdate",
                    "dynamodb:PartiQLDelete",
                ],
                "Resource": {"Fn::GetAtt": ["Table", "Arn"]},
                "Condition": {"ForAnyValue:StringLike": {KEYS: "AUDIT#*"}},
            }
        ], function


def the_key_is_used_for_operations_only(stack: Stack) -> None:
    users: dict[str, str] = {}
    for function, statement in stack.of_roles():
        if "kms:" in json.dumps(statement["Action"]):
            assert statement["Resource"] == {"Fn::GetAtt": ["Key", "Arn"]}
            assert statement["Condition"] == {"Null": {"kms:EncryptionContext:operation": "false"}}
            users[function] = statement["Action"]
    assert users == {"SlackFunction": "kms:Encrypt", "ExecuteOperationsFunction": "kms:Decrypt"}


def each_function_writes_its_own_log(stack: Stack) -> None:
    for function, properties in stack.functions.items():
        log = properties["LoggingConfig"]["LogGroup"]["Ref"]
        logged = [one for one in stack.statements(stack.role_of(function)) if "logs:" in json.dumps(one)]
        assert logged == [
            {
                "Effect": "Allow",
                "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
                "Resource": {"Fn::GetAtt": [log, "Arn"]},
            }
        ]


def streams_are_read_by_those_that_they_wake(stack: Stack) -> None:
    woken = {
        function
        for function in stack.functions
        for mapping in stack.of_type("AWS::Lambda::EventSourceMapping").values()
        if mapping["FunctionName"]["Ref"] == stack.alias_of(function)
    }
    readers = {
        function
        for function, statement in stack.of_roles()
        if "dynamodb:GetRecords" in _listed(statement["Action"])
    }
    assert readers == woken


def what_is_translated_allows_what_the_source_says(stack: Stack) -> None:
    """The calls that tests make are held against the source; here is that nothing is added on the way."""
    from infra.stack.permissions import of_statement

    told = {
        function: frozenset(
            permission
            for statement in stack.statements(stack.role_of(function))
            if statement["Effect"] == "Allow"
            for permission in of_statement(statement)
        )
        for function in stack.functions
    }
    assert told == allowed()


# ---------------------------------------------------------------- secrets and settings


def no_secret_stands_in_an_environment(stack: Stack) -> None:
    for function in stack.functions:
        for name, value in stack.environment(function).items():
            if SECRETIVE.search(name) and not name.endswith("_URL"):
                assert name.startswith("SECRET_")
                assert value["Ref"] in PLACEHOLDERS
    assert not any(
        SECRETIVE.search(name.upper()) for name in stack.template["Parameters"] if "Url" not in name
    )


def each_function_gets_the_secrets_that_it_uses(stack: Stack) -> None:
    for function, properties in stack.functions.items():
        given = {name for name in stack.environment(function) if name.startswith("SECRET_")}
        readable = {
            statement["Resource"]["Ref"]
            for statement in stack.statements(stack.role_of(function))
            if statement["Action"] == "secretsmanager:GetSecretValue"
        }
        assert given == {f"SECRET_{purpose}" for purpose in _purposes(properties["Handler"])}
        assert readable == {stack.environment(function)[name]["Ref"] for name in given}


def _purposes(handler: str) -> set[str]:
    """The secrets that a handler names (`deployment(Purpose.SLACK_BOT)`)."""
    source = Path(ROOT, *handler.split(".")[:-1]).with_suffix(".py").read_text(encoding="utf-8")
    return {
        node.attr
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "Purpose"
    }


def secrets_begin_empty(stack: Stack) -> None:
    """Never other than this: CloudFormation would put a new text in the place of what people filled in."""
    secrets = stack.of_type("AWS::SecretsManager::Secret")
    assert {name: one["SecretString"] for name, one in secrets.items()} == PLACEHOLDERS


def every_setting_has_its_parameter(stack: Stack) -> None:
    names = set(re.findall(r"^\| `([A-Z_]+)` \|", (ROOT / "README.md").read_text("utf-8"), re.MULTILINE))
    names = {name for name in names if not SECRETIVE.search(name) or name.endswith("_URL")}
    names -= {"AWS_REGION", "AWS_ENDPOINT_URL"}  # Lambda's own; and for one machine only.
    for function in stack.functions:
        variables = stack.environment(function)
        for name in sorted(names):
            wanted = GIVEN_BY_THE_STACK.get(name, {"Ref": parameter_of(name)})
            assert variables.get(name) == wanted, f"{function}: {name}"


def parameter_of(setting: str) -> str:
    """`SlackTeamId` of `SLACK_TEAM_ID`."""
    return setting.title().replace("_", "")


def every_parameter_is_used_and_says_what_it_is_for(stack: Stack) -> None:
    text = json.dumps({part: stack.template[part] for part in ("Resources", "Conditions", "Outputs")})
    for name, parameter in stack.template["Parameters"].items():
        # Of what makes a version SAM puts the value itself.
        assert f'{{"Ref": "{name}"}}' in text or f"${{{name}}}" in text or name == "Release", name
        assert parameter["Description"].strip()
        limits = parameter.keys() & {"AllowedPattern", "AllowedValues", "MinValue"}
        assert limits, f"{name} takes anything"
        assert "AllowedValues" in limits or parameter["ConstraintDescription"].startswith("must be "), name


# ---------------------------------------------------------------- what is kept, and for how long


def what_people_gave_outlives_the_stack(stack: Stack) -> None:
    for name in KEPT:
        resource = stack.resources[name]
        assert resource["DeletionPolicy"] == resource["UpdateReplacePolicy"] == "Retain", name
    assert stack.properties("Table")["DeletionProtectionEnabled"] is True


def the_table_can_be_brought_back_and_forgets_what_it_may(stack: Stack) -> None:
    table = stack.the("AWS::DynamoDB::Table")
    assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert table["TimeToLiveSpecification"] == {"AttributeName": "expires", "Enabled": True}
    assert table["StreamSpecification"] == {"StreamViewType": "NEW_AND_OLD_IMAGES"}
    assert table["BillingMode"] == "PAY_PER_REQUEST"


def everything_is_encrypted_by_the_key_that_fits(stack: Stack) -> None:
    """False says that AWS owns the key; there is no table in clear."""
    assert stack.the("AWS::DynamoDB::Table")["SSESpecification"] == {"SSEEnabled": False}
    assert stack.the("AWS::KMS::Key")["EnableKeyRotation"] is True
    for secret in stack.of_type("AWS::SecretsManager::Secret").values():
        assert "KmsKeyId" not in secret


def every_log_has_its_end_and_a_name_of_this_stack(stack: Stack) -> None:
    logs = stack.of_type("AWS::Logs::LogGroup")
    for name, log in logs.items():
        assert log["RetentionInDays"] == {"Ref": "LogRetentionDays"}, name
        assert "${AWS::StackName}" in log["LogGroupName"]["Fn::Sub"]
    own = {properties["LoggingConfig"]["LogGroup"]["Ref"] for properties in stack.functions.values()}
    assert len(own) == len(stack.functions)
    assert own | {"ApiLog"} == logs.keys()


# ---------------------------------------------------------------- the doors and the functions


def the_doors_are_throttled_and_their_log_holds_no_content(stack: Stack) -> None:
    stage = stack.the("AWS::ApiGatewayV2::Stage")
    assert stage["DefaultRouteSettings"]["ThrottlingRateLimit"] == {"Ref": "RequestsPerSecond"}
    assert stage["DefaultRouteSettings"]["ThrottlingBurstLimit"] == {"Ref": "RequestsPerSecond"}
    assert stage["AccessLogSettings"]["DestinationArn"] == {"Fn::GetAtt": ["ApiLog", "Arn"]}
    logged = json.loads(stage["AccessLogSettings"]["Format"])
    assert set(logged.values()) <= MAY_BE_LOGGED
    assert "$context.requestId" in logged.values()
    body = stack.the("AWS::ApiGatewayV2::Api")["Body"]
    assert all(methods.keys() == {"post"} for methods in body["paths"].values())


def functions_run_where_their_packages_were_built_for(stack: Stack) -> None:
    for function, properties in stack.functions.items():
        assert (properties["Runtime"], properties["Architectures"]) == ("python3.13", ["arm64"]), function
        snaps = {"SlackFunction": "SlackUsesSnapStart", "NoyoWebhookFunction": "WebhookUsesSnapStart"}.get(
            function
        )
        starts = {"ApplyOn": {"Fn::If": [snaps, "PublishedVersions", "None"]}} if snaps else None
        assert properties.get("SnapStart") == starts, function


def functions_have_the_time_that_their_code_counts_on(stack: Stack) -> None:
    timeouts = {function: properties["Timeout"] for function, properties in stack.functions.items()}
    assert timeouts["SlackFunction"] > 3 > REQUEST_SECONDS
    # A lease that ran out has no holder; and one operation, however slow Noyo is, fits into a run.
    assert lifecycle.LONGEST_SECONDS < timeouts["ExecuteOperationsFunction"] < lifecycle.LEASE_SECONDS
    assert max(timeouts.values()) <= 300


def outputs_say_where_slack_and_the_secrets_are(stack: Stack) -> None:
    outputs = stack.template["Outputs"]
    assert outputs["SlackUrl"]["Value"]["Fn::Sub"].endswith("/slack/events")
    for secret in PLACEHOLDERS:
        assert outputs[f"{secret}Arn"]["Value"] == {"Ref": secret}
    assert all(output["Description"] for output in outputs.values())


def rules_refuse_nonsense(stack: Stack) -> None:
    rules = stack.template["Rules"]
    assert rules.keys() == {
        "ReleaseIsSet",
        "ProductionUsesNoyoProduction",
        "ProductionUsesSlack",
    }
    for rule in rules.values():
        for assertion in rule["Assertions"]:
            assert assertion["AssertDescription"].strip()


def alarms_tell_somebody(stack: Stack) -> None:
    alarms = stack.of_type("AWS::CloudWatch::Alarm")
    heard = {one["TopicArn"]["Ref"] for one in stack.of_type("AWS::SNS::Subscription").values()}
    assert alarms
    for name, alarm in alarms.items():
        assert alarm["AlarmActions"], name
        assert {one["Ref"] for one in alarm["AlarmActions"]} <= heard, name
        assert alarm["AlarmDescription"], name


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


CHECKS: list[Check] = [
    one
    for name, one in list(globals().items())
    if callable(one) and getattr(one, "__annotations__", {}).keys() == {"stack", "return"} and name != "Check"
]
