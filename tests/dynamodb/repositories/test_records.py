"""States, versions and the indexes over them, on a real table."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from bot.domain.outbox import RecordChange
from bot.domain.record_states import advance, link_to_operation, new_record_state
from bot.domain.records import ConnectionStatus, DisconnectionStatus, EntityKind, UnknownValue, connection_ref
from bot.dynamodb import Repositories
from bot.dynamodb.repositories.records import writes_of
from bot.errors import ConcurrentUpdate, UnknownSchema
from tests.dynamodb.conftest import Engine
from tests.dynamodb.made import AWKWARD, NOW, a_connection, a_disconnection, an_event, first, moved, uuid


def test_a_record_is_read_back_as_it_was_written(store: Repositories) -> None:
    record = a_connection(error="no such group", completed=NOW, request_type="new", group_id=uuid(9))

    store.records.write(first(record))

    assert store.records.record_state(record.entity) == new_record_state(record, NOW)


def test_a_record_that_nobody_has_seen_is_not_there(store: Repositories) -> None:
    assert store.records.record_state(connection_ref(uuid(1))) is None


@pytest.mark.parametrize("awkward", AWKWARD)
def test_awkward_text_from_outside_comes_back_unchanged(store: Repositories, awkward: str) -> None:
    record = a_connection(
        group_name=awkward, carrier_group_id=awkward, error=awkward, status=UnknownValue(awkward)
    )

    store.records.write(first(record))

    held = store.records.record_state(record.entity)
    assert held is not None
    assert held.record == record


def test_half_a_surrogate_pair_is_kept_as_a_replacement_character(store: Repositories) -> None:
    store.records.write(first(a_connection(group_name="cut \ud83d")))

    held = store.records.record_state(connection_ref(uuid(1)))

    assert held is not None
    assert held.record.group_name == "cut \ufffd"


def test_the_first_sight_of_a_record_is_written_once(store: Repositories) -> None:
    store.records.write(first(a_connection()))

    with pytest.raises(ConcurrentUpdate):
        store.records.write(first(a_connection(), an_event()))

    assert store.outbox.event("n1") is None


def test_a_newer_version_replaces_the_state_and_both_are_history(store: Repositories) -> None:
    old, new = (
        a_connection(),
        a_connection(version=uuid(2), modified=NOW + 5, status=ConnectionStatus.COMPLETED),
    )
    store.records.write(first(old))
    held = store.records.record_state(old.entity)
    assert held is not None

    store.records.write(moved(held, advance(held, new, NOW + 6), an_event()))

    assert store.records.record_state(old.entity) == advance(held, new, NOW + 6)
    assert store.records.history(old.entity, since=0) == [old, new]
    assert store.records.history(old.entity, since=NOW + 1) == [new]
    assert store.outbox.event("n1") == an_event()


def test_a_change_from_a_state_that_moved_meanwhile_writes_nothing(store: Repositories) -> None:
    store.records.write(first(a_connection()))
    held = store.records.record_state(connection_ref(uuid(1)))
    assert held is not None
    second = a_connection(version=uuid(2), modified=NOW + 5)
    third = a_connection(version=uuid(3), modified=NOW + 6)
    store.records.write(moved(held, advance(held, second, NOW)))

    with pytest.raises(ConcurrentUpdate):
        store.records.write(moved(held, advance(held, third, NOW), an_event()))

    assert store.records.record_state(held.entity) == advance(held, second, NOW)
    assert not store.records.has_version(held.entity, third)
    assert store.outbox.event("n1") is None


def test_a_link_added_under_the_same_version_is_noticed(store: Repositories) -> None:
    store.records.write(first(a_connection()))
    held = store.records.record_state(connection_ref(uuid(1)))
    assert held is not None
    store.records.write(moved(held, link_to_operation(held, "V1", "U1", "Test Company")))

    with pytest.raises(ConcurrentUpdate):
        store.records.write(moved(held, advance(held, a_connection(version=uuid(2)), NOW)))

    linked = store.records.record_state(held.entity)
    assert linked is not None
    assert (linked.requested_by_operation, linked.requester, linked.card_key) == ("V1", "U1", "operation:V1")


def test_going_back_to_an_equal_state_is_noticed_too(store: Repositories) -> None:
    store.records.write(first(a_connection()))
    held = store.records.record_state(connection_ref(uuid(1)))
    assert held is not None
    other = advance(held, a_connection(version=uuid(2)), NOW)
    store.records.write(moved(held, other))
    again = store.records.record_state(held.entity)
    assert again is not None
    store.records.write(moved(again, held))

    with pytest.raises(ConcurrentUpdate):
        store.records.write(moved(held, other))


def test_an_older_version_is_history_only(store: Repositories) -> None:
    newest, late = a_connection(), a_connection(version=uuid(5), modified=NOW - 50)
    store.records.write(first(newest))
    held = store.records.record_state(newest.entity)

    store.records.write(RecordChange(newest.entity, held, None, late, (an_event("late"),)))

    assert store.records.record_state(newest.entity) == held
    assert store.records.has_version(newest.entity, late)
    assert store.records.history(newest.entity, since=0) == [late, newest]
    assert store.outbox.event("late") is not None


def test_history_too_is_written_only_while_the_state_is_the_one_read(store: Repositories) -> None:
    store.records.write(first(a_connection()))
    held = store.records.record_state(connection_ref(uuid(1)))
    assert held is not None
    store.records.write(moved(held, link_to_operation(held, "V1", "U1", "Test Company")))
    late = a_connection(version=uuid(5), modified=NOW - 50)

    with pytest.raises(ConcurrentUpdate):
        store.records.write(RecordChange(held.entity, held, None, late, (an_event("late"),)))

    assert not store.records.has_version(held.entity, late)


def test_a_link_may_be_written_without_history_or_news(store: Repositories) -> None:
    store.records.write(first(a_connection()))
    held = store.records.record_state(connection_ref(uuid(1)))
    assert held is not None

    store.records.write(
        RecordChange(held.entity, held, link_to_operation(held, "V1", "U1", "Test Company"), None)
    )

    assert store.records.record_state(held.entity) == link_to_operation(held, "V1", "U1", "Test Company")


def test_the_same_version_may_be_written_into_history_twice(store: Repositories) -> None:
    store.records.write(first(a_connection()))
    held = store.records.record_state(connection_ref(uuid(1)))
    assert held is not None

    store.records.write(RecordChange(held.entity, held, None, held.record))

    assert store.records.history(held.entity, since=0) == [held.record]


def test_many_states_are_read_in_batches_and_unknown_ones_are_missing(
    store: Repositories, engine: Engine
) -> None:
    records = [a_connection(number, group_name=None) for number in range(1, 104)]
    for record in records:
        engine.fill(first(record))
    wanted = [record.entity for record in records] + [connection_ref(uuid(999)), records[0].entity]
    engine.calls.clear()

    found = store.records.record_states(wanted)

    assert found == {record.entity: new_record_state(record, NOW) for record in records}
    assert engine.calls == ["BatchGetItem", "BatchGetItem"]
    assert store.records.record_states([]) == {}


def test_what_is_open_is_listed_by_status_the_longest_unchanged_first(store: Repositories) -> None:
    for number, modified in [(1, 30), (2, 10), (3, 20)]:
        store.records.write(first(a_connection(number, modified=modified)))
    store.records.write(first(a_connection(4, status=ConnectionStatus.ACTION_REQUIRED)))
    store.records.write(first(a_connection(5, status=ConnectionStatus.COMPLETED)))
    store.records.write(first(a_connection(6, status=UnknownValue("processing#odd"))))
    store.records.write(first(a_connection(7, status=UnknownValue("process"))))

    processing = store.records.in_status(EntityKind.CONNECTION, "processing", limit=10)

    assert [entity.key for entity in processing] == [uuid(2), uuid(3), uuid(1)]
    assert store.records.in_status(EntityKind.CONNECTION, "processing", limit=1) == [connection_ref(uuid(2))]
    assert store.records.in_status(EntityKind.CONNECTION, "processing#odd", limit=9) == [
        connection_ref(uuid(6))
    ]
    assert store.records.in_status(EntityKind.CONNECTION, "completed", limit=9) == []


def test_decisions_are_listed_soonest_end_date_first_and_those_without_one_last(store: Repositories) -> None:
    for number, end in [(1, None), (2, date(2027, 1, 31)), (3, date(2026, 12, 1))]:
        store.records.write(first(a_disconnection(number, effective_end_date=end, modified=NOW - number)))

    waiting = store.records.in_status(EntityKind.DISCONNECTION, "needs_review", limit=10)

    assert [entity.key for entity in waiting] == [uuid(3), uuid(2), uuid(1)]


def test_all_that_is_open_is_listed_whatever_its_status(store: Repositories) -> None:
    store.records.write(first(a_connection(1)))
    store.records.write(first(a_connection(2, status=UnknownValue("connecting"))))
    store.records.write(first(a_connection(3, status=ConnectionStatus.COMPLETED)))
    store.records.write(first(a_disconnection(4)))
    store.records.write(first(a_disconnection(5, status=DisconnectionStatus.REJECTED)))

    assert {entity.key for entity in store.records.open_entities(EntityKind.CONNECTION)} == {uuid(1), uuid(2)}
    assert [entity.key for entity in store.records.open_entities(EntityKind.DISCONNECTION)] == [uuid(4)]


def test_a_record_that_is_over_leaves_what_is_open_and_comes_back_when_it_moves_again(
    store: Repositories,
) -> None:
    store.records.write(first(a_connection()))
    for version, status in [(2, ConnectionStatus.COMPLETED), (3, ConnectionStatus.PROCESSING)]:
        held = store.records.record_state(connection_ref(uuid(1)))
        assert held is not None
        record = a_connection(version=uuid(version), modified=NOW + version, status=status)
        store.records.write(moved(held, advance(held, record, NOW)))
        listed = store.records.open_entities(EntityKind.CONNECTION)
        assert listed == ([] if status is ConnectionStatus.COMPLETED else [held.entity])


def test_what_names_a_group_is_found_by_it_whatever_its_kind_and_status(store: Repositories) -> None:
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


def test_who_is_checking_is_read_back(store: Repositories) -> None:
    record = a_disconnection()
    store.records.write(first(record))
    held = store.records.record_state(record.entity)
    assert held is not None

    store.records.write(
        RecordChange(record.entity, held, replace(held, owner="U1", owned_since=5, owned_until=9), None)
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
    assert store.records.open_entities(EntityKind.CONNECTION) == []


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
def test_a_state_of_another_version_is_refused_alone_and_among_others(
    store: Repositories, engine: Engine, change: dict[str, Any]
) -> None:
    store.records.write(first(a_connection()))
    item = engine.item(f"CONNECTION#{uuid(1)}", "STATE")
    assert item is not None
    engine.put(**item | change)
    engine.calls.clear()

    with pytest.raises(UnknownSchema):
        store.records.record_state(connection_ref(uuid(1)))
    with pytest.raises(UnknownSchema):
        store.records.record_states([connection_ref(uuid(1))])


def test_the_revision_grows_with_each_write_and_does_not_count_as_a_difference(store: Repositories) -> None:
    store.records.write(first(a_connection()))
    held = store.records.record_state(connection_ref(uuid(1)))
    assert held is not None
    assert held.revision == 1
    store.records.write(moved(held, replace(held, attempts=2)))

    again = store.records.record_state(held.entity)

    assert again is not None
    assert again.revision == 2
    assert replace(held, attempts=2) == again


def test_one_of_many_observers_of_the_same_change_writes_it(store: Repositories, race: Any) -> None:
    store.records.write(first(a_connection()))
    held = store.records.record_state(connection_ref(uuid(1)))
    assert held is not None
    after = advance(held, a_connection(version=uuid(2), modified=NOW + 1), NOW)

    outcomes = race(lambda number: store.records.write(moved(held, after, an_event(f"n{number}"))))

    assert outcomes.count(None) == 1
    assert sum(isinstance(outcome, ConcurrentUpdate) for outcome in outcomes) == len(outcomes) - 1
    told = [number for number in range(len(outcomes)) if store.outbox.event(f"n{number}")]
    assert told == [outcomes.index(None)]


def test_no_transaction_holds_an_item_twice_or_more_items_than_one_may() -> None:
    before = new_record_state(a_connection(group_name=" ".join(f"old{n}" for n in range(50))), NOW)
    after = advance(before, a_connection(group_name=" ".join(f"new{n}" for n in range(50))), NOW)

    keys = [write.key for write in writes_of(moved(before, after, an_event()))]

    assert len(set(keys)) == len(keys) < 50
