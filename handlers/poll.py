"""Polls Noyo for changed records, on a schedule."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from bot.bootstrap import deployment
from bot.logs import configure_worker
from bot.settings import Purpose
from bot.usecases.workers import poll_lists


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    del event
    configure_worker(context)
    process = deployment(Purpose.NOYO_CLIENT)
    seconds_left = context.get_remaining_time_in_millis() / 1000
    result = poll_lists(seconds_left, process.noyo_dependencies, check_health=process.check_noyo)
    return {"lists": result.done, "failed": result.failed}
