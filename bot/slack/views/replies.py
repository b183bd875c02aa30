"""Answers to the person who acted: to an interaction at once, and what became of the operation later."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bot.domain.content import Reply
from bot.domain.decisions import Decision
from bot.domain.operations import DecisionRequest, Operation, OperationKind, OperationState, OutcomeKind
from bot.domain.people import Permission
from bot.domain.records import Connection
from bot.errors import (
    DeadlineExceeded,
    ObserveOnly,
    SlackError,
    SlackRefused,
    SwitchboardError,
    UnknownSchema,
)
from bot.slack.views import operation_text, record_facts
from bot.slack.views.message import DisplaySettings, Message, Paragraph, Part, Quote
from bot.slack.views.modals import said, view
from bot.slack.views.request_cards import duplicate_facts, requested
from bot.slack.views.rich_text import (
    Json,
    PermalinkLookup,
    RichText,
    labelled,
    rich_text,
    to_card,
    with_mentions,
)

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


TRIGGER_GONE = frozenset(
    {
        "expired_trigger_id",
        "trigger_expired",
        "exchanged_trigger_id",
        "trigger_exchanged",
        "invalid_trigger_id",
    }
)
NOT_DONE = "Nothing was sent to Noyo."
KEPT = "What you typed is kept: close this window and submit again. The same request is never sent twice."
_AFTER_ALL = {
    "view_submission": f"It may be on its way all the same. {KEPT}",
    "block_actions": "It may have been done all the same: look at the card before you click again.",
}
"""What may have been done by an interaction whose time was up; a command opens and shows, and does nothing."""


def only_you(*parts: Part | RichText | str) -> Json:
    """An answer to a command, seen by the person who typed it alone."""
    return from_message(Message([_part(part) for part in parts]))


def from_message(message: Message) -> Json:
    return {
        "response_type": "ephemeral",
        "text": message.rendered().text,
        "blocks": message.blocks(),
    }


def headed(first: Sequence[RichText], answer: Json) -> Json:
    """The same answer with these lines before everything else; blocks and the text beside them."""
    if not first:
        return answer
    before = from_message(Message([Paragraph(list(first))]))
    return answer | {
        "text": f"{before['text']}\n{answer['text']}",
        "blocks": [*before["blocks"], *answer["blocks"]],
    }


def errors(found: Mapping[str, str]) -> Json:
    """An answer to a submission: the form stays, with what is wrong under each field."""
    return {"response_action": "errors", "errors": dict(found)}


def shows(view: Json) -> Json:
    """An answer to a submission: this view takes the form's place."""
    return {"response_action": "update", "view": view}


def over_it(view: Json) -> Json:
    """An answer to a submission: this view lies over the form, which keeps what was typed."""
    return {"response_action": "push", "view": view}


def refusal(permission: Permission) -> RichText:
    """Why not; it may name who may."""
    return with_mentions(permission.reason)


def words_for(error: Exception, error_id: str, *, after: str = "") -> RichText:
    """Known errors in their own words; any other as an apology with the id under which it is in the log.

    `after` is the type of the interaction, as Slack names it.
    """
    if isinstance(error, SlackRefused) and error.code in TRIGGER_GONE:
        return rich_text(f"That took too long for Slack to open a window. {NOT_DONE} Please try again.")
    if isinstance(error, SlackError):
        return rich_text(
            f"Slack did not open a window for this just now. {NOT_DONE} Please try again in a minute; "
            f"if it goes on, tell whoever runs Switchboard that it was error {error_id}."
        )
    if isinstance(error, DeadlineExceeded):
        return rich_text(f"{error} {_AFTER_ALL.get(after, f'{NOT_DONE} Please try again.')}")
    if isinstance(error, SwitchboardError):
        kept = after == "view_submission" and not isinstance(error, UnknownSchema | ObserveOnly)
        return rich_text(*with_mentions(str(error)), *([f" {KEPT}"] if kept else []))
    return rich_text(
        f"Something went wrong on our side, sorry. Please try again; if it goes on, tell whoever runs Switchboard "
        f"that it was error {error_id}."
    )


def failed(body: Mapping[str, Any], words: RichText) -> Json | None:
    """The answer to this kind of interaction that shows `words` to the person alone; None where there is none."""
    if "command" in body:
        return only_you(words)
    if body.get("type") == "view_submission":
        return over_it(said("That did not work", words))
    if body.get("type") == "block_suggestion":
        return {"options": []}
    return None


def _part(part: Part | RichText | str) -> Part:
    if isinstance(part, str):
        return Paragraph([rich_text(part)])
    return Paragraph([part]) if isinstance(part, tuple) else part
