"""Pausing and resuming, by admins; the mode, by the settings."""

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
    with bench() as made:
        yield made


def deeds(here: ExecutionBench) -> list[tuple[str, str | None]]:
    return [
        (entry.action, entry.actor) for entry in reversed(here.store.audit.entries(SENDING_PAUSE, limit=50))
    ]


def news(here: ExecutionBench) -> list[EventKind]:
    held = [here.store.outbox.event(one) for one in here.store.outbox.due(START + 10**6, limit=50)]
    return [one.kind for one in held if one is not None]


def test_a_pause_is_kept_told_and_audited(here: ExecutionBench) -> None:
    done = pause(ANA, " the carrier's feed is wrong ", here.deps)

    assert done == PauseChanged(Pause(START, ANA, "the carrier's feed is wrong"))
    assert here.store.pauses.history().active_pause == done.pause
    assert deeds(here) == [("sending_paused", ANA)]
    assert news(here) == [EventKind.SENDING_CHANGED]


def test_a_reason_holds_no_tax_number_and_may_be_missing(here: ExecutionBench) -> None:
    assert "123-45-6789" not in str(pause(ANA, "see 123-45-6789", here.deps))
    resume(ANA, here.deps)
    again = pause(ANA, "  ", here.deps)
    assert again.pause is not None
    assert again.pause.reason is None


def test_who_comes_second_is_told_who_was_first_and_changes_nothing(here: ExecutionBench) -> None:
    first = pause(ANA, "", here.deps)
    here.wait(60)

    assert pause(BEN, "", here.deps) == PauseUnchanged(first.pause)
    assert pause(ANA, "", here.deps) == PauseUnchanged(first.pause)
    assert deeds(here) == [("sending_paused", ANA)]


def test_of_two_in_one_instant_one_is_told_that_the_other_was_first(here: ExecutionBench) -> None:
    first = Before(here.store.pauses, "save", lambda: pause(BEN, "", here.deps))

    told = pause(ANA, "", replace(here.deps, pauses=first))

    assert told == PauseUnchanged(Pause(START, BEN))
    assert deeds(here) == [("sending_paused", BEN)]


def test_it_is_resumed_once_by_whoever_comes_first(here: ExecutionBench) -> None:
    pause(ANA, "", here.deps)
    here.wait(60)
    first = Before(here.store.pauses, "save", lambda: resume(BEN, here.deps))

    told = resume(ANA, replace(here.deps, pauses=first))

    over = Pause(START, ANA, until=START + 60, ended_by=BEN)
    assert told == PauseUnchanged(None, over)
    assert here.store.pauses.history().pauses == (over,)
    assert deeds(here) == [("sending_paused", ANA), ("sending_resumed", BEN)]


def test_resuming_what_never_stopped_says_so(here: ExecutionBench) -> None:
    assert resume(ANA, here.deps) == PauseUnchanged(None, None)
    assert deeds(here) == []


def test_the_mode_is_noted_once_when_it_begins_and_once_when_it_ends(here: ExecutionBench) -> None:
    record_mode(replace(here.deps, mode=Mode.ACT))
    assert here.store.pauses.history().pauses == ()

    for _ in range(2):
        record_mode(replace(here.deps, mode=Mode.OBSERVE))
        here.wait(60)
    for _ in range(2):
        record_mode(replace(here.deps, mode=Mode.ACT))
        here.wait(60)

    assert here.store.pauses.history().pauses == (Pause(START, until=START + 120),)
    assert deeds(here) == [("observe_mode_started", None), ("observe_mode_ended", None)]
    assert news(here) == [EventKind.SENDING_CHANGED, EventKind.SENDING_CHANGED]


def test_the_mode_and_an_admins_pause_do_not_end_each_other(here: ExecutionBench) -> None:
    pause(ANA, "", here.deps)
    record_mode(replace(here.deps, mode=Mode.OBSERVE))
    record_mode(replace(here.deps, mode=Mode.ACT))
    assert here.store.pauses.history().active_pause == Pause(START, ANA)

    record_mode(replace(here.deps, mode=Mode.OBSERVE))
    resume(ANA, here.deps)
    assert here.store.pauses.history().observe_pause == Pause(START)


def test_a_switch_that_never_holds_still_is_said_to_be_so(here: ExecutionBench) -> None:
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
