"""For tests: what each function calls of AWS, held against its role in template.yaml.

`acting("PollFunction")` says whose calls follow. Each call is noted as IAM would judge it; one that the function's
role does not allow fails the test that made it (tests/conftest.py), and what a role allows that no test ever did
fails the run in CI (`python -m infra.stack calls`).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path
from typing import Any

from infra.stack.permissions import Allowed, Permission, allowed, called

CALLS: dict[str, set[Permission]] = {}
"""By function, what was called in this process so far."""
BEYOND: list[str] = []
"""What the test that is running called and no role allows."""
_acting: ContextVar[str | None] = ContextVar("_acting", default=None)


@contextmanager
def acting(function: str | None) -> Iterator[None]:
    """Whose calls these are; None where the test itself looks while a function acts."""
    before = _acting.set(function)
    try:
        yield
    finally:
        _acting.reset(before)


def listen_to(client: Any) -> Any:
    """The same botocore client, whose calls are noted from now on."""
    client.meta.events.register("provide-client-params.*.*", _note)
    return client


def _note(params: dict[str, Any], model: Any, **_: Any) -> None:
    function = _acting.get()
    if function is None:
        return
    noted = CALLS.setdefault(function, set())
    for permission in called(model.service_model.endpoint_prefix, model.name, params):
        if permission not in _roles()[function]:
            BEYOND.append(f"{function} needs {permission}: add it to its role in template.yaml")
        noted.add(permission)


@cache
def _roles() -> Allowed:
    return allowed()


# ---------------------------------------------------------------- from the processes of a run into one file


def told() -> dict[str, list[list[str]]]:
    return {
        function: [[one.action, one.resource, one.keys] for one in sorted(calls)]
        for function, calls in sorted(CALLS.items())
    }


def hear(others: dict[str, list[list[str]]]) -> None:
    for function, calls in others.items():
        CALLS.setdefault(function, set()).update(Permission(*one) for one in calls)


def write(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(told(), indent=1), encoding="utf-8")
