"""Requirements of the stack; each check is a function that fails if the stack does not meet its requirement."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bot import policies
from infra.stack.permissions import KEYS, LAMBDA_SERVICE, allowed
from tests.template.stack import ROOT, Stack

Check = Callable[[Stack], None]
RETAINED = ("Table", "Key", "SecretSlackSigning", "SecretSlackBot", "SecretNoyoClient", "SecretNoyoWebhook")
PLACEHOLDERS = {
    "SecretSlackSigning": '{"signing_secrets": []}',
    "SecretSlackBot": '{"bot_token": ""}',
    "SecretNoyoClient": '{"client_id": "", "client_secret": ""}',
    "SecretNoyoWebhook": '{"webhook_secrets": []}',
}
SECRET_NAME = re.compile(r"SECRET|TOKEN|PASSWORD|CLIENT_ID|PRIVATE")
SET_BY_THE_STACK = {"TABLE_NAME": {"Ref": "Table"}, "KMS_KEY_ID": {"Fn::GetAtt": ["Key", "Arn"]}}
LOGGED_FIELDS = {
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
"""Characters of all inline policies of a role, without white space."""


# ---------------------------------------------------------------- invocations


def routes_invoke_the_published_alias(stack: Stack) -> None:
    paths = stack.only("AWS::ApiGatewayV2::Api")["Body"]["paths"]
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


def streams_and_schedules_invoke_the_published_alias(stack: Stack) -> None:
    aliases = {stack.alias_of(function) for function in stack.functions}
    mapped = [mapping["FunctionName"] for mapping in stack.of_type("AWS::Lambda::EventSourceMapping").values()]
    scheduled = [schedule["Target"]["Arn"] for schedule in stack.of_type("AWS::Scheduler::Schedule").values()]
    assert len(mapped) >= 2
    assert len(scheduled) >= 3
    assert {target.get("Ref") for target in [*mapped, *scheduled]} <= aliases


def asynchronous_invocations_are_not_retried(stack: Stack) -> None:
    """Neither the scheduler nor Lambda's queue retries a failed invocation in parallel with the next one."""
    for schedule in stack.of_type("AWS::Scheduler::Schedule").values():
        assert schedule["Target"]["RetryPolicy"] == {"MaximumRetryAttempts": 0}
        assert "Name" not in schedule  # It would conflict with a second stack in the account.
    configs = {
        config["FunctionName"]["Ref"]: config for config in stack.of_type("AWS::Lambda::EventInvokeConfig").values()
    }
    assert configs.keys() == stack.functions.keys()
    for config in configs.values():
        assert (config["MaximumRetryAttempts"], config["MaximumEventAgeInSeconds"]) == (0, 60)
        assert config["Qualifier"] == "live"


def each_release_publishes_a_version_and_deletes_the_old_one(stack: Stack) -> None:
    for function, properties in stack.functions.items():
        version = stack.version_of(function)
        assert stack.resources[version]["DeletionPolicy"] == "Delete"
        assert version == f"{function}Version0123456789"
        # Lambda publishes a new version only if the function itself has changed.
        assert properties["Description"].endswith("0123456789abcdef")


def scheduler_roles_invoke_only_their_own_function(stack: Stack) -> None:
    for schedule in stack.of_type("AWS::Scheduler::Schedule").values():
        role = schedule["Target"]["RoleArn"]["Fn::GetAtt"][0]
        (statement,) = stack.statements(role)
        assert statement["Action"] == "lambda:InvokeFunction"
        assert statement["Resource"] == schedule["Target"]["Arn"]


def streams_are_read_in_small_batches_from_the_beginning(stack: Stack) -> None:
    for mapping in stack.of_type("AWS::Lambda::EventSourceMapping").values():
        assert mapping["EventSourceArn"] == {"Fn::GetAtt": ["Table", "StreamArn"]}
        assert mapping["StartingPosition"] == "TRIM_HORIZON"
        assert mapping["BatchSize"] <= 10
        assert mapping["ParallelizationFactor"] == 1
        assert mapping["BisectBatchOnFunctionError"] is True
        assert "FunctionResponseTypes" not in mapping
        assert mapping["MaximumRetryAttempts"] == 3
        assert mapping["MaximumRecordAgeInSeconds"] == 3600


