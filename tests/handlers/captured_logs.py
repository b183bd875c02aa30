"""For tests of what is logged: the real handlers, woken as AWS wakes them, and their lines read back."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from bot import logs
from handlers import execute_operations, notify, poll
from tests.handlers.conftest import FakeContext
from tests.system import System

SCHEDULE: dict[str, Any] = {}
NAMESPACE = "Switchboard/test"
Line = dict[str, Any]


class Watched:
    """A system whose lines are kept: `lines` are those since it was last asked for."""

    def __init__(self, system: System, capsys: pytest.CaptureFixture[str]) -> None:
        self.system, self._capsys = system, capsys
        self.captured: list[str] = []

    def run(self, *handlers: Callable[..., Any]) -> None:
        """By schedule, one after the other."""
        for handler in handlers:
            handler(SCHEDULE, FakeContext())

    def round(self, times: int = 1, seconds: int = 60) -> None:
        """Everything runs once by its schedule, and time passes."""
        for _ in range(times):
            self.run(execute_operations.handler, poll.handler, notify.handler)
            self.system.wait(seconds)

    def receive(self) -> None:
        """Makes this process log as the receiver does, as it would in one of its own."""
        logs.configure_receiver(FakeContext())

    def lines(self) -> list[Line]:
        text = self._capsys.readouterr().out
        self.captured.append(text)
        return [json.loads(line) for line in text.splitlines()]


def measured(line: Line) -> set[tuple[str, tuple[tuple[str, str], ...]]]:
    """The metrics in a line, each with the names and values of its dimensions: what CloudWatch would make of it."""
    found = set()
    for directive in line.get("_aws", {}).get("CloudWatchMetrics", []):
        for names in directive["Dimensions"]:
            dimensions = tuple((name, line[name]) for name in names)
            found |= {(metric["Name"], dimensions) for metric in directive["Metrics"]}
    return found
