"""Which operations a scheduled run executes, with and without a sending pause."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from bot.domain.operations import OperationState
from bot.usecases.admin.pause import pause, resume
from bot.usecases.operations.execute import execute
from bot.usecases.workers import due_operations
from tests.usecases.execution_bench import ANA, ExecutionBench, open_bench, write_fault


@pytest.fixture
def bench() -> Iterator[ExecutionBench]:
    with open_bench() as opened:
        yield opened


def run_scheduled(bench: ExecutionBench) -> list[str]:
    ids = due_operations(bench.deps)
    for operation_id in ids:
        execute(operation_id, bench.deps)
    return ids


def groups(writes: list[Any]) -> list[str]:
    return [seen.body["group_data"]["carrier_group_id"] for seen in writes]


def test_deferred_operations_block_nothing_and_are_deferred_once(bench: ExecutionBench) -> None:
    for number in range(5):
        bench.request_connection(f"V{number}", group_id=f"0011001{number}")
    pause(ANA, "", bench.deps)

    assert len(run_scheduled(bench)) == 5
    published = len(bench.published_states())

    assert run_scheduled(bench) == []
    assert len(bench.published_states()) == published
    entity = bench.add_failed_connection("99").entity
    bench.refresh(entity)
    assert run_scheduled(bench) == ["L1"]
    assert bench.operation("L1").state is OperationState.SUCCEEDED


def test_after_resuming_operations_are_sent_in_the_order_of_submission(bench: ExecutionBench) -> None:
    bench.request_connection("V0", group_id="00110010")
    bench.wait(1)
    pause(ANA, "", bench.deps)
    for number in (3, 1, 2):
        bench.request_connection(f"V{number}", group_id=f"0011001{number}")
        bench.wait(1)
    run_scheduled(bench)
    bench.wait(600)
    resume(ANA, bench.deps)

    run_scheduled(bench)

    assert groups(bench.writes()) == ["00110010", "00110013", "00110011", "00110012"]
    assert bench.effective_write_count() == 4


def test_a_rescheduled_operation_is_deferred_too(bench: ExecutionBench) -> None:
    bench.noyo.faults.add(write_fault("too_many", times=1))
    bench.request_connection()
    later = bench.run_worker()
    assert later.state is OperationState.PENDING
    assert later.due is not None
    assert later.due > bench.clock()
    paused = pause(ANA, "", bench.deps).pause

    run_scheduled(bench)

    assert bench.operation().deferred_by == paused
    assert bench.operation().due == later.due