# ---------------------------------------------------------------- roles


def each_function_has_its_own_role_that_only_lambda_can_assume(stack: Stack) -> None:
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
"""Actions for which AWS supports no resource."""


def no_permission_covers_all_actions_or_resources(stack: Stack) -> None:
    for _, statement in stack.role_statements():
        assert "NotAction" not in statement
        assert "NotResource" not in statement
        assert "*" not in json.dumps(statement["Action"])
        if statement["Action"] not in WITHOUT_RESOURCES:
            assert '"*"' not in json.dumps(statement["Resource"])


def permissions_on_the_table_are_limited_by_partition_key(stack: Stack) -> None:
    """`ForAllValues` alone also matches calls without a key, such as a scan; so `Null` is required too."""
    for function, statement in stack.role_statements():
        actions = _listed(statement["Action"])
        if statement["Effect"] == "Deny" or not any(action.startswith("dynamodb:") for action in actions):
            continue
        if all(LAMBDA_SERVICE.match(action) for action in actions):
            assert statement["Resource"] == {"Fn::GetAtt": ["Table", "StreamArn"]}
            continue
        condition = statement["Condition"]
        assert condition["Null"] == {KEYS: "false"}, function
        assert condition["ForAllValues:StringLike"][KEYS], function
        assert condition.keys() == {"Null", "ForAllValues:StringLike"}


def audit_entries_can_only_be_put(stack: Stack) -> None:
    for function in stack.functions:
        statements = stack.statements(stack.role_of(function))
        denied = [statement for statement in statements if statement["Effect"] == "Deny"]
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


def the_key_encrypts_only_for_operations(stack: Stack) -> None:
    users: dict[str, str] = {}
    for function, statement in stack.role_statements():
        if "kms:" in json.dumps(statement["Action"]):
            assert statement["Resource"] == {"Fn::GetAtt": ["Key", "Arn"]}
            assert statement["Condition"] == {"Null": {"kms:EncryptionContext:operation": "false"}}
            users[function] = statement["Action"]
    assert users == {"SlackFunction": "kms:Encrypt", "ExecuteOperationsFunction": "kms:Decrypt"}


def each_function_writes_only_its_own_log(stack: Stack) -> None:
    for function, properties in stack.functions.items():
        log = properties["LoggingConfig"]["LogGroup"]["Ref"]
        statements = stack.statements(stack.role_of(function))
        assert [statement for statement in statements if "logs:" in json.dumps(statement)] == [
            {
                "Effect": "Allow",
                "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
                "Resource": {"Fn::GetAtt": [log, "Arn"]},
            }
        ]


def only_triggered_functions_read_the_stream(stack: Stack) -> None:
    triggered = {
        function
        for function in stack.functions
        for mapping in stack.of_type("AWS::Lambda::EventSourceMapping").values()
        if mapping["FunctionName"]["Ref"] == stack.alias_of(function)
    }
    readers = {
        function
        for function, statement in stack.role_statements()
        if "dynamodb:GetRecords" in _listed(statement["Action"])
    }
    assert readers == triggered


def the_translation_has_the_permissions_of_the_source(stack: Stack) -> None:
    """Tests compare their calls with the source; this check ensures that the translation adds nothing."""
    from infra.stack.permissions import of_statement

    translated = {
        function: frozenset(
            permission
            for statement in stack.statements(stack.role_of(function))
            if statement["Effect"] == "Allow"
            for permission in of_statement(statement)
        )
        for function in stack.functions
    }
    assert translated == allowed()


# ---------------------------------------------------------------- secrets and settings


def no_environment_contains_a_secret(stack: Stack) -> None:
    for function in stack.functions:
        for name, value in stack.environment(function).items():
            if SECRET_NAME.search(name) and not name.endswith("_URL"):
                assert name.startswith("SECRET_")
                assert value["Ref"] in PLACEHOLDERS
    assert not any(SECRET_NAME.search(name.upper()) for name in stack.template["Parameters"] if "Url" not in name)


