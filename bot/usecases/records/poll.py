"""Poll Noyo for changes: one request for each list if nothing changed.

A list is read newest first; if its sort order cannot be trusted, by status. Either sync its pages are ingested.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from bot import policies
from bot.domain import outbox
from bot.domain.outbox import FIRST_RUN_SUMMARY, EventKind, OutboxEvent
from bot.domain.polling import PassProgress, PollCursor
from bot.domain.records import Disconnection, DisconnectionStatus, EntityKind, EntityRef, Record
from bot.errors import NoyoError, NoyoRefused, UnknownSchema
from bot.telemetry import LogEvent, log_event
from bot.usecases.dependencies import Dependencies
from bot.usecases.records.ingest_pages import PageIngestor, PollDeadlineReached, PollReport
from bot.usecases.records.sync import NewestFirstSync, StatusSync, is_sorted_newest_first

KINDS = (EntityKind.CONNECTION, EntityKind.DISCONNECTION)
Sync = NewestFirstSync | StatusSync


def poll(kind: EntityKind, deps: Dependencies) -> PollReport:
    """Ingest what changed in the list of this kind. Concurrent polls are safe: the cursor is saved conditionally.

    Raises `NoyoError` if Noyo cannot be read; what was ingested until then is kept, and the next run resumes there.
    """
    try:
        cursor = deps.polling.cursor(kind) or _first_cursor(kind, deps)
        ingestor = PageIngestor(kind, cursor, deps)
    except UnknownSchema:
        cursor = _restarted_cursor(kind, deps)
        ingestor = PageIngestor(kind, cursor, deps)
        ingestor.park_cursor()
    start = cursor.progress or PassProgress(offset=0, newest_modified=0, floor=_floor(cursor, deps))
    try:
        return _run(start, ingestor, deps)
    finally:
        _log(ingestor, deps)


def _run(start: PassProgress, ingestor: PageIngestor, deps: Dependencies) -> PollReport:
    cursor, kind = ingestor.cursor, ingestor.kind
    sync: Sync | None = None
    try:
        sync = _choose_sync(start, ingestor)
        sync.run()
    except (PollDeadlineReached, NoyoError) as stopped:
        progress = _resume_point(sync.progress() if sync else start, stopped)
        deps.polling.save(kind, replace(_with_sweep(cursor, sync, deps), progress=progress))
        if isinstance(stopped, NoyoError):
            raise
        return ingestor.report
    _finish(start, sync, ingestor, deps)
    return ingestor.report


def _log(ingestor: PageIngestor, deps: Dependencies) -> None:
    """Logged for failed runs too: an alarm watches how long ago a run last finished."""
    report, cursor = ingestor.report, ingestor.cursor
    finished_at = ingestor.started_at if report.finished else cursor.finished_at or cursor.started_at
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


def _restarted_cursor(kind: EntityKind, deps: Dependencies) -> PollCursor:
    """Replaces an unreadable cursor: the whole list is read again, and unlike in a first run changes are announced."""
    restarted = PollCursor(started_at=deps.now(), since=0, revision=1)
    deps.polling.replace_cursor(kind, restarted)
    return restarted


def _first_cursor(kind: EntityKind, deps: Dependencies) -> PollCursor:
    """Saved before the first page is read, so that changes made meanwhile are announced."""
    deps.polling.save(kind, PollCursor(started_at=deps.now()))
    return deps.polling.cursor(kind) or PollCursor(started_at=deps.now())


def _floor(cursor: PollCursor, deps: Dependencies) -> int:
    """The `modified` to read down to: 0 for the first run and each sweep, else the last pass minus an overlap.

    Once the overlap has settled, only newer rows count, so that many rows of one second are not read again and again.
    """
    if cursor.since is None or deps.now() - (cursor.swept_at or 0) >= deps.sweep_seconds:
        return 0
    return cursor.since + 1 if cursor.overlap_settled else max(cursor.since - 2 * deps.poll_interval_seconds, 1)


def _choose_sync(start: PassProgress, ingestor: PageIngestor) -> Sync:
    """An interrupted run resumes as it started; a sweep reads every row, so its order does not matter."""
    list_was_read = start.last_id_read is not None
    if start.by_status or list_was_read or start.offset > policies.POLL_RESUME_OVERLAP:
        ingestor.peek()
    elif start.floor:
        known = ingestor.newest_known()
        first = ingestor.newest(0)
        if is_sorted_newest_first(first, known, ingestor):
            return NewestFirstSync(start, ingestor, first)
        ingestor.ingest_page(first)
        start = replace(start, offset=0, by_status=True)
    ingestor.report.sort_trusted = not start.by_status
    return StatusSync(start, ingestor) if start.by_status else NewestFirstSync(start, ingestor)


def _resume_point(progress: PassProgress, stopped: Exception) -> PassProgress:
    """Where the next run resumes: at the start if Noyo refused the offset."""
    if isinstance(stopped, NoyoRefused):
        return PassProgress(0, progress.newest_modified, progress.floor)
    return progress


def _with_sweep(cursor: PollCursor, sync: Sync | None, deps: Dependencies) -> PollCursor:
    return replace(cursor, swept_at=deps.now()) if sync is not None and sync.swept else cursor


def _finish(start: PassProgress, sync: Sync, ingestor: PageIngestor, deps: Dependencies) -> None:
    """The first run is announced before the cursor says that it is over, so a crash in between repeats it."""
    cursor = ingestor.cursor
    first = cursor.since is None
    if first:
        publish_first_run(ingestor.kind, ingestor.awaiting_decision.values(), deps)
    elif sync.swept and ingestor.kind is EntityKind.DISCONNECTION:
        # Existing timers stay as they are.
        for record in _waiting(ingestor.awaiting_decision.values(), deps):
            deps.outbox.put(outbox.first_day(record, deps.now()))
    since = max(cursor.since or 0, start.newest_modified, ingestor.newest_modified)
    advanced = replace(_advanced_cursor(ingestor, since, deps), progress=None, finished_at=deps.now())
    deps.polling.save(ingestor.kind, _with_sweep(advanced, sync, deps))
    ingestor.unpark_cursor()
    if sync.swept and not cursor.progress:
        ingestor.unpark_missing()
    ingestor.report.finished = True
    if first:
        _put_summary(KINDS, deps)  # Once more with the cursor saved, in case both lists finish at the same moment.


def _advanced_cursor(ingestor: PageIngestor, since: int, deps: Dependencies) -> PollCursor:
    cursor = ingestor.cursor
    if since > (cursor.since or 0) or not ingestor.report.sort_trusted:
        return replace(cursor, since=since, advanced_at=ingestor.started_at, overlap_settled=False)
    overlap_is_over = ingestor.started_at - cursor.advanced_at >= 2 * deps.poll_interval_seconds
    return replace(
        cursor, since=since, overlap_settled=cursor.overlap_settled or (overlap_is_over and cursor.progress is None)
    )


SUMMARY = EntityRef(EntityKind.CONNECTION, "summary")


def publish_first_run(kind: EntityKind, seen_waiting: Iterable[Record], deps: Dependencies) -> None:
    """Put an event for each waiting request's card, soonest end date first and paced, and one summary for both lists.

    Idempotent: an event that exists is not changed.
    """
    if kind is EntityKind.DISCONNECTION:
        now = deps.now()
        for position, record in enumerate(_waiting(seen_waiting, deps)):
            due = now + position * policies.FIRST_RUN_CARD_INTERVAL_SECONDS
            deps.outbox.put(outbox.record_changed(record, None, due, found=True))
            deps.outbox.put(outbox.first_day(record, due))
    _put_summary([other for other in KINDS if other is not kind], deps)


def _put_summary(kinds: Iterable[EntityKind], deps: Dependencies) -> None:
    """Put the summary if the first run of these lists is over."""
    known, now = [deps.polling.cursor(kind) for kind in kinds], deps.now()
    if all(cursor is not None and cursor.since is not None for cursor in known):
        deps.outbox.put(OutboxEvent(FIRST_RUN_SUMMARY, EventKind.SUMMARY, SUMMARY, at=now, due=now))


def _waiting(seen: Iterable[Record], deps: Dependencies) -> list[Disconnection]:
    """The waiting requests from the index and from this run, since the index may lag."""
    status = DisconnectionStatus.NEEDS_REVIEW
    indexed = deps.records.in_status(EntityKind.DISCONNECTION, status.value, limit=policies.FIRST_RUN_MAX_CARDS)
    entities = {*indexed, *(record.entity for record in seen)}
    states = deps.records.record_states(entities, skip_unreadable=True).values()
    records = [state.record for state in states]
    waiting = [record for record in records if isinstance(record, Disconnection) and record.status is status]
    return sorted(waiting, key=lambda record: (record.effective_end_date is None, record.effective_end_date, record.id))
