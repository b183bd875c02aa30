"""An operation as an item; what was sealed leaves it once it is settled."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from bot.domain.decisions import Decision, DecisionReason, DisconnectionReason
from bot.domain.entities import EntityRef
from bot.domain.operations import (
    ConnectionRequest,
    DecisionRequest,
    DisconnectionRequest,
    Operation,
    OperationInput,
    OperationKind,
    OperationState,
    Outcome,
    OutcomeKind,
    RefreshRequest,
    ReplyTo,
    RetryRequest,
    SecondApproval,
)
from bot.dynamodb import keys
from bot.dynamodb.attribute_values import Item
from bot.dynamodb.items import (
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
from bot.dynamodb.repositories.pauses import pause_from, pause_map

WAITING_FOR_PERSON = "needs_resolution"
"""Beside the records' kinds in the index of what is open, by when they were asked for."""


def operation_item(operation: Operation) -> Item:
    """Without an end before it is settled, however long that takes."""
    if operation.state.settled:
        operation = replace(operation, due=None, input=_unsealed(operation.input))
    waiting: Item = {"due_kind": _lane(operation), "due": operation.due} if operation.due is not None else {}
    return item_at(
        keys.operation(operation.id),
        id=operation.id,
        entity=str(operation.entity),
        kind=operation.kind.value,
        input=_input_map(operation.input),
        state=operation.state.value,
        actor=operation.actor,
        submitted_at=operation.submitted_at,
        shown_version=operation.shown_version,
        reply_to=_answer_to_map(operation.reply_to),
        attempts=operation.attempts,
        first_attempt_at=operation.first_attempt_at,
        sends=operation.sends,
        first_sent_at=operation.first_sent_at,
        checks=operation.reconciliations,
        lease=operation.lease,
        lease_until=operation.lease_until,
        trouble=operation.delay_reason,
        outcome=_outcome_map(operation.outcome) if operation.outcome else None,
        settled_at=operation.settled_at,
        second=_confirmation_map(operation.second_approval) if operation.second_approval else None,
        kept=pause_map(operation.deferred_by) if operation.deferred_by else None,
        expires=_expires(operation),
        **waiting,
        **_listed(operation),
    )


def operation_from(item: Item) -> Operation:
    kind = OperationKind(text(item, "kind"))
    outcome, second = maybe_mapping(item, "outcome"), maybe_mapping(item, "second")
    return Operation(
        id=text(item, "id"),
        entity=EntityRef.parse(text(item, "entity")),
        kind=kind,
        input=_input(kind, mapping(item, "input")),
        state=OperationState(text(item, "state")),
        actor=maybe_text(item, "actor"),
        submitted_at=number(item, "submitted_at"),
        due=maybe_number(item, "due"),
        shown_version=maybe_text(item, "shown_version"),
        reply_to=_answer_to(mapping(item, "reply_to")),
        attempts=number(item, "attempts"),
        first_attempt_at=maybe_number(item, "first_attempt_at"),
        sends=number(item, "sends"),
        first_sent_at=maybe_number(item, "first_sent_at"),
        reconciliations=number(item, "checks"),
        lease=maybe_text(item, "lease"),
        lease_until=maybe_number(item, "lease_until"),
        delay_reason=maybe_text(item, "trouble"),
        outcome=_outcome(outcome) if outcome else None,
        settled_at=maybe_number(item, "settled_at"),
        second_approval=_confirmation(second) if second else None,
        deferred_by=pause_from(item["kept"]) if item.get("kept") is not None else None,
    )


def _lane(operation: Operation) -> str:
    """What is put aside, and what no person waits for, is in the way of nobody's operation."""
    if operation.is_automatic:
        return keys.REFRESH
    return keys.DEFERRED if operation.deferred_by else keys.OPERATION


