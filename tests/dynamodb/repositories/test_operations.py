"""Operations, locks and leases, on a real table."""

from dataclasses import replace
from typing import Any

import pytest

from bot.domain.operations import Operation, OperationState, Outcome, OutcomeKind
from bot.domain.outbox import ExpectedVersion, RecordChange
from bot.domain.record_states import link_to_operation, new_record_state
from bot.domain.records import connection_ref
from bot.domain.requests import ConnectionRequest, RetryRequest
from bot.dynamodb import Repositories
from bot.dynamodb.repositories.operations import DynamoOperationRepository
from bot.dynamodb.table import Table
from bot.errors import ConcurrentUpdate, LeaseLost, SubmissionConflict, UnknownSchema
from tests.dynamodb.conftest import NO_PAUSES, TIMEOUTS, Engine
from tests.dynamodb.made import (
    NOW,
    a_connection,
    a_refresh,
    a_request,
    a_retry,
    an_entry,
    an_event,
    first,
    uuid,
)

DAYS_30 = 30 * 86400


def placed(store: Repositories, operation: Operation, expected: ExpectedVersion | None = None) -> Operation:
    store.operations.submit(
        operation,
        expected=expected,
        events=[an_event(f"placed:{operation.id}")],
        audit=an_entry(f"placed:{operation.id}", operation.entity),
    )
    return operation


def claimed(store: Repositories, operation: Operation, lease: str = "lease-1") -> Operation:
    taken = replace(
        operation,
        state=OperationState.SENDING,
        lease=lease,
        lease_until=NOW + 120,
        attempts=operation.attempts + 1,
        due=NOW + 120,
    )
    store.operations.claim(operation, taken)
    return taken


def settled(operation: Operation, state: OperationState = OperationState.SUCCEEDED) -> Operation:
    return replace(
        operation,
        state=state,
        lease=None,
        lease_until=None,
        due=None,
        settled_at=NOW + 9,
        outcome=Outcome(OutcomeKind.CONFIRMED),
    )


def settle(
    store: Repositories, operation: Operation, lease: str | None, change: RecordChange | None = None
) -> None:
    store.operations.settle(
        operation,
        lease=lease,
        change=change,
        events=[an_event(f"settled:{operation.id}")],
        audit=an_entry(f"settled:{operation.id}", operation.entity),
    )


def test_a_placed_operation_is_there_with_its_lock_its_events_and_its_audit(
    store: Repositories, engine: Engine
) -> None:
    operation = placed(store, a_request())

    assert store.operations.operation("V1") == operation
    assert store.operations.open_on(operation.entity) == operation
    assert store.operations.due(NOW, limit=9) == ["V1"]
    assert store.outbox.due(NOW, limit=9) == ["placed:V1"]
    assert engine.item(f"AUDIT#{operation.entity}", f"{NOW:012d}#placed:V1") is not None


def test_an_operation_that_nobody_placed_is_not_there(store: Repositories) -> None:
    assert store.operations.operation("V1") is None
    assert store.operations.open_on(connection_ref(uuid(1))) is None
    assert store.operations.last_on(connection_ref(uuid(1))) is None


def test_two_stores_on_one_table_see_the_same_operations(engine: Engine, store: Repositories) -> None:
    placed(store, a_request())
    other = DynamoOperationRepository(Table(engine.client, engine.table, TIMEOUTS, NO_PAUSES))

    assert other.operation("V1") == other.open_on(a_request().entity) == a_request()


def test_a_second_operation_on_the_same_subject_is_not_placed(store: Repositories, engine: Engine) -> None:
    operation = placed(store, a_request("V1"))

    with pytest.raises(SubmissionConflict):
        placed(store, a_request("V9"))

    assert store.operations.open_on(operation.entity) == operation
    assert store.operations.operation("V9") is None
    assert store.outbox.event("placed:V9") is None
    assert engine.item(f"AUDIT#{operation.entity}", f"{NOW:012d}#placed:V9") is None


def test_the_same_id_again_is_not_placed_even_on_another_subject(store: Repositories) -> None:
    operation = placed(store, a_request("V1"))

    with pytest.raises(SubmissionConflict):
        placed(store, a_retry("V1"))

    assert store.operations.operation("V1") == operation


