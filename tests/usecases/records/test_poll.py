"""Polling: one request where nothing changed, each change told once, and two at once do no harm."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bot.domain.entities import EntityKind, EntityRef
from bot.domain.records import UnknownValue
from bot.usecases.records.poll import KINDS
from infra.local.noyo import Rules
from tests.usecases.in_memory import START, SWEEP, Learner

CLAMPED = Rules(settle_script=None, max_page_size=20)


@pytest.fixture
def learner() -> Iterator[Learner]:
    with Learner() as learner:
        yield learner


# ---------------------------------------------------------------- nothing changed


@pytest.mark.parametrize("rules", [Rules(settle_script=None), CLAMPED], ids=["whole pages", "clamped pages"])
def test_three_hundred_open_connections_without_a_change_are_one_request_a_poll(rules: Rules) -> None:
    with Learner(rules=rules) as learner:
        learner.add(300)
        learner.poll()
        before = learner.lists()

        for _ in range(5):
            learner.wait()
            report = learner.poll()
            assert (report.requests, report.changed, report.finished) == (1, 0, True)

        assert learner.lists() - before == 5
        assert len(learner.records.states) == 300


@pytest.mark.parametrize("size", [100, 20])
def test_rows_of_one_moment_are_one_request_too_once_the_overlap_has_run_out(size: int) -> None:
    with Learner(rules=Rules(settle_script=None, max_page_size=size)) as learner:
        learner.add(150, every=0)
        learner.poll()
        for _ in range(3):
            learner.wait()
            learner.poll()
        before = learner.lists()

        for _ in range(4):
            learner.wait()
            learner.poll()

        assert learner.lists() - before == 4


def test_a_change_after_a_quiet_time_opens_the_overlap_again(learner: Learner) -> None:
    one, other = learner.add(2)
    learner.poll()
    for _ in range(4):
        learner.wait()
        learner.poll()
    assert learner.cursors.held[EntityKind.CONNECTION].overlap_settled

    learner.noyo.move_connection(one, "completed")
    learner.poll()

    assert not learner.cursors.held[EntityKind.CONNECTION].overlap_settled
    assert (learner.told(one), learner.told(other)) == (["completed"], [])


def test_a_row_that_is_slow_to_show_is_found_within_the_overlap(learner: Learner) -> None:
    learner.add(120, every=1)
    learner.poll()
    learner.wait()
    slow = learner.noyo.add_connection(created=START - 3600 - 119, status="processing")["id"]

    learner.poll()

    assert learner.told(slow) == ["processing"]


def test_an_empty_list_is_one_request_and_is_finished(learner: Learner) -> None:
    first, second = learner.poll(), learner.poll()

    assert (first.requests, second.requests) == (1, 1)
    assert first.finished
    assert second.finished
    assert learner.cursors.held[EntityKind.CONNECTION].since == 0


# ---------------------------------------------------------------- a change


def test_a_change_is_told_once(learner: Learner) -> None:
    one, *_ = learner.add(3)
    learner.poll()
    learner.wait()
    learner.noyo.move_connection(one, "unable_to_connect", error="no such group")

    for _ in range(4):
        learner.poll()
        learner.wait()

    assert learner.told() == ["unable_to_connect"]
    assert learner.status(one) == "unable_to_connect"


def test_an_unknown_status_passes_through_as_it_came(learner: Learner) -> None:
    (one,) = learner.add(1)
    learner.poll()
    learner.wait()
    learner.noyo.move_connection(one, "connecting")

    learner.poll()

    assert learner.held(one).status == UnknownValue("connecting")
    assert learner.told() == ["connecting"]
    assert learner.records.open_entities(EntityKind.CONNECTION) == [EntityRef(EntityKind.CONNECTION, one)]


def test_a_disconnection_list_is_polled_like_the_other(learner: Learner) -> None:
    one = learner.waits_for_us("2026-12-31")
    learner.begin()
    learner.wait()
    learner.noyo.move_disconnection(one, "rejected")

    report = learner.poll(EntityKind.DISCONNECTION)

    assert (report.requests, learner.told(one)) == (1, ["rejected"])


def test_both_lists_are_polled() -> None:
    assert set(KINDS) == {EntityKind.CONNECTION, EntityKind.DISCONNECTION}


# ---------------------------------------------------------------- two at once


def test_two_polls_at_once_tell_each_change_once_and_the_cursor_moves_once(learner: Learner) -> None:
    one, other = learner.add(2)
    learner.begin()
    learner.wait()
    learner.noyo.move_connection(one, "completed")
    learner.noyo.move_connection(other, "noyo_review")
    before = learner.cursors.held[EntityKind.CONNECTION]
    learner.cursors.between = learner.poll

    learner.poll()

    assert sorted(learner.told()) == ["completed", "noyo_review"]
    assert learner.cursors.held[EntityKind.CONNECTION].revision == before.revision + 1


def test_two_first_runs_at_once_tell_the_beginning_once(learner: Learner) -> None:
    learner.add(3)
    learner.waits_for_us("2026-12-31")
    learner.cursors.between = learner.begin

    learner.begin()

    assert len(learner.news.put_once) == 3, "the card, its first day, the summary"
    assert "first_run_summary" in learner.news.put_once


# ---------------------------------------------------------------- the sweep


def test_a_sweep_mends_what_moved_without_saying_so(learner: Learner) -> None:
    ids = learner.add(150)
    learner.begin()
    learner.noyo.rules = Rules(settle_script=None, freeze_modified=True)
    learner.noyo.move_connection(ids[140], "unable_to_connect")
    learner.wait()
    learner.poll()
    assert learner.told() == []

    learner.wait(SWEEP)
    learner.poll()

    assert learner.told() == ["unable_to_connect"]
    assert learner.status(ids[140]) == "unable_to_connect"
