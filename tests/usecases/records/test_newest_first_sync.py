"""Newest first: no change is missed if rows move, pages end, a run is interrupted, or Noyo fails."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from bot import policies
from bot.domain.polling import LIST_ROW, PassProgress
from bot.domain.records import EntityKind
from bot.errors import NoyoError
from bot.usecases.records.ingest_pages import PollDeadlineReached
from bot.usecases.records.sync import NewestFirstSync
from infra.local.noyo import Rules
from infra.local.noyo.faults import Fault, FaultKind
from tests.usecases.in_memory import SWEEP, Ingestion

CLAMPED = Rules(settle_script=None, max_page_size=20)
LIST = "/group_connections"


# ---------------------------------------------------------------- rows that move while we page


def test_no_change_is_missed_while_rows_move_between_pages() -> None:
    with Ingestion(rules=CLAMPED) as ingestion:
        ids = ingestion.add_connections(100)
        ingestion.run_first_polls()
        ingestion.wait(3600)
        for record_id in ids[:60]:
            ingestion.noyo.move_connection(record_id, "noyo_review")
            ingestion.wait(1)
        moving = iter([ids[2], ids[30], ids[90], ids[99]])

        def move(path: str, query: Mapping[str, str]) -> None:
            del query
            record_id = next(moving, None)
            if record_id is not None and path.endswith(LIST):
                ingestion.wait(1)
                ingestion.noyo.move_connection(record_id, "completed")

        ingestion.noyo.on_list = move
        ingestion.poll()

        expected = {row["id"]: row["status"] for row in ingestion.noyo.connections()}
        assert {record_id: ingestion.status(record_id) for record_id in ids} == expected
        assert len(ingestion.records.events) == len({event.id for event in ingestion.records.events})


def test_a_row_deleted_between_pages_hides_no_other_row() -> None:
    with Ingestion(rules=CLAMPED) as ingestion:
        ids = ingestion.add_connections(60)
        removed = iter(ids[:1])

        def remove(path: str, query: Mapping[str, str]) -> None:
            del path, query
            for record_id in removed:
                ingestion.noyo.remove(record_id)

        ingestion.noyo.on_list = remove
        ingestion.poll()
        ingestion.wait(SWEEP)
        ingestion.poll()

        assert set(ids) == {entity.key for entity in ingestion.records.states}


# ---------------------------------------------------------------- an interrupted run


@pytest.mark.parametrize("every", [60, 0], ids=["spread", "of one moment"])
@pytest.mark.parametrize("size", [100, 20, 3], ids=["whole pages", "clamped", "tiny"])
def test_a_first_run_interrupted_at_every_page_completes(every: int, size: int) -> None:
    with Ingestion(rules=Rules(settle_script=None, max_page_size=size)) as ingestion:
        number = 2 * size + 10
        ingestion.add_connections(number, every=every)

        runs = next(run for run in range(1, 60) if ingestion.poll(seconds=0).finished)

        assert runs > 1
        assert len(ingestion.records.states) == number
        assert ingestion.records.events == []
        assert ingestion.cursors.saved[EntityKind.CONNECTION].swept_at is not None


def test_new_changes_are_published_while_an_interrupted_run_continues() -> None:
    with Ingestion(rules=CLAMPED) as ingestion:
        ids = ingestion.add_connections(200)
        ingestion.poll(seconds=0)
        ingestion.wait()
        ingestion.noyo.move_connection(ids[-1], "unable_to_connect")

        report = ingestion.poll(seconds=0)

        assert not report.finished
        assert ingestion.reported_statuses() == ["unable_to_connect"]


def test_changes_behind_an_interrupted_run_are_not_missed() -> None:
    with Ingestion(rules=CLAMPED) as ingestion:
        ids = ingestion.add_connections(120)
        ingestion.poll(seconds=0)
        for record_id in ids[10:50]:
            ingestion.wait(1)
            ingestion.noyo.move_connection(record_id, "completed")

        assert any(ingestion.poll(seconds=0).finished for _ in range(60))

        assert sorted(ingestion.reported_statuses()) == ["completed"] * 40
        assert {ingestion.status(record_id) for record_id in ids[10:50]} == {"completed"}


def test_an_interrupted_sweep_is_not_restarted_at_once() -> None:
    with Ingestion(rules=CLAMPED) as ingestion:
        ingestion.add_connections(100)
        ingestion.poll()
        ingestion.wait(SWEEP)

        assert any(ingestion.poll(seconds=0).finished for _ in range(30))

        assert ingestion.poll().requests == 1


# ---------------------------------------------------------------- faults at Noyo


@pytest.mark.parametrize("kind", [FaultKind.GARBAGE, FaultKind.TRUNCATED, FaultKind.ERROR_AFTER])
def test_a_fault_keeps_the_ingested_rows_and_the_next_run_continues_there(kind: FaultKind) -> None:
    with Ingestion(rules=CLAMPED) as ingestion:
        ingestion.add_connections(60)
        ingestion.noyo.faults.add(Fault(kind, method="GET", skip=2, times=None))

        with pytest.raises(NoyoError):
            ingestion.poll()

        assert len(ingestion.records.states) == 40
        ingestion.noyo.faults.clear()
        assert ingestion.poll().finished
        assert len(ingestion.records.states) == 60


def test_a_failing_page_does_not_hide_new_changes() -> None:
    with Ingestion(rules=CLAMPED) as ingestion:
        ids = ingestion.add_connections(100)
        ingestion.run_first_polls()
        ingestion.wait(SWEEP)
        for _ in range(3):
            ingestion.noyo.faults.clear()
            ingestion.noyo.faults.add(Fault(FaultKind.GARBAGE, method="GET", skip=2, times=None))
            with pytest.raises(NoyoError):
                ingestion.poll()
        ingestion.wait()
        ingestion.noyo.move_connection(ids[3], "unable_to_connect")
        ingestion.noyo.faults.clear()
        ingestion.noyo.faults.add(Fault(FaultKind.GARBAGE, method="GET", skip=1, times=None))

        with pytest.raises(NoyoError):
            ingestion.poll()

        assert ingestion.reported_statuses(ids[3]) == ["unable_to_connect"]


def test_a_list_shorter_than_the_progress_is_read_from_the_start() -> None:
    with Ingestion(rules=replace(CLAMPED, past_the_end="422")) as ingestion:
        ids = ingestion.add_connections(100)
        for _ in range(4):
            ingestion.poll(seconds=0)
        for record_id in ids[5:]:
            ingestion.noyo.remove(record_id)

        with pytest.raises(NoyoError):
            ingestion.poll()

        assert ingestion.poll().finished


def test_a_continued_run_reads_some_earlier_rows_again() -> None:
    with Ingestion(rules=CLAMPED) as ingestion:
        ids = ingestion.add_connections(60)
        ingestion.poll(seconds=0)
        for record_id in ids[: policies.POLL_RESUME_OVERLAP]:
            ingestion.noyo.remove(record_id)

        assert ingestion.poll().finished

        assert set(ids) == {entity.key for entity in ingestion.records.states}


def test_an_interrupted_run_reports_its_progress() -> None:
    with Ingestion(rules=CLAMPED) as ingestion:
        ingestion.add_connections(30)
        ingestor = ingestion.page_ingestor(seconds=0)
        run = NewestFirstSync(PassProgress(offset=0, newest_modified=0, floor=0), ingestor)

        with pytest.raises(PollDeadlineReached):
            run.run()

        assert (run.progress().offset, run.progress().newest_modified, run.swept) == (
            20,
            ingestor.newest_modified,
            False,
        )


# ---------------------------------------------------------------- a list without an end


def test_a_list_that_ignores_the_offset_ends_and_is_reported() -> None:
    with Ingestion(rules=replace(CLAMPED, honours_offset=False)) as ingestion:
        ids = ingestion.add_connections(30)

        ingestion.poll()

        assert [row.row_id for row in ingestion.cursors.parked(EntityKind.CONNECTION)] == [LIST_ROW]
        assert len(ingestion.noyo.requests) < 10
        assert {ingestion.status(record_id) for record_id in ids[:20]} == {"processing"}


def test_a_list_that_ends_again_is_no_longer_reported() -> None:
    with Ingestion(rules=replace(CLAMPED, honours_offset=False)) as ingestion:
        ingestion.add_connections(30)
        ingestion.poll()
        ingestion.noyo.rules = CLAMPED
        ingestion.wait(SWEEP + 1)

        ingestion.poll()

        assert ingestion.cursors.parked(EntityKind.CONNECTION) == []
