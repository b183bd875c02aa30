"""infra/local: the functions as template.yaml describes them, with everything that calls them."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infra.local.aws.batches import BatchRules
from infra.local.aws.event_filters import Pattern, validate_pattern
from infra.local.aws.table import TEMPLATE, read_template, with_defaults

UNITS = {"minute": 60, "hour": 3600, "day": 86400}
DEFAULT_TIMEOUT = 3
DEFAULT_MEMORY = 128
DEFAULT_BATCH_SIZE = 100


@dataclass(frozen=True, slots=True)
class EventSourceMapping:
    """One event source mapping: which of the stream's records wake the function, and by which rules."""

    name: str
    patterns: tuple[Pattern, ...]
    rules: BatchRules


@dataclass(frozen=True, slots=True)
class Schedule:
    """`given` is the event as the template gives it, if it does; `seconds` how often."""

    name: str
    seconds: float
    input: Any = None


@dataclass(frozen=True, slots=True)
class Route:
    method: str
    path: str


@dataclass(frozen=True, slots=True)
class Function:
    """`handler` is `module.attribute`; `timeout` in seconds, `memory` in MB."""

    name: str
    handler: str
    timeout: int
    memory: int
    mappings: tuple[EventSourceMapping, ...] = ()
    schedules: tuple[Schedule, ...] = ()
    routes: tuple[Route, ...] = ()


def read_functions(path: Path = TEMPLATE) -> tuple[Function, ...]:
    """Every function of the template. Raises ValueError where it asks for something that is not played here."""
    template = read_template(path)
    shared = template.get("Globals", {}).get("Function", {})
    return tuple(
        _function(name, shared | resource["Properties"], template)
        for name, resource in template["Resources"].items()
        if resource["Type"] == "AWS::Serverless::Function"
    )


def _function(name: str, properties: dict[str, Any], template: dict[str, Any]) -> Function:
    events = list(_events(name, properties, template))
    return Function(
        name=name,
        handler=properties["Handler"],
        timeout=properties.get("Timeout", DEFAULT_TIMEOUT),
        memory=properties.get("MemorySize", DEFAULT_MEMORY),
        mappings=tuple(event for event in events if isinstance(event, EventSourceMapping)),
        schedules=tuple(event for event in events if isinstance(event, Schedule)),
        routes=tuple(event for event in events if isinstance(event, Route)),
    )


def _events(
    function: str, properties: dict[str, Any], template: dict[str, Any]
) -> Iterator[EventSourceMapping | Schedule | Route]:
    for name, event in properties.get("Events", {}).items():
        given = event.get("Properties", {})
        whole, asked = f"{function}{name}", {key: with_defaults(template, one) for key, one in given.items()}
        if event["Type"] == "DynamoDB":
            yield EventSourceMapping(whole, _patterns(asked), _rules(asked))
        elif event["Type"] in ("Schedule", "ScheduleV2"):
            yield _schedule(whole, asked)
        elif event["Type"] == "HttpApi":
            yield Route(asked["Method"].upper(), asked["Path"])
        else:
            raise ValueError(f"{whole}: events of type {event['Type']} are not played on one machine")


def _patterns(asked: dict[str, Any]) -> tuple[Pattern, ...]:
    filters = asked.get("FilterCriteria", {}).get("Filters", [])
    return tuple(validate_pattern(json.loads(one["Pattern"])) for one in filters)


def _rules(asked: dict[str, Any]) -> BatchRules:
    retries = asked.get("MaximumRetryAttempts", -1)
    return BatchRules(
        batch_size=asked.get("BatchSize", DEFAULT_BATCH_SIZE),
        bisect=asked.get("BisectBatchOnFunctionError", False),
        report_failures="ReportBatchItemFailures" in asked.get("FunctionResponseTypes", []),
        retries=None if retries == -1 else retries,
    )


def _schedule(name: str, asked: dict[str, Any]) -> Schedule:
    given = json.loads(asked["Input"]) if "Input" in asked else None
    expression = asked.get("ScheduleExpression") or asked["Schedule"]
    return Schedule(name, rate(expression), given)


def rate(expression: str) -> int:
    """Seconds of `rate(5 minutes)`. Raises ValueError for anything else: nothing here reads cron."""
    found = re.fullmatch(r"rate\((\d+) (minute|hour|day)s?\)", expression)
    if not found or int(found[1]) < 1:
        raise ValueError(f"only rate(…) is played on one machine, not {expression}")
    return int(found[1]) * UNITS[found[2]]
