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
    Before,
    ExecutionBench,
    Killed,
    bench,
    kill,
    writes_fail,
)


@pytest.fixture
def here() -> Iterator[ExecutionBench]:
    with bench() as opened:
        yield opened


def die(here: ExecutionBench, operation_id: str = "V1", **deps: Any) -> None:
    with pytest.raises(Killed):
        execute(operation_id, replace(here.deps, **deps))
    here.restart()


# ---------------------------------------------------------------- leases


DEATHS: dict[str, Callable[[ExecutionBench], dict[str, Any]]] = {
    "after the claim": lambda here: {"operations": Before(here.deps.operations, "claim", kill, after=True)},
    "before the request leaves": lambda here: {"noyo": Before(here.deps.noyo, "request_connection", kill)},
    "once it arrived": lambda here: {"noyo": Before(here.deps.noyo, "request_connection", kill, after=True)},
    "before settling": lambda here: {"operations": Before(here.deps.operations, "settle", kill)},
    "after settling": lambda here: {"operations": Before(here.deps.operations, "settle", kill, after=True)},
}


@pytest.mark.parametrize("death", DEATHS)
def test_a_request_whose_worker_stops_recovers(here: ExecutionBench, death: str) -> None:
    here.ask()
    die(here, **DEATHS[death](here))

    settled = here.live("V1", 900)

    assert settled.state is OperationState.SUCCEEDED
    assert (here.effects(), len(here.at_noyo())) == (1, 1)
    assert not here.locked(REQUEST)


def test_an_expired_lease_means_unknown_and_never_pending(here: ExecutionBench) -> None:
    here.ask()
    die(here, operations=Before(here.deps.operations, "claim", kill, after=True))
    here.wait(policies.OPERATION_LEASE_SECONDS - 1)
    assert here.run_worker().state is OperationState.SENDING
    here.wait(1)

    unknown = here.run_worker()

    assert (unknown.state, unknown.lease) == (OperationState.RECONCILING, None)
    assert here.writes() == []
    assert "reconciling" in here.published_states()


@pytest.mark.parametrize("death", ["save", "settle"])
def test_a_reconciliation_whose_worker_stops_is_repeated(here: ExecutionBench, death: str) -> None:
    here.noyo.faults.add(writes_fail("reset_after" if death == "settle" else "reset_before"))
    here.ask()
    here.run_worker()
    here.wait(30)
    die(here, operations=Before(here.deps.operations, death, kill))

    settled = here.live("V1", 900)

    assert settled.state is OperationState.SUCCEEDED
    assert here.effects() == 1


def test_a_refresh_whose_worker_stops_is_repeated(here: ExecutionBench) -> None:
    shown = here.stuck()
    here.refresh(shown.entity)
    die(here, "L1", noyo=Before(here.deps.noyo, "connection", kill))

    settled = here.live("L1", 900)

    assert settled.state is OperationState.SUCCEEDED
    assert "needs_resolution" not in here.published_states()


def test_only_one_of_two_workers_takes_over_an_expired_lease(here: ExecutionBench) -> None:
    here.ask()
    die(here, operations=Before(here.deps.operations, "claim", kill, after=True))
    here.wait(policies.OPERATION_LEASE_SECONDS)
    operations = Before(here.deps.operations, "save", here.run_worker)

    assert here.run_worker(operations=operations).state is OperationState.RECONCILING
    assert here.published_states().count("reconciling") == 1


