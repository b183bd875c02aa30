"""Admins pause and resume; the settings determine the mode."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from bot.domain.outbox import EventKind
from bot.domain.pauses import Mode, Pause
from bot.domain.records import SENDING_PAUSE
from bot.errors import TableUnavailable
from bot.usecases.admin.pause import PauseChanged, PauseUnchanged, pause, record_mode, resume
from tests.usecases.execution_bench import ANA, BEN, START, Before, ExecutionBench, bench


@pytest.fixture
def here() -> Iterator[ExecutionBench]:
    with bench() as opened:
        yield opened


def actions(here: ExecutionBench) -> list[tuple[str, str | None]]:
    return [(entry.action, entry.actor) for entry in reversed(here.store.audit.entries(SENDING_PAUSE, limit=50))]


def event_kinds(here: ExecutionBench) -> list[EventKind]:
    events = [here.store.outbox.event(event_id) for event_id in here.store.outbox.due(START + 10**6, limit=50)]
    return [event.kind for event in events if event is not None]


def test_a_pause_is_stored_published_and_audited(here: ExecutionBench) -> None:
    done = pause(ANA, " the carrier's feed is wrong ", here.deps)

    assert done == PauseChanged(Pause(START, ANA, "the carrier's feed is wrong"))
    assert here.store.pauses.history().active_pause == done.pause
    assert actions(here) == [("sending_paused", ANA)]
    assert event_kinds(here) == [EventKind.SENDING_CHANGED]


def test_a_reason_is_masked_and_optional(here: ExecutionBench) -> None:
    assert "123-45-6789" not in str(pause(ANA, "see 123-45-6789", here.deps))
    resume(ANA, here.deps)
    again = pause(ANA, "  ", here.deps)
    assert again.pause is not None
    assert again.pause.reason is None


def test_a_second_pause_shows_who_paused_first_and_changes_nothing(here: ExecutionBench) -> None:
    first = pause(ANA, "", here.deps)
    here.wait(60)

    assert pause(BEN, "", here.deps) == PauseUnchanged(first.pause)
    assert pause(ANA, "", here.deps) == PauseUnchanged(first.pause)
    assert actions(here) == [("sending_paused", ANA)]


def test_only_one_of_two_concurrent_pauses_counts(here: ExecutionBench) -> None:
    first = Before(here.store.pauses, "save", lambda: pause(BEN, "", here.deps))

    result = pause(ANA, "", replace(here.deps, pauses=first))

    assert result == PauseUnchanged(Pause(START, BEN))
    assert actions(here) == [("sending_paused", BEN)]


def test_only_one_of_two_concurrent_resumes_counts(here: ExecutionBench) -> None:
    pause(ANA, "", here.deps)
    here.wait(60)
    first = Before(here.store.pauses, "save", lambda: resume(BEN, here.deps))

    result = resume(ANA, replace(here.deps, pauses=first))

    over = Pause(START, ANA, until=START + 60, ended_by=BEN)
    assert result == PauseUnchanged(None, over)
    assert here.store.pauses.history().pauses == (over,)
    assert actions(here) == [("sending_paused", ANA), ("sending_resumed", BEN)]


def test_resuming_without_a_pause_changes_nothing(here: ExecutionBench) -> None:
    assert resume(ANA, here.deps) == PauseUnchanged(None, None)
    assert actions(here) == []


def test_observe_mode_is_recorded_once_when_it_starts_and_ends(here: ExecutionBench) -> None:
    record_mode(replace(here.deps, mode=Mode.ACT))
    assert here.store.pauses.history().pauses == ()

    for _ in range(2):
        record_mode(replace(here.deps, mode=Mode.OBSERVE))
        here.wait(60)
    for _ in range(2):
        record_mode(replace(here.deps, mode=Mode.ACT))
        here.wait(60)

    assert here.store.pauses.history().pauses == (Pause(START, until=START + 120),)
    assert actions(here) == [("observe_mode_started", None), ("observe_mode_ended", None)]
    assert event_kinds(here) == [EventKind.SENDING_CHANGED, EventKind.SENDING_CHANGED]


def test_observe_mode_and_a_pause_do_not_end_each_other(here: ExecutionBench) -> None:
    pause(ANA, "", here.deps)
    record_mode(replace(here.deps, mode=Mode.OBSERVE))
    record_mode(replace(here.deps, mode=Mode.ACT))
    assert here.store.pauses.history().active_pause == Pause(START, ANA)

    record_mode(replace(here.deps, mode=Mode.OBSERVE))
    resume(ANA, here.deps)
    assert here.store.pauses.history().observe_pause == Pause(START)


def test_endless_concurrent_updates_raise_an_error(here: ExecutionBench) -> None:
    class Moving:
        history = here.store.pauses.history

        def save(self, *_: object, **__: object) -> bool:
            return False

    moving = replace(here.deps, pauses=Moving())  # type: ignore[arg-type]
    with pytest.raises(TableUnavailable):
        pause(ANA, "", moving)
    pause(ANA, "", here.deps)
    with pytest.raises(TableUnavailable):
        resume(ANA, moving)
