"""For tests of logs: runs the real handlers by schedule and reads their log lines."""

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


class LoggedSystem:
    """A system whose log lines are captured. `lines` returns those since its last call."""

    def __init__(self, system: System, capsys: pytest.CaptureFixture[str]) -> None:
        self.system, self._capsys = system, capsys
        self.captured: list[str] = []

    def run(self, *handlers: Callable[..., Any]) -> None:
        """Runs these handlers by schedule, one after the other."""
        for handler in handlers:
            handler(SCHEDULE, FakeContext())

    def run_schedules(self, times: int = 1, seconds: int = 60) -> None:
        """Runs all scheduled handlers once per round, and lets time pass after each."""
        for _ in range(times):
            self.run(execute_operations.handler, poll.handler, notify.handler)
            self.system.wait(seconds)

    def log_as_receiver(self) -> None:
        """Configures logging in this process as the receiver does."""
        logs.configure_receiver(FakeContext())

    def lines(self) -> list[Line]:
        text = self._capsys.readouterr().out
        self.captured.append(text)
        return [json.loads(line) for line in text.splitlines()]


def metrics_in(line: Line) -> set[tuple[str, tuple[tuple[str, str], ...]]]:
    """The metrics that CloudWatch extracts from a line, each with the names and values of its dimensions."""
    found = set()
    for directive in line.get("_aws", {}).get("CloudWatchMetrics", []):
        for names in directive["Dimensions"]:
            dimensions = tuple((name, line[name]) for name in names)
            found |= {(metric["Name"], dimensions) for metric in directive["Metrics"]}
    return found
