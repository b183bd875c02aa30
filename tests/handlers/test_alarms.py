"""Every metric that an alarm or the dashboard looks at is one that the handlers tell, with those dimensions."""

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
from tests.handlers.captured_logs import NAMESPACE, Line, Watched, measured
from tests.system import ANA, CONNECTIONS, System

OURS = {"Fn::Sub": "Switchboard/${AWS::StackName}"}
Metric = tuple[str, tuple[tuple[str, str], ...]]

# What AWS itself tells, and by which dimension: the names are from its services' own pages.
AWS = {
    ("AWS/Lambda", "Errors", "FunctionName"),
    ("AWS/Lambda", "Throttles", "FunctionName"),
    ("AWS/Lambda", "IteratorAge", "FunctionName"),
    ("AWS/ApiGateway", "5xx", "ApiId"),
}


@pytest.fixture
def measured_metrics(
    system: System, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> set[Metric]:
    """The metrics in the log lines of a run in which every failure happens once."""
    monkeypatch.setenv("POWERTOOLS_METRICS_NAMESPACE", NAMESPACE)
    watched = Watched(system, capsys)
    watched.round()
    system.asks()
    watched.round(2)
    for endpoint in (system.bot.slack_endpoint, system.bot.webhook_endpoint):
        assert endpoint.handle({"headers": {}, "body": "anything"})["statusCode"] == 401
    trouble_at_noyo(watched)
    trouble_at_slack(watched)
    trouble_at_aws()
    found: set[Metric] = set()
    lines: list[Line] = watched.lines()
    for line in lines:
        found |= measured(line)
    return found


def trouble_at_noyo(watched: Watched) -> None:
    system = watched.system
    system.noyo.faults.add(Fault(FaultKind.TOO_MANY, path_contains="/group_connections", retry_after=1))
    watched.run(poll.handler)
    system.noyo.expire_tokens()
    system.noyo.faults.add(Fault(FaultKind.ERROR_BEFORE, path_contains="/token", status=401, times=None))
    watched.run(poll.handler)


def trouble_at_slack(watched: Watched) -> None:
    system = watched.system
    system.slack.command(ANA, CONNECTIONS, "/noyo", "connect")
    system.asks(carrier_group_id="22")
    for _ in range(3):
        system.slack.faults.rate_limited(1, "chat.postMessage")
        system.slack.faults.api_error("invalid_auth", "chat.postMessage")
        system.slack.faults.api_error("restricted_action", "chat.postMessage")
        watched.run(notify.handler)
        system.wait(120)


def trouble_at_aws() -> None:
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
                yield shown(widget["properties"]["title"], row)


def shown(title: str, row: list[Any]) -> tuple[str, Any, str, tuple[tuple[str, Any], ...]]:
    names = [part for part in row if isinstance(part, str)]
    namespace = OURS if names[0] == OURS["Fn::Sub"] else names[0]
    return title, namespace, names[1], tuple(zip(names[2::2], names[3::2], strict=True))


def metrics_of(alarm: dict[str, Any]) -> list[dict[str, Any]]:
    several = alarm.get("Metrics")
    return [metric["MetricStat"]["Metric"] for metric in several if "MetricStat" in metric] if several else [alarm]


def test_each_of_our_metrics_is_emitted_with_these_dimensions(measured_metrics: set[Metric]) -> None:
    ours = [(where, (metric, dims)) for where, namespace, metric, dims in charted_metrics() if namespace == OURS]

    assert len(ours) > 25
    assert [(where, metric) for where, metric in ours if metric not in measured_metrics] == []


def test_the_operations_that_the_dashboard_searches_for_have_the_dimensions_it_names(
    measured_metrics: set[Metric],
) -> None:
    assert any(
        name == "SettledOperations" and [key for key, _ in dims] == ["kind", "outcome"]
        for name, dims in measured_metrics
    )
    body = read_template()["Resources"]["Dashboard"]["Properties"]["DashboardBody"]["Fn::Sub"]
    assert "${AWS::StackName},kind,outcome}" in body


def test_each_metric_of_aws_is_one_that_there_is() -> None:
    for where, namespace, metric, dims in charted_metrics():
        if namespace != OURS:
            [(dimension, _)] = dims
            assert (namespace, metric, dimension) in AWS, where


def test_the_functions_write_into_the_namespace_that_alarms_look_into() -> None:
    variables = read_template()["Globals"]["Function"]["Environment"]["Variables"]

    assert variables["POWERTOOLS_METRICS_NAMESPACE"] == OURS
