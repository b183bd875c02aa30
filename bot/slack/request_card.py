"""Slack room: the card of a request that has no Noyo record yet, or never got one."""

from __future__ import annotations

from bot.domain.operations import ConnectionRequest, DisconnectRequest, Operation, OperationState
from bot.domain.records import Connection
from bot.domain.showing import RequestCard
from bot.domain.tracking import Tracked
from bot.slack import buttons, deeds, facts
from bot.slack.look import Look
from bot.slack.message import Buttons, Message, Paragraph, Part, SmallPrint
from bot.slack.parting_card import parties, parting_card, parting_facts
from bot.slack.phrases import Foreign, Line, Moment, labelled, line, own_group_id
from bot.slack.record_card import last_outcome


def request_card(card: RequestCard, look: Look) -> Message:
    """The reader asked for a connection, or sees that a colleague did, and must not ask for it a second time.

    What could mislead: a request that is still on its way looks done, one that Noyo refused looks as if it were still
    running, and of a duplicate nobody sees what is there already.
    """
    operation = card.operation
    if isinstance(operation.input, DisconnectRequest):
        return parting_card(card, operation.input, look)
    parts: list[Part] = [Paragraph([*wanted_group_id(operation), *_stand(operation, look)])]
    if card.duplicate is not None:
        parts.append(Paragraph(duplicate_facts(card.duplicate, look)))
    parts.append(Buttons(_buttons(card), _revision(card)))
    parts.append(SmallPrint([line("Asked for ", Moment(operation.placed_at))]))
    return Message(parts, line("Request: ", *title(operation, look)), look.warning())


def title(operation: Operation, look: Look) -> Line:
    """Group and carrier of an operation, as far as the operation itself tells."""
    wanted = operation.input
    if isinstance(wanted, ConnectionRequest):
        name = Foreign(wanted.group_name, keep=wanted.carrier_group_id)
        return line(name, " · ", look.carrier(wanted.carrier_id))
    if isinstance(wanted, DisconnectRequest):
        return parties(wanted, look)
    return line(Foreign(operation.subject.key, 80))


def requested(operation: Operation, look: Look) -> list[Line]:
    wanted = operation.input
    if isinstance(wanted, DisconnectRequest):
        return [labelled("Disconnect", *parties(wanted, look)), *parting_facts(operation, wanted)]
    if not isinstance(wanted, ConnectionRequest):
        return []
    return [
        labelled("Group", Foreign(wanted.group_name, keep=wanted.carrier_group_id)),
        labelled("Carrier", look.carrier(wanted.carrier_id)),
        *wanted_group_id(operation),
    ]


def wanted_group_id(operation: Operation) -> list[Line]:
    wanted = operation.input
    if not isinstance(wanted, ConnectionRequest):
        return []
    return [labelled("Carrier group id", own_group_id(wanted.carrier_group_id))]


def duplicate_facts(duplicate: Tracked, look: Look) -> list[Line]:
    """What was there already."""
    record = duplicate.record
    lines = [
        labelled("Already there", *facts.group_and_carrier(record, look)),
        facts.status_then(record),
    ]
    if isinstance(record, Connection):
        lines.append(facts.carrier_group_id(record))
    return [*lines, facts.ids(record)]


def _stand(operation: Operation, look: Look) -> list[Line]:
    if operation.open:
        return [deeds.under_way(operation)]
    return [last_outcome(operation), deeds.advice(operation, look.command)]


def _buttons(card: RequestCard) -> list[dict[str, object]]:
    if card.operation.state is OperationState.NEEDS_PERSON:
        return list(buttons.ways_out(card.operation.id))
    return [facts.details_button(card.duplicate)] if card.duplicate is not None else []


def _revision(card: RequestCard) -> str:
    version = card.duplicate.record.version if card.duplicate is not None else ""
    return f"{card.operation.id}:{card.operation.state.value}:{version}"
