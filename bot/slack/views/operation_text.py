"""Operations in words, who asked for what and what became of it."""

from __future__ import annotations

from collections.abc import Callable

from bot.domain.entities import EntityKind
from bot.domain.operations import Operation, OperationKind, OperationState, Outcome, OutcomeKind
from bot.domain.requests import (
    ConnectionRequest,
    Decision,
    DecisionReason,
    DecisionRequest,
    DisconnectionReason,
    DisconnectionRequest,
    RetryRequest,
)
from bot.slack.views import pauses
from bot.slack.views.record_facts import parse_status, status_name
from bot.slack.views.rich_text import (
    MAX_QUOTE_LENGTH,
    RichText,
    Span,
    Timestamp,
    UntrustedText,
    UserMention,
    date_text,
    own_group_id,
    rich_text,
)

_NOUNS = {
    OperationKind.REQUEST_CONNECTION: "request",
    OperationKind.RETRY_CONNECTION: "retry",
    OperationKind.CREATE_DISCONNECTION: "request to disconnect",
    OperationKind.REFRESH_RECORD: "look",
}
DECISION_NOUNS = {Decision.APPROVE: "approval", Decision.REJECT: "rejection"}
DECIDED = {Decision.APPROVE: "approved", Decision.REJECT: "rejected"}
REASONS = {
    DecisionReason.CONNECTION_RESTORED: "The connection was restored",
    DecisionReason.ELIGIBILITY_RESTORED: "The group is eligible again",
    DecisionReason.PAYMENT_REINSTATED: "The payment was reinstated",
    DecisionReason.OTHER: "Another reason",
}


DISCONNECT_REASONS = {
    DisconnectionReason.TERMINATED: "Its coverage with the carrier was terminated",
    DisconnectionReason.PAYMENT_LAPSE: "Its payment lapsed",
    DisconnectionReason.NO_LONGER_ELIGIBLE: "It is no longer eligible",
    DisconnectionReason.BROKER_OF_RECORD: "Its broker of record changed",
    DisconnectionReason.LOST_ACCESS: "The access to it was lost",
    DisconnectionReason.NOT_USING_CONNECTION: "The connection is not used",
    DisconnectionReason.PLATFORM_REQUESTED: "Our platform asked for it",
    DisconnectionReason.OTHER: "Another reason",
}
UNVERSIONED = "Noyo was not told which version was shown, so it could not check that nothing had changed"


def actor(operation: Operation) -> Span | str:
    return UserMention(operation.actor) if operation.actor else "Switchboard"


def noun(operation: Operation) -> str:
    wanted = operation.input
    if isinstance(wanted, DecisionRequest):
        return DECISION_NOUNS[wanted.decision]
    return _NOUNS[operation.kind]


def possessive(operation: Operation) -> RichText:
    """`@Ana's retry`."""
    return rich_text(actor(operation), f"'s {noun(operation)}")


def description(operation: Operation) -> RichText:
    """`@Ana asked to retry with carrier group id X`."""
    wanted = operation.input
    if isinstance(wanted, ConnectionRequest):
        return rich_text(actor(operation), " asked for this connection")
    if isinstance(wanted, RetryRequest):
        return rich_text(actor(operation), " asked to retry with ", *_corrections(wanted))
    if isinstance(wanted, DecisionRequest):
        return rich_text(actor(operation), f" {DECIDED[wanted.decision]}", *_particulars(wanted))
    if isinstance(wanted, DisconnectionRequest):
        return rich_text(
            *_asked_to_disconnect(operation, wanted), *_confirmed_by(operation, ", and ", " confirmed it")
        )
    return rich_text(actor(operation), " asked to look at it again at Noyo")


def _particulars(wanted: DecisionRequest) -> RichText:
    """What was chosen with a decision; what was typed with it is for Noyo."""
    if wanted.effective_end_date is not None:
        return rich_text(f" with {date_text(wanted.effective_end_date)} as the last managed day")
    if wanted.reason is not None:
        return rich_text(f" ({REASONS[wanted.reason].lower()})")
    return ()


