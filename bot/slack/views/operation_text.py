"""Operations in words: who asked for what, its current state, its outcome, and what to do next."""

from __future__ import annotations

from collections.abc import Callable

from bot.domain.operations import Operation, OperationKind, OperationState, Outcome, OutcomeKind
from bot.domain.reconciliation import sent_before
from bot.domain.records import EntityKind
from bot.domain.requests import (
    ConnectionRequest,
    Decision,
    DecisionReason,
    DecisionRequest,
    DisconnectionReason,
    DisconnectionRequest,
    RetryRequest,
)
from bot.slack.views import health
from bot.slack.views.answer_text import DECIDED, NOT_PROCESSED, READ_REFUSED, answered, decided_at_noyo, not_sent
from bot.slack.views.connection_options import options_text
from bot.slack.views.record_facts import parse_status, status_name
from bot.slack.views.rich_text import (
    MAX_QUOTE_LENGTH,
    RichText,
    Span,
    Timestamp,
    UntrustedText,
    UserMention,
    date_text,
    labelled,
    own_group_id,
    person,
    rich_text,
)

_NOUNS = {
    OperationKind.REQUEST_CONNECTION: "request",
    OperationKind.RETRY_CONNECTION: "retry",
    OperationKind.CREATE_DISCONNECTION: "disconnection request",
    OperationKind.REFRESH_RECORD: "refresh",
}
DECISION_NOUNS = {Decision.APPROVE: "approval", Decision.REJECT: "rejection"}
REASONS = {
    DecisionReason.CONNECTION_RESTORED: "Connection restored",
    DecisionReason.ELIGIBILITY_RESTORED: "Group eligible again",
    DecisionReason.PAYMENT_REINSTATED: "Payment reinstated",
    DecisionReason.OTHER: "Other reason",
}
DISCONNECT_REASONS = {
    DisconnectionReason.TERMINATED: "Coverage with the carrier terminated",
    DisconnectionReason.PAYMENT_LAPSE: "Payment lapsed",
    DisconnectionReason.NO_LONGER_ELIGIBLE: "No longer eligible",
    DisconnectionReason.BROKER_OF_RECORD: "Broker of record changed",
    DisconnectionReason.LOST_ACCESS: "Access lost",
    DisconnectionReason.NOT_USING_CONNECTION: "Connection not used",
    DisconnectionReason.PLATFORM_REQUESTED: "Requested by our platform",
    DisconnectionReason.OTHER: "Other reason",
}
UNVERSIONED = "It was sent without a version, so Noyo could not check whether the request had changed"
USE_PAST_DATE = "Use a past date"
"""The checkbox that confirms a last managed day in the past."""
_SENT_FOR_REQUESTS = frozenset(
    {OperationKind.REQUEST_CONNECTION, OperationKind.DECIDE_DISCONNECTION, OperationKind.REFRESH_RECORD}
)
_FORBIDDEN = 403


def actor(operation: Operation) -> Span | str:
    return person(operation.actor, otherwise="Switchboard")


def noun(operation: Operation) -> str:
    if isinstance(operation.input, DecisionRequest):
        return DECISION_NOUNS[operation.input.decision]
    return _NOUNS[operation.kind]


def possessive(operation: Operation) -> RichText:
    """`@Ana's retry`."""
    return rich_text(actor(operation), f"'s {noun(operation)}")


def description(operation: Operation) -> RichText:
    """`@Ana asked to retry with carrier group id X`."""
    request, requester = operation.input, actor(operation)
    if isinstance(request, ConnectionRequest):
        options = options_text(request.options)
        return rich_text(requester, f" asked for this connection{f' ({options})' if options else ''}")
    if isinstance(request, RetryRequest):
        return rich_text(requester, " asked to retry with ", *_corrections(request))
    if isinstance(request, DecisionRequest):
        return rich_text(requester, f" {DECIDED[request.decision]}", *_decision_details(request))
    if isinstance(request, DisconnectionRequest):
        confirmed = _confirmed_by(operation, ", and ", " confirmed it")
        return rich_text(*_disconnection_request(operation, request), *confirmed)
    return rich_text(requester, " asked for a refresh from Noyo")


