"""How it went, for the person who asked."""

from __future__ import annotations

from bot.domain.content import Reply
from bot.domain.decisions import Decision
from bot.domain.operations import DecisionRequest, Operation, OperationKind, OperationState, OutcomeKind
from bot.domain.records import Connection
from bot.slack.views import operation_text, record_facts
from bot.slack.views.display_settings import DisplaySettings
from bot.slack.views.message import Message, Paragraph, Part, Quote
from bot.slack.views.request_card import duplicate_facts, requested
from bot.slack.views.rich_text import (
    Json,
    PermalinkLookup,
    RichText,
    labelled,
    rich_text,
    to_card,
    with_mentions,
)

LONGEST_TITLE = 24
_TITLES = {
    OutcomeKind.CONFIRMED: "Noyo has it",
    OutcomeKind.RECONCILED: "Noyo has it",
    OutcomeKind.REPORTED_ARRIVED: "It arrived",
    OutcomeKind.DUPLICATE: "Already there",
    OutcomeKind.REFUSED: "Noyo refused",
    OutcomeKind.CHANGED: "Changed meanwhile",
    OutcomeKind.NOT_AUTHORIZED: "Not allowed",
    OutcomeKind.NOT_FOUND: "Not found at Noyo",
    OutcomeKind.CLOSED: "Closed",
    OutcomeKind.UNCLEAR: "Not clear",
    OutcomeKind.OVERDUE: "Not clear",
    OutcomeKind.WITHDRAWN: "Withdrawn",
    OutcomeKind.EXPIRED: "Expired unsent",
    OutcomeKind.END_DATE_PASSED: "Too late, not sent",
}
_WAITING_TITLES = {
    OperationState.RECONCILING: "Checking",
    OperationState.NEEDS_RESOLUTION: "A person has to say",
}


def reply(shown: Reply, look: DisplaySettings, links: PermalinkLookup) -> Message:
    """The reader pressed a button a moment or a day ago and wants one thing: did it work, and if not, what now?

    What could go wrong: "sent" is read as "done", somebody asks twice because nothing seems to happen, or a refusal is
    a dead end. So a state that is not final says so and what comes next, and every refusal says what to do.
    """
    return Message(_parts(shown, look, links), rich_text(title(shown.operation)), look.warning())


def title(operation: Operation) -> str:
    if operation.is_open and operation.deferred_by is not None:
        return "Kept, not sent yet"
    if operation.is_open:
        waiting = "Waiting" if operation.delay_reason else "Sending"
        return _WAITING_TITLES.get(operation.state, waiting)
    wanted = operation.input
    if isinstance(wanted, DecisionRequest) and _is(operation, OutcomeKind.RECONCILED):
        return f"Noyo shows it {operation_text.DECIDED[wanted.decision]}"
    return _TITLES[operation.outcome.kind] if operation.outcome else "Done"


def reply_view(shown: Reply, look: DisplaySettings, links: PermalinkLookup) -> Json:
    """The answer as a modal that asks nothing more; for views.update and for the answer to a submission."""
    message = Message(_parts(shown, look, links), (), look.warning())
    return view(title(shown.operation), message)


def view(heading: str, message: Message) -> Json:
    """A modal that only shows. Its title is its heading."""
    return {
        "type": "modal",
        "title": {"type": "plain_text", "text": heading[:LONGEST_TITLE], "emoji": False},
        "close": {"type": "plain_text", "text": "Close", "emoji": False},
        "blocks": message.blocks(),
    }


def _parts(shown: Reply, look: DisplaySettings, links: PermalinkLookup) -> list[Part]:
    operation = shown.operation
    about = Paragraph([*_about(shown, look), *to_card(shown.card, links)])
    if operation.is_open:
        return [Paragraph(_so_far(operation)), about]
    return [*_outcome(shown, look), about]


def _about(shown: Reply, look: DisplaySettings) -> list[RichText]:
    """What it was about, so that the answer can be read on its own a day later."""
    if _is(shown.operation, OutcomeKind.DUPLICATE) and shown.record_state is not None:
        return duplicate_facts(shown.record_state, look)
    if shown.record_state is None:
        return requested(shown.operation, look)
    record = shown.record_state.record
    what = "Connection" if isinstance(record, Connection) else "Request to disconnect"
    lines = [labelled(what, *record_facts.group_and_carrier(record, look)), record_facts.status_then(record)]
    return [*lines, record_facts.carrier_group_id(record)] if isinstance(record, Connection) else lines


