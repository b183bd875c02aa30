"""Use case: take in a list of Noyo's, page by page, and park the rows that cannot be read."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field

from bot.domain.cursors import Cursor, Parked
from bot.domain.records import Disconnection, DisconnectionStatus, Record, open_statuses
from bot.domain.subjects import Kind, Subject
from bot.errors import NoyoError
from bot.ports import Clock, KeepsCursors, KeepsNews, KeepsOperations, KeepsRecords, Page, ReadsNoyo
from bot.usecases.observe import observe, read_again
from bot.usecases.steps import plain

logger = logging.getLogger("switchboard")

PAGE_SIZE = 100


@dataclass(frozen=True, slots=True)
class Tools:
    """What polling touches. `deadline` is when to stop and leave the rest to the next run (Unix seconds)."""

    noyo: ReadsNoyo
    records: KeepsRecords
    operations: KeepsOperations
    news: KeepsNews
    cursors: KeepsCursors
    clock: Clock
    interval_seconds: int
    sweep_seconds: int
    deadline: float

    def now(self) -> int:
        return int(self.clock())


class OutOfTime(Exception):
    """The deadline came."""


@dataclass(slots=True)
class Report:
    """What one poll of one list did."""

    kind: Kind
    requests: int = 0
    changed: int = 0
    newly_parked: list[Parked] = field(default_factory=list)
    sort_trusted: bool = True
    finished: bool = False


class Intake:
    """What one run reads of one list, and what it saw there. `cursor` is where polling stood when it began."""

    def __init__(self, kind: Kind, cursor: Cursor, tools: Tools) -> None:
        self.kind = kind
        self.cursor = cursor
        self.began = tools.now()
        self.report = Report(kind)
        self.top = 0
        """The highest `modified` that was taken in."""
        self.waiting: dict[Subject, Record] = {}
        """Disconnections that wait for a decision."""
        self._tools = tools
        self._parked = {parked.row_id for parked in tools.cursors.parked(kind)}
        self._bad: set[str] = set()

    @property
    def parked(self) -> int:
        """How many rows cannot be read, as far as is known by now."""
        return len(self._parked)

    # ---------------------------------------------------------------- asking Noyo

    def newest(self, offset: int) -> Page:
        self.report.requests += 1
        return self._tools.noyo.newest(self.kind, offset=offset, page_size=PAGE_SIZE)

    def open_ones(self, offset: int) -> Page:
        self.report.requests += 1
        statuses = open_statuses(self.kind)
        return self._tools.noyo.in_status(self.kind, statuses, offset=offset, page_size=PAGE_SIZE)

    def by_ids(self, ids: Sequence[str]) -> Page:
        self.report.requests += 1
        return self._tools.noyo.by_ids(self.kind, ids)

    def read_again(self, subject: Subject) -> Record:
        self.report.requests += 1
        return read_again(subject, self._tools.noyo)

    def mind_the_time(self) -> None:
        """Raises `OutOfTime` once the deadline has come."""
        if self._tools.clock() >= self._tools.deadline:
            raise OutOfTime

    # ---------------------------------------------------------------- what we hold

    def newest_known(self) -> tuple[int, Subject] | None:
        return self._tools.records.newest_modified(self.kind)

    def known_open(self) -> list[Subject]:
        return self._tools.records.open_subjects(self.kind)

    # ---------------------------------------------------------------- taking in

    def glance(self) -> None:
        """While a cut run goes on, what is newest is seen at once; the run itself does not count on it."""
        top = self.top
        self.take_in(self.newest(0))
        self.top = top

    def take_in(self, page: Page) -> bool:
        """Whether any row was new."""
        changed = self.report.changed
        held = self._tools.records.tracked_many([row.record.subject for row in page.rows if row.record])
        for row in page.rows:
            if row.record is None:
                self._park(row.row_id, row.why_unreadable or "unreadable")
                continue
            tracked = held.get(row.record.subject)
            if tracked is None or tracked.record.version != row.record.version:
                self._observe(row.row_id, row.record)
            if row.row_id not in self._bad:
                self._unpark(row.row_id)
            self._note(row.record)
        return self.report.changed > changed

    def let_go_of_what_is_not_there(self) -> None:
        """After a sweep: rows that can be read under another id by now, or that are gone."""
        for row_id in sorted(self._parked - self._bad):
            self._unpark(row_id)

    def _observe(self, row_id: str, record: Record) -> None:
        """One record that Noyo cannot show when asked again must not keep the others from being seen."""
        try:
            self.report.changed += observe(
                record,
                records=self._tools.records,
                operations=self._tools.operations,
                noyo=self._tools.noyo,
                now=self._tools.now(),
                silent=self.cursor.since is None and record.modified < self.cursor.born,
            )
        except NoyoError as trouble:
            self._park(row_id, str(trouble))

    def _note(self, record: Record) -> None:
        self.top = max(self.top, record.modified)
        if isinstance(record, Disconnection) and record.status is DisconnectionStatus.NEEDS_REVIEW:
            self.waiting[record.subject] = record

    def _park(self, row_id: str, why: str) -> None:
        self._bad.add(row_id)
        if row_id in self._parked:
            return
        self._parked.add(row_id)
        parked = Parked(row_id, why, self._tools.now())
        if self._tools.cursors.park(self.kind, parked):
            self.report.newly_parked.append(parked)
            logger.warning(
                "a record of Noyo's cannot be read",
                extra={"kind": self.kind.value, "row_id": plain(row_id), "why": why},
            )

    def _unpark(self, row_id: str) -> None:
        if row_id in self._parked:
            self._tools.cursors.unpark(self.kind, row_id)
            self._parked.remove(row_id)
