"""The two ways to read one of Noyo's lists: newest first while its sort order can be trusted, by status otherwise.

If Noyo did not sort a list as requested, a change may be on any page. Then open records are read by status, and records
that vanished from there by id.
"""

from __future__ import annotations

from bot import policies
from bot.domain.polling import ListPage, PassProgress
from bot.domain.records import EntityRef
from bot.errors import NoyoRefused, UnreadableAnswer
from bot.usecases.records.ingest_pages import PageIngestor


class RepeatedPages:
    """Notices a list without an end: Noyo repeats pages, for example because it ignores the offset.

    Rows move while we page, so one repeated page may also be a coincidence, unless Noyo says that it is the first one.
    """

    def __init__(self) -> None:
        self._seen: set[str] = set()
        self._repeated = 0
        self._pages = 0

    def has_no_end(self, page: ListPage) -> bool:
        ids = {row.row_id for row in page.rows}
        self._repeated = self._repeated + 1 if ids and ids <= self._seen else 0
        self._seen |= ids
        first_again = page.offset == 0 and self._pages > 0
        self._pages += 1
        return (self._repeated > 0 and first_again) or self._repeated >= policies.POLL_MAX_REPEATED_PAGES


class NewestFirstSync:
    """One run through a list with a verified sort order. `first` is its first page, if it was read already."""

    def __init__(self, start: PassProgress, ingestor: PageIngestor, first: ListPage | None = None) -> None:
        self._start = start
        self._ingestor = ingestor
        self._first = first
        self._offset = start.offset
        self._floor = start.floor
        self._confirming = start.confirming
        self.swept = False
        """Whether the run read the whole list."""

    def progress(self) -> PassProgress:
        top = max(self._start.newest_modified, self._ingestor.newest_modified)
        return PassProgress(self._offset, top, self._floor, confirming=self._confirming)

    def run(self) -> None:
        """Run a pass, then repeat it from the top until it shows nothing new, since rows move while we page."""
        start = max(self._start.offset - policies.POLL_RESUME_OVERLAP, 0)
        pages = self._pass(start, resume_offset=self._start.offset)
        for _ in range(policies.POLL_MAX_PASSES):
            if self._confirming or (pages <= 1 and not start):
                return
            self._floor = (
                self._start.newest_modified if start and self._start.newest_modified else self._ingestor.newest_modified
            )
            start, self._confirming = 0, True
            pages = self._pass(0, resume_offset=0)

    def _pass(self, start: int, *, resume_offset: int) -> int:
        """Read from row `start` down to the floor; returns the number of pages.

        The pass is interrupted only after `resume_offset`, so that each run makes progress.
        """
        self._offset, pages, repeated = start, 0, RepeatedPages()
        while True:
            page = self._first or self._ingestor.newest(self._offset)
            self._first, pages = None, pages + 1
            changed = self._ingestor.ingest_page(page)
            self._confirming = self._confirming and not changed
            self._offset += len(page.rows)
            if repeated.has_no_end(page):
                self._ingestor.park_list()
                return pages
            if self._is_done(page):
                self.swept = self.swept or not self._floor
                return pages
            if self._offset > resume_offset:
                self._ingestor.ensure_time_left()

    def _is_done(self, page: ListPage) -> bool:
        if is_last(page, self._offset):
            return True
        readable = [row.record.modified for row in page.rows if row.record is not None]
        return bool(readable) and readable[-1] < self._floor


def is_last(page: ListPage, offset: int) -> bool:
    """Whether this is the last page; `offset` is the row after its last row."""
    return not page.rows or (page.total is not None and offset >= page.total)


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


class StatusSync:
    """One run. An interrupted run resumes where it stopped, in the open records or in the ids (in sorted order).

    A resumed run does not know what earlier runs saw, so it reads more records by id than necessary, never fewer.
    """

    swept = False

    def __init__(self, start: PassProgress, ingestor: PageIngestor) -> None:
        self._start = start
        self._ingestor = ingestor
        self._offset = start.offset
        self._last_id_read = start.last_id_read
        self._seen: set[EntityRef] = set()

    def progress(self) -> PassProgress:
        newest_modified = max(self._start.newest_modified, self._ingestor.newest_modified)
        return PassProgress(
            self._offset, newest_modified, self._start.floor, by_status=True, last_id_read=self._last_id_read
        )

    def run(self) -> None:
        if self._last_id_read is None:
            self._read_open()
        self._read_vanished()

    def _read_open(self) -> None:
        self._offset = max(self._start.offset - policies.POLL_RESUME_OVERLAP, 0)
        repeated = RepeatedPages()
        while True:
            page = self._ingestor.open_records(self._offset)
            self._ingestor.ingest_page(page)
            self._seen.update(row.record.entity for row in page.rows if row.record is not None)
            self._offset += len(page.rows)
            endless = repeated.has_no_end(page)
            if endless:
                self._ingestor.park_list()
            if endless or is_last(page, self._offset):
                self._last_id_read = ""
                return
            if self._offset > self._start.offset:
                self._ingestor.ensure_time_left()

    def _read_vanished(self) -> None:
        after = self._last_id_read or ""
        vanished = sorted(entity.key for entity in set(self._ingestor.known_open()) - self._seen if entity.key > after)
        for start in range(0, len(vanished), policies.POLL_IDS_PER_REQUEST):
            if start:
                self._ingestor.ensure_time_left()
            ids = vanished[start : start + policies.POLL_IDS_PER_REQUEST]
            self._ingestor.ingest_page(self._ingestor.by_ids(ids))
            self._last_id_read = ids[-1]
