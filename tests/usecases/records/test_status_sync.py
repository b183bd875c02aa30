"""By status: no change is missed if Noyo does not sort, however often the run is interrupted."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot import policies
from bot.domain.polling import PassProgress
from bot.domain.records import EntityKind
from bot.errors import NoyoError
from bot.usecases.records.sync import StatusSync
from infra.local.noyo import Rules
from infra.local.noyo.faults import Fault, FaultKind
from tests.usecases.in_memory import Ingestion

UNSORTED = Rules(settle_script=None, honours_sort=False, max_page_size=20)


def test_without_sorting_open_records_are_read_by_status_and_missing_ones_by_id() -> None:
    with Ingestion() as ingestion:
        ids = ingestion.add_connections(130)
        ingestion.run_first_polls()
        ingestion.noyo.rules = Rules(settle_script=None, honours_sort=False)
        ingestion.wait()
        ingestion.noyo.move_connection(ids[3], "unable_to_connect")
        ingestion.noyo.move_connection(ids[4], "completed")

        report = ingestion.poll()

        assert not report.sort_trusted
        assert (ingestion.reported_statuses(ids[3]), ingestion.reported_statuses(ids[4])) == (
            ["unable_to_connect"],
            ["completed"],
        )
        assert any("id" in request.query for request in ingestion.noyo.requests)
        assert ingestion.poll().changed == 0


def test_after_a_fault_the_next_run_continues_by_status() -> None:
    with Ingestion(rules=UNSORTED) as ingestion:
        ids = ingestion.add_connections(60)
        ingestion.run_first_polls()
        ingestion.wait()
        ingestion.noyo.move_connection(ids[50], "action_required")
        ingestion.noyo.move_connection(ids[0], "unable_to_connect")
        ingestion.noyo.faults.add(Fault(FaultKind.GARBAGE, method="GET", skip=3, times=None))
        with pytest.raises(NoyoError):
            ingestion.poll()
        ingestion.noyo.faults.clear()

        assert not ingestion.poll().sort_trusted

        assert sorted(ingestion.reported_statuses()) == ["action_required", "unable_to_connect"]


def test_a_run_interrupted_at_every_page_continues_and_completes() -> None:
    """Open records first, then the ids of records that are open here and no longer listed as open."""
    with Ingestion(rules=UNSORTED) as ingestion:
        ids = ingestion.add_connections(2 * policies.POLL_IDS_PER_REQUEST + 30)
        ingestion.run_first_polls()
        ingestion.wait()
        removed = ids[5 : 5 + policies.POLL_IDS_PER_REQUEST + 10]
        for record_id in removed:
            ingestion.noyo.move_connection(record_id, "completed")
        changed = [record_id for record_id in ids if record_id not in removed][::9]
        for record_id in changed:
            ingestion.noyo.move_connection(record_id, "unable_to_connect")

        positions = []
        while not ingestion.poll(seconds=0).finished:
            where = ingestion.cursors.saved[EntityKind.CONNECTION].progress
            assert where is not None
            positions.append((where.last_id_read or "", where.offset))

        assert positions == sorted(set(positions))
        assert any(last_id for last_id, _ in positions)
        assert sorted(ingestion.reported_statuses()) == ["completed"] * len(removed) + ["unable_to_connect"] * len(
            changed
        )
        assert ingestion.cursors.saved[EntityKind.CONNECTION].progress is None


def test_a_continued_run_reads_the_first_page_too() -> None:
    with Ingestion(rules=UNSORTED) as ingestion:
        ingestion.add_connections(60)
        ingestion.run_first_polls()
        ingestion.wait()
        ingestion.poll(seconds=0)
        newest_id = ingestion.client.newest(EntityKind.CONNECTION, offset=0, page_size=5).rows[0].row_id
        ingestion.noyo.move_connection(newest_id, "unable_to_connect")

        assert not ingestion.poll(seconds=0).finished

        assert ingestion.reported_statuses() == ["unable_to_connect"]


def test_a_list_shorter_than_the_progress_is_read_from_the_start() -> None:
    with Ingestion(rules=replace(UNSORTED, past_the_end="422")) as ingestion:
        ids = ingestion.add_connections(100)
        ingestion.run_first_polls()
        ingestion.wait()
        for _ in range(3):
            ingestion.poll(seconds=0)
        for record_id in ids[5:]:
            ingestion.noyo.move_connection(record_id, "completed")

        with pytest.raises(NoyoError):
            ingestion.poll()

        assert ingestion.poll().finished
        assert ingestion.reported_statuses() == ["completed"] * 95


def test_records_read_by_status_are_not_read_by_id() -> None:
    with Ingestion() as ingestion:
        ingestion.add_connections(3)
        ingestion.run_first_polls()
        ingestor = ingestion.page_ingestor()

        StatusSync(PassProgress(offset=0, newest_modified=0, floor=1, by_status=True), ingestor).run()

        assert ingestor.report.requests == 1
