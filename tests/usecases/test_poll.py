"""Polling: one request where nothing changed, nothing missed where rows move, pages end, or Noyo is unwell."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest

from bot.domain.records import Unknown
from bot.domain.subjects import Kind, Subject
from bot.errors import NoyoError
from infra.local.noyo import Rules
from infra.local.noyo.faults import Fault, FaultKind
from tests.usecases.learning import INTERVAL, START, SWEEP, Learner

CLAMPED = Rules(settle_script=None, max_page_size=20)
LIST = "/group_connections"


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
    assert learner.cursors.held[Kind.CONNECTION].settled

    learner.noyo.move_connection(one, "completed")
    learner.poll()

    assert not learner.cursors.held[Kind.CONNECTION].settled
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
    assert learner.cursors.held[Kind.CONNECTION].since == 0


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

    assert learner.held(one).status == Unknown("connecting")
    assert learner.told() == ["connecting"]
    assert learner.records.open_subjects(Kind.CONNECTION) == [Subject(Kind.CONNECTION, one)]


# ---------------------------------------------------------------- rows that move while we page


def test_nothing_is_missed_while_rows_move_between_the_pages() -> None:
    with Learner(rules=CLAMPED) as learner:
        ids = learner.add(100)
        learner.begin()
        learner.wait(3600)
        for one in ids[:60]:
            learner.noyo.move_connection(one, "noyo_review")
            learner.wait(1)
        moving = iter([ids[2], ids[30], ids[90], ids[99]])

        def move(path: str, query: Mapping[str, str]) -> None:
            del query
            one = next(moving, None)
            if one is not None and path.endswith(LIST):
                learner.wait(1)
                learner.noyo.move_connection(one, "completed")

        learner.noyo.on_list = move
        learner.poll()

        truth = {row["id"]: row["status"] for row in learner.noyo.connections()}
        assert {one: learner.status(one) for one in ids} == truth
        assert len(learner.records.told) == len({news.id for news in learner.records.told})


def test_a_row_that_vanishes_between_pages_hides_no_other() -> None:
    with Learner(rules=CLAMPED) as learner:
        ids = learner.add(60)
        removed = iter(ids[:1])

        def vanish(path: str, query: Mapping[str, str]) -> None:
            del path, query
            for one in removed:
                learner.noyo.remove(one)

        learner.noyo.on_list = vanish
        learner.poll()
        learner.wait(SWEEP)
        learner.poll()

        assert set(ids) == {subject.key for subject in learner.records.states}


# ---------------------------------------------------------------- a run that is cut


@pytest.mark.parametrize("every", [60, 0], ids=["spread", "of one moment"])
@pytest.mark.parametrize("size", [100, 20, 3], ids=["whole pages", "clamped", "tiny"])
def test_a_first_run_cut_at_every_page_comes_to_its_end(every: int, size: int) -> None:
    with Learner(rules=Rules(settle_script=None, max_page_size=size)) as learner:
        number = 2 * size + 10
        learner.add(number, every=every)

        runs = next(run for run in range(1, 60) if learner.poll(seconds=0).finished)

        assert runs > 1
        assert len(learner.records.states) == number
        assert learner.records.told == []
        assert learner.cursors.held[Kind.CONNECTION].swept_at is not None


def test_while_a_cut_run_goes_on_what_is_newest_is_told_at_once() -> None:
    with Learner(rules=CLAMPED) as learner:
        ids = learner.add(200)
        learner.poll(seconds=0)
        learner.wait()
        learner.noyo.move_connection(ids[-1], "unable_to_connect")

        report = learner.poll(seconds=0)

        assert not report.finished
        assert learner.told() == ["unable_to_connect"]


def test_what_changes_behind_a_cut_run_is_not_missed() -> None:
    with Learner(rules=CLAMPED) as learner:
        ids = learner.add(120)
        learner.poll(seconds=0)
        for one in ids[10:50]:
            learner.wait(1)
            learner.noyo.move_connection(one, "completed")

        assert any(learner.poll(seconds=0).finished for _ in range(60))

        assert sorted(learner.told()) == ["completed"] * 40
        assert {learner.status(one) for one in ids[10:50]} == {"completed"}


def test_a_cut_sweep_is_not_begun_again_at_once() -> None:
    with Learner(rules=CLAMPED) as learner:
        learner.add(100)
        learner.poll()
        learner.wait(SWEEP)

        assert any(learner.poll(seconds=0).finished for _ in range(30))

        assert learner.poll().requests == 1


# ---------------------------------------------------------------- trouble at Noyo


@pytest.mark.parametrize("kind", [FaultKind.GARBAGE, FaultKind.TRUNCATED, FaultKind.ERROR_AFTER])
def test_trouble_in_the_middle_keeps_what_was_taken_and_the_next_run_goes_on_there(kind: FaultKind) -> None:
    with Learner(rules=CLAMPED) as learner:
        learner.add(60)
        learner.noyo.faults.add(Fault(kind, method="GET", skip=2, times=20))

        with pytest.raises(NoyoError):
            learner.poll()

        assert len(learner.records.states) == 40
        learner.noyo.faults.clear()
        assert learner.poll().finished
        assert len(learner.records.states) == 60


def test_a_page_that_never_comes_does_not_hide_what_is_new() -> None:
    with Learner(rules=CLAMPED) as learner:
        ids = learner.add(100)
        learner.begin()
        learner.wait(SWEEP)
        for _ in range(3):
            learner.noyo.faults.clear()
            learner.noyo.faults.add(Fault(FaultKind.GARBAGE, method="GET", skip=2, times=None))
            with pytest.raises(NoyoError):
                learner.poll()
        learner.wait()
        learner.noyo.move_connection(ids[3], "unable_to_connect")
        learner.noyo.faults.clear()
        learner.noyo.faults.add(Fault(FaultKind.GARBAGE, method="GET", skip=1, times=None))

        with pytest.raises(NoyoError):
            learner.poll()

        assert learner.told(ids[3]) == ["unable_to_connect"]


def test_a_list_that_became_shorter_than_where_the_run_was_cut_is_begun_again() -> None:
    with Learner(rules=replace(CLAMPED, past_the_end="422")) as learner:
        ids = learner.add(100)
        for _ in range(4):
            learner.poll(seconds=0)
        for one in ids[5:]:
            learner.noyo.remove(one)

        with pytest.raises(NoyoError):
            learner.poll()

        assert learner.poll().finished


# ---------------------------------------------------------------- the order that Noyo keeps to, or not


def test_where_the_sort_is_ignored_open_ones_are_read_by_status_and_vanished_ones_by_id() -> None:
    with Learner() as learner:
        ids = learner.add(130)
        learner.begin()
        learner.noyo.rules = Rules(settle_script=None, honours_sort=False)
        learner.wait()
        learner.noyo.move_connection(ids[3], "unable_to_connect")
        learner.noyo.move_connection(ids[4], "completed")

        report = learner.poll()

        assert not report.sort_trusted
        assert (learner.told(ids[3]), learner.told(ids[4])) == (["unable_to_connect"], ["completed"])
        assert any("id" in one.query for one in learner.noyo.requests)
        assert learner.poll().changed == 0


def test_trouble_while_reading_by_status_begins_by_status_again() -> None:
    with Learner(rules=Rules(settle_script=None, honours_sort=False, max_page_size=20)) as learner:
        ids = learner.add(60)
        learner.begin()
        learner.wait()
        learner.noyo.move_connection(ids[50], "action_required")
        learner.noyo.move_connection(ids[0], "unable_to_connect")
        learner.noyo.faults.add(Fault(FaultKind.GARBAGE, method="GET", skip=3, times=20))
        with pytest.raises(NoyoError):
            learner.poll()
        learner.noyo.faults.clear()

        assert not learner.poll().sort_trusted

        assert sorted(learner.told()) == ["action_required", "unable_to_connect"]


def test_an_order_that_lies_below_what_we_know_is_not_trusted(learner: Learner) -> None:
    ids = learner.add(3)
    learner.begin()
    learner.wait()
    moved = learner.noyo.move_connection(ids[2], "completed")
    learner.observe(learner.client.connection(moved["id"]))
    learner.noyo.rules = Rules(settle_script=None, honours_sort=False)

    assert not learner.poll().sort_trusted


def test_the_newest_known_that_is_gone_at_noyo_does_not_spoil_the_trust(learner: Learner) -> None:
    ids = learner.add(5)
    learner.poll()
    learner.noyo.remove(ids[0])
    learner.wait()

    report = learner.poll()

    assert report.sort_trusted
    assert report.requests == 2


# ---------------------------------------------------------------- two at once


def test_two_polls_at_once_tell_each_change_once_and_the_cursor_moves_once(learner: Learner) -> None:
    one, other = learner.add(2)
    learner.begin()
    learner.wait()
    learner.noyo.move_connection(one, "completed")
    learner.noyo.move_connection(other, "noyo_review")
    before = learner.cursors.held[Kind.CONNECTION]
    learner.cursors.between = learner.poll

    learner.poll()

    assert sorted(learner.told()) == ["completed", "noyo_review"]
    assert learner.cursors.held[Kind.CONNECTION].revision == before.revision + 1


def test_two_first_runs_at_once_tell_the_beginning_once(learner: Learner) -> None:
    learner.add(3)
    learner.waits_for_us("2026-12-31")
    learner.cursors.between = learner.begin

    learner.begin()

    assert len(learner.news.put_once) == 2
    assert "summary" in learner.news.put_once


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


# ---------------------------------------------------------------- rows that cannot be read


@pytest.mark.parametrize(
    "how", ["version missing", "id missing", "modified a string", "null", "not an object"]
)
@pytest.mark.parametrize("newest", [True, False], ids=["the newest known", "an older one"])
def test_a_record_that_stays_bad_for_a_hundred_polls_is_one_request_each(
    learner: Learner, how: str, newest: bool, caplog: pytest.LogCaptureFixture
) -> None:
    ids = learner.add(4)
    learner.begin()
    bad = ids[0] if newest else ids[2]
    learner.noyo.unreadable(bad, how)

    with caplog.at_level(logging.WARNING, logger="switchboard"):
        reports = [learner.poll() for _ in range(100) if learner.wait() is None]

    assert sum(len(report.newly_parked) for report in reports) == 1
    assert len([one for one in caplog.records if one.name == "switchboard"]) == 1
    assert {report.requests for report in reports} == {1}
    assert all(report.sort_trusted and report.finished for report in reports)


@pytest.mark.parametrize("how", ["version missing", "id missing", "null"])
def test_a_parked_row_is_let_go_once_it_can_be_read(learner: Learner, how: str) -> None:
    ids = learner.add(4)
    learner.begin()
    learner.noyo.unreadable(ids[1], how)
    learner.wait()
    learner.poll()
    assert len(learner.cursors.parked(Kind.CONNECTION)) == 1
    learner.noyo.unreadable(ids[1], None)
    learner.noyo.move_connection(ids[1], "completed")

    learner.wait(SWEEP)
    learner.poll()

    assert learner.cursors.parked(Kind.CONNECTION) == []
    assert learner.told() == ["completed"]


def test_a_bad_row_hides_none_of_the_others(learner: Learner) -> None:
    ids = learner.add(3)
    learner.begin()
    learner.wait()
    for one in ids:
        learner.noyo.move_connection(one, "completed")
    learner.noyo.unreadable(ids[1], "status missing")

    learner.poll()

    assert (learner.status(ids[0]), learner.status(ids[2])) == ("completed", "completed")
    assert [parked.row_id for parked in learner.cursors.parked(Kind.CONNECTION)] == [ids[1]]


def test_a_record_that_noyo_cannot_show_by_id_is_parked_and_hides_none_of_the_others(
    learner: Learner,
) -> None:
    ids = learner.add(3)
    learner.begin()
    learner.noyo.rules = Rules(settle_script=None, freeze_modified=True)
    for one in ids:
        learner.noyo.move_connection(one, "completed")
    by_id = Fault(FaultKind.GARBAGE, method="GET", path_contains=f"{LIST}/{ids[1]}", times=None)
    learner.noyo.faults.add(by_id)
    learner.wait()

    reports = [learner.poll(), learner.poll()]

    assert [len(report.newly_parked) for report in reports] == [1, 0]
    assert (learner.status(ids[0]), learner.status(ids[2])) == ("completed", "completed")
    learner.noyo.faults.clear()
    learner.wait(INTERVAL)
    learner.poll()
    assert learner.status(ids[1]) == "completed"
    assert learner.cursors.parked(Kind.CONNECTION) == []


def test_a_disconnection_list_is_polled_like_the_other(learner: Learner) -> None:
    one = learner.waits_for_us("2026-12-31")
    learner.begin()
    learner.wait()
    learner.noyo.move_disconnection(one, "rejected")

    report: Any = learner.poll(Kind.DISCONNECTION)

    assert (report.requests, learner.told(one)) == (1, ["rejected"])
