"""Handler: operations just placed (the table's stream), and operations that are due (a schedule)."""

from __future__ import annotations

from functools import partial
from typing import Any

from bot.settings import Purpose
from bot.store.stream import asked_ids, look_ids
from bot.usecases.carry_out import carry_out
from bot.usecases.due import due_operations, woken_for
from bot.usecases.operation_life import LONGEST_SECONDS
from bot.usecases.pause import mind_the_mode
from bot.usecases.standing import tell_how_operations_stand
from bot.usecases.work import work
from bot.wiring import deployment
from handlers import logs
from handlers.remaining import Context, deadline


def handler(event: dict[str, Any], context: Context) -> dict[str, Any]:
    logs.from_worker(context)
    here = deployment(Purpose.NOYO_CLIENT)
    tools = here.carrying_out
    woken = "Records" in event
    if not woken:
        mind_the_mode(here.settings.mode, here.switching)
    work(
        woken_for(asked_ids(event), look_ids(event), tools) if woken else due_operations(tools),
        partial(carry_out, tools=tools),
        clock=here.clock,
        deadline=deadline(context, keep_seconds=LONGEST_SECONDS),
    )
    if not woken:
        tell_how_operations_stand(tools.operations, tools.now())
    return {"batchItemFailures": []}
