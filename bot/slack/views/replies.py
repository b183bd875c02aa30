"""Answers to the person who acted: to an interaction at once, and what became of the operation later."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bot.domain.content import Reply
from bot.domain.operations import Operation, OperationKind, OperationState, OutcomeKind
from bot.domain.people import Permission
from bot.domain.records import Connection
from bot.domain.requests import Decision, DecisionRequest
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
from bot.slack.views.modals import notice, notice_view
from bot.slack.views.request_cards import duplicate_facts, request_facts
from bot.slack.views.rich_text import (
    Json,
    PermalinkLookup,
    RichText,
    card_link,
    labelled,
    rich_text,
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


def reply(shown: Reply, display: DisplaySettings, links: PermalinkLookup) -> Message:
    """The reader pressed a button a moment or a day ago and wants one thing: did it work, and if not, what now?

    What could go wrong: "sent" is read as "done", somebody asks twice because nothing seems to happen, or a refusal is
    a dead end. So a state that is not final says so and what comes next, and every refusal says what to do.
    """
    return Message(_parts(shown, display, links), rich_text(reply_title(shown.operation)), display.warning())


def reply_title(operation: Operation) -> str:
    if operation.is_open and operation.deferred_by is not None:
        return "Kept, not sent yet"
    if operation.is_open:
        waiting = "Waiting" if operation.delay_reason else "Sending"
        return _WAITING_TITLES.get(operation.state, waiting)
    wanted = operation.input
    if isinstance(wanted, DecisionRequest) and _has_outcome(operation, OutcomeKind.RECONCILED):
        return f"Noyo shows it {operation_text.DECIDED[wanted.decision]}"
    return _TITLES[operation.outcome.kind] if operation.outcome else "Done"


def reply_view(shown: Reply, display: DisplaySettings, links: PermalinkLookup) -> Json:
    """The answer as a modal that asks nothing more; for views.update and for the answer to a submission."""
    message = Message(_parts(shown, display, links), (), display.warning())
    return notice_view(reply_title(shown.operation), message)


def _parts(shown: Reply, display: DisplaySettings, links: PermalinkLookup) -> list[Part]:
    operation = shown.operation
    about = Paragraph([*_about(shown, display), *card_link(shown.card, links)])
    if operation.is_open:
        return [Paragraph(_progress(operation)), about]
    return [*_outcome(shown, display), about]


def _about(shown: Reply, display: DisplaySettings) -> list[RichText]:
    """What it was about, so that the answer can be read on its own a day later."""
    if _has_outcome(shown.operation, OutcomeKind.DUPLICATE) and shown.record_state is not None:
        return duplicate_facts(shown.record_state, display)
    if shown.record_state is None:
        return request_facts(shown.operation, display)
    record = shown.record_state.record
    what = "Connection" if isinstance(record, Connection) else "Request to disconnect"
    lines = [
        labelled(what, *record_facts.group_and_carrier(record, display)),
        record_facts.status_when_written(record),
    ]
    return [*lines, record_facts.carrier_group_id_line(record)] if isinstance(record, Connection) else lines


def _progress(operation: Operation) -> list[RichText]:
    if operation.state is OperationState.RECONCILING:
        return [
            rich_text(
                "Noyo gave no answer, so I am checking whether ", _your_operation(operation), " arrived."
            ),
            rich_text("Please do not ask again meanwhile: you will be told here or by direct message."),
        ]
    if operation.state is OperationState.NEEDS_RESOLUTION:
        return [
            rich_text("I cannot tell from Noyo whether ", _your_operation(operation), " took effect."),
            rich_text("Its card offers three ways on, for whoever can find out at Noyo."),
        ]
    if operation.deferred_by is not None:
        return [
            rich_text(
                _capitalize(_your_operation(operation)), " is ", *operation_text.current_state(operation)
            ),
            rich_text("There is nothing to do for you; you will be told by direct message."),
        ]
    if operation.delay_reason:
        return [
            rich_text("Not sent yet: ", *operation_text.current_state(operation)),
            rich_text("There is nothing to do for you; you will be told by direct message."),
        ]
    return [
        rich_text("Sending ", _your_operation(operation), " to Noyo."),
        rich_text("You can close this: you will be told by direct message if it takes longer."),
    ]


def _outcome(shown: Reply, display: DisplaySettings) -> list[Part]:
    operation = shown.operation
    came = operation.outcome
    if came is None:
        return []
    lines = [_outcome_line(operation, came.kind)]
    if came.kind is OutcomeKind.NOT_AUTHORIZED and came.decided_by in (None, shown.reader):
        lines.append(with_mentions(came.message) if came.message else ())
    parts: list[Part] = [Paragraph(lines)]
    if came.kind is OutcomeKind.REFUSED and came.message:
        parts += [
            Paragraph([labelled("Noyo said")]),
            Quote((operation_text.quoted(operation, came.message),)),
        ]
    return [*parts, Paragraph([operation_text.advice(operation, display.command)])]


def _outcome_line(operation: Operation, kind: OutcomeKind) -> RichText:
    yours = _your_operation(operation)
    told = {
        OutcomeKind.CONFIRMED: _confirmed(operation),
        OutcomeKind.RECONCILED: _reconciled(operation),
        OutcomeKind.DUPLICATE: _duplicate(operation),
        OutcomeKind.REFUSED: f"Noyo refused {yours}, so nothing has changed there.",
        OutcomeKind.CHANGED: (
            f"The {operation_text.entity_noun(operation)} changed before {yours} went out, "
            "so nothing was sent."
        ),
        OutcomeKind.NOT_AUTHORIZED: f"{yours[0].upper()}{yours[1:]} was not sent.",
        OutcomeKind.NOT_FOUND: f"Noyo does not know what {yours} was about.",
    }
    if kind is OutcomeKind.NOT_AUTHORIZED and operation.second_approval is not None:
        return rich_text(*operation_text.outcome(operation), ".")
    return rich_text(told[kind]) if kind in told else rich_text(*operation_text.outcome(operation), ".")


def _reconciled(operation: Operation) -> str:
    wanted = operation.input
    if isinstance(wanted, DecisionRequest):
        decided = operation_text.DECIDED[wanted.decision]
        return f"Noyo's answer was lost, but Noyo shows it {decided}.{_unversioned(operation)}"
    return f"Noyo's answer was lost, but Noyo shows that {_your_operation(operation)} arrived."


def _duplicate(operation: Operation) -> str:
    if operation.kind is OperationKind.CREATE_DISCONNECTION:
        return (
            "At Noyo a request to disconnect this group from this carrier is open already. Nothing was sent."
        )
    return "Noyo already has a connection with this carrier and carrier group id. Nothing new was made."


def _your_operation(operation: Operation) -> str:
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


def _has_outcome(operation: Operation, kind: OutcomeKind) -> bool:
    return operation.outcome is not None and operation.outcome.kind is kind


def _capitalize(words: str) -> str:
    return words[:1].upper() + words[1:]


EXPIRED_TRIGGER_CODES = frozenset(
    {
        "expired_trigger_id",
        "trigger_expired",
        "exchanged_trigger_id",
        "trigger_exchanged",
        "invalid_trigger_id",
    }
)
NOTHING_SENT = "Nothing was sent to Noyo."
INPUT_KEPT = (
    "What you typed is kept: close this window and submit again. The same request is never sent twice."
)
_MAYBE_DONE = {
    "view_submission": f"It may be on its way all the same. {INPUT_KEPT}",
    "block_actions": "It may have been done all the same: look at the card before you click again.",
}
"""What may have been done by an interaction whose time was up; a command opens and shows, and does nothing."""


def ephemeral(*parts: Part | RichText | str) -> Json:
    """An answer to a command, seen by the person who typed it alone."""
    return from_message(Message([_part(part) for part in parts]))


def from_message(message: Message) -> Json:
    return {
        "response_type": "ephemeral",
        "text": message.rendered().text,
        "blocks": message.blocks(),
    }


def prepend_lines(first: Sequence[RichText], answer: Json) -> Json:
    """The same answer with these lines before everything else; blocks and the text beside them."""
    if not first:
        return answer
    before = from_message(Message([Paragraph(list(first))]))
    return answer | {
        "text": f"{before['text']}\n{answer['text']}",
        "blocks": [*before["blocks"], *answer["blocks"]],
    }


def show_field_errors(found: Mapping[str, str]) -> Json:
    """An answer to a submission: the form stays, with what is wrong under each field."""
    return {"response_action": "errors", "errors": dict(found)}


def replace_modal(view: Json) -> Json:
    """An answer to a submission: this view takes the form's place."""
    return {"response_action": "update", "view": view}