def each_function_has_exactly_the_secrets_that_it_uses(stack: Stack) -> None:
    for function, properties in stack.functions.items():
        variables = {name for name in stack.environment(function) if name.startswith("SECRET_")}
        readable = {
            statement["Resource"]["Ref"]
            for statement in stack.statements(stack.role_of(function))
            if statement["Action"] == "secretsmanager:GetSecretValue"
        }
        assert variables == {f"SECRET_{purpose}" for purpose in _purposes(properties["Handler"])}
        assert readable == {stack.environment(function)[name]["Ref"] for name in variables}


def _purposes(handler: str) -> set[str]:
    """The secrets that a handler names (`deployment(Purpose.SLACK_BOT)`)."""
    source = Path(ROOT, *handler.split(".")[:-1]).with_suffix(".py").read_text(encoding="utf-8")
    return {
        node.attr
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "Purpose"
    }


def secrets_are_created_empty(stack: Stack) -> None:
    """These texts must never change: CloudFormation would overwrite the real secrets with them."""
    secrets = stack.of_type("AWS::SecretsManager::Secret")
    assert {name: secret["SecretString"] for name, secret in secrets.items()} == PLACEHOLDERS


def every_setting_has_a_parameter(stack: Stack) -> None:
    names = set(re.findall(r"^\| `([A-Z_]+)` \|", (ROOT / "README.md").read_text("utf-8"), re.MULTILINE))
    names = {name for name in names if not SECRET_NAME.search(name) or name.endswith("_URL")}
    # Set by Lambda; used only on a developer's machine; an object in the stack's own bucket, for one function.
    names -= {"AWS_REGION", "AWS_ENDPOINT_URL", "CARRIERS_FILE"}
    for function in stack.functions:
        variables = stack.environment(function)
        for name in sorted(names):
            expected = SET_BY_THE_STACK.get(name, {"Ref": parameter_of(name)})
            assert variables.get(name) == expected, f"{function}: {name}"


def parameter_of(setting: str) -> str:
    """`SlackTeamId` of `SLACK_TEAM_ID`."""
    return setting.title().replace("_", "")


def every_parameter_is_used_described_and_validated(stack: Stack) -> None:
    text = json.dumps({part: stack.template[part] for part in ("Resources", "Conditions", "Outputs")})
    for name, parameter in stack.template["Parameters"].items():
        # SAM inserts the value of Release, not a reference.
        assert f'{{"Ref": "{name}"}}' in text or f"${{{name}}}" in text or name == "Release", name
        assert parameter["Description"].strip()
        limits = parameter.keys() & {"AllowedPattern", "AllowedValues", "MinValue"}
        assert limits, f"{name} accepts any value"
        assert "AllowedValues" in limits or parameter["ConstraintDescription"].startswith("must be "), name


# ---------------------------------------------------------------- data and logs


def data_and_secrets_outlive_the_stack(stack: Stack) -> None:
    for name in RETAINED:
        resource = stack.resources[name]
        assert resource["DeletionPolicy"] == resource["UpdateReplacePolicy"] == "Retain", name
    assert stack.properties("Table")["DeletionProtectionEnabled"] is True


def the_table_has_backups_and_expiry(stack: Stack) -> None:
    table = stack.only("AWS::DynamoDB::Table")
    assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert table["TimeToLiveSpecification"] == {"AttributeName": "expires", "Enabled": True}
    assert table["StreamSpecification"] == {"StreamViewType": "NEW_AND_OLD_IMAGES"}
    assert table["BillingMode"] == "PAY_PER_REQUEST"


def data_is_encrypted_with_the_right_key(stack: Stack) -> None:
    """SSEEnabled false means a key that AWS owns; DynamoDB encrypts every table."""
    assert stack.only("AWS::DynamoDB::Table")["SSESpecification"] == {"SSEEnabled": False}
    assert stack.only("AWS::KMS::Key")["EnableKeyRotation"] is True
    for secret in stack.of_type("AWS::SecretsManager::Secret").values():
        assert "KmsKeyId" not in secret


