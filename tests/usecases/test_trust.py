"""Trust in the order: the list must begin with the newest that we know of."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from bot.domain.subjects import Kind, Subject
from bot.ports import Row
from bot.usecases.trust import begins_with_the_newest
from infra.local.noyo import Rules
from tests.usecases.learning import START, Learner


@pytest.fixture
def learner() -> Iterator[Learner]:
    with Learner() as learner:
        yield learner


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


def test_a_list_out_of_order_is_not_trusted_whatever_we_know(learner: Learner) -> None:
    learner.add(3, every=-60)
    learner.noyo.rules = Rules(settle_script=None, honours_sort=False)
    intake = learner.intake()
    page = intake.newest(0)
    upside_down = replace(page, rows=tuple(sorted(page.rows, key=_modified)))

    assert not begins_with_the_newest(upside_down, None, intake)


def test_where_nothing_is_known_yet_a_list_in_order_is_trusted_without_a_question(learner: Learner) -> None:
    learner.add(3)
    intake = learner.intake()

    assert begins_with_the_newest(intake.newest(0), None, intake)
    assert intake.report.requests == 1


def test_a_row_at_the_top_that_cannot_be_read_may_be_the_newest(learner: Learner) -> None:
    ids = learner.add(3)
    learner.noyo.unreadable(ids[0], "id missing")
    intake = learner.intake()

    known = (START, Subject(Kind.CONNECTION, ids[1]))
    assert begins_with_the_newest(intake.newest(0), known, intake)


def _modified(row: Row) -> int:
    assert row.record is not None
    return row.record.modified
