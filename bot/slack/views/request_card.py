"""The card of a request that has no Noyo record yet, or never got one."""

from __future__ import annotations

from bot.domain.content import RequestCard
from bot.domain.operations import ConnectionRequest, DisconnectionRequest, Operation, OperationState
from bot.domain.record_states import RecordState
from bot.domain.records import Connection
from bot.slack.views import buttons, operation_text, record_facts
from bot.slack.views.display_settings import DisplaySettings
from bot.slack.views.message import Buttons, Message, Paragraph, Part, SmallPrint
from bot.slack.views.pending_disconnection_card import (
    parties,
    pending_disconnection_card,
    pending_disconnection_facts,
)
from bot.slack.views.record_card import last_outcome
from bot.slack.views.rich_text import RichText, Timestamp, UntrustedText, labelled, own_group_id, rich_text


def request_card(card: RequestCard, look: DisplaySettings) -> Message:
    """The reader asked for a connection, or sees that a colleague did, and must not ask for it a second time.

    What could mislead: a request that is still on its way looks done, one that Noyo refused looks as if it were still
    running, and of a duplicate nobody sees what is there already.
    """
    operation = card.operation
    if isinstance(operation.input, DisconnectionRequest):
        return pending_disconnection_card(card, operation.input, look)
    parts: list[Part] = [Paragraph([*wanted_group_id(operation), *_stand(operation, look)])]
    if card.duplicate is not None:
        parts.append(Paragraph(duplicate_facts(card.duplicate, look)))
    parts.append(Buttons(_buttons(card), _revision(card)))
    parts.append(SmallPrint([rich_text("Asked for ", Timestamp(operation.submitted_at))]))
    return Message(parts, rich_text("Request: ", *title(operation, look)), look.warning())


def title(operation: Operation, look: DisplaySettings) -> RichText:
    """Group and carrier of an operation, as far as the operation itself tells."""
    wanted = operation.input
    if isinstance(wanted, ConnectionRequest):
        name = UntrustedText(wanted.group_name, keep=wanted.carrier_group_id)
        return rich_text(name, " · ", look.carrier(wanted.carrier_id))
    if isinstance(wanted, DisconnectionRequest):
        return parties(wanted, look)
    return rich_text(UntrustedText(operation.entity.key, 80))


def requested(operation: Operation, look: DisplaySettings) -> list[RichText]:
    wanted = operation.input
    if isinstance(wanted, DisconnectionRequest):
        return [
            labelled("Disconnect", *parties(wanted, look)),
            *pending_disconnection_facts(operation, wanted),
        ]
    if not isinstance(wanted, ConnectionRequest):
        return []
    return [
        labelled("Group", UntrustedText(wanted.group_name, keep=wanted.carrier_group_id)),
        labelled("Carrier", look.carrier(wanted.carrier_id)),
        *wanted_group_id(operation),
    ]


def wanted_group_id(operation: Operation) -> list[RichText]:
    wanted = operation.input
    if not isinstance(wanted, ConnectionRequest):
        return []
    return [labelled("Carrier group id", own_group_id(wanted.carrier_group_id))]


def duplicate_facts(duplicate: RecordState, look: DisplaySettings) -> list[RichText]:
    """What was there already."""
    record = duplicate.record
    lines = [
        labelled("Already there", *record_facts.group_and_carrier(record, look)),
        record_facts.status_then(record),
    ]
    if isinstance(record, Connection):
        lines.append(record_facts.carrier_group_id(record))
    return [*lines, record_facts.ids(record)]


def _stand(operation: Operation, look: DisplaySettings) -> list[RichText]:
    if operation.is_open:
        return [operation_text.in_progress(operation)]
    return [last_outcome(operation), operation_text.advice(operation, look.command)]


def _buttons(card: RequestCard) -> list[dict[str, object]]:
    if card.operation.state is OperationState.NEEDS_RESOLUTION:
        return list(buttons.resolution_buttons(card.operation.id))
    return [record_facts.details_button(card.duplicate)] if card.duplicate is not None else []


def _revision(card: RequestCard) -> str:
    version = card.duplicate.record.version if card.duplicate is not None else ""
    return f"{card.operation.id}:{card.operation.state.value}:{version}"
