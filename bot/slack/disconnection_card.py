"""Slack room: the card of a request to disconnect."""

from __future__ import annotations

from bot.domain.records import Disconnection
from bot.domain.showing import RecordCard
from bot.slack import facts
from bot.slack.connection_card import last_outcome
from bot.slack.deeds import under_way
from bot.slack.look import Look
from bot.slack.message import Buttons, Message, Paragraph, SmallPrint
from bot.slack.phrases import Foreign, Line, Words, labelled, line
from bot.slack.statuses import next_step, source
from bot.slack.text import day


def disconnection_card(card: RecordCard, record: Disconnection, look: Look) -> Message:
    """The reader has to see in time whether coverage is about to end for somebody, and why.

    What could mislead: a count of days left, which is wrong by tomorrow, and a date that a time zone moves to the day
    before. So the date itself is written out.
    """
    lines = [*disconnection_facts(record), labelled("Next", *next_step(record, look))]
    if card.operation is not None and card.operation.open:
        lines.append(under_way(card.operation))
    elif card.last is not None:
        lines.append(last_outcome(card.last))
    revision = f"{record.subject}:{record.version}"
    return Message(
        [
            Paragraph(lines),
            Buttons([facts.details_button(card.tracked)], revision),
            SmallPrint([facts.ids(record)]),
        ],
        line("Disconnect ", *facts.group_and_carrier(record, look)),
        look.warning(),
    )


def disconnection_facts(record: Disconnection) -> list[Line]:
    return [facts.status(record), end_date(record), _asked(record)]


def end_date(record: Disconnection) -> Line:
    if record.effective_end_date is None:
        return labelled("Last managed day", "not set yet")
    return labelled("Last managed day", Words(day(record.effective_end_date)))


def _asked(record: Disconnection) -> Line:
    about = line(" (its reference: ", Foreign(record.source_id, 80), ")") if record.source_id else ()
    when = f" on {day(record.source_date)}" if record.source_date else ""
    return labelled("Asked for by", source(record), when, *about)
