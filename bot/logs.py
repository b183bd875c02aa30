"""How log lines and metrics are written: JSON, one object a line, with the request id and the trace.

Workers use Powertools' formatter, the receivers only the standard library (docs/performance.md says why).
With `POWERTOOLS_METRICS_NAMESPACE`, the line of a log event carries its metrics in CloudWatch's embedded metric format
and is written at any `POWERTOOLS_LOG_LEVEL`, because alarms count on it.

Texts from outside may contain anything. Of an error, a log line shows its type and where it was raised, and its text
only if the text is our own (`SwitchboardError`).
"""

from __future__ import annotations

import json
import logging
import os
import sys
import threading
import time
import traceback
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, TextIO

from bot import telemetry
from bot.errors import SwitchboardError
from bot.telemetry import LogEvent

LOGGERS = ("switchboard", "bot")
EXTRA_FIELDS = ("error_id", "errors", "group_id", "kind", "reason", "record_id", "retry_at", "user_id", "work_id")
"""What the `extra` of our log calls may contain: ids, times and our own errors."""
COUNT, SECONDS, MILLISECONDS = "Count", "Seconds", "Milliseconds"

_configuring = threading.Lock()
_request_id: ContextVar[str | None] = ContextVar("_request_id", default=None)
"""Lambda serves one request at a time; the local stack serves several, each in its own thread."""

ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


@dataclass(frozen=True, slots=True)
class Metric:
    """`field`: the field of the log event that holds the value; None counts the events."""

    name: str
    unit: str
    field: str | None = None


@dataclass(frozen=True, slots=True)
class EventMetrics:
    """The metrics of a log event, each for every set of dimensions. Dimensions are fields of the event."""

    metrics: tuple[Metric, ...]
    dimensions: tuple[tuple[str, ...], ...] = ((),)


# Each combination of a metric and the values of its dimensions is paid for: docs/runbook.md counts them.
METRICS: Mapping[LogEvent, EventMetrics] = {
    LogEvent.SLACK_ANSWERED: EventMetrics(
        (Metric("AckMilliseconds", MILLISECONDS, "milliseconds"),), ((), ("kind",), ("cold",))
    ),
    LogEvent.SIGNATURE_REJECTED: EventMetrics((Metric("SignatureRejected", COUNT),), (("endpoint",),)),
    LogEvent.OPERATION_SETTLED: EventMetrics((Metric("SettledOperations", COUNT),), (("kind", "outcome"),)),
    LogEvent.EVENT_PUBLISHED: EventMetrics((Metric("PublishLagSeconds", SECONDS, "lag"),)),
    LogEvent.EVENT_POSTPONED: EventMetrics((Metric("PublishFailures", COUNT, "failed"),)),
    LogEvent.LIST_POLLED: EventMetrics(
        (Metric("PollAgeSeconds", SECONDS, "age"), Metric("ParkedRecords", COUNT, "parked")), (("list",),)
    ),
    LogEvent.OPERATION_BACKLOG: EventMetrics(
        (
            Metric("OldestDueOperationSeconds", SECONDS, "oldest_due"),
            Metric("AwaitingResolution", COUNT, "awaiting_resolution"),
            Metric("DeferredOperations", COUNT, "deferred"),
            Metric("LongestAwaitingResolutionSeconds", SECONDS, "longest_awaiting"),
            Metric("UnreadableOperations", COUNT, "unreadable"),
        )
    ),
    LogEvent.OUTBOX_BACKLOG: EventMetrics(
        (Metric("OldestDueEventSeconds", SECONDS, "oldest_due"), Metric("UnreadableEvents", COUNT, "unreadable"))
    ),
    LogEvent.THROTTLED: EventMetrics((Metric("Throttled", COUNT),), (("service",),)),
    LogEvent.CREDENTIALS_REJECTED: EventMetrics((Metric("CredentialsRejected", COUNT),), (("service",),)),
}


def configure_receiver(context: object) -> None:
    """Logs this request with the standard library alone. `context`: Lambda's."""
    _configure(context, JsonFormatter)


def configure_worker(context: object) -> None:
    """Logs this request with Powertools. `context`: Lambda's."""
    _configure(context, _powertools_formatter)


