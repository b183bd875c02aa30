"""What the schedule takes up, while sending is on and while it is not."""

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
    with bench() as made:
        yield made


def scheduled(here: ExecutionBench) -> list[str]:
    ids = due_operations(here.deps)
    for one in ids:
        execute(one, here.deps)
    return ids


def groups(writes: list[Any]) -> list[str]:
    return [seen.body["group_data"]["carrier_group_id"] for seen in writes]


def test_kept_ones_are_in_nobodys_way_and_are_put_aside_once(here: ExecutionBench) -> None:
    for number in range(5):
        here.ask(f"V{number}", group_id=f"0011001{number}")
    pause(ANA, "", here.deps)

    assert len(scheduled(here)) == 5
    told = len(here.published_states())

    assert scheduled(here) == []
    assert len(here.published_states()) == told
    look = here.stuck("99").entity
    here.look(look)
    assert scheduled(here) == ["L1"]
    assert here.operation("L1").state is OperationState.SUCCEEDED


def test_once_resumed_they_are_sent_in_the_order_they_were_asked_for(here: ExecutionBench) -> None:
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


def test_what_would_be_tried_again_soon_is_put_aside_as_well(here: ExecutionBench) -> None:
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
