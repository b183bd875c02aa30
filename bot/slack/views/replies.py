"""Replies to the person who acted: to an interaction at once, and later what became of the operation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bot.domain.content import Reply
from bot.domain.corrections import is_correctable
from bot.domain.operations import Operation, OperationKind, OperationState, OutcomeKind
from bot.domain.people import Permission
from bot.domain.reconciliation import sent_before
from bot.domain.records import Connection
from bot.domain.requests import Decision, DecisionRequest
from bot.errors import DeadlineExceeded, ObserveOnly, SlackError, SlackRefused, SwitchboardError, UnknownSchema
from bot.slack.views import operation_text, record_facts
from bot.slack.views.answer_text import DECIDED, NOT_PROCESSED, READ_REFUSED, answered, decided_at_noyo, not_sent
from bot.slack.views.buttons import correct_button, show_buttons
from bot.slack.views.message import Buttons, DisplaySettings, Message, Paragraph, Part, Quote
from bot.slack.views.modals import notice, notice_view
from bot.slack.views.request_cards import duplicate_facts, refreshed_group, request_facts
from bot.slack.views.rich_text import (
    Json,
    PermalinkLookup,
    RichText,
    Timestamp,
    capitalize,
    card_link,
    labelled,
    rich_text,
    with_mentions,
)

_TITLES = {
    OutcomeKind.CONFIRMED: "Sent to Noyo",
    OutcomeKind.RECONCILED: "Sent to Noyo",
    OutcomeKind.REPORTED_ARRIVED: "Marked as arrived",
    OutcomeKind.DUPLICATE: "Already exists",
    OutcomeKind.REFUSED: "Refused by Noyo",
    OutcomeKind.CHANGED: "Not sent: it changed",
    OutcomeKind.READ_REFUSED: "Not sent",
    OutcomeKind.NOT_AUTHORIZED: "No permission",
    OutcomeKind.NOT_FOUND: "Not found at Noyo",
    OutcomeKind.DELETED: "Deleted at Noyo",
    OutcomeKind.CLOSED: "Closed",
    OutcomeKind.UNCLEAR: "Outcome unknown",
    OutcomeKind.OVERDUE: "Outcome unknown",
    OutcomeKind.WITHDRAWN: "Withdrawn",
    OutcomeKind.EXPIRED: "Expired, not sent",
    OutcomeKind.END_DATE_PASSED: "Not sent: date passed",
}
_OPEN_TITLES = {
    OperationState.AWAITING_CONFIRMATION: "Waiting for approval",
    OperationState.RECONCILING: "Checking with Noyo",
    OperationState.NEEDS_RESOLUTION: "Needs your review",
}
_NOTHING_TO_DO = rich_text("You don't need to do anything. We'll send you a direct message.")
EXPIRED_TRIGGER_CODES = frozenset(
    {"expired_trigger_id", "trigger_expired", "exchanged_trigger_id", "trigger_exchanged", "invalid_trigger_id"}
)
_NOT_SENT_AGAIN = frozenset({OutcomeKind.CHANGED, OutcomeKind.END_DATE_PASSED, OutcomeKind.READ_REFUSED})
"""Outcomes whose title would say that nothing was sent, although an earlier attempt was."""
NOTHING_SENT = "Nothing was sent to Noyo."
INPUT_KEPT = "Your input is saved: close this window and submit again. The same request is never sent twice."
_MAYBE_DONE = {
    "view_submission": f"Your request may have been submitted. {INPUT_KEPT}",
    "block_actions": "Your action may have been saved. Check the card before you click again.",
}
"""By type of interaction. A command only opens and shows, so it has no entry."""


# ---------------------------------------------------------------- what became of an operation


def reply(content: Reply, display: DisplaySettings, links: PermalinkLookup) -> Message:
    """Answers: did it work, and if not, what do I do now?

    "Sent" must not read as "done", nobody should ask twice because nothing seems to happen, and no refusal may be a
    dead end. So a state that is not final says so and what comes next, and every refusal says what to do.
    """
    title = rich_text(reply_title(content.operation))
    return Message(_parts(content, display, links), title, display.warning())


def reply_title(operation: Operation) -> str:
    if operation.is_open and operation.deferred_by is not None:
        return "Paused, not sent again" if sent_before(operation) else "Paused, not sent yet"
    if operation.is_open:
        sending = "Delayed" if operation.delay_reason else "Sending to Noyo"
        return _OPEN_TITLES.get(operation.state, sending)
    request = operation.input
    if isinstance(request, DecisionRequest) and _has_outcome(operation, OutcomeKind.RECONCILED):
        return f"It was {DECIDED[request.decision]} at Noyo"
    if refreshed_group(operation):
        return "Read from Noyo"
    if operation.outcome is None:
        return "Done"
    not_again = sent_before(operation) and operation.outcome.kind in _NOT_SENT_AGAIN
    return "Not sent again" if not_again else _TITLES[operation.outcome.kind]


def reply_view(content: Reply, display: DisplaySettings, links: PermalinkLookup) -> Json:
    """The reply as a modal without a submit button, for views.update and for the answer to a submission."""
    message = Message(_parts(content, display, links), (), display.warning())
    return notice_view(reply_title(content.operation), message)


def _parts(content: Reply, display: DisplaySettings, links: PermalinkLookup) -> list[Part]:
    operation = content.operation
    about = Paragraph([*_about(content, display), *card_link(content.card, links)])
    if operation.is_open:
        return [Paragraph(_progress(operation)), about]
    key = operation.entity.key
    shown = show_buttons(f"status {key}", "Show Group") if refreshed_group(operation) else ()
    return [*_outcome(content, display), about, Buttons(shown, f"{operation.id}:{key}")]


def _about(content: Reply, display: DisplaySettings) -> list[RichText]:
    """What the operation was about, so that the reply can be understood on its own a day later."""
    if _has_outcome(content.operation, OutcomeKind.DUPLICATE) and content.record_state is not None:
        return duplicate_facts(content.record_state, display)
    if content.record_state is None:
        return request_facts(content.operation, display)
    record = content.record_state.record
    label = "Connection" if isinstance(record, Connection) else "Disconnection request"
    name = labelled(label, *record_facts.group_and_carrier(record, display))
    lines = [name, record_facts.status_when_written(record)]
    return [*lines, record_facts.carrier_group_id_line(record)] if isinstance(record, Connection) else lines


def _progress(operation: Operation) -> list[RichText]:
    yours = _your_operation(operation)
    if operation.state is OperationState.RECONCILING:
        return [
            rich_text(*answered(operation), f". We're checking whether {yours} arrived."),
            rich_text("Please don't ask again: we'll update you here or by direct message."),
        ]
    if operation.state is OperationState.NEEDS_RESOLUTION and not operation.sends:
        return [
            rich_text(f"{capitalize(yours)} needs your review: {NOT_PROCESSED}."),
            rich_text("Answer the question on its card."),
        ]
    if operation.state is OperationState.NEEDS_RESOLUTION:
        return [
            rich_text(*answered(operation), ", and Noyo does not show whether ", yours, " took effect."),
            rich_text("Check at Noyo, then answer the question on its card."),
        ]
    waiting = operation.state is OperationState.AWAITING_CONFIRMATION
    if waiting or operation.deferred_by is not None or operation.delay_reason:
        return [rich_text(capitalize(yours), " is ", *operation_text.current_state(operation)), _NOTHING_TO_DO]
    return [
        rich_text(f"Sending {yours} to Noyo."),
        rich_text("You can close this window. If it takes longer, we'll send you a direct message."),
    ]


def _outcome(content: Reply, display: DisplaySettings) -> list[Part]:
    operation = content.operation
    result = operation.outcome
    if result is None:
        return []
    lines = [_outcome_line(operation, result.kind)]
    if result.kind is OutcomeKind.NOT_AUTHORIZED and result.decided_by in (None, content.reader):
        lines.append(with_mentions(result.message) if result.message else ())
    parts: list[Part] = [Paragraph(lines)]
    if result.kind in (OutcomeKind.REFUSED, OutcomeKind.READ_REFUSED) and result.message:
        quote = Quote((operation_text.quoted(operation, result.message),))
        parts += [Paragraph([labelled("Message from Noyo")]), quote]
    parts += _eligibility(operation, result.eligibility)
    if is_correctable(operation) and content.reader in (None, operation.actor):
        button = Buttons([correct_button(operation.id)], operation.id)
        return [*parts, Paragraph([_after_correctable(operation)]), button]
    return [*parts, Paragraph([operation_text.advice(operation, display.command)])]


def _eligibility(operation: Operation, words: Sequence[str]) -> list[Part]:
    """In Noyo's words, since it documents no list of them."""
    if not words:
        return []
    quotes = [Quote((operation_text.quoted(operation, text),)) for text in words]
    what_to_do = rich_text("If that is the reason, ask Noyo or the carrier whether to ignore the eligibility.")
    return [Paragraph([labelled("Noyo says about the group's eligibility")]), *quotes, Paragraph([what_to_do])]


