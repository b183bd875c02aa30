"""Reconciliation after a lost response: only the intended effect counts as proof, not just any change."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bot.domain.operations import OperationState, OutcomeKind
from bot.domain.record_states import RecordState
from bot.usecases.operations.reconcile import find_duplicate
from infra.local.noyo import Fault
from tests.usecases.execution_bench import ANA, BEN, CARRIER, REQUEST, ExecutionBench, bench, writes_fail


@pytest.fixture
def here() -> Iterator[ExecutionBench]:
    with bench() as opened:
        yield opened


def kind(here: ExecutionBench, operation_id: str = "V2") -> OutcomeKind:
    found = here.operation(operation_id).outcome
    assert found is not None
    return found.kind


def lost_retry(
    here: ExecutionBench, fault: str = "reset_before", *, ago: int = 600, **wanted: str | None
) -> RecordState:
    """A retry whose response was lost and which awaits reconciliation."""
    shown = here.stuck(ago=ago)
    here.noyo.faults.add(writes_fail(fault, method="PUT"))
    here.retry(shown, **wanted)  # type: ignore[arg-type]
    assert here.run_worker("V2").state is OperationState.RECONCILING
    return shown


def test_noyo_is_not_asked_before_the_waiting_time_is_over(here: ExecutionBench) -> None:
    lost_retry(here)
    asked = len(here.noyo.requests)
    here.wait(29)

    here.run_worker("V2")

    assert len(here.noyo.requests) == asked


def test_noyo_is_asked_twice_before_a_person_decides_about_a_retry(here: ExecutionBench) -> None:
    shown = lost_retry(here)
    here.wait(30)
    assert here.run_worker("V2").state is OperationState.RECONCILING
    here.wait(30)

    waiting = here.run_worker("V2")

    assert (waiting.state, waiting.due, waiting.lease) == (OperationState.NEEDS_RESOLUTION, None, None)
    assert kind(here) is OutcomeKind.UNCLEAR
    assert here.locked(shown.entity)
    assert "needs_resolution" in here.published_states()
    assert len(here.writes()) == 1


def test_a_retry_without_correction_is_found_by_a_processing_version(here: ExecutionBench) -> None:
    lost_retry(here, "reset_after", group_id=None)

    assert here.live("V2").state is OperationState.SUCCEEDED
    assert kind(here) is OutcomeKind.RECONCILED


def test_a_retry_without_correction_is_found_by_a_processing_version_in_history(here: ExecutionBench) -> None:
    shown = lost_retry(here, "reset_after", group_id=None)
    here.wait(10)
    here.see(shown.record.id)
    here.noyo.move_connection(shown.record.id, "unable_to_connect", error="still unknown")

    assert here.live("V2").state is OperationState.SUCCEEDED
    assert here.record_state(shown.record.id).status.value == "unable_to_connect"


def test_a_retry_with_another_id_is_found_even_if_it_failed_again(here: ExecutionBench) -> None:
    shown = lost_retry(here, "reset_after")
    here.noyo.move_connection(shown.record.id, "unable_to_connect", error="still unknown")

    assert here.live("V2").state is OperationState.SUCCEEDED


@pytest.mark.parametrize("wanted", [None, "00110012"])
@pytest.mark.parametrize("status", ["action_required", "completed", "unable_to_connect"])
def test_a_changed_record_alone_proves_nothing(here: ExecutionBench, status: str, wanted: str | None) -> None:
    shown = lost_retry(here, group_id=wanted)
    here.noyo.move_connection(shown.record.id, status)
    here.see(shown.record.id)

    assert here.live("V2").state is OperationState.NEEDS_RESOLUTION
    assert kind(here) is OutcomeKind.UNCLEAR


def test_a_processing_version_of_another_id_does_not_prove_a_corrected_retry(here: ExecutionBench) -> None:
    shown = lost_retry(here)
    here.noyo.move_connection(shown.record.id, "processing")

    assert here.live("V2").state is OperationState.NEEDS_RESOLUTION


@pytest.mark.parametrize("wanted", [None, "00110012"])
def test_an_earlier_attempt_does_not_prove_a_later_one(here: ExecutionBench, wanted: str | None) -> None:
    connection = here.noyo.add_connection(
        carrier_id=CARRIER, carrier_group_id=wanted or "00110011", status="processing"
    )
    here.see(connection["id"])
    here.wait(20)
    here.noyo.move_connection(connection["id"], "unable_to_connect", error="unknown group", carrier_group_id="00110011")
    here.see(connection["id"])
    here.wait(20)
    here.noyo.faults.add(writes_fail("reset_before", method="PUT"))
    here.retry(here.record_state(connection["id"]), group_id=wanted)
    here.run_worker("V2")

    assert here.live("V2").state is OperationState.NEEDS_RESOLUTION
    assert here.effects() == 0


def test_a_connection_created_before_we_sent_is_not_ours(here: ExecutionBench) -> None:
    here.noyo.add_connection(carrier_id=CARRIER, carrier_group_id="00110011")
    here.wait(121)
    here.noyo.faults.add(writes_fail("reset_before"))
    here.ask()

    here.live("V1", 900)

    assert kind(here, "V1") is OutcomeKind.DUPLICATE


def test_a_connection_requested_by_another_operation_is_not_ours(here: ExecutionBench) -> None:
    here.ask("V0", BEN)
    here.run_worker("V0")
    here.noyo.faults.add(writes_fail("reset_before"))
    here.ask("V1", ANA)

    here.live("V1", 900)

    assert kind(here, "V1") is OutcomeKind.DUPLICATE
    assert here.record_state(here.at_noyo()[0]["id"]).requested_by_operation == "V0"


def test_a_poll_that_saw_our_lost_success_first_does_not_hide_it(here: ExecutionBench) -> None:
    here.noyo.faults.add(writes_fail("reset_after"))
    here.ask()
    here.run_worker()
    here.see(here.at_noyo()[0]["id"])

    assert here.live("V1").state is OperationState.SUCCEEDED
    assert here.record_state(here.at_noyo()[0]["id"]).requested_by_operation == "V1"


@pytest.mark.parametrize("fault", ["error_before", "garbage", "too_many", "reset_before"])
def test_an_unanswered_reconciliation_is_not_counted(here: ExecutionBench, fault: str) -> None:
    here.noyo.faults.add(writes_fail("reset_after"))
    here.ask()
    here.run_worker()
    here.noyo.faults.add(Fault(fault, method="GET", times=None))
    here.wait(30)

    waiting = here.run_worker()

    assert (waiting.state, waiting.reconciliations) == (OperationState.RECONCILING, 0)
    assert here.locked(REQUEST)
    here.noyo.faults.clear()
    assert here.live("V1").state is OperationState.SUCCEEDED
    assert here.effects() == 1


def test_a_retry_of_a_deleted_connection_ends_with_a_person(here: ExecutionBench) -> None:
    shown = lost_retry(here)
    here.noyo.remove(shown.record.id)

    here.live("V2", 200)
    here.wait(86_400)

    waiting = here.run_worker("V2")

    assert waiting.state is OperationState.NEEDS_RESOLUTION
    assert kind(here) is OutcomeKind.OVERDUE


def test_the_duplicate_is_the_newest_connection_with_these_ids(here: ExecutionBench) -> None:
    here.ask()
    operation = here.operation("V1")
    assert find_duplicate(operation, here.deps) is None
    for minutes in (1, 3, 2):
        here.noyo.add_connection(
            carrier_id=CARRIER, carrier_group_id="00110011", created=int(here.clock()) - 60 * minutes
        )

    found = find_duplicate(operation, here.deps)

    assert found is not None
    assert found.modified == int(here.clock()) - 60


def test_no_duplicate_is_named_if_noyo_cannot_be_read(here: ExecutionBench) -> None:
    here.ask()
    here.noyo.add_connection(carrier_id=CARRIER, carrier_group_id="00110011")
    here.noyo.faults.add(Fault("garbage", method="GET", times=None))

    assert find_duplicate(here.operation("V1"), here.deps) is None


def test_a_connection_that_got_its_id_by_a_retry_is_not_ours(here: ExecutionBench) -> None:
    other = here.noyo.add_connection(carrier_id=CARRIER, carrier_group_id="99", group_name="Other")["id"]
    here.see(other)
    here.ask()
    here.noyo.faults.add(writes_fail("reset_before"))
    here.run_worker()
    here.noyo.move_connection(other, "processing", carrier_group_id="00110011")
    here.wait(2)
    here.see(other)

    here.live()

    assert kind(here, "V1") is OutcomeKind.DUPLICATE
    assert here.record_state(other).requested_by_operation is None


def test_a_connection_seen_before_we_sent_is_not_ours_even_if_it_changed(here: ExecutionBench) -> None:
    other = here.noyo.add_connection(carrier_id=CARRIER, carrier_group_id="00110011")["id"]
    here.see(other)
    here.wait(2)
    here.ask()
    here.noyo.faults.add(writes_fail("reset_before"))
    here.run_worker()
    here.wait(2)
    here.noyo.move_connection(other, "processing")
    here.see(other)

    here.live()

    assert kind(here, "V1") is OutcomeKind.DUPLICATE
    assert here.record_state(other).requested_by_operation is None
