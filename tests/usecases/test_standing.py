"""What a worker tells of what it left, after each scheduled run."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any, cast

import pytest

from bot.ports import KeepsNews, KeepsOperations
from bot.usecases.standing import tell_how_news_stands, tell_how_operations_stand
from bot.usecases.steps import LOGGER, Step


class Waiting:
    """As much of the two ports as is asked."""

    def __init__(self, due: int | None, asked_at: list[int] | None = None) -> None:
        self._due, self._asked_at = due, asked_at or []

    def longest_due(self, now: int) -> int | None:
        return self._due

    def waiting_for_person(self) -> list[int]:
        return self._asked_at

    def kept(self, now: int, *, limit: int) -> list[str]:
        return ["V1", "V2", "V3"][: limit if self._asked_at else 0]


Told = Callable[[], Any]


@pytest.fixture
def told(caplog: pytest.LogCaptureFixture) -> Told:
    caplog.set_level(logging.INFO, LOGGER)
    return lambda: caplog.records


def operations(due: int | None, asked_at: list[int] | None = None) -> KeepsOperations:
    return cast(KeepsOperations, Waiting(due, asked_at))


def test_how_late_the_longest_due_operation_is_and_how_long_people_are_waited_for(told: Told) -> None:
    tell_how_operations_stand(operations(900, [100, 400]), 1000)

    assert told()[0].step is Step.OPERATIONS_STAND
    assert told()[0].facts == {"late": 100, "waiting": 2, "kept": 3, "waited": 900}


def test_where_nothing_waits_that_is_told_too_so_that_silence_means_something(told: Told) -> None:
    tell_how_operations_stand(operations(None), 1000)
    tell_how_news_stands(cast(KeepsNews, Waiting(None)), 1000)

    assert [line.facts for line in told()] == [{"late": 0, "waiting": 0, "kept": 0, "waited": 0}, {"late": 0}]


def test_how_late_the_longest_due_news_is(told: Told) -> None:
    tell_how_news_stands(cast(KeepsNews, Waiting(940)), 1000)

    assert told()[0].step is Step.NEWS_STANDS
    assert told()[0].facts == {"late": 60}
