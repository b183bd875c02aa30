"""Handler: news just written (the table's stream), and news that is due (a schedule)."""

from __future__ import annotations

from functools import partial
from typing import Any

from bot.store.stream import news_ids
from bot.usecases.notify import notify
from bot.usecases.refresh import refresh_members
from bot.usecases.work import MOST_AT_ONCE, SECONDS_LEFT, work
from bot.wiring import deployment
from handlers.remaining import Context, deadline


def handler(event: dict[str, Any], context: Context) -> dict[str, Any]:
    here = deployment()
    tools, now = here.notifying, int(here.clock())
    woken = "Records" in event
    ids = news_ids(event) if woken else tools.news.due(now, limit=MOST_AT_ONCE)
    work(
        ids,
        partial(notify, tools=tools),
        clock=here.clock,
        deadline=deadline(context, keep_seconds=SECONDS_LEFT),
    )
    if not woken:
        refresh_members(people=tools.people, slack=here.slack_people, policy=here.settings.policy, now=now)
    return {"batchItemFailures": []}
