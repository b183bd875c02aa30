"""Handler: news just written (the table's stream), and news that is due (a schedule)."""

from __future__ import annotations

import logging
from typing import Any

from bot.settings import Purpose
from bot.store.stream import news_ids
from bot.usecases.check_up import check_up
from bot.usecases.note_rights import note_rights
from bot.usecases.notify import Tools, notify
from bot.usecases.refresh import refresh_members
from bot.usecases.standing import tell_how_news_stands
from bot.usecases.turns import work_in_turns
from bot.usecases.work import MOST_AT_ONCE, SECONDS_LEFT, logger
from bot.wiring import deployment
from handlers import logs
from handlers.remaining import Context, deadline


def handler(event: dict[str, Any], context: Context) -> dict[str, Any]:
    logs.from_worker(context)
    here = deployment(Purpose.SLACK_BOT)
    tools, now = here.notifying, int(here.clock())
    until = deadline(context, keep_seconds=SECONDS_LEFT)
    woken = "Records" in event
    ids = news_ids(event) if woken else tools.news.due(now, limit=MOST_AT_ONCE)
    work_in_turns(
        ids,
        lambda news_id: _notify(news_id, tools),
        clock=here.clock,
        sleep=here.sleep,
        deadline=until,
    )
    if not woken:
        tell_how_news_stands(tools.news, int(here.clock()))
        refresh_members(people=tools.people, slack=here.slack_people, policy=here.settings.policy, now=now)
        note_rights(here.noting_rights)
        if here.clock() < until:
            check_up(here.checking_slack)
    return {"batchItemFailures": []}


def _notify(news_id: str, tools: Tools) -> int | None:
    """When to try again, where it only has to wait for its turn."""
    report = notify(news_id, tools)
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
