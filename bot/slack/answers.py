"""Slack room: how it went, for the person who asked."""

from __future__ import annotations

from bot.domain.decisions import Decision
from bot.domain.operations import DecisionRequest, Operation, OperationKind, OperationState, OutcomeKind
from bot.domain.records import Connection
from bot.domain.showing import Answer
from bot.slack import deeds, facts
from bot.slack.look import Look
from bot.slack.message import Message, Paragraph, Part, Quote
from bot.slack.phrases import Json, Line, Links, labelled, line, to_card, with_mentions
from bot.slack.request_card import duplicate_facts, requested

LONGEST_TITLE = 24
_TITLES = {
    OutcomeKind.CONFIRMED: "Noyo has it",
    OutcomeKind.FOUND: "Noyo has it",
    OutcomeKind.ARRIVED: "It arrived",
    OutcomeKind.DUPLICATE: "Already there",
    OutcomeKind.REFUSED: "Noyo refused",
    OutcomeKind.CHANGED: "Changed meanwhile",
    OutcomeKind.NO_RIGHTS: "Not allowed",
    OutcomeKind.NOT_FOUND: "Not found at Noyo",
    OutcomeKind.CLOSED: "Closed",
    OutcomeKind.UNCLEAR: "Not clear",
    OutcomeKind.OVERDUE: "Not clear",
    OutcomeKind.WITHDRAWN: "Withdrawn",
    OutcomeKind.EXPIRED: "Expired unsent",
    OutcomeKind.TOO_LATE: "Too late, not sent",
}
_WAITING_TITLES = {
    OperationState.CHECKING: "Checking",
    OperationState.NEEDS_PERSON: "A person has to say",
}


def answer(shown: Answer, look: Look, links: Links) -> Message:
    """The reader pressed a button a moment or a day ago and wants one thing: did it work, and if not, what now?

    What could go wrong: "sent" is read as "done", somebody asks twice because nothing seems to happen, or a refusal is
    a dead end. So a state that is not final says so and what comes next, and every refusal says what to do.
    """
    return Message(_parts(shown, look, links), line(title(shown.operation)), look.warning())


def title(operation: Operation) -> str:
    if operation.open and operation.kept is not None:
        return "Kept, not sent yet"
    if operation.open:
        waiting = "Waiting" if operation.trouble else "Sending"
        return _WAITING_TITLES.get(operation.state, waiting)
    wanted = operation.input
    if isinstance(wanted, DecisionRequest) and _is(operation, OutcomeKind.FOUND):
        return f"Noyo shows it {deeds.DECIDED[wanted.decision]}"
    return _TITLES[operation.outcome.kind] if operation.outcome else "Done"


def answer_view(shown: Answer, look: Look, links: Links) -> Json:
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


def _parts(shown: Answer, look: Look, links: Links) -> list[Part]:
    operation = shown.operation
    about = Paragraph([*_about(shown, look), *to_card(shown.card, links)])
    if operation.open:
        return [Paragraph(_so_far(operation)), about]
    return [*_outcome(shown, look), about]


def _about(shown: Answer, look: Look) -> list[Line]:
    """What it was about, so that the answer can be read on its own a day later."""
    if _is(shown.operation, OutcomeKind.DUPLICATE) and shown.tracked is not None:
        return duplicate_facts(shown.tracked, look)
    if shown.tracked is None:
        return requested(shown.operation, look)
    record = shown.tracked.record
    what = "Connection" if isinstance(record, Connection) else "Request to disconnect"
    lines = [labelled(what, *facts.group_and_carrier(record, look)), facts.status_then(record)]
    return [*lines, facts.carrier_group_id(record)] if isinstance(record, Connection) else lines


def _so_far(operation: Operation) -> list[Line]:
    if operation.state is OperationState.CHECKING:
        return [
            line("Noyo gave no answer, so I am checking whether ", _yours(operation), " arrived."),
            line("Please do not ask again meanwhile: you will be told here or by direct message."),
        ]
    if operation.state is OperationState.NEEDS_PERSON:
        return [
            line("I cannot tell from Noyo whether ", _yours(operation), " took effect."),
            line("Its card offers three ways on, for whoever can find out at Noyo."),
        ]
    if operation.kept is not None:
        return [
            line(_begin(_yours(operation)), " is ", *deeds.standing(operation)),
            line("There is nothing to do for you; you will be told by direct message."),
        ]
    if operation.trouble:
        return [
            line("Not sent yet: ", *deeds.standing(operation)),
            line("There is nothing to do for you; you will be told by direct message."),
        ]
    return [
        line("Sending ", _yours(operation), " to Noyo."),
        line("You can close this: you will be told by direct message if it takes longer."),
    ]


def _outcome(shown: Answer, look: Look) -> list[Part]:
    operation = shown.operation
    came = operation.outcome
    if came is None:
        return []
    lines = [_sentence(operation, came.kind)]
    if came.kind is OutcomeKind.NO_RIGHTS and came.decided_by in (None, shown.reader):
        lines.append(with_mentions(came.words) if came.words else ())
    parts: list[Part] = [Paragraph(lines)]
    if came.kind is OutcomeKind.REFUSED and came.words:
        parts += [Paragraph([labelled("Noyo said")]), Quote((deeds.said(operation, came.words),))]
    return [*parts, Paragraph([deeds.advice(operation, look.command)])]


def _sentence(operation: Operation, kind: OutcomeKind) -> Line:
    yours = _yours(operation)
    told = {
        OutcomeKind.CONFIRMED: _confirmed(operation),
        OutcomeKind.FOUND: _found(operation),
        OutcomeKind.DUPLICATE: _duplicate(operation),
        OutcomeKind.REFUSED: f"Noyo refused {yours}, so nothing has changed there.",
        OutcomeKind.CHANGED: f"The {deeds.about(operation)} changed before {yours} went out, so nothing was sent.",
        OutcomeKind.NO_RIGHTS: f"{yours[0].upper()}{yours[1:]} was not sent.",
        OutcomeKind.NOT_FOUND: f"Noyo does not know what {yours} was about.",
    }
    if kind is OutcomeKind.NO_RIGHTS and operation.second is not None:
        return line(*deeds.outcome(operation), ".")
    return line(told[kind]) if kind in told else line(*deeds.outcome(operation), ".")


def _found(operation: Operation) -> str:
    wanted = operation.input
    if isinstance(wanted, DecisionRequest):
        return f"Noyo's answer was lost, but Noyo shows it {deeds.DECIDED[wanted.decision]}.{_unversioned(operation)}"
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
    return "your request" if operation.kind is OperationKind.LOOK else f"your {deeds.noun(operation)}"


def _unversioned(operation: Operation) -> str:
    return f" {deeds.UNVERSIONED}." if operation.unversioned else ""


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
        OperationKind.LOOK: "Noyo was asked again; this is how it stands.",
    }[operation.kind]


def _is(operation: Operation, kind: OutcomeKind) -> bool:
    return operation.outcome is not None and operation.outcome.kind is kind


def _begin(words: str) -> str:
    return words[:1].upper() + words[1:]
