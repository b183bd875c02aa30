"""Handler: ask Noyo what changed, on a schedule."""

from __future__ import annotations

from typing import Any

from bot.settings import Purpose
from bot.usecases.check_up import check_up
from bot.usecases.poll import KINDS, poll
from bot.usecases.work import SECONDS_LEFT, work
from bot.wiring import deployment
from handlers import logs
from handlers.remaining import Context, deadline


def handler(event: dict[str, Any], context: Context) -> dict[str, Any]:
    del event
    logs.from_worker(context)
    here = deployment(Purpose.NOYO_CLIENT)
    until = deadline(context, keep_seconds=SECONDS_LEFT)
    kinds = {kind.value: kind for kind in KINDS}
    worked = work(
        kinds, lambda name: poll(kinds[name], here.polling(until)), clock=here.clock, deadline=until
    )
    if here.clock() < until:
        check_up(here.checking_noyo)
    return {"lists": worked.done, "failed": worked.failed}