def test_an_operation_on_the_version_that_the_person_saw_is_placed(store: Repositories) -> None:
    store.records.write(first(a_connection()))

    placed(store, a_retry(), ExpectedVersion(connection_ref(uuid(1)), uuid(0x1001)))

    assert store.operations.open_on(connection_ref(uuid(1))) == a_retry()


@pytest.mark.parametrize("version", [uuid(0x2002), ""])
def test_an_operation_on_another_version_is_not_placed(store: Repositories, version: str) -> None:
    store.records.write(first(a_connection()))

    with pytest.raises(SubmissionConflict):
        placed(store, a_retry(), ExpectedVersion(connection_ref(uuid(1)), version))

    assert store.operations.open_on(connection_ref(uuid(1))) is None


def test_an_operation_on_a_record_that_is_not_there_is_not_placed(store: Repositories) -> None:
    with pytest.raises(SubmissionConflict):
        placed(store, a_retry(), ExpectedVersion(connection_ref(uuid(1)), uuid(0x1001)))


def test_a_look_takes_no_lock_and_stands_in_nobodys_way(store: Repositories) -> None:
    placed(store, a_refresh("L1"))
    placed(store, a_refresh("L2"))
    placed(store, a_retry("V2"))

    assert store.operations.open_on(connection_ref(uuid(1))) == a_retry("V2")


def test_a_look_that_is_settled_leaves_anothers_lock_alone(store: Repositories) -> None:
    retry = placed(store, a_retry("V2"))
    look = claimed(store, placed(store, a_refresh("L1")))

    settle(store, settled(look), "lease-1")

    assert store.operations.open_on(retry.entity) == retry
    assert store.operations.last_on(retry.entity) is None


def test_an_operation_is_claimed_once(store: Repositories) -> None:
    operation = placed(store, a_request())
    taken = claimed(store, operation, "lease-1")

    with pytest.raises(LeaseLost):
        claimed(store, operation, "lease-2")

    assert store.operations.operation("V1") == taken
    assert store.operations.due(NOW, limit=9) == []


@pytest.mark.parametrize(
    "differs", [{"state": OperationState.RECONCILING}, {"attempts": 1}, {"lease": "another"}]
)
def test_a_claim_of_what_is_not_so_is_lost(store: Repositories, differs: dict[str, Any]) -> None:
    operation = placed(store, a_request())

    with pytest.raises(LeaseLost):
        claimed(store, replace(operation, **differs))

    assert store.operations.operation("V1") == operation


def test_an_operation_whose_worker_stopped_is_claimed_from_its_old_lease(store: Repositories) -> None:
    stopped = claimed(store, placed(store, a_request()), "lease-1")

    taken = claimed(store, stopped, "lease-2")

    assert store.operations.operation("V1") == taken
    with pytest.raises(LeaseLost):
        store.operations.save(stopped, lease="lease-1")


def test_the_holder_of_the_lease_keeps_what_it_found_with_its_events_and_audit(
    store: Repositories, engine: Engine
) -> None:
    taken = claimed(store, placed(store, a_request()))
    checking = replace(
        taken, state=OperationState.RECONCILING, lease=None, lease_until=None, reconciliations=1
    )

    store.operations.save(
        checking, lease="lease-1", events=[an_event("checking")], audit=an_entry("c", taken.entity)
    )

    assert store.operations.operation("V1") == checking
    assert store.outbox.event("checking") is not None
    assert engine.item(f"AUDIT#{taken.entity}", f"{NOW:012d}#c") is not None
    with pytest.raises(LeaseLost):
        store.operations.save(taken, lease="lease-1", events=[an_event("late")])
    assert store.outbox.event("late") is None


