"""Take in a list of Noyo's, page by page, and park the rows that cannot be read."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field

from bot.domain.entities import EntityKind, EntityRef
from bot.domain.polling import ListPage, ParkedRow, PollCursor
from bot.domain.records import Disconnection, DisconnectionStatus, Record, open_statuses
from bot.errors import NoyoError
from bot.telemetry import safe_label
from bot.usecases.dependencies import Dependencies
from bot.usecases.records.ingest import ingest, read_again

logger = logging.getLogger("switchboard")

PAGE_SIZE = 100


class PollDeadlineReached(Exception):
    """The deadline came."""


@dataclass(slots=True)
class PollReport:
    """What one poll of one list did."""

    kind: EntityKind
    requests: int = 0
    changed: int = 0
    newly_parked: list[ParkedRow] = field(default_factory=list)
    sort_trusted: bool = True
    finished: bool = False


class PageIngestor:
    """What one run reads of one list, and what it saw there. `cursor` is where polling stood when it began."""

    def __init__(self, kind: EntityKind, cursor: PollCursor, deps: Dependencies) -> None:
        self.kind = kind
        self.cursor = cursor
        self.began = deps.now()
        self.report = PollReport(kind)
        self.top = 0
        """The highest `modified` that was taken in."""
        self.awaiting_decision: dict[EntityRef, Record] = {}
        """Disconnections that wait for a decision."""
        self._tools = deps
        self._parked = {parked.row_id for parked in deps.polling.parked(kind)}
        self._bad: set[str] = set()

    @property
    def parked(self) -> int:
        """How many rows cannot be read, as far as is known by now."""
        return len(self._parked)

    # ---------------------------------------------------------------- asking Noyo

    def newest(self, offset: int) -> ListPage:
        self.report.requests += 1
        return self._tools.noyo.newest(self.kind, offset=offset, page_size=PAGE_SIZE)

    def open_ones(self, offset: int) -> ListPage:
        self.report.requests += 1
        statuses = open_statuses(self.kind)
        return self._tools.noyo.in_status(self.kind, statuses, offset=offset, page_size=PAGE_SIZE)

    def by_ids(self, ids: Sequence[str]) -> ListPage:
        self.report.requests += 1
        return self._tools.noyo.by_ids(self.kind, ids)

    def read_again(self, entity: EntityRef) -> Record:
        self.report.requests += 1
        return read_again(entity, self._tools.noyo)

    def ensure_time_left(self) -> None:
        """Raises `OutOfTime` once the deadline has come."""
        if self._tools.clock() >= self._tools.poll_deadline:
            raise PollDeadlineReached

    # ---------------------------------------------------------------- what we hold

    def newest_known(self) -> tuple[int, EntityRef] | None:
        return self._tools.records.newest_modified(self.kind)

    def known_open(self) -> list[EntityRef]:
        return self._tools.records.open_entities(self.kind)

    # ---------------------------------------------------------------- taking in

    def peek(self) -> None:
        """While a cut run goes on, what is newest is seen at once; the run itself does not count on it."""
        top = self.top
        self.ingest_page(self.newest(0))
        self.top = top

    def ingest_page(self, page: ListPage) -> bool:
        """Whether any row was new."""
        changed = self.report.changed
        held = self._tools.records.record_states([row.record.entity for row in page.rows if row.record])
        for row in page.rows:
            if row.record is None:
                self._park(row.row_id, row.error or "unreadable")
                continue
            record_state = held.get(row.record.entity)
            if record_state is None or record_state.record.version != row.record.version:
                self._observe(row.row_id, row.record)
            if row.row_id not in self._bad:
                self._unpark(row.row_id)
            self._note(row.record)
        return self.report.changed > changed

    def unpark_missing(self) -> None:
        """After a sweep: rows that can be read under another id by now, or that are gone."""
        for row_id in sorted(self._parked - self._bad):
            self._unpark(row_id)

    def _observe(self, row_id: str, record: Record) -> None:
        """One record that Noyo cannot show when asked again must not keep the others from being seen."""
        try:
            self.report.changed += ingest(
                record,
                records=self._tools.records,
                operations=self._tools.operations,
                noyo=self._tools.noyo,
                now=self._tools.now(),
                silent=self.cursor.since is None and record.modified < self.cursor.started_at,
            )
        except NoyoError as trouble:
            self._park(row_id, str(trouble))

    def _note(self, record: Record) -> None:
        self.top = max(self.top, record.modified)
        if isinstance(record, Disconnection) and record.status is DisconnectionStatus.NEEDS_REVIEW:
            self.awaiting_decision[record.entity] = record

    def _park(self, row_id: str, why: str) -> None:
        self._bad.add(row_id)
        if row_id in self._parked:
            return
        self._parked.add(row_id)
        parked = ParkedRow(row_id, why, self._tools.now())
        if self._tools.polling.park(self.kind, parked):
            self.report.newly_parked.append(parked)
            logger.warning(
                "a record of Noyo's cannot be read",
                extra={"kind": self.kind.value, "record_id": safe_label(row_id), "reason": why},
            )

    def _unpark(self, row_id: str) -> None:
        if row_id in self._parked:
            self._tools.polling.unpark(self.kind, row_id)
            self._parked.remove(row_id)
