"""Message records and their leases, on a real table."""

from typing import Any

import pytest

from bot.domain.content import MessageKey, MessageLink, MessageRecord
from bot.dynamodb import Repositories
from bot.dynamodb.repositories.notifications import DynamoMessageRepository
from bot.errors import LeaseLost, UnknownSchema
from tests.dynamodb.builders import AWKWARD, NOW
from tests.dynamodb.conftest import Engine

MESSAGE = MessageKey("C1", "connection:1")


def reserve(store: Repositories, lease: str = "a", now: int = NOW, key: MessageKey = MESSAGE) -> MessageRecord | None:
    return store.messages.reserve(key, lease=lease, now=now, lease_seconds=30)


def reserved(store: Repositories, lease: str = "a", now: int = NOW, key: MessageKey = MESSAGE) -> MessageRecord:
    message_record = reserve(store, lease, now, key)
    assert message_record is not None
    return message_record


def posted(store: Repositories, key: MessageKey, *, closed: bool = False) -> None:
    message_record = reserved(store, key=key)
    store.messages.record_post(message_record, ts="1.2", posted_channel=key.channel, fingerprint="f")
    store.messages.release(message_record, closed=closed)


def test_the_first_reservation_is_new(store: Repositories) -> None:
    assert reserve(store) == MessageRecord(MESSAGE, lease="a", reserved_at=NOW, is_new=True)


def test_a_leased_message_cannot_be_reserved(store: Repositories) -> None:
    reserved(store)

    assert reserve(store, "b", NOW + 29) is None


def test_an_expired_reservation_without_a_post_keeps_its_start_time(store: Repositories) -> None:
    reserved(store)

    assert reserve(store, "b", NOW + 30) == MessageRecord(MESSAGE, lease="b", reserved_at=NOW, is_new=False)


def test_a_reservation_after_a_release_without_a_post_is_not_new(store: Repositories) -> None:
    store.messages.release(reserved(store))

    assert reserve(store, "b", NOW + 1) == MessageRecord(MESSAGE, lease="b", reserved_at=NOW, is_new=False)


def test_a_posted_message_is_known_to_the_next_worker_and_has_a_link(store: Repositories) -> None:
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


def test_recording_a_post_without_the_lease_is_refused(store: Repositories) -> None:
    late = reserved(store)
    reserved(store, "b", NOW + 31)

    with pytest.raises(LeaseLost):
        store.messages.record_post(late, ts="9.9", posted_channel="C1", fingerprint="f")

    assert store.messages.link(MESSAGE) is None


def test_an_expired_lease_that_nobody_took_over_still_records_its_post(store: Repositories) -> None:
    message_record = reserved(store)

    store.messages.record_post(message_record, ts="1.2", posted_channel="C1", fingerprint="f")

    assert store.messages.link(MESSAGE) == MessageLink("C1", "1.2")


def test_releasing_a_lost_lease_does_nothing(store: Repositories) -> None:
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
    reserved(store, key=MessageKey("C1", "alert:connection:1:v4"))

    live = store.messages.live("C1", "alert:connection:1:")

    assert live == [MessageKey("C1", "alert:connection:1:v1")]


@pytest.mark.parametrize("awkward", [text for text in AWKWARD if text])
def test_each_key_identifies_a_separate_message(store: Repositories, awkward: str) -> None:
    posted(store, MessageKey("C1", f"{awkward}1"))

    assert reserve(store, "b", key=MessageKey("C1", f"{awkward}2")) is not None
    assert store.messages.link(MessageKey("C1", f"{awkward}1")) == MessageLink("C1", "1.2")
    assert store.messages.live("C1", "") == [MessageKey("C1", f"{awkward}1")]


def test_a_message_of_another_schema_is_refused_even_while_leased(store: Repositories, engine: Engine) -> None:
    reserved(store)
    item = engine.item("MESSAGE#C1", MESSAGE.name)
    assert item is not None
    engine.put(**item | {"schema": {"N": "2"}})

    with pytest.raises(UnknownSchema):
        reserve(store, "b")


def test_only_one_of_many_workers_reserves_a_message(store: Repositories, race: Any) -> None:
    outcomes = race(lambda number: reserve(store, f"lease-{number}"))

    winners = [outcome for outcome in outcomes if outcome is not None]
    assert len(winners) == 1
    assert winners[0].is_new


def test_only_one_of_many_workers_takes_over_an_expired_reservation(store: Repositories, race: Any) -> None:
    reserved(store)

    outcomes = race(lambda number: reserve(store, f"lease-{number}", NOW + 60))

    winners = [outcome for outcome in outcomes if outcome is not None]
    assert len(winners) == 1
    assert not winners[0].is_new


def test_only_one_of_two_workers_that_read_the_same_expired_reservation_takes_it(engine: Engine) -> None:
    slow = _Interrupted(engine.client)
    store, rival = engine.store(slow), engine.store()
    reserved(store)
    slow.meanwhile = lambda: reserved(rival, "b", NOW + 60)

    assert reserve(store, "c", NOW + 60) is None
    assert isinstance(rival.messages, DynamoMessageRepository)
    assert reserve(rival, "b", NOW + 60) is not None


class _Interrupted:
    """A client that runs `meanwhile` between the reading and the writing of a transaction."""

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
