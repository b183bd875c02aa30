"""The handlers emit every metric of the alarms and the dashboard, with the same dimensions."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from bot.domain.requests import SensitiveFields
from bot.dynamodb import KmsEncryptor, RetryTiming, TimeoutPolicy
from bot.dynamodb.schema import user
from bot.dynamodb.table import Table
from bot.errors import TableUnavailable
from handlers import notify, poll
from infra.local.aws.table import read_template
from infra.local.noyo import Fault, FaultKind
from tests.handlers.captured_logs import NAMESPACE, Line, LoggedSystem, metrics_in
from tests.system import ANA, CONNECTIONS, System

OUR_NAMESPACE = {"Fn::Sub": "Switchboard/${AWS::StackName}"}
Metric = tuple[str, tuple[tuple[str, str], ...]]

# Metrics that AWS emits, with their dimensions; the names are from the documentation of its services.
AWS_METRICS = {
    ("AWS/Lambda", "Errors", "FunctionName"),
    ("AWS/Lambda", "Throttles", "FunctionName"),
    ("AWS/Lambda", "IteratorAge", "FunctionName"),
    ("AWS/ApiGateway", "5xx", "ApiId"),
}


@pytest.fixture
def emitted_metrics(system: System, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> set[Metric]:
    """The metrics in the log lines of a run in which every failure happens once."""
    monkeypatch.setenv("POWERTOOLS_METRICS_NAMESPACE", NAMESPACE)
    logged_system = LoggedSystem(system, capsys)
    logged_system.run_schedules()
    system.request_connection()
    logged_system.run_schedules(2)
    for endpoint in (system.bot.slack_endpoint, system.bot.webhook_endpoint):
        assert endpoint.handle({"headers": {}, "body": "anything"})["statusCode"] == 401
    cause_failures_at_noyo(logged_system)
    cause_failures_at_slack(logged_system)
    cause_failures_at_aws()
    found: set[Metric] = set()
    lines: list[Line] = logged_system.lines()
    for line in lines:
        found |= metrics_in(line)
    return found


def cause_failures_at_noyo(logged_system: LoggedSystem) -> None:
    system = logged_system.system
    system.noyo.faults.add(Fault(FaultKind.TOO_MANY, path_contains="/group_connections", retry_after=1))
    logged_system.run(poll.handler)
    system.noyo.expire_tokens()
    system.noyo.faults.add(Fault(FaultKind.ERROR_BEFORE, path_contains="/token", status=401, times=None))
    logged_system.run(poll.handler)


def cause_failures_at_slack(logged_system: LoggedSystem) -> None:
    system = logged_system.system
    system.slack.command(ANA, CONNECTIONS, "/noyo", "connect")
    system.request_connection(carrier_group_id="22")
    for _ in range(3):
        system.slack.faults.rate_limited(1, "chat.postMessage")
        system.slack.faults.api_error("invalid_auth", "chat.postMessage")
        system.slack.faults.api_error("restricted_action", "chat.postMessage")
        logged_system.run(notify.handler)
        system.wait(120)


def cause_failures_at_aws() -> None:
    class Throttling:
        def __getattr__(self, name: str) -> Any:
            def call(**_: Any) -> Any:
                raise ClientError({"Error": {"Code": "ThrottlingException"}}, name)

            return call

    client: Any = Throttling()
    retry_timing = RetryTiming(clock=iter(range(0, 1000, 5)).__next__, sleep=lambda _: None)
    with pytest.raises(TableUnavailable):
        Table(client, "t", TimeoutPolicy(connect=1, read=1, total=10), retry_timing).get(user("U1"))
    with pytest.raises(TableUnavailable):
        KmsEncryptor(lambda: client, "key").encrypt(SensitiveFields(federal_ein="1"), "V1")


def charted_metrics() -> Iterator[tuple[str, Any, str, tuple[tuple[str, Any], ...]]]:
    """The metrics of alarms and of the dashboard: location, namespace, name and dimensions."""
    resources = read_template()["Resources"]
    for name, resource in resources.items():
        if resource["Type"] == "AWS::CloudWatch::Alarm":
            for metric in metrics_of(resource["Properties"]):
                dimensions = tuple(
                    (dimension["Name"], dimension["Value"]) for dimension in metric.get("Dimensions", [])
                )
                yield name, metric["Namespace"], metric["MetricName"], dimensions
    body = json.loads(resources["Dashboard"]["Properties"]["DashboardBody"]["Fn::Sub"])
    for widget in body["widgets"]:
        for row in widget["properties"].get("metrics", []):
            if isinstance(row[0], str):
                yield charted_metric(widget["properties"]["title"], row)


def charted_metric(title: str, row: list[Any]) -> tuple[str, Any, str, tuple[tuple[str, Any], ...]]:
    names = [part for part in row if isinstance(part, str)]
    namespace = OUR_NAMESPACE if names[0] == OUR_NAMESPACE["Fn::Sub"] else names[0]
    return title, namespace, names[1], tuple(zip(names[2::2], names[3::2], strict=True))


def metrics_of(alarm: dict[str, Any]) -> list[dict[str, Any]]:
    several = alarm.get("Metrics")
    return [metric["MetricStat"]["Metric"] for metric in several if "MetricStat" in metric] if several else [alarm]


def test_each_of_our_metrics_is_emitted_with_these_dimensions(emitted_metrics: set[Metric]) -> None:
    ours = [
        (where, (metric, dims)) for where, namespace, metric, dims in charted_metrics() if namespace == OUR_NAMESPACE
    ]

    assert len(ours) > 25
    assert [(where, metric) for where, metric in ours if metric not in emitted_metrics] == []


def test_the_operations_that_the_dashboard_searches_for_have_the_dimensions_it_names(
    emitted_metrics: set[Metric],
) -> None:
    assert any(
        name == "SettledOperations" and [key for key, _ in dims] == ["kind", "outcome"]
        for name, dims in emitted_metrics
    )
    body = read_template()["Resources"]["Dashboard"]["Properties"]["DashboardBody"]["Fn::Sub"]
    assert "${AWS::StackName},kind,outcome}" in body


def test_each_metric_of_aws_exists() -> None:
    for where, namespace, metric, dims in charted_metrics():
        if namespace != OUR_NAMESPACE:
            [(dimension, _)] = dims
            assert (namespace, metric, dimension) in AWS_METRICS, where


def test_functions_and_alarms_use_the_same_namespace() -> None:
    variables = read_template()["Globals"]["Function"]["Environment"]["Variables"]

    assert variables["POWERTOOLS_METRICS_NAMESPACE"] == OUR_NAMESPACE
