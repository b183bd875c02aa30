"""For tests: checks the AWS calls of each function against its role in template.yaml.

`acting("PollFunction")` attributes the following calls to that function. A call that the role does not allow fails
the test (tests/conftest.py). A permission that no test used fails the run in CI (`python -m infra.stack calls`).
A put of an audit entry that could replace one fails the test too: no role can forbid that.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path
from typing import Any

from infra.stack.permissions import Allowed, Permission, allowed, allows, called

CALLS: dict[str, set[Permission]] = {}
"""The permissions that each function used in this process so far."""
DENIED: list[str] = []
"""Calls of the running test that no role allows, or that could replace an audit entry."""
_acting: ContextVar[str | None] = ContextVar("_acting", default=None)


@contextmanager
def acting(function: str | None) -> Iterator[None]:
    """Attributes calls to a function; None for calls of the test itself."""
    before = _acting.set(function)
    try:
        yield
    finally:
        _acting.reset(before)


def listen_to(client: Any) -> Any:
    """Returns the same botocore client and records its calls from now on."""
    client.meta.events.register("provide-client-params.*.*", _record)
    return client


def _record(params: dict[str, Any], model: Any, **_: Any) -> None:
    function = _acting.get()
    if function is not None or model.name == "TransactWriteItems":  # Tests put single items of their own.
        DENIED.extend(_replaced_audit_entries(model.name, params))
    if function is None:
        return
    recorded = CALLS.setdefault(function, set())
    for permission in called(model.service_model.endpoint_prefix, model.name, params):
        if not allows(_roles()[function], permission):
            DENIED.append(f"{function} needs {permission}: add it to its role in template.yaml")
        recorded.add(permission)


def _replaced_audit_entries(operation: str, params: dict[str, Any]) -> Iterator[str]:
    """A sentence for each audit entry that this call could replace."""
    puts = [params] if operation == "PutItem" else [part.get("Put") for part in params.get("TransactItems", [])]
    for put in filter(None, puts):
        key = put["Item"]["pk"]["S"]
        if key.startswith("AUDIT#") and not _only_adds(put):
            yield f"a put of {key} could replace an audit entry: add the condition attribute_not_exists(pk)"


def _only_adds(put: dict[str, Any]) -> bool:
    """Whether the put fails if an item with this key exists."""
    condition = str(put.get("ConditionExpression", ""))
    for placeholder, name in put.get("ExpressionAttributeNames", {}).items():
        condition = condition.replace(placeholder, name)
    return condition == "attribute_not_exists(pk)"


@cache
def _roles() -> Allowed:
    return allowed()


# ---------------------------------------------------------------- from all processes of a run into one file


def as_json() -> dict[str, list[list[str]]]:
    return {
        function: [[call.action, call.resource, call.keys] for call in sorted(calls)]
        for function, calls in sorted(CALLS.items())
    }


def merge(others: dict[str, list[list[str]]]) -> None:
    for function, calls in others.items():
        CALLS.setdefault(function, set()).update(Permission(*call) for call in calls)


def write(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(as_json(), indent=1), encoding="utf-8")
