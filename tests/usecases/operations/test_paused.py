"""Execution during a pause: which operations are deferred, continue, or are sent afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from bot import policies
from bot.domain.operations import Operation, OperationState, OutcomeKind
from bot.domain.pauses import Mode, Pause
from bot.errors import ObserveOnly, TableUnavailable
from bot.usecases.admin.pause import pause, record_mode, resume
from bot.usecases.operations.lifecycle import SendingPaused, claim, ensure_may_send
from bot.usecases.operations.submit import Submitted
from tests.usecases.execution_bench import (
    ANA,
    BEN,
    QUIET,
    REQUEST,
    START,
    ExecutionBench,
    PortHook,
    open_bench,
    write_fault,
)

DAY = policies.OPERATION_GIVE_UP_SECONDS


@pytest.fixture
def bench() -> Iterator[ExecutionBench]:
    with open_bench() as opened:
        yield opened


def get_deferred(bench: ExecutionBench, operation_id: str = "V1") -> Operation:
    operation = bench.operation(operation_id)
    assert operation.state is OperationState.PENDING
    assert operation.deferred_by is not None
    assert operation.lease is None
    assert bench.writes() == []
    return operation


def test_an_operation_submitted_during_a_pause_is_deferred(bench: ExecutionBench) -> None:
    paused = pause(ANA, "why", bench.deps).pause

    result = bench.request_connection()

    assert isinstance(result, Submitted)
    assert result.operation.deferred_by == paused
    bench.run_worker()
    assert get_deferred(bench).deferred_by == paused
    assert bench.is_locked(REQUEST)


def test_an_operation_submitted_before_a_pause_is_deferred_unchanged(bench: ExecutionBench) -> None:
    bench.request_connection()
    pause(ANA, "", bench.deps)

    bench.run_worker()

    operation = get_deferred(bench)
    assert (operation.attempts, operation.sends, operation.first_attempt_at) == (0, 0, None)
    assert operation.due == START
    assert ("operation_pending", ANA) in bench.audit_actions()


def test_a_pause_between_the_claim_and_the_sending_stops_it(bench: ExecutionBench) -> None:
    bench.request_connection()
    pausing_encryptor = PortHook(bench.encryptor, "decrypt", lambda: pause(BEN, "", bench.deps), after=True)

    bench.run_worker(encryptor=pausing_encryptor)

    operation = get_deferred(bench)
    assert (operation.sends, operation.first_sent_at, operation.due) == (0, None, START)
    assert bench.published_states().count("pending") == 2


def test_the_pause_is_checked_right_before_a_write(bench: ExecutionBench) -> None:
    bench.request_connection()
    claimed = claim("V1", bench.deps)
    assert claimed is not None
    pause(ANA, "", bench.deps)

    with pytest.raises(SendingPaused):
        ensure_may_send(claimed, bench.deps)


def test_nothing_is_sent_while_the_pause_cannot_be_read(bench: ExecutionBench) -> None:
    bench.request_connection()

    def fail() -> None:
        raise TableUnavailable("Switchboard's table is not answering right now.")

    rescheduled = bench.run_worker(pauses=PortHook(bench.store.pauses, "history", fail, skip=1))

    assert rescheduled.state is OperationState.PENDING
    assert rescheduled.delay_reason == "Switchboard's table is not answering right now."
    assert bench.writes() == []


def test_a_deferred_operation_is_sent_once_after_resuming(bench: ExecutionBench) -> None:
    pause(ANA, "", bench.deps)
    bench.request_connection()
    bench.run_worker()
    bench.wait(60)
    resume(ANA, bench.deps)

    finished = bench.run_worker()

    assert (finished.state, finished.deferred_by) == (OperationState.SUCCEEDED, None)
    assert bench.effective_write_count() == 1
    assert "sending" in bench.published_states()


def test_a_retry_whose_connection_changed_during_the_pause_is_not_sent(bench: ExecutionBench) -> None:
    shown = bench.add_failed_connection()
    pause(ANA, "", bench.deps)
    bench.retry(shown)
    bench.wait(3600)
    bench.noyo.move_connection(shown.record.id, "unable_to_connect", setup_result={"error": "another"})
    bench.store_people(ANA)
    resume(ANA, bench.deps)

    finished = bench.run_worker("V2")

    assert finished.outcome is not None
    assert finished.outcome.kind is OutcomeKind.CHANGED
    assert bench.writes() == []


def test_reconciliation_continues_during_a_pause(bench: ExecutionBench) -> None:
    bench.noyo.faults.add(write_fault("reset_after"))
    bench.request_connection()
    assert bench.run_worker().state is OperationState.RECONCILING
    pause(ANA, "", bench.deps)

    finished = bench.run_on_schedule()

    assert finished.state is OperationState.SUCCEEDED
    assert bench.effective_write_count() == 1


def test_nothing_is_sent_again_during_a_pause(bench: ExecutionBench) -> None:
    bench.noyo.faults.add(write_fault("reset_before"))
    bench.request_connection()
    bench.run_worker()
    sent = len(bench.writes())
    pause(ANA, "", bench.deps)
    for _ in range(4):
        bench.wait(QUIET)
        bench.run_worker()

    operation = bench.operation()
    assert (operation.state, operation.deferred_by is not None) == (OperationState.PENDING, True)
    assert len(bench.writes()) == sent

    resume(ANA, bench.deps)
    assert bench.run_worker().state is OperationState.SUCCEEDED
    assert bench.effective_write_count() == 1


def test_refreshes_continue_during_a_pause(bench: ExecutionBench) -> None:
    shown = bench.add_failed_connection()
    pause(ANA, "", bench.deps)
    bench.refresh(shown.entity)

    assert bench.run_worker("L1").state is OperationState.SUCCEEDED


def test_a_pause_does_not_count_towards_giving_up(bench: ExecutionBench) -> None:
    """Twenty hours of failures, three days of pause and one more failure are less than a day of failures."""
    bench.noyo.faults.add(write_fault("too_many", times=None))
    bench.request_connection()
    bench.run_worker()
    bench.wait(20 * 3600)
    pause(ANA, "", bench.deps)
    bench.wait(3 * DAY)
    resume(ANA, bench.deps)
    bench.store_people(ANA)
    assert bench.run_worker().state is OperationState.PENDING

    bench.wait(5 * 3600)
    bench.store_people(ANA)
    assert bench.run_worker().state is OperationState.NEEDS_RESOLUTION


def test_a_second_pause_replaces_the_first_on_a_deferred_operation(bench: ExecutionBench) -> None:
    bench.request_connection()
    pause(ANA, "", bench.deps)
    bench.run_worker()
    bench.wait(5)
    resume(ANA, bench.deps)
    second = pause(BEN, "", bench.deps).pause

    bench.run_worker()

    assert get_deferred(bench).deferred_by == second


def test_deferring_does_not_undo_a_concurrent_claim(bench: ExecutionBench) -> None:
    bench.request_connection()
    pause(ANA, "", bench.deps)

    def claim_concurrently() -> None:
        operation = bench.operation()
        bench.store.operations.claim(
            operation, replace(operation, state=OperationState.SENDING, attempts=1, lease="x", lease_until=START + 300)
        )

    bench.run_worker(operations=PortHook(bench.store.operations, "claim", claim_concurrently))

    assert bench.operation().lease == "x"


# ---------------------------------------------------------------- observe mode


def test_observe_mode_accepts_nothing_that_would_be_sent(bench: ExecutionBench) -> None:
    bench.mode = Mode.OBSERVE
    shown = bench.add_failed_connection()

    with pytest.raises(ObserveOnly):
        bench.request_connection()
    with pytest.raises(ObserveOnly):
        bench.retry(shown)

    assert bench.store.operations.operation("V1") is None
    bench.refresh(shown.entity)
    assert bench.run_worker("L1").state is OperationState.SUCCEEDED


def test_observe_mode_defers_open_operations_until_act_mode(bench: ExecutionBench) -> None:
    bench.request_connection()
    bench.mode = Mode.OBSERVE
    record_mode(replace(bench.deps, mode=bench.mode))

    bench.run_worker()
    assert get_deferred(bench).deferred_by == Pause(START)

    bench.wait(3600)
    bench.mode = Mode.ACT
    record_mode(replace(bench.deps, mode=bench.mode))
    bench.store_people(ANA)
    assert bench.run_worker().state is OperationState.SUCCEEDED
    assert bench.effective_write_count() == 1


def test_observe_mode_stops_a_write_at_the_last_moment(bench: ExecutionBench) -> None:
    bench.request_connection()
    claimed = claim("V1", bench.deps)
    assert claimed is not None
    bench.mode = Mode.OBSERVE

    with pytest.raises(SendingPaused):
        ensure_may_send(claimed, bench.deps)


def test_observe_mode_does_not_count_towards_giving_up(bench: ExecutionBench) -> None:
    bench.noyo.faults.add(write_fault("too_many", times=None))
    bench.request_connection()
    bench.run_worker()
    bench.wait(3600)
    record_mode(replace(bench.deps, mode=Mode.OBSERVE))
    bench.wait(7 * DAY)
    record_mode(replace(bench.deps, mode=Mode.ACT))
    bench.store_people(ANA)

    assert bench.run_worker().state is OperationState.PENDING
