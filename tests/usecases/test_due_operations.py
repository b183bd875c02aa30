"""Which operations a scheduled run executes, with and without a sending pause."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from bot.domain.operations import OperationState
from bot.usecases.admin.pause import pause, resume
from bot.usecases.operations.execute import execute
from bot.usecases.workers import due_operations
from tests.usecases.execution_bench import ANA, ExecutionBench, bench, writes_fail


@pytest.fixture
def here() -> Iterator[ExecutionBench]:
    with bench() as opened:
        yield opened


def scheduled(here: ExecutionBench) -> list[str]:
    ids = due_operations(here.deps)
    for operation_id in ids:
        execute(operation_id, here.deps)
    return ids


def groups(writes: list[Any]) -> list[str]:
    return [seen.body["group_data"]["carrier_group_id"] for seen in writes]


def test_deferred_operations_block_nothing_and_are_deferred_once(here: ExecutionBench) -> None:
    for number in range(5):
        here.ask(f"V{number}", group_id=f"0011001{number}")
    pause(ANA, "", here.deps)

    assert len(scheduled(here)) == 5
    published = len(here.published_states())

    assert scheduled(here) == []
    assert len(here.published_states()) == published
    entity = here.stuck("99").entity
    here.refresh(entity)
    assert scheduled(here) == ["L1"]
    assert here.operation("L1").state is OperationState.SUCCEEDED


def test_after_resuming_operations_are_sent_in_the_order_of_submission(here: ExecutionBench) -> None:
    here.ask("V0", group_id="00110010")
    here.wait(1)
    pause(ANA, "", here.deps)
    for number in (3, 1, 2):
        here.ask(f"V{number}", group_id=f"0011001{number}")
        here.wait(1)
    scheduled(here)
    here.wait(600)
    resume(ANA, here.deps)

    scheduled(here)

    assert groups(here.writes()) == ["00110010", "00110013", "00110011", "00110012"]
    assert here.effects() == 4


def test_a_rescheduled_operation_is_deferred_too(here: ExecutionBench) -> None:
    here.noyo.faults.add(writes_fail("too_many", times=1))
    here.ask()
    later = here.run_worker()
    assert later.state is OperationState.PENDING
    assert later.due is not None
    assert later.due > here.clock()
    paused = pause(ANA, "", here.deps).pause

    scheduled(here)

    assert here.operation().deferred_by == paused
    assert here.operation().due == later.due
