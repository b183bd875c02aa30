"""Verify that Noyo sorted a list as requested. If it did not, changes may be on any page."""

from __future__ import annotations

from bot.domain.polling import ListPage
from bot.domain.records import EntityRef
from bot.errors import NoyoRefused, UnreadableAnswer
from bot.usecases.records.ingest_pages import PageIngestor


def is_sorted_newest_first(page: ListPage, newest_known: tuple[int, EntityRef] | None, ingestor: PageIngestor) -> bool:
    """`page` is the list's first page; `newest_known` the newest `modified` known from any source, and whose it is.

    The page must be in order and begin at least as new as `newest_known`, unless that record is gone or unreadable.
    """
    modified_times = [row.record.modified for row in page.rows if row.record is not None]
    if modified_times != sorted(modified_times, reverse=True):
        return False
    if newest_known is None or (modified_times and modified_times[0] >= newest_known[0]):
        return True
    unreadable = {row.row_id for row in page.rows if row.record is None}
    first_row_is_unreadable = bool(page.rows) and page.rows[0].record is None
    return first_row_is_unreadable or newest_known[1].key in unreadable or _is_gone(newest_known[1], page, ingestor)


def _is_gone(entity: EntityRef, page: ListPage, ingestor: PageIngestor) -> bool:
    """Whether Noyo no longer has the record, or it may be one of the page's unreadable rows."""
    try:
        ingestor.read_record(entity)
    except NoyoRefused:
        return True
    except UnreadableAnswer:
        return any(row.record is None for row in page.rows)
    return False
