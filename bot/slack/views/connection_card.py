"""The card of a connection."""

from __future__ import annotations

from bot.domain.content import RecordCard
from bot.domain.record_states import RecordState
from bot.domain.records import Connection
from bot.slack.views import record_facts
from bot.slack.views.display_settings import DisplaySettings
from bot.slack.views.message import Message, Paragraph, Part, Quote, SmallPrint
from bot.slack.views.record_card import card_buttons, last_lines, now_or_next
from bot.slack.views.rich_text import RichText, labelled


def connection_card(card: RecordCard, record: Connection, look: DisplaySettings) -> Message:
    """The reader passes by and wants to know: is this one fine, and if not, is it on me?

    What could mislead: a button that is offered while somebody else's retry is on its way, words of an earlier try
    read as today's, and praise for somebody whose retry may yet fail. So one open operation takes the buttons away,
    and who did something is said only when none is open.
    """
    parts: list[Part] = [Paragraph(_facts(card.record_state, record, now_or_next(card, record, look)))]
    parts += _said(record)
    parts.append(Paragraph(last_lines(card, look, current=look.retryable(card.record_state))))
    parts.append(card_buttons(card, look))
    parts.append(SmallPrint([record_facts.ids(record)]))
    return Message(parts, record_facts.group_and_carrier(record, look), look.warning())


def _facts(record_state: RecordState, record: Connection, then: RichText) -> list[RichText]:
    return [
        record_facts.status(record),
        then,
        record_facts.carrier_group_id(record),
        record_facts.asker(record_state),
        record_facts.tries(record_state),
    ]


def _said(record: Connection) -> list[Part]:
    words = record_facts.carrier_said(record)
    return [Paragraph([labelled("The carrier said")]), Quote(words)] if words else []
