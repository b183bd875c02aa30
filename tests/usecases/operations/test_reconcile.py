"""Reconciliation after a lost response: only the intended effect counts as proof, not just any change."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from bot.domain.operations import OperationState, OutcomeKind
from bot.domain.record_states import RecordState
from bot.domain.records import EntityKind, EntityRef
from bot.domain.requests import ConnectionRequest
from bot.usecases.operations.reconcile import find_duplicate
from infra.local.noyo import Fault
from tests.usecases.execution_bench import ANA, BEN, CARRIER, REQUEST, ExecutionBench, open_bench, write_fault


@pytest.fixture
def bench() -> Iterator[ExecutionBench]:
    with open_bench() as opened:
        yield opened


def kind(bench: ExecutionBench, operation_id: str = "V2") -> OutcomeKind:
    found = bench.operation(operation_id).outcome
    assert found is not None
    return found.kind


def lost_retry(
    bench: ExecutionBench, fault: str = "reset_before", *, ago: int = 600, **wanted: str | None
) -> RecordState:
    """A retry whose response was lost and which awaits reconciliation."""
    shown = bench.add_failed_connection(ago=ago)
    bench.noyo.faults.add(write_fault(fault, method="PUT"))
    bench.retry(shown, **wanted)  # type: ignore[arg-type]
    assert bench.run_worker("V2").state is OperationState.RECONCILING
    return shown


def test_noyo_is_not_read_before_the_waiting_time_is_over(bench: ExecutionBench) -> None:
    lost_retry(bench)
    request_count = len(bench.noyo.requests)
    bench.wait(29)

    bench.run_worker("V2")

    assert len(bench.noyo.requests) == request_count


def test_noyo_is_read_twice_before_a_retry_needs_manual_resolution(bench: ExecutionBench) -> None:
    shown = lost_retry(bench)
    bench.wait(30)
    assert bench.run_worker("V2").state is OperationState.RECONCILING
    bench.wait(30)

    waiting = bench.run_worker("V2")

    assert (waiting.state, waiting.due, waiting.lease) == (OperationState.NEEDS_RESOLUTION, None, None)
    assert kind(bench) is OutcomeKind.UNCLEAR
    assert bench.is_locked(shown.entity)
    assert "needs_resolution" in bench.published_states()
    assert len(bench.writes()) == 1


def test_a_retry_without_correction_is_found_by_a_processing_version(bench: ExecutionBench) -> None:
    lost_retry(bench, "reset_after", group_id=None)

    assert bench.run_on_schedule("V2").state is OperationState.SUCCEEDED
    assert kind(bench) is OutcomeKind.RECONCILED


def test_a_retry_without_correction_is_found_by_a_processing_version_in_history(bench: ExecutionBench) -> None:
    shown = lost_retry(bench, "reset_after", group_id=None)
    bench.wait(10)
    bench.ingest_current(shown.record.id)
    bench.noyo.move_connection(shown.record.id, "unable_to_connect", error="still unknown")

    assert bench.run_on_schedule("V2").state is OperationState.SUCCEEDED
    assert bench.record_state(shown.record.id).status.value == "unable_to_connect"


def test_a_retry_with_another_id_is_found_even_if_it_failed_again(bench: ExecutionBench) -> None:
    shown = lost_retry(bench, "reset_after")
    bench.noyo.move_connection(shown.record.id, "unable_to_connect", error="still unknown")

    assert bench.run_on_schedule("V2").state is OperationState.SUCCEEDED


@pytest.mark.parametrize("wanted", [None, "00110012"])
@pytest.mark.parametrize("status", ["action_required", "completed", "unable_to_connect"])
def test_a_changed_record_alone_proves_nothing(bench: ExecutionBench, status: str, wanted: str | None) -> None:
    shown = lost_retry(bench, group_id=wanted)
    bench.noyo.move_connection(shown.record.id, status)
    bench.ingest_current(shown.record.id)

    assert bench.run_on_schedule("V2").state is OperationState.NEEDS_RESOLUTION
    assert kind(bench) is OutcomeKind.UNCLEAR


def test_a_processing_version_of_another_id_does_not_prove_a_corrected_retry(bench: ExecutionBench) -> None:
    shown = lost_retry(bench)
    bench.noyo.move_connection(shown.record.id, "processing")

    assert bench.run_on_schedule("V2").state is OperationState.NEEDS_RESOLUTION


@pytest.mark.parametrize("wanted", [None, "00110012"])
def test_an_earlier_attempt_does_not_prove_a_later_one(bench: ExecutionBench, wanted: str | None) -> None:
    connection = bench.noyo.add_connection(
        carrier_id=CARRIER, carrier_group_id=wanted or "00110011", status="processing"
    )
    bench.ingest_current(connection["id"])
    bench.wait(20)
    bench.noyo.move_connection(
        connection["id"], "unable_to_connect", error="unknown group", carrier_group_id="00110011"
    )
    bench.ingest_current(connection["id"])
    bench.wait(20)
    bench.noyo.faults.add(write_fault("reset_before", method="PUT"))
    bench.retry(bench.record_state(connection["id"]), group_id=wanted)
    bench.run_worker("V2")

    assert bench.run_on_schedule("V2").state is OperationState.NEEDS_RESOLUTION
    assert bench.effective_write_count() == 0


def test_a_connection_created_before_we_sent_is_not_ours(bench: ExecutionBench) -> None:
    bench.noyo.add_connection(carrier_id=CARRIER, carrier_group_id="00110011")
    bench.wait(121)
    bench.noyo.faults.add(write_fault("reset_before"))
    bench.request_connection()

    bench.run_on_schedule("V1", 900)

    assert kind(bench, "V1") is OutcomeKind.DUPLICATE


def test_a_connection_requested_by_another_operation_is_not_ours(bench: ExecutionBench) -> None:
    bench.request_connection("V0", BEN)
    bench.run_worker("V0")
    bench.noyo.faults.add(write_fault("reset_before"))
    bench.request_connection("V1", ANA)

    bench.run_on_schedule("V1", 900)

    assert kind(bench, "V1") is OutcomeKind.DUPLICATE
    assert bench.record_state(bench.noyo_connections()[0]["id"]).requested_by_operation == "V0"


def test_a_poll_that_saw_our_lost_success_first_does_not_hide_it(bench: ExecutionBench) -> None:
    bench.noyo.faults.add(write_fault("reset_after"))
    bench.request_connection()
    bench.run_worker()
    bench.ingest_current(bench.noyo_connections()[0]["id"])

    assert bench.run_on_schedule("V1").state is OperationState.SUCCEEDED
    assert bench.record_state(bench.noyo_connections()[0]["id"]).requested_by_operation == "V1"


@pytest.mark.parametrize("fault", ["error_before", "garbage", "too_many", "reset_before"])
def test_an_unanswered_reconciliation_is_not_counted(bench: ExecutionBench, fault: str) -> None:
    bench.noyo.faults.add(write_fault("reset_after"))
    bench.request_connection()
    bench.run_worker()
    bench.noyo.faults.add(Fault(fault, method="GET", times=None))
    bench.wait(30)

    waiting = bench.run_worker()

    assert (waiting.state, waiting.reconciliations) == (OperationState.RECONCILING, 0)
    assert bench.is_locked(REQUEST)
    bench.noyo.faults.clear()
    assert bench.run_on_schedule("V1").state is OperationState.SUCCEEDED
    assert bench.effective_write_count() == 1


def test_a_lost_retry_of_a_deleted_connection_ends_with_an_unknown_effect(bench: ExecutionBench) -> None:
    shown = lost_retry(bench)
    bench.noyo.remove(shown.record.id)

    ended = bench.run_on_schedule("V2")

    assert (ended.state, ended.sends) == (OperationState.CANCELLED, 1)
    assert kind(bench) is OutcomeKind.DELETED


def test_the_duplicate_is_the_newest_connection_with_these_ids(bench: ExecutionBench) -> None:
    bench.request_connection()
    operation = bench.operation("V1")
    assert find_duplicate(operation, bench.deps) is None
    for minutes in (1, 3, 2):
        bench.noyo.add_connection(
            carrier_id=CARRIER, carrier_group_id="00110011", created=int(bench.clock()) - 60 * minutes
        )

    found = find_duplicate(operation, bench.deps)

    assert found is not None
    assert found.modified == int(bench.clock()) - 60


def test_no_duplicate_is_named_if_noyo_cannot_be_read(bench: ExecutionBench) -> None:
    bench.request_connection()
    bench.noyo.add_connection(carrier_id=CARRIER, carrier_group_id="00110011")
    bench.noyo.faults.add(Fault("garbage", method="GET", times=None))

    assert find_duplicate(bench.operation("V1"), bench.deps) is None


def test_a_connection_that_got_its_id_by_a_retry_is_not_ours(bench: ExecutionBench) -> None:
    other = bench.noyo.add_connection(carrier_id=CARRIER, carrier_group_id="99", group_name="Other")["id"]
    bench.ingest_current(other)
    bench.request_connection()
    bench.noyo.faults.add(write_fault("reset_before"))
    bench.run_worker()
    bench.noyo.move_connection(other, "processing", carrier_group_id="00110011")
    bench.wait(2)
    bench.ingest_current(other)

    bench.run_on_schedule()

    assert kind(bench, "V1") is OutcomeKind.DUPLICATE
    assert bench.record_state(other).requested_by_operation is None


def test_a_request_of_an_earlier_release_is_found_under_its_own_entity(bench: ExecutionBench) -> None:
    """It stored the id as typed, and a poll of this release sees the connection first."""
    bench.request_connection("V0", group_id="ABC-1")
    entity = EntityRef(EntityKind.PENDING_CONNECTION, f"{CARRIER}#ABC-1")
    earlier = replace(bench.operation("V0"), id="V1", entity=entity, input=ConnectionRequest(CARRIER, "ABC-1", "Test"))
    bench.store.operations.submit(earlier, expected=None, events=(), audit=None)
    bench.noyo.faults.add(write_fault("reset_after"))
    bench.run_worker()
    [created] = bench.noyo_connections()
    bench.ingest_current(created["id"])

    assert bench.run_on_schedule("V1").state is OperationState.SUCCEEDED
    assert kind(bench, "V1") is OutcomeKind.RECONCILED
    assert not bench.is_locked(entity)
    assert len(bench.writes()) == 1


def test_a_connection_whose_id_noyo_shows_without_its_zeros_is_ours(bench: ExecutionBench) -> None:
    """Noyo lists it for the requested id, and a poll sees it before the request is reconciled."""
    bench.noyo.faults.add(write_fault("reset_after"))
    bench.request_connection(group_id="00110011")
    bench.run_worker()
    [created] = bench.noyo_connections()
    bench.noyo.corrupt(
        created["id"], lambda row: row | {"group_data": row["group_data"] | {"carrier_group_id": 110011}}
    )
    bench.ingest_current(created["id"])

    assert bench.run_on_schedule("V1").state is OperationState.SUCCEEDED
    assert bench.record_state(created["id"]).requester == ANA


def test_a_connection_seen_before_we_sent_is_not_ours_even_if_it_changed(bench: ExecutionBench) -> None:
    other = bench.noyo.add_connection(carrier_id=CARRIER, carrier_group_id="00110011")["id"]
    bench.ingest_current(other)
    bench.wait(2)
    bench.request_connection()
    bench.noyo.faults.add(write_fault("reset_before"))
    bench.run_worker()
    bench.wait(2)
    bench.noyo.move_connection(other, "processing")
    bench.ingest_current(other)

    bench.run_on_schedule()

    assert kind(bench, "V1") is OutcomeKind.DUPLICATE
    assert bench.record_state(other).requested_by_operation is None