def _so_far(operation: Operation) -> list[RichText]:
    if operation.state is OperationState.RECONCILING:
        return [
            rich_text("Noyo gave no answer, so I am checking whether ", _yours(operation), " arrived."),
            rich_text("Please do not ask again meanwhile: you will be told here or by direct message."),
        ]
    if operation.state is OperationState.NEEDS_RESOLUTION:
        return [
            rich_text("I cannot tell from Noyo whether ", _yours(operation), " took effect."),
            rich_text("Its card offers three ways on, for whoever can find out at Noyo."),
        ]
    if operation.deferred_by is not None:
        return [
            rich_text(_begin(_yours(operation)), " is ", *operation_text.current_state(operation)),
            rich_text("There is nothing to do for you; you will be told by direct message."),
        ]
    if operation.delay_reason:
        return [
            rich_text("Not sent yet: ", *operation_text.current_state(operation)),
            rich_text("There is nothing to do for you; you will be told by direct message."),
        ]
    return [
        rich_text("Sending ", _yours(operation), " to Noyo."),
        rich_text("You can close this: you will be told by direct message if it takes longer."),
    ]


def _outcome(shown: Reply, look: DisplaySettings) -> list[Part]:
    operation = shown.operation
    came = operation.outcome
    if came is None:
        return []
    lines = [_sentence(operation, came.kind)]
    if came.kind is OutcomeKind.NOT_AUTHORIZED and came.decided_by in (None, shown.reader):
        lines.append(with_mentions(came.message) if came.message else ())
    parts: list[Part] = [Paragraph(lines)]
    if came.kind is OutcomeKind.REFUSED and came.message:
        parts += [Paragraph([labelled("Noyo said")]), Quote((operation_text.said(operation, came.message),))]
    return [*parts, Paragraph([operation_text.advice(operation, look.command)])]


def _sentence(operation: Operation, kind: OutcomeKind) -> RichText:
    yours = _yours(operation)
    told = {
        OutcomeKind.CONFIRMED: _confirmed(operation),
        OutcomeKind.RECONCILED: _found(operation),
        OutcomeKind.DUPLICATE: _duplicate(operation),
        OutcomeKind.REFUSED: f"Noyo refused {yours}, so nothing has changed there.",
        OutcomeKind.CHANGED: f"The {operation_text.about(operation)} changed before {yours} went out, so nothing was sent.",
        OutcomeKind.NOT_AUTHORIZED: f"{yours[0].upper()}{yours[1:]} was not sent.",
        OutcomeKind.NOT_FOUND: f"Noyo does not know what {yours} was about.",
    }
    if kind is OutcomeKind.NOT_AUTHORIZED and operation.second_approval is not None:
        return rich_text(*operation_text.outcome(operation), ".")
    return rich_text(told[kind]) if kind in told else rich_text(*operation_text.outcome(operation), ".")


def _found(operation: Operation) -> str:
    wanted = operation.input
    if isinstance(wanted, DecisionRequest):
        return f"Noyo's answer was lost, but Noyo shows it {operation_text.DECIDED[wanted.decision]}.{_unversioned(operation)}"
    return f"Noyo's answer was lost, but Noyo shows that {_yours(operation)} arrived."


def _duplicate(operation: Operation) -> str:
    if operation.kind is OperationKind.CREATE_DISCONNECTION:
        return (
            "At Noyo a request to disconnect this group from this carrier is open already. Nothing was sent."
        )
    return "Noyo already has a connection with this carrier and carrier group id. Nothing new was made."


def _yours(operation: Operation) -> str:
    """To the person who asked, a look was a request as well; what two people want is nobody's alone."""
    if operation.kind is OperationKind.CREATE_DISCONNECTION:
        return "the request to disconnect"
    return (
        "your request"
        if operation.kind is OperationKind.REFRESH_RECORD
        else f"your {operation_text.noun(operation)}"
    )


def _unversioned(operation: Operation) -> str:
    return f" {operation_text.UNVERSIONED}." if operation.unversioned else ""


def _confirmed(operation: Operation) -> str:
    wanted = operation.input
    if isinstance(wanted, DecisionRequest):
        return {
            Decision.APPROVE: "Noyo has taken your approval and is disconnecting the group.",
            Decision.REJECT: "Noyo has taken your rejection. The group stays connected.",
        }[wanted.decision] + _unversioned(operation)
    return {
        OperationKind.REQUEST_CONNECTION: "Noyo has made the connection and is working on it. "
        "Its card tells how it goes on.",
        OperationKind.RETRY_CONNECTION: "Noyo has taken your retry and is connecting the group again.",
        OperationKind.CREATE_DISCONNECTION: "Noyo has taken the request and is disconnecting the group. "
        "Its card tells how it goes on.",
        OperationKind.REFRESH_RECORD: "Noyo was asked again; this is how it stands.",
    }[operation.kind]


def _is(operation: Operation, kind: OutcomeKind) -> bool:
    return operation.outcome is not None and operation.outcome.kind is kind


def _begin(words: str) -> str:
    return words[:1].upper() + words[1:]
