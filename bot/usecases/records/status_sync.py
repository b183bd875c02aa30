"""Go through a list that Noyo does not sort: what is open, by status, and what vanished from there, by id."""

from __future__ import annotations

from bot.domain.entities import EntityRef
from bot.domain.polling import PassProgress
from bot.usecases.records.ingest_pages import PageIngestor
from bot.usecases.records.newest_first_sync import STEP_BACK, is_last

BY_IDS = 50


class StatusSync:
    """One run. Cut, it goes on where it was: among the open ones, or among the ids read (in their own order).

    A run that goes on has not seen itself what the runs before it saw, so it reads more by id: never too little.
    """

    swept = False

    def __init__(self, job: PassProgress, ingestor: PageIngestor) -> None:
        self._job = job
        self._intake = ingestor
        self._offset = job.offset
        self._read_up_to = job.last_id_read
        self._seen: set[EntityRef] = set()

    def reached(self) -> PassProgress:
        top = max(self._job.top, self._intake.top)
        return PassProgress(self._offset, top, self._job.floor, by_status=True, last_id_read=self._read_up_to)

    def go(self) -> None:
        if self._read_up_to is None:
            self._open_ones()
        self._vanished_ones()

    def _open_ones(self) -> None:
        self._offset = max(self._job.offset - STEP_BACK, 0)
        while True:
            page = self._intake.open_ones(self._offset)
            self._intake.ingest_page(page)
            self._seen.update(row.record.entity for row in page.rows if row.record is not None)
            self._offset += len(page.rows)
            if is_last(page, self._offset):
                self._read_up_to = ""
                return
            if self._offset > self._job.offset:
                self._intake.ensure_time_left()

    def _vanished_ones(self) -> None:
        after = self._read_up_to or ""
        vanished = sorted(
            entity.key for entity in set(self._intake.known_open()) - self._seen if entity.key > after
        )
        for start in range(0, len(vanished), BY_IDS):
            if start:
                self._intake.ensure_time_left()
            ids = vanished[start : start + BY_IDS]
            self._intake.ingest_page(self._intake.by_ids(ids))
            self._read_up_to = ids[-1]
