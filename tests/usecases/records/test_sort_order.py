"""Trust in the order: the list must begin with the newest that we know of."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from bot.domain.polling import ListRow
from bot.domain.records import EntityKind, EntityRef
from bot.usecases.records.sync import is_sorted_newest_first
from infra.local.noyo import Rules
from tests.usecases.in_memory import START, Ingestion


@pytest.fixture
def ingestion() -> Iterator[Ingestion]:
    with Ingestion() as ingestion:
        yield ingestion


def test_an_order_that_lies_below_what_we_know_is_not_trusted(ingestion: Ingestion) -> None:
    ids = ingestion.add(3)
    ingestion.begin()
    ingestion.wait()
    moved = ingestion.noyo.move_connection(ids[2], "completed")
    ingestion.observe(ingestion.client.connection(moved["id"]))
    ingestion.noyo.rules = Rules(settle_script=None, honours_sort=False)

    assert not ingestion.poll().sort_trusted


def test_the_newest_known_that_is_gone_at_noyo_does_not_spoil_the_trust(ingestion: Ingestion) -> None:
    ids = ingestion.add(5)
    ingestion.poll()
    ingestion.noyo.remove(ids[0])
    ingestion.wait()

    report = ingestion.poll()

    assert report.sort_trusted
    assert report.requests == 2


def test_a_list_out_of_order_is_not_trusted_whatever_we_know(ingestion: Ingestion) -> None:
    ingestion.add(3, every=-60)
    ingestion.noyo.rules = Rules(settle_script=None, honours_sort=False)
    ingestor = ingestion.intake()
    page = ingestor.newest(0)
    upside_down = replace(page, rows=tuple(sorted(page.rows, key=_modified)))

    assert not is_sorted_newest_first(upside_down, None, ingestor)


def test_where_nothing_is_known_yet_a_list_in_order_is_trusted_without_a_question(
    ingestion: Ingestion,
) -> None:
    ingestion.add(3)
    ingestor = ingestion.intake()

    assert is_sorted_newest_first(ingestor.newest(0), None, ingestor)
    assert ingestor.report.requests == 1


def test_a_row_at_the_top_that_cannot_be_read_may_be_the_newest(ingestion: Ingestion) -> None:
    ids = ingestion.add(3)
    ingestion.noyo.corrupt(ids[0], "id missing")
    ingestor = ingestion.intake()

    known = (START, EntityRef(EntityKind.CONNECTION, ids[1]))
    assert is_sorted_newest_first(ingestor.newest(0), known, ingestor)


def _modified(row: ListRow) -> int:
    assert row.record is not None
    return row.record.modified
