"""Slack room: operations in words, who asked for what and what became of it."""

from __future__ import annotations

from collections.abc import Callable

from bot.domain.decisions import Decision, DecisionReason, DisconnectReason
from bot.domain.lateness import chosen_day
from bot.domain.operations import (
    ConnectionRequest,
    DecisionRequest,
    DisconnectRequest,
    Operation,
    OperationKind,
    OperationState,
    Outcome,
    OutcomeKind,
    RetryRequest,
)
from bot.domain.subjects import Kind
from bot.slack import pauses
from bot.slack.phrases import SAID, Foreign, Line, Moment, Person, Run, line, own_group_id
from bot.slack.statuses import named, status_name
from bot.slack.text import day

_NOUNS = {
    OperationKind.REQUEST_CONNECTION: "request",
    OperationKind.RETRY_CONNECTION: "retry",
    OperationKind.CREATE_DISCONNECTION: "request to disconnect",
    OperationKind.LOOK: "look",
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
    DisconnectReason.TERMINATED: "Its coverage with the carrier was terminated",
    DisconnectReason.PAYMENT_LAPSE: "Its payment lapsed",
    DisconnectReason.NO_LONGER_ELIGIBLE: "It is no longer eligible",
    DisconnectReason.BROKER_OF_RECORD: "Its broker of record changed",
    DisconnectReason.LOST_ACCESS: "The access to it was lost",
    DisconnectReason.NOT_USING_CONNECTION: "The connection is not used",
    DisconnectReason.PLATFORM_REQUESTED: "Our platform asked for it",
    DisconnectReason.OTHER: "Another reason",
}
UNVERSIONED = "Noyo was not told which version was shown, so it could not check that nothing had changed"


def who(operation: Operation) -> Run | str:
    return Person(operation.actor) if operation.actor else "Switchboard"


def noun(operation: Operation) -> str:
    wanted = operation.input
    if isinstance(wanted, DecisionRequest):
        return DECISION_NOUNS[wanted.decision]
    return _NOUNS[operation.kind]


def whose(operation: Operation) -> Line:
    """`@Ana's retry`."""
    return line(who(operation), f"'s {noun(operation)}")


def deed(operation: Operation) -> Line:
    """`@Ana asked to retry with carrier group id X`."""
    wanted = operation.input
    if isinstance(wanted, ConnectionRequest):
        return line(who(operation), " asked for this connection")
    if isinstance(wanted, RetryRequest):
        return line(who(operation), " asked to retry with ", *_corrections(wanted))
    if isinstance(wanted, DecisionRequest):
        return line(who(operation), f" {DECIDED[wanted.decision]}", *_particulars(wanted))
    if isinstance(wanted, DisconnectRequest):
        return line(
            *_asked_to_disconnect(operation, wanted), *_confirmed_by(operation, ", and ", " confirmed it")
        )
    return line(who(operation), " asked to look at it again at Noyo")


def _particulars(wanted: DecisionRequest) -> Line:
    """What was chosen with a decision; what was typed with it is for Noyo."""
    if wanted.effective_end_date is not None:
        return line(f" with {day(wanted.effective_end_date)} as the last managed day")
    if wanted.reason is not None:
        return line(f" ({REASONS[wanted.reason].lower()})")
    return ()


def _asked_to_disconnect(operation: Operation, wanted: DisconnectRequest) -> Line:
    after = f" asked to disconnect it after {day(wanted.effective_end_date)}"
    return line(who(operation), after, f" ({DISCONNECT_REASONS[wanted.reason].lower()})")


def _confirmed_by(operation: Operation, before: str, after: str = "") -> Line:
    return line(before, Person(operation.second.by), after) if operation.second else ()


def held(operation: Operation) -> Line:
    """How it began, whatever became of it since."""
    wanted = operation.input
    asked = (
        _asked_to_disconnect(operation, wanted) if isinstance(wanted, DisconnectRequest) else deed(operation)
    )
    return line(*asked, ": a second approver has to confirm it")


def seconded(operation: Operation) -> Line:
    """The second approver's word, which set it going."""
    second = operation.second
    by = Person(second.by) if second else "Somebody"
    return line(by, " confirmed ", *whose(operation), ", to be sent to Noyo")


def _corrections(wanted: RetryRequest) -> Line:
    """What was corrected; sensitive details are never named or shown."""
    details = " and corrected details that are not shown" if wanted.sealed else ""
    if wanted.carrier_group_id is None:
        return line("the same carrier group id", details)
    return line("carrier group id ", own_group_id(wanted.carrier_group_id), details)


def about(operation: Operation) -> str:
    """What it is sent for, in one word."""
    return "request" if operation.kind in _ABOUT_REQUESTS else "connection"


_ABOUT_REQUESTS = frozenset(
    {OperationKind.REQUEST_CONNECTION, OperationKind.DECIDE_DISCONNECTION, OperationKind.LOOK}
)


