"""Everything that is shown, each kind of content by its own renderer."""

from __future__ import annotations

from dataclasses import replace

from bot.domain.content import (
    Alert,
    Content,
    ManualResolution,
    MessageLink,
    PauseNotice,
    RecordCard,
    Rendered,
    Reply,
    RequestCard,
    Summary,
    ThreadLine,
)
from bot.domain.records import Connection
from bot.slack.views.alerts import alert
from bot.slack.views.connection_card import connection_card
from bot.slack.views.disconnection_card import disconnection_card
from bot.slack.views.display_settings import DisplaySettings
from bot.slack.views.manual_resolution import manual_resolution
from bot.slack.views.message import Message
from bot.slack.views.pause_notice import pause_notice
from bot.slack.views.replies import reply
from bot.slack.views.request_card import request_card
from bot.slack.views.rich_text import PermalinkLookup, rich_text
from bot.slack.views.summary import summary
from bot.slack.views.thread_lines import thread_line


def no_links(_: MessageLink) -> str | None:
    """For where addresses of messages cannot be asked for: the channel is named instead."""
    return None


def render(content: Content, look: DisplaySettings, links: PermalinkLookup = no_links) -> Rendered:
    """Content as Slack takes it; the same content gives the same characters."""
    return message(content, look, links).rendered()


_ONLY_WATCHES = "Switchboard only watches: it sends nothing to Noyo, so nothing can be done from here."
_ONLY_WATCHED = "When this was written, Switchboard only watched: it sent nothing to Noyo."
"""For what is not edited when that changes."""


def message(content: Content, look: DisplaySettings, links: PermalinkLookup = no_links) -> Message:
    """What offers a deed says first where Switchboard only watches."""
    made = _message(content, look, links)
    if look.observes_only and made.offers_changes:
        so = _ONLY_WATCHED if isinstance(content, Summary) else _ONLY_WATCHES
        return replace(made, warning=(*made.warning, rich_text(so)))
    return made


def _message(content: Content, look: DisplaySettings, links: PermalinkLookup) -> Message:
    match content:
        case RecordCard():
            return _record_card(content, look, links)
        case RequestCard():
            return request_card(content, look)
        case Alert():
            return alert(content, look, links)
        case ManualResolution():
            return manual_resolution(content, look, links)
        case ThreadLine():
            return thread_line(content)
        case Reply():
            return reply(content, look, links)
        case Summary():
            return summary(content, look)
        case PauseNotice():
            return pause_notice(content, look)


def _record_card(card: RecordCard, look: DisplaySettings, links: PermalinkLookup) -> Message:
    record = card.record_state.record
    if isinstance(record, Connection):
        return connection_card(card, record, look)
    return disconnection_card(card, record, look, links)
