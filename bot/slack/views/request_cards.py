"""Cards of requests that have no Noyo record yet, or never got one."""

from __future__ import annotations

from bot.domain.content import RequestCard
from bot.domain.operations import Operation, OperationKind, OperationState
from bot.domain.record_states import RecordState
from bot.domain.records import Connection
from bot.domain.requests import ConnectionRequest, DisconnectionRequest, RefreshRequest
from bot.slack.views import buttons, operation_text, record_facts
from bot.slack.views.buttons import Action
from bot.slack.views.connection_options import options_lines
from bot.slack.views.message import Buttons, DisplaySettings, Message, Paragraph, Part, SmallPrint
from bot.slack.views.record_cards import last_outcome
from bot.slack.views.rich_text import (
    Json,
    RichText,
    Span,
    Timestamp,
    UntrustedText,
    UserGroupMention,
    UserMention,
    date_text,
    labelled,
    own_group_id,
    rich_text,
)

MAX_APPROVERS_MENTIONED = 5
"""For approvers that are set as people; user groups are mentioned as groups."""


def request_card(card: RequestCard, display: DisplaySettings) -> Message:
    """Answers: did I, or a colleague, already ask for this connection, and what became of it?

    What could mislead: a request in progress that looks done, a refused one that looks open, and a duplicate that does
    not show the existing connection.
    """
    operation = card.operation
    if isinstance(operation.input, DisconnectionRequest):
        return pending_disconnection_card(card, operation.input, display)
    facts = [*existing_group_line(operation), *carrier_group_id_line(operation), *options_lines(operation)]
    parts: list[Part] = [Paragraph([*facts, *_request_state(operation, display)])]
    if card.duplicate is not None:
        parts.append(Paragraph(duplicate_facts(card.duplicate, display)))
    title = rich_text("Request: ", *request_title(operation, display))
    return Message([*parts, *_closing_parts(card)], title, display.warning())


def pending_disconnection_card(card: RequestCard, request: DisconnectionRequest, display: DisplaySettings) -> Message:
    """Answers, for an approver who did not ask for it: what happens to whom if I confirm, and until when can I?

    What could mislead: a request that looks sent while it waits, and a button that is still there after a colleague
    confirmed or after it expired. So the state comes first, and the buttons are removed with it. The note for Noyo is
    not for the whole channel, so only answers to one person show it.
    """
    operation = card.operation
    state = _pending_disconnection_state(operation, display)
    parts: list[Part] = [Paragraph([state, *_approver_mentions(operation, display)])]
    parts.append(Paragraph(pending_disconnection_facts(operation, request)))
    if card.duplicate is not None:
        existing = record_facts.group_and_carrier(card.duplicate.record, display)
        parts.append(Paragraph([labelled("Already at Noyo", *existing)]))
    title = rich_text("Disconnect ", *disconnection_parties(request, display))
    return Message([*parts, *_closing_parts(card)], title, display.warning())


def disconnection_parties(request: DisconnectionRequest, display: DisplaySettings) -> RichText:
    return rich_text(group_name(request), " · ", display.carrier(request.carrier_id))


def group_name(request: DisconnectionRequest) -> UntrustedText:
    return UntrustedText(request.group_name or record_facts.UNNAMED_GROUP)


def pending_disconnection_facts(operation: Operation, request: DisconnectionRequest) -> list[RichText]:
    second = operation.second_approval
    return [
        labelled("Last managed day", date_text(request.effective_end_date)),
        labelled("Reason", operation_text.DISCONNECT_REASONS[request.reason]),
        labelled("Requested by", operation_text.actor(operation)),
        *([labelled("Confirmed by", UserMention(second.by), " · ", Timestamp(second.at))] if second else []),
    ]


def consequence(request: DisconnectionRequest, display: DisplaySettings) -> RichText:
    after = f"After {date_text(request.effective_end_date)}, changes for "
    return rich_text(after, group_name(request), " no longer reach ", display.carrier(request.carrier_id), ".")


def request_title(operation: Operation, display: DisplaySettings) -> RichText:
    """Group and carrier, as far as the operation itself contains them."""
    request = operation.input
    if isinstance(request, ConnectionRequest):
        name = UntrustedText(request.group_name or record_facts.UNNAMED_GROUP, unmasked=request.carrier_group_id)
        return rich_text(name, " · ", display.carrier(request.carrier_id))
    if isinstance(request, DisconnectionRequest):
        return disconnection_parties(request, display)
    return rich_text(UntrustedText(operation.entity.key, 80))


