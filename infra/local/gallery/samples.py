"""Sample records, operations and display settings, for the gallery and for the tests of the views."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from bot.domain.carriers import Carriers
from bot.domain.content import MessageLink
from bot.domain.operations import Operation, OperationKind, OperationState, Outcome, OutcomeKind
from bot.domain.record_states import RecordState
from bot.domain.records import (
    Connection,
    ConnectionStatus,
    Disconnection,
    DisconnectionSource,
    DisconnectionStatus,
    EntityRef,
    Record,
    connection_ref,
    pending_connection_ref,
    pending_disconnection_ref,
)
from bot.domain.requests import (
    ConnectionRequest,
    Decision,
    DecisionRequest,
    DisconnectionReason,
    DisconnectionRequest,
    OperationInput,
    RetryRequest,
)
from bot.slack.views.message import DisplaySettings

GUARDIAN = "c699414d-fd1c-4de4-86f0-66dfff2276c4"
ID = "2b1c7c5e-0000-4000-8000-000000000001"
GROUP_ID = "5b1c7c5e-0000-4000-8000-000000000005"
VERSION = "7fe0a1b2-0000-4000-8000-000000000009"
CREATED = 1_767_000_000
CHANGED = CREATED + 7500
CARD = MessageLink("CCONNECT", "1767000000.000100")

DISPLAY = DisplaySettings(
    carriers=Carriers({GUARDIAN: "Guardian"}),
    environment="production",
    in_production=True,
    observes_only=False,
    timezone=ZoneInfo("America/New_York"),
    retry_at_action_required=False,
    command="/noyo",
    connections_channel="CCONNECT",
    alerts_channel="CALERTS",
    decisions_channel="CDECIDE",
)


def a_connection(**changes: Any) -> Connection:
    connection = Connection(
        id=ID,
        version=VERSION,
        created=CREATED,
        modified=CHANGED,
        carrier_id=GUARDIAN,
        status=ConnectionStatus.UNABLE_TO_CONNECT,
        carrier_group_id="00110011",
        group_name="Test Company",
        error="Group not found",
    )
    return replace(connection, **changes)


def a_disconnection(**changes: Any) -> Disconnection:
    disconnection = Disconnection(
        id="3b1c7c5e-0000-4000-8000-000000000001",
        version=VERSION,
        created=CREATED,
        modified=CHANGED,
        carrier_id=GUARDIAN,
        status=DisconnectionStatus.NEEDS_REVIEW,
        source_type=DisconnectionSource.CARRIER,
        group_name="Test Company",
        effective_end_date=date(2026, 12, 31),
    )
    return replace(disconnection, **changes)


def a_record_state(record: Record | None = None, **changes: Any) -> RecordState:
    record = record or a_connection()
    record_state = RecordState(record, str(record.entity), 2, CREATED, CHANGED, requester="UANA")
    return replace(record_state, **changes)


def a_retry(**changes: Any) -> Operation:
    operation = _pending("V0RETRY", OperationKind.RETRY_CONNECTION, connection_ref(ID), RetryRequest("00110022"))
    return replace(operation, **{"shown_version": VERSION, **changes})


def a_request(**changes: Any) -> Operation:
    wanted = ConnectionRequest(GUARDIAN, "00110011", "Test Company")
    entity = pending_connection_ref(GUARDIAN, "00110011")
    return replace(_pending("V0REQUEST", OperationKind.REQUEST_CONNECTION, entity, wanted), **changes)


def a_decision(decision: Decision = Decision.APPROVE, fields: Any = None, **changes: Any) -> Operation:
    """`fields` has further fields of the decision."""
    wanted = DecisionRequest(decision, **(fields or {}))
    operation = _pending("V0DECIDE", OperationKind.DECIDE_DISCONNECTION, a_disconnection().entity, wanted)
    return replace(operation, **{"shown_version": VERSION, **changes})


def _pending(operation_id: str, kind: OperationKind, entity: EntityRef, wanted: OperationInput) -> Operation:
    """An operation that Ana has just submitted."""
    submitted_at, due = CHANGED + 500, CHANGED + 600
    return Operation(operation_id, entity, kind, wanted, OperationState.PENDING, "UANA", submitted_at, due)


def settled(operation: Operation, kind: OutcomeKind, message: str | None = None, **outcome: Any) -> Operation:
    states = {
        OutcomeKind.CONFIRMED: OperationState.SUCCEEDED,
        OutcomeKind.RECONCILED: OperationState.SUCCEEDED,
        OutcomeKind.REPORTED_ARRIVED: OperationState.SUCCEEDED,
        OutcomeKind.REFUSED: OperationState.REFUSED,
        OutcomeKind.DUPLICATE: OperationState.REFUSED,
        OutcomeKind.EXPIRED: OperationState.EXPIRED,
    }
    return replace(
        operation,
        state=states.get(kind, OperationState.CANCELLED),
        outcome=Outcome(kind, message, **outcome),
        settled_at=CHANGED + 700,
        due=None,
    )


def a_pending_disconnection(fields: Any = None, **changes: Any) -> Operation:
    """A disconnection that Ana requested and that expires after two days; `fields` overrides those of her request."""
    request = DisconnectionRequest(
        GROUP_ID, GUARDIAN, "Test Company", date(2026, 12, 31), DisconnectionReason.TERMINATED, connection_ref(ID)
    )
    operation = Operation(
        id="V0PART",
        entity=pending_disconnection_ref(GROUP_ID, GUARDIAN),
        kind=OperationKind.CREATE_DISCONNECTION,
        input=replace(request, **(fields or {})),
        state=OperationState.AWAITING_CONFIRMATION,
        actor="UANA",
        submitted_at=CHANGED + 500,
        due=CHANGED + 2 * 86400,
        shown_version=VERSION,
    )
    return replace(operation, **changes)
