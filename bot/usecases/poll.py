"""Use case: learn what changed at Noyo since the last time, in one request a list where nothing did."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from bot.domain import subjects
from bot.domain.cursors import Cursor, Parked, Reached
from bot.domain.records import Disconnection, DisconnectionStatus, Record, open_statuses
from bot.domain.subjects import Kind, Subject
from bot.errors import NoyoError, Refused
from bot.ports import Clock, KeepsCursors, KeepsNews, KeepsOperations, KeepsRecords, Page, ReadsNoyo, Row
from bot.usecases.begin import tell_of_the_beginning
from bot.usecases.observe import observe, read_again

PAGE_SIZE = 100
PASSES = 20
BY_IDS = 50


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
    """The deadline came; `offset` rows of the pass were taken in."""

    def __init__(self, offset: int) -> None:
        super().__init__(offset)
        self.offset = offset


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
        offset = stopped.offset if isinstance(stopped, _Cut) else run.offset
        top = max(job.top, run.report.top)
        tools.cursors.move(kind, replace(run.counted(), reached=Reached(offset, top, job.floor)))
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
    """How far down to go: everything at first and at each sweep, else to the last pass less an overlap."""
    if cursor.since is None or tools.now() - (cursor.swept_at or 0) >= tools.sweep_seconds:
        return 0
    return max(cursor.since - 2 * tools.interval_seconds, 1)


def _finish(run: _Run, job: Reached, tools: Tools) -> None:
    first = run.cursor.since is None
    since = max(run.cursor.since or 0, job.top, run.report.top)
    swept = tools.now() if job.floor == 0 else run.cursor.swept_at
    moved = tools.cursors.move(run.kind, replace(run.counted(), since=since, swept_at=swept, reached=None))
    run.report.finished = True
    if first and moved:
        tell_of_the_beginning(
            run.kind,
            run.report.waiting.values(),
            records=tools.records,
            news=tools.news,
            cursors=tools.cursors,
            now=tools.now(),
        )


class _Run:
    """One poll's progress through a list."""

    def __init__(self, kind: Kind, tools: Tools, cursor: Cursor, parked: set[str]) -> None:
        self.kind = kind
        self.tools = tools
        self.cursor = cursor
        self.parked = parked
        self.report = Report(kind)
        self.offset = 0
        self.found = 0

    def counted(self) -> Cursor:
        return replace(self.cursor, found=self.cursor.found + self.found)

    def go(self, job: Reached) -> None:
        """The pass itself, and then again from the top until nothing new shows, since rows move while we page."""
        start = max(job.offset - PAGE_SIZE, 0)
        first = self._trusted_first_page() if job.floor and start == 0 else None
        if not self.report.sort_trusted:
            self._by_status()
            return
        pages = self._pass(start, job.floor, first)
        floor = job.top if start and job.top else self.report.top
        for _ in range(PASSES):
            if pages <= 1 and not start:
                return
            before, start, top = self.report.changed, 0, self.report.top
            pages = self._pass(0, floor, None)
            if self.report.changed == before:
                return
            floor = top

    def _pass(self, start: int, floor: int, first: Page | None) -> int:
        """Goes down from row `start` to `floor`, `first` being its first page if read already; how many pages."""
        self.offset, pages = start, 0
        while True:
            page = self._take_in(first or self._newest(self.offset))
            first, pages = None, pages + 1
            if self._over(page, floor):
                return pages
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
        if modified and modified[0] >= known:
            return True
        unreadable = {row.row_id for row in page.rows if row.record is None}
        return subject.key in unreadable or self._gone(subject)

    def _gone(self, subject: Subject) -> bool:
        self.report.requests += 1
        try:
            read_again(subject, self.tools.noyo)
        except Refused:
            return True
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
                self._park(row)
                continue
            self._unpark(row)
            tracked = held.get(row.record.subject)
            if tracked is None or tracked.record.version != row.record.version:
                self._take(row.record)
            self._note(row.record)
        self.offset += len(page.rows)
        return page

    def _take(self, record: Record) -> None:
        first = self.cursor.since is None
        self.found += first
        self.report.changed += observe(
            record,
            records=self.tools.records,
            operations=self.tools.operations,
            noyo=self.tools.noyo,
            now=self.tools.now(),
            silent=first and record.modified < self.cursor.born,
        )

    def _note(self, record: Record) -> None:
        self.report.top = max(self.report.top, record.modified)
        if isinstance(record, Disconnection) and record.status is DisconnectionStatus.NEEDS_REVIEW:
            self.report.waiting[record.subject] = record

    def _park(self, row: Row) -> None:
        parked = Parked(row.row_id, row.why_unreadable or "unreadable", self.tools.now())
        if self.tools.cursors.park(self.kind, parked):
            self.report.newly_parked.append(parked)

    def _unpark(self, row: Row) -> None:
        if row.row_id in self.parked:
            self.tools.cursors.unpark(self.kind, row.row_id)

    def _mind_the_time(self) -> None:
        if self.tools.clock() >= self.tools.deadline:
            raise _Cut(self.offset)


KINDS = (subjects.Kind.CONNECTION, subjects.Kind.DISCONNECTION)
