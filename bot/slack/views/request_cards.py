"""Cards of requests that have no Noyo record yet, or never got one."""

from __future__ import annotations

from bot.domain.content import RequestCard
from bot.domain.operations import Operation, OperationState
from bot.domain.record_states import RecordState
from bot.domain.records import Connection
from bot.domain.requests import ConnectionRequest, DisconnectionRequest
from bot.slack.views import buttons, operation_text, record_facts
from bot.slack.views.message import Buttons, DisplaySettings, Message, Paragraph, Part, SmallPrint
from bot.slack.views.record_cards import last_outcome
from bot.slack.views.rich_text import (
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
"""Where approvers are named one by one; a group is called as one."""


def pending_disconnection_card(
    card: RequestCard, wanted: DisconnectionRequest, display: DisplaySettings
) -> Message:
    """The reader is an approver who did not ask for it, and has to see what a yes does to whom, and how long it waits.

    What could mislead: that it looks sent while it is held, that it still offers a yes when somebody has given it or
    its time is over, and that what was typed for Noyo is read by a whole channel. So the state is said first, the
    buttons go with it, and the context stands in the window that confirms.
    """
    operation = card.operation
    parts: list[Part] = [
        Paragraph([_pending_disconnection_state(operation, display), *_approver_mentions(operation, display)])
    ]
    parts.append(Paragraph([*pending_disconnection_facts(operation, wanted)]))
    if card.duplicate is not None:
        parts.append(
            Paragraph(
                [labelled("Open at Noyo", *record_facts.group_and_carrier(card.duplicate.record, display))]
            )
        )
    parts.append(Buttons(_buttons(card), _revision(card)))
    parts.append(SmallPrint([rich_text("Asked for ", Timestamp(operation.submitted_at))]))
    return Message(
        parts, rich_text("Disconnect ", *disconnection_parties(wanted, display)), display.warning()
    )


def disconnection_parties(wanted: DisconnectionRequest, display: DisplaySettings) -> RichText:
    return rich_text(group_name(wanted), " · ", display.carrier(wanted.carrier_id))


def group_name(wanted: DisconnectionRequest) -> UntrustedText:
    return UntrustedText(wanted.group_name or record_facts.UNNAMED_GROUP)


def pending_disconnection_facts(operation: Operation, wanted: DisconnectionRequest) -> list[RichText]:
    second = operation.second_approval
    return [
        labelled("Last managed day", date_text(wanted.effective_end_date)),
        labelled("Why", operation_text.DISCONNECT_REASONS[wanted.reason]),
        labelled("Asked for by", operation_text.actor(operation)),
        *([labelled("Confirmed by", UserMention(second.by), " · ", Timestamp(second.at))] if second else []),
    ]


def consequence(wanted: DisconnectionRequest, display: DisplaySettings) -> RichText:
    after = f"After {date_text(wanted.effective_end_date)} changes for "
    return rich_text(after, group_name(wanted), " no longer reach ", display.carrier(wanted.carrier_id), ".")


def _pending_disconnection_state(operation: Operation, display: DisplaySettings) -> RichText:
    if operation.is_open:
        return labelled("Now", *operation_text.current_state(operation))
    advice = operation_text.advice(operation, display.command)
    return rich_text(*last_outcome(operation), *(rich_text(". ", *advice) if advice else ()))


def _approver_mentions(operation: Operation, display: DisplaySettings) -> list[RichText]:
    """Who is called for it, once: Slack tells those named in a new message, and nobody when it is edited."""
    if operation.state is not OperationState.AWAITING_CONFIRMATION:
        return []
    groups = sorted(one for one in display.approvers if one.startswith("S"))
    others = sorted(one for one in display.approvers if not one.startswith("S") and one != operation.actor)
    called: list[Span] = [UserGroupMention(one) for one in groups] or [
        UserMention(one) for one in others[:MAX_APPROVERS_MENTIONED]
    ]
    spaced = [run for one in called for run in (one, " ")]
    return [labelled("Who may confirm it", *spaced[:-1])] if called else []


def request_card(card: RequestCard, display: DisplaySettings) -> Message:
    """The reader asked for a connection, or sees that a colleague did, and must not ask for it a second time.

    What could mislead: a request that is still on its way looks done, one that Noyo refused looks as if it were still
    running, and of a duplicate nobody sees what is there already.
    """
    operation = card.operation
    if isinstance(operation.input, DisconnectionRequest):
        return pending_disconnection_card(card, operation.input, display)
    parts: list[Part] = [Paragraph([*carrier_group_id_line(operation), *_request_state(operation, display)])]
    if card.duplicate is not None:
        parts.append(Paragraph(duplicate_facts(card.duplicate, display)))
    parts.append(Buttons(_buttons(card), _revision(card)))
    parts.append(SmallPrint([rich_text("Asked for ", Timestamp(operation.submitted_at))]))
    return Message(parts, rich_text("Request: ", *request_title(operation, display)), display.warning())


def request_title(operation: Operation, display: DisplaySettings) -> RichText:
    """Group and carrier of an operation, as far as the operation itself tells."""
    wanted = operation.input
    if isinstance(wanted, ConnectionRequest):
        name = UntrustedText(wanted.group_name, unmasked=wanted.carrier_group_id)
        return rich_text(name, " · ", display.carrier(wanted.carrier_id))
    if isinstance(wanted, DisconnectionRequest):
        return disconnection_parties(wanted, display)
    return rich_text(UntrustedText(operation.entity.key, 80))


def request_facts(operation: Operation, display: DisplaySettings) -> list[RichText]:
    wanted = operation.input
    if isinstance(wanted, DisconnectionRequest):
        return [
            labelled("Disconnect", *disconnection_parties(wanted, display)),
            *pending_disconnection_facts(operation, wanted),
        ]
    if not isinstance(wanted, ConnectionRequest):
        return []
    return [
        labelled("Group", UntrustedText(wanted.group_name, unmasked=wanted.carrier_group_id)),
        labelled("Carrier", display.carrier(wanted.carrier_id)),
        *carrier_group_id_line(operation),
    ]


def carrier_group_id_line(operation: Operation) -> list[RichText]:
    wanted = operation.input
    if not isinstance(wanted, ConnectionRequest):
        return []
    return [labelled("Carrier group id", own_group_id(wanted.carrier_group_id))]


def duplicate_facts(duplicate: RecordState, display: DisplaySettings) -> list[RichText]:
    """What was there already."""
    record = duplicate.record
    lines = [
        labelled("Already there", *record_facts.group_and_carrier(record, display)),
        record_facts.status_when_written(record),
    ]
    if isinstance(record, Connection):
        lines.append(record_facts.carrier_group_id_line(record))
    return [*lines, record_facts.id_and_version(record)]


def _request_state(operation: Operation, display: DisplaySettings) -> list[RichText]:
    if operation.is_open:
        return [operation_text.in_progress(operation)]
    return [last_outcome(operation), operation_text.advice(operation, display.command)]


def _buttons(card: RequestCard) -> list[dict[str, object]]:
    if card.operation.state is OperationState.AWAITING_CONFIRMATION:
        return list(buttons.second_approval_buttons(card.operation.id))
    if card.operation.state is OperationState.NEEDS_RESOLUTION:
        return list(buttons.resolution_buttons(card.operation.id))
    return [record_facts.details_button(card.duplicate)] if card.duplicate is not None else []


def _revision(card: RequestCard) -> str:
    version = card.duplicate.record.version if card.duplicate is not None else ""
    return f"{card.operation.id}:{card.operation.state.value}:{version}"
