"""Ask Noyo what changed, on a schedule."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from bot import logs
from bot.bootstrap import deployment
from bot.lambda_context import Context, deadline
from bot.settings import Purpose
from bot.usecases.records.poll import KINDS, poll
from bot.usecases.run_batch import RESERVED_SECONDS, run_batch


def handler(event: dict[str, Any], context: Context) -> dict[str, Any]:
    del event
    logs.configure_worker(context)
    here = deployment(Purpose.NOYO_CLIENT)
    until = deadline(context, keep_seconds=RESERVED_SECONDS)
    kinds = {kind.value: kind for kind in KINDS}
    deps = replace(here.noyo_dependencies, poll_deadline=until)
    worked = run_batch(kinds, lambda name: poll(kinds[name], deps), clock=here.clock, deadline=until)
    if here.clock() < until:
        here.check_noyo()
    return {"lists": worked.done, "failed": worked.failed}