def test_settling_drops_the_lock_the_due_and_what_was_sealed_and_sets_an_end(
    store: Repositories, engine: Engine
) -> None:
    taken = claimed(store, placed(store, a_request()))
    assert isinstance(taken.input, ConnectionRequest)
    done = replace(settled(taken), due=NOW)

    settle(store, done, "lease-1")

    kept = replace(done, due=None, input=replace(taken.input, encrypted=None))
    assert store.operations.operation("V1") == kept
    assert store.operations.open_on(taken.entity) is None
    assert store.operations.last_on(taken.entity) == kept
    assert store.operations.due(NOW + 999, limit=9) == []
    assert store.outbox.event("settled:V1") is not None
    item = engine.item("OPERATION#V1", "STATE")
    assert item is not None
    assert item["expires"] == {"N": str(NOW + 9 + DAYS_30)}
    assert "c2VhbGVk" not in str(engine.everything())


def test_an_unsettled_operation_never_ends_by_itself(store: Repositories, engine: Engine) -> None:
    claimed(store, placed(store, a_request()))

    item = engine.item("OPERATION#V1", "STATE")

    assert item is not None
    assert "expires" not in item


def test_after_settling_the_next_operation_may_be_placed_and_becomes_the_last(store: Repositories) -> None:
    settle(store, settled(claimed(store, placed(store, a_retry("V1")))), "lease-1")
    second = claimed(store, placed(store, a_retry("V2")))
    assert store.operations.open_on(second.entity) == second

    settle(store, settled(second, OperationState.REFUSED), "lease-1")

    last = store.operations.last_on(second.entity)
    assert last is not None
    assert (last.id, last.state, last.input) == ("V2", OperationState.REFUSED, RetryRequest("00110012"))


def test_settling_writes_the_new_record_and_who_asked_for_it_at_the_same_time(store: Repositories) -> None:
    taken = claimed(store, placed(store, a_request()))
    record = a_connection()
    linked = link_to_operation(new_record_state(record, NOW), "V1", "U1", "Test Company")
    event = an_event("settled:V1")

    settle(store, settled(taken), "lease-1", RecordChange(record.entity, None, linked, record, (event,)))

    assert store.records.record_state(record.entity) == linked
    assert store.records.has_version(record.entity, record)


def test_settling_with_a_change_from_a_state_that_moved_writes_nothing(store: Repositories) -> None:
    taken = claimed(store, placed(store, a_request()))
    record = a_connection()
    store.records.write(first(record))

    with pytest.raises(ConcurrentUpdate):
        settle(store, settled(taken), "lease-1", first(record))

    assert store.operations.operation("V1") == taken
    assert store.operations.open_on(taken.entity) == taken
    assert store.outbox.event("settled:V1") is None


def test_settling_without_the_lease_writes_nothing(store: Repositories) -> None:
    taken = claimed(store, placed(store, a_request()))

    with pytest.raises(LeaseLost):
        settle(store, settled(taken), "another", first(a_connection()))

    assert store.operations.operation("V1") == taken
    assert store.records.record_state(connection_ref(uuid(1))) is None


def test_a_person_settles_only_what_waits_for_a_person(store: Repositories) -> None:
    taken = claimed(store, placed(store, a_request()))
    with pytest.raises(LeaseLost):
        settle(store, settled(taken), None)
    waiting = replace(taken, state=OperationState.NEEDS_RESOLUTION, lease=None, lease_until=None)
    store.operations.save(waiting, lease="lease-1")

    settle(store, settled(waiting, OperationState.CANCELLED), None)

    found = store.operations.operation("V1")
    assert found is not None
    assert found.state is OperationState.CANCELLED
    with pytest.raises(LeaseLost):
        settle(store, settled(waiting), None)


def test_a_person_sends_again_only_what_waits_for_a_person(store: Repositories) -> None:
    taken = claimed(store, placed(store, a_request()))
    again = replace(taken, state=OperationState.PENDING, lease=None, lease_until=None)
    with pytest.raises(LeaseLost):
        store.operations.save(again, lease=None)
    waiting = replace(again, state=OperationState.NEEDS_RESOLUTION)
    store.operations.save(waiting, lease="lease-1")

    store.operations.save(again, lease=None, events=[an_event("again")], audit=an_entry("again"))

    assert store.operations.operation("V1") == again
    with pytest.raises(LeaseLost):
        store.operations.save(again, lease=None)


