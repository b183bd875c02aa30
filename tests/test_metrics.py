"""Log lines that carry metrics, compared with the specification of CloudWatch's embedded metric format."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest
from aws_lambda_powertools.metrics import EphemeralMetrics

from bot import logs
from bot.logs import COUNT, METRICS, MILLISECONDS, SECONDS, EventMetrics, embedded_metrics
from bot.telemetry import LogEvent, log_event
from tests.handlers.captured_logs import NAMESPACE, metrics_in
from tests.handlers.conftest import FakeContext

pytestmark = pytest.mark.usefixtures("restored_logging")

CONFIGURE = pytest.mark.parametrize("configure", [logs.configure_receiver, logs.configure_worker])
FIELDS: dict[LogEvent, dict[str, Any]] = {
    LogEvent.SLACK_ANSWERED: {"kind": "command", "cold": "yes", "status": 200, "milliseconds": 40},
    LogEvent.SIGNATURE_REJECTED: {"endpoint": "slack"},
    LogEvent.OPERATION_SETTLED: {"kind": "refresh_record", "outcome": "confirmed", "seconds": 3},
    LogEvent.EVENT_PUBLISHED: {"kind": "record", "lag": 9},
    LogEvent.EVENT_POSTPONED: {"attempt": 1, "failed": 0},
    LogEvent.LIST_POLLED: {"list": "connection", "age": 0, "parked": 2},
    LogEvent.OPERATION_BACKLOG: {
        "oldest_due": 0,
        "awaiting_resolution": 1,
        "deferred": 0,
        "longest_awaiting": 30,
        "unreadable": 0,
    },
    LogEvent.OUTBOX_BACKLOG: {"oldest_due": 0, "unreadable": 0},
    LogEvent.THROTTLED: {"service": "noyo"},
    LogEvent.CREDENTIALS_REJECTED: {"service": "slack"},
}


def assert_embedded(line: dict[str, Any]) -> None:
    """The rules of the specification for a document with metrics."""
    assert len(json.dumps(line).encode()) < 256 * 1024
    head = line["_aws"]
    assert set(head) == {"Timestamp", "CloudWatchMetrics"}
    assert type(head["Timestamp"]) is int
    assert 1_500_000_000_000 < head["Timestamp"] < 5_000_000_000_000, "milliseconds"
    assert head["CloudWatchMetrics"]
    for directive in head["CloudWatchMetrics"]:
        assert set(directive) == {"Namespace", "Dimensions", "Metrics"}
        assert 1 <= len(directive["Namespace"]) <= 255
        assert not directive["Namespace"].startswith("AWS/")
        assert directive["Dimensions"], "at least one set, which may be empty"
        for names in directive["Dimensions"]:
            assert len(names) <= 9
            for name in names:
                assert 1 <= len(name) <= 255
                assert isinstance(line[name], str)
                assert 1 <= len(line[name]) <= 1024
        assert 1 <= len(directive["Metrics"]) <= 100
        for metric in directive["Metrics"]:
            assert set(metric) == {"Name", "Unit"}
            assert metric["Unit"] in {COUNT, SECONDS, MILLISECONDS}, "units that CloudWatch knows"
            assert type(line[metric["Name"]]) in (int, float), "one number"


@CONFIGURE
@pytest.mark.parametrize("event", METRICS)
def test_a_line_with_metrics_follows_the_specification(
    event: LogEvent, configure: Any, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POWERTOOLS_METRICS_NAMESPACE", NAMESPACE)
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "switchboard")
    configure(FakeContext())

    log_event(event, **FIELDS[event])

    [line] = [json.loads(written) for written in capsys.readouterr().out.splitlines()]
    assert_embedded(line)
    assert metrics_in(line) == {
        (metric.name, tuple((name, FIELDS[event][name]) for name in names))
        for metric in METRICS[event].metrics
        for names in METRICS[event].dimensions
    }
    assert line["message"] == event.value
    assert line.items() >= FIELDS[event].items()


def powertools_metrics(measured: EventMetrics, fields: dict[str, Any]) -> dict[str, Any]:
    metrics = EphemeralMetrics(namespace=NAMESPACE)
    metrics.service = ""  # Otherwise powertools adds it as a dimension.
    for metric in measured.metrics:
        metrics.add_metric(metric.name, metric.unit, 1 if metric.field is None else fields[metric.field])
    first, *more = ({name: fields[name] for name in names} for names in measured.dimensions)
    for name, label in first.items():
        metrics.add_dimension(name, label)
    for dimensions in more:
        metrics.add_dimensions(**dimensions)
    return {**metrics.serialize_metric_set()}


@pytest.mark.parametrize("event", METRICS)
def test_our_metrics_equal_those_of_powertools(event: LogEvent) -> None:
    ours = embedded_metrics(METRICS[event], FIELDS[event], NAMESPACE)
    theirs = powertools_metrics(METRICS[event], FIELDS[event])

    assert metrics_in(FIELDS[event] | ours) == metrics_in(theirs)
    for metric in METRICS[event].metrics:
        assert [ours[metric.name]] == theirs[metric.name]


def test_no_metric_has_the_name_of_a_field() -> None:
    names = [metric.name for measured in METRICS.values() for metric in measured.metrics]

    assert len(names) == len(set(names))
    assert all(name[0].isupper() and name.isalnum() for name in names), "fields begin with a small letter"


def test_an_unknown_value_is_left_out_and_not_reported_as_zero() -> None:
    assert embedded_metrics(METRICS[LogEvent.EVENT_PUBLISHED], {"kind": "summary"}, NAMESPACE) == {}
    only_age = embedded_metrics(METRICS[LogEvent.LIST_POLLED], {"list": "connection", "age": 5}, NAMESPACE)
    assert "ParkedRecords" not in only_age
    assert only_age["PollAgeSeconds"] == 5


@CONFIGURE
def test_an_event_without_metrics_has_only_fields(
    configure: Any, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POWERTOOLS_METRICS_NAMESPACE", NAMESPACE)
    configure(FakeContext())
    log_event(LogEvent.OPERATION_CLAIMED, kind="refresh_record")

    [line] = [json.loads(written) for written in capsys.readouterr().out.splitlines()]
    assert line["kind"] == "refresh_record"
    assert "_aws" not in line


@CONFIGURE
def test_without_a_namespace_there_are_lines_and_no_metrics(configure: Any, capsys: pytest.CaptureFixture[str]) -> None:
    configure(FakeContext())
    log_event(LogEvent.OUTBOX_BACKLOG, oldest_due=4)

    [line] = [json.loads(written) for written in capsys.readouterr().out.splitlines()]
    assert (line["message"], line["oldest_due"]) == ("outbox_backlog", 4)
    assert "_aws" not in line


@CONFIGURE
def test_metrics_are_written_at_any_log_level_because_alarms_count_on_them(
    configure: Any, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POWERTOOLS_METRICS_NAMESPACE", NAMESPACE)
    monkeypatch.setenv("POWERTOOLS_LOG_LEVEL", "ERROR")
    configure(FakeContext())
    logging.getLogger("switchboard").warning("hidden")
    log_event(LogEvent.OUTBOX_BACKLOG, oldest_due=4)

    [line] = [json.loads(written) for written in capsys.readouterr().out.splitlines()]
    assert line["OldestDueEventSeconds"] == 4
