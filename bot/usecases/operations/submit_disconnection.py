"""Ask for a disconnection; it is held until a second approver confirms it, where the settings want that."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from zoneinfo import ZoneInfo

from bot.domain import entities
from bot.domain.confirmation_deadline import expires_at
from bot.domain.decisions import DisconnectionReason
from bot.domain.operations import DisconnectionRequest, OperationKind, OperationState, ReplyTo
from bot.domain.record_changes import ExpectedVersion
from bot.domain.record_states import RecordState
from bot.domain.records import Connection, ConnectionStatus
from bot.usecases.dependencies import Dependencies
from bot.usecases.operations.submit import RecordChanged, SubmitResult, new_operation, submit_operation


@dataclass(frozen=True, slots=True)
class DisconnectionInput:
    """What the person chose and typed."""

    effective_end_date: date
    reason: DisconnectionReason
    context: str | None = None


def request_disconnection(
    operation_id: str,
    actor: str,
    *,
    shown: RecordState,
    wish: DisconnectionInput,
    needs_second: bool,
    timezone: ZoneInfo,
    reply_to: ReplyTo,
    deps: Dependencies,
) -> SubmitResult:
    """On condition that the connection is still `shown`; one at a time for a group and carrier, whoever asks.

    Held, it is due when it expires: when its last managed day is over in `timezone`.
    """
    record = shown.record
    if not disconnectable(shown) or not isinstance(record, Connection) or record.group_id is None:
        return RecordChanged(deps.records.record_state(shown.entity))
    wanted = DisconnectionRequest(
        group_id=record.group_id,
        carrier_id=record.carrier_id,
        group_name=record.group_name or "",
        effective_end_date=wish.effective_end_date,
        reason=wish.reason,
        connection=record.entity,
        context=wish.context,
    )
    operation = new_operation(
        operation_id,
        entities.pending_disconnection_ref(record.group_id, record.carrier_id),
        OperationKind.CREATE_DISCONNECTION,
        wanted,
        actor,
        reply_to,
        deps,
    )
    operation = replace(operation, shown_version=record.version)
    if needs_second:
        until = expires_at(wish.effective_end_date, operation.submitted_at, timezone)
        operation = replace(operation, state=OperationState.AWAITING_CONFIRMATION, due=until)
    return submit_operation(operation, ExpectedVersion(record.entity, record.version), deps)


def disconnectable(record_state: RecordState) -> bool:
    """Whether a disconnection may be asked for: the group is connected, and Noyo has told which group it is."""
    record = record_state.record
    return is_connected(record_state) and isinstance(record, Connection) and record.group_id is not None


def is_connected(record_state: RecordState) -> bool:
    return record_state.status is ConnectionStatus.COMPLETED
