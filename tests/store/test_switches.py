"""The switch, on a real table."""

from __future__ import annotations

from bot.domain.news import NewsKind, of_sending
from bot.domain.sending import Pause, Sending
from bot.domain.subjects import SENDING
from bot.store import Store
from bot.store.switches import SwitchStore
from tests.store.conftest import Engine
from tests.store.made import NOW, an_entry

ANA, BEN = "U0ANA", "U0BEN"


def turned(switches: SwitchStore, before: Sending, after: Sending, entry: str) -> bool:
    news = of_sending(after.pauses[-1], before.revision + 1, NOW)
    return switches.turn(before, after, news=news, audit=an_entry(entry, SENDING))


def test_sending_is_on_until_somebody_turns_the_switch(store: Store) -> None:
    assert store.switches.sending() == Sending()


def test_what_was_turned_is_read_back_with_its_news_and_its_entry(store: Store) -> None:
    before = store.switches.sending()
    after = before.began(Pause(NOW, ANA, "Noyo is odd")).began(Pause(NOW + 1))

    assert turned(store.switches, before, after, "e1")

    held = store.switches.sending()
    assert held.pauses == after.pauses
    assert held.revision == 1
    news = store.news.news(of_sending(after.pauses[-1], 1, NOW).id)
    assert news is not None
    assert (news.kind, news.subject) == (NewsKind.SENDING, SENDING)
    assert [entry.id for entry in store.audit.entries(SENDING, limit=5)] == ["e1"]


def test_of_two_at_once_one_turns_it_and_the_other_changes_nothing(store: Store) -> None:
    before = store.switches.sending()
    assert turned(store.switches, before, before.began(Pause(NOW, ANA)), "e1")

    assert not turned(store.switches, before, before.began(Pause(NOW, BEN)), "e2")

    assert store.switches.sending().pauses == (Pause(NOW, ANA),)
    assert [entry.id for entry in store.audit.entries(SENDING, limit=5)] == ["e1"]


def test_a_later_turn_goes_on_from_the_one_before(store: Store) -> None:
    first = store.switches.sending()
    turned(store.switches, first, first.began(Pause(NOW, ANA)), "e1")
    held = store.switches.sending()
    running = held.paused
    assert running is not None

    assert turned(store.switches, held, held.ended(running, NOW + 5, BEN), "e2")

    assert store.switches.sending().pauses == (Pause(NOW, ANA, until=NOW + 5, ended_by=BEN),)
    assert not turned(store.switches, held, held, "e3")


def test_the_switch_has_a_key_of_its_own(store: Store, engine: Engine) -> None:
    before = store.switches.sending()
    turned(store.switches, before, before.began(Pause(NOW, ANA)), "e1")

    assert engine.item("SWITCH#sending", "SWITCH") is not None
