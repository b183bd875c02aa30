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
from tests.usecases.execution_bench import ANA, BEN, QUIET, REQUEST, START, Before, ExecutionBench, bench, writes_fail

DAY = policies.OPERATION_GIVE_UP_SECONDS


@pytest.fixture
def here() -> Iterator[ExecutionBench]:
    with bench() as opened:
        yield opened


def deferred(here: ExecutionBench, operation_id: str = "V1") -> Operation:
    operation = here.operation(operation_id)
    assert operation.state is OperationState.PENDING
    assert operation.deferred_by is not None
    assert operation.lease is None
    assert here.writes() == []
    return operation


def test_an_operation_submitted_during_a_pause_is_deferred(here: ExecutionBench) -> None:
    paused = pause(ANA, "why", here.deps).pause

    result = here.ask()

    assert isinstance(result, Submitted)
    assert result.operation.deferred_by == paused
    here.run_worker()
    assert deferred(here).deferred_by == paused
    assert here.locked(REQUEST)


def test_an_operation_submitted_before_a_pause_is_deferred_unchanged(here: ExecutionBench) -> None:
    here.ask()
    pause(ANA, "", here.deps)

    here.run_worker()

    operation = deferred(here)
    assert (operation.attempts, operation.sends, operation.first_attempt_at) == (0, 0, None)
    assert operation.due == START
    assert ("operation_pending", ANA) in here.audit_actions()


def test_a_pause_between_the_claim_and_the_sending_stops_it(here: ExecutionBench) -> None:
    here.ask()
    turned = Before(here.encryptor, "decrypt", lambda: pause(BEN, "", here.deps), after=True)

    here.run_worker(encryptor=turned)

    operation = deferred(here)
    assert (operation.sends, operation.first_sent_at, operation.due) == (0, None, START)
    assert here.published_states().count("pending") == 2


def test_the_pause_is_checked_right_before_a_write(here: ExecutionBench) -> None:
    here.ask()
    claimed = claim("V1", here.deps)
    assert claimed is not None
    pause(ANA, "", here.deps)

    with pytest.raises(SendingPaused):
        ensure_may_send(claimed, here.deps)


def test_nothing_is_sent_while_the_pause_cannot_be_read(here: ExecutionBench) -> None:
    here.ask()

    def down() -> None:
        raise TableUnavailable("Switchboard's table is not answering right now.")

    rescheduled = here.run_worker(pauses=Before(here.store.pauses, "history", down, skip=1))

    assert rescheduled.state is OperationState.PENDING
    assert rescheduled.delay_reason == "Switchboard's table is not answering right now."
    assert here.writes() == []


def test_a_deferred_operation_is_sent_once_after_resuming(here: ExecutionBench) -> None:
    pause(ANA, "", here.deps)
    here.ask()
    here.run_worker()
    here.wait(60)
    resume(ANA, here.deps)

    done = here.run_worker()

    assert (done.state, done.deferred_by) == (OperationState.SUCCEEDED, None)
    assert here.effects() == 1
    assert "sending" in here.published_states()


def test_a_retry_whose_connection_changed_during_the_pause_is_not_sent(here: ExecutionBench) -> None:
    shown = here.stuck()
    pause(ANA, "", here.deps)
    here.retry(shown)
    here.wait(3600)
    here.noyo.move_connection(shown.record.id, "unable_to_connect", setup_result={"error": "another"})
    here.know(ANA)
    resume(ANA, here.deps)

    done = here.run_worker("V2")

    assert done.outcome is not None
    assert done.outcome.kind is OutcomeKind.CHANGED
    assert here.writes() == []


def test_reconciliation_continues_during_a_pause(here: ExecutionBench) -> None:
    here.noyo.faults.add(writes_fail("reset_after"))
    here.ask()
    assert here.run_worker().state is OperationState.RECONCILING
    pause(ANA, "", here.deps)

    done = here.live()

    assert done.state is OperationState.SUCCEEDED
    assert here.effects() == 1


