"""*decisions*: somebody wants to know which requests to disconnect wait, and which is the most urgent.

The person has a few minutes. What can go wrong: the list hides a request that ends tomorrow, or one of ours that waits
for a second approver, or offers one that a colleague is deciding at this moment.
"""

from __future__ import annotations

from datetime import date

from bot.domain.operations import Operation
from bot.domain.people import Right
from bot.domain.record_states import RecordState, decidable
from bot.domain.records import Disconnection, DisconnectionStatus, EntityKind, EntityRef
from bot.domain.requests import DisconnectionRequest
from bot.slack.context import RequestContext
from bot.slack.views import buttons, record_facts, replies
from bot.slack.views.message import Buttons, Paragraph, Part
from bot.slack.views.operation_text import current_state, in_progress
from bot.slack.views.record_cards import claimed_by, end_date
from bot.slack.views.record_facts import source_name
from bot.slack.views.request_cards import disconnection_parties, pending_disconnection_facts
from bot.slack.views.rich_text import Json, labelled, rich_text

LISTED = 8
COUNTED = 1000


def start(context: RequestContext, text: str) -> Json:
    """`/noyo decisions`: requests to disconnect that wait for a decision or for confirmation, soonest end first."""
    del text
    permission = context.authorize(Right.VIEW)
    if not permission.allowed:
        return replies.ephemeral(replies.denial(permission))
    waiting, unconfirmed = _waiting(context), context.deps.operations.awaiting_confirmation(limit=COUNTED)
    # Each list is sorted, so only the first entries of each can be among the first of both.
    record_states = context.deps.records.record_states(waiting[:LISTED])
    shown = [
        record_states[entity]
        for entity in waiting[:LISTED]
        if entity in record_states and decidable(record_states[entity])
    ]
    rows = [(_end(record_state.record), _row(context, record_state)) for record_state in shown]
    rows += [(_end(operation.input), _unconfirmed_row(context, operation)) for operation in unconfirmed[:LISTED]]
    if not rows:
        return replies.ephemeral("No request to disconnect waits for a decision.")
    listed = sorted(rows, key=lambda row: row[0])[:LISTED]
    opening = "These wait for a decision, the soonest last day first."
    parts = [part for _, row in listed for part in row]
    return replies.ephemeral(opening, *parts, *_more(context, len(waiting) + len(unconfirmed) - LISTED))


def _waiting(context: RequestContext) -> list[EntityRef]:
    return context.deps.records.in_status(
        EntityKind.DISCONNECTION, DisconnectionStatus.NEEDS_REVIEW.value, limit=COUNTED
    )


def _end(what: object) -> date:
    ends = what.effective_end_date if isinstance(what, Disconnection | DisconnectionRequest) else None
    return ends or date.max


def _row(context: RequestContext, record_state: RecordState) -> list[Part]:
    record = record_state.record
    lines = [rich_text(*record_facts.group_and_carrier(record, context.display))]
    if not isinstance(record, Disconnection):
        return []
    lines += [
        end_date(record, context.deps.today()),
        rich_text("Asked for by ", source_name(record)),
        *claimed_by(record_state),
    ]
    operation = context.deps.operations.open_on(record_state.entity)
    if operation is not None:
        return [Paragraph([*lines, in_progress(operation)])]
    offered = record_facts.action_buttons(record_state, context.display, primary=False, with_claim=True)
    return [Paragraph(lines), Buttons(offered, f"{record_state.entity}:{record.version}")]


def _unconfirmed_row(context: RequestContext, operation: Operation) -> list[Part]:
    wanted = operation.input
    if not isinstance(wanted, DisconnectionRequest):
        return []
    lines = [
        rich_text(*disconnection_parties(wanted, context.display)),
        *pending_disconnection_facts(operation, wanted),
    ]
    lines.append(labelled("Now", *current_state(operation)))
    return [Paragraph(lines), Buttons(buttons.second_approval_buttons(operation.id, primary=False), operation.id)]


def _more(context: RequestContext, number: int) -> list[str]:
    if number <= 0:
        return []
    return [f"{number} more. Open one by name: {context.command} approve, reject or disconnect, and the group's name."]