def _decision_details(request: DecisionRequest) -> RichText:
    """The date or the reason. The note that was typed for Noyo is not for the whole channel."""
    if request.effective_end_date is not None:
        return rich_text(f" with {date_text(request.effective_end_date)} as the last managed day")
    if request.reason is not None:
        return rich_text(f" ({REASONS[request.reason].lower()})")
    return ()


def note_line(operation: Operation) -> RichText:
    """The note for Noyo that was typed with a decision or a disconnection; for answers to one person only."""
    text = note(operation)
    return labelled("Note for Noyo", *text, " (", *possessive(operation), ")") if text else ()


def note(operation: Operation) -> RichText:
    request = operation.input
    if not isinstance(request, DecisionRequest | DisconnectionRequest) or not request.context:
        return ()
    return (UntrustedText(request.context, MAX_QUOTE_LENGTH),)


def _disconnection_request(operation: Operation, request: DisconnectionRequest) -> RichText:
    after = f" asked to disconnect it after {date_text(request.effective_end_date)}"
    return rich_text(actor(operation), after, f" ({DISCONNECT_REASONS[request.reason].lower()})")


def _confirmed_by(operation: Operation, before: str, after: str = "") -> RichText:
    second = operation.second_approval
    return rich_text(before, UserMention(second.by), after) if second else ()


def awaiting_confirmation(operation: Operation) -> RichText:
    """How the operation began, whatever became of it since."""
    request = operation.input
    if isinstance(request, DisconnectionRequest):
        return rich_text(*_disconnection_request(operation, request), "; waiting for a second approver")
    return rich_text(*description(operation), "; waiting for a second approver")


def second_approval(operation: Operation) -> RichText:
    """The confirmation by the second approver, after which the operation is sent."""
    second = operation.second_approval
    return rich_text(person(second.by if second else None), " confirmed ", *possessive(operation))


def _corrections(request: RetryRequest) -> RichText:
    """The corrected carrier group id. Sensitive details are never named or shown."""
    details = " and corrected details that are not shown" if request.encrypted else ""
    if request.carrier_group_id is None:
        return rich_text("the same carrier group id", details)
    return rich_text("carrier group id ", own_group_id(request.carrier_group_id), details)


def entity_noun(operation: Operation) -> str:
    """What the operation is about, in one word."""
    return "request" if operation.kind in _SENT_FOR_REQUESTS else "connection"


def quoted(operation: Operation, text: str) -> UntrustedText:
    """The carrier group id that the operation is about is the one number that is never masked."""
    request = operation.input
    own_id = request.carrier_group_id if isinstance(request, ConnectionRequest | RetryRequest) else None
    return UntrustedText(text, MAX_QUOTE_LENGTH, unmasked=own_id)


def in_progress(operation: Operation) -> RichText:
    """The operation and its current state."""
    return rich_text(*description(operation), ": ", *current_state(operation))


def current_state(operation: Operation) -> RichText:
    if operation.state is OperationState.AWAITING_CONFIRMATION:
        expires = rich_text(" Expires ", Timestamp(operation.due), " if nobody confirms it.") if operation.due else ()
        return rich_text("waiting for a second approver.", *expires)
    if operation.state is OperationState.RECONCILING:
        return rich_text(*answered(operation), ". Checking whether it arrived.")
    if operation.state is OperationState.NEEDS_RESOLUTION:
        return rich_text("needs your review: ", "did it arrive?" if operation.sends else f"{NOT_PROCESSED}.")
    if operation.deferred_by is not None:
        return health.deferred(operation.deferred_by)
    if operation.state is OperationState.PENDING and operation.delay_reason:
        again = rich_text("; next attempt ", Timestamp(operation.due)) if operation.due is not None else ()
        return rich_text("delayed. ", quoted(operation, operation.delay_reason.rstrip(". ")), *again, ".")
    return rich_text("sending.")


def outcome(operation: Operation) -> RichText:
    """What became of a settled operation, as a sentence without its full stop."""
    result = operation.outcome
    if result is None:
        return rich_text(*possessive(operation), f" is closed ({operation.state.value})")
    if result.kind in _SENTENCES:
        before, after = _SENTENCES[result.kind]
        return rich_text(before, *possessive(operation), after)
    if result.kind in _CHOICES:
        verb, after = _CHOICES[result.kind]
        return rich_text(person(result.decided_by), verb, *possessive(operation), after)
    return _OUTCOMES[result.kind](operation, result)


