"""News just written (the table's stream), and news that is due (a schedule)."""

from __future__ import annotations

import logging
from typing import Any

from bot import logs
from bot.bootstrap import deployment
from bot.dynamodb.stream import event_ids
from bot.lambda_context import Context, deadline
from bot.settings import Purpose
from bot.usecases.admin.authorization import refresh_group_members
from bot.usecases.admin.backlog import log_outbox_backlog
from bot.usecases.admin.grant_audit import audit_grants
from bot.usecases.dependencies import Dependencies
from bot.usecases.notifications.publish import publish
from bot.usecases.retry_loop import run_with_retries
from bot.usecases.run_batch import BATCH_SIZE, RESERVED_SECONDS, logger


def handler(event: dict[str, Any], context: Context) -> dict[str, Any]:
    logs.configure_worker(context)
    here = deployment(Purpose.SLACK_BOT)
    deps = here.slack_dependencies
    until = deadline(context, keep_seconds=RESERVED_SECONDS)
    woken = "Records" in event
    ids = event_ids(event) if woken else deps.outbox.due(deps.now(), limit=BATCH_SIZE)
    run_with_retries(
        ids,
        lambda news_id: _notify(news_id, deps),
        clock=here.clock,
        sleep=here.sleep,
        deadline=until,
    )
    if not woken:
        log_outbox_backlog(deps.outbox, deps.now())
        refresh_group_members(deps)
        audit_grants(deps)
        if here.clock() < until:
            here.check_slack()
    return {"batchItemFailures": []}


def _notify(news_id: str, deps: Dependencies) -> int | None:
    """When to try again, where it only has to wait for its turn."""
    report = publish(news_id, deps)
    if report is None or not report.failures:
        return None
    waits = report.waiting_only
    troubles = [str(trouble) for trouble in report.failures]
    logger.log(
        logging.INFO if waits else logging.WARNING,
        "outbox event not published yet",
        extra={"work_id": news_id, "errors": troubles, "retry_at": report.retry_at},
    )
    return report.retry_at if waits else None
