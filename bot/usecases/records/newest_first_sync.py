"""Sync a list sorted by `modified`, newest first, down to where nothing can have changed."""

from __future__ import annotations

from bot import policies
from bot.domain.polling import ListPage, PassProgress
from bot.usecases.records.ingest_pages import PageIngestor


class NewestFirstSync:
    """One run through a list with a verified sort order. `first` is its first page, if it was read already."""

    def __init__(self, start_: PassProgress, ingestor: PageIngestor, first: ListPage | None = None) -> None:
        self._start = start_
        self._ingestor = ingestor
        self._first = first
        self._offset = start_.offset
        self._floor = start_.floor
        self._confirming = start_.confirming
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
        self._offset, pages = start, 0
        while True:
            page = self._first or self._ingestor.newest(self._offset)
            self._first, pages = None, pages + 1
            changed = self._ingestor.ingest_page(page)
            self._confirming = self._confirming and not changed
            self._offset += len(page.rows)
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
