"""What the workers found out, on a real table."""

from __future__ import annotations

from bot.domain.checkups import Checkup, Finding, Topic, Verdict, Ward
from bot.store import Store
from bot.store.checkups import CheckupStore
from tests.store.conftest import Engine
from tests.store.made import NOW

FOUND = Checkup(
    Ward.SLACK,
    NOW,
    (
        Finding(Topic.TOKEN, Verdict.GOOD),
        Finding(Topic.CHANNEL, Verdict.BAD, ("CHANNEL_ALERTS", "C1"), why="not_in_channel"),
        Finding(Topic.SLACK_CLOCK, Verdict.BAD, number=-75),
        Finding(Topic.PEOPLE, Verdict.UNKNOWN, raised=True),
    ),
)


def test_nobody_has_looked_yet(store: Store) -> None:
    assert store.checkups.checkup(Ward.NOYO) is None


def test_what_was_found_is_read_back_whole_and_the_newest_counts(store: Store) -> None:
    store.checkups.keep(Checkup(Ward.SLACK, NOW - 60, ()))
    store.checkups.keep(FOUND)

    assert store.checkups.checkup(Ward.SLACK) == FOUND
    assert store.checkups.checkup(Ward.NOYO) is None


def test_each_ward_has_a_key_of_its_own(store: Store, engine: Engine) -> None:
    assert isinstance(store.checkups, CheckupStore)
    store.checkups.keep(FOUND)

    assert engine.item("CHECKUP#slack", "CHECKUP") is not None
