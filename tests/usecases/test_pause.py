"""Pausing and resuming, by admins; the mode, by the settings."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from bot.domain.news import NewsKind
from bot.domain.sending import Mode, Pause
from bot.domain.subjects import SENDING
from bot.errors import TableUnavailable
from bot.usecases.pause import AsItWas, Turned, mind_the_mode, pause, resume
from tests.usecases.carrying import ANA, BEN, START, Before, Bench, bench


@pytest.fixture
def here() -> Iterator[Bench]:
    with bench() as made:
        yield made


def deeds(here: Bench) -> list[tuple[str, str | None]]:
    return [(entry.deed, entry.actor) for entry in reversed(here.store.audit.entries(SENDING, limit=50))]


def news(here: Bench) -> list[NewsKind]:
    held = [here.store.news.news(one) for one in here.store.news.due(START + 10**6, limit=50)]
    return [one.kind for one in held if one is not None]


def test_a_pause_is_kept_told_and_audited(here: Bench) -> None:
    done = pause(ANA, " the carrier's feed is wrong ", here.switching)

    assert done == Turned(Pause(START, ANA, "the carrier's feed is wrong"))
    assert here.store.switches.sending().paused == done.pause
    assert deeds(here) == [("sending_paused", ANA)]
    assert news(here) == [NewsKind.SENDING]


def test_a_reason_holds_no_tax_number_and_may_be_missing(here: Bench) -> None:
    assert "123-45-6789" not in str(pause(ANA, "see 123-45-6789", here.switching))
    resume(ANA, here.switching)
    again = pause(ANA, "  ", here.switching)
    assert again.pause is not None
    assert again.pause.why is None


def test_who_comes_second_is_told_who_was_first_and_changes_nothing(here: Bench) -> None:
    first = pause(ANA, "", here.switching)
    here.wait(60)

    assert pause(BEN, "", here.switching) == AsItWas(first.pause)
    assert pause(ANA, "", here.switching) == AsItWas(first.pause)
    assert deeds(here) == [("sending_paused", ANA)]


def test_of_two_in_one_instant_one_is_told_that_the_other_was_first(here: Bench) -> None:
    first = Before(here.store.switches, "turn", lambda: pause(BEN, "", here.switching))

    told = pause(ANA, "", replace(here.switching, switches=first))

    assert told == AsItWas(Pause(START, BEN))
    assert deeds(here) == [("sending_paused", BEN)]


def test_it_is_resumed_once_by_whoever_comes_first(here: Bench) -> None:
    pause(ANA, "", here.switching)
    here.wait(60)
    first = Before(here.store.switches, "turn", lambda: resume(BEN, here.switching))

    told = resume(ANA, replace(here.switching, switches=first))

    over = Pause(START, ANA, until=START + 60, ended_by=BEN)
    assert told == AsItWas(None, over)
    assert here.store.switches.sending().pauses == (over,)
    assert deeds(here) == [("sending_paused", ANA), ("sending_resumed", BEN)]


def test_resuming_what_never_stopped_says_so(here: Bench) -> None:
    assert resume(ANA, here.switching) == AsItWas(None, None)
    assert deeds(here) == []


def test_the_mode_is_noted_once_when_it_begins_and_once_when_it_ends(here: Bench) -> None:
    mind_the_mode(Mode.ACT, here.switching)
    assert here.store.switches.sending().pauses == ()

    for _ in range(2):
        mind_the_mode(Mode.OBSERVE, here.switching)
        here.wait(60)
    for _ in range(2):
        mind_the_mode(Mode.ACT, here.switching)
        here.wait(60)

    assert here.store.switches.sending().pauses == (Pause(START, until=START + 120),)
    assert deeds(here) == [("watching_began", None), ("watching_ended", None)]
    assert news(here) == [NewsKind.SENDING, NewsKind.SENDING]


def test_the_mode_and_an_admins_pause_do_not_end_each_other(here: Bench) -> None:
    pause(ANA, "", here.switching)
    mind_the_mode(Mode.OBSERVE, here.switching)
    mind_the_mode(Mode.ACT, here.switching)
    assert here.store.switches.sending().paused == Pause(START, ANA)

    mind_the_mode(Mode.OBSERVE, here.switching)
    resume(ANA, here.switching)
    assert here.store.switches.sending().watching == Pause(START)


def test_a_switch_that_never_holds_still_is_said_to_be_so(here: Bench) -> None:
    class Moving:
        sending = here.store.switches.sending

        def turn(self, *_: object, **__: object) -> bool:
            return False

    moving = replace(here.switching, switches=Moving())  # type: ignore[arg-type]
    with pytest.raises(TableUnavailable):
        pause(ANA, "", moving)
    pause(ANA, "", here.switching)
    with pytest.raises(TableUnavailable):
        resume(ANA, moving)
