"""Rows of lists, the same in an answer to a command and in the App Home: records, and operations that need a person."""

from __future__ import annotations

from datetime import date

from bot.domain.operations import Operation
from bot.domain.record_states import RecordState
from bot.domain.records import Connection, Record
from bot.domain.requests import DisconnectionRequest
from bot.slack.views import buttons, record_facts
from bot.slack.views.message import Buttons, DisplaySettings, Paragraph, Part
from bot.slack.views.operation_text import current_state, in_progress
from bot.slack.views.record_cards import claimed_by
from bot.slack.views.request_cards import disconnection_parties, pending_disconnection_facts, request_title
from bot.slack.views.rich_text import ChannelMention, RichText, UserMention, labelled, rich_text


def record_line(
    record: Record, disconnection: RecordState | None, display: DisplaySettings, today: date | None = None
) -> RichText:
    """`disconnection`: the request that counts for a connection. `today` adds the days left to a last managed day."""
    if isinstance(record, Connection):
        number = record_facts.carrier_group_id_line(record)
    else:
        number = record_facts.end_date(record, today)
    status = record_facts.current_status(record, disconnection, bold=True)
    return rich_text(*record_facts.title(record, display), ": ", *status, ". ", *number)


def note_line(record_state: RecordState, now: int) -> RichText:
    """How long it has not changed, who requested it, and who has claimed it."""
    days = (now - record_state.record.modified) // 86400
    unchanged = "Changed today" if days < 1 else f"Unchanged for {days} {'day' if days == 1 else 'days'}"
    requester = (". Requested by ", UserMention(record_state.requester)) if record_state.requester else ()
    owner = [span for line in claimed_by(record_state) for span in (". ", *line)]
    return rich_text(unchanged, *requester, *owner)


def row_buttons(
    record_state: RecordState, disconnection: RecordState | None, display: DisplaySettings, *, with_claim: bool = False
) -> Buttons:
    offered = record_facts.action_buttons(record_state, disconnection, display, primary=False, with_claim=with_claim)
    return Buttons(offered, f"{record_state.entity}:{record_state.record.version}")


def unconfirmed_row(operation: Operation, display: DisplaySettings) -> list[Part]:
    """A request to disconnect of ours that waits for a second approver."""
    wanted = operation.input
    if not isinstance(wanted, DisconnectionRequest):
        return []
    lines = [
        rich_text(*disconnection_parties(wanted, display)),
        *pending_disconnection_facts(operation, wanted),
        labelled("Now", *current_state(operation)),
    ]
    return [Paragraph(lines), Buttons(buttons.second_approval_buttons(operation.id, primary=False), operation.id)]


def question_row(operation: Operation, record_state: RecordState | None, display: DisplaySettings) -> list[Part]:
    """The question has its buttons in its alert only, beside what was sent and what Noyo shows."""
    about = record_facts.title(record_state.record, display) if record_state else request_title(operation, display)
    answer = rich_text("Answer the question in ", ChannelMention(display.alerts_channel), ".")
    return [Paragraph([about, labelled("Now", *in_progress(operation)), answer])]


def unreadable(number: int) -> str:
    if number <= 0:
        return ""
    return f" This release cannot read {number} of them. After a rollback, upgrade again."
