"""The sending pause, on a real table."""

from __future__ import annotations

from bot.domain.outbox import EventKind, sending_changed
from bot.domain.pauses import Pause, PauseHistory
from bot.domain.records import SENDING_PAUSE
from bot.dynamodb import Repositories
from bot.dynamodb.repositories.admin import DynamoPauseRepository
from tests.dynamodb.builders import NOW, an_entry
from tests.dynamodb.conftest import Engine

ANA, BEN = "U0ANA", "U0BEN"


def saved(pause_repository: DynamoPauseRepository, before: PauseHistory, after: PauseHistory, entry: str) -> bool:
    event = sending_changed(after.pauses[-1], before.revision + 1, NOW)
    return pause_repository.save(before, after, event=event, audit=an_entry(entry, SENDING_PAUSE))


def test_there_is_no_pause_until_someone_starts_it(store: Repositories) -> None:
    assert store.pauses.history() == PauseHistory()


def test_a_saved_pause_is_read_back_with_its_event_and_audit_entry(store: Repositories) -> None:
    before = store.pauses.history()
    after = before.with_started(Pause(NOW, ANA, "Noyo is odd")).with_started(Pause(NOW + 1))

    assert saved(store.pauses, before, after, "e1")

    history = store.pauses.history()
    assert history.pauses == after.pauses
    assert history.revision == 1
    event = store.outbox.event(sending_changed(after.pauses[-1], 1, NOW).id)
    assert event is not None
    assert (event.kind, event.entity) == (EventKind.SENDING_CHANGED, SENDING_PAUSE)
    assert [entry.id for entry in store.audit.entries(SENDING_PAUSE, limit=5)] == ["e1"]


def test_only_one_of_two_concurrent_saves_takes_effect(store: Repositories) -> None:
    before = store.pauses.history()
    assert saved(store.pauses, before, before.with_started(Pause(NOW, ANA)), "e1")

    assert not saved(store.pauses, before, before.with_started(Pause(NOW, BEN)), "e2")

    assert store.pauses.history().pauses == (Pause(NOW, ANA),)
    assert [entry.id for entry in store.audit.entries(SENDING_PAUSE, limit=5)] == ["e1"]


def test_a_later_save_continues_from_the_saved_history(store: Repositories) -> None:
    first = store.pauses.history()
    saved(store.pauses, first, first.with_started(Pause(NOW, ANA)), "e1")
    history = store.pauses.history()
    running = history.active_pause
    assert running is not None

    assert saved(store.pauses, history, history.with_ended(running, NOW + 5, BEN), "e2")

    assert store.pauses.history().pauses == (Pause(NOW, ANA, until=NOW + 5, ended_by=BEN),)
    assert not saved(store.pauses, history, history, "e3")


def test_the_pause_has_a_key_of_its_own(store: Repositories, engine: Engine) -> None:
    before = store.pauses.history()
    saved(store.pauses, before, before.with_started(Pause(NOW, ANA)), "e1")

    assert engine.item("PAUSES#sending", "PAUSES") is not None
