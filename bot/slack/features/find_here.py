"""*Find connections here*: somebody reads a message, such as a customer's question, and wants what it is about.

Commands do not work in threads, and the bot may not be in the channel: the answer goes to the person alone, in the same
thread. What can go wrong: a long message, a name that is an ordinary word, or a part that was not searched unnoticed.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from bot.domain.mentions import Mentions, mentioned, mentions_in
from bot.domain.people import Right
from bot.slack.context import RequestContext
from bot.slack.features import listing
from bot.slack.features.search import Found
from bot.slack.views import replies
from bot.slack.views.buttons import show_buttons
from bot.slack.views.message import Buttons, Paragraph
from bot.slack.views.modals import notice
from bot.slack.views.rich_text import Json, rich_text

LONGEST = 40_000
"""Slack cuts a message's text after so many characters; its blocks repeat them."""
TEXTS = frozenset({"text", "fallback", "title", "pretext", "value"})
"""Where a message, its blocks and attachments contain what people read."""


def run(context: RequestContext, message: Json) -> None:
    permission = context.authorize(Right.VIEW)
    if not permission.allowed:
        context.open_view(notice("Not possible", replies.denial(permission)))
        return
    answer = _answer(context, mentions_in("\n".join(dict.fromkeys(_texts(message)))[:LONGEST]))
    where = {"thread_ts": message["thread_ts"]} if "thread_ts" in message else {}
    if context.actor.response_url is None:
        raise ValueError("this shortcut gives no address for an answer")
    context.web.respond(context.actor.response_url, answer | where)


def _answer(context: RequestContext, mentions: Mentions) -> Json:
    candidates, is_complete = context.deps.records.find_with_words(mentions.searches)
    found = mentioned(candidates, mentions)
    part = [] if is_complete and mentions.is_complete else [_searched_in_part(context)]
    if not found:
        opening = "I found no group, connection or request in this message, by its name or an id."
        return replies.ephemeral(opening, *part or [_how_to_search(context)])
    shown = found[: listing.ROWS]
    more = len(found) - len(shown)
    rest = [Paragraph([rich_text(f"{more} more: type {context.command} status and a name or an id.")])] if more else []
    group_id = Found(found, "").group_id if more else None
    whole = show_buttons(f"status {group_id}", "Show Group") if group_id is not None else ()
    rest_of_group = Buttons(whole, f"{group_id}:mentioned")
    return replies.ephemeral("This message mentions:", *listing.rows(context, shown), *rest, rest_of_group, *part)


def _searched_in_part(context: RequestContext) -> Paragraph:
    why = "There is more in this message than I can search at once, so something may be missing."
    return Paragraph([rich_text(f"{why} Type {context.command} status and a name or an id.")])


def _how_to_search(context: RequestContext) -> Paragraph:
    return Paragraph([rich_text(f"To search by a part of a name, type {context.command} status and the part.")])


def _texts(part: Any, name: str = "") -> Iterator[str]:
    """The text of the message first, since its blocks and attachments may repeat it."""
    if isinstance(part, dict):
        for key, inner in sorted(part.items(), key=lambda item: item[0] != "text"):
            yield from _texts(inner, key)
    elif isinstance(part, list):
        for inner in part:
            yield from _texts(inner)
    elif isinstance(part, str) and name in TEXTS:
        yield part
