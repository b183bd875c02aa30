"""Lines that carry metrics, held against the specification of CloudWatch's embedded metric format."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest

from bot import logs
from bot.metrics import COUNT, METRICS, MILLISECONDS, SECONDS, embedded_metrics
from bot.telemetry import LogEvent, log_event
from tests.handlers.conftest import FakeContext
from tests.handlers.following import NAMESPACE, measured

FACTS: dict[LogEvent, dict[str, Any]] = {
    LogEvent.SLACK_ANSWERED: {"kind": "command", "cold": "yes", "status": 200, "milliseconds": 40},
    LogEvent.SIGNATURE_REJECTED: {"door": "slack"},
    LogEvent.OPERATION_SETTLED: {"kind": "look", "outcome": "confirmed", "seconds": 3},
    LogEvent.EVENT_PUBLISHED: {"news": "record", "lag": 9},
    LogEvent.EVENT_POSTPONED: {"attempt": 1, "failed": 0},
    LogEvent.LIST_POLLED: {"list": "connection", "age": 0, "parked": 2},
    LogEvent.OPERATION_BACKLOG: {"late": 0, "waiting": 1, "kept": 0, "waited": 30},
    LogEvent.OUTBOX_BACKLOG: {"late": 0},
    LogEvent.THROTTLED: {"by": "noyo"},
    LogEvent.CREDENTIALS_REJECTED: {"by": "slack"},
}


def assert_embedded(line: dict[str, Any]) -> None:
    """What the specification says of a document that holds metrics."""
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
        assert directive["Dimensions"], "one set at least, which may be empty"
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
            assert type(line[metric["Name"]]) in (int, float)


@pytest.mark.parametrize("begin", [logs.from_receiver, logs.from_worker])
@pytest.mark.parametrize("step", METRICS)
def test_a_line_that_carries_metrics_is_as_the_specification_wants_it(
    step: LogEvent, begin: Any, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("METRICS_NAMESPACE", NAMESPACE)
    begin(FakeContext())

    log_event(step, **FACTS[step])

    [line] = [json.loads(one) for one in capsys.readouterr().out.splitlines()]
    assert_embedded(line)
    names = {name for name, _ in measured(line)}
    assert names == {metric.name for metric in METRICS[step].metrics}


def test_no_metric_has_the_name_of_something_else_in_the_line() -> None:
    names = [metric.name for one in METRICS.values() for metric in one.metrics]

    assert len(names) == len(set(names))
    assert all(name[0].isupper() and name.isalnum() for name in names), "facts begin with a small letter"


def test_a_number_that_is_not_known_is_no_metric_and_not_nought() -> None:
    assert embedded_metrics(LogEvent.EVENT_PUBLISHED, {"news": "summary"}, namespace=NAMESPACE, at=1.0) == {}
    only_age = embedded_metrics(
        LogEvent.LIST_POLLED, {"list": "connection", "age": 5}, namespace=NAMESPACE, at=1.0
    )
    assert "ParkedRecords" not in only_age
    assert only_age["PollAgeSeconds"] == 5


def test_a_step_that_nobody_measures_carries_nothing() -> None:
    assert embedded_metrics(LogEvent.OPERATION_CLAIMED, {"kind": "look"}, namespace=NAMESPACE, at=1.0) == {}


def test_without_a_namespace_there_are_lines_and_no_metrics(capsys: pytest.CaptureFixture[str]) -> None:
    logs.from_worker(FakeContext())
    log_event(LogEvent.OUTBOX_BACKLOG, late=4)

    [line] = [json.loads(one) for one in capsys.readouterr().out.splitlines()]
    assert (line["message"], line["late"]) == ("news stands", 4)
    assert "_aws" not in line


@pytest.mark.parametrize("begin", [logs.from_receiver, logs.from_worker])
def test_metrics_are_written_whatever_the_level_is_since_alarms_count_on_them(
    begin: Any, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("METRICS_NAMESPACE", NAMESPACE)
    monkeypatch.setenv("POWERTOOLS_LOG_LEVEL", "ERROR")
    begin(FakeContext())
    logging.getLogger("switchboard").warning("not heard")
    log_event(LogEvent.OUTBOX_BACKLOG, late=4)

    [line] = [json.loads(one) for one in capsys.readouterr().out.splitlines()]
    assert line["OldestDueNewsSeconds"] == 4
