"""Outbox events, on a real table."""

from dataclasses import replace
from typing import Any

import pytest

from bot.domain.outbox import OutboxEvent
from bot.dynamodb import Repositories
from bot.dynamodb.clients import TimeoutPolicy
from bot.dynamodb.repositories.notifications import DynamoOutboxRepository
from bot.dynamodb.table import Table
from bot.errors import UnknownSchema
from tests.dynamodb.builders import NOW, an_event
from tests.dynamodb.conftest import NO_PAUSES, Engine


def test_an_event_is_read_back_and_is_due(store: Repositories) -> None:
    store.outbox.put(an_event())

    assert store.outbox.event("n1") == an_event()
    assert store.outbox.due(NOW, limit=9) == ["n1"]
    assert store.outbox.event("n2") is None


def test_the_same_id_again_changes_nothing(store: Repositories) -> None:
    store.outbox.put(an_event())

    store.outbox.put(an_event(after="completed", due=NOW + 50))

    assert store.outbox.event("n1") == an_event()


def test_a_delivered_event_is_no_longer_due_and_expires_in_thirty_days(store: Repositories, engine: Engine) -> None:
    store.outbox.put(an_event())

    store.outbox.mark_delivered(an_event(), NOW + 3)

    assert store.outbox.due(NOW + 10**6, limit=9) == []
    assert store.outbox.event("n1") == an_event(due=None)
    item = engine.item("OUTBOX#n1", "EVENT")
    assert item is not None
    assert item["expires"] == {"N": str(NOW + 3 + 30 * 86400)}
    assert "due_kind" not in item


def a_request(requested: int, **changes: Any) -> OutboxEvent:
    return an_event(requested=requested, **changes)


def test_a_later_request_replaces_an_earlier_one_and_an_earlier_or_the_same_one_changes_nothing(
    store: Repositories,
) -> None:
    store.outbox.request(a_request(5))
    store.outbox.request(a_request(7, after="completed"))

    for other in (a_request(6), a_request(7)):
        store.outbox.request(other)

    assert store.outbox.event("n1") == a_request(7, after="completed")
    assert store.outbox.due(NOW, limit=9) == ["n1"]


def test_a_request_that_was_replaced_is_not_delivered(store: Repositories) -> None:
    store.outbox.request(a_request(5))
    store.outbox.request(a_request(7))

    store.outbox.mark_delivered(a_request(5), NOW)

    assert store.outbox.event("n1") == a_request(7)


def test_after_its_delivery_a_later_request_is_due_again_and_does_not_expire(
    store: Repositories, engine: Engine
) -> None:
    store.outbox.request(a_request(5))
    store.outbox.mark_delivered(a_request(5), NOW)
    store.outbox.request(a_request(5))
    assert store.outbox.due(NOW, limit=9) == []

    store.outbox.request(a_request(6))

    assert store.outbox.due(NOW, limit=9) == ["n1"]
    assert "expires" not in (engine.item("OUTBOX#n1", "EVENT") or {})


def test_only_a_request_replaces_an_event(store: Repositories) -> None:
    with pytest.raises(ValueError, match="only a request"):
        store.outbox.request(an_event())


def test_an_undelivered_event_never_expires(store: Repositories, engine: Engine) -> None:
    store.outbox.put(an_event())
    store.outbox.postpone(an_event(), NOW + 60, failed=True)

    assert "expires" not in (engine.item("OUTBOX#n1", "EVENT") or {})


def test_an_event_that_waited_for_its_turn_has_no_failed_attempt(store: Repositories) -> None:
    store.outbox.put(an_event(attempts=2))

    store.outbox.postpone(an_event(attempts=2), NOW + 60, failed=False)

    assert store.outbox.event("n1") == an_event(attempts=2, due=NOW + 60)


def test_a_postponed_event_is_due_later_with_one_more_attempt(store: Repositories) -> None:
    store.outbox.put(an_event(attempts=2))

    store.outbox.postpone(an_event(attempts=2), NOW + 60, failed=True)

    assert store.outbox.due(NOW + 59, limit=9) == []
    assert store.outbox.due(NOW + 60, limit=9) == ["n1"]
    assert store.outbox.event("n1") == an_event(attempts=3, due=NOW + 60)


def test_an_event_that_another_worker_delivered_stays_delivered(store: Repositories) -> None:
    store.outbox.put(an_event())
    store.outbox.mark_delivered(an_event(), NOW)

    store.outbox.postpone(an_event(), NOW + 60, failed=True)

    assert store.outbox.due(NOW + 10**6, limit=9) == []
    assert store.outbox.event("n1") == an_event(due=None)


def test_postponing_a_missing_event_does_not_create_it(store: Repositories) -> None:
    store.outbox.postpone(an_event(), NOW + 60, failed=True)

    assert store.outbox.event("n1") is None


def test_due_events_are_listed_longest_due_first_without_operations(store: Repositories) -> None:
    for number, due in [(1, 30), (2, 10), (3, 20)]:
        store.outbox.put(an_event(f"n{number}", due=NOW + due))

    assert store.outbox.due(NOW + 99, limit=2) == ["n2", "n3"]
    assert store.operations.due(NOW + 99, limit=9) == []


def test_more_than_a_page_of_due_events_is_listed(engine: Engine) -> None:
    paged = _InPagesOf2(engine.client)
    event = DynamoOutboxRepository(Table(paged, engine.table, TimeoutPolicy(1, 1, 5), NO_PAUSES))
    for number in range(5):
        event.put(an_event(f"n{number}", due=NOW + number))

    assert event.due(NOW + 9, limit=4) == ["n0", "n1", "n2", "n3"]
    assert event.due(NOW + 9, limit=9) == ["n0", "n1", "n2", "n3", "n4"]


def test_an_event_of_another_schema_is_refused(store: Repositories, engine: Engine) -> None:
    store.outbox.put(replace(an_event(), id="n1"))
    item = engine.item("OUTBOX#n1", "EVENT")
    assert item is not None
    engine.put(**item | {"kind": {"S": "gossip"}})

    with pytest.raises(UnknownSchema):
        store.outbox.event("n1")


class _InPagesOf2:
    """The engine, with pages of two items: a page ends at a megabyte, which a test would have to fill."""

    def __init__(self, client: object) -> None:
        self._client = client

    def __getattr__(self, name: str) -> object:
        return getattr(self._client, name)

    def query(self, **parameters: object) -> object:
        return self._client.query(**parameters | {"Limit": 2})  # type: ignore[attr-defined]
