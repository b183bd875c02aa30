"""The two ways to read one of Noyo's lists: newest first while its sort order can be trusted, by status otherwise.

If Noyo did not sort a list as requested, a change may be on any page. Then open records are read by status, and records
that vanished from there by id. A sweep of the whole list also reads by id which open records were not in it: each of
them that Noyo does not list by id either is refreshed, which finds out whether it was deleted.
"""

from __future__ import annotations

from bot import policies
from bot.domain.polling import ListPage, PassProgress
from bot.domain.records import EntityRef
from bot.errors import NoyoRefused, UnreadableAnswer
from bot.usecases.records.ingest_pages import PageIngestor


class PagesRead:
    """What the pages of one pass tell about the list."""

    def __init__(self) -> None:
        self._seen: set[str] = set()
        self._repeated = 0
        self._pages = 0
        self._total: int | None = None

    def moved_up(self, page: ListPage) -> int:
        """How many rows left the list since the previous page: as many moved up in front of this one, unseen."""
        before, self._total = self._total, page.total
        return max(before - page.total, 0) if before is not None and page.total is not None else 0

    def has_no_end(self, page: ListPage) -> bool:
        """Whether Noyo repeats pages, for example because it ignores the offset.

        Rows move while we page, so one repeated page may be a coincidence, unless Noyo says that it is the first one.
        """
        ids = {row.row_id for row in page.rows}
        self._repeated = self._repeated + 1 if ids and ids <= self._seen else 0
        self._seen |= ids
        first_again = page.offset == 0 and self._pages > 0
        self._pages += 1
        return (self._repeated > 0 and first_again) or self._repeated >= policies.POLL_MAX_REPEATED_PAGES


class VanishedRecords:
    """Reads by id what is open here and was not seen, in the order of ids. `last_id_read`: where to resume."""

    def __init__(self, ingestor: PageIngestor, last_id_read: str | None) -> None:
        self._ingestor = ingestor
        self.last_id_read = last_id_read
        """None until the list was read, then the last id read so far."""

    def read(self) -> None:
        after = self.last_id_read or ""
        unseen = set(self._ingestor.known_open()) - self._ingestor.seen
        vanished = sorted(entity.key for entity in unseen if entity.key > after)
        for start in range(0, len(vanished), policies.POLL_IDS_PER_REQUEST):
            if start:
                self._ingestor.ensure_time_left()
            ids = vanished[start : start + policies.POLL_IDS_PER_REQUEST]
            page = self._ingestor.by_ids(ids)
            self._ingestor.ingest_page(page)
            self._ingestor.refresh_unlisted(ids, page)
            self.last_id_read = ids[-1]


class NewestFirstSync:
    """One run through a list with a verified sort order. `first` is its first page, if it was read already."""

    def __init__(self, start: PassProgress, ingestor: PageIngestor, first: ListPage | None = None) -> None:
        self._start = start
        self._ingestor = ingestor
        self._first = first
        self._offset = start.offset
        self._floor = start.floor
        self._confirming = start.confirming
        self._vanished = VanishedRecords(ingestor, start.last_id_read)
        self.swept = start.last_id_read is not None
        """Whether the run read the whole list."""

    def progress(self) -> PassProgress:
        top = max(self._start.newest_modified, self._ingestor.newest_modified)
        last_id_read = self._vanished.last_id_read
        return PassProgress(self._offset, top, self._floor, confirming=self._confirming, last_id_read=last_id_read)

    def run(self) -> None:
        """Read the list and, if that was a complete sweep, what vanished from it."""
        if self._vanished.last_id_read is None:
            self._read_list()
            self._vanished.last_id_read = "" if self.swept else None
        if self.swept:
            self._vanished.read()

    def _read_list(self) -> None:
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
        self._offset, pages, pages_read = start, 0, PagesRead()
        while True:
            page = self._first or self._ingestor.newest(self._offset)
            self._first, pages = None, pages + 1
            changed = self._ingestor.ingest_page(page)
            self._confirming = self._confirming and not changed
            if moved_up := pages_read.moved_up(page):
                self._offset = max(self._offset - moved_up, 0)
                continue
            self._offset += len(page.rows)
            if pages_read.has_no_end(page):
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
        self._vanished = VanishedRecords(ingestor, start.last_id_read)

    def progress(self) -> PassProgress:
        newest_modified = max(self._start.newest_modified, self._ingestor.newest_modified)
        last_id_read = self._vanished.last_id_read
        return PassProgress(self._offset, newest_modified, self._start.floor, by_status=True, last_id_read=last_id_read)

    def run(self) -> None:
        if self._vanished.last_id_read is None:
            self._read_open()
        self._vanished.read()

    def _read_open(self) -> None:
        self._offset = max(self._start.offset - policies.POLL_RESUME_OVERLAP, 0)
        pages_read = PagesRead()
        while True:
            page = self._ingestor.open_records(self._offset)
            self._ingestor.ingest_page(page)
            if moved_up := pages_read.moved_up(page):
                self._offset = max(self._offset - moved_up, 0)
                continue
            self._offset += len(page.rows)
            endless = pages_read.has_no_end(page)
            if endless:
                self._ingestor.park_list()
            if endless or is_last(page, self._offset):
                self._vanished.last_id_read = ""
                return
            if self._offset > self._start.offset:
                self._ingestor.ensure_time_left()
