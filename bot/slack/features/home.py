"""The App Home: somebody opens it, chooses what it lists, or acts on what it lists.

Reading what needs the team may take longer than Slack waits, so each of these only leaves a request, which a worker
publishes. What can go wrong: many requests pile up, or an older one arrives after a newer one and takes back what the
person chose. So there is one request for each person, and the latest one counts by Slack's own time.
"""

from __future__ import annotations

from bot.domain.home import HomeFilter, HomeView, slack_time
from bot.domain.outbox import home_requested
from bot.errors import UnknownSchema
from bot.slack.context import RequestContext
from bot.slack.views.buttons import Action, ButtonValue, Page, decode
from bot.slack.views.rich_text import Json, is_user_id

TAB = "home"
"""Slack's name of the tab; `app_home_opened` is also sent for the tab with the bot's messages."""
CHANGES = frozenset({Action.CLAIM, Action.RELEASE, Action.WITHDRAW})
"""Buttons of a Home that change at once what it shows."""


def opened(context: RequestContext, event: Json) -> None:
    """The Home opens with the filter that it had, on the first page."""
    if event.get("tab") != TAB or not is_user_id(event["user"]):
        return
    shown = _shown((event.get("view") or {}).get("private_metadata", ""))
    _request(context, event["user"], HomeView(shown.shows), event["event_ts"])


def click(context: RequestContext, value: ButtonValue) -> None:
    """A filter, *Refresh*, *Previous* or *Next*."""
    if value.page is None:
        raise ValueError("this button belongs to no Home")
    _request(context, context.actor.user_id, _view(value.page), context.actor.clicked_at)


def show_change(context: RequestContext) -> None:
    """After another button of the Home: it shows the same page, as it is now."""
    if context.actor.home is not None:
        _request(context, context.actor.user_id, _shown(context.actor.home), context.actor.clicked_at)


def _request(context: RequestContext, user_id: str, view: HomeView, ts: str) -> None:
    context.deps.outbox.request(home_requested(user_id, view, slack_time(ts), context.deps.now()))


def _shown(metadata: str) -> HomeView:
    """What a Home showed; the beginning of everything if another version of Switchboard made it."""
    try:
        page = decode(metadata).page if metadata else None
    except (UnknownSchema, ValueError):
        page = None
    return _view(page) if page is not None else HomeView()


def _view(page: Page) -> HomeView:
    """A filter that this release does not know lists everything."""
    known = page.text in HomeFilter._value2member_map_
    return HomeView(HomeFilter(page.text) if known else HomeFilter.ALL, max(page.number, 0))
