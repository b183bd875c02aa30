"""Workers process each id once, a failure stops nobody, and short retries happen in the same run."""

from __future__ import annotations

import logging
from collections.abc import Sequence

import pytest

from bot import policies
from bot.usecases.workers import BatchResult, drain, run_batch, run_with_retries
from tests.system import VirtualClock


def test_each_id_is_processed_once_in_order() -> None:
    done: list[str] = []

    assert run_batch(["b", "a", "b"], done.append, clock=lambda: 0, deadline=1) == BatchResult(2, 0, 0)
    assert done == ["b", "a"]


def test_a_failure_is_logged_and_does_not_stop_the_others(caplog: pytest.LogCaptureFixture) -> None:
    done: list[str] = []

    def process(work_id: str) -> None:
        if work_id == "bad":
            raise RuntimeError("broken")
        done.append(work_id)

    with caplog.at_level(logging.ERROR, "switchboard"):
        result = run_batch(["bad", "good"], process, clock=lambda: 0, deadline=1)

    assert result == BatchResult(1, 1, 0)
    assert done == ["good"]
    assert [record.work_id for record in caplog.records] == ["bad"]  # type: ignore[attr-defined]


def test_nothing_is_started_after_the_deadline() -> None:
    now = [0.0]

    def process(work_id: str) -> None:
        now[0] += 10

    assert run_batch("abcd", process, clock=lambda: now[0], deadline=20) == BatchResult(2, 0, 2)


# ---------------------------------------------------------------- all that is due


class Queue:
    """Due ids, of which `stuck` stay due. Each batch takes ten seconds."""

    def __init__(self, due: int, stuck: int = 0) -> None:
        self.due = [f"id-{number}" for number in range(due)]
        self.stuck = set(self.due[:stuck])
        self.limits: list[int] = []
        self.handled: list[str] = []
        self.now = 0.0

    def find(self, limit: int) -> list[str]:
        self.limits.append(limit)
        return self.due[:limit]

    def handle(self, batch: Sequence[str]) -> None:
        self.handled += batch
        self.due = [work_id for work_id in self.due if work_id not in batch or work_id in self.stuck]
        self.now += 10

    def drain(self, deadline: float = 1000) -> None:
        drain(self.find, self.handle, clock=lambda: self.now, deadline=deadline)


def test_all_due_work_is_handled_in_one_run() -> None:
    queue = Queue(due=250)
    queue.drain()

    assert queue.due == []
    assert len(queue.handled) == 250


def test_an_idle_run_looks_once() -> None:
    queue = Queue(due=0)
    queue.drain()

    assert queue.limits == [policies.DUE_BATCH_SIZE]


def test_work_that_stays_due_does_not_hide_what_is_behind_it() -> None:
    queue = Queue(due=350, stuck=250)
    queue.drain()

    assert len(queue.handled) == len(set(queue.handled)) == 350
    assert set(queue.due) == queue.stuck


def test_the_run_ends_at_the_deadline() -> None:
    queue = Queue(due=1000)
    queue.drain(deadline=25)

    assert queue.now == 30
    assert queue.due != []


# ---------------------------------------------------------------- with retries


class Retrying:
    """Returns for each id when to retry it, call by call; an id that is not named is done at once."""

    def __init__(self, clock: VirtualClock, **pauses: list[float]) -> None:
        self.clock, self.pauses = clock, pauses
        self.calls: list[tuple[str, float]] = []

    def __call__(self, work_id: str) -> int | None:
        self.calls.append((work_id, self.clock() - 100))
        pauses = self.pauses.get(work_id, [])
        return int(self.clock() + pauses.pop(0)) if pauses else None


def run(process: Retrying, *ids: str, deadline: float = 1000) -> list[tuple[str, float]]:
    run_with_retries(ids, process, clock=process.clock, sleep=process.clock.sleep, deadline=deadline)
    return process.calls


def test_a_short_retry_comes_after_the_others_and_a_pause() -> None:
    assert run(Retrying(VirtualClock(100), a=[5]), "a", "b") == [("a", 0), ("b", 0), ("a", 5)]


def test_all_retries_of_a_round_wait_together() -> None:
    process = Retrying(VirtualClock(100), a=[5], b=[2])

    assert run(process, "a", "b") == [("a", 0), ("b", 0), ("a", 5), ("b", 5)]


def test_a_long_retry_is_left_to_the_schedule() -> None:
    assert run(Retrying(VirtualClock(100), a=[policies.STREAM_MAX_WAIT_SECONDS + 1]), "a") == [("a", 0)]


def test_a_retry_after_the_deadline_is_left_to_the_schedule() -> None:
    assert run(Retrying(VirtualClock(100), a=[5]), "a", deadline=104) == [("a", 0)]


def test_the_number_of_rounds_is_limited() -> None:
    assert len(run(Retrying(VirtualClock(100), a=[1] * 50), "a")) == policies.STREAM_ATTEMPTS


def test_an_error_does_not_stop_the_retries_of_others() -> None:
    clock = VirtualClock(100)
    seen = []

    def process(work_id: str) -> int | None:
        seen.append(work_id)
        if work_id == "bad":
            raise ValueError("no")
        return int(clock() + 1) if seen.count(work_id) == 1 else None

    run_with_retries(["bad", "good"], process, clock=clock, sleep=clock.sleep, deadline=1000)

    assert seen == ["bad", "good", "good"]