def _after_correctable(operation: Operation) -> RichText:
    """Only this person can correct it, and nobody else sees it."""
    if operation.due is None:
        return rich_text("Correct it here: everything else that you entered is filled in.")
    retained = " The tax numbers and the email address that you typed stay encrypted until "
    return rich_text("Correct it here: you type nothing twice.", retained, Timestamp(operation.due), ".")


def _outcome_line(operation: Operation, kind: OutcomeKind) -> RichText:
    yours = _your_operation(operation)
    match kind:
        case OutcomeKind.RECONCILED:
            return _reconciled(operation)
        case OutcomeKind.CONFIRMED:
            return rich_text(_confirmed(operation))
        case OutcomeKind.DUPLICATE:
            return rich_text(_duplicate(operation))
        case OutcomeKind.REFUSED:
            return rich_text(_refused(operation))
        case OutcomeKind.CHANGED:
            return rich_text(_changed(operation))
        case OutcomeKind.NOT_AUTHORIZED if operation.second_approval is None:
            return rich_text(f"{capitalize(yours)} {not_sent(operation)}.")
        case OutcomeKind.READ_REFUSED:
            return rich_text(f"{READ_REFUSED}, so {yours} {not_sent(operation)}.")
        case OutcomeKind.NOT_FOUND:
            return rich_text(f"Noyo could not find the record for {yours}.")
    return rich_text(*operation_text.outcome(operation), ".")


