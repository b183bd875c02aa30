"""News just written (the table's stream), and news that is due (a schedule)."""

from __future__ import annotations

import logging
from typing import Any

from bot import logs
from bot.bootstrap import deployment
from bot.dynamodb.stream import event_ids
from bot.lambda_context import Context, deadline
from bot.settings import Purpose
from bot.usecases.admin.backlog import log_outbox_backlog
from bot.usecases.admin.grant_audit import audit_grants
from bot.usecases.admin.group_members import refresh_group_members
from bot.usecases.admin.health_checks import run_health_checks
from bot.usecases.notifications.channels import Tools
from bot.usecases.notifications.publish import publish
from bot.usecases.retry_loop import run_with_retries
from bot.usecases.run_batch import BATCH_SIZE, RESERVED_SECONDS, logger


def handler(event: dict[str, Any], context: Context) -> dict[str, Any]:
    logs.from_worker(context)
    here = deployment(Purpose.SLACK_BOT)
    deps, now = here.publishing, int(here.clock())
    until = deadline(context, keep_seconds=RESERVED_SECONDS)
    woken = "Records" in event
    ids = event_ids(event) if woken else deps.outbox.due(now, limit=BATCH_SIZE)
    run_with_retries(
        ids,
        lambda news_id: _notify(news_id, deps),
        clock=here.clock,
        sleep=here.sleep,
        deadline=until,
    )
    if not woken:
        log_outbox_backlog(deps.outbox, int(here.clock()))
        refresh_group_members(
            people=deps.people, slack=here.slack_people, policy=here.settings.policy, now=now
        )
        audit_grants(here.grant_auditing)
        if here.clock() < until:
            run_health_checks(here.slack_health)
    return {"batchItemFailures": []}


def _notify(news_id: str, deps: Tools) -> int | None:
    """When to try again, where it only has to wait for its turn."""
    report = publish(news_id, deps)
    if report is None or not report.troubles:
        return None
    waits = report.only_waits
    troubles = [str(trouble) for trouble in report.troubles]
    logger.log(
        logging.INFO if waits else logging.WARNING,
        "not delivered yet",
        extra={"work_id": news_id, "troubles": troubles, "again_at": report.again_at},
    )
    return report.again_at if waits else None
