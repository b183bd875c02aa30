"""Operations just placed (the table's stream), and operations that are due (a schedule)."""

from __future__ import annotations

from functools import partial
from typing import Any

from bot import logs
from bot.bootstrap import deployment
from bot.dynamodb.stream import operation_ids, refresh_ids
from bot.lambda_context import Context, deadline
from bot.settings import Purpose
from bot.usecases.admin.backlog import log_operation_backlog
from bot.usecases.admin.pause import record_mode
from bot.usecases.operations.due import due_operations, triggered_operations
from bot.usecases.operations.execute import execute
from bot.usecases.operations.lifecycle import LONGEST_SECONDS
from bot.usecases.run_batch import run_batch


def handler(event: dict[str, Any], context: Context) -> dict[str, Any]:
    logs.configure_worker(context)
    here = deployment(Purpose.NOYO_CLIENT)
    deps = here.noyo_dependencies
    woken = "Records" in event
    if not woken:
        record_mode(deps)
    run_batch(
        triggered_operations(operation_ids(event), refresh_ids(event), deps)
        if woken
        else due_operations(deps),
        partial(execute, deps=deps),
        clock=here.clock,
        deadline=deadline(context, keep_seconds=LONGEST_SECONDS),
    )
    if not woken:
        log_operation_backlog(deps.operations, deps.now())
    return {"batchItemFailures": []}