def _reconciled(operation: Operation) -> RichText:
    request = operation.input
    if isinstance(request, DecisionRequest):
        return rich_text(*decided_at_noyo(operation, request), ".", _unversioned(operation))
    return rich_text(*answered(operation), f", but Noyo shows that {_your_operation(operation)} arrived.")


def _refused(operation: Operation) -> str:
    effect = "An earlier attempt may have taken effect." if sent_before(operation) else "Nothing changed."
    return f"Noyo refused {_your_operation(operation)}. {effect}"


def _changed(operation: Operation) -> str:
    yours, noun = _your_operation(operation), operation_text.entity_noun(operation)
    if sent_before(operation):
        return f"The {noun} changed at Noyo and shows no effect of {yours}."
    return f"The {noun} changed before {yours} was sent. {NOTHING_SENT}"


def _duplicate(operation: Operation) -> str:
    effect = "It may come from an earlier attempt." if sent_before(operation) else None
    if operation.kind is OperationKind.CREATE_DISCONNECTION:
        return f"Noyo already has a disconnection request for this group and carrier. {effect or NOTHING_SENT}"
    if operation.kind is OperationKind.REQUEST_CONNECTION and effect is not None:
        return f"Noyo already has a connection with this carrier and carrier group id. {effect}"
    return "Noyo already has a connection with this carrier and carrier group id. No new one was created."


def _your_operation(operation: Operation) -> str:
    """A disconnection belongs to two people, so it is not "yours"."""
    if operation.kind is OperationKind.CREATE_DISCONNECTION:
        return "the disconnection request"
    refresh = operation.kind is OperationKind.REFRESH_RECORD
    return "your request" if refresh else f"your {operation_text.noun(operation)}"


def _unversioned(operation: Operation) -> str:
    return f" {operation_text.UNVERSIONED}." if operation.unversioned else ""


