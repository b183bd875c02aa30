"""What Noyo answered to an operation, in words, if the answer did not confirm what was asked for."""

from __future__ import annotations

from datetime import date

from bot.domain.answers import AnswerProblem, UnconfirmedAnswer
from bot.domain.operations import Operation, OperationKind
from bot.domain.reconciliation import sent_before
from bot.domain.records import EntityKind
from bot.domain.requests import Decision, DecisionRequest
from bot.slack.views.record_facts import parse_status, status_name
from bot.slack.views.rich_text import RichText, UntrustedText, date_text, rich_text

DECIDED = {Decision.APPROVE: "approved", Decision.REJECT: "rejected"}
READ_REFUSED = "Noyo refused to show its records"
NOT_PROCESSED = "it was tried for a day, and Noyo processed no attempt"


def not_sent(operation: Operation) -> str:
    """Follows a name of the operation, for an attempt that was not sent; an earlier one may have been."""
    return "will not be sent again" if sent_before(operation) else "was not sent"


def answered(operation: Operation) -> RichText:
    """What Noyo answered to an operation whose effect its answer did not confirm."""
    answer = operation.unconfirmed_answer
    if answer is None:
        return rich_text("Noyo did not answer")
    if answer.problem is AnswerProblem.REFUSED:
        return rich_text("Noyo refused it")
    if answer.problem is AnswerProblem.UNREADABLE:
        return rich_text("Noyo's answer could not be read")
    return rich_text("Noyo answered with success and a record that ", *_contradiction(operation, answer))


def decided_at_noyo(operation: Operation, request: DecisionRequest) -> RichText:
    """Someone may have made the same decision elsewhere, and Noyo may have asked for another one since."""
    answer, day = operation.unconfirmed_answer, operation.outcome.message if operation.outcome else None
    with_day = f" with {date_text(date.fromisoformat(day))} as the last managed day" if day else ""
    decided = f"was {DECIDED[request.decision]} at Noyo{with_day}"
    if answer is not None and answer.problem is AnswerProblem.END_DATE:
        return rich_text(f"It {decided}")
    return rich_text(*answered(operation), f", but it {decided}")


def _contradiction(operation: Operation, answer: UnconfirmedAnswer) -> RichText:
    shown = answer.shown or ""
    match answer.problem:
        case AnswerProblem.STATUS:
            return rich_text("has the status ", status_name(parse_status(_record_kind(operation), shown)))
        case AnswerProblem.CARRIER_GROUP_ID:
            return rich_text("has the carrier group id ", UntrustedText(shown, 60))
        case AnswerProblem.END_DATE:
            return rich_text(f"has {date_text(date.fromisoformat(shown))} as the last managed day")
    return rich_text(_CONTRADICTIONS[answer.problem])


_CONTRADICTIONS = {
    AnswerProblem.RECORD: "is not the requested one",
    AnswerProblem.VERSION: "has not changed",
    AnswerProblem.CARRIER: "is for another carrier",
    AnswerProblem.GROUP: "is for another group",
}


def _record_kind(operation: Operation) -> EntityKind:
    decides = operation.kind in (OperationKind.DECIDE_DISCONNECTION, OperationKind.CREATE_DISCONNECTION)
    return EntityKind.DISCONNECTION if decides else EntityKind.CONNECTION