def _configure(context: object, formatter: Callable[[], logging.Formatter]) -> None:
    """Replaces Lambda's own handler, which would write every line a second time as plain text."""
    root = logging.getLogger()
    with _configuring:
        if not any(isinstance(handler, StdoutHandler) for handler in root.handlers):
            handler = StdoutHandler()
            handler.setFormatter(formatter())
            root.handlers = [h for h in root.handlers if not type(h).__name__.startswith("LambdaLogger")]
            root.addHandler(handler)
    _request_id.set(getattr(context, "aws_request_id", None))
    for name in LOGGERS:
        logging.getLogger(name).setLevel(os.environ.get("POWERTOOLS_LOG_LEVEL", "INFO").upper())
    logging.getLogger(telemetry.LOGGER).setLevel(logging.INFO if _namespace() else logging.NOTSET)


def _namespace() -> str:
    return os.environ.get("POWERTOOLS_METRICS_NAMESPACE", "")


class StdoutHandler(logging.StreamHandler[TextIO]):
    """Writes to what `sys.stdout` is at that moment."""

    def emit(self, record: logging.LogRecord) -> None:
        record.request_id = _request_id.get()
        record.trace = telemetry.trace()
        self.stream = sys.stdout
        super().emit(record)


class JsonFormatter(logging.Formatter):
    """Writes the same fields as Powertools' formatter, without its import time."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "level": record.levelname,
            "location": f"{record.funcName}:{record.lineno}",
            "message": record.getMessage(),
            "timestamp": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "service": "switchboard",
            "request_id": getattr(record, "request_id", None),
            "trace": getattr(record, "trace", None),
        }
        line |= {name: getattr(record, name) for name in EXTRA_FIELDS if hasattr(record, name)}
        line |= _event_fields(record)
        if record.exc_info and record.exc_info[0] is not None:
            line["exception_name"] = record.exc_info[0].__name__
            line["exception"] = describe_error(record.exc_info)
        return json.dumps({name: value for name, value in line.items() if value is not None}, default=str)


def _powertools_formatter() -> logging.Formatter:
    from aws_lambda_powertools.logging.formatter import LambdaPowertoolsFormatter

    class SafeFormatter(LambdaPowertoolsFormatter):
        def format(self, record: logging.LogRecord) -> str:
            own = {name: value for name, value in vars(record).items() if name not in ("log_event", "fields")}
            return super().format(logging.makeLogRecord(own | _event_fields(record)))

        def formatException(self, ei: Any) -> str:
            return describe_error(ei)

    return SafeFormatter(service="switchboard", utc=True, use_rfc3339=True, serialize_stacktrace=False)


def _event_fields(record: logging.LogRecord) -> dict[str, Any]:
    """The fields of a log event and, with a namespace, what makes CloudWatch Logs read metrics out of the line."""
    event, fields, namespace = getattr(record, "log_event", None), getattr(record, "fields", {}), _namespace()
    measured = METRICS.get(event) if event is not None and namespace else None
    return {**fields, **embedded_metrics(measured, fields, namespace)} if measured else {**fields}


def embedded_metrics(measured: EventMetrics, fields: Mapping[str, Any], namespace: str) -> dict[str, Any]:
    """The metrics whose value is known. The dimensions' values are in the line already, as fields of the event.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
    """
    known = {m: 1 if m.field is None else fields.get(m.field) for m in measured.metrics}
    values = {metric: value for metric, value in known.items() if value is not None}
    if not values:
        return {}
    directive = {
        "Namespace": namespace,
        "Dimensions": [list(names) for names in measured.dimensions],
        "Metrics": [{"Name": metric.name, "Unit": metric.unit} for metric in values],
    }
    head = {"Timestamp": int(time.time() * 1000), "CloudWatchMetrics": [directive]}
    return {"_aws": head} | {metric.name: value for metric, value in values.items()}


def describe_error(ei: ExcInfo) -> str:
    """An error and its causes, the first cause first: the type and where it was raised, the text only if it is ours."""
    parts = []
    error = ei[1]
    while error is not None:
        parts.append(_describe_one(error))
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return "; then ".join(reversed(parts))


def _describe_one(error: BaseException) -> str:
    text = f" ({error})" if isinstance(error, SwitchboardError) else ""
    frames = [
        f"{frame.filename.rpartition('/')[2]}:{frame.lineno} in {frame.name}"
        for frame in traceback.extract_tb(error.__traceback__)
    ]
    return f"{type(error).__name__}{text} at {' < '.join(reversed(frames)) or 'an unknown place'}"
