"""What is open at Noyo when Switchboard begins."""

from __future__ import annotations

from bot.domain.content import Summary
from bot.domain.record_states import RecordState
from bot.domain.records import Connection, Disconnection
from bot.slack.views import record_facts
from bot.slack.views.message import Buttons, DisplaySettings, Message, Paragraph, Part
from bot.slack.views.record_cards import end_date
from bot.slack.views.record_facts import status_name
from bot.slack.views.rich_text import (
    QUOTE_LENGTH,
    PlainText,
    RichText,
    Timestamp,
    UntrustedText,
    labelled,
    own_group_id,
    plural,
    rich_text,
)

MOST_SHOWN = 20
_SAID_SHORTLY = QUOTE_LENGTH // 4


def summary(shown: Summary, look: DisplaySettings) -> Message:
    """The reader meets the bot for the first time: what does it know, and what has been waiting for us?

    What could go wrong: a wall of a hundred old alerts, or the belief that what is not listed does not wait. So this
    is one message, and it says how many more there are and how to see them, and of when it tells, since it is never
    edited.
    """
    listed = list({record_state.entity: record_state for record_state in shown.waiting}.values())[:MOST_SHOWN]
    parts: list[Part] = [Paragraph(_counts(shown))]
    for record_state in listed:
        parts += [Paragraph(_waiting(record_state, look)), _buttons(record_state, look)]
    parts.append(Paragraph(_more(shown.waiting_total - len(listed), look)))
    return Message(parts, rich_text("Switchboard has begun"), look.warning())


def _counts(shown: Summary) -> list[RichText]:
    connections = plural(shown.connections, "open connection")
    disconnections = plural(shown.disconnections, "open disconnection request")
    first = rich_text(
        f"Following {connections} and {disconnections} at Noyo. From now on, every change is told here."
    )
    if shown.waiting_total == 0:
        return [first, rich_text("Nothing waits for us.")]
    waits = "1 of them waits" if shown.waiting_total == 1 else f"{shown.waiting_total} of them wait"
    now = rich_text("As it stood ", Timestamp(shown.at), "; the cards tell how it stands since.")
    return [first, rich_text(PlainText(f"{waits} for us to act.", bold=True)), now]


def _waiting(record_state: RecordState, look: DisplaySettings) -> list[RichText]:
    record = record_state.record
    lines = [
        rich_text(
            PlainText("• "),
            *record_facts.group_and_carrier(record, look),
            ": ",
            status_name(record.status, bold=True),
        )
    ]
    if isinstance(record, Disconnection):
        return [*lines, end_date(record)]
    return [*lines, *_connection(record)]


def _connection(record: Connection) -> list[RichText]:
    lines = []
    if record.carrier_group_id is not None:
        lines.append(labelled("Carrier group id", own_group_id(record.carrier_group_id)))
    words = record_facts.error(record)
    if words:
        lines.append(
            labelled("The carrier said", UntrustedText(words, _SAID_SHORTLY, keep=record.carrier_group_id))
        )
    return lines


def _buttons(record_state: RecordState, look: DisplaySettings) -> Buttons:
    record = record_state.record
    return Buttons(
        record_facts.offered(record_state, look, primary=False), f"{record.entity}:{record.version}"
    )


def _more(number: int, look: DisplaySettings) -> list[RichText]:
    if number <= 0:
        return []
    waits = "waits" if number == 1 else "wait"
    return [
        rich_text(
            f"{number} more {waits} for us. Find each with {look.command} status and a group's name or id."
        )
    ]