def _listed(operation: Operation) -> Item:
    """What waits for people is in the index of what is open; what is held with the soonest end date first."""
    wanted = operation.input
    if operation.state is OperationState.NEEDS_RESOLUTION:
        return {"open_kind": WAITING_FOR_PERSON, "open_order": keys.in_order(operation.submitted_at)}
    if operation.state is not OperationState.AWAITING_CONFIRMATION or not isinstance(
        wanted, DisconnectionRequest
    ):
        return {}
    return {
        "open_kind": keys.AWAITING_CONFIRMATION,
        "open_order": f"{wanted.effective_end_date.isoformat()}#{operation.id}",
    }


def _answer_to_map(reply_to: ReplyTo) -> Item:
    return without_none({"channel_id": reply_to.channel_id, "view_id": reply_to.view_id})


def _answer_to(found: Item) -> ReplyTo:
    return ReplyTo(maybe_text(found, "channel_id"), maybe_text(found, "view_id"))


def _confirmation_map(second: SecondApproval) -> Item:
    return {"by": second.by, "at": second.at, "reply_to": _answer_to_map(second.reply_to)}


def _confirmation(found: Item) -> SecondApproval:
    return SecondApproval(text(found, "by"), number(found, "at"), _answer_to(mapping(found, "reply_to")))


def _expires(operation: Operation) -> int | None:
    return None if operation.settled_at is None else operation.settled_at + KEPT_SECONDS


def _unsealed(input_: OperationInput) -> OperationInput:
    return replace(input_, encrypted=None) if isinstance(input_, ConnectionRequest | RetryRequest) else input_


def _input_map(input_: OperationInput) -> Item:
    if isinstance(input_, RefreshRequest):
        return {"because": input_.because}
    if isinstance(input_, DecisionRequest):
        return _decision_map(input_)
    if isinstance(input_, DisconnectionRequest):
        return _disconnect_map(input_)
    if isinstance(input_, RetryRequest):
        return without_none({"carrier_group_id": input_.carrier_group_id, "encrypted": input_.encrypted})
    return without_none(
        {
            "carrier_id": input_.carrier_id,
            "carrier_group_id": input_.carrier_group_id,
            "group_name": input_.group_name,
            "encrypted": input_.encrypted,
        }
    )


def _input(kind: OperationKind, found: Item) -> OperationInput:
    if kind is OperationKind.REFRESH_RECORD:
        return RefreshRequest(text(found, "because"))
    if kind is OperationKind.RETRY_CONNECTION:
        return RetryRequest(maybe_text(found, "carrier_group_id"), maybe_text(found, "encrypted"))
    if kind is OperationKind.DECIDE_DISCONNECTION:
        return _decision(found)
    if kind is OperationKind.CREATE_DISCONNECTION:
        return _disconnect(found)
    return ConnectionRequest(
        carrier_id=text(found, "carrier_id"),
        carrier_group_id=text(found, "carrier_group_id"),
        group_name=text(found, "group_name"),
        encrypted=maybe_text(found, "encrypted"),
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


def _disconnect_map(input_: DisconnectionRequest) -> Item:
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


def _disconnect(found: Item) -> DisconnectionRequest:
    return DisconnectionRequest(
        group_id=text(found, "group_id"),
        carrier_id=text(found, "carrier_id"),
        group_name=text(found, "group_name"),
        effective_end_date=date.fromisoformat(text(found, "effective_end_date")),
        reason=DisconnectionReason(text(found, "reason")),
        connection=EntityRef.parse(text(found, "connection")),
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
            "words": outcome.message,
            "record": str(outcome.record) if outcome.record else None,
            "decided_by": outcome.decided_by,
            "status": outcome.status,
        }
    )


def _outcome(found: Item) -> Outcome:
    record = maybe_text(found, "record")
    return Outcome(
        kind=OutcomeKind(text(found, "kind")),
        message=maybe_text(found, "words"),
        record=EntityRef.parse(record) if record else None,
        decided_by=maybe_text(found, "decided_by"),
        status=maybe_number(found, "status"),
    )
