"""Store: an operation as an item; what was sealed leaves it once it is settled."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from bot.domain.decisions import Decision, DecisionReason
from bot.domain.operations import (
    AnswerTo,
    ConnectionRequest,
    DecisionRequest,
    LookRequest,
    Operation,
    OperationInput,
    OperationKind,
    OperationState,
    Outcome,
    OutcomeKind,
    RetryRequest,
)
from bot.domain.subjects import Subject
from bot.store import keys
from bot.store.items import (
    KEPT_SECONDS,
    item_at,
    mapping,
    maybe_mapping,
    maybe_number,
    maybe_text,
    number,
    text,
    without_none,
)
from bot.store.typed import Item

WAITING_FOR_PERSON = "needs_person"
"""Beside the records' kinds in the index of what is open, by when they were asked for."""


def operation_item(operation: Operation) -> Item:
    """Without an end before it is settled, however long that takes."""
    if operation.state.settled:
        operation = replace(operation, due=None, input=_unsealed(operation.input))
    waiting: Item = {"due_kind": keys.OPERATION, "due": operation.due} if operation.due is not None else {}
    if operation.state is OperationState.NEEDS_PERSON:
        waiting |= {"open_kind": WAITING_FOR_PERSON, "open_order": keys.in_order(operation.placed_at)}
    return item_at(
        keys.operation(operation.id),
        id=operation.id,
        subject=str(operation.subject),
        kind=operation.kind.value,
        input=_input_map(operation.input),
        state=operation.state.value,
        actor=operation.actor,
        placed_at=operation.placed_at,
        shown_version=operation.shown_version,
        answer_to=without_none(
            {"channel_id": operation.answer_to.channel_id, "view_id": operation.answer_to.view_id}
        ),
        attempts=operation.attempts,
        first_attempt_at=operation.first_attempt_at,
        sends=operation.sends,
        first_sent_at=operation.first_sent_at,
        checks=operation.checks,
        lease=operation.lease,
        lease_until=operation.lease_until,
        trouble=operation.trouble,
        outcome=_outcome_map(operation.outcome) if operation.outcome else None,
        settled_at=operation.settled_at,
        expires=_expires(operation),
        **waiting,
    )


def operation_from(item: Item) -> Operation:
    kind = OperationKind(text(item, "kind"))
    answer_to, outcome = mapping(item, "answer_to"), maybe_mapping(item, "outcome")
    return Operation(
        id=text(item, "id"),
        subject=Subject.parse(text(item, "subject")),
        kind=kind,
        input=_input(kind, mapping(item, "input")),
        state=OperationState(text(item, "state")),
        actor=maybe_text(item, "actor"),
        placed_at=number(item, "placed_at"),
        due=maybe_number(item, "due"),
        shown_version=maybe_text(item, "shown_version"),
        answer_to=AnswerTo(maybe_text(answer_to, "channel_id"), maybe_text(answer_to, "view_id")),
        attempts=number(item, "attempts"),
        first_attempt_at=maybe_number(item, "first_attempt_at"),
        sends=number(item, "sends"),
        first_sent_at=maybe_number(item, "first_sent_at"),
        checks=number(item, "checks"),
        lease=maybe_text(item, "lease"),
        lease_until=maybe_number(item, "lease_until"),
        trouble=maybe_text(item, "trouble"),
        outcome=_outcome(outcome) if outcome else None,
        settled_at=maybe_number(item, "settled_at"),
    )


def _expires(operation: Operation) -> int | None:
    return None if operation.settled_at is None else operation.settled_at + KEPT_SECONDS


def _unsealed(input_: OperationInput) -> OperationInput:
    return replace(input_, sealed=None) if isinstance(input_, ConnectionRequest | RetryRequest) else input_


def _input_map(input_: OperationInput) -> Item:
    if isinstance(input_, LookRequest):
        return {"because": input_.because}
    if isinstance(input_, DecisionRequest):
        return _decision_map(input_)
    if isinstance(input_, RetryRequest):
        return without_none({"carrier_group_id": input_.carrier_group_id, "sealed": input_.sealed})
    return without_none(
        {
            "carrier_id": input_.carrier_id,
            "carrier_group_id": input_.carrier_group_id,
            "group_name": input_.group_name,
            "sealed": input_.sealed,
        }
    )


def _input(kind: OperationKind, found: Item) -> OperationInput:
    if kind is OperationKind.LOOK:
        return LookRequest(text(found, "because"))
    if kind is OperationKind.RETRY_CONNECTION:
        return RetryRequest(maybe_text(found, "carrier_group_id"), maybe_text(found, "sealed"))
    if kind is OperationKind.DECIDE_DISCONNECTION:
        return _decision(found)
    return ConnectionRequest(
        carrier_id=text(found, "carrier_id"),
        carrier_group_id=text(found, "carrier_group_id"),
        group_name=text(found, "group_name"),
        sealed=maybe_text(found, "sealed"),
    )


def _decision_map(input_: DecisionRequest) -> Item:
    end = input_.effective_end_date
    return without_none(
        {
            "decision": input_.decision.value,
            "effective_end_date": end.isoformat() if end else None,
            "reason": input_.reason.value if input_.reason else None,
            "context": input_.context,
        }
    )


def _decision(found: Item) -> DecisionRequest:
    end, reason = maybe_text(found, "effective_end_date"), maybe_text(found, "reason")
    return DecisionRequest(
        decision=Decision(text(found, "decision")),
        effective_end_date=date.fromisoformat(end) if end else None,
        reason=DecisionReason(reason) if reason else None,
        context=maybe_text(found, "context"),
    )


def _outcome_map(outcome: Outcome) -> Item:
    return without_none(
        {
            "kind": outcome.kind.value,
            "words": outcome.words,
            "record": str(outcome.record) if outcome.record else None,
            "decided_by": outcome.decided_by,
        }
    )


def _outcome(found: Item) -> Outcome:
    record = maybe_text(found, "record")
    return Outcome(
        kind=OutcomeKind(text(found, "kind")),
        words=maybe_text(found, "words"),
        record=Subject.parse(record) if record else None,
        decided_by=maybe_text(found, "decided_by"),
    )