def test_after_a_day_of_stopped_workers_a_person_decides(here: ExecutionBench) -> None:
    shown = here.stuck()
    here.noyo.faults.add(writes_fail("reset_before", method="PUT"))
    here.retry(shown)
    here.run_worker("V2")
    for _ in range(3):
        here.wait(policies.OPERATION_GIVE_UP_SECONDS // 2)
        if here.operation("V2").state is OperationState.NEEDS_RESOLUTION:
            break
        die_or_not = Before(here.deps.noyo, "connection", kill)
        try:
            here.run_worker("V2", noyo=die_or_not)
        except Killed:
            here.restart()

    assert here.run_worker("V2").state is OperationState.NEEDS_RESOLUTION
    assert here.locked(shown.entity)
    assert "needs_resolution" in here.published_states()


# ---------------------------------------------------------------- delays, and a day of failures


def test_delays_grow_up_to_a_quarter_of_an_hour(here: ExecutionBench) -> None:
    here.noyo.faults.add(Fault("too_many", method="POST", path_contains="/api/", times=None, retry_after=None))
    here.ask()
    pauses = []
    for _ in range(11):
        waiting = here.run_worker()
        assert waiting.due is not None
        pauses.append(waiting.due - int(here.clock()))
        here.wait(pauses[-1])
        here.know(ANA)

    assert pauses == [5, 10, 20, 40, 80, 160, 320, 640, *3 * [policies.OPERATION_MAX_PAUSE_SECONDS]]


def test_a_repeated_delay_reason_is_published_once(here: ExecutionBench) -> None:
    here.noyo.faults.add(Fault("too_many", method="POST", path_contains="/api/", times=None))
    here.ask()

    here.live("V1", 600)

    assert here.published_states().count("pending") == 2  # Submitted, and rescheduled for the first time.


@pytest.mark.parametrize("kind", ["request", "retry"])
def test_after_a_day_of_failures_a_person_decides(here: ExecutionBench, kind: str) -> None:
    entity = REQUEST
    if kind == "request":
        here.ask("V1")
    else:
        shown = here.stuck()
        entity = shown.entity
        here.retry(shown, "V1")
    here.noyo.stop()
    here.live("V1", 100)
    here.wait(policies.OPERATION_GIVE_UP_SECONDS - 200)
    here.know(ANA)
    assert here.run_worker("V1").state is OperationState.PENDING
    here.wait(1000)
    here.know(ANA)

    waiting = here.run_worker("V1")

    assert (waiting.state, waiting.due, waiting.sends) == (OperationState.NEEDS_RESOLUTION, None, 0)
    assert waiting.outcome is not None
    assert waiting.outcome.kind is OutcomeKind.OVERDUE
    assert "Noyo could not be reached, so nothing was sent." in (waiting.outcome.message or "")
    assert "needs_resolution" in here.published_states()
    assert here.locked(entity)


def test_a_refresh_without_an_answer_for_a_day_is_cancelled(here: ExecutionBench) -> None:
    here.refresh(connection_ref("5e20ea6a-8027-464a-941a-867c115c846d"))
    here.noyo.stop()
    here.live("L1", 100)
    here.wait(policies.OPERATION_GIVE_UP_SECONDS)

    given_up = here.run_worker("L1")

    assert given_up.state is OperationState.CANCELLED
    assert given_up.outcome is not None
    assert given_up.outcome.kind is OutcomeKind.OVERDUE


def test_an_unknown_right_after_a_long_outage_is_checked_once_more(here: ExecutionBench) -> None:
    here.ask("V1")
    here.noyo.faults.add(Fault("too_many", method="POST", path_contains="group_connections"))
    here.run_worker("V1")
    here.wait(2 * policies.OPERATION_GIVE_UP_SECONDS)

    assert here.run_worker("V1").state is OperationState.PENDING
    here.wait(1000)
    here.know(ANA)

    assert here.run_worker("V1").state is OperationState.SUCCEEDED
    assert here.effects() == 1


def test_after_a_day_of_an_unknown_right_a_person_decides(here: ExecutionBench) -> None:
    here.ask("V1")
    here.wait(7200)
    here.run_worker("V1")
    here.wait(policies.OPERATION_GIVE_UP_SECONDS + 1000)

    assert here.run_worker("V1").state is OperationState.NEEDS_RESOLUTION
    assert here.effects() == 0


def test_after_a_day_of_unanswered_reconciliations_a_person_decides(here: ExecutionBench) -> None:
    here.noyo.faults.add(writes_fail("reset_after"))
    here.ask()
    here.run_worker()
    here.noyo.stop()

    here.live("V1", 100)
    here.wait(policies.OPERATION_GIVE_UP_SECONDS)

    waiting = here.run_worker("V1")

    assert waiting.state is OperationState.NEEDS_RESOLUTION
    assert waiting.sends == 1
    here.noyo.start()
    assert here.effects() == 1


def test_a_worker_continues_after_two_days_off(here: ExecutionBench) -> None:
    here.noyo.faults.add(writes_fail("reset_after"))
    here.ask("V1")
    here.ask("V3", group_id="00110033")
    here.run_worker("V1")
    here.wait(48 * 3600)
    here.know(ANA)

    assert here.run_worker("V1").state is OperationState.SUCCEEDED
    assert here.run_worker("V3").state is OperationState.SUCCEEDED
    assert here.effects() == 2


# ---------------------------------------------------------------- settling


def test_settling_repeats_after_a_concurrent_update(here: ExecutionBench) -> None:
    shown = here.stuck()
    here.retry(shown)
    operations = Before(here.deps.operations, "settle", lambda: here.see(shown.record.id))

    settled = here.run_worker("V2", operations=operations)

    assert settled.state is OperationState.SUCCEEDED
    assert here.record_state(shown.record.id).status.value == "processing"
    assert here.record_state(shown.record.id).attempts == 2


def test_settling_fails_if_the_record_keeps_changing(here: ExecutionBench) -> None:
    here.ask()

    class Restless:
        def settle(self, *_: object, **__: object) -> None:
            raise ConcurrentUpdate("again")

        def __getattr__(self, name: str) -> Any:
            return getattr(here.store.operations, name)

    with pytest.raises(TableUnavailable):
        execute("V1", replace(here.deps, operations=Restless()))  # type: ignore[arg-type]
    assert here.live("V1", 900).state is OperationState.SUCCEEDED
    assert here.effects() == 1


def test_a_settled_operation_cannot_be_saved_again(here: ExecutionBench) -> None:
    here.ask()
    here.run_worker()
    settled = here.operation()

    with pytest.raises(LeaseLost):
        here.store.operations.save(replace(settled, state=OperationState.PENDING), lease=None)
    with pytest.raises(LeaseLost):
        here.store.operations.save(replace(settled, state=OperationState.PENDING), lease="id-1")


# ---------------------------------------------------------------- secrets


def test_no_sensitive_value_is_ever_stored_as_plaintext(here: ExecutionBench) -> None:
    """The items are read after every write, with a lost response, a refusal and a retry."""
    seen: list[str] = []

    def read_items(**_: Any) -> None:
        with acting(None):
            seen.append(json.dumps(here.items(), default=repr))

    here.client.meta.events.register("after-call.dynamodb.TransactWriteItems", read_items)
    try:
        shown = here.stuck("00110055")
        here.noyo.faults.add(writes_fail("reset_after"))
        here.ask("V1")
        here.live("V1")
        here.ask("V4")
        here.live("V4")
        here.retry(shown)
        here.live("V2")
    finally:
        here.client.meta.events.unregister("after-call.dynamodb.TransactWriteItems", read_items)

    assert len(seen) >= 10
    for secret in (EIN, TIN, "owner@test-company.example"):
        assert not any(secret in everything for everything in seen)


@pytest.mark.parametrize("end", ["succeeded", "refused", "cancelled", "closed"])
def test_encrypted_fields_are_dropped_when_settled(here: ExecutionBench, end: str) -> None:
    here.ask()
    assert '"encrypted"' in json.dumps(here.items(), default=repr)
    if end == "refused":
        here.noyo.add_connection(carrier_id=REQUEST.key[:36], carrier_group_id="00110011", created=1)
    if end == "cancelled":
        here.know(ANA, is_guest=True)
    if end == "closed":
        here.noyo.stop()
        here.run_worker()
        here.wait(policies.OPERATION_GIVE_UP_SECONDS + 1)
        here.know(ANA)
        here.run_worker()
        resolve("V1", Resolution.CLOSE, ANA, seen_version=None, deps=here.deps)
    else:
        here.run_worker()

    assert here.operation().state.settled
    assert '"encrypted"' not in json.dumps(here.items(), default=repr)


def test_only_settled_operations_have_an_expiry(here: ExecutionBench) -> None:
    here.ask()

    def ends() -> list[str]:
        return [item["pk"]["S"] for item in here.items() if "expires" in item]

    assert ends() == []
    here.run_worker()
    assert "OPERATION#V1" in ends()