def every_log_group_has_a_retention_and_the_name_of_the_stack(stack: Stack) -> None:
    logs = stack.of_type("AWS::Logs::LogGroup")
    for name, log in logs.items():
        assert log["RetentionInDays"] == {"Ref": "LogRetentionDays"}, name
        assert "${AWS::StackName}" in log["LogGroupName"]["Fn::Sub"]
    groups = {properties["LoggingConfig"]["LogGroup"]["Ref"] for properties in stack.functions.values()}
    assert len(groups) == len(stack.functions)
    assert groups | {"ApiLog"} == logs.keys()


# ---------------------------------------------------------------- API and functions


def the_api_is_throttled_and_its_log_contains_no_content(stack: Stack) -> None:
    stage = stack.only("AWS::ApiGatewayV2::Stage")
    assert stage["DefaultRouteSettings"]["ThrottlingRateLimit"] == {"Ref": "RequestsPerSecond"}
    assert stage["DefaultRouteSettings"]["ThrottlingBurstLimit"] == {"Ref": "RequestsPerSecond"}
    assert stage["AccessLogSettings"]["DestinationArn"] == {"Fn::GetAtt": ["ApiLog", "Arn"]}
    logged = json.loads(stage["AccessLogSettings"]["Format"])
    assert set(logged.values()) <= LOGGED_FIELDS
    assert "$context.requestId" in logged.values()
    body = stack.only("AWS::ApiGatewayV2::Api")["Body"]
    assert all(methods.keys() == {"post"} for methods in body["paths"].values())


def functions_use_the_runtime_of_their_packages(stack: Stack) -> None:
    for function, properties in stack.functions.items():
        assert (properties["Runtime"], properties["Architectures"]) == ("python3.13", ["arm64"]), function
        condition = {"SlackFunction": "SlackUsesSnapStart", "NoyoWebhookFunction": "WebhookUsesSnapStart"}.get(function)
        expected = {"ApplyOn": {"Fn::If": [condition, "PublishedVersions", "None"]}} if condition else None
        assert properties.get("SnapStart") == expected, function


def timeouts_match_the_code(stack: Stack) -> None:
    timeouts = {function: properties["Timeout"] for function, properties in stack.functions.items()}
    assert timeouts["SlackFunction"] > 3 > policies.SLACK_REQUEST_SECONDS
    # An expired lease has no running worker; and one operation fits into an invocation, however slow Noyo is.
    assert policies.OPERATION_MAX_SECONDS < timeouts["ExecuteOperationsFunction"] < policies.OPERATION_LEASE_SECONDS
    assert max(timeouts.values()) <= 300


def outputs_contain_the_urls_and_the_secrets(stack: Stack) -> None:
    outputs = stack.template["Outputs"]
    assert outputs["SlackUrl"]["Value"]["Fn::Sub"].endswith("/slack/events")
    for secret in PLACEHOLDERS:
        assert outputs[f"{secret}Arn"]["Value"] == {"Ref": secret}
    assert all(output["Description"] for output in outputs.values())


def rules_refuse_wrong_parameters(stack: Stack) -> None:
    rules = stack.template["Rules"]
    assert rules.keys() == {
        "ReleaseIsSet",
        "ProductionUsesNoyoProduction",
        "ProductionUsesSlack",
        "ProductionHasAlarmEmail",
    }
    for rule in rules.values():
        for assertion in rule["Assertions"]:
            assert assertion["AssertDescription"].strip()


def alarms_have_a_recipient(stack: Stack) -> None:
    alarms = stack.of_type("AWS::CloudWatch::Alarm")
    subscribed = {each["TopicArn"]["Ref"] for each in stack.of_type("AWS::SNS::Subscription").values()}
    assert alarms
    for name, alarm in alarms.items():
        assert alarm["AlarmActions"], name
        assert {action["Ref"] for action in alarm["AlarmActions"]} <= subscribed, name
        assert alarm["AlarmDescription"], name


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


CHECKS: list[Check] = [
    value
    for name, value in list(globals().items())
    if callable(value) and getattr(value, "__annotations__", {}).keys() == {"stack", "return"} and name != "Check"
]
