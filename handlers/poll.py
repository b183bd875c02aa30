"""Handler: ask Noyo what changed, on a schedule."""

from __future__ import annotations

import logging
from typing import Any

from bot.domain.subjects import Kind
from bot.settings import Purpose
from bot.usecases.poll import KINDS, Tools, poll
from bot.usecases.work import SECONDS_LEFT, logger, work
from bot.wiring import deployment
from handlers import logs
from handlers.remaining import Context, deadline


def _poll(kind: Kind, tools: Tools) -> None:
    report = poll(kind, tools)
    logger.log(
        logging.INFO if report.finished and report.sort_trusted else logging.WARNING,
        "polled",
        extra={
            "list": kind.value,
            "requests": report.requests,
            "changed": report.changed,
            "finished": report.finished,
            "sort_trusted": report.sort_trusted,
        },
    )


def handler(event: dict[str, Any], context: Context) -> dict[str, Any]:
    del event
    logs.from_worker(context)
    here = deployment(Purpose.NOYO_CLIENT)
    until = deadline(context, keep_seconds=SECONDS_LEFT)
    kinds = {kind.value: kind for kind in KINDS}
    worked = work(
        kinds, lambda name: _poll(kinds[name], here.polling(until)), clock=here.clock, deadline=until
    )
    return {"lists": worked.done, "failed": worked.failed}