def request_facts(operation: Operation, display: DisplaySettings) -> list[RichText]:
    request = operation.input
    if isinstance(request, DisconnectionRequest):
        return [
            labelled("Disconnect", *disconnection_parties(request, display)),
            *pending_disconnection_facts(operation, request),
        ]
    if isinstance(request, RefreshRequest):
        return _group_facts(operation, request)
    if not isinstance(request, ConnectionRequest):
        return []
    return [
        labelled("Group", UntrustedText(request.group_name, unmasked=request.carrier_group_id)),
        *existing_group_line(operation),
        labelled("Carrier", display.carrier(request.carrier_id)),
        *carrier_group_id_line(operation),
        *options_lines(operation),
    ]


def _group_facts(operation: Operation, request: RefreshRequest) -> list[RichText]:
    """Of the group that was refreshed. A record has a card of its own."""
    if not request.group_name and not refreshed_group(operation):
        return []
    name = [labelled("Group", UntrustedText(request.group_name))] if request.group_name else []
    return [*name, labelled("Group id", UntrustedText(operation.entity.key, 60))]


def refreshed_group(operation: Operation) -> str | None:
    """What the refresh of a group found, in words. An id that a person typed may turn out to be that of a group."""
    outcome = operation.outcome
    if operation.kind is not OperationKind.REFRESH_RECORD or operation.state is not OperationState.SUCCEEDED:
        return None
    return outcome.message if outcome is not None else None


def existing_group_line(operation: Operation) -> list[RichText]:
    request = operation.input
    if not isinstance(request, ConnectionRequest) or request.group_id is None:
        return []
    return [labelled("Existing group at Noyo", UntrustedText(request.group_id, 60))]


def carrier_group_id_line(operation: Operation) -> list[RichText]:
    request = operation.input
    if not isinstance(request, ConnectionRequest):
        return []
    return [labelled("Carrier group id", own_group_id(request.carrier_group_id))]


def duplicate_facts(duplicate: RecordState, display: DisplaySettings) -> list[RichText]:
    """The record that exists already."""
    record = duplicate.record
    lines = [
        labelled("Already exists", *record_facts.group_and_carrier(record, display)),
        record_facts.status_when_written(record),
    ]
    if isinstance(record, Connection):
        lines.append(record_facts.carrier_group_id_line(record))
    return [*lines, record_facts.id_and_version(record)]


def _request_state(operation: Operation, display: DisplaySettings) -> list[RichText]:
    if operation.is_open:
        return [operation_text.in_progress(operation)]
    return [last_outcome(operation), operation_text.advice(operation, display.command)]


def _pending_disconnection_state(operation: Operation, display: DisplaySettings) -> RichText:
    if operation.is_open:
        return labelled("Now", *operation_text.current_state(operation))
    advice = operation_text.advice(operation, display.command)
    return rich_text(*last_outcome(operation), *(rich_text(". ", *advice) if advice else ()))


def _approver_mentions(operation: Operation, display: DisplaySettings) -> list[RichText]:
    """Slack notifies the people that a new message mentions, and nobody when a message is updated."""
    if operation.state is not OperationState.AWAITING_CONFIRMATION:
        return []
    groups = sorted(name for name in display.approvers if name.startswith("S"))
    people = sorted(name for name in display.approvers if not name.startswith("S") and name != operation.actor)
    mentions: list[Span] = [UserGroupMention(group_id) for group_id in groups] or [
        UserMention(user_id) for user_id in people[:MAX_APPROVERS_MENTIONED]
    ]
    spans = [span for mention in mentions for span in (mention, " ")]
    return [labelled("Approvers", *spans[:-1])] if mentions else []


def _closing_parts(card: RequestCard) -> list[Part]:
    requested_at = rich_text("Requested ", Timestamp(card.operation.submitted_at))
    return [Buttons(_buttons(card), _revision(card)), SmallPrint([requested_at])]


def _buttons(card: RequestCard) -> list[Json]:
    if card.operation.state is OperationState.AWAITING_CONFIRMATION:
        return list(buttons.second_approval_buttons(card.operation.id))
    if card.operation.state is OperationState.NEEDS_RESOLUTION:
        return list(buttons.resolution_buttons(card.operation, record_version=None))
    return [record_facts.record_button(Action.DETAILS, card.duplicate.record)] if card.duplicate is not None else []


def _revision(card: RequestCard) -> str:
    version = card.duplicate.record.version if card.duplicate is not None else ""
    return f"{card.operation.id}:{card.operation.state.value}:{version}"
