"""The clock of the demo moves from one due time to the next, and never back."""

from __future__ import annotations

import threading
import time
from typing import Any, cast

import pytest

from infra.local.stack import LocalStack
from infra.local.time_travel import MAX_STEPS, SHORTEST_STEP, AdjustableClock, TimeTravel

HOUR = 3600.0


class FakeStack:
    """Work is due at these times (Unix seconds), and done once the schedules have run at or after them."""

    def __init__(self, clock: AdjustableClock, due: list[float], *, repeats: bool = False) -> None:
        self.clock, self.due, self.repeats = clock, sorted(due), repeats
        self.ran_at: list[float] = []

    def next_due(self) -> float | None:
        return self.due[0] if self.due else None

    def run_schedules(self) -> None:
        self.ran_at.append(self.clock())
        if not self.repeats:
            self.due = [due for due in self.due if due > self.clock()]

    def settle(self, timeout: float, quiet: float, within: float, stopping: threading.Event | None) -> bool:
        assert within == 0
        return True


def travel(clock: AdjustableClock, stack: FakeStack) -> TimeTravel:
    return TimeTravel(cast(LocalStack, stack), clock)


def test_the_clock_never_goes_back() -> None:
    clock = AdjustableClock()
    clock.advance_to(time.time() + HOUR)
    before = clock()
    clock.advance_to(time.time())
    assert clock() >= before
    assert before == pytest.approx(time.time() + HOUR, abs=5)


def test_each_due_time_on_the_way_has_its_run_and_later_ones_have_none() -> None:
    clock = AdjustableClock()
    start = clock()
    stack = FakeStack(clock, [start + HOUR, start + 5 * HOUR, start + 30 * HOUR])
    assert travel(clock, stack).move_to(start + 24 * HOUR)
    assert [round((at - start) / HOUR) for at in stack.ran_at] == [1, 5, 24]
    assert stack.due == [start + 30 * HOUR]


def test_work_that_stays_due_does_not_hold_up_the_clock() -> None:
    clock = AdjustableClock()
    start = clock()
    stack = FakeStack(clock, [start], repeats=True)
    assert travel(clock, stack).move_to(start + 1000 * HOUR)
    assert clock() >= start + 1000 * HOUR
    assert len(stack.ran_at) <= MAX_STEPS
    assert stack.ran_at[1] - stack.ran_at[0] == pytest.approx(SHORTEST_STEP, abs=5)


def test_a_move_can_be_stopped_and_only_one_runs_at_a_time() -> None:
    clock, stopping = AdjustableClock(), threading.Event()
    start = clock()
    moving: Any = None

    class Stopping(FakeStack):
        def run_schedules(self) -> None:
            super().run_schedules()
            assert not moving.move_to(start + HOUR)
            stopping.set()

    stack = Stopping(clock, [start + HOUR, start + 2 * HOUR])
    moving = travel(clock, stack)
    assert moving.move_to(start + 24 * HOUR, stopping)
    assert stack.due == [start + 2 * HOUR]
    assert moving.target is None