# What stands before and after `@Ana's retry`.
_SENTENCES = {
    OutcomeKind.NOT_FOUND: ("Noyo could not find the record for ", ""),
    OutcomeKind.UNCLEAR: ("It is unknown whether ", " arrived"),
    # Only a refresh ends like this: an operation that may have changed something at Noyo needs a person.
    OutcomeKind.OVERDUE: ("Noyo could not be read for a day, so ", " was canceled"),
    OutcomeKind.EXPIRED: ("No second approver confirmed ", " in time; nothing was sent"),
}
# The same after the person who chose this resolution.
_CHOICES = {
    OutcomeKind.CLOSED: (" closed ", "; its effect is unknown"),
    OutcomeKind.REPORTED_ARRIVED: (" reported that ", " arrived"),
}


def _confirmed(operation: Operation, _: Outcome) -> RichText:
    request = operation.input
    if isinstance(request, DisconnectionRequest):  # "Confirmed" is what the second approver did.
        return rich_text("Noyo accepted ", *possessive(operation), *_confirmed_by(operation, ", confirmed by "))
    details = _decision_details(request) if isinstance(request, DecisionRequest) else ()
    return rich_text("Noyo confirmed ", *possessive(operation), *details, *_unversioned(operation))


def _unversioned(operation: Operation) -> RichText:
    return rich_text(f". {UNVERSIONED}") if operation.unversioned else ()


def _reconciled(operation: Operation, _: Outcome) -> RichText:
    if isinstance(operation.input, DecisionRequest):
        return rich_text(*decided_at_noyo(operation, operation.input), *_unversioned(operation))
    second = _confirmed_by(operation, ", confirmed by ", ",")
    return rich_text(*answered(operation), ", but Noyo shows that ", *possessive(operation), *second, " arrived")


def _duplicate(operation: Operation, _: Outcome) -> RichText:
    ours = ", perhaps from an earlier attempt" if sent_before(operation) else ""
    if operation.kind is OperationKind.CREATE_DISCONNECTION:
        unsent = rich_text(*possessive(operation), f" {not_sent(operation)}")
        return rich_text(*unsent, f": Noyo already has one for this group and carrier{ours}")
    existing = ": another connection already has this carrier and carrier group id"
    if ours and operation.kind is OperationKind.REQUEST_CONNECTION:
        existing = f": a connection with this carrier and carrier group id already exists{ours}"
    return rich_text("Noyo did not accept ", *possessive(operation), existing)


def _refused(operation: Operation, result: Outcome) -> RichText:
    message: RichText = rich_text(": ", quoted(operation, result.message)) if result.message else ()
    if result.kind is OutcomeKind.READ_REFUSED:
        return rich_text(READ_REFUSED, ", so ", *possessive(operation), f" {not_sent(operation)}", *message)
    return rich_text("Noyo refused ", *possessive(operation), *message)


def _changed(operation: Operation, result: Outcome) -> RichText:
    status = parse_status(EntityKind.CONNECTION, result.message) if result.message else None
    now = rich_text(". Its status is now ", status_name(status)) if status is not None else ()
    if sent_before(operation):  # An earlier attempt may have arrived; Noyo shows no effect of it.
        changed = f"The {entity_noun(operation)} changed at Noyo and shows no effect of "
        return rich_text(changed, *possessive(operation), *now)
    changed = f"Not sent: the {entity_noun(operation)} changed at Noyo before "
    return rich_text(changed, *possessive(operation), " was sent", *now)


def _deleted(operation: Operation, _: Outcome) -> RichText:
    """Nothing that Noyo still has could show whether an earlier attempt took effect."""
    why = f": the {entity_noun(operation)} was deleted at Noyo"
    if operation.sends:
        return rich_text("It is unknown whether ", *possessive(operation), " took effect", why)
    return rich_text(*possessive(operation), " had no effect", why)


