"""What each worker does when it runs: the work that woke it, or on a schedule everything that is due."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial

from bot import policies
from bot.telemetry import LogEvent, log_event, safe_label, trace_context
from bot.usecases.admin.authorization import refresh_group_members
from bot.usecases.admin.grant_audit import audit_grants
from bot.usecases.admin.health_report import unreadable_entries
from bot.usecases.admin.pause import record_mode
from bot.usecases.dependencies import Dependencies
from bot.usecases.notifications.morning_summary import schedule_daily_messages
from bot.usecases.notifications.publish import publish
from bot.usecases.operations.execute import execute
from bot.usecases.ports.runtime import Clock
from bot.usecases.ports.storage import OperationRepository, OutboxRepository
from bot.usecases.records.poll import KINDS, poll

logger = logging.getLogger("switchboard")


@dataclass(frozen=True, slots=True)
class BatchResult:
    """How many succeeded, how many raised an error, and how many are left for the next run."""

    done: int
    failed: int
    left: int


def execute_operations(
    triggered: tuple[Sequence[str], Sequence[str]] | None, seconds_left: float, deps: Dependencies
) -> None:
    """Executes what the stream announced: operations of people and automatic refreshes; None on a schedule."""
    deadline = deps.clock() + seconds_left - policies.OPERATION_MAX_SECONDS
    execute_all = partial(run_batch, do=partial(execute, deps=deps), clock=deps.clock, deadline=deadline)
    if triggered is not None:
        execute_all(triggered_operations(*triggered, deps))
        return
    record_mode(deps)
    drain(partial(due_operations, deps), execute_all, clock=deps.clock, deadline=deadline)
    log_operation_backlog(deps.operations, deps.now())


def notify(
    triggered: Sequence[str] | None,
    seconds_left: float,
    deps: Dependencies,
    *,
    sleep: Callable[[float], None],
    check_health: Callable[[], object],
) -> None:
    """Publishes the outbox events that the stream announced, or on a schedule (None) those that are due."""
    deadline = deps.clock() + seconds_left - policies.BATCH_RESERVED_SECONDS
    deps = replace(deps, search_deadline=deadline)
    publish_all = partial(
        run_with_retries, do=partial(_publish, deps=deps), clock=deps.clock, sleep=sleep, deadline=deadline
    )
    if triggered is not None:
        deps.carriers.refresh()
        publish_all(triggered)
        return
    deps.carriers.reread(deps.carriers_source)
    schedule_daily_messages(deps)
    drain(lambda limit: deps.outbox.due(deps.now(), limit=limit), publish_all, clock=deps.clock, deadline=deadline)
    log_outbox_backlog(deps.outbox, deps.now())
    refresh_group_members(deps)
    audit_grants(deps)
    if deps.clock() < deadline:
        check_health()


def poll_lists(seconds_left: float, deps: Dependencies, *, check_health: Callable[[], object]) -> BatchResult:
    """Polls both of Noyo's lists, one after the other."""
    deadline = deps.clock() + seconds_left - policies.BATCH_RESERVED_SECONDS
    deps, kinds = replace(deps, poll_deadline=deadline), {kind.value: kind for kind in KINDS}
    result = run_batch(kinds, lambda name: poll(kinds[name], deps), clock=deps.clock, deadline=deadline)
    if deps.clock() < deadline:
        check_health()
    return result


def due_operations(deps: Dependencies, limit: int = policies.DUE_BATCH_SIZE) -> list[str]:
    """Ids in the order of execution: people's operations first, then deferred ones, then automatic refreshes.

    `limit` is for each kind; last come operations that could not be read, which are tried again.
    A single day of webhooks can cause a thousand refreshes. During a pause, operations that would be tried again soon
    are included: each is deferred once, shows it on its card, and from then on is not due until sending resumes.
    """
    now = deps.now()
    if deps.sending_guard.active_pause() is not None:
        return [
            *deps.operations.due(now + policies.OPERATION_MAX_PAUSE_SECONDS, limit=policies.MAX_DEFERRED),
            *deps.operations.due_refreshes(now, limit=limit),
            *deps.operations.unreadable(now, limit=limit),
        ]
    return [
        *deps.operations.due(now, limit=limit),
        *deps.operations.deferred_due(now, limit=limit),
        *deps.operations.due_refreshes(now, limit=limit),
        *deps.operations.unreadable(now, limit=limit),
    ]


