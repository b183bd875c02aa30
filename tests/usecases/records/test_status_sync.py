"""By status: where Noyo does not sort, no change is missed either, however often the run is cut."""

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


def test_where_the_sort_is_ignored_open_records_are_read_by_status_and_vanished_ones_by_id() -> None:
    with Ingestion() as ingestion:
        ids = ingestion.add(130)
        ingestion.begin()
        ingestion.noyo.rules = Rules(settle_script=None, honours_sort=False)
        ingestion.wait()
        ingestion.noyo.move_connection(ids[3], "unable_to_connect")
        ingestion.noyo.move_connection(ids[4], "completed")

        report = ingestion.poll()

        assert not report.sort_trusted
        assert (ingestion.told(ids[3]), ingestion.told(ids[4])) == (["unable_to_connect"], ["completed"])
        assert any("id" in one.query for one in ingestion.noyo.requests)
        assert ingestion.poll().changed == 0


def test_after_trouble_the_next_run_goes_on_by_status() -> None:
    with Ingestion(rules=UNSORTED) as ingestion:
        ids = ingestion.add(60)
        ingestion.begin()
        ingestion.wait()
        ingestion.noyo.move_connection(ids[50], "action_required")
        ingestion.noyo.move_connection(ids[0], "unable_to_connect")
        ingestion.noyo.faults.add(Fault(FaultKind.GARBAGE, method="GET", skip=3, times=20))
        with pytest.raises(NoyoError):
            ingestion.poll()
        ingestion.noyo.faults.clear()

        assert not ingestion.poll().sort_trusted

        assert sorted(ingestion.told()) == ["action_required", "unable_to_connect"]


def test_cut_at_every_page_it_goes_on_where_it_was_and_comes_to_its_end() -> None:
    """Among the open ones first, then among the ids of those that are open here and no longer there."""
    with Ingestion(rules=UNSORTED) as ingestion:
        ids = ingestion.add(2 * policies.POLL_IDS_PER_REQUEST + 30)
        ingestion.begin()
        ingestion.wait()
        vanished = ids[5 : 5 + policies.POLL_IDS_PER_REQUEST + 10]
        for one in vanished:
            ingestion.noyo.move_connection(one, "completed")
        changed = [one for one in ids if one not in vanished][::9]
        for one in changed:
            ingestion.noyo.move_connection(one, "unable_to_connect")

        reached = []
        while not ingestion.poll(seconds=0).finished:
            where = ingestion.cursors.held[EntityKind.CONNECTION].progress
            assert where is not None
            reached.append((where.last_id_read or "", where.offset))

        assert reached == sorted(set(reached))
        assert any(read_up_to for read_up_to, _ in reached)
        assert sorted(ingestion.told()) == ["completed"] * len(vanished) + ["unable_to_connect"] * len(
            changed
        )
        assert ingestion.cursors.held[EntityKind.CONNECTION].progress is None


def test_while_a_cut_run_goes_on_the_first_page_is_looked_at_too() -> None:
    with Ingestion(rules=UNSORTED) as ingestion:
        ingestion.add(60)
        ingestion.begin()
        ingestion.wait()
        ingestion.poll(seconds=0)
        at_the_top = ingestion.client.newest(EntityKind.CONNECTION, offset=0, page_size=1).rows[0].row_id
        ingestion.noyo.move_connection(at_the_top, "unable_to_connect")

        assert not ingestion.poll(seconds=0).finished

        assert ingestion.told() == ["unable_to_connect"]


def test_a_list_that_became_shorter_than_where_the_run_was_cut_is_begun_again() -> None:
    with Ingestion(rules=replace(UNSORTED, past_the_end="422")) as ingestion:
        ids = ingestion.add(100)
        ingestion.begin()
        ingestion.wait()
        for _ in range(3):
            ingestion.poll(seconds=0)
        for one in ids[5:]:
            ingestion.noyo.move_connection(one, "completed")

        with pytest.raises(NoyoError):
            ingestion.poll()

        assert ingestion.poll().finished
        assert ingestion.told() == ["completed"] * 95


def test_what_a_run_sees_by_status_it_does_not_read_by_id() -> None:
    with Ingestion() as ingestion:
        ingestion.add(3)
        ingestion.begin()
        ingestor = ingestion.intake()

        StatusSync(PassProgress(offset=0, newest_modified=0, floor=1, by_status=True), ingestor).run()

        assert ingestor.report.requests == 1
