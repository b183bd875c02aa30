"""Publishes outbox events in Slack: written just now (the table's stream), or due (a schedule)."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from bot.bootstrap import deployment
from bot.dynamodb.stream import event_ids
from bot.logs import configure_worker
from bot.settings import Purpose
from bot.usecases.workers import notify


def handler(event: dict[str, Any], context: LambdaContext) -> None:
    configure_worker(context)
    process = deployment(Purpose.SLACK_BOT)
    notify(
        event_ids(event) if "Records" in event else None,
        context.get_remaining_time_in_millis() / 1000,
        process.slack_dependencies,
        sleep=process.sleep,
        check_health=process.check_slack,
    )
