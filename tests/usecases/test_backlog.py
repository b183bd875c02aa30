"""The backlog that a worker logs after each scheduled run."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any, cast

import pytest

from bot.telemetry import LOGGER, LogEvent
from bot.usecases.ports.storage import OperationRepository, OutboxRepository
from bot.usecases.workers import log_operation_backlog, log_outbox_backlog


class FakeRepositories:
    """The parts of both repositories that the backlog reads."""

    def __init__(self, due: int | None, unresolved_since: list[int] | None = None) -> None:
        self._due, self._unresolved_since = due, unresolved_since or []

    def oldest_due(self, now: int) -> int | None:
        return self._due

    def awaiting_resolution(self) -> list[int]:
        return self._unresolved_since

    def unreadable(self, now: int, *, limit: int) -> list[str]:
        return ["V9"] if self._unresolved_since else []

    def deferred_due(self, now: int, *, limit: int) -> list[str]:
        return ["V1", "V2", "V3"][: limit if self._unresolved_since else 0]


LogRecords = Callable[[], Any]


@pytest.fixture
def log_records(caplog: pytest.LogCaptureFixture) -> LogRecords:
    caplog.set_level(logging.INFO, LOGGER)
    return lambda: caplog.records


def operations(due: int | None, unresolved_since: list[int] | None = None) -> OperationRepository:
    return cast(OperationRepository, FakeRepositories(due, unresolved_since))


def test_the_operation_backlog_has_the_oldest_due_and_the_longest_awaiting_operation(log_records: LogRecords) -> None:
    log_operation_backlog(operations(900, [100, 400]), 1000)

    assert log_records()[0].log_event is LogEvent.OPERATION_BACKLOG
    assert log_records()[0].fields == {
        "oldest_due": 100,
        "awaiting_resolution": 2,
        "deferred": 3,
        "longest_awaiting": 900,
        "unreadable": 1,
    }


def test_an_empty_backlog_is_logged_too(log_records: LogRecords) -> None:
    log_operation_backlog(operations(None), 1000)
    log_outbox_backlog(cast(OutboxRepository, FakeRepositories(None)), 1000)

    assert [line.fields for line in log_records()] == [
        {"oldest_due": 0, "awaiting_resolution": 0, "deferred": 0, "longest_awaiting": 0, "unreadable": 0},
        {"oldest_due": 0, "unreadable": 0},
    ]


def test_the_outbox_backlog_has_the_oldest_due_event(log_records: LogRecords) -> None:
    log_outbox_backlog(cast(OutboxRepository, FakeRepositories(940)), 1000)

    assert log_records()[0].log_event is LogEvent.OUTBOX_BACKLOG
    assert log_records()[0].fields == {"oldest_due": 60, "unreadable": 0}
