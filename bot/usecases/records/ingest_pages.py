"""Ingest one of Noyo's lists page by page, and park the rows that cannot be read."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field

from bot import policies
from bot.domain.operations import ReplyTo
from bot.domain.polling import CURSOR_ROW, LIST_ROW, ListPage, ParkedRow, PollCursor
from bot.domain.record_states import shows_something_new
from bot.domain.records import Disconnection, DisconnectionStatus, EntityKind, EntityRef, Record, open_statuses
from bot.errors import NoyoError, UnknownSchema
from bot.telemetry import safe_label
from bot.usecases.dependencies import Dependencies
from bot.usecases.operations import submit
from bot.usecases.records.ingest import ingest, read_record

logger = logging.getLogger("switchboard")

CURSOR_UNREADABLE = "the position in the list could not be read, so the whole list is read again"


class PollDeadlineReached(Exception):
    """The time for this poll is up."""


@dataclass(slots=True)
class PollReport:
    """The result of polling one list once."""

    requests: int = 0
    changed: int = 0
    newly_parked: list[ParkedRow] = field(default_factory=list)
    sort_trusted: bool = True
    finished: bool = False


class PageIngestor:
    """Reads one list for one poll and remembers what it saw. `cursor` is the cursor at the start of the poll."""

    def __init__(self, kind: EntityKind, cursor: PollCursor, deps: Dependencies) -> None:
        self.kind = kind
        self.cursor = cursor
        self.started_at = deps.now()
        self.report = PollReport()
        self.newest_modified = 0
        """The highest `modified` seen so far that is not in the future."""
        self.awaiting_decision: dict[EntityRef, Record] = {}
        """The disconnection requests seen that await a decision."""
        self.seen: set[EntityRef] = set()
        """The records on the pages that this run ingested."""
        self._deps = deps
        self._parked = {parked.row_id for parked in deps.polling.parked(kind)}
        self._unreadable: set[str] = set()

    @property
    def parked(self) -> int:
        """The number of rows known to be unreadable."""
        return len(self._parked)

    # ---------------------------------------------------------------- Noyo

    def newest(self, offset: int) -> ListPage:
        self.report.requests += 1
        return self._deps.noyo.newest(self.kind, offset=offset, page_size=policies.POLL_PAGE_SIZE)

    def open_records(self, offset: int) -> ListPage:
        self.report.requests += 1
        statuses = open_statuses(self.kind)
        return self._deps.noyo.in_status(self.kind, statuses, offset=offset, page_size=policies.POLL_PAGE_SIZE)

    def by_ids(self, ids: Sequence[str]) -> ListPage:
        self.report.requests += 1
        return self._deps.noyo.by_ids(self.kind, ids)

    def read_record(self, entity: EntityRef) -> Record:
        self.report.requests += 1
        return read_record(entity, self._deps.noyo)

    def ensure_time_left(self) -> None:
        """Raise `PollDeadlineReached` once the time is up."""
        if self._deps.clock() >= self._deps.poll_deadline:
            raise PollDeadlineReached

    # ---------------------------------------------------------------- the table

    def newest_known(self) -> tuple[int, EntityRef] | None:
        return self._deps.records.newest_modified(self.kind)

    def known_open(self) -> list[EntityRef]:
        return [record.entity for record in self._deps.records.open_records(self.kind)]

    # ---------------------------------------------------------------- ingest

    def peek(self) -> None:
        """Ingest the newest page first while an interrupted run resumes, so that new changes are not delayed."""
        newest_modified = self.newest_modified
        self.ingest_page(self.newest(0))
        self.newest_modified = newest_modified

    def ingest_page(self, page: ListPage) -> bool:
        """Whether any row was new."""
        changed = self.report.changed
        known = [row.record.entity for row in page.rows if row.record]
        states = self._deps.records.record_states(known, skip_unreadable=True)
        for row in page.rows:
            if row.record is None:
                self._park(row.row_id, row.error or "unreadable")
                continue
            record_state = states.get(row.record.entity)
            if record_state is None or shows_something_new(record_state, row.record):
                self._ingest(row.row_id, row.record)
            if row.row_id not in self._unreadable:
                self._unpark(row.row_id)
            self._remember(row.record)
        return self.report.changed > changed

    def park_list(self) -> None:
        """The list has no end; the health report and an alarm say so until a sweep reaches an end."""
        self._park(LIST_ROW, "the list does not end: Noyo repeats its pages")

    def park_cursor(self) -> None:
        """The cursor was unreadable; the health report says so until the list has been read again."""
        self._park(CURSOR_ROW, CURSOR_UNREADABLE)

    def unpark_cursor(self) -> None:
        self._unpark(CURSOR_ROW)

    def unpark_missing(self) -> None:
        """After a sweep: unpark rows that are readable under another id, or gone."""
        for row_id in sorted(self._parked - self._unreadable):
            self._unpark(row_id)

    def refresh_unlisted(self, ids: Sequence[str], page: ListPage) -> None:
        """Submit a refresh for each of `ids` that `page` does not show. Only a read by id can tell that it was deleted.

        Each record is refreshed at most once in each `sweep_seconds`, however often this is called.
        """
        listed = {row.row_id for row in page.rows}
        sweep = self.started_at // self._deps.sweep_seconds
        for record_id in ids:
            if record_id not in listed:
                entity = EntityRef(self.kind, record_id)
                refresh_id = f"unlisted:{entity}:{sweep}"
                submit.refresh(refresh_id, None, entity, because="unlisted", reply_to=ReplyTo(), deps=self._deps)

    def _ingest(self, row_id: str, record: Record) -> None:
        """A record that Noyo cannot show again, or whose state we cannot read, must not block the others."""
        try:
            self.report.changed += ingest(
                record, self._deps, silent=self.cursor.since is None and record.modified < self.cursor.started_at
            )
        except (NoyoError, UnknownSchema) as error:
            self._park(row_id, str(error))

    def _remember(self, record: Record) -> None:
        if record.modified <= self.started_at:  # A pass that reads down to the future would miss what is older.
            self.newest_modified = max(self.newest_modified, record.modified)
        self.seen.add(record.entity)
        if isinstance(record, Disconnection) and record.status is DisconnectionStatus.NEEDS_REVIEW:
            self.awaiting_decision[record.entity] = record

    def _park(self, row_id: str, why: str) -> None:
        self._unreadable.add(row_id)
        if row_id in self._parked:
            return
        self._parked.add(row_id)
        parked = ParkedRow(row_id, why, self._deps.now())
        if self._deps.polling.park(self.kind, parked):
            self.report.newly_parked.append(parked)
            logger.warning(
                "a record of Noyo's cannot be read",
                extra={"kind": self.kind.value, "record_id": safe_label(row_id), "reason": why},
            )

    def _unpark(self, row_id: str) -> None:
        if row_id in self._parked:
            self._deps.polling.unpark(self.kind, row_id)
            self._parked.remove(row_id)
