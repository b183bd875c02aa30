"""Operations in every state and with every outcome, each with a short title."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

from bot.domain.answers import AnswerProblem, UnconfirmedAnswer
from bot.domain.operations import Operation, OperationKind, OperationState, Outcome, OutcomeKind, SecondApproval
from bot.domain.pauses import Pause
from bot.domain.records import DataExchange, connection_ref, group_ref
from bot.domain.requests import (
    ConnectionOptions,
    ConnectionRequest,
    Decision,
    DecisionReason,
    RefreshRequest,
    confirmation_deadline,
)
from infra.local.gallery.samples import (
    CHANGED,
    DISPLAY,
    GROUP_ID,
    GUARDIAN,
    ID,
    a_connection,
    a_decision,
    a_disconnection,
    a_pending_disconnection,
    a_request,
    a_retry,
    settled,
)

GROUP = "Maple Bakery Inc"
LAST_DAY = date(2026, 1, 9)
EXPIRES = confirmation_deadline(LAST_DAY, CHANGED, DISPLAY.timezone)
PAUSE = Pause(CHANGED + 300, "UDAN", "Noyo shows wrong statuses")
OBSERVE_PAUSE = Pause(CHANGED + 200)
OPTIONS = ConnectionOptions(ignore_eligibility=True, data_exchange=DataExchange.EDI)
REFUSAL = "The carrier group id must have eight digits."
DUPLICATE_OF = connection_ref("2b1c7c5e-0000-4000-8000-000000000009")
_SENT_AT = CHANGED + 520
_SHOWN = {
    AnswerProblem.STATUS: "processing",
    AnswerProblem.CARRIER_GROUP_ID: "00990099",
    AnswerProblem.END_DATE: "2026-02-28",
}
_DECISIONS = frozenset({OperationKind.DECIDE_DISCONNECTION})
_DISCONNECTIONS = frozenset({OperationKind.CREATE_DISCONNECTION})
_REFRESHES = frozenset({OperationKind.REFRESH_RECORD})
_SENDING = frozenset(OperationKind) - _REFRESHES
_OUTCOMES_OF = {
    OutcomeKind.RECONCILED: _SENDING,
    OutcomeKind.DUPLICATE: _SENDING - _DECISIONS,
    OutcomeKind.CHANGED: _SENDING - {OperationKind.REQUEST_CONNECTION},
    OutcomeKind.READ_REFUSED: _DECISIONS | _DISCONNECTIONS | {OperationKind.RETRY_CONNECTION},
    OutcomeKind.NOT_AUTHORIZED: _SENDING,
    OutcomeKind.NOT_FOUND: frozenset(OperationKind) - _DISCONNECTIONS - {OperationKind.REQUEST_CONNECTION},
    OutcomeKind.DELETED: _DECISIONS | _REFRESHES | {OperationKind.RETRY_CONNECTION},
    OutcomeKind.CLOSED: _SENDING,
    OutcomeKind.REPORTED_ARRIVED: _SENDING,
    OutcomeKind.UNCLEAR: frozenset[OperationKind](),
    OutcomeKind.OVERDUE: _REFRESHES,
    OutcomeKind.WITHDRAWN: _DISCONNECTIONS,
    OutcomeKind.EXPIRED: _DISCONNECTIONS,
    OutcomeKind.END_DATE_PASSED: _DECISIONS | _DISCONNECTIONS,
}
"""The kinds of operation that may end like this; an outcome that is not named may end any. An unclear one ends none."""
_AGAIN = (
    OutcomeKind.CHANGED,
    OutcomeKind.DELETED,
    OutcomeKind.DUPLICATE,
    OutcomeKind.END_DATE_PASSED,
    OutcomeKind.NOT_AUTHORIZED,
    OutcomeKind.READ_REFUSED,
    OutcomeKind.REFUSED,
)
"""Outcomes whose text differs if an earlier attempt may have been sent."""


def a_group_connection(**changes: Any) -> Any:
    return a_connection(**{"group_name": GROUP, "error": "The carrier does not know this group id.", **changes})


def a_group_disconnection(**changes: Any) -> Any:
    return a_disconnection(**{"group_name": GROUP, "effective_end_date": LAST_DAY, **changes})


def connection_request(**changes: Any) -> Operation:
    return a_request(**{"input": ConnectionRequest(GUARDIAN, "00110011", GROUP), **changes})


def existing_group_request() -> Operation:
    """A request for a group that Noyo knows."""
    return connection_request(input=ConnectionRequest(GUARDIAN, "00110011", GROUP, group_id=GROUP_ID))


def advanced_request() -> Operation:
    """A request with everything that the advanced fields can hold."""
    return connection_request(input=ConnectionRequest(GUARDIAN, "00110011", GROUP, options=OPTIONS))


def approval(**changes: Any) -> Operation:
    return a_decision(Decision.APPROVE, {"effective_end_date": date(2026, 1, 31)}, **{"actor": "UBEN", **changes})


def rejection(**changes: Any) -> Operation:
    fields = {"reason": DecisionReason.PAYMENT_REINSTATED, "context": "The group has paid.", "unversioned": True}
    return a_decision(Decision.REJECT, fields, **{"actor": "UBEN", **changes})


def disconnection(*, confirmed: bool = True, **changes: Any) -> Operation:
    """A disconnection that Ben requested; Cara has confirmed it unless it is not `confirmed`."""
    second = SecondApproval("UCARA", CHANGED + 510) if confirmed else None
    state = OperationState.PENDING if confirmed else OperationState.AWAITING_CONFIRMATION
    given = {"actor": "UBEN", "state": state, "second_approval": second, **changes}
    fields = {"group_name": GROUP, "effective_end_date": LAST_DAY, "context": "The broker confirmed it by phone."}
    return a_pending_disconnection(fields, **given)


def refresh(**changes: Any) -> Operation:
    operation = Operation(
        "V0REFRESH",
        connection_ref(ID),
        OperationKind.REFRESH_RECORD,
        RefreshRequest("person"),
        OperationState.PENDING,
        "UANA",
        CHANGED + 500,
        CHANGED + 600,
    )
    return replace(operation, **changes)


def refreshed_group(**changes: Any) -> Operation:
    """Somebody asked for all connections of a group."""
    found = "12 connections, 3 of them new or changed; 1 could not be read"
    asked = refresh(id="V0GROUP", entity=group_ref(GROUP_ID), input=RefreshRequest("person", GROUP))
    return replace(settled(asked, OutcomeKind.CONFIRMED, found), **changes)


OPERATIONS = {
    "Connection request": connection_request(),
    "Retry": a_retry(),
    "Approval": approval(),
    "Rejection": rejection(),
    "Disconnection request": disconnection(),
    "Refresh": refresh(),
}


def open_states(operation: Operation) -> Iterator[tuple[str, Operation]]:
    """Every state of an open operation, as people may see it."""
    sent = replace(operation, sends=1, attempts=1, first_sent_at=_SENT_AT)
    if operation.kind is OperationKind.CREATE_DISCONNECTION:
        waiting = OperationState.AWAITING_CONFIRMATION
        yield ("waiting for a second approver", replace(operation, state=waiting, second_approval=None, due=EXPIRES))
    yield "submitted", operation
    yield "delayed", replace(operation, attempts=1, delay_reason="Noyo asked us to slow down.")
    if operation.changes_noyo:
        yield "deferred by a pause", replace(operation, deferred_by=PAUSE)
        yield "deferred in observe-only mode", replace(operation, deferred_by=OBSERVE_PAUSE)
        yield "deferred after an attempt", replace(sent, deferred_by=PAUSE)
    yield "sending", replace(sent, state=OperationState.SENDING)
    if not operation.changes_noyo:
        return
    checking = replace(sent, state=OperationState.RECONCILING)
    yield "checking: no answer", checking
    for problem in AnswerProblem:
        answer = UnconfirmedAnswer(problem, _SHOWN.get(problem))
        yield f"checking: {problem.value.replace('_', ' ')}", replace(checking, unconfirmed_answer=answer)
    review = replace(sent, state=OperationState.NEEDS_RESOLUTION, due=None, outcome=Outcome(OutcomeKind.UNCLEAR))
    yield "needs review", review
    overdue = Outcome(OutcomeKind.OVERDUE, "Noyo could not be reached.")
    yield "needs review after a day", replace(review, outcome=overdue)
    yield "needs review, never processed", replace(review, outcome=overdue, sends=0, first_sent_at=None)


def outcomes(operation: Operation) -> Iterator[tuple[str, Operation]]:
    """Every outcome that the operation may have, also after an earlier attempt where that changes the text."""
    earlier = UnconfirmedAnswer(AnswerProblem.REFUSED)
    for kind in OutcomeKind:
        if operation.kind not in _OUTCOMES_OF.get(kind, frozenset(OperationKind)):
            continue
        yield kind.value.replace("_", " "), with_outcome(operation, kind)
        if kind in _AGAIN and operation.changes_noyo:
            again = replace(operation, unconfirmed_answer=earlier, sends=2, first_sent_at=_SENT_AT)
            yield f"{kind.value.replace('_', ' ')} after an attempt", with_outcome(again, kind)


def with_outcome(operation: Operation, kind: OutcomeKind) -> Operation:
    message = {
        OutcomeKind.REFUSED: REFUSAL,
        OutcomeKind.READ_REFUSED: "The API client may not read this group.",
        OutcomeKind.NOT_AUTHORIZED: "You may not request or retry connections. These may: <@UBEN>, <@UCARA>.",
        OutcomeKind.CHANGED: "processing" if operation.kind is OperationKind.RETRY_CONNECTION else None,
    }.get(kind)
    people = (OutcomeKind.CLOSED, OutcomeKind.REPORTED_ARRIVED, OutcomeKind.WITHDRAWN)
    return settled(
        operation,
        kind,
        message,
        record=DUPLICATE_OF if kind is OutcomeKind.DUPLICATE else None,
        decided_by="UCARA" if kind in people else None,
        status=409 if kind is OutcomeKind.REFUSED else None,
    )
