"""Use case: learn what changed at Noyo since the last time, in one request a list where nothing did."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field, replace

from bot.domain import subjects
from bot.domain.cursors import Cursor, Parked, Reached
from bot.domain.records import Disconnection, DisconnectionStatus, Record, open_statuses
from bot.domain.subjects import Kind, Subject
from bot.errors import NoyoError, Refused, UnreadableAnswer
from bot.ports import Clock, KeepsCursors, KeepsNews, KeepsOperations, KeepsRecords, Page, ReadsNoyo
from bot.usecases.begin import summarise_once_both_are_known, tell_of_the_beginning
from bot.usecases.observe import observe, read_again

logger = logging.getLogger("switchboard")

PAGE_SIZE = 100
PASSES = 20
BY_IDS = 50
STEP_BACK = 5
"""Rows that a cut pass reads again, since a row that vanished above pulls the others up."""


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


@dataclass(slots=True)
class Report:
    """What one poll of one list did."""

    kind: Kind
    requests: int = 0
    changed: int = 0
    newly_parked: list[Parked] = field(default_factory=list)
    sort_trusted: bool = True
    finished: bool = False
    waiting: dict[Subject, Record] = field(default_factory=dict)
    """Disconnections that wait for a decision, as this run saw them."""
    top: int = 0
    """The highest `modified` that this run saw."""


class _Cut(Exception):
    """The deadline came."""


def poll(kind: Kind, tools: Tools) -> Report:
    """Takes in what changed in the list of this kind. Two at once do no harm: the cursor moves by condition.

    Raises `NoyoError` where Noyo cannot be read; what was taken in until then is kept, and the next run goes on there.
    """
    cursor = tools.cursors.cursor(kind) or _born(kind, tools)
    run = _Run(kind, tools, cursor, {parked.row_id for parked in tools.cursors.parked(kind)})
    job = cursor.reached or Reached(offset=0, top=0, floor=_floor(cursor, tools))
    try:
        run.go(job)
    except (_Cut, NoyoError) as stopped:
        tools.cursors.move(kind, replace(run.counted(), reached=run.reached(job, stopped)))
        if isinstance(stopped, NoyoError):
            raise
        return run.report
    _finish(run, job, tools)
    return run.report


def _born(kind: Kind, tools: Tools) -> Cursor:
    """Fixed before the first page is read, so that what changes meanwhile is told."""
    tools.cursors.move(kind, Cursor(born=tools.now()))
    return tools.cursors.cursor(kind) or Cursor(born=tools.now())


def _floor(cursor: Cursor, tools: Tools) -> int:
    """How far down to go: everything at first and at each sweep, else to the last pass less an overlap.

    Once the overlap is settled only what is newer than the last pass counts: many rows of one moment are not read again
    and again while nothing happens.
    """
    if cursor.since is None or tools.now() - (cursor.swept_at or 0) >= tools.sweep_seconds:
        return 0
    return cursor.since + 1 if cursor.settled else max(cursor.since - 2 * tools.interval_seconds, 1)


def _finish(run: _Run, job: Reached, tools: Tools) -> None:
    """The beginning is told before the cursor says that it is over: a run that ends in between tells it again."""
    first = run.cursor.since is None
    if first:
        tell_of_the_beginning(
            run.kind,
            run.report.waiting.values(),
            records=tools.records,
            news=tools.news,
            cursors=tools.cursors,
            now=tools.now(),
        )
    since = max(run.cursor.since or 0, job.top, run.report.top)
    tools.cursors.move(run.kind, replace(_risen(run, since), since=since, reached=None))
    if run.swept and not run.cursor.reached:
        run.let_go_of_what_is_not_there()
    run.report.finished = True
    if first:
        summarise_once_both_are_known(news=tools.news, cursors=tools.cursors, now=tools.now())


def _risen(run: _Run, since: int) -> Cursor:
    cursor = run.counted()
    if since > (cursor.since or 0) or not run.report.sort_trusted:
        return replace(cursor, risen_at=run.began, settled=False)
    overlap_is_over = run.began - cursor.risen_at >= 2 * run.tools.interval_seconds
    return replace(cursor, settled=cursor.settled or (overlap_is_over and cursor.reached is None))


class _Run:
    """One poll's progress through a list."""

    def __init__(self, kind: Kind, tools: Tools, cursor: Cursor, parked: set[str]) -> None:
        self.kind = kind
        self.tools = tools
        self.cursor = cursor
        self.parked = parked
        self.bad: set[str] = set()
        self.report = Report(kind)
        self.began = tools.now()
        self.offset = 0
        self.floor = 0
        self.confirming = False
        self.swept = False
        self.found = 0

    def counted(self) -> Cursor:
        swept_at = self.tools.now() if self.swept else self.cursor.swept_at
        return replace(self.cursor, found=self.cursor.found + self.found, swept_at=swept_at)

    def reached(self, job: Reached, stopped: Exception) -> Reached:
        """Where the next run goes on: from the top where Noyo knows no such row, or its order is not to be trusted."""
        anew = isinstance(stopped, Refused) or not self.report.sort_trusted
        top = max(job.top, self.report.top)
        return Reached(0 if anew else self.offset, top, self.floor, confirming=self.confirming and not anew)

    def go(self, job: Reached) -> None:
        """The pass itself, and then again from the top until nothing new shows, since rows move while we page."""
        start = max(job.offset - STEP_BACK, 0)
        self.offset, self.floor, self.confirming = job.offset, job.floor, job.confirming
        if start:
            self._glance()
        first = self._trusted_first_page() if job.floor and not start else None
        if not self.report.sort_trusted:
            self._by_status()
            return
        pages = self._pass(start, first, beyond=job.offset)
        for _ in range(PASSES):
            if self.confirming or (pages <= 1 and not start):
                return
            self.floor = job.top if start and job.top else self.report.top
            start, self.confirming = 0, True
            pages = self._pass(0, None, beyond=0)

    def _glance(self) -> None:
        """While a cut pass goes on, what is newest is seen at once; the pass itself does not count on it."""
        offset, top, confirming = self.offset, self.report.top, self.confirming
        self._take_in(self._newest(0))
        self.offset, self.report.top, self.confirming = offset, top, confirming

    def _pass(self, start: int, first: Page | None, *, beyond: int) -> int:
        """Goes down from row `start` to the floor, `first` being its first page if read already; how many pages.

        It is cut only `beyond` the row where the run before was, so that each run gets further.
        """
        self.offset, pages = start, 0
        while True:
            page = self._take_in(first or self._newest(self.offset))
            first, pages = None, pages + 1
            if self._over(page, self.floor):
                self.swept = self.swept or not self.floor
                return pages
            if self.offset > beyond:
                self._mind_the_time()

    def _newest(self, offset: int) -> Page:
        self.report.requests += 1
        return self.tools.noyo.newest(self.kind, offset=offset, page_size=PAGE_SIZE)

    def _over(self, page: Page, floor: int) -> bool:
        if not page.rows or (page.total is not None and self.offset >= page.total):
            return True
        oldest = [row.record.modified for row in page.rows if row.record is not None]
        return bool(oldest) and oldest[-1] < floor

    def _trusted_first_page(self) -> Page:
        """The first page, and whether it begins with the newest: in order, nothing newer known from elsewhere."""
        known = self.tools.records.newest_modified(self.kind)
        page = self._newest(0)
        modified = [row.record.modified for row in page.rows if row.record is not None]
        in_order = modified == sorted(modified, reverse=True)
        self.report.sort_trusted = in_order and (known is None or self._is_newest(page, modified, *known))
        if not self.report.sort_trusted:
            self._take_in(page)
        return page

    def _is_newest(self, page: Page, modified: list[int], known: int, subject: Subject) -> bool:
        if (modified and modified[0] >= known) or (page.rows and page.rows[0].record is None):
            return True  # A row at the top that cannot be read may be the newest.
        unreadable = {row.row_id for row in page.rows if row.record is None}
        return subject.key in unreadable or self._gone(subject, page)

    def _gone(self, subject: Subject, page: Page) -> bool:
        """Whether the record is no longer there, or is the one among the page's rows that cannot be read."""
        self.report.requests += 1
        try:
            read_again(subject, self.tools.noyo)
        except Refused:
            return True
        except UnreadableAnswer:
            return any(row.record is None for row in page.rows)
        return False

    def _by_status(self) -> None:
        """Where the sort cannot be trusted: what is open, by status, and what vanished from there, by id."""
        seen: set[Subject] = set()
        self.offset = 0
        while True:
            self.report.requests += 1
            page = self._take_in(
                self.tools.noyo.in_status(
                    self.kind, open_statuses(self.kind), offset=self.offset, page_size=PAGE_SIZE
                )
            )
            seen.update(row.record.subject for row in page.rows if row.record is not None)
            if not page.rows or (page.total is not None and self.offset >= page.total):
                break
        vanished = sorted(set(self.tools.records.open_subjects(self.kind)) - seen)
        for start in range(0, len(vanished), BY_IDS):
            ids = [subject.key for subject in vanished[start : start + BY_IDS]]
            self.report.requests += 1
            self._take_in(self.tools.noyo.by_ids(self.kind, ids))

    def _take_in(self, page: Page) -> Page:
        held = self.tools.records.tracked_many([row.record.subject for row in page.rows if row.record])
        for row in page.rows:
            if row.record is None:
                self._park(row.row_id, row.why_unreadable or "unreadable")
                continue
            tracked = held.get(row.record.subject)
            if tracked is None or tracked.record.version != row.record.version:
                self._take(row.row_id, row.record)
            if row.row_id not in self.bad:
                self._unpark(row.row_id)
            self._note(row.record)
        self.offset += len(page.rows)
        return page

    def _take(self, row_id: str, record: Record) -> None:
        """One record that Noyo cannot show when asked again must not keep the others from being seen."""
        first = self.cursor.since is None
        try:
            changed = observe(
                record,
                records=self.tools.records,
                operations=self.tools.operations,
                noyo=self.tools.noyo,
                now=self.tools.now(),
                silent=first and record.modified < self.cursor.born,
            )
        except NoyoError as trouble:
            self._park(row_id, str(trouble))
            return
        self.found += first
        self.report.changed += changed
        self.confirming = self.confirming and not changed

    def _note(self, record: Record) -> None:
        self.report.top = max(self.report.top, record.modified)
        if isinstance(record, Disconnection) and record.status is DisconnectionStatus.NEEDS_REVIEW:
            self.report.waiting[record.subject] = record

    def _park(self, row_id: str, why: str) -> None:
        self.bad.add(row_id)
        if row_id in self.parked:
            return
        self.parked.add(row_id)
        parked = Parked(row_id, why, self.tools.now())
        if self.tools.cursors.park(self.kind, parked):
            self.report.newly_parked.append(parked)
            logger.warning(
                "a record of Noyo's cannot be read",
                extra={"kind": self.kind.value, "row_id": row_id, "why": why},
            )

    def _unpark(self, row_id: str) -> None:
        if row_id in self.parked:
            self.tools.cursors.unpark(self.kind, row_id)
            self.parked.remove(row_id)

    def let_go_of_what_is_not_there(self) -> None:
        """After a sweep: rows that can be read under another id by now, or that are gone."""
        for row_id in sorted(self.parked - self.bad):
            self._unpark(row_id)

    def _mind_the_time(self) -> None:
        if self.tools.clock() >= self.tools.deadline:
            raise _Cut


KINDS = (subjects.Kind.CONNECTION, subjects.Kind.DISCONNECTION)