def _confirmed(operation: Operation) -> str:
    """Without what Noyo does next: only the card follows the record's status."""
    request = operation.input
    if isinstance(request, DecisionRequest):
        return {
            Decision.APPROVE: "Noyo accepted your approval. Follow its progress on the card.",
            Decision.REJECT: "Noyo accepted your rejection. The request does not disconnect the group.",
        }[request.decision] + _unversioned(operation)
    if result := refreshed_group(operation):
        return f"At Noyo, this group has {result}."
    return {
        OperationKind.REQUEST_CONNECTION: "Noyo created the connection. Follow its progress on the card.",
        OperationKind.RETRY_CONNECTION: "Noyo accepted your retry. Follow its progress on the card.",
        OperationKind.CREATE_DISCONNECTION: "Noyo accepted the request. Follow its progress on the card.",
        OperationKind.REFRESH_RECORD: "Refreshed from Noyo.",
    }[operation.kind]


def _has_outcome(operation: Operation, kind: OutcomeKind) -> bool:
    return operation.outcome is not None and operation.outcome.kind is kind


# ---------------------------------------------------------------- answers to an interaction


def ephemeral(*parts: Part | RichText | str) -> Json:
    """An answer to a command that only the person who typed it sees."""
    return from_message(Message([_part(part) for part in parts]))


def from_message(message: Message) -> Json:
    return {"response_type": "ephemeral", "text": message.rendered().text, "blocks": message.blocks()}


def prepend_lines(lines: Sequence[RichText], answer: Json) -> Json:
    """The same answer with these lines first, in the blocks and in the text."""
    if not lines:
        return answer
    before = from_message(Message([Paragraph(list(lines))]))
    return answer | {"text": f"{before['text']}\n{answer['text']}", "blocks": [*before["blocks"], *answer["blocks"]]}


def show_field_errors(errors: Mapping[str, str]) -> Json:
    """An answer to a submission: the form stays open, with each error under its field."""
    return {"response_action": "errors", "errors": dict(errors)}


def push_modal(view: Json) -> Json:
    """An answer to a submission: this view opens on top of the form, which keeps its input."""
    return {"response_action": "push", "view": view}


def denial(permission: Permission) -> RichText:
    """Why the person may not do this, and who may."""
    return with_mentions(permission.reason)


def error_message(error: Exception, error_id: str, *, interaction: str = "") -> RichText:
    """A known error in its own words; any other with the id under which it is logged.

    `interaction` is the type of the interaction, as Slack names it.
    """
    if isinstance(error, SlackRefused) and error.code in EXPIRED_TRIGGER_CODES:
        return rich_text(f"Slack could not open a window in time. {NOTHING_SENT} Please try again.")
    if isinstance(error, SlackError):
        return rich_text(
            f"Slack could not open a window. {NOTHING_SENT} Please try again in a minute. "
            f"If the problem continues, contact your Switchboard admin and mention error {error_id}."
        )
    if isinstance(error, DeadlineExceeded):
        return rich_text(f"{error} {_MAYBE_DONE.get(interaction, f'{NOTHING_SENT} Please try again.')}")
    if isinstance(error, SwitchboardError):
        input_kept = interaction == "view_submission" and not isinstance(error, UnknownSchema | ObserveOnly)
        return rich_text(*with_mentions(str(error)), f" {INPUT_KEPT}" if input_kept else "")
    return rich_text(
        "Something went wrong. Please try again. "
        f"If the problem continues, contact your Switchboard admin and mention error {error_id}."
    )


def error_answer(body: Mapping[str, Any], text: RichText) -> Json | None:
    """The answer that shows `text` to the person alone; None if this type of interaction has none."""
    if "command" in body:
        return ephemeral(text)
    if body.get("type") == "view_submission":
        return push_modal(notice("Something went wrong", text))
    if body.get("type") == "block_suggestion":
        return {"options": []}
    return None


def _part(part: Part | RichText | str) -> Part:
    if isinstance(part, str):
        return Paragraph([rich_text(part)])
    return Paragraph([part]) if isinstance(part, tuple) else part
