"""Learn what changed at Noyo since the last time, in one request a list where nothing did.

A list is gone through newest first (`newest_first`); where its order is not to be trusted (`trust`), by status
(`by_status`). Either way the rows are taken in by `intake`.
"""

from __future__ import annotations

from dataclasses import replace

from bot.domain.entities import EntityKind
from bot.domain.polling import PassProgress, PollCursor
from bot.errors import NoyoError, NoyoRefused
from bot.telemetry import LogEvent, log_event
from bot.usecases.dependencies import Dependencies
from bot.usecases.records.first_run import (
    publish_first_run,
    publish_summary_when_complete,
    schedule_first_days,
)
from bot.usecases.records.ingest_pages import PageIngestor, PollDeadlineReached, PollReport
from bot.usecases.records.newest_first_sync import STEP_BACK, NewestFirstSync
from bot.usecases.records.sort_order import is_sorted_newest_first
from bot.usecases.records.status_sync import StatusSync

__all__ = ["KINDS", "PollReport", "poll"]

KINDS = (EntityKind.CONNECTION, EntityKind.DISCONNECTION)
Way = NewestFirstSync | StatusSync


def poll(kind: EntityKind, deps: Dependencies) -> PollReport:
    """Takes in what changed in the list of this kind. Two at once do no harm: the cursor moves by condition.

    Raises `NoyoError` where Noyo cannot be read; what was taken in until then is kept, and the next run goes on there.
    """
    cursor = deps.polling.cursor(kind) or _born(kind, deps)
    job = cursor.progress or PassProgress(offset=0, top=0, floor=_floor(cursor, deps))
    ingestor = PageIngestor(kind, cursor, deps)
    try:
        return _run(job, ingestor, deps)
    finally:
        _tell(ingestor, deps)


def _run(job: PassProgress, ingestor: PageIngestor, deps: Dependencies) -> PollReport:
    cursor, kind = ingestor.cursor, ingestor.kind
    way: Way | None = None
    try:
        way = _way_through(job, ingestor)
        way.go()
    except (PollDeadlineReached, NoyoError) as stopped:
        reached = _goes_on(way.reached() if way else job, stopped)
        deps.polling.save(kind, replace(_swept(cursor, way, deps), progress=reached))
        if isinstance(stopped, NoyoError):
            raise
        return ingestor.report
    _finish(job, way, ingestor, deps)
    return ingestor.report


def _tell(ingestor: PageIngestor, deps: Dependencies) -> None:
    """Also of a run that failed: how long ago one last came to its end is what tells that the world goes by unseen."""
    report, cursor = ingestor.report, ingestor.cursor
    finished_at = ingestor.began if report.finished else cursor.finished_at or cursor.started_at
    log_event(
        LogEvent.LIST_POLLED,
        warn=not (report.finished and report.sort_trusted),
        list=ingestor.kind.value,
        requests=report.requests,
        changed=report.changed,
        finished="yes" if report.finished else "no",
        sort_trusted="yes" if report.sort_trusted else "no",
        parked=ingestor.parked,
        age=deps.now() - finished_at,
    )


def _born(kind: EntityKind, deps: Dependencies) -> PollCursor:
    """Fixed before the first page is read, so that what changes meanwhile is told."""
    deps.polling.save(kind, PollCursor(started_at=deps.now()))
    return deps.polling.cursor(kind) or PollCursor(started_at=deps.now())


def _floor(cursor: PollCursor, deps: Dependencies) -> int:
    """How far down to go: everything at first and at each sweep, else to the last pass less an overlap.

    Once the overlap is settled only what is newer than the last pass counts: many rows of one moment are not read again
    and again while nothing happens.
    """
    if cursor.since is None or deps.now() - (cursor.swept_at or 0) >= deps.sweep_seconds:
        return 0
    return (
        cursor.since + 1 if cursor.overlap_settled else max(cursor.since - 2 * deps.poll_interval_seconds, 1)
    )


def _way_through(job: PassProgress, ingestor: PageIngestor) -> Way:
    """A run that was cut goes on as it began; a sweep needs no order, since it sees every row."""
    if job.by_status or job.offset > STEP_BACK:
        ingestor.peek()
    elif job.floor:
        known = ingestor.newest_known()
        first = ingestor.newest(0)
        if is_sorted_newest_first(first, known, ingestor):
            return NewestFirstSync(job, ingestor, first)
        ingestor.ingest_page(first)
        job = replace(job, offset=0, by_status=True)
    ingestor.report.sort_trusted = not job.by_status
    return StatusSync(job, ingestor) if job.by_status else NewestFirstSync(job, ingestor)


def _goes_on(reached: PassProgress, stopped: Exception) -> PassProgress:
    """Where the next run goes on: from the top where Noyo knows no such row."""
    if isinstance(stopped, NoyoRefused):
        return PassProgress(0, reached.top, reached.floor)
    return reached


def _swept(cursor: PollCursor, way: Way | None, deps: Dependencies) -> PollCursor:
    return replace(cursor, swept_at=deps.now()) if way is not None and way.swept else cursor


def _finish(job: PassProgress, way: Way, ingestor: PageIngestor, deps: Dependencies) -> None:
    """The beginning is told before the cursor says that it is over: a run that ends in between tells it again."""
    cursor = ingestor.cursor
    first = cursor.since is None
    if first:
        publish_first_run(
            ingestor.kind,
            ingestor.awaiting_decision.values(),
            records=deps.records,
            outbox=deps.outbox,
            cursors=deps.polling,
            now=deps.now(),
        )
    elif way.swept and ingestor.kind is EntityKind.DISCONNECTION:
        schedule_first_days(
            ingestor.awaiting_decision.values(), records=deps.records, outbox=deps.outbox, now=deps.now()
        )
    since = max(cursor.since or 0, job.top, ingestor.top)
    risen = replace(_risen(ingestor, since, deps), progress=None, finished_at=deps.now())
    deps.polling.save(ingestor.kind, _swept(risen, way, deps))
    if way.swept and not cursor.progress:
        ingestor.unpark_missing()
    ingestor.report.finished = True
    if first:
        publish_summary_when_complete(outbox=deps.outbox, cursors=deps.polling, now=deps.now())


def _risen(ingestor: PageIngestor, since: int, deps: Dependencies) -> PollCursor:
    cursor = ingestor.cursor
    if since > (cursor.since or 0) or not ingestor.report.sort_trusted:
        return replace(cursor, since=since, advanced_at=ingestor.began, overlap_settled=False)
    overlap_is_over = ingestor.began - cursor.advanced_at >= 2 * deps.poll_interval_seconds
    return replace(
        cursor,
        since=since,
        overlap_settled=cursor.overlap_settled or (overlap_is_over and cursor.progress is None),
    )
