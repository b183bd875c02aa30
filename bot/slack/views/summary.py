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
    MAX_QUOTE_LENGTH,
    PlainText,
    RichText,
    Timestamp,
    UntrustedText,
    labelled,
    own_group_id,
    plural,
    rich_text,
)

MAX_LISTED = 20
_SAID_SHORTLY = MAX_QUOTE_LENGTH // 4


def summary(shown: Summary, display: DisplaySettings) -> Message:
    """The reader meets the bot for the first time: what does it know, and what has been waiting for us?

    What could go wrong: a wall of a hundred old alerts, or the belief that what is not listed does not wait. So this
    is one message, and it says how many more there are and how to see them, and of when it tells, since it is never
    edited.
    """
    listed = list({record_state.entity: record_state for record_state in shown.waiting}.values())[:MAX_LISTED]
    parts: list[Part] = [Paragraph(_counts(shown))]
    for record_state in listed:
        parts += [Paragraph(_record_lines(record_state, display)), _buttons(record_state, display)]
    parts.append(Paragraph(_more_line(shown.waiting_total - len(listed), display)))
    return Message(parts, rich_text("Switchboard has begun"), display.warning())


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


def _record_lines(record_state: RecordState, display: DisplaySettings) -> list[RichText]:
    record = record_state.record
    lines = [
        rich_text(
            PlainText("• "),
            *record_facts.group_and_carrier(record, display),
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
    words = record_facts.carrier_error(record)
    if words:
        lines.append(
            labelled(
                "The carrier said", UntrustedText(words, _SAID_SHORTLY, unmasked=record.carrier_group_id)
            )
        )
    return lines


def _buttons(record_state: RecordState, display: DisplaySettings) -> Buttons:
    record = record_state.record
    return Buttons(
        record_facts.action_buttons(record_state, display, primary=False), f"{record.entity}:{record.version}"
    )


def _more_line(number: int, display: DisplaySettings) -> list[RichText]:
    if number <= 0:
        return []
    waits = "waits" if number == 1 else "wait"
    return [
        rich_text(
            f"{number} more {waits} for us. Find each with {display.command} status and a group's name or id."
        )
    ]