def triggered_operations(operation_ids: Sequence[str], refresh_ids: Sequence[str], deps: Dependencies) -> list[str]:
    """Ids in the order of execution. Many more refreshes may follow in the stream, and behind them operations of
    people; so the operations that are due go before the refreshes."""
    if not refresh_ids:
        return list(operation_ids)
    return [*operation_ids, *deps.operations.due(deps.now(), limit=policies.DUE_BATCH_SIZE), *refresh_ids]


def drain(
    find: Callable[[int], Sequence[str]], handle: Callable[[Sequence[str]], object], *, clock: Clock, deadline: float
) -> None:
    """Handles all due work, batch by batch, until the deadline. `find` lists the given number of due ids.

    Work that fails, or that this release cannot read, stays due. So each batch asks for more ids and leaves out those
    it has seen.
    """
    seen: set[str] = set()
    while clock() < deadline:
        batch = [work_id for work_id in find(len(seen) + policies.DUE_BATCH_SIZE) if work_id not in seen]
        handle(batch)
        seen.update(batch)
        if len(batch) < policies.DUE_BATCH_SIZE:
            return


def run_batch(ids: Iterable[str], do: Callable[[str], object], *, clock: Clock, deadline: float) -> BatchResult:
    """Handles each id once, until the deadline (Unix seconds). An error does not stop the batch: the work stays due."""
    done = failed = left = 0
    for work_id in dict.fromkeys(ids):
        if clock() >= deadline:
            left += 1
            continue
        with trace_context(work_id):
            try:
                do(work_id)
                done += 1
            except Exception:
                logger.exception("work failed", extra={"work_id": safe_label(work_id)})
                failed += 1
    return BatchResult(done, failed, left)


def run_with_retries(
    ids: Iterable[str],
    do: Callable[[str], int | None],
    *,
    clock: Clock,
    sleep: Callable[[float], None],
    deadline: float,
) -> None:
    """Runs a batch; `do` returns when to try again (Unix seconds), or None. Short waits happen here.

    The schedule runs once a minute, and a reply that is a minute late would appear below later ones.
    """
    waiting = dict.fromkeys(ids)
    for _ in range(policies.STREAM_ATTEMPTS):
        retries: dict[str, int] = {}

        def attempt(work_id: str, retries: dict[str, int] = retries) -> None:
            retry_at = do(work_id)
            if retry_at is not None and retry_at - clock() <= policies.STREAM_MAX_WAIT_SECONDS:
                retries[work_id] = retry_at

        run_batch(waiting, attempt, clock=clock, deadline=deadline)
        wake_at = max(retries.values(), default=0)
        if not retries or wake_at >= deadline:
            return
        sleep(max(wake_at - clock(), 0))
        waiting = dict.fromkeys(retries)


def _publish(event_id: str, deps: Dependencies) -> int | None:
    """When to try again, if the event only waits for its turn, or for Slack to recover."""
    report = publish(event_id, deps)
    if report is None or not report.failures:
        return None
    logger.log(
        logging.INFO if report.waiting_only else logging.WARNING,
        "outbox event not published yet",
        extra={
            "work_id": event_id,
            "errors": [str(failure) for failure in report.failures],
            "retry_at": report.retry_at,
        },
    )
    return report.retry_at if report.may_pass_soon else None


def log_operation_backlog(operations: OperationRepository, now: int) -> None:
    """Logged also when nothing waits: alarms notice a worker that does not run by the missing metric."""
    waiting_since = operations.awaiting_resolution()
    log_event(
        LogEvent.OPERATION_BACKLOG,
        oldest_due=_seconds_since(operations.oldest_due(now), now),
        awaiting_resolution=len(waiting_since),
        deferred=len(operations.deferred_due(now, limit=policies.BACKLOG_MAX_COUNT)),
        longest_awaiting=_seconds_since(min(waiting_since, default=None), now),
        unreadable=unreadable_entries(operations, now),
    )


def log_outbox_backlog(outbox: OutboxRepository, now: int) -> None:
    log_event(
        LogEvent.OUTBOX_BACKLOG,
        oldest_due=_seconds_since(outbox.oldest_due(now), now),
        unreadable=unreadable_entries(outbox, now),
    )


def _seconds_since(moment: int | None, now: int) -> int:
    return max(now - moment, 0) if moment is not None else 0
