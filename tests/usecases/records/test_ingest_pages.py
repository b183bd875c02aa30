"""Intake: a row that cannot be read hides none of the others, and is told once."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest

from bot.domain.entities import EntityKind
from bot.usecases.records.ingest_pages import PollDeadlineReached
from infra.local.noyo import Rules
from infra.local.noyo.faults import Fault, FaultKind
from tests.usecases.in_memory import INTERVAL, SWEEP, Learner

LIST = "/group_connections"


@pytest.fixture
def learner() -> Iterator[Learner]:
    with Learner() as learner:
        yield learner


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
    learner.noyo.corrupt(bad, how)

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
    learner.noyo.corrupt(ids[1], how)
    learner.wait()
    learner.poll()
    assert len(learner.cursors.parked(EntityKind.CONNECTION)) == 1
    learner.noyo.corrupt(ids[1], None)
    learner.noyo.move_connection(ids[1], "completed")

    learner.wait(SWEEP)
    learner.poll()

    assert learner.cursors.parked(EntityKind.CONNECTION) == []
    assert learner.told() == ["completed"]


def test_a_bad_row_hides_none_of_the_others(learner: Learner) -> None:
    ids = learner.add(3)
    learner.begin()
    learner.wait()
    for one in ids:
        learner.noyo.move_connection(one, "completed")
    learner.noyo.corrupt(ids[1], "status missing")

    learner.poll()

    assert (learner.status(ids[0]), learner.status(ids[2])) == ("completed", "completed")
    assert [parked.row_id for parked in learner.cursors.parked(EntityKind.CONNECTION)] == [ids[1]]


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
    assert learner.cursors.parked(EntityKind.CONNECTION) == []


def test_taking_in_says_whether_anything_was_new(learner: Learner) -> None:
    learner.add(2)
    ingestor = learner.intake()

    assert [ingestor.ingest_page(ingestor.newest(0)), ingestor.ingest_page(ingestor.newest(0))] == [
        True,
        False,
    ]
    assert (ingestor.report.requests, ingestor.report.changed) == (2, 2)


def test_a_glance_takes_in_but_does_not_raise_how_far_the_run_came(learner: Learner) -> None:
    ids = learner.add(2)
    ingestor = learner.intake()

    ingestor.peek()

    assert ingestor.newest_modified == 0
    assert {entity.key for entity in learner.records.states} == set(ids)


def test_the_time_is_up_at_the_deadline_and_not_before(learner: Learner) -> None:
    ingestor = learner.intake(seconds=60)
    learner.wait(59)
    ingestor.ensure_time_left()

    learner.wait(1)
    with pytest.raises(PollDeadlineReached):
        ingestor.ensure_time_left()
