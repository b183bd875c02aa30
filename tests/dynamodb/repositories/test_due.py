"""The indexes of due items and of operations that await manual resolution."""

from dataclasses import replace

from bot import policies
from bot.domain.operations import OperationState
from bot.domain.records import EntityKind
from bot.dynamodb.repositories.notifications import due_ids
from bot.dynamodb.table import Table
from tests.dynamodb.builders import NOW, a_refresh, an_entry, an_event
from tests.dynamodb.conftest import NO_PAUSES, TIMEOUTS, Engine


def test_each_kind_is_listed_separately_with_full_ids(engine: Engine) -> None:
    store = engine.store()
    odd_id = "late:connection:x#y:1"
    store.outbox.put(an_event(odd_id))
    store.operations.submit(a_refresh("L#1"), expected=None, events=[], audit=an_entry())
    table = Table(engine.client, engine.table, TIMEOUTS, NO_PAUSES)

    assert due_ids(table, "OUTBOX", NOW, 9) == [odd_id]
    assert due_ids(table, "REFRESH", NOW, 9) == ["L#1"]


def test_automatic_refreshes_are_listed_apart_from_requested_operations(engine: Engine) -> None:
    store = engine.store()
    for refresh in (a_refresh("L1"), a_refresh("L2", actor="U0ANA", due=NOW - 1)):
        store.operations.submit(refresh, expected=None, events=[], audit=an_entry(refresh.id))

    assert store.operations.due(NOW, limit=9) == ["L2"]
    assert store.operations.due_refreshes(NOW, limit=9) == ["L1"]
    assert store.operations.oldest_due(NOW) == NOW - 1


def test_only_what_is_due_is_set_aside_and_it_is_due_again_later(engine: Engine) -> None:
    """The stream announces a reminder days before it is due."""
    store = engine.store()
    for event_id, due in (("now", NOW), ("later", NOW + 86_400)):
        store.outbox.put(an_event(event_id, due=due))
        store.outbox.set_aside(event_id, NOW)

    assert store.outbox.due(NOW, limit=9) == []
    assert store.outbox.unreadable(NOW + policies.UNREADABLE_RETRY_SECONDS, limit=9) == ["now"]
    assert store.outbox.due(NOW + policies.UNREADABLE_RETRY_SECONDS, limit=9) == ["now"]
    assert store.outbox.due(NOW + 86_400, limit=9) == ["later", "now"]


def test_an_event_that_can_be_read_again_returns_to_the_other_events(engine: Engine) -> None:
    store = engine.store()
    store.outbox.put(an_event("E1", due=NOW))
    store.outbox.set_aside("E1", NOW)
    event = store.outbox.event("E1")
    assert event is not None

    store.outbox.postpone(event, NOW + 5, failed=True)

    assert store.outbox.unreadable(NOW + 86_400, limit=9) == []
    assert store.outbox.oldest_due(NOW + 5) == NOW + 5


def test_a_late_refresh_counts_as_the_oldest_due_operation(engine: Engine) -> None:
    store = engine.store()
    store.operations.submit(a_refresh(due=NOW - 9), expected=None, events=[], audit=an_entry())

    assert store.operations.oldest_due(NOW) == NOW - 9


def test_oldest_due_is_the_due_time_of_the_longest_waiting_event(engine: Engine) -> None:
    store = engine.store()
    assert store.outbox.oldest_due(NOW) is None
    for number, due in enumerate((NOW - 5, NOW - 50, NOW + 50)):
        store.outbox.put(an_event(f"n{number}", due=due))

    assert store.outbox.oldest_due(NOW) == NOW - 50
    assert store.operations.oldest_due(NOW) is None


def test_operations_that_need_resolution_are_listed_until_resolved(engine: Engine) -> None:
    store = engine.store()
    asked = [a_refresh(number, submitted_at=at, lease="ours") for number, at in (("V1", NOW - 60), ("V2", NOW - 600))]
    for operation in asked:
        store.operations.submit(operation, expected=None, events=[], audit=an_entry(operation.id))
        store.operations.save(
            replace(operation, state=OperationState.NEEDS_RESOLUTION, due=None, lease=None), lease="ours"
        )
    assert store.operations.awaiting_resolution() == [NOW - 600, NOW - 60]
    assert store.operations.waiting_for_people(limit=9) == ["V2", "V1"]

    store.operations.save(asked[1], lease=None)

    assert store.operations.awaiting_resolution() == [NOW - 60]
    assert store.records.open_records(EntityKind.CONNECTION) == [], "operations are not listed as records"
