"""Deliveries, each with its lease, on a real table."""

from typing import Any

import pytest

from bot.domain.content import MessageKey, MessageLink, MessageRecord
from bot.dynamodb import Repositories
from bot.dynamodb.repositories.notifications import DynamoMessageRepository
from bot.errors import LeaseLost, UnknownSchema
from tests.dynamodb.conftest import Engine
from tests.dynamodb.made import AWKWARD, NOW

MESSAGE = MessageKey("C1", "connection:1")


def reserve(
    store: Repositories, lease: str = "a", now: int = NOW, place: MessageKey = MESSAGE
) -> MessageRecord | None:
    return store.messages.reserve(place, lease=lease, now=now, lease_seconds=30)


def reserved(
    store: Repositories, lease: str = "a", now: int = NOW, place: MessageKey = MESSAGE
) -> MessageRecord:
    message_record = reserve(store, lease, now, place)
    assert message_record is not None
    return message_record


def posted(store: Repositories, place: MessageKey, *, closed: bool = False) -> None:
    message_record = reserved(store, place=place)
    store.messages.record_post(message_record, ts="1.2", posted_channel=place.channel, fingerprint="f")
    store.messages.release(message_record, closed=closed)


def test_the_first_to_reserve_knows_that_nobody_was_before(store: Repositories) -> None:
    assert reserve(store) == MessageRecord(MESSAGE, lease="a", reserved_at=NOW, is_new=True)


def test_while_a_lease_runs_nobody_else_gets_it(store: Repositories) -> None:
    reserved(store)

    assert reserve(store, "b", NOW + 29) is None


def test_a_reservation_that_ran_out_without_a_post_remembers_when_it_began(store: Repositories) -> None:
    reserved(store)

    assert reserve(store, "b", NOW + 30) == MessageRecord(MESSAGE, lease="b", reserved_at=NOW, is_new=False)


def test_one_that_was_given_back_before_posting_is_not_the_first_any_more(store: Repositories) -> None:
    store.messages.release(reserved(store))

    assert reserve(store, "b", NOW + 1) == MessageRecord(MESSAGE, lease="b", reserved_at=NOW, is_new=False)


def test_what_was_posted_is_known_to_the_next_and_can_be_linked_to(store: Repositories) -> None:
    assert store.messages.link(MESSAGE) is None
    message_record = reserved(store)
    assert store.messages.link(MESSAGE) is None

    store.messages.record_post(message_record, ts="1.2", posted_channel="D9", fingerprint="f1")
    store.messages.record_post(message_record, ts="1.2", posted_channel="D9", fingerprint="f2")

    assert store.messages.link(MESSAGE) == MessageLink("D9", "1.2")
    assert reserve(store, "b", NOW + 29) is None
    store.messages.release(message_record)
    assert reserve(store, "b", NOW + 2) == MessageRecord(
        MESSAGE, "b", NOW, is_new=False, ts="1.2", posted_channel="D9", fingerprint="f2"
    )


def test_a_post_by_someone_whose_lease_was_taken_is_refused(store: Repositories) -> None:
    late = reserved(store)
    reserved(store, "b", NOW + 31)

    with pytest.raises(LeaseLost):
        store.messages.record_post(late, ts="9.9", posted_channel="C1", fingerprint="f")

    assert store.messages.link(MESSAGE) is None


def test_a_lease_that_ran_out_but_was_not_taken_still_records_its_post(store: Repositories) -> None:
    message_record = reserved(store)

    store.messages.record_post(message_record, ts="1.2", posted_channel="C1", fingerprint="f")

    assert store.messages.link(MESSAGE) == MessageLink("C1", "1.2")


def test_giving_back_a_lost_lease_is_quiet_and_leaves_the_new_one(store: Repositories) -> None:
    late = reserved(store)
    reserved(store, "b", NOW + 31)

    store.messages.release(late, closed=True)

    assert reserve(store, "c", NOW + 32) is None


def test_a_closed_message_stays_closed(store: Repositories) -> None:
    posted(store, MESSAGE, closed=True)
    again = reserved(store, "b")
    assert again.closed

    store.messages.release(again)

    assert reserved(store, "c").closed
    assert store.messages.live("C1", "connection:") == []


def test_live_messages_are_those_posted_here_and_not_closed(store: Repositories) -> None:
    posted(store, MessageKey("C1", "alert:connection:1:v1"))
    posted(store, MessageKey("C1", "alert:connection:1:v2"), closed=True)
    posted(store, MessageKey("C1", "alert:connection:2:v1"))
    posted(store, MessageKey("C2", "alert:connection:1:v3"))
    reserved(store, place=MessageKey("C1", "alert:connection:1:v4"))

    live = store.messages.live("C1", "alert:connection:1:")

    assert live == [MessageKey("C1", "alert:connection:1:v1")]


@pytest.mark.parametrize("awkward", [text for text in AWKWARD if text])
def test_any_key_is_a_message_of_its_own(store: Repositories, awkward: str) -> None:
    posted(store, MessageKey("C1", f"{awkward}1"))

    assert reserve(store, "b", place=MessageKey("C1", f"{awkward}2")) is not None
    assert store.messages.link(MessageKey("C1", f"{awkward}1")) == MessageLink("C1", "1.2")
    assert store.messages.live("C1", "") == [MessageKey("C1", f"{awkward}1")]


def test_a_delivery_of_another_version_is_refused_even_while_leased(
    store: Repositories, engine: Engine
) -> None:
    reserved(store)
    item = engine.item("MESSAGE#C1", MESSAGE.name)
    assert item is not None
    engine.put(**item | {"schema": {"N": "2"}})

    with pytest.raises(UnknownSchema):
        reserve(store, "b")


def test_one_of_many_reserves_a_message(store: Repositories, race: Any) -> None:
    outcomes = race(lambda number: reserve(store, f"lease-{number}"))

    winners = [outcome for outcome in outcomes if outcome is not None]
    assert len(winners) == 1
    assert winners[0].is_new


def test_one_of_many_takes_over_a_reservation_that_ran_out(store: Repositories, race: Any) -> None:
    reserved(store)

    outcomes = race(lambda number: reserve(store, f"lease-{number}", NOW + 60))

    winners = [outcome for outcome in outcomes if outcome is not None]
    assert len(winners) == 1
    assert not winners[0].is_new


def test_two_who_read_the_same_lapsed_reservation_do_not_both_take_it(engine: Engine) -> None:
    slow = _Interrupted(engine.client)
    store, rival = engine.store(slow), engine.store()
    reserved(store)
    slow.meanwhile = lambda: reserved(rival, "b", NOW + 60)

    assert reserve(store, "c", NOW + 60) is None
    assert isinstance(rival.messages, DynamoMessageRepository)
    assert reserve(rival, "b", NOW + 60) is not None


class _Interrupted:
    """Somebody else does something between this one's reading and its writing."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self.meanwhile: Any = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def transact_write_items(self, **parameters: Any) -> Any:
        if self.meanwhile is not None:
            self.meanwhile()
            self.meanwhile = None
        return self._client.transact_write_items(**parameters)