def test_a_person_does_not_move_what_a_worker_holds(store: Repositories) -> None:
    taken = claimed(store, placed(store, a_request()))
    store.operations.save(replace(taken, state=OperationState.NEEDS_RESOLUTION), lease="lease-1")

    with pytest.raises(LeaseLost):
        store.operations.save(replace(taken, state=OperationState.PENDING), lease=None)


def test_settling_never_takes_another_operations_lock(store: Repositories, engine: Engine) -> None:
    taken = claimed(store, placed(store, a_retry("V1")))
    lock = engine.item(f"LOCK#{taken.entity}", "LOCK")
    assert lock is not None
    engine.put(**lock | {"operation": {"S": "V7"}})

    with pytest.raises(LeaseLost):
        settle(store, settled(taken), "lease-1")

    assert engine.item(f"LOCK#{taken.entity}", "LOCK") == lock | {"operation": {"S": "V7"}}


def test_what_is_due_comes_the_longest_due_first_and_no_sooner(store: Repositories) -> None:
    for number, due in [(1, 30), (2, 10), (3, 20), (4, 99)]:
        placed(store, a_refresh(f"L{number}", due=NOW + due, actor="U0ANA"))

    assert store.operations.due(NOW + 30, limit=9) == ["L2", "L3", "L1"]
    assert store.operations.due(NOW + 30, limit=2) == ["L2", "L3"]
    assert store.operations.due(NOW + 9, limit=9) == []


def test_a_subject_longer_than_a_key_may_be_still_has_one_lock(store: Repositories) -> None:
    entity = replace(a_request().entity, key="c#" + "ü" * 5_000)
    placed(store, a_request("V1", entity=entity))
    with pytest.raises(SubmissionConflict):
        placed(store, a_request("V2", entity=entity))

    other = replace(entity, key=entity.key + "x")
    placed(store, a_request("V3", entity=other))

    assert store.operations.open_on(entity) == a_request("V1", entity=entity)


@pytest.mark.parametrize(
    "change", [{"schema": {"N": "2"}}, {"kind": {"S": "decide"}}, {"state": {"S": "dreaming"}}]
)
def test_an_operation_of_another_version_is_refused(
    store: Repositories, engine: Engine, change: dict[str, Any]
) -> None:
    placed(store, a_request())
    item = engine.item("OPERATION#V1", "STATE")
    assert item is not None
    engine.put(**item | change)
    engine.calls.clear()

    with pytest.raises(UnknownSchema):
        store.operations.operation("V1")


def test_one_of_many_operations_on_a_subject_gets_the_lock(store: Repositories, race: Any) -> None:
    outcomes = race(lambda number: placed(store, a_request(f"V{number}")).id)

    winners = [outcome for outcome in outcomes if isinstance(outcome, str)]
    assert len(winners) == 1
    assert sum(isinstance(outcome, SubmissionConflict) for outcome in outcomes) == len(outcomes) - 1
    holder = store.operations.open_on(a_request().entity)
    assert holder is not None
    assert [holder.id] == winners == store.operations.due(NOW, limit=99)


def test_one_of_many_workers_claims_an_operation(store: Repositories, race: Any) -> None:
    operation = placed(store, a_request())

    outcomes = race(lambda number: claimed(store, operation, f"lease-{number}").lease)

    winners = [outcome for outcome in outcomes if isinstance(outcome, str)]
    assert len(winners) == 1
    found = store.operations.operation("V1")
    assert found is not None
    assert [found.lease] == winners
    assert sum(isinstance(outcome, LeaseLost) for outcome in outcomes) == len(outcomes) - 1


def test_one_of_many_settles(store: Repositories, race: Any) -> None:
    taken = claimed(store, placed(store, a_request()))

    def run(number: int) -> None:
        store.operations.settle(
            settled(taken),
            lease="lease-1",
            change=None,
            events=[an_event(f"n{number}")],
            audit=an_entry(f"a{number}"),
        )

    outcomes = race(run)

    assert outcomes.count(None) == 1
    assert [number for number in range(len(outcomes)) if store.outbox.event(f"n{number}")] == [
        outcomes.index(None)
    ]
