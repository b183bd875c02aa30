"""Executes operations: submitted just now (the table's stream), or due (a schedule)."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from bot.bootstrap import deployment
from bot.dynamodb.stream import operation_ids, refresh_ids
from bot.logs import configure_worker
from bot.settings import Purpose
from bot.usecases.workers import execute_operations


def handler(event: dict[str, Any], context: LambdaContext) -> None:
    configure_worker(context)
    triggered = (operation_ids(event), refresh_ids(event)) if "Records" in event else None
    deps = deployment(Purpose.NOYO_CLIENT).noyo_dependencies
    execute_operations(triggered, context.get_remaining_time_in_millis() / 1000, deps)