def own_id(operation: Operation) -> str | None:
    """The carrier group id that the operation is about; the one number that is never masked."""
    wanted = operation.input
    return wanted.carrier_group_id if isinstance(wanted, ConnectionRequest | RetryRequest) else None


def said(operation: Operation, words: str) -> Foreign:
    return Foreign(words, SAID, keep=own_id(operation))


# ---------------------------------------------------------------- while it is open


def under_way(operation: Operation) -> Line:
    """Where an open operation stands."""
    return line(*deed(operation), ": ", *standing(operation))


def standing(operation: Operation) -> Line:
    if operation.state is OperationState.HELD:
        until = (
            line(" If nobody does, it expires unsent ", Moment(operation.due), ".") if operation.due else ()
        )
        return line("held. A second approver has to confirm it.", *until)
    if operation.state is OperationState.CHECKING:
        return line("checking whether it arrived, since Noyo gave no answer.")
    if operation.state is OperationState.NEEDS_PERSON:
        return line("a person has to say whether it arrived.")
    if operation.kept is not None:
        return pauses.kept(operation.kept)
    if operation.state is OperationState.PENDING and operation.trouble:
        return _waiting(operation, operation.trouble)
    return line("sending.")


def _waiting(operation: Operation, trouble: str) -> Line:
    again = line("; trying again ", Moment(operation.due)) if operation.due is not None else ()
    return line("waiting. ", said(operation, trouble.rstrip(". ")), *again, ".")


# ---------------------------------------------------------------- once it is settled


def outcome(operation: Operation) -> Line:
    """What became of a settled operation, as a sentence without its full stop."""
    came = operation.outcome
    if came is None:
        return line(*whose(operation), f" is over ({operation.state.value})")
    return _OUTCOMES[came.kind](operation, came)


def _confirmed(operation: Operation, _: Outcome) -> Line:
    wanted = operation.input
    if isinstance(wanted, DisconnectRequest):  # Two people's: "confirmed" is what the second one did.
        return line("Noyo has taken ", *whose(operation), *_confirmed_by(operation, ", confirmed by "))
    chosen = _particulars(wanted) if isinstance(wanted, DecisionRequest) else ()
    return line("Noyo confirmed ", *whose(operation), *chosen, *_unversioned(operation))


def _unversioned(operation: Operation) -> Line:
    return line(f". {UNVERSIONED}") if operation.unversioned else ()


def _found(operation: Operation, _: Outcome) -> Line:
    if isinstance(operation.input, DecisionRequest):  # Somebody may have decided the same elsewhere.
        return line("Noyo's answer was lost, but ", *shows_it(operation.input), *_unversioned(operation))
    both = _confirmed_by(operation, ", confirmed by ", ",")
    return line("Noyo had not answered, but shows that ", *whose(operation), *both, " arrived")


def shows_it(wanted: DecisionRequest) -> Line:
    return line(f"Noyo shows it {DECIDED[wanted.decision]}")


def _duplicate(operation: Operation, _: Outcome) -> Line:
    if operation.kind is OperationKind.CREATE_DISCONNECTION:
        there = ": at Noyo a request to disconnect this group from this carrier is open already"
        return line("Nothing was sent for ", *whose(operation), there)
    return line(
        "Noyo did not take ", *whose(operation), ": another connection has this carrier and carrier group id"
    )


def _refused(operation: Operation, came: Outcome) -> Line:
    words: Line = line(": ", said(operation, came.words)) if came.words else ()
    return line("Noyo refused ", *whose(operation), *words)


def _changed(operation: Operation, came: Outcome) -> Line:
    if operation.kind is OperationKind.CREATE_DISCONNECTION and came.words:
        now = status_name(named(Kind.CONNECTION, came.words))
        return line(
            "Not sent: at Noyo the connection was no longer as ", *whose(operation), " meant it, but: ", now
        )
    if operation.sends > 1:
        # An earlier sending may have arrived, as far as anybody knew then; Noyo shows no effect of it.
        return line(f"The {about(operation)} changed at Noyo, and shows no effect of ", *whose(operation))
    return line(f"Not sent: the {about(operation)} changed at Noyo before ", *whose(operation), " went out")


def _no_rights(operation: Operation, came: Outcome) -> Line:
    person = Person(came.decided_by) if came.decided_by else who(operation)
    return line("Not sent: ", person, " may not do this, or not any more")


def _not_found(operation: Operation, _: Outcome) -> Line:
    return line("Noyo does not know what ", *whose(operation), " was about")


def _closed(operation: Operation, came: Outcome) -> Line:
    return line(
        _decider(came), " closed ", *whose(operation), " without anybody knowing whether it took effect"
    )


def _arrived(operation: Operation, came: Outcome) -> Line:
    return line(_decider(came), " says that ", *whose(operation), " arrived")


