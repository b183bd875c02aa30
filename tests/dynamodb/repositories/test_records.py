"""States, versions and the indexes over them, on a real table."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from bot.domain.outbox import RecordChange
from bot.domain.record_filter import OpenRecord
from bot.domain.record_states import advance, link_to_operation, new_record_state
from bot.domain.records import (
    ConnectionStatus,
    DisconnectionStatus,
    EntityKind,
    UnknownValue,
    connection_ref,
    disconnection_ref,
)
from bot.dynamodb import Repositories
from bot.dynamodb.repositories.records import writes_of
from bot.errors import ConcurrentUpdate, UnknownSchema
from tests.dynamodb.builders import AWKWARD, CARRIER, NOW, a_connection, a_disconnection, an_event, first, moved, uuid
from tests.dynamodb.conftest import Engine


def test_a_record_is_read_back_as_it_was_written(store: Repositories) -> None:
    record = a_connection(error="no such group", completed=NOW, request_type="new", group_id=uuid(9))

    store.records.write(first(record))

    assert store.records.record_state(record.entity) == new_record_state(record, NOW)


def test_an_unknown_record_has_no_state(store: Repositories) -> None:
    assert store.records.record_state(connection_ref(uuid(1))) is None


@pytest.mark.parametrize("awkward", AWKWARD)
def test_awkward_text_is_read_back_unchanged(store: Repositories, awkward: str) -> None:
    record = a_connection(group_name=awkward, carrier_group_id=awkward, error=awkward, status=UnknownValue(awkward))

    store.records.write(first(record))

    record_state = store.records.record_state(record.entity)
    assert record_state is not None
    assert record_state.record == record


def test_a_lone_surrogate_becomes_a_replacement_character(store: Repositories) -> None:
    store.records.write(first(a_connection(group_name="cut \ud83d")))

    record_state = store.records.record_state(connection_ref(uuid(1)))

    assert record_state is not None
    assert record_state.record.group_name == "cut \ufffd"


def test_the_first_state_of_a_record_is_written_once(store: Repositories) -> None:
    store.records.write(first(a_connection()))

    with pytest.raises(ConcurrentUpdate):
        store.records.write(first(a_connection(), an_event()))

    assert store.outbox.event("n1") is None


def test_a_newer_version_replaces_the_state_and_both_are_in_the_history(store: Repositories) -> None:
    old, new = (a_connection(), a_connection(version=uuid(2), modified=NOW + 5, status=ConnectionStatus.COMPLETED))
    store.records.write(first(old))
    record_state = store.records.record_state(old.entity)
    assert record_state is not None

    store.records.write(moved(record_state, advance(record_state, new, NOW + 6), an_event()))

    assert store.records.record_state(old.entity) == advance(record_state, new, NOW + 6)
    assert store.records.history(old.entity, since=0) == [old, new]
    assert store.records.history(old.entity, since=NOW + 1) == [new]
    assert store.records.history(old.entity, since=0, limit=1) == [new]
    assert store.outbox.event("n1") == an_event()


def test_a_change_from_an_outdated_state_writes_nothing(store: Repositories) -> None:
    store.records.write(first(a_connection()))
    record_state = store.records.record_state(connection_ref(uuid(1)))
    assert record_state is not None
    second = a_connection(version=uuid(2), modified=NOW + 5)
    third = a_connection(version=uuid(3), modified=NOW + 6)
    store.records.write(moved(record_state, advance(record_state, second, NOW)))

    with pytest.raises(ConcurrentUpdate):
        store.records.write(moved(record_state, advance(record_state, third, NOW), an_event()))

    assert store.records.record_state(record_state.entity) == advance(record_state, second, NOW)
    assert not store.records.has_version(record_state.entity, third)
    assert store.outbox.event("n1") is None


def test_a_link_added_under_the_same_version_is_a_concurrent_update(store: Repositories) -> None:
    store.records.write(first(a_connection()))
    record_state = store.records.record_state(connection_ref(uuid(1)))
    assert record_state is not None
    store.records.write(moved(record_state, link_to_operation(record_state, "V1", "U1", "Test Company")))

    with pytest.raises(ConcurrentUpdate):
        store.records.write(moved(record_state, advance(record_state, a_connection(version=uuid(2)), NOW)))

    linked = store.records.record_state(record_state.entity)
    assert linked is not None
    assert (linked.requested_by_operation, linked.requester, linked.card_key) == ("V1", "U1", "operation:V1")


def test_returning_to_an_equal_state_is_a_concurrent_update(store: Repositories) -> None:
    store.records.write(first(a_connection()))
    record_state = store.records.record_state(connection_ref(uuid(1)))
    assert record_state is not None
    other = advance(record_state, a_connection(version=uuid(2)), NOW)
    store.records.write(moved(record_state, other))
    again = store.records.record_state(record_state.entity)
    assert again is not None
    store.records.write(moved(again, record_state))

    with pytest.raises(ConcurrentUpdate):
        store.records.write(moved(record_state, other))


def test_an_older_version_is_written_to_the_history_only(store: Repositories) -> None:
    newest, late = a_connection(), a_connection(version=uuid(5), modified=NOW - 50)
    store.records.write(first(newest))
    record_state = store.records.record_state(newest.entity)

    store.records.write(RecordChange(newest.entity, record_state, None, late, (an_event("late"),)))

    assert store.records.record_state(newest.entity) == record_state
    assert store.records.has_version(newest.entity, late)
    assert store.records.history(newest.entity, since=0) == [late, newest]
    assert store.outbox.event("late") is not None


def test_history_is_written_only_if_the_state_is_unchanged(store: Repositories) -> None:
    store.records.write(first(a_connection()))
    record_state = store.records.record_state(connection_ref(uuid(1)))
    assert record_state is not None
    store.records.write(moved(record_state, link_to_operation(record_state, "V1", "U1", "Test Company")))
    late = a_connection(version=uuid(5), modified=NOW - 50)

    with pytest.raises(ConcurrentUpdate):
        store.records.write(RecordChange(record_state.entity, record_state, None, late, (an_event("late"),)))

    assert not store.records.has_version(record_state.entity, late)


def test_a_link_may_be_written_without_history_or_events(store: Repositories) -> None:
    store.records.write(first(a_connection()))
    record_state = store.records.record_state(connection_ref(uuid(1)))
    assert record_state is not None

    store.records.write(
        RecordChange(
            record_state.entity, record_state, link_to_operation(record_state, "V1", "U1", "Test Company"), None
        )
    )

    assert store.records.record_state(record_state.entity) == link_to_operation(
        record_state, "V1", "U1", "Test Company"
    )


def test_the_same_version_may_be_written_to_the_history_twice(store: Repositories) -> None:
    store.records.write(first(a_connection()))
    record_state = store.records.record_state(connection_ref(uuid(1)))
    assert record_state is not None

    store.records.write(RecordChange(record_state.entity, record_state, None, record_state.record))

    assert store.records.history(record_state.entity, since=0) == [record_state.record]


def test_many_states_are_read_in_batches_and_unknown_ones_are_missing(store: Repositories, engine: Engine) -> None:
    records = [a_connection(number, group_name=None) for number in range(1, 104)]
    for record in records:
        engine.fill(first(record))
    wanted = [record.entity for record in records] + [connection_ref(uuid(999)), records[0].entity]
    engine.calls.clear()

    found = store.records.record_states(wanted)

    assert found == {record.entity: new_record_state(record, NOW) for record in records}
    assert engine.calls == ["BatchGetItem", "BatchGetItem"]
    assert store.records.record_states([]) == {}


def test_open_records_are_listed_by_status_longest_unchanged_first(store: Repositories) -> None:
    for number, modified in [(1, 30), (2, 10), (3, 20)]:
        store.records.write(first(a_connection(number, modified=modified)))
    store.records.write(first(a_connection(4, status=ConnectionStatus.ACTION_REQUIRED)))
    store.records.write(first(a_connection(5, status=ConnectionStatus.COMPLETED)))
    store.records.write(first(a_connection(6, status=UnknownValue("processing#odd"))))
    store.records.write(first(a_connection(7, status=UnknownValue("process"))))

    processing = store.records.in_status(EntityKind.CONNECTION, "processing", limit=10)

    assert [entity.key for entity in processing] == [uuid(2), uuid(3), uuid(1)]
    assert store.records.in_status(EntityKind.CONNECTION, "processing", limit=1) == [connection_ref(uuid(2))]
    assert store.records.in_status(EntityKind.CONNECTION, "processing#odd", limit=9) == [connection_ref(uuid(6))]
    assert store.records.in_status(EntityKind.CONNECTION, "completed", limit=9) == []


def test_decisions_are_listed_by_end_date_and_those_without_one_last(store: Repositories) -> None:
    for number, end in [(1, None), (2, date(2027, 1, 31)), (3, date(2026, 12, 1))]:
        store.records.write(first(a_disconnection(number, effective_end_date=end, modified=NOW - number)))

    waiting = store.records.in_status(EntityKind.DISCONNECTION, "needs_review", limit=10)

    assert [entity.key for entity in waiting] == [uuid(3), uuid(2), uuid(1)]


def test_open_records_of_all_statuses_are_listed(store: Repositories) -> None:
    store.records.write(first(a_connection(1)))
    store.records.write(first(a_connection(2, status=UnknownValue("on #2 / hold"), modified=7)))
    store.records.write(first(a_connection(3, status=ConnectionStatus.COMPLETED)))
    store.records.write(first(a_disconnection(4)))
    store.records.write(first(a_disconnection(5, status=DisconnectionStatus.REJECTED)))

    assert store.records.open_records(EntityKind.CONNECTION) == [
        OpenRecord(connection_ref(uuid(2)), "on #2 / hold", 7, carrier_id=CARRIER),
        OpenRecord(connection_ref(uuid(1)), "processing", NOW, carrier_id=CARRIER),
    ]
    assert store.records.open_records(EntityKind.CONNECTION, "processing") == [
        OpenRecord(connection_ref(uuid(1)), "processing", NOW, carrier_id=CARRIER)
    ]
    assert store.records.open_records(EntityKind.CONNECTION, "process") == []
    assert store.records.open_records(EntityKind.DISCONNECTION) == [
        OpenRecord(disconnection_ref(uuid(4)), "needs_review", NOW, carrier_id=CARRIER)
    ]


@pytest.mark.parametrize(("carrier_id", "named"), [("car#rier@ 1/ü", True), ("x" * 101, False)])
def test_an_open_record_is_listed_with_its_carrier_unless_the_id_is_very_long(
    store: Repositories, carrier_id: str, named: bool
) -> None:
    store.records.write(first(a_connection(carrier_id=carrier_id)))

    [listed] = store.records.open_records(EntityKind.CONNECTION)

    assert listed.carrier_id == (carrier_id if named else None)
    assert (listed.status, listed.modified) == ("processing", NOW)


def test_a_record_that_an_earlier_release_has_written_is_listed_without_its_carrier(
    store: Repositories, engine: Engine
) -> None:
    store.records.write(first(a_connection()))
    [item] = [item for item in engine.everything() if "open_order" in item]
    engine.put(**item | {"open_order": {"S": item["open_order"]["S"].partition("@")[0]}})

    [listed] = store.records.open_records(EntityKind.CONNECTION)

    assert listed == OpenRecord(connection_ref(uuid(1)), "processing", NOW)


def test_a_final_record_is_not_listed_as_open_until_it_changes_again(store: Repositories) -> None:
    store.records.write(first(a_connection()))
    for version, status in [(2, ConnectionStatus.COMPLETED), (3, ConnectionStatus.PROCESSING)]:
        record_state = store.records.record_state(connection_ref(uuid(1)))
        assert record_state is not None
        record = a_connection(version=uuid(version), modified=NOW + version, status=status)
        store.records.write(moved(record_state, advance(record_state, record, NOW)))
        listed = [record.entity for record in store.records.open_records(EntityKind.CONNECTION)]
        assert listed == ([] if status is ConnectionStatus.COMPLETED else [record_state.entity])


def test_records_of_a_group_are_found_regardless_of_kind_and_status(store: Repositories) -> None:
    ours, long = uuid(77), "g" * 3000
    for number, group in enumerate((ours, ours, uuid(78), None, long), start=1):
        store.records.write(first(a_connection(number, group_id=group, status=ConnectionStatus.COMPLETED)))
    store.records.write(first(a_disconnection(1, group_id=ours)))

    found = store.records.in_group(ours, limit=10)

    assert {str(entity) for entity in found} == {
        f"connection:{uuid(1)}",
        f"connection:{uuid(2)}",
        f"disconnection:{uuid(1)}",
    }
    assert len(store.records.in_group(ours, limit=2)) == 2
    assert [entity.key for entity in store.records.in_group(long, limit=2)] == [uuid(5)]
    assert store.records.in_group(uuid(1), limit=10) == []


def test_the_owner_is_read_back(store: Repositories) -> None:
    record = a_disconnection()
    store.records.write(first(record))
    record_state = store.records.record_state(record.entity)
    assert record_state is not None

    store.records.write(
        RecordChange(record.entity, record_state, replace(record_state, owner="U1", owned_since=5, owned_until=9), None)
    )

    now = store.records.record_state(record.entity)
    assert now is not None
    assert (now.owner, now.owned_since, now.owned_until) == ("U1", 5, 9)


def test_the_newest_modified_is_known_for_each_kind(store: Repositories) -> None:
    assert store.records.newest_modified(EntityKind.CONNECTION) is None
    store.records.write(first(a_connection(1, modified=NOW - 9)))
    store.records.write(first(a_connection(2, modified=NOW, status=ConnectionStatus.COMPLETED)))
    store.records.write(first(a_disconnection(3, modified=NOW + 9)))

    assert store.records.newest_modified(EntityKind.CONNECTION) == (NOW, connection_ref(uuid(2)))


def test_operations_and_events_stay_out_of_the_records_indexes(store: Repositories) -> None:
    store.outbox.put(an_event())

    assert store.records.newest_modified(EntityKind.CONNECTION) is None
    assert store.records.open_records(EntityKind.CONNECTION) == []


@pytest.mark.parametrize(
    "change",
    [
        {"schema": {"N": "2"}},
        {"schema": {"S": "1"}},
        {"record": {"S": "no map"}},
        {"attempts": {"S": "three"}},
        {"card_key": {"N": "3"}},
    ],
)
def test_a_state_of_another_schema_is_refused_or_left_out(
    store: Repositories, engine: Engine, change: dict[str, Any]
) -> None:
    store.records.write(first(a_connection()))
    store.records.write(first(a_connection(2)))
    item = engine.item(f"CONNECTION#{uuid(1)}", "STATE")
    assert item is not None
    engine.put(**item | change)

    with pytest.raises(UnknownSchema):
        store.records.record_state(connection_ref(uuid(1)))
    both = [connection_ref(uuid(1)), connection_ref(uuid(2))]
    with pytest.raises(UnknownSchema):
        store.records.record_states(both)
    assert list(store.records.record_states(both, skip_unreadable=True)) == [both[1]]


def test_the_revision_grows_with_each_write_and_is_not_compared(store: Repositories) -> None:
    store.records.write(first(a_connection()))
    record_state = store.records.record_state(connection_ref(uuid(1)))
    assert record_state is not None
    assert record_state.revision == 1
    store.records.write(moved(record_state, replace(record_state, attempts=2)))

    again = store.records.record_state(record_state.entity)

    assert again is not None
    assert again.revision == 2
    assert replace(record_state, attempts=2) == again


def test_only_one_of_many_workers_writes_the_same_change(store: Repositories, race: Any) -> None:
    store.records.write(first(a_connection()))
    record_state = store.records.record_state(connection_ref(uuid(1)))
    assert record_state is not None
    after = advance(record_state, a_connection(version=uuid(2), modified=NOW + 1), NOW)

    outcomes = race(lambda number: store.records.write(moved(record_state, after, an_event(f"n{number}"))))

    assert outcomes.count(None) == 1
    assert sum(isinstance(outcome, ConcurrentUpdate) for outcome in outcomes) == len(outcomes) - 1
    stored = [number for number in range(len(outcomes)) if store.outbox.event(f"n{number}")]
    assert stored == [outcomes.index(None)]


def test_a_transaction_has_no_item_twice_and_stays_below_the_limit() -> None:
    before = new_record_state(a_connection(group_name=" ".join(f"old{n}" for n in range(50))), NOW)
    after = advance(before, a_connection(group_name=" ".join(f"new{n}" for n in range(50))), NOW)

    keys = [write.key for write in writes_of(moved(before, after, an_event()))]

    assert len(set(keys)) == len(keys) < 80
