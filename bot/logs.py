"""Logs as JSON, one object a line, each with the id of the request and the trace of the work it belongs to.

Text from outside may hold anything, so of an error only its kind and where it arose are told, and its words only
where they are our own (`SwitchboardError`). `POWERTOOLS_LOG_LEVEL` says how much is told; without it, `INFO`. With
`METRICS_NAMESPACE`, the lines of steps carry their metrics and are written whatever the level is, since alarms count on
them.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import threading
import traceback
from collections.abc import Callable
from contextvars import ContextVar
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, TextIO

from bot import telemetry
from bot.errors import SwitchboardError
from bot.metrics import embedded_metrics

OURS = ("switchboard", "bot")
CARRIED = (
    "again_at",
    "error_id",
    "group_id",
    "kind",
    "row_id",
    "troubles",
    "user_id",
    "why",
    "work_id",
)
"""What our own lines may carry beside their words: ids, times and our own errors."""

_adding = threading.Lock()
_request: ContextVar[str | None] = ContextVar("_request", default=None)
"""Lambda serves one request at a time; on one machine each thread serves its own."""

ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


def from_receiver(context: object) -> None:
    """Logs with nothing but the standard library: powertools would cost the receiver's cold start 90 ms."""
    _begin(context, JsonLines)


def from_worker(context: object) -> None:
    """Logs as powertools writes them."""
    _begin(context, _powertools)


def _begin(context: object, formatter: Callable[[], logging.Formatter]) -> None:
    """Takes the place of Lambda's own handler, which would write every line once more as plain text."""
    root = logging.getLogger()
    with _adding:
        if not any(isinstance(handler, Lines) for handler in root.handlers):
            lines = Lines()
            lines.setFormatter(formatter())
            root.handlers = [h for h in root.handlers if not type(h).__name__.startswith("LambdaLogger")]
            root.addHandler(lines)
    _request.set(getattr(context, "aws_request_id", None))
    for name in OURS:
        logging.getLogger(name).setLevel(os.environ.get("POWERTOOLS_LOG_LEVEL", "INFO").upper())
    logging.getLogger(telemetry.LOGGER).setLevel(logging.INFO if _namespace() else logging.NOTSET)


def _namespace() -> str:
    return os.environ.get("METRICS_NAMESPACE", "")


class Lines(logging.StreamHandler[TextIO]):
    """Writes to whatever standard output is at that moment."""

    def emit(self, record: logging.LogRecord) -> None:
        record.request_id = _request.get()
        record.trace = telemetry.trace()
        self.stream = sys.stdout
        super().emit(record)


def _numbers(record: logging.LogRecord) -> dict[str, Any]:
    """The facts of a step, and what makes metrics of them."""
    step, facts = getattr(record, "step", None), getattr(record, "facts", {})
    if step is None:
        return {}
    namespace = _namespace()
    metrics = embedded_metrics(step, facts, namespace=namespace, at=record.created) if namespace else {}
    return {**facts, **metrics}


class JsonLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        told: dict[str, Any] = {
            "level": record.levelname,
            "location": f"{record.funcName}:{record.lineno}",
            "message": record.getMessage(),
            "timestamp": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "service": "switchboard",
            "request_id": getattr(record, "request_id", None),
            "trace": getattr(record, "trace", None),
        }
        told |= {name: getattr(record, name) for name in CARRIED if hasattr(record, name)}
        told |= _numbers(record)
        if record.exc_info and record.exc_info[0] is not None:
            told |= {
                "exception_name": record.exc_info[0].__name__,
                "exception": what_went_wrong(record.exc_info),
            }
        return json.dumps({name: value for name, value in told.items() if value is not None}, default=str)


def _powertools() -> logging.Formatter:
    from aws_lambda_powertools.logging.formatter import LambdaPowertoolsFormatter

    class Quiet(LambdaPowertoolsFormatter):
        def format(self, record: logging.LogRecord) -> str:
            told = {name: value for name, value in vars(record).items() if name not in ("step", "facts")}
            return super().format(logging.makeLogRecord(told | _numbers(record)))

        def formatException(self, ei: Any) -> str:
            return what_went_wrong(ei)

    return Quiet(service="switchboard", utc=True, serialize_stacktrace=False)


def what_went_wrong(ei: ExcInfo) -> str:
    """The errors, the first cause first: of each its kind and where it arose, and its words only if they are ours."""
    told = []
    error = ei[1]
    while error is not None:
        told.append(_one(error))
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return "; then ".join(reversed(told))


def _one(error: BaseException) -> str:
    words = f" ({error})" if isinstance(error, SwitchboardError) else ""
    places = [
        f"{frame.filename.rpartition('/')[2]}:{frame.lineno} in {frame.name}"
        for frame in traceback.extract_tb(error.__traceback__)
    ]
    return f"{type(error).__name__}{words} at {' < '.join(reversed(places)) or 'nowhere'}"