def _not_authorized(operation: Operation, result: Outcome) -> RichText:
    denied = UserMention(result.decided_by) if result.decided_by else actor(operation)
    before = "Not sent again: " if sent_before(operation) else "Not sent: "
    return rich_text(before, denied, " does not have permission for this")


def _withdrawn(operation: Operation, result: Outcome) -> RichText:
    own = result.decided_by == operation.actor
    withdrawn = rich_text(f"the {noun(operation)}") if own else possessive(operation)
    return rich_text(person(result.decided_by), " withdrew ", *withdrawn, "; nothing was sent")


def _end_date_passed(operation: Operation, _: Outcome) -> RichText:
    end = operation.requested_end_date
    which = f"{date_text(end)}, the last managed day in " if end else "the last managed day in "
    if sent_before(operation):
        passed = ", has passed, and Noyo shows no effect of the earlier attempt"
        return rich_text("Not sent again: ", which, *possessive(operation), passed)
    return rich_text("Not sent: ", which, *possessive(operation), ", passed before it could be sent")


_OUTCOMES: dict[OutcomeKind, Callable[[Operation, Outcome], RichText]] = {
    OutcomeKind.CONFIRMED: _confirmed,
    OutcomeKind.RECONCILED: _reconciled,
    OutcomeKind.DUPLICATE: _duplicate,
    OutcomeKind.REFUSED: _refused,
    OutcomeKind.CHANGED: _changed,
    OutcomeKind.DELETED: _deleted,
    OutcomeKind.READ_REFUSED: _refused,
    OutcomeKind.NOT_AUTHORIZED: _not_authorized,
    OutcomeKind.WITHDRAWN: _withdrawn,
    OutcomeKind.END_DATE_PASSED: _end_date_passed,
}


def advice(operation: Operation, command: str) -> RichText:
    """What to do after an outcome that the person did not want; empty if there is nothing to do."""
    kind = operation.outcome.kind if operation.outcome else None
    if kind is OutcomeKind.CHANGED:
        return rich_text("Check its current state, then ask again if you still want this.")
    if kind is OutcomeKind.READ_REFUSED:
        return rich_text("Ask Noyo why, then ask again if you still want this.")
    if kind is OutcomeKind.NOT_FOUND:
        return rich_text("Check the id. If it is correct, ask Noyo about the record.")
    if kind is OutcomeKind.EXPIRED:
        return rich_text(f"To disconnect the group, ask again with {command} disconnect.")
    if kind is OutcomeKind.END_DATE_PASSED:
        return _after_end_date_passed(operation, command)
    if kind in (OutcomeKind.REFUSED, OutcomeKind.DUPLICATE):
        return rich_text(_after_refusal(operation, command, duplicate=kind is OutcomeKind.DUPLICATE))
    return ()


def _after_end_date_passed(operation: Operation, command: str) -> RichText:
    choice = f'with another day, or with "{USE_PAST_DATE}" selected.'
    if operation.kind is OperationKind.CREATE_DISCONNECTION:
        return rich_text(f"To disconnect the group, ask again with {command} disconnect: {choice}")
    return rich_text(f"If the request still needs review, approve it again {choice}")


def _after_refusal(operation: Operation, command: str, *, duplicate: bool) -> str:
    if operation.kind is OperationKind.DECIDE_DISCONNECTION:
        return "If the request still needs review, correct what Noyo names and decide again."
    if operation.kind is OperationKind.RETRY_CONNECTION:
        return "Correct what Noyo names, then retry."
    if operation.kind is OperationKind.CREATE_DISCONNECTION:
        return _after_refused_disconnection(operation, command, duplicate=duplicate)
    if duplicate:
        return "Use the existing connection, or ask again with another carrier group id."
    return f"Correct what Noyo names, then ask again with {command} connect."


def _after_refused_disconnection(operation: Operation, command: str, *, duplicate: bool) -> str:
    if duplicate:
        return (
            "Decide on the existing request if it needs review. Otherwise, Noyo is processing it, or has completed it."
        )
    if operation.outcome is not None and operation.outcome.status == _FORBIDDEN:
        return "Noyo protects this group. Ask Noyo whether it can be disconnected."
    return f"Correct what Noyo names, such as the day or the reason, then ask again with {command} disconnect."
