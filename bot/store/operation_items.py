"""Store: an operation as an item; what was sealed leaves it once it is settled."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from bot.domain.decisions import Decision, DecisionReason, DisconnectReason
from bot.domain.operations import (
    AnswerTo,
    Confirmation,
    ConnectionRequest,
    DecisionRequest,
    DisconnectRequest,
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
from bot.store.switches import pause_from, pause_map
from bot.store.typed import Item

WAITING_FOR_PERSON = "needs_person"
"""Beside the records' kinds in the index of what is open, by when they were asked for."""


def operation_item(operation: Operation) -> Item:
    """Without an end before it is settled, however long that takes."""
    if operation.state.settled:
        operation = replace(operation, due=None, input=_unsealed(operation.input))
    waiting: Item = {"due_kind": _lane(operation), "due": operation.due} if operation.due is not None else {}
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
        answer_to=_answer_to_map(operation.answer_to),
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
        second=_confirmation_map(operation.second) if operation.second else None,
        kept=pause_map(operation.kept) if operation.kept else None,
        expires=_expires(operation),
        **waiting,
        **_listed(operation),
    )


def operation_from(item: Item) -> Operation:
    kind = OperationKind(text(item, "kind"))
    outcome, second = maybe_mapping(item, "outcome"), maybe_mapping(item, "second")
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
        answer_to=_answer_to(mapping(item, "answer_to")),
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
        second=_confirmation(second) if second else None,
        kept=pause_from(item["kept"]) if item.get("kept") is not None else None,
    )


def _lane(operation: Operation) -> str:
    """What is put aside, and what no person waits for, is in the way of nobody's operation."""
    if operation.unasked:
        return keys.LOOK
    return keys.KEPT if operation.kept else keys.OPERATION


def _listed(operation: Operation) -> Item:
    """What waits for people is in the index of what is open; what is held with the soonest end date first."""
    wanted = operation.input
    if operation.state is OperationState.NEEDS_PERSON:
        return {"open_kind": WAITING_FOR_PERSON, "open_order": keys.in_order(operation.placed_at)}
    if operation.state is not OperationState.HELD or not isinstance(wanted, DisconnectRequest):
        return {}
    return {"open_kind": keys.HELD, "open_order": f"{wanted.effective_end_date.isoformat()}#{operation.id}"}


def _answer_to_map(answer_to: AnswerTo) -> Item:
    return without_none({"channel_id": answer_to.channel_id, "view_id": answer_to.view_id})


def _answer_to(found: Item) -> AnswerTo:
    return AnswerTo(maybe_text(found, "channel_id"), maybe_text(found, "view_id"))


def _confirmation_map(second: Confirmation) -> Item:
    return {"by": second.by, "at": second.at, "answer_to": _answer_to_map(second.answer_to)}


def _confirmation(found: Item) -> Confirmation:
    return Confirmation(text(found, "by"), number(found, "at"), _answer_to(mapping(found, "answer_to")))


def _expires(operation: Operation) -> int | None:
    return None if operation.settled_at is None else operation.settled_at + KEPT_SECONDS


def _unsealed(input_: OperationInput) -> OperationInput:
    return replace(input_, sealed=None) if isinstance(input_, ConnectionRequest | RetryRequest) else input_


def _input_map(input_: OperationInput) -> Item:
    if isinstance(input_, LookRequest):
        return {"because": input_.because}
    if isinstance(input_, DecisionRequest):
        return _decision_map(input_)
    if isinstance(input_, DisconnectRequest):
        return _disconnect_map(input_)
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
    if kind is OperationKind.CREATE_DISCONNECTION:
        return _disconnect(found)
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
            "unversioned": True if input_.unversioned else None,
        }
    )


def _disconnect_map(input_: DisconnectRequest) -> Item:
    return without_none(
        {
            "group_id": input_.group_id,
            "carrier_id": input_.carrier_id,
            "group_name": input_.group_name,
            "effective_end_date": input_.effective_end_date.isoformat(),
            "reason": input_.reason.value,
            "connection": str(input_.connection),
            "context": input_.context,
        }
    )


def _disconnect(found: Item) -> DisconnectRequest:
    return DisconnectRequest(
        group_id=text(found, "group_id"),
        carrier_id=text(found, "carrier_id"),
        group_name=text(found, "group_name"),
        effective_end_date=date.fromisoformat(text(found, "effective_end_date")),
        reason=DisconnectReason(text(found, "reason")),
        connection=Subject.parse(text(found, "connection")),
        context=maybe_text(found, "context"),
    )


def _decision(found: Item) -> DecisionRequest:
    end, reason = maybe_text(found, "effective_end_date"), maybe_text(found, "reason")
    return DecisionRequest(
        decision=Decision(text(found, "decision")),
        effective_end_date=date.fromisoformat(end) if end else None,
        reason=DecisionReason(reason) if reason else None,
        context=maybe_text(found, "context"),
        unversioned=found.get("unversioned") is True,
    )


def _outcome_map(outcome: Outcome) -> Item:
    return without_none(
        {
            "kind": outcome.kind.value,
            "words": outcome.words,
            "record": str(outcome.record) if outcome.record else None,
            "decided_by": outcome.decided_by,
            "status": outcome.status,
        }
    )


def _outcome(found: Item) -> Outcome:
    record = maybe_text(found, "record")
    return Outcome(
        kind=OutcomeKind(text(found, "kind")),
        words=maybe_text(found, "words"),
        record=Subject.parse(record) if record else None,
        decided_by=maybe_text(found, "decided_by"),
        status=maybe_number(found, "status"),
    )
