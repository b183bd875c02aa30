"""Sync an unsorted list: read open records by status, and records that vanished from there by id."""

from __future__ import annotations

from bot import policies
from bot.domain.polling import PassProgress
from bot.domain.records import EntityRef
from bot.usecases.records.ingest_pages import PageIngestor
from bot.usecases.records.newest_first_sync import is_last


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
        while True:
            page = self._ingestor.open_records(self._offset)
            self._ingestor.ingest_page(page)
            self._seen.update(row.record.entity for row in page.rows if row.record is not None)
            self._offset += len(page.rows)
            if is_last(page, self._offset):
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