def push_modal(view: Json) -> Json:
    """An answer to a submission: this view lies over the form, which keeps what was typed."""
    return {"response_action": "push", "view": view}


def denial(permission: Permission) -> RichText:
    """Why not; it may name who may."""
    return with_mentions(permission.reason)


def error_message(error: Exception, error_id: str, *, interaction: str = "") -> RichText:
    """Known errors in their own words; any other as an apology with the id under which it is in the log.

    `interaction` is the type of the interaction, as Slack names it.
    """
    if isinstance(error, SlackRefused) and error.code in EXPIRED_TRIGGER_CODES:
        return rich_text(f"That took too long for Slack to open a window. {NOTHING_SENT} Please try again.")
    if isinstance(error, SlackError):
        return rich_text(
            f"Slack did not open a window for this just now. {NOTHING_SENT} Please try again in a minute; "
            f"if it goes on, tell whoever runs Switchboard that it was error {error_id}."
        )
    if isinstance(error, DeadlineExceeded):
        return rich_text(f"{error} {_MAYBE_DONE.get(interaction, f'{NOTHING_SENT} Please try again.')}")
    if isinstance(error, SwitchboardError):
        kept = interaction == "view_submission" and not isinstance(error, UnknownSchema | ObserveOnly)
        return rich_text(*with_mentions(str(error)), *([f" {INPUT_KEPT}"] if kept else []))
    return rich_text(
        f"Something went wrong on our side, sorry. Please try again; if it goes on, tell whoever runs Switchboard "
        f"that it was error {error_id}."
    )


def error_answer(body: Mapping[str, Any], words: RichText) -> Json | None:
    """The answer to this kind of interaction that shows `words` to the person alone; None where there is none."""
    if "command" in body:
        return ephemeral(words)
    if body.get("type") == "view_submission":
        return push_modal(notice("That did not work", words))
    if body.get("type") == "block_suggestion":
        return {"options": []}
    return None


def _part(part: Part | RichText | str) -> Part:
    if isinstance(part, str):
        return Paragraph([rich_text(part)])
    return Paragraph([part]) if isinstance(part, tuple) else part