def _asked_to_disconnect(operation: Operation, wanted: DisconnectionRequest) -> RichText:
    after = f" asked to disconnect it after {date_text(wanted.effective_end_date)}"
    return rich_text(actor(operation), after, f" ({DISCONNECT_REASONS[wanted.reason].lower()})")


def _confirmed_by(operation: Operation, before: str, after: str = "") -> RichText:
    return (
        rich_text(before, UserMention(operation.second_approval.by), after)
        if operation.second_approval
        else ()
    )


def awaiting_confirmation(operation: Operation) -> RichText:
    """How it began, whatever became of it since."""
    wanted = operation.input
    asked = (
        _asked_to_disconnect(operation, wanted)
        if isinstance(wanted, DisconnectionRequest)
        else description(operation)
    )
    return rich_text(*asked, ": a second approver has to confirm it")


def second_approval(operation: Operation) -> RichText:
    """The second approver's word, which set it going."""
    second = operation.second_approval
    by = UserMention(second.by) if second else "Somebody"
    return rich_text(by, " confirmed ", *possessive(operation), ", to be sent to Noyo")


def _corrections(wanted: RetryRequest) -> RichText:
    """What was corrected; sensitive details are never named or shown."""
    details = " and corrected details that are not shown" if wanted.encrypted else ""
    if wanted.carrier_group_id is None:
        return rich_text("the same carrier group id", details)
    return rich_text("carrier group id ", own_group_id(wanted.carrier_group_id), details)


def entity_noun(operation: Operation) -> str:
    """What it is sent for, in one word."""
    return "request" if operation.kind in _ABOUT_REQUESTS else "connection"


_ABOUT_REQUESTS = frozenset(
    {OperationKind.REQUEST_CONNECTION, OperationKind.DECIDE_DISCONNECTION, OperationKind.REFRESH_RECORD}
)


def own_id(operation: Operation) -> str | None:
    """The carrier group id that the operation is about; the one number that is never masked."""
    wanted = operation.input
    return wanted.carrier_group_id if isinstance(wanted, ConnectionRequest | RetryRequest) else None


def quoted(operation: Operation, words: str) -> UntrustedText:
    return UntrustedText(words, MAX_QUOTE_LENGTH, unmasked=own_id(operation))


# ---------------------------------------------------------------- while it is open


def in_progress(operation: Operation) -> RichText:
    """Where an open operation stands."""
    return rich_text(*description(operation), ": ", *current_state(operation))


def current_state(operation: Operation) -> RichText:
    if operation.state is OperationState.AWAITING_CONFIRMATION:
        until = (
            rich_text(" If nobody does, it expires unsent ", Timestamp(operation.due), ".")
            if operation.due
            else ()
        )
        return rich_text("held. A second approver has to confirm it.", *until)
    if operation.state is OperationState.RECONCILING:
        return rich_text("checking whether it arrived, since Noyo gave no answer.")
    if operation.state is OperationState.NEEDS_RESOLUTION:
        return rich_text("a person has to say whether it arrived.")
    if operation.deferred_by is not None:
        return pauses.deferred(operation.deferred_by)
    if operation.state is OperationState.PENDING and operation.delay_reason:
        return _waiting(operation, operation.delay_reason)
    return rich_text("sending.")


def _waiting(operation: Operation, trouble: str) -> RichText:
    again = rich_text("; trying again ", Timestamp(operation.due)) if operation.due is not None else ()
    return rich_text("waiting. ", quoted(operation, trouble.rstrip(". ")), *again, ".")


# ---------------------------------------------------------------- once it is settled


def outcome(operation: Operation) -> RichText:
    """What became of a settled operation, as a sentence without its full stop."""
    came = operation.outcome
    if came is None:
        return rich_text(*possessive(operation), f" is over ({operation.state.value})")
    return _OUTCOMES[came.kind](operation, came)


def _confirmed(operation: Operation, _: Outcome) -> RichText:
    wanted = operation.input
    if isinstance(wanted, DisconnectionRequest):  # Two people's: "confirmed" is what the second one did.
        return rich_text(
            "Noyo has taken ", *possessive(operation), *_confirmed_by(operation, ", confirmed by ")
        )
    chosen = _particulars(wanted) if isinstance(wanted, DecisionRequest) else ()
    return rich_text("Noyo confirmed ", *possessive(operation), *chosen, *_unversioned(operation))


