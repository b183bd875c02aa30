"""Page ingestion: an unreadable row is logged once and does not hide others."""

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


@pytest.mark.parametrize("how", ["version missing", "id missing", "modified a string", "null", "not an object"])
@pytest.mark.parametrize("newest", [True, False], ids=["the newest known", "an older one"])
def test_an_unreadable_record_costs_one_request_a_poll(
    ingestion: Ingestion, how: str, newest: bool, caplog: pytest.LogCaptureFixture
) -> None:
    ids = ingestion.add_connections(4)
    ingestion.run_first_polls()
    bad = ids[0] if newest else ids[2]
    ingestion.noyo.corrupt(bad, how)

    with caplog.at_level(logging.WARNING, logger="switchboard"):
        reports = [ingestion.poll() for _ in range(100) if ingestion.wait() is None]

    assert sum(len(report.newly_parked) for report in reports) == 1
    assert len([entry for entry in caplog.records if entry.name == "switchboard"]) == 1
    assert {report.requests for report in reports} == {1}
    assert all(report.sort_trusted and report.finished for report in reports)


@pytest.mark.parametrize("how", ["version missing", "id missing", "null"])
def test_a_parked_row_is_unparked_once_it_can_be_read(ingestion: Ingestion, how: str) -> None:
    ids = ingestion.add_connections(4)
    ingestion.run_first_polls()
    ingestion.noyo.corrupt(ids[1], how)
    ingestion.wait()
    ingestion.poll()
    assert len(ingestion.cursors.parked(EntityKind.CONNECTION)) == 1
    ingestion.noyo.corrupt(ids[1], None)
    ingestion.noyo.move_connection(ids[1], "completed")

    ingestion.wait(SWEEP)
    ingestion.poll()

    assert ingestion.cursors.parked(EntityKind.CONNECTION) == []
    assert ingestion.reported_statuses() == ["completed"]


def test_an_unreadable_row_does_not_hide_others(ingestion: Ingestion) -> None:
    ids = ingestion.add_connections(3)
    ingestion.run_first_polls()
    ingestion.wait()
    for record_id in ids:
        ingestion.noyo.move_connection(record_id, "completed")
    ingestion.noyo.corrupt(ids[1], "status missing")

    ingestion.poll()

    assert (ingestion.status(ids[0]), ingestion.status(ids[2])) == ("completed", "completed")
    assert [parked.row_id for parked in ingestion.cursors.parked(EntityKind.CONNECTION)] == [ids[1]]


def test_a_record_unreadable_by_id_is_parked_and_does_not_hide_others(ingestion: Ingestion) -> None:
    ids = ingestion.add_connections(3)
    ingestion.run_first_polls()
    ingestion.noyo.rules = Rules(settle_script=None, freeze_modified=True)
    for record_id in ids:
        ingestion.noyo.move_connection(record_id, "completed")
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


def test_ingesting_returns_whether_anything_was_new(ingestion: Ingestion) -> None:
    ingestion.add_connections(2)
    ingestor = ingestion.page_ingestor()

    assert [ingestor.ingest_page(ingestor.newest(0)), ingestor.ingest_page(ingestor.newest(0))] == [True, False]
    assert (ingestor.report.requests, ingestor.report.changed) == (2, 2)


def test_a_peek_ingests_without_advancing_the_progress(ingestion: Ingestion) -> None:
    ids = ingestion.add_connections(2)
    ingestor = ingestion.page_ingestor()

    ingestor.peek()

    assert ingestor.newest_modified == 0
    assert {entity.key for entity in ingestion.records.states} == set(ids)


def test_the_time_is_up_at_the_deadline(ingestion: Ingestion) -> None:
    ingestor = ingestion.page_ingestor(seconds=60)
    ingestion.wait(59)
    ingestor.ensure_time_left()

    ingestion.wait(1)
    with pytest.raises(PollDeadlineReached):
        ingestor.ensure_time_left()
