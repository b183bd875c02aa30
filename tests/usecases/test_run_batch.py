"""Working through what is due: each once, nobody waits for a failure, and the time is kept."""

from __future__ import annotations

import logging

import pytest

from bot.usecases.workers import BatchResult, run_batch


def test_each_is_done_once_in_the_order_it_came() -> None:
    done: list[str] = []

    assert run_batch(["b", "a", "b"], done.append, clock=lambda: 0, deadline=1) == BatchResult(2, 0, 0)
    assert done == ["b", "a"]


def test_one_that_fails_is_logged_and_keeps_nobody_from_their_turn(caplog: pytest.LogCaptureFixture) -> None:
    done: list[str] = []

    def do(one: str) -> None:
        if one == "bad":
            raise RuntimeError("broken")
        done.append(one)

    with caplog.at_level(logging.ERROR, "switchboard"):
        assert run_batch(["bad", "good"], do, clock=lambda: 0, deadline=1) == BatchResult(1, 1, 0)
    assert done == ["good"]
    assert [record.work_id for record in caplog.records] == ["bad"]  # type: ignore[attr-defined]


def test_nothing_is_begun_once_the_time_is_up() -> None:
    now = [0.0]

    def do(one: str) -> None:
        now[0] += 10

    assert run_batch("abcd", do, clock=lambda: now[0], deadline=20) == BatchResult(2, 0, 2)
