"""The lifecycle of an operation: expired leases, growing delays, a day of failures, and dropped secrets."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from bot import policies
from bot.domain.operations import OperationState, OutcomeKind, Resolution
from bot.domain.records import connection_ref
from bot.errors import ConcurrentUpdate, LeaseLost, TableUnavailable
from bot.usecases.operations.execute import execute
from bot.usecases.operations.resolve import resolve
from infra.local.noyo import Fault
from tests.aws_calls import acting
from tests.usecases.execution_bench import (
    ANA,
    EIN,
    REQUEST,
    TIN,
    ExecutionBench,
    PortHook,
    ProcessStopped,
    open_bench,
    stop_process,
    write_fault,
)


@pytest.fixture
def bench() -> Iterator[ExecutionBench]:
    with open_bench() as opened:
        yield opened


def stop_worker(bench: ExecutionBench, operation_id: str = "V1", **deps: Any) -> None:
    with pytest.raises(ProcessStopped):
        execute(operation_id, replace(bench.deps, **deps))
    bench.restart()


# ---------------------------------------------------------------- leases


STOPS: dict[str, Callable[[ExecutionBench], dict[str, Any]]] = {
    "after the claim": lambda bench: {"operations": PortHook(bench.deps.operations, "claim", stop_process, after=True)},
    "before the request": lambda bench: {"noyo": PortHook(bench.deps.noyo, "request_connection", stop_process)},
    "after the request": lambda bench: {
        "noyo": PortHook(bench.deps.noyo, "request_connection", stop_process, after=True)
    },
    "before settling": lambda bench: {"operations": PortHook(bench.deps.operations, "save", stop_process)},
    "after settling": lambda bench: {"operations": PortHook(bench.deps.operations, "save", stop_process, after=True)},
}


@pytest.mark.parametrize("stop", STOPS)
def test_a_request_whose_worker_stops_recovers(bench: ExecutionBench, stop: str) -> None:
    bench.request_connection()
    stop_worker(bench, **STOPS[stop](bench))

    settled = bench.run_on_schedule("V1", 900)

    assert settled.state is OperationState.SUCCEEDED
    assert (bench.effective_write_count(), len(bench.noyo_connections())) == (1, 1)
    assert not bench.is_locked(REQUEST)


def test_an_expired_lease_means_unknown_and_never_pending(bench: ExecutionBench) -> None:
    bench.request_connection()
    stop_worker(bench, operations=PortHook(bench.deps.operations, "claim", stop_process, after=True))
    bench.wait(policies.OPERATION_LEASE_SECONDS - 1)
    assert bench.run_worker().state is OperationState.SENDING
    bench.wait(1)

    unknown = bench.run_worker()

    assert (unknown.state, unknown.lease) == (OperationState.RECONCILING, None)
    assert bench.writes() == []
    assert "reconciling" in bench.published_states()


@pytest.mark.parametrize("fault", ["reset_before", "reset_after"])
def test_a_reconciliation_whose_worker_stops_is_repeated(bench: ExecutionBench, fault: str) -> None:
    bench.noyo.faults.add(write_fault(fault))
    bench.request_connection()
    bench.run_worker()
    bench.wait(30)
    stop_worker(bench, operations=PortHook(bench.deps.operations, "save", stop_process))

    settled = bench.run_on_schedule("V1", 900)

    assert settled.state is OperationState.SUCCEEDED
    assert bench.effective_write_count() == 1


def test_a_refresh_whose_worker_stops_is_repeated(bench: ExecutionBench) -> None:
    shown = bench.add_failed_connection()
    bench.refresh(shown.entity)
    stop_worker(bench, "L1", noyo=PortHook(bench.deps.noyo, "connection", stop_process))

    settled = bench.run_on_schedule("L1", 900)

    assert settled.state is OperationState.SUCCEEDED
    assert "needs_resolution" not in bench.published_states()


def test_only_one_of_two_workers_takes_over_an_expired_lease(bench: ExecutionBench) -> None:
    bench.request_connection()
    stop_worker(bench, operations=PortHook(bench.deps.operations, "claim", stop_process, after=True))
    bench.wait(policies.OPERATION_LEASE_SECONDS)
    operations = PortHook(bench.deps.operations, "save", bench.run_worker)

    assert bench.run_worker(operations=operations).state is OperationState.RECONCILING
    assert bench.published_states().count("reconciling") == 1


def test_after_a_day_of_stopped_workers_a_person_decides(bench: ExecutionBench) -> None:
    shown = bench.add_failed_connection()
    bench.noyo.faults.add(write_fault("reset_before", method="PUT"))
    bench.retry(shown)
    bench.run_worker("V2")
    for _ in range(3):
        bench.wait(policies.OPERATION_GIVE_UP_SECONDS // 2)
        if bench.operation("V2").state is OperationState.NEEDS_RESOLUTION:
            break
        interrupted = PortHook(bench.deps.noyo, "connection", stop_process)
        try:
            bench.run_worker("V2", noyo=interrupted)
        except ProcessStopped:
            bench.restart()

    assert bench.run_worker("V2").state is OperationState.NEEDS_RESOLUTION
    assert bench.is_locked(shown.entity)
    assert "needs_resolution" in bench.published_states()


# ---------------------------------------------------------------- delays, and a day of failures


def test_delays_grow_up_to_a_quarter_of_an_hour(bench: ExecutionBench) -> None:
    bench.noyo.faults.add(Fault("too_many", method="POST", path_contains="/api/", times=None, retry_after=None))
    bench.request_connection()
    pauses = []
    for _ in range(11):
        waiting = bench.run_worker()
        assert waiting.due is not None
        pauses.append(waiting.due - int(bench.clock()))
        bench.wait(pauses[-1])
        bench.store_people(ANA)

    assert pauses == [5, 10, 20, 40, 80, 160, 320, 640, *3 * [policies.OPERATION_MAX_PAUSE_SECONDS]]


def test_a_repeated_delay_reason_is_published_once(bench: ExecutionBench) -> None:
    bench.noyo.faults.add(Fault("too_many", method="POST", path_contains="/api/", times=None))
    bench.request_connection()

    bench.run_on_schedule("V1", 600)

    assert bench.published_states().count("pending") == 2  # Submitted, and rescheduled for the first time.


@pytest.mark.parametrize("kind", ["request", "retry"])
def test_after_a_day_of_failures_a_person_decides(bench: ExecutionBench, kind: str) -> None:
    entity = REQUEST
    if kind == "request":
        bench.request_connection("V1")
    else:
        shown = bench.add_failed_connection()
        entity = shown.entity
        bench.retry(shown, "V1")
    bench.noyo.stop()
    bench.run_on_schedule("V1", 100)
    bench.wait(policies.OPERATION_GIVE_UP_SECONDS - 200)
    bench.store_people(ANA)
    assert bench.run_worker("V1").state is OperationState.PENDING
    bench.wait(1000)
    bench.store_people(ANA)

    waiting = bench.run_worker("V1")

    assert (waiting.state, waiting.due, waiting.sends) == (OperationState.NEEDS_RESOLUTION, None, 0)
    assert waiting.outcome is not None
    assert waiting.outcome.kind is OutcomeKind.OVERDUE
    assert "Noyo could not be reached." in (waiting.outcome.message or "")
    assert "needs_resolution" in bench.published_states()
    assert bench.is_locked(entity)


def test_a_refresh_without_an_answer_for_a_day_is_cancelled(bench: ExecutionBench) -> None:
    bench.refresh(connection_ref("5e20ea6a-8027-464a-941a-867c115c846d"))
    bench.noyo.stop()
    bench.run_on_schedule("L1", 100)
    bench.wait(policies.OPERATION_GIVE_UP_SECONDS)

    given_up = bench.run_worker("L1")

    assert given_up.state is OperationState.CANCELLED
    assert given_up.outcome is not None
    assert given_up.outcome.kind is OutcomeKind.OVERDUE


def test_an_unknown_right_after_a_long_outage_is_checked_once_more(bench: ExecutionBench) -> None:
    bench.request_connection("V1")
    bench.noyo.faults.add(Fault("too_many", method="POST", path_contains="group_connections"))
    bench.run_worker("V1")
    bench.wait(2 * policies.OPERATION_GIVE_UP_SECONDS)

    assert bench.run_worker("V1").state is OperationState.PENDING
    bench.wait(1000)
    bench.store_people(ANA)

    assert bench.run_worker("V1").state is OperationState.SUCCEEDED
    assert bench.effective_write_count() == 1


def test_after_a_day_of_an_unknown_right_a_person_decides(bench: ExecutionBench) -> None:
    bench.request_connection("V1")
    bench.wait(7200)
    bench.run_worker("V1")
    bench.wait(policies.OPERATION_GIVE_UP_SECONDS + 1000)

    assert bench.run_worker("V1").state is OperationState.NEEDS_RESOLUTION
    assert bench.effective_write_count() == 0


def test_after_a_day_of_unanswered_reconciliations_a_person_decides(bench: ExecutionBench) -> None:
    bench.noyo.faults.add(write_fault("reset_after"))
    bench.request_connection()
    bench.run_worker()
    bench.noyo.stop()

    bench.run_on_schedule("V1", 100)
    bench.wait(policies.OPERATION_GIVE_UP_SECONDS)

    waiting = bench.run_worker("V1")

    assert waiting.state is OperationState.NEEDS_RESOLUTION
    assert waiting.sends == 1
    bench.noyo.start()
    assert bench.effective_write_count() == 1


def test_a_worker_continues_after_two_days_off(bench: ExecutionBench) -> None:
    bench.noyo.faults.add(write_fault("reset_after"))
    bench.request_connection("V1")
    bench.request_connection("V3", group_id="00110033")
    bench.run_worker("V1")
    bench.wait(48 * 3600)
    bench.store_people(ANA)

    assert bench.run_worker("V1").state is OperationState.SUCCEEDED
    assert bench.run_worker("V3").state is OperationState.SUCCEEDED
    assert bench.effective_write_count() == 2


# ---------------------------------------------------------------- settling


def test_settling_repeats_after_a_concurrent_update(bench: ExecutionBench) -> None:
    shown = bench.add_failed_connection()
    bench.retry(shown)
    operations = PortHook(bench.deps.operations, "save", lambda: bench.ingest_current(shown.record.id))

    settled = bench.run_worker("V2", operations=operations)

    assert settled.state is OperationState.SUCCEEDED
    assert bench.record_state(shown.record.id).status.value == "processing"
    assert bench.record_state(shown.record.id).attempts == 2


def test_settling_fails_if_the_record_keeps_changing(bench: ExecutionBench) -> None:
    bench.request_connection()

    class AlwaysConflicting:
        def save(self, *_: object, **__: object) -> None:
            raise ConcurrentUpdate("again")

        def __getattr__(self, name: str) -> Any:
            return getattr(bench.store.operations, name)

    with pytest.raises(TableUnavailable):
        execute("V1", replace(bench.deps, operations=AlwaysConflicting()))  # type: ignore[arg-type]
    assert bench.run_on_schedule("V1", 900).state is OperationState.SUCCEEDED
    assert bench.effective_write_count() == 1


def test_a_settled_operation_cannot_be_saved_again(bench: ExecutionBench) -> None:
    bench.request_connection()
    bench.run_worker()
    settled = bench.operation()

    with pytest.raises(LeaseLost):
        bench.store.operations.save(replace(settled, state=OperationState.PENDING), lease=None)
    with pytest.raises(LeaseLost):
        bench.store.operations.save(replace(settled, state=OperationState.PENDING), lease="id-1")


# ---------------------------------------------------------------- secrets


def test_no_sensitive_value_is_ever_stored_as_plaintext(bench: ExecutionBench) -> None:
    """The items are read after every write, with a lost response, a refusal and a retry."""
    seen: list[str] = []

    def read_items(**_: Any) -> None:
        with acting(None):
            seen.append(json.dumps(bench.items(), default=repr))

    bench.client.meta.events.register("after-call.dynamodb.TransactWriteItems", read_items)
    try:
        shown = bench.add_failed_connection("00110055")
        bench.noyo.faults.add(write_fault("reset_after"))
        bench.request_connection("V1")
        bench.run_on_schedule("V1")
        bench.request_connection("V4")
        bench.run_on_schedule("V4")
        bench.retry(shown)
        bench.run_on_schedule("V2")
    finally:
        bench.client.meta.events.unregister("after-call.dynamodb.TransactWriteItems", read_items)

    assert len(seen) >= 10
    for secret in (EIN, TIN, "owner@test-company.example"):
        assert not any(secret in everything for everything in seen)


@pytest.mark.parametrize("end", ["succeeded", "refused", "cancelled", "closed"])
def test_encrypted_fields_are_dropped_when_settled(bench: ExecutionBench, end: str) -> None:
    bench.request_connection()
    assert '"encrypted"' in json.dumps(bench.items(), default=repr)
    if end == "refused":
        bench.noyo.add_connection(carrier_id=REQUEST.key[:36], carrier_group_id="00110011", created=1)
    if end == "cancelled":
        bench.store_people(ANA, is_guest=True)
    if end == "closed":
        bench.noyo.stop()
        bench.run_worker()
        bench.wait(policies.OPERATION_GIVE_UP_SECONDS + 1)
        bench.store_people(ANA)
        bench.run_worker()
        resolve("V1", Resolution.CLOSE, ANA, attempt=bench.operation("V1").attempts, seen_version=None, deps=bench.deps)
    else:
        bench.run_worker()
    if end == "refused":  # They are kept for its correction, which the person may begin at once.
        bench.wait(policies.REFUSED_INPUT_SECONDS - 1)
        bench.run_worker()
        assert '"encrypted"' in json.dumps(bench.items(), default=repr)
        bench.wait(1)
        assert bench.store.operations.due(int(bench.clock()), limit=9) == ["V1"]
        bench.run_worker()

    assert (bench.operation().state.settled, bench.operation().due) == (True, None)
    assert '"encrypted"' not in json.dumps(bench.items(), default=repr)


def test_only_settled_operations_have_an_expiry(bench: ExecutionBench) -> None:
    bench.request_connection()

    def expiring_items() -> list[str]:
        return [item["pk"]["S"] for item in bench.items() if "expires" in item]

    assert expiring_items() == []
    bench.run_worker()
    assert "OPERATION#V1" in expiring_items()
