"""Go through a list from its newest row down, as far as something may have changed."""

from __future__ import annotations

from bot.domain.polling import ListPage, PassProgress
from bot.usecases.records.ingest_pages import PageIngestor

PASSES = 20
STEP_BACK = 5
"""Rows that a cut pass reads again, since a row that vanished above pulls the others up."""


class NewestFirstSync:
    """One run through a list whose order is trusted. `first` is the page at its top, where it was read already."""

    def __init__(self, job: PassProgress, ingestor: PageIngestor, first: ListPage | None = None) -> None:
        self._job = job
        self._intake = ingestor
        self._first = first
        self._offset = job.offset
        self._floor = job.floor
        self._confirming = job.confirming
        self.swept = False
        """Whether it went through everything."""

    def reached(self) -> PassProgress:
        top = max(self._job.top, self._intake.top)
        return PassProgress(self._offset, top, self._floor, confirming=self._confirming)

    def go(self) -> None:
        """The pass itself, and then again from the top until nothing new shows, since rows move while we page."""
        start = max(self._job.offset - STEP_BACK, 0)
        pages = self._pass(start, beyond=self._job.offset)
        for _ in range(PASSES):
            if self._confirming or (pages <= 1 and not start):
                return
            self._floor = self._job.top if start and self._job.top else self._intake.top
            start, self._confirming = 0, True
            pages = self._pass(0, beyond=0)

    def _pass(self, start: int, *, beyond: int) -> int:
        """Goes down from row `start` to the floor; how many pages that was.

        It is cut only `beyond` the row where the run before was, so that each run gets further.
        """
        self._offset, pages = start, 0
        while True:
            page = self._first or self._intake.newest(self._offset)
            self._first, pages = None, pages + 1
            changed = self._intake.ingest_page(page)
            self._confirming = self._confirming and not changed
            self._offset += len(page.rows)
            if self._over(page):
                self.swept = self.swept or not self._floor
                return pages
            if self._offset > beyond:
                self._intake.ensure_time_left()

    def _over(self, page: ListPage) -> bool:
        if is_last(page, self._offset):
            return True
        readable = [row.record.modified for row in page.rows if row.record is not None]
        return bool(readable) and readable[-1] < self._floor


def is_last(page: ListPage, offset: int) -> bool:
    """Whether nothing comes after this page; `offset` is the row after its last."""
    return not page.rows or (page.total is not None and offset >= page.total)
