"""The first message: what is open at Noyo when Switchboard starts."""

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
_MAX_MESSAGE = MAX_QUOTE_LENGTH // 4


def summary(content: Summary, display: DisplaySettings) -> Message:
    """Answers, when the bot starts for the first time: what does it follow, and what needs our action?

    A hundred old alerts would hide the answer, and a short list would suggest that nothing else needs action. So this
    is one message that says how many more there are and how to find them. It is never updated, so it has a time.
    """
    listed = list({state.entity: state for state in content.waiting}.values())[:MAX_LISTED]
    parts: list[Part] = [Paragraph(_counts(content))]
    for record_state in listed:
        parts += [Paragraph(_record_lines(record_state, display)), _buttons(record_state, display)]
    parts.append(Paragraph(_more_line(content.waiting_total - len(listed), display)))
    return Message(parts, rich_text("Switchboard has started"), display.warning())


def _counts(content: Summary) -> list[RichText]:
    connections = plural(content.connections, "open connection")
    disconnections = plural(content.disconnections, "open disconnection request")
    first = rich_text(f"Following {connections} and {disconnections} at Noyo. Every change is posted here.")
    if content.waiting_total == 0:
        return [first, rich_text("Nothing needs action.")]
    need = f"{content.waiting_total} of them {'needs' if content.waiting_total == 1 else 'need'} action."
    as_of = rich_text("As of ", Timestamp(content.at), ". See the cards for the current state.")
    return [first, rich_text(PlainText(need, bold=True)), as_of]


def _record_lines(record_state: RecordState, display: DisplaySettings) -> list[RichText]:
    record = record_state.record
    name = record_facts.group_and_carrier(record, display)
    line = rich_text(PlainText("• "), *name, ": ", status_name(record.status, bold=True))
    return [line, end_date(record)] if isinstance(record, Disconnection) else [line, *_connection(record)]


def _connection(record: Connection) -> list[RichText]:
    lines = []
    if record.carrier_group_id is not None:
        lines.append(labelled("Carrier group id", own_group_id(record.carrier_group_id)))
    message = record_facts.carrier_error(record)
    if message:
        text = UntrustedText(message, _MAX_MESSAGE, unmasked=record.carrier_group_id)
        lines.append(labelled("Message from the carrier", text))
    return lines


def _buttons(record_state: RecordState, display: DisplaySettings) -> Buttons:
    record = record_state.record
    offered = record_facts.action_buttons(record_state, display, primary=False)
    return Buttons(offered, f"{record.entity}:{record.version}")


def _more_line(number: int, display: DisplaySettings) -> list[RichText]:
    if number <= 0:
        return []
    need = "needs" if number == 1 else "need"
    how = f"Find each with {display.command} status and the group's name or id."
    return [rich_text(f"{number} more {need} action. {how}")]
