"""Which numbers of a step CloudWatch keeps as metrics, and what in the step's log line tells it to.

A line in the embedded metric format is JSON with a member `_aws`; CloudWatch Logs reads the metrics out of it. Made by
hand, since the receiver has no time to load anything for it:
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html

Each combination of a metric and the values of its dimensions is paid for: docs/runbook.md counts them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.telemetry import LogEvent

COUNT, SECONDS, MILLISECONDS = "Count", "Seconds", "Milliseconds"


@dataclass(frozen=True, slots=True)
class Metric:
    """`fact` is the fact of the step that is its value; None counts the step itself."""

    name: str
    unit: str
    fact: str | None = None


@dataclass(frozen=True, slots=True)
class EventMetrics:
    """The metrics of one step, each once for every set of dimensions; a set's names are facts of the step."""

    metrics: tuple[Metric, ...]
    dimensions: tuple[tuple[str, ...], ...] = ((),)


METRICS: Mapping[LogEvent, EventMetrics] = {
    LogEvent.SLACK_ANSWERED: EventMetrics(
        (Metric("AckMilliseconds", MILLISECONDS, "milliseconds"),), ((), ("kind",), ("cold",))
    ),
    LogEvent.SIGNATURE_REJECTED: EventMetrics((Metric("Unsigned", COUNT),), (("door",),)),
    LogEvent.OPERATION_SETTLED: EventMetrics((Metric("Operations", COUNT),), (("kind", "outcome"),)),
    LogEvent.EVENT_PUBLISHED: EventMetrics((Metric("LagSeconds", SECONDS, "lag"),)),
    LogEvent.EVENT_POSTPONED: EventMetrics((Metric("DeliveriesFailed", COUNT, "failed"),)),
    LogEvent.LIST_POLLED: EventMetrics(
        (Metric("PollAgeSeconds", SECONDS, "age"), Metric("ParkedRecords", COUNT, "parked")), (("list",),)
    ),
    LogEvent.OPERATION_BACKLOG: EventMetrics(
        (
            Metric("OldestDueOperationSeconds", SECONDS, "late"),
            Metric("WaitingForPerson", COUNT, "waiting"),
            Metric("KeptUnsent", COUNT, "kept"),
            Metric("LongestWaitingForPersonSeconds", SECONDS, "waited"),
        )
    ),
    LogEvent.OUTBOX_BACKLOG: EventMetrics((Metric("OldestDueNewsSeconds", SECONDS, "late"),)),
    LogEvent.THROTTLED: EventMetrics((Metric("Throttled", COUNT),), (("by",),)),
    LogEvent.CREDENTIALS_REJECTED: EventMetrics((Metric("NotLetIn", COUNT),), (("by",),)),
}


def embedded_metrics(
    step: LogEvent, facts: Mapping[str, Any], *, namespace: str, at: float
) -> dict[str, Any]:
    """The members that make a log line of the step one that carries its metrics; none where nothing is measured.

    `at` in Unix seconds. The facts that are dimensions are members of the line already.
    """
    measured = METRICS.get(step)
    values = {metric: _value(metric, facts) for metric in measured.metrics} if measured else {}
    told = {metric: value for metric, value in values.items() if value is not None}
    if measured is None or not told:
        return {}
    directive = {
        "Namespace": namespace,
        "Dimensions": [list(names) for names in measured.dimensions],
        "Metrics": [{"Name": metric.name, "Unit": metric.unit} for metric in told],
    }
    head = {"Timestamp": int(at * 1000), "CloudWatchMetrics": [directive]}
    return {"_aws": head} | {metric.name: value for metric, value in told.items()}


def _value(metric: Metric, facts: Mapping[str, Any]) -> int | float | None:
    return 1 if metric.fact is None else facts.get(metric.fact)
