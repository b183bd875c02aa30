"""Slack room: the card of a disconnection that we asked for and that has no Noyo id yet, or never got one."""

from __future__ import annotations

from bot.domain.operations import DisconnectRequest, Operation, OperationState
from bot.domain.showing import RequestCard
from bot.slack import buttons, deeds, facts
from bot.slack.look import Look
from bot.slack.message import Buttons, Message, Paragraph, Part, SmallPrint
from bot.slack.phrases import Foreign, Json, Line, Moment, Person, Run, Usergroup, labelled, line
from bot.slack.record_card import last_outcome
from bot.slack.text import day

NAMED_AT_ONCE = 5
"""Where approvers are named one by one; a group is called as one."""


def parting_card(card: RequestCard, wanted: DisconnectRequest, look: Look) -> Message:
    """The reader is an approver who did not ask for it, and has to see what a yes does to whom, and how long it waits.

    What could mislead: that it looks sent while it is held, that it still offers a yes when somebody has given it or
    its time is over, and that what was typed for Noyo is read by a whole channel. So the state is said first, the
    buttons go with it, and the context stands in the window that confirms.
    """
    operation = card.operation
    parts: list[Part] = [Paragraph([_stand(operation, look), *_called(operation, look)])]
    parts.append(Paragraph([*parting_facts(operation, wanted)]))
    if card.duplicate is not None:
        parts.append(
            Paragraph([labelled("Open at Noyo", *facts.group_and_carrier(card.duplicate.record, look))])
        )
    parts.append(Buttons(_buttons(card), _revision(card)))
    parts.append(SmallPrint([line("Asked for ", Moment(operation.placed_at))]))
    return Message(parts, line("Disconnect ", *parties(wanted, look)), look.warning())


def parties(wanted: DisconnectRequest, look: Look) -> Line:
    return line(group(wanted), " · ", look.carrier(wanted.carrier_id))


def group(wanted: DisconnectRequest) -> Foreign:
    return Foreign(wanted.group_name or facts.NAMELESS)


def parting_facts(operation: Operation, wanted: DisconnectRequest) -> list[Line]:
    second = operation.second
    return [
        labelled("Last managed day", day(wanted.effective_end_date)),
        labelled("Why", deeds.DISCONNECT_REASONS[wanted.reason]),
        labelled("Asked for by", deeds.who(operation)),
        *([labelled("Confirmed by", Person(second.by), " · ", Moment(second.at))] if second else []),
    ]


def will_happen(wanted: DisconnectRequest, look: Look) -> Line:
    after = f"After {day(wanted.effective_end_date)} changes for "
    return line(after, group(wanted), " no longer reach ", look.carrier(wanted.carrier_id), ".")


def _stand(operation: Operation, look: Look) -> Line:
    if operation.open:
        return labelled("Now", *deeds.standing(operation))
    advice = deeds.advice(operation, look.command)
    return line(*last_outcome(operation), *(line(". ", *advice) if advice else ()))


def _called(operation: Operation, look: Look) -> list[Line]:
    """Who is called for it, once: Slack tells those named in a new message, and nobody when it is edited."""
    if operation.state is not OperationState.HELD:
        return []
    groups = sorted(one for one in look.approvers if one.startswith("S"))
    others = sorted(one for one in look.approvers if not one.startswith("S") and one != operation.actor)
    called: list[Run] = [Usergroup(one) for one in groups] or [Person(one) for one in others[:NAMED_AT_ONCE]]
    spaced = [run for one in called for run in (one, " ")]
    return [labelled("Who may confirm it", *spaced[:-1])] if called else []


def _buttons(card: RequestCard) -> list[Json]:
    state = card.operation.state
    if state is OperationState.HELD:
        return list(buttons.held(card.operation.id))
    if state is OperationState.NEEDS_PERSON:
        return list(buttons.ways_out(card.operation.id))
    return [facts.details_button(card.duplicate)] if card.duplicate is not None else []


def _revision(card: RequestCard) -> str:
    version = card.duplicate.record.version if card.duplicate is not None else ""
    return f"{card.operation.id}:{card.operation.state.value}:{version}"
