"""Newest first: nothing is missed where rows move, pages end, a run is cut, or Noyo is unwell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from bot import policies
from bot.domain.polling import PassProgress
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


def test_nothing_is_missed_while_rows_move_between_the_pages() -> None:
    with Ingestion(rules=CLAMPED) as ingestion:
        ids = ingestion.add(100)
        ingestion.begin()
        ingestion.wait(3600)
        for one in ids[:60]:
            ingestion.noyo.move_connection(one, "noyo_review")
            ingestion.wait(1)
        moving = iter([ids[2], ids[30], ids[90], ids[99]])

        def move(path: str, query: Mapping[str, str]) -> None:
            del query
            one = next(moving, None)
            if one is not None and path.endswith(LIST):
                ingestion.wait(1)
                ingestion.noyo.move_connection(one, "completed")

        ingestion.noyo.on_list = move
        ingestion.poll()

        truth = {row["id"]: row["status"] for row in ingestion.noyo.connections()}
        assert {one: ingestion.status(one) for one in ids} == truth
        assert len(ingestion.records.told) == len({event.id for event in ingestion.records.told})


def test_a_row_that_vanishes_between_pages_hides_no_other() -> None:
    with Ingestion(rules=CLAMPED) as ingestion:
        ids = ingestion.add(60)
        removed = iter(ids[:1])

        def vanish(path: str, query: Mapping[str, str]) -> None:
            del path, query
            for one in removed:
                ingestion.noyo.remove(one)

        ingestion.noyo.on_list = vanish
        ingestion.poll()
        ingestion.wait(SWEEP)
        ingestion.poll()

        assert set(ids) == {entity.key for entity in ingestion.records.states}


# ---------------------------------------------------------------- a run that is cut


@pytest.mark.parametrize("every", [60, 0], ids=["spread", "of one moment"])
@pytest.mark.parametrize("size", [100, 20, 3], ids=["whole pages", "clamped", "tiny"])
def test_a_first_run_cut_at_every_page_comes_to_its_end(every: int, size: int) -> None:
    with Ingestion(rules=Rules(settle_script=None, max_page_size=size)) as ingestion:
        number = 2 * size + 10
        ingestion.add(number, every=every)

        runs = next(run for run in range(1, 60) if ingestion.poll(seconds=0).finished)

        assert runs > 1
        assert len(ingestion.records.states) == number
        assert ingestion.records.told == []
        assert ingestion.cursors.held[EntityKind.CONNECTION].swept_at is not None


def test_while_a_cut_run_goes_on_what_is_newest_is_told_at_once() -> None:
    with Ingestion(rules=CLAMPED) as ingestion:
        ids = ingestion.add(200)
        ingestion.poll(seconds=0)
        ingestion.wait()
        ingestion.noyo.move_connection(ids[-1], "unable_to_connect")

        report = ingestion.poll(seconds=0)

        assert not report.finished
        assert ingestion.told() == ["unable_to_connect"]


def test_what_changes_behind_a_cut_run_is_not_missed() -> None:
    with Ingestion(rules=CLAMPED) as ingestion:
        ids = ingestion.add(120)
        ingestion.poll(seconds=0)
        for one in ids[10:50]:
            ingestion.wait(1)
            ingestion.noyo.move_connection(one, "completed")

        assert any(ingestion.poll(seconds=0).finished for _ in range(60))

        assert sorted(ingestion.told()) == ["completed"] * 40
        assert {ingestion.status(one) for one in ids[10:50]} == {"completed"}


def test_a_cut_sweep_is_not_begun_again_at_once() -> None:
    with Ingestion(rules=CLAMPED) as ingestion:
        ingestion.add(100)
        ingestion.poll()
        ingestion.wait(SWEEP)

        assert any(ingestion.poll(seconds=0).finished for _ in range(30))

        assert ingestion.poll().requests == 1


# ---------------------------------------------------------------- trouble at Noyo


@pytest.mark.parametrize("kind", [FaultKind.GARBAGE, FaultKind.TRUNCATED, FaultKind.ERROR_AFTER])
def test_trouble_in_the_middle_keeps_what_was_taken_and_the_next_run_goes_on_there(kind: FaultKind) -> None:
    with Ingestion(rules=CLAMPED) as ingestion:
        ingestion.add(60)
        ingestion.noyo.faults.add(Fault(kind, method="GET", skip=2, times=20))

        with pytest.raises(NoyoError):
            ingestion.poll()

        assert len(ingestion.records.states) == 40
        ingestion.noyo.faults.clear()
        assert ingestion.poll().finished
        assert len(ingestion.records.states) == 60


def test_a_page_that_never_comes_does_not_hide_what_is_new() -> None:
    with Ingestion(rules=CLAMPED) as ingestion:
        ids = ingestion.add(100)
        ingestion.begin()
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

        assert ingestion.told(ids[3]) == ["unable_to_connect"]


def test_a_list_that_became_shorter_than_where_the_run_was_cut_is_begun_again() -> None:
    with Ingestion(rules=replace(CLAMPED, past_the_end="422")) as ingestion:
        ids = ingestion.add(100)
        for _ in range(4):
            ingestion.poll(seconds=0)
        for one in ids[5:]:
            ingestion.noyo.remove(one)

        with pytest.raises(NoyoError):
            ingestion.poll()

        assert ingestion.poll().finished


def test_a_run_that_goes_on_reads_the_rows_before_it_again_since_others_may_have_moved_up() -> None:
    with Ingestion(rules=CLAMPED) as ingestion:
        ids = ingestion.add(60)
        ingestion.poll(seconds=0)
        for one in ids[: policies.POLL_RESUME_OVERLAP]:
            ingestion.noyo.remove(one)

        assert ingestion.poll().finished

        assert set(ids) == {entity.key for entity in ingestion.records.states}


def test_it_says_where_it_is_so_that_another_run_can_go_on_there() -> None:
    with Ingestion(rules=CLAMPED) as ingestion:
        ingestion.add(30)
        ingestor = ingestion.intake(seconds=0)
        run = NewestFirstSync(PassProgress(offset=0, newest_modified=0, floor=0), ingestor)

        with pytest.raises(PollDeadlineReached):
            run.run()

        assert (run.progress().offset, run.progress().newest_modified, run.swept) == (
            20,
            ingestor.newest_modified,
            False,
        )
