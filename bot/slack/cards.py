"""Slack room: everything that is shown, each kind of content by its own renderer."""

from __future__ import annotations

from dataclasses import replace

from bot.domain.records import Connection
from bot.domain.showing import (
    Alert,
    Answer,
    Content,
    Link,
    NeedsPerson,
    RecordCard,
    Rendered,
    RequestCard,
    Summary,
    SwitchNotice,
    ThreadLine,
)
from bot.slack.alert import alert
from bot.slack.answers import answer
from bot.slack.connection_card import connection_card
from bot.slack.disconnection_card import disconnection_card
from bot.slack.lines import thread_line
from bot.slack.look import Look
from bot.slack.message import Message
from bot.slack.phrases import Links, line
from bot.slack.request_card import request_card
from bot.slack.summary import summary
from bot.slack.switch_notice import switch_notice
from bot.slack.unclear import needs_person


def no_links(_: Link) -> str | None:
    """For where addresses of messages cannot be asked for: the channel is named instead."""
    return None


def render(content: Content, look: Look, links: Links = no_links) -> Rendered:
    """Content as Slack takes it; the same content gives the same characters."""
    return message(content, look, links).rendered()


_ONLY_WATCHES = "Switchboard only watches: it sends nothing to Noyo, so nothing can be done from here."
_ONLY_WATCHED = "When this was written, Switchboard only watched: it sent nothing to Noyo."
"""For what is not edited when that changes."""


def message(content: Content, look: Look, links: Links = no_links) -> Message:
    """What offers a deed says first where Switchboard only watches."""
    made = _message(content, look, links)
    if look.watches and made.offers_deeds:
        so = _ONLY_WATCHED if isinstance(content, Summary) else _ONLY_WATCHES
        return replace(made, warning=(*made.warning, line(so)))
    return made


def _message(content: Content, look: Look, links: Links) -> Message:
    match content:
        case RecordCard():
            return _record_card(content, look, links)
        case RequestCard():
            return request_card(content, look)
        case Alert():
            return alert(content, look, links)
        case NeedsPerson():
            return needs_person(content, look, links)
        case ThreadLine():
            return thread_line(content)
        case Answer():
            return answer(content, look, links)
        case Summary():
            return summary(content, look)
        case SwitchNotice():
            return switch_notice(content, look)


def _record_card(card: RecordCard, look: Look, links: Links) -> Message:
    record = card.tracked.record
    if isinstance(record, Connection):
        return connection_card(card, record, look)
    return disconnection_card(card, record, look, links)
