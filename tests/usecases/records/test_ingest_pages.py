"""Intake: a row that cannot be read hides none of the others, and is told once."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest

from bot.domain.records import EntityKind
from bot.usecases.records.ingest_pages import PollDeadlineReached
from infra.local.noyo import Rules
from infra.local.noyo.faults import Fault, FaultKind
from tests.usecases.in_memory import INTERVAL, SWEEP, Ingestion

LIST = "/group_connections"


@pytest.fixture
def ingestion() -> Iterator[Ingestion]:
    with Ingestion() as ingestion:
        yield ingestion


@pytest.mark.parametrize(
    "how", ["version missing", "id missing", "modified a string", "null", "not an object"]
)
@pytest.mark.parametrize("newest", [True, False], ids=["the newest known", "an older one"])
def test_a_record_that_stays_bad_for_a_hundred_polls_is_one_request_each(
    ingestion: Ingestion, how: str, newest: bool, caplog: pytest.LogCaptureFixture
) -> None:
    ids = ingestion.add(4)
    ingestion.begin()
    bad = ids[0] if newest else ids[2]
    ingestion.noyo.corrupt(bad, how)

    with caplog.at_level(logging.WARNING, logger="switchboard"):
        reports = [ingestion.poll() for _ in range(100) if ingestion.wait() is None]

    assert sum(len(report.newly_parked) for report in reports) == 1
    assert len([one for one in caplog.records if one.name == "switchboard"]) == 1
    assert {report.requests for report in reports} == {1}
    assert all(report.sort_trusted and report.finished for report in reports)


@pytest.mark.parametrize("how", ["version missing", "id missing", "null"])
def test_a_parked_row_is_let_go_once_it_can_be_read(ingestion: Ingestion, how: str) -> None:
    ids = ingestion.add(4)
    ingestion.begin()
    ingestion.noyo.corrupt(ids[1], how)
    ingestion.wait()
    ingestion.poll()
    assert len(ingestion.cursors.parked(EntityKind.CONNECTION)) == 1
    ingestion.noyo.corrupt(ids[1], None)
    ingestion.noyo.move_connection(ids[1], "completed")

    ingestion.wait(SWEEP)
    ingestion.poll()

    assert ingestion.cursors.parked(EntityKind.CONNECTION) == []
    assert ingestion.told() == ["completed"]


def test_a_bad_row_hides_none_of_the_others(ingestion: Ingestion) -> None:
    ids = ingestion.add(3)
    ingestion.begin()
    ingestion.wait()
    for one in ids:
        ingestion.noyo.move_connection(one, "completed")
    ingestion.noyo.corrupt(ids[1], "status missing")

    ingestion.poll()

    assert (ingestion.status(ids[0]), ingestion.status(ids[2])) == ("completed", "completed")
    assert [parked.row_id for parked in ingestion.cursors.parked(EntityKind.CONNECTION)] == [ids[1]]


def test_a_record_that_noyo_cannot_show_by_id_is_parked_and_hides_none_of_the_others(
    ingestion: Ingestion,
) -> None:
    ids = ingestion.add(3)
    ingestion.begin()
    ingestion.noyo.rules = Rules(settle_script=None, freeze_modified=True)
    for one in ids:
        ingestion.noyo.move_connection(one, "completed")
    by_id = Fault(FaultKind.GARBAGE, method="GET", path_contains=f"{LIST}/{ids[1]}", times=None)
    ingestion.noyo.faults.add(by_id)
    ingestion.wait()

    reports = [ingestion.poll(), ingestion.poll()]

    assert [len(report.newly_parked) for report in reports] == [1, 0]
    assert (ingestion.status(ids[0]), ingestion.status(ids[2])) == ("completed", "completed")
    ingestion.noyo.faults.clear()
    ingestion.wait(INTERVAL)
    ingestion.poll()
    assert ingestion.status(ids[1]) == "completed"
    assert ingestion.cursors.parked(EntityKind.CONNECTION) == []


def test_taking_in_says_whether_anything_was_new(ingestion: Ingestion) -> None:
    ingestion.add(2)
    ingestor = ingestion.intake()

    assert [ingestor.ingest_page(ingestor.newest(0)), ingestor.ingest_page(ingestor.newest(0))] == [
        True,
        False,
    ]
    assert (ingestor.report.requests, ingestor.report.changed) == (2, 2)


def test_a_glance_takes_in_but_does_not_raise_how_far_the_run_came(ingestion: Ingestion) -> None:
    ids = ingestion.add(2)
    ingestor = ingestion.intake()

    ingestor.peek()

    assert ingestor.newest_modified == 0
    assert {entity.key for entity in ingestion.records.states} == set(ids)


def test_the_time_is_up_at_the_deadline_and_not_before(ingestion: Ingestion) -> None:
    ingestor = ingestion.intake(seconds=60)
    ingestion.wait(59)
    ingestor.ensure_time_left()

    ingestion.wait(1)
    with pytest.raises(PollDeadlineReached):
        ingestor.ensure_time_left()