def test_nothing_is_sent_again_during_a_pause(here: ExecutionBench) -> None:
    here.noyo.faults.add(writes_fail("reset_before"))
    here.ask()
    here.run_worker()
    sent = len(here.writes())
    pause(ANA, "", here.deps)
    for _ in range(4):
        here.wait(QUIET)
        here.run_worker()

    operation = here.operation()
    assert (operation.state, operation.deferred_by is not None) == (OperationState.PENDING, True)
    assert len(here.writes()) == sent

    resume(ANA, here.deps)
    assert here.run_worker().state is OperationState.SUCCEEDED
    assert here.effects() == 1


def test_refreshes_continue_during_a_pause(here: ExecutionBench) -> None:
    shown = here.stuck()
    pause(ANA, "", here.deps)
    here.refresh(shown.entity)

    assert here.run_worker("L1").state is OperationState.SUCCEEDED


def test_a_pause_does_not_count_towards_giving_up(here: ExecutionBench) -> None:
    """Twenty hours of failures, three days of pause and one more failure are less than a day of failures."""
    here.noyo.faults.add(writes_fail("too_many", times=None))
    here.ask()
    here.run_worker()
    here.wait(20 * 3600)
    pause(ANA, "", here.deps)
    here.wait(3 * DAY)
    resume(ANA, here.deps)
    here.know(ANA)
    assert here.run_worker().state is OperationState.PENDING

    here.wait(5 * 3600)
    here.know(ANA)
    assert here.run_worker().state is OperationState.NEEDS_RESOLUTION


def test_a_second_pause_replaces_the_first_on_a_deferred_operation(here: ExecutionBench) -> None:
    here.ask()
    pause(ANA, "", here.deps)
    here.run_worker()
    here.wait(5)
    resume(ANA, here.deps)
    second = pause(BEN, "", here.deps).pause

    here.run_worker()

    assert deferred(here).deferred_by == second


def test_deferring_does_not_undo_a_concurrent_claim(here: ExecutionBench) -> None:
    here.ask()
    pause(ANA, "", here.deps)

    def another_has_it() -> None:
        operation = here.operation()
        here.store.operations.claim(
            operation, replace(operation, state=OperationState.SENDING, attempts=1, lease="x", lease_until=START + 300)
        )

    here.run_worker(operations=Before(here.store.operations, "claim", another_has_it))

    assert here.operation().lease == "x"


# ---------------------------------------------------------------- observe mode


def test_observe_mode_accepts_nothing_that_would_be_sent(here: ExecutionBench) -> None:
    here.mode = Mode.OBSERVE
    shown = here.stuck()

    with pytest.raises(ObserveOnly):
        here.ask()
    with pytest.raises(ObserveOnly):
        here.retry(shown)

    assert here.store.operations.operation("V1") is None
    here.refresh(shown.entity)
    assert here.run_worker("L1").state is OperationState.SUCCEEDED


def test_observe_mode_defers_open_operations_until_act_mode(here: ExecutionBench) -> None:
    here.ask()
    here.mode = Mode.OBSERVE
    record_mode(replace(here.deps, mode=here.mode))

    here.run_worker()
    assert deferred(here).deferred_by == Pause(START)

    here.wait(3600)
    here.mode = Mode.ACT
    record_mode(replace(here.deps, mode=here.mode))
    here.know(ANA)
    assert here.run_worker().state is OperationState.SUCCEEDED
    assert here.effects() == 1


def test_observe_mode_stops_a_write_at_the_last_moment(here: ExecutionBench) -> None:
    here.ask()
    claimed = claim("V1", here.deps)
    assert claimed is not None
    here.mode = Mode.OBSERVE

    with pytest.raises(SendingPaused):
        ensure_may_send(claimed, here.deps)


def test_observe_mode_does_not_count_towards_giving_up(here: ExecutionBench) -> None:
    here.noyo.faults.add(writes_fail("too_many", times=None))
    here.ask()
    here.run_worker()
    here.wait(3600)
    record_mode(replace(here.deps, mode=Mode.OBSERVE))
    here.wait(7 * DAY)
    record_mode(replace(here.deps, mode=Mode.ACT))
    here.know(ANA)

    assert here.run_worker().state is OperationState.PENDING
