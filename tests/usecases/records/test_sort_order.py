"""Verification of the sort order: the list must begin with the newest known record."""

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


def test_an_order_that_starts_below_the_newest_known_record_is_refused(ingestion: Ingestion) -> None:
    ids = ingestion.add_connections(3)
    ingestion.run_first_polls()
    ingestion.wait()
    moved = ingestion.noyo.move_connection(ids[2], "completed")
    ingestion.ingest(ingestion.client.connection(moved["id"]))
    ingestion.noyo.rules = Rules(settle_script=None, honours_sort=False)

    assert not ingestion.poll().sort_trusted


def test_a_deleted_newest_record_does_not_refuse_the_order(ingestion: Ingestion) -> None:
    ids = ingestion.add_connections(5)
    ingestion.poll()
    ingestion.noyo.remove(ids[0])
    ingestion.wait()

    report = ingestion.poll()

    assert report.sort_trusted
    assert report.requests == 2


def test_an_unsorted_list_is_refused(ingestion: Ingestion) -> None:
    ingestion.add_connections(3, every=-60)
    ingestion.noyo.rules = Rules(settle_script=None, honours_sort=False)
    ingestor = ingestion.page_ingestor()
    page = ingestor.newest(0)
    reversed_page = replace(page, rows=tuple(sorted(page.rows, key=_modified)))

    assert not is_sorted_newest_first(reversed_page, None, ingestor)


def test_without_known_records_a_sorted_list_is_accepted(ingestion: Ingestion) -> None:
    ingestion.add_connections(3)
    ingestor = ingestion.page_ingestor()

    assert is_sorted_newest_first(ingestor.newest(0), None, ingestor)
    assert ingestor.report.requests == 1


def test_an_unreadable_first_row_may_be_the_newest(ingestion: Ingestion) -> None:
    ids = ingestion.add_connections(3)
    ingestion.noyo.corrupt(ids[0], "id missing")
    ingestor = ingestion.page_ingestor()

    known = (START, EntityRef(EntityKind.CONNECTION, ids[1]))
    assert is_sorted_newest_first(ingestor.newest(0), known, ingestor)


def _modified(row: ListRow) -> int:
    assert row.record is not None
    return row.record.modified
