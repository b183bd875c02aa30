"""Use case: learn what changed at Noyo since the last time, in one request a list where nothing did.

A list is gone through newest first (`newest_first`); where its order is not to be trusted (`trust`), by status
(`by_status`). Either way the rows are taken in by `intake`.
"""

from __future__ import annotations

from dataclasses import replace

from bot.domain.cursors import Cursor, Reached
from bot.domain.subjects import Kind
from bot.errors import NoyoError, Refused
from bot.usecases.begin import begin_the_days, summarise_once_both_are_known, tell_of_the_beginning
from bot.usecases.by_status import ByStatus
from bot.usecases.intake import Intake, OutOfTime, Report, Tools
from bot.usecases.newest_first import STEP_BACK, NewestFirst
from bot.usecases.steps import Step, tell
from bot.usecases.trust import begins_with_the_newest

__all__ = ["KINDS", "Report", "Tools", "poll"]

KINDS = (Kind.CONNECTION, Kind.DISCONNECTION)
Way = NewestFirst | ByStatus


def poll(kind: Kind, tools: Tools) -> Report:
    """Takes in what changed in the list of this kind. Two at once do no harm: the cursor moves by condition.

    Raises `NoyoError` where Noyo cannot be read; what was taken in until then is kept, and the next run goes on there.
    """
    cursor = tools.cursors.cursor(kind) or _born(kind, tools)
    job = cursor.reached or Reached(offset=0, top=0, floor=_floor(cursor, tools))
    intake = Intake(kind, cursor, tools)
    try:
        return _run(job, intake, tools)
    finally:
        _tell(intake, tools)


def _run(job: Reached, intake: Intake, tools: Tools) -> Report:
    cursor, kind = intake.cursor, intake.kind
    way: Way | None = None
    try:
        way = _way_through(job, intake)
        way.go()
    except (OutOfTime, NoyoError) as stopped:
        reached = _goes_on(way.reached() if way else job, stopped)
        tools.cursors.move(kind, replace(_swept(cursor, way, tools), reached=reached))
        if isinstance(stopped, NoyoError):
            raise
        return intake.report
    _finish(job, way, intake, tools)
    return intake.report


def _tell(intake: Intake, tools: Tools) -> None:
    """Also of a run that failed: how long ago one last came to its end is what tells that the world goes by unseen."""
    report, cursor = intake.report, intake.cursor
    finished_at = intake.began if report.finished else cursor.finished_at or cursor.born
    tell(
        Step.POLLED,
        warn=not (report.finished and report.sort_trusted),
        list=intake.kind.value,
        requests=report.requests,
        changed=report.changed,
        finished="yes" if report.finished else "no",
        sort_trusted="yes" if report.sort_trusted else "no",
        parked=intake.parked,
        age=tools.now() - finished_at,
    )


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


def _way_through(job: Reached, intake: Intake) -> Way:
    """A run that was cut goes on as it began; a sweep needs no order, since it sees every row."""
    if job.by_status or job.offset > STEP_BACK:
        intake.glance()
    elif job.floor:
        known = intake.newest_known()
        first = intake.newest(0)
        if begins_with_the_newest(first, known, intake):
            return NewestFirst(job, intake, first)
        intake.take_in(first)
        job = replace(job, offset=0, by_status=True)
    intake.report.sort_trusted = not job.by_status
    return ByStatus(job, intake) if job.by_status else NewestFirst(job, intake)


def _goes_on(reached: Reached, stopped: Exception) -> Reached:
    """Where the next run goes on: from the top where Noyo knows no such row."""
    if isinstance(stopped, Refused):
        return Reached(0, reached.top, reached.floor)
    return reached


def _swept(cursor: Cursor, way: Way | None, tools: Tools) -> Cursor:
    return replace(cursor, swept_at=tools.now()) if way is not None and way.swept else cursor


def _finish(job: Reached, way: Way, intake: Intake, tools: Tools) -> None:
    """The beginning is told before the cursor says that it is over: a run that ends in between tells it again."""
    cursor = intake.cursor
    first = cursor.since is None
    if first:
        tell_of_the_beginning(
            intake.kind,
            intake.waiting.values(),
            records=tools.records,
            news=tools.news,
            cursors=tools.cursors,
            now=tools.now(),
        )
    elif way.swept and intake.kind is Kind.DISCONNECTION:
        begin_the_days(intake.waiting.values(), records=tools.records, news=tools.news, now=tools.now())
    since = max(cursor.since or 0, job.top, intake.top)
    risen = replace(_risen(intake, since, tools), reached=None, finished_at=tools.now())
    tools.cursors.move(intake.kind, _swept(risen, way, tools))
    if way.swept and not cursor.reached:
        intake.let_go_of_what_is_not_there()
    intake.report.finished = True
    if first:
        summarise_once_both_are_known(news=tools.news, cursors=tools.cursors, now=tools.now())


def _risen(intake: Intake, since: int, tools: Tools) -> Cursor:
    cursor = intake.cursor
    if since > (cursor.since or 0) or not intake.report.sort_trusted:
        return replace(cursor, since=since, risen_at=intake.began, settled=False)
    overlap_is_over = intake.began - cursor.risen_at >= 2 * tools.interval_seconds
    return replace(
        cursor, since=since, settled=cursor.settled or (overlap_is_over and cursor.reached is None)
    )
