"""Slack room: the card of a connection."""

from __future__ import annotations

from bot.domain.records import Connection
from bot.domain.showing import RecordCard
from bot.domain.tracking import Tracked
from bot.slack import facts
from bot.slack.look import Look
from bot.slack.message import Message, Paragraph, Part, Quote, SmallPrint
from bot.slack.phrases import Line, labelled
from bot.slack.record_card import card_buttons, last_lines, now_or_next


def connection_card(card: RecordCard, record: Connection, look: Look) -> Message:
    """The reader passes by and wants to know: is this one fine, and if not, is it on me?

    What could mislead: a button that is offered while somebody else's retry is on its way, words of an earlier try
    read as today's, and praise for somebody whose retry may yet fail. So one open operation takes the buttons away,
    and who did something is said only when none is open.
    """
    parts: list[Part] = [Paragraph(_facts(card.tracked, record, now_or_next(card, record, look)))]
    parts += _said(record)
    parts.append(Paragraph(last_lines(card, look, current=look.retryable(card.tracked))))
    parts.append(card_buttons(card, look))
    parts.append(SmallPrint([facts.ids(record)]))
    return Message(parts, facts.group_and_carrier(record, look), look.warning())


def _facts(tracked: Tracked, record: Connection, then: Line) -> list[Line]:
    return [
        facts.status(record),
        then,
        facts.carrier_group_id(record),
        facts.asker(tracked),
        facts.tries(tracked),
    ]


def _said(record: Connection) -> list[Part]:
    words = facts.carrier_said(record)
    return [Paragraph([labelled("The carrier said")]), Quote(words)] if words else []
