"""By status: where Noyo does not sort, no change is missed either, however often the run is cut."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot import policies
from bot.domain.entities import EntityKind
from bot.domain.polling import PassProgress
from bot.errors import NoyoError
from bot.usecases.records.status_sync import StatusSync
from infra.local.noyo import Rules
from infra.local.noyo.faults import Fault, FaultKind
from tests.usecases.in_memory import Learner

UNSORTED = Rules(settle_script=None, honours_sort=False, max_page_size=20)


def test_where_the_sort_is_ignored_open_records_are_read_by_status_and_vanished_ones_by_id() -> None:
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


def test_after_trouble_the_next_run_goes_on_by_status() -> None:
    with Learner(rules=UNSORTED) as learner:
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


def test_cut_at_every_page_it_goes_on_where_it_was_and_comes_to_its_end() -> None:
    """Among the open ones first, then among the ids of those that are open here and no longer there."""
    with Learner(rules=UNSORTED) as learner:
        ids = learner.add(2 * policies.POLL_IDS_PER_REQUEST + 30)
        learner.begin()
        learner.wait()
        vanished = ids[5 : 5 + policies.POLL_IDS_PER_REQUEST + 10]
        for one in vanished:
            learner.noyo.move_connection(one, "completed")
        changed = [one for one in ids if one not in vanished][::9]
        for one in changed:
            learner.noyo.move_connection(one, "unable_to_connect")

        reached = []
        while not learner.poll(seconds=0).finished:
            where = learner.cursors.held[EntityKind.CONNECTION].progress
            assert where is not None
            reached.append((where.last_id_read or "", where.offset))

        assert reached == sorted(set(reached))
        assert any(read_up_to for read_up_to, _ in reached)
        assert sorted(learner.told()) == ["completed"] * len(vanished) + ["unable_to_connect"] * len(changed)
        assert learner.cursors.held[EntityKind.CONNECTION].progress is None


def test_while_a_cut_run_goes_on_the_first_page_is_looked_at_too() -> None:
    with Learner(rules=UNSORTED) as learner:
        learner.add(60)
        learner.begin()
        learner.wait()
        learner.poll(seconds=0)
        at_the_top = learner.client.newest(EntityKind.CONNECTION, offset=0, page_size=1).rows[0].row_id
        learner.noyo.move_connection(at_the_top, "unable_to_connect")

        assert not learner.poll(seconds=0).finished

        assert learner.told() == ["unable_to_connect"]


def test_a_list_that_became_shorter_than_where_the_run_was_cut_is_begun_again() -> None:
    with Learner(rules=replace(UNSORTED, past_the_end="422")) as learner:
        ids = learner.add(100)
        learner.begin()
        learner.wait()
        for _ in range(3):
            learner.poll(seconds=0)
        for one in ids[5:]:
            learner.noyo.move_connection(one, "completed")

        with pytest.raises(NoyoError):
            learner.poll()

        assert learner.poll().finished
        assert learner.told() == ["completed"] * 95


def test_what_a_run_sees_by_status_it_does_not_read_by_id() -> None:
    with Learner() as learner:
        learner.add(3)
        learner.begin()
        ingestor = learner.intake()

        StatusSync(PassProgress(offset=0, newest_modified=0, floor=1, by_status=True), ingestor).run()

        assert ingestor.report.requests == 1
