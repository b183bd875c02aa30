"""What `doctor` reads, on a real table."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from bot.domain.checkups import Checkup, Finding, Topic, Verdict, Ward
from bot.domain.cursors import Cursor, Parked
from bot.domain.sending import Pause
from bot.domain.subjects import Kind
from bot.errors import OutOfTime, SecretUnreadable
from bot.usecases.examine import Tools, examine
from bot.usecases.pause import pause
from tests.usecases.carrying import ANA, START, Bench, bench


@pytest.fixture
def here() -> Iterator[Bench]:
    with bench() as made:
        yield made


def tools(here: Bench) -> Tools:
    store = here.store
    return Tools(store.operations, store.news, store.cursors, store.checkups, here.gate, here.clock)


def test_of_a_switchboard_that_never_ran_nothing_is_known(here: Bench) -> None:
    found = examine(tools(here))

    asked = Checkup(Ward.RECEIVER, START, ())
    assert found.checkups == {Ward.SLACK: None, Ward.NOYO: None, Ward.WEBHOOK: None, Ward.RECEIVER: asked}
    assert found.polled == {Kind.CONNECTION: None, Kind.DISCONNECTION: None}
    assert found.parked == {Kind.CONNECTION: [], Kind.DISCONNECTION: []}
    assert (found.oldest_operation, found.oldest_news, found.oldest_kept, found.shut) == (
        None,
        None,
        None,
        None,
    )


def test_all_that_there_is_to_tell_is_read(here: Bench) -> None:
    here.store.cursors.move(Kind.CONNECTION, Cursor(born=1, finished_at=START - 5))
    here.store.cursors.park(Kind.DISCONNECTION, Parked("row", "why", START))
    here.store.checkups.keep(Checkup(Ward.NOYO, START, ()))
    here.ask("V1")
    here.wait(7)
    pause(ANA, "why", here.switching)
    here.ask("V2", group_id="2")
    here.wait(3)

    found = examine(tools(here))

    assert found.at == START + 10
    assert found.polled[Kind.CONNECTION] == START - 5
    assert [row.row_id for row in found.parked[Kind.DISCONNECTION]] == ["row"]
    assert found.checkups[Ward.NOYO] == Checkup(Ward.NOYO, START, ())
    assert (found.oldest_operation, found.oldest_news, found.oldest_kept) == (START, START, START + 7)
    assert found.shut == Pause(START + 7, ANA, "why")


def test_the_secrets_of_whoever_is_asked_are_read_there_and_then(here: Bench) -> None:
    def broken() -> object:
        raise SecretUnreadable("There is none.")

    found = examine(replace(tools(here), secrets=(broken, lambda: "secret")))

    held = found.checkups[Ward.RECEIVER]
    assert held is not None
    assert held.findings == (
        Finding(Topic.SECRET, Verdict.BAD, why="There is none.", raised=True),
        Finding(Topic.SECRET, Verdict.GOOD),
    )


def test_a_secret_for_which_there_is_no_time_is_not_called_wrong(here: Bench) -> None:
    def slow() -> object:
        raise OutOfTime

    with pytest.raises(OutOfTime):
        examine(replace(tools(here), secrets=(slow,)))
