"""Deliveries, each with its lease, on a real table."""

from typing import Any

import pytest

from bot.domain.delivery import Delivery, Place
from bot.domain.showing import Link
from bot.errors import LeaseLost, UnknownSchema
from bot.store import Store
from bot.store.deliveries import DeliveryStore
from tests.store.conftest import Engine
from tests.store.made import AWKWARD, NOW

PLACE = Place("C1", "connection:1")


def reserve(store: Store, lease: str = "a", now: int = NOW, place: Place = PLACE) -> Delivery | None:
    return store.deliveries.reserve(place, lease=lease, now=now, lease_seconds=30)


def reserved(store: Store, lease: str = "a", now: int = NOW, place: Place = PLACE) -> Delivery:
    delivery = reserve(store, lease, now, place)
    assert delivery is not None
    return delivery


def posted(store: Store, place: Place, *, closed: bool = False) -> None:
    delivery = reserved(store, place=place)
    store.deliveries.posted(delivery, ts="1.2", posted_in=place.channel, fingerprint="f")
    store.deliveries.release(delivery, closed=closed)


def test_the_first_to_reserve_knows_that_nobody_was_before(store: Store) -> None:
    assert reserve(store) == Delivery(PLACE, lease="a", reserved_at=NOW, first=True)


def test_while_a_lease_runs_nobody_else_gets_it(store: Store) -> None:
    reserved(store)

    assert reserve(store, "b", NOW + 29) is None


def test_a_reservation_that_ran_out_without_a_post_remembers_when_it_began(store: Store) -> None:
    reserved(store)

    assert reserve(store, "b", NOW + 30) == Delivery(PLACE, lease="b", reserved_at=NOW, first=False)


def test_one_that_was_given_back_before_posting_is_not_the_first_any_more(store: Store) -> None:
    store.deliveries.release(reserved(store))

    assert reserve(store, "b", NOW + 1) == Delivery(PLACE, lease="b", reserved_at=NOW, first=False)


def test_what_was_posted_is_known_to_the_next_and_can_be_linked_to(store: Store) -> None:
    assert store.deliveries.link(PLACE) is None
    delivery = reserved(store)
    assert store.deliveries.link(PLACE) is None

    store.deliveries.posted(delivery, ts="1.2", posted_in="D9", fingerprint="f1")
    store.deliveries.posted(delivery, ts="1.2", posted_in="D9", fingerprint="f2")

    assert store.deliveries.link(PLACE) == Link("D9", "1.2")
    assert reserve(store, "b", NOW + 29) is None
    store.deliveries.release(delivery)
    assert reserve(store, "b", NOW + 2) == Delivery(
        PLACE, "b", NOW, first=False, ts="1.2", posted_in="D9", fingerprint="f2"
    )


def test_a_post_by_someone_whose_lease_was_taken_is_refused(store: Store) -> None:
    late = reserved(store)
    reserved(store, "b", NOW + 31)

    with pytest.raises(LeaseLost):
        store.deliveries.posted(late, ts="9.9", posted_in="C1", fingerprint="f")

    assert store.deliveries.link(PLACE) is None


def test_a_lease_that_ran_out_but_was_not_taken_still_records_its_post(store: Store) -> None:
    delivery = reserved(store)

    store.deliveries.posted(delivery, ts="1.2", posted_in="C1", fingerprint="f")

    assert store.deliveries.link(PLACE) == Link("C1", "1.2")


def test_giving_back_a_lost_lease_is_quiet_and_leaves_the_new_one(store: Store) -> None:
    late = reserved(store)
    reserved(store, "b", NOW + 31)

    store.deliveries.release(late, closed=True)

    assert reserve(store, "c", NOW + 32) is None


def test_a_closed_message_stays_closed(store: Store) -> None:
    posted(store, PLACE, closed=True)
    again = reserved(store, "b")
    assert again.closed

    store.deliveries.release(again)

    assert reserved(store, "c").closed
    assert store.deliveries.live("C1", "connection:") == []


def test_live_messages_are_those_posted_here_and_not_closed(store: Store) -> None:
    posted(store, Place("C1", "alert:connection:1:v1"))
    posted(store, Place("C1", "alert:connection:1:v2"), closed=True)
    posted(store, Place("C1", "alert:connection:2:v1"))
    posted(store, Place("C2", "alert:connection:1:v3"))
    reserved(store, place=Place("C1", "alert:connection:1:v4"))

    live = store.deliveries.live("C1", "alert:connection:1:")

    assert live == [Place("C1", "alert:connection:1:v1")]


@pytest.mark.parametrize("awkward", [text for text in AWKWARD if text])
def test_any_key_is_a_message_of_its_own(store: Store, awkward: str) -> None:
    posted(store, Place("C1", f"{awkward}1"))

    assert reserve(store, "b", place=Place("C1", f"{awkward}2")) is not None
    assert store.deliveries.link(Place("C1", f"{awkward}1")) == Link("C1", "1.2")
    assert store.deliveries.live("C1", "") == [Place("C1", f"{awkward}1")]


def test_a_delivery_of_another_version_is_refused_even_while_leased(store: Store, engine: Engine) -> None:
    reserved(store)
    item = engine.item("DELIVERY#C1", PLACE.key)
    assert item is not None
    engine.put(**item | {"schema": {"N": "2"}})

    with pytest.raises(UnknownSchema):
        reserve(store, "b")


def test_one_of_many_reserves_a_message(store: Store, race: Any) -> None:
    outcomes = race(lambda number: reserve(store, f"lease-{number}"))

    winners = [outcome for outcome in outcomes if outcome is not None]
    assert len(winners) == 1
    assert winners[0].first


def test_one_of_many_takes_over_a_reservation_that_ran_out(store: Store, race: Any) -> None:
    reserved(store)

    outcomes = race(lambda number: reserve(store, f"lease-{number}", NOW + 60))

    winners = [outcome for outcome in outcomes if outcome is not None]
    assert len(winners) == 1
    assert not winners[0].first


def test_two_who_read_the_same_lapsed_reservation_do_not_both_take_it(engine: Engine) -> None:
    slow = _Interrupted(engine.client)
    store, rival = engine.store(slow), engine.store()
    reserved(store)
    slow.meanwhile = lambda: reserved(rival, "b", NOW + 60)

    assert reserve(store, "c", NOW + 60) is None
    assert isinstance(rival.deliveries, DeliveryStore)
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
