"""The functions in template.yaml, with their event source mappings, schedules and routes."""

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
    """Selects the stream's records that invoke the function, and the rules of their batches."""

    name: str
    patterns: tuple[Pattern, ...]
    rules: BatchRules


@dataclass(frozen=True, slots=True)
class Schedule:
    """`seconds` is the interval, `input` the event that the template sets, if any."""

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
    """All functions of the template. Raises ValueError for what is not supported here."""
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
        raw = event.get("Properties", {})
        full_name = f"{function}{name}"
        event_properties = {key: with_defaults(template, value) for key, value in raw.items()}
        if event["Type"] == "DynamoDB":
            yield EventSourceMapping(full_name, _patterns(event_properties), _rules(event_properties))
        elif event["Type"] in ("Schedule", "ScheduleV2"):
            yield _schedule(full_name, event_properties)
        elif event["Type"] == "HttpApi":
            yield Route(event_properties["Method"].upper(), event_properties["Path"])
        else:
            raise ValueError(f"{full_name}: events of type {event['Type']} are not supported on one machine")


def _patterns(properties: dict[str, Any]) -> tuple[Pattern, ...]:
    filters = properties.get("FilterCriteria", {}).get("Filters", [])
    return tuple(validate_pattern(json.loads(filter_["Pattern"])) for filter_ in filters)


def _rules(properties: dict[str, Any]) -> BatchRules:
    retries = properties.get("MaximumRetryAttempts", -1)
    return BatchRules(
        batch_size=properties.get("BatchSize", DEFAULT_BATCH_SIZE),
        bisect=properties.get("BisectBatchOnFunctionError", False),
        retries=None if retries == -1 else retries,
    )


def _schedule(name: str, properties: dict[str, Any]) -> Schedule:
    input_ = json.loads(properties["Input"]) if "Input" in properties else None
    expression = properties.get("ScheduleExpression") or properties["Schedule"]
    return Schedule(name, rate(expression), input_)


def rate(expression: str) -> int:
    """The seconds of `rate(5 minutes)`. Raises ValueError for other expressions, cron among them."""
    found = re.fullmatch(r"rate\((\d+) (minute|hour|day)s?\)", expression)
    if not found or int(found[1]) < 1:
        raise ValueError(f"only rate(…) is supported on one machine, not {expression}")
    return int(found[1]) * UNITS[found[2]]