def _unversioned(operation: Operation) -> RichText:
    return rich_text(f". {UNVERSIONED}") if operation.unversioned else ()


def _reconciled(operation: Operation, _: Outcome) -> RichText:
    if isinstance(operation.input, DecisionRequest):  # Somebody may have decided the same elsewhere.
        return rich_text(
            "Noyo's answer was lost, but ", *noyo_shows(operation.input), *_unversioned(operation)
        )
    both = _confirmed_by(operation, ", confirmed by ", ",")
    return rich_text("Noyo had not answered, but shows that ", *possessive(operation), *both, " arrived")


def noyo_shows(wanted: DecisionRequest) -> RichText:
    return rich_text(f"Noyo shows it {DECIDED[wanted.decision]}")


def _duplicate(operation: Operation, _: Outcome) -> RichText:
    if operation.kind is OperationKind.CREATE_DISCONNECTION:
        there = ": at Noyo a request to disconnect this group from this carrier is open already"
        return rich_text("Nothing was sent for ", *possessive(operation), there)
    return rich_text(
        "Noyo did not take ",
        *possessive(operation),
        ": another connection has this carrier and carrier group id",
    )


def _refused(operation: Operation, came: Outcome) -> RichText:
    words: RichText = rich_text(": ", quoted(operation, came.message)) if came.message else ()
    return rich_text("Noyo refused ", *possessive(operation), *words)


def _changed(operation: Operation, came: Outcome) -> RichText:
    if operation.kind is OperationKind.CREATE_DISCONNECTION and came.message:
        now = status_name(parse_status(EntityKind.CONNECTION, came.message))
        return rich_text(
            "Not sent: at Noyo the connection was no longer as ",
            *possessive(operation),
            " meant it, but: ",
            now,
        )
    if operation.sends > 1:
        # An earlier sending may have arrived, as far as anybody knew then; Noyo shows no effect of it.
        return rich_text(
            f"The {entity_noun(operation)} changed at Noyo, and shows no effect of ", *possessive(operation)
        )
    return rich_text(
        f"Not sent: the {entity_noun(operation)} changed at Noyo before ", *possessive(operation), " went out"
    )


def _not_authorized(operation: Operation, came: Outcome) -> RichText:
    person = UserMention(came.decided_by) if came.decided_by else actor(operation)
    return rich_text("Not sent: ", person, " may not do this, or not any more")


def _not_found(operation: Operation, _: Outcome) -> RichText:
    return rich_text("Noyo does not know what ", *possessive(operation), " was about")


def _closed(operation: Operation, came: Outcome) -> RichText:
    return rich_text(
        _decider(came), " closed ", *possessive(operation), " without anybody knowing whether it took effect"
    )


def _reported_arrived(operation: Operation, came: Outcome) -> RichText:
    return rich_text(_decider(came), " says that ", *possessive(operation), " arrived")


def _unclear(operation: Operation, _: Outcome) -> RichText:
    return rich_text("Nobody could tell whether ", *possessive(operation), " arrived")


def _overdue(operation: Operation, _: Outcome) -> RichText:
    """Only a look ends so: whatever might have changed something at Noyo waits for a person."""
    return rich_text("Noyo could not be read for a day, so ", *possessive(operation), " was given up")


def _withdrawn(operation: Operation, came: Outcome) -> RichText:
    if came.decided_by == operation.actor:
        return rich_text(_decider(came), f" withdrew the {noun(operation)}; nothing was sent")
    return rich_text(_decider(came), " withdrew ", *possessive(operation), "; nothing was sent")


def _expired(operation: Operation, _: Outcome) -> RichText:
    return rich_text("No second approver confirmed ", *possessive(operation), " in time; it expired unsent")


