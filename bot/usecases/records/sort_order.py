"""Whether Noyo sorted a list as it was asked to. If it did not, what is new may be on any page."""

from __future__ import annotations

from bot.domain.entities import EntityRef
from bot.domain.polling import ListPage
from bot.errors import NoyoRefused, UnreadableAnswer
from bot.usecases.records.ingest_pages import PageIngestor


def is_sorted_newest_first(
    page: ListPage, known: tuple[int, EntityRef] | None, ingestor: PageIngestor
) -> bool:
    """`page` is the first of the list, `known` the newest `modified` that we know from anywhere, and whose it is.

    In order, and nothing newer known: unless that one is gone at Noyo, or is a row that cannot be read.
    """
    modified = [row.record.modified for row in page.rows if row.record is not None]
    if modified != sorted(modified, reverse=True):
        return False
    if known is None or (modified and modified[0] >= known[0]):
        return True
    unreadable = {row.row_id for row in page.rows if row.record is None}
    top_may_be_newer = bool(page.rows) and page.rows[0].record is None
    return top_may_be_newer or known[1].key in unreadable or _gone(known[1], page, ingestor)


def _gone(entity: EntityRef, page: ListPage, ingestor: PageIngestor) -> bool:
    """Whether the record is no longer there, or is the one among the page's rows that cannot be read."""
    try:
        ingestor.read_again(entity)
    except NoyoRefused:
        return True
    except UnreadableAnswer:
        return any(row.record is None for row in page.rows)
    return False
