"""Operations, locks and leases, on a real table."""

from dataclasses import replace
from typing import Any

import pytest

from bot.domain.operations import Operation, OperationState, Outcome, OutcomeKind
from bot.domain.outbox import ExpectedVersion, RecordChange
from bot.domain.record_states import link_to_operation, new_record_state
from bot.domain.records import connection_ref
from bot.domain.requests import ConnectionRequest, RetryRequest
from bot.dynamodb import Repositories, schema
from bot.dynamodb.repositories.operations import DynamoOperationRepository
from bot.dynamodb.table import Table
from bot.errors import ConcurrentUpdate, LeaseLost, SubmissionConflict, UnknownSchema
from tests.dynamodb.builders import NOW, a_connection, a_refresh, a_request, a_retry, an_entry, an_event, first, uuid
from tests.dynamodb.conftest import NO_PAUSES, TIMEOUTS, Engine

DAYS_30 = 30 * 86400


def submitted(store: Repositories, operation: Operation, expected: ExpectedVersion | None = None) -> Operation:
    store.operations.submit(
        operation,
        expected=expected,
        events=[an_event(f"submitted:{operation.id}")],
        audit=an_entry(f"submitted:{operation.id}", operation.entity),
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


def settle(store: Repositories, operation: Operation, lease: str | None, change: RecordChange | None = None) -> None:
    store.operations.save(
        operation,
        lease=lease,
        change=change,
        events=[an_event(f"settled:{operation.id}")],
        audit=an_entry(f"settled:{operation.id}", operation.entity),
    )


def test_a_submitted_operation_is_stored_with_its_lock_events_and_audit_entry(
    store: Repositories, engine: Engine
) -> None:
    operation = submitted(store, a_request())

    assert store.operations.operation("V1") == operation
    assert store.operations.open_on(operation.entity) == operation
    assert store.operations.due(NOW, limit=9) == ["V1"]
    assert store.outbox.due(NOW, limit=9) == ["submitted:V1"]
    assert engine.item(f"AUDIT#{operation.entity}", f"{NOW:012d}#submitted:V1") is not None


def test_a_change_of_the_record_that_was_read_before_an_operation_is_sent_is_made_again(store: Repositories) -> None:
    """Otherwise the event of the change would not follow the event of the operation."""
    store.records.write(first(a_connection()))
    before = store.records.record_state(connection_ref(uuid(1)))
    claimed(store, submitted(store, a_retry(last_events=("submitted:V2",))))

    with pytest.raises(ConcurrentUpdate):
        store.records.write(RecordChange(connection_ref(uuid(1)), before, before, None))
    now = store.records.record_state(connection_ref(uuid(1)))
    assert now is not None
    assert (now.record, now.operation_event) == (a_connection(), "submitted:V2")


def test_an_unknown_operation_is_none(store: Repositories) -> None:
    assert store.operations.operation("V1") is None
    assert store.operations.open_on(connection_ref(uuid(1))) is None
    assert store.operations.last_on(connection_ref(uuid(1))) is None


def test_two_repositories_on_one_table_read_the_same_operations(engine: Engine, store: Repositories) -> None:
    submitted(store, a_request())
    other = DynamoOperationRepository(Table(engine.client, engine.table, TIMEOUTS, NO_PAUSES))

    assert other.operation("V1") == other.open_on(a_request().entity) == a_request()


def test_a_second_operation_on_the_same_entity_conflicts(store: Repositories, engine: Engine) -> None:
    operation = submitted(store, a_request("V1"))

    with pytest.raises(SubmissionConflict):
        submitted(store, a_request("V9"))

    assert store.operations.open_on(operation.entity) == operation
    assert store.operations.operation("V9") is None
    assert store.outbox.event("submitted:V9") is None
    assert engine.item(f"AUDIT#{operation.entity}", f"{NOW:012d}#submitted:V9") is None


def test_the_same_id_conflicts_even_on_another_entity(store: Repositories) -> None:
    operation = submitted(store, a_request("V1"))

    with pytest.raises(SubmissionConflict):
        submitted(store, a_retry("V1"))

    assert store.operations.operation("V1") == operation


def test_an_operation_on_the_expected_version_is_submitted(store: Repositories) -> None:
    store.records.write(first(a_connection()))

    submitted(store, a_retry(), ExpectedVersion(connection_ref(uuid(1)), uuid(0x1001)))

    assert store.operations.open_on(connection_ref(uuid(1))) == a_retry()


@pytest.mark.parametrize("version", [uuid(0x2002), ""])
def test_an_operation_on_another_version_conflicts(store: Repositories, version: str) -> None:
    store.records.write(first(a_connection()))

    with pytest.raises(SubmissionConflict):
        submitted(store, a_retry(), ExpectedVersion(connection_ref(uuid(1)), version))

    assert store.operations.open_on(connection_ref(uuid(1))) is None


def test_an_operation_on_a_missing_record_conflicts(store: Repositories) -> None:
    with pytest.raises(SubmissionConflict):
        submitted(store, a_retry(), ExpectedVersion(connection_ref(uuid(1)), uuid(0x1001)))


def test_a_refresh_takes_no_lock_and_conflicts_with_nothing(store: Repositories) -> None:
    submitted(store, a_refresh("L1"))
    submitted(store, a_refresh("L2"))
    submitted(store, a_retry("V2"))

    assert store.operations.open_on(connection_ref(uuid(1))) == a_retry("V2")


def test_settling_a_refresh_leaves_the_lock_of_another_operation(store: Repositories) -> None:
    retry = submitted(store, a_retry("V2"))
    refresh = claimed(store, submitted(store, a_refresh("L1")))

    settle(store, settled(refresh), "lease-1")

    assert store.operations.open_on(retry.entity) == retry
    assert store.operations.last_on(retry.entity) is None


def test_an_operation_is_claimed_once(store: Repositories) -> None:
    operation = submitted(store, a_request())
    taken = claimed(store, operation, "lease-1")

    with pytest.raises(LeaseLost):
        claimed(store, operation, "lease-2")

    assert store.operations.operation("V1") == taken
    assert store.operations.due(NOW, limit=9) == []


@pytest.mark.parametrize("differs", [{"state": OperationState.RECONCILING}, {"attempts": 1}, {"lease": "another"}])
def test_a_claim_from_an_outdated_operation_fails(store: Repositories, differs: dict[str, Any]) -> None:
    operation = submitted(store, a_request())

    with pytest.raises(LeaseLost):
        claimed(store, replace(operation, **differs))

    assert store.operations.operation("V1") == operation


def test_an_operation_of_a_stopped_worker_is_claimed_with_its_old_lease(store: Repositories) -> None:
    stopped = claimed(store, submitted(store, a_request()), "lease-1")

    taken = claimed(store, stopped, "lease-2")

    assert store.operations.operation("V1") == taken
    with pytest.raises(LeaseLost):
        store.operations.save(stopped, lease="lease-1")


def test_the_lease_holder_saves_the_operation_with_events_and_audit_entry(store: Repositories, engine: Engine) -> None:
    taken = claimed(store, submitted(store, a_request()))
    checking = replace(taken, state=OperationState.RECONCILING, lease=None, lease_until=None, reconciliations=1)

    store.operations.save(checking, lease="lease-1", events=[an_event("checking")], audit=an_entry("c", taken.entity))

    assert store.operations.operation("V1") == checking
    assert store.outbox.event("checking") is not None
    assert engine.item(f"AUDIT#{taken.entity}", f"{NOW:012d}#c") is not None
    with pytest.raises(LeaseLost):
        store.operations.save(taken, lease="lease-1", events=[an_event("late")])
    assert store.outbox.event("late") is None


def test_settling_removes_lock_due_time_and_encrypted_input_and_sets_an_expiry(
    store: Repositories, engine: Engine
) -> None:
    taken = claimed(store, submitted(store, a_request()))
    assert isinstance(taken.input, ConnectionRequest)
    done = replace(settled(taken), due=NOW)

    settle(store, done, "lease-1")

    expected = replace(done, due=None, input=replace(taken.input, encrypted=None))
    assert store.operations.operation("V1") == expected
    assert store.operations.open_on(taken.entity) is None
    assert store.operations.last_on(taken.entity) == expected
    assert store.operations.due(NOW + 999, limit=9) == []
    assert store.outbox.event("settled:V1") is not None
    item = engine.item("OPERATION#V1", "STATE")
    assert item is not None
    assert item["expires"] == {"N": str(NOW + 9 + DAYS_30)}
    assert "c2VhbGVk" not in str(engine.everything())


def test_an_unsettled_operation_never_expires(store: Repositories, engine: Engine) -> None:
    claimed(store, submitted(store, a_request()))

    item = engine.item("OPERATION#V1", "STATE")

    assert item is not None
    assert "expires" not in item


def test_after_settling_another_operation_may_be_submitted_and_becomes_the_last(store: Repositories) -> None:
    settle(store, settled(claimed(store, submitted(store, a_retry("V1")))), "lease-1")
    second = claimed(store, submitted(store, a_retry("V2")))
    assert store.operations.open_on(second.entity) == second

    settle(store, settled(second, OperationState.REFUSED), "lease-1")

    last = store.operations.last_on(second.entity)
    assert last is not None
    assert (last.id, last.state, last.input) == ("V2", OperationState.REFUSED, RetryRequest("00110012"))


def test_settling_writes_the_new_record_and_its_requester_in_one_transaction(store: Repositories) -> None:
    taken = claimed(store, submitted(store, a_request()))
    record = a_connection()
    linked = link_to_operation(new_record_state(record, NOW), "V1", "U1", "Test Company")
    event = an_event("settled:V1")

    settle(store, settled(taken), "lease-1", RecordChange(record.entity, None, linked, record, (event,)))

    assert store.records.record_state(record.entity) == linked
    assert store.records.has_version(record.entity, record)


def test_settling_with_a_concurrent_record_update_writes_nothing(store: Repositories) -> None:
    taken = claimed(store, submitted(store, a_request()))
    record = a_connection()
    store.records.write(first(record))

    with pytest.raises(ConcurrentUpdate):
        settle(store, settled(taken), "lease-1", first(record))

    assert store.operations.operation("V1") == taken
    assert store.operations.open_on(taken.entity) == taken
    assert store.outbox.event("settled:V1") is None


def test_settling_without_the_lease_writes_nothing(store: Repositories) -> None:
    taken = claimed(store, submitted(store, a_request()))

    with pytest.raises(LeaseLost):
        settle(store, settled(taken), "another", first(a_connection()))

    assert store.operations.operation("V1") == taken
    assert store.records.record_state(connection_ref(uuid(1))) is None


def test_only_operations_that_need_resolution_are_settled_without_a_lease(store: Repositories) -> None:
    taken = claimed(store, submitted(store, a_request()))
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


def test_only_operations_that_need_resolution_are_sent_again_without_a_lease(store: Repositories) -> None:
    taken = claimed(store, submitted(store, a_request()))
    again = replace(taken, state=OperationState.PENDING, lease=None, lease_until=None)
    with pytest.raises(LeaseLost):
        store.operations.save(again, lease=None)
    waiting = replace(again, state=OperationState.NEEDS_RESOLUTION)
    store.operations.save(waiting, lease="lease-1")

    store.operations.save(again, lease=None, events=[an_event("again")], audit=an_entry("again"))

    assert store.operations.operation("V1") == again
    with pytest.raises(LeaseLost):
        store.operations.save(again, lease=None)


def test_a_leased_operation_cannot_be_changed_without_the_lease(store: Repositories) -> None:
    taken = claimed(store, submitted(store, a_request()))
    store.operations.save(replace(taken, state=OperationState.NEEDS_RESOLUTION), lease="lease-1")

    with pytest.raises(LeaseLost):
        store.operations.save(replace(taken, state=OperationState.PENDING), lease=None)


def test_settling_never_removes_the_lock_of_another_operation(store: Repositories, engine: Engine) -> None:
    taken = claimed(store, submitted(store, a_retry("V1")))
    lock = engine.item(f"LOCK#{taken.entity}", "LOCK")
    assert lock is not None
    engine.put(**lock | {"operation": {"S": "V7"}})

    with pytest.raises(LeaseLost):
        settle(store, settled(taken), "lease-1")

    assert engine.item(f"LOCK#{taken.entity}", "LOCK") == lock | {"operation": {"S": "V7"}}


def test_due_operations_are_listed_longest_due_first(store: Repositories) -> None:
    for number, due in [(1, 30), (2, 10), (3, 20), (4, 99)]:
        submitted(store, a_refresh(f"L{number}", due=NOW + due, actor="U0ANA"))

    assert store.operations.due(NOW + 30, limit=9) == ["L2", "L3", "L1"]
    assert store.operations.due(NOW + 30, limit=2) == ["L2", "L3"]
    assert store.operations.due(NOW + 9, limit=9) == []


def test_an_entity_longer_than_a_key_still_has_one_lock(store: Repositories) -> None:
    entity = replace(a_request().entity, key="c#" + "ü" * 5_000)
    submitted(store, a_request("V1", entity=entity))
    with pytest.raises(SubmissionConflict):
        submitted(store, a_request("V2", entity=entity))

    other = replace(entity, key=entity.key + "x")
    submitted(store, a_request("V3", entity=other))

    assert store.operations.open_on(entity) == a_request("V1", entity=entity)


@pytest.mark.parametrize("change", [{"schema": {"N": "2"}}, {"kind": {"S": "decide"}}, {"state": {"S": "dreaming"}}])
def test_an_operation_of_another_schema_is_refused(store: Repositories, engine: Engine, change: dict[str, Any]) -> None:
    submitted(store, a_request())
    item = engine.item("OPERATION#V1", "STATE")
    assert item is not None
    engine.put(**item | change)
    engine.calls.clear()

    with pytest.raises(UnknownSchema):
        store.operations.operation("V1")


def test_only_one_of_many_operations_on_an_entity_gets_the_lock(store: Repositories, race: Any) -> None:
    outcomes = race(lambda number: submitted(store, a_request(f"V{number}")).id)

    winners = [outcome for outcome in outcomes if isinstance(outcome, str)]
    assert len(winners) == 1
    assert sum(isinstance(outcome, SubmissionConflict) for outcome in outcomes) == len(outcomes) - 1
    holder = store.operations.open_on(a_request().entity)
    assert holder is not None
    assert [holder.id] == winners == store.operations.due(NOW, limit=99)


def test_only_one_of_many_workers_claims_an_operation(store: Repositories, race: Any) -> None:
    operation = submitted(store, a_request())

    outcomes = race(lambda number: claimed(store, operation, f"lease-{number}").lease)

    winners = [outcome for outcome in outcomes if isinstance(outcome, str)]
    assert len(winners) == 1
    found = store.operations.operation("V1")
    assert found is not None
    assert [found.lease] == winners
    assert sum(isinstance(outcome, LeaseLost) for outcome in outcomes) == len(outcomes) - 1


def test_only_one_of_many_workers_settles_an_operation(store: Repositories, race: Any) -> None:
    taken = claimed(store, submitted(store, a_request()))

    def run(number: int) -> None:
        store.operations.save(
            settled(taken), lease="lease-1", change=None, events=[an_event(f"n{number}")], audit=an_entry(f"a{number}")
        )

    outcomes = race(run)

    assert outcomes.count(None) == 1
    assert [number for number in range(len(outcomes)) if store.outbox.event(f"n{number}")] == [outcomes.index(None)]


def test_the_open_and_the_last_operation_on_several_entities_are_read_at_once(store: Repositories) -> None:
    first_retry, second_retry = a_retry(), replace(a_retry(), id="V99")
    taken = claimed(store, submitted(store, first_retry))
    store.operations.save(settled(taken), lease="lease-1")
    submitted(store, second_retry)
    submitted(store, a_request())

    found = store.operations.operations_on([first_retry.entity, a_request().entity, connection_ref(uuid(99))])

    assert {each.id for each in found} == {first_retry.id, second_retry.id, a_request().id}


def test_a_lock_that_this_release_cannot_read_is_left_out(store: Repositories, engine: Engine) -> None:
    submitted(store, a_retry())
    key = schema.lock(a_retry().entity)
    lock = engine.item(key.pk, key.sk)
    assert lock is not None
    engine.put(**lock | {"schema": {"N": "99"}})

    assert store.operations.operations_on([a_retry().entity]) == []