def _end_date_passed(operation: Operation, _: Outcome) -> RichText:
    chosen = operation.requested_end_date
    which = f"{date_text(chosen)}, the last managed day in " if chosen else "the last managed day in "
    if operation.sends > 1:
        again = " went by, and Noyo shows no effect of what was sent before"
        return rich_text("Not sent again: ", which, *possessive(operation), ",", again)
    return rich_text("Not sent: ", which, *possessive(operation), ", went by before it could go out")


def _decider(came: Outcome) -> Span | str:
    return UserMention(came.decided_by) if came.decided_by else "Somebody"


_OUTCOMES: dict[OutcomeKind, Callable[[Operation, Outcome], RichText]] = {
    OutcomeKind.CONFIRMED: _confirmed,
    OutcomeKind.RECONCILED: _reconciled,
    OutcomeKind.DUPLICATE: _duplicate,
    OutcomeKind.REFUSED: _refused,
    OutcomeKind.CHANGED: _changed,
    OutcomeKind.NOT_AUTHORIZED: _not_authorized,
    OutcomeKind.NOT_FOUND: _not_found,
    OutcomeKind.CLOSED: _closed,
    OutcomeKind.REPORTED_ARRIVED: _reported_arrived,
    OutcomeKind.UNCLEAR: _unclear,
    OutcomeKind.OVERDUE: _overdue,
    OutcomeKind.WITHDRAWN: _withdrawn,
    OutcomeKind.EXPIRED: _expired,
    OutcomeKind.END_DATE_PASSED: _end_date_passed,
}


def advice(operation: Operation, command: str) -> RichText:
    """What to do after an outcome that is not what the person wanted; empty where there is nothing to do."""
    kind = operation.outcome.kind if operation.outcome else None
    if kind is OutcomeKind.CHANGED:
        return rich_text("Look at it as it is now, then ask again if that is still what you want.")
    if kind is OutcomeKind.NOT_FOUND:
        return rich_text("Check the id; if it is right, ask Noyo what became of it.")
    if kind is OutcomeKind.EXPIRED:
        return rich_text(f"If the group is still to be disconnected, ask again with {command} disconnect.")
    if kind is OutcomeKind.END_DATE_PASSED:
        return _after_end_date_passed(operation, command)
    if kind in (OutcomeKind.REFUSED, OutcomeKind.DUPLICATE):
        return _after_refusal(operation, command, duplicate=kind is OutcomeKind.DUPLICATE)
    return ()


def _after_end_date_passed(operation: Operation, command: str) -> RichText:
    if operation.kind is OperationKind.CREATE_DISCONNECTION:
        return rich_text(
            f"If the group is still to be disconnected, ask again with {command} disconnect: with another day, ",
            "or with this one, said to be meant.",
        )
    return rich_text(
        "Look at it as it is now; if it still waits and is right, approve it again with another day, ",
        "or with this one, said to be meant.",
    )


def _after_refusal(operation: Operation, command: str, *, duplicate: bool) -> RichText:
    if operation.kind is OperationKind.DECIDE_DISCONNECTION:
        return rich_text(
            "Look at it as it is now; if it still waits, decide again with what Noyo names corrected."
        )
    if operation.kind is OperationKind.RETRY_CONNECTION:
        return rich_text("Correct what Noyo names, then retry once more.")
    if operation.kind is OperationKind.CREATE_DISCONNECTION:
        return _after_refused_disconnection(operation, command, duplicate=duplicate)
    if duplicate:
        return rich_text("Use the connection that is there, or ask again with another carrier group id.")
    return rich_text(f"Correct what Noyo names, then ask again with {command} connect.")


FORBIDDEN = 403


def _after_refused_disconnection(operation: Operation, command: str, *, duplicate: bool) -> RichText:
    if duplicate:
        return rich_text(
            "Go on with the one that is there: decide on it if it waits for us, else Noyo is at work on it."
        )
    if operation.outcome is not None and operation.outcome.status == FORBIDDEN:
        return rich_text(
            "Noyo protects such groups. Ask Noyo whether it may be disconnected; it stays connected meanwhile."
        )
    return rich_text(
        f"Correct what Noyo names, such as the day or the reason, then ask again with {command} disconnect."
    )
