"""The switch, on a real table."""

from __future__ import annotations

from bot.domain.outbox import EventKind, sending_changed
from bot.domain.pauses import Pause, PauseHistory
from bot.domain.records import SENDING_PAUSE
from bot.dynamodb import Repositories
from bot.dynamodb.repositories.admin import DynamoPauseRepository
from tests.dynamodb.conftest import Engine
from tests.dynamodb.made import NOW, an_entry

ANA, BEN = "U0ANA", "U0BEN"


def turned(
    pause_repository: DynamoPauseRepository, before: PauseHistory, after: PauseHistory, entry: str
) -> bool:
    event = sending_changed(after.pauses[-1], before.revision + 1, NOW)
    return pause_repository.save(before, after, event=event, audit=an_entry(entry, SENDING_PAUSE))


def test_sending_is_on_until_somebody_turns_the_switch(store: Repositories) -> None:
    assert store.pauses.history() == PauseHistory()


def test_what_was_turned_is_read_back_with_its_events_and_its_entry(store: Repositories) -> None:
    before = store.pauses.history()
    after = before.with_started(Pause(NOW, ANA, "Noyo is odd")).with_started(Pause(NOW + 1))

    assert turned(store.pauses, before, after, "e1")

    held = store.pauses.history()
    assert held.pauses == after.pauses
    assert held.revision == 1
    event = store.outbox.event(sending_changed(after.pauses[-1], 1, NOW).id)
    assert event is not None
    assert (event.kind, event.entity) == (EventKind.SENDING_CHANGED, SENDING_PAUSE)
    assert [entry.id for entry in store.audit.entries(SENDING_PAUSE, limit=5)] == ["e1"]


def test_of_two_at_once_one_turns_it_and_the_other_changes_nothing(store: Repositories) -> None:
    before = store.pauses.history()
    assert turned(store.pauses, before, before.with_started(Pause(NOW, ANA)), "e1")

    assert not turned(store.pauses, before, before.with_started(Pause(NOW, BEN)), "e2")

    assert store.pauses.history().pauses == (Pause(NOW, ANA),)
    assert [entry.id for entry in store.audit.entries(SENDING_PAUSE, limit=5)] == ["e1"]


def test_a_later_turn_goes_on_from_the_one_before(store: Repositories) -> None:
    first = store.pauses.history()
    turned(store.pauses, first, first.with_started(Pause(NOW, ANA)), "e1")
    held = store.pauses.history()
    running = held.active_pause
    assert running is not None

    assert turned(store.pauses, held, held.with_ended(running, NOW + 5, BEN), "e2")

    assert store.pauses.history().pauses == (Pause(NOW, ANA, until=NOW + 5, ended_by=BEN),)
    assert not turned(store.pauses, held, held, "e3")


def test_the_switch_has_a_key_of_its_own(store: Repositories, engine: Engine) -> None:
    before = store.pauses.history()
    turned(store.pauses, before, before.with_started(Pause(NOW, ANA)), "e1")

    assert engine.item("PAUSES#sending", "PAUSES") is not None