def _unclear(operation: Operation, _: Outcome) -> Line:
    return line("Nobody could tell whether ", *whose(operation), " arrived")


def _overdue(operation: Operation, _: Outcome) -> Line:
    """Only a look ends so: whatever might have changed something at Noyo waits for a person."""
    return line("Noyo could not be read for a day, so ", *whose(operation), " was given up")


def _withdrawn(operation: Operation, came: Outcome) -> Line:
    if came.decided_by == operation.actor:
        return line(_decider(came), f" withdrew the {noun(operation)}; nothing was sent")
    return line(_decider(came), " withdrew ", *whose(operation), "; nothing was sent")


def _expired(operation: Operation, _: Outcome) -> Line:
    return line("No second approver confirmed ", *whose(operation), " in time; it expired unsent")


def _too_late(operation: Operation, _: Outcome) -> Line:
    chosen = chosen_day(operation)
    which = f"{day(chosen)}, the last managed day in " if chosen else "the last managed day in "
    if operation.sends > 1:
        again = " went by, and Noyo shows no effect of what was sent before"
        return line("Not sent again: ", which, *whose(operation), ",", again)
    return line("Not sent: ", which, *whose(operation), ", went by before it could go out")


def _decider(came: Outcome) -> Run | str:
    return Person(came.decided_by) if came.decided_by else "Somebody"


_OUTCOMES: dict[OutcomeKind, Callable[[Operation, Outcome], Line]] = {
    OutcomeKind.CONFIRMED: _confirmed,
    OutcomeKind.FOUND: _found,
    OutcomeKind.DUPLICATE: _duplicate,
    OutcomeKind.REFUSED: _refused,
    OutcomeKind.CHANGED: _changed,
    OutcomeKind.NO_RIGHTS: _no_rights,
    OutcomeKind.NOT_FOUND: _not_found,
    OutcomeKind.CLOSED: _closed,
    OutcomeKind.ARRIVED: _arrived,
    OutcomeKind.UNCLEAR: _unclear,
    OutcomeKind.OVERDUE: _overdue,
    OutcomeKind.WITHDRAWN: _withdrawn,
    OutcomeKind.EXPIRED: _expired,
    OutcomeKind.TOO_LATE: _too_late,
}


def advice(operation: Operation, command: str) -> Line:
    """What to do after an outcome that is not what the person wanted; empty where there is nothing to do."""
    kind = operation.outcome.kind if operation.outcome else None
    if kind is OutcomeKind.CHANGED:
        return line("Look at it as it is now, then ask again if that is still what you want.")
    if kind is OutcomeKind.NOT_FOUND:
        return line("Check the id; if it is right, ask Noyo what became of it.")
    if kind is OutcomeKind.EXPIRED:
        return line(f"If the group is still to be disconnected, ask again with {command} disconnect.")
    if kind is OutcomeKind.TOO_LATE:
        return _after_its_day(operation, command)
    if kind in (OutcomeKind.REFUSED, OutcomeKind.DUPLICATE):
        return _after_refusal(operation, command, duplicate=kind is OutcomeKind.DUPLICATE)
    return ()


def _after_its_day(operation: Operation, command: str) -> Line:
    if operation.kind is OperationKind.CREATE_DISCONNECTION:
        return line(
            f"If the group is still to be disconnected, ask again with {command} disconnect: with another day, ",
            "or with this one, said to be meant.",
        )
    return line(
        "Look at it as it is now; if it still waits and is right, approve it again with another day, ",
        "or with this one, said to be meant.",
    )


def _after_refusal(operation: Operation, command: str, *, duplicate: bool) -> Line:
    if operation.kind is OperationKind.DECIDE_DISCONNECTION:
        return line(
            "Look at it as it is now; if it still waits, decide again with what Noyo names corrected."
        )
    if operation.kind is OperationKind.RETRY_CONNECTION:
        return line("Correct what Noyo names, then retry once more.")
    if operation.kind is OperationKind.CREATE_DISCONNECTION:
        return _after_no_disconnection(operation, command, duplicate=duplicate)
    if duplicate:
        return line("Use the connection that is there, or ask again with another carrier group id.")
    return line(f"Correct what Noyo names, then ask again with {command} connect.")


FORBIDDEN = 403


def _after_no_disconnection(operation: Operation, command: str, *, duplicate: bool) -> Line:
    if duplicate:
        return line(
            "Go on with the one that is there: decide on it if it waits for us, else Noyo is at work on it."
        )
    if operation.outcome is not None and operation.outcome.status == FORBIDDEN:
        return line(
            "Noyo protects such groups. Ask Noyo whether it may be disconnected; it stays connected meanwhile."
        )
    return line(
        f"Correct what Noyo names, such as the day or the reason, then ask again with {command} disconnect."
    )
