"""Handlers: which numbers of a step CloudWatch keeps as metrics, and what in the step's log line tells it to.

A line in the embedded metric format is JSON with a member `_aws`; CloudWatch Logs reads the metrics out of it. Made by
hand, since the receiver has no time to load anything for it:
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html

Each combination of a metric and the values of its dimensions is paid for: docs/runbook.md counts them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.usecases.steps import Step

COUNT, SECONDS, MILLISECONDS = "Count", "Seconds", "Milliseconds"


@dataclass(frozen=True, slots=True)
class Metric:
    """`fact` is the fact of the step that is its value; None counts the step itself."""

    name: str
    unit: str
    fact: str | None = None


@dataclass(frozen=True, slots=True)
class Measured:
    """The metrics of one step, each once for every set of dimensions; a set's names are facts of the step."""

    metrics: tuple[Metric, ...]
    dimensions: tuple[tuple[str, ...], ...] = ((),)


MEASURED: Mapping[Step, Measured] = {
    Step.ANSWERED: Measured(
        (Metric("AckMilliseconds", MILLISECONDS, "milliseconds"),), ((), ("kind",), ("cold",))
    ),
    Step.UNSIGNED: Measured((Metric("Unsigned", COUNT),), (("door",),)),
    Step.SETTLED: Measured((Metric("Operations", COUNT),), (("kind", "outcome"),)),
    Step.TOLD: Measured((Metric("LagSeconds", SECONDS, "lag"),)),
    Step.PUT_OFF: Measured((Metric("DeliveriesFailed", COUNT, "failed"),)),
    Step.POLLED: Measured(
        (Metric("PollAgeSeconds", SECONDS, "age"), Metric("ParkedRecords", COUNT, "parked")), (("list",),)
    ),
    Step.OPERATIONS_STAND: Measured(
        (
            Metric("OldestDueOperationSeconds", SECONDS, "late"),
            Metric("WaitingForPerson", COUNT, "waiting"),
            Metric("KeptUnsent", COUNT, "kept"),
            Metric("LongestWaitingForPersonSeconds", SECONDS, "waited"),
        )
    ),
    Step.NEWS_STANDS: Measured((Metric("OldestDueNewsSeconds", SECONDS, "late"),)),
    Step.THROTTLED: Measured((Metric("Throttled", COUNT),), (("by",),)),
    Step.NOT_LET_IN: Measured((Metric("NotLetIn", COUNT),), (("by",),)),
}


def embedded(step: Step, facts: Mapping[str, Any], *, namespace: str, at: float) -> dict[str, Any]:
    """The members that make a log line of the step one that carries its metrics; none where nothing is measured.

    `at` in Unix seconds. The facts that are dimensions are members of the line already.
    """
    measured = MEASURED.get(step)
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
