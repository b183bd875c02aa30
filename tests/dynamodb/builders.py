"""Builders for records, operations, outbox events and other values that tests store."""

from datetime import date
from typing import Any

from bot.domain.operations import Operation, OperationKind, OperationState, ReplyTo
from bot.domain.outbox import EventKind, OutboxEvent, RecordChange
from bot.domain.people import AuditEntry
from bot.domain.record_states import RecordState, new_record_state
from bot.domain.records import (
    Connection,
    ConnectionStatus,
    Disconnection,
    DisconnectionSource,
    DisconnectionStatus,
    EntityRef,
    Record,
    connection_ref,
    disconnection_ref,
    pending_connection_ref,
    pending_disconnection_ref,
)
from bot.domain.requests import (
    ConnectionRequest,
    Decision,
    DecisionReason,
    DecisionRequest,
    DisconnectionReason,
    DisconnectionRequest,
    RefreshRequest,
    RetryRequest,
)

NOW = 1_800_000_000
CARRIER = "c699414d-fd1c-4de4-86f0-66dfff2276c4"
AWKWARD = ["", "x" * 5_000, "Zoë & Søn 🏥👩‍👩‍👧", "nul\0nul", "<!channel> *b*", " ", "#", "%", "\u202eright"]


def uuid(number: int) -> str:
    return f"{number:08x}-0000-4000-8000-{number:012x}"


def a_connection(number: int = 1, **changes: Any) -> Connection:
    values: dict[str, Any] = {
        "id": uuid(number),
        "version": uuid(number + 0x1000),
        "created": NOW - 100,
        "modified": NOW,
        "carrier_id": CARRIER,
        "status": ConnectionStatus.PROCESSING,
        "carrier_group_id": f"G-{number:05d}",
        "group_name": "Test Company",
    }
    return Connection(**values | changes)


def a_disconnection(number: int = 1, **changes: Any) -> Disconnection:
    values: dict[str, Any] = {
        "id": uuid(number),
        "version": uuid(number + 0x1000),
        "created": NOW - 100,
        "modified": NOW,
        "carrier_id": CARRIER,
        "status": DisconnectionStatus.NEEDS_REVIEW,
        "source_type": DisconnectionSource.CARRIER,
        "group_name": "Test Company",
    }
    return Disconnection(**values | changes)


def first(record: Record, *event: OutboxEvent) -> RecordChange:
    """The change that stores a new record."""
    return RecordChange(record.entity, None, new_record_state(record, NOW), record, event)


def moved(before: RecordState, after: RecordState, *event: OutboxEvent) -> RecordChange:
    return RecordChange(before.entity, before, after, after.record, event)


def an_event(event_id: str = "n1", **changes: Any) -> OutboxEvent:
    values: dict[str, Any] = {
        "id": event_id,
        "kind": EventKind.RECORD_CHANGED,
        "entity": connection_ref(uuid(1)),
        "at": NOW,
        "due": NOW,
        "version": uuid(0x1001),
        "after": "processing",
    }
    return OutboxEvent(**values | changes)


def a_request(operation_id: str = "V1", **changes: Any) -> Operation:
    values: dict[str, Any] = {
        "id": operation_id,
        "entity": pending_connection_ref(CARRIER, "00110011"),
        "kind": OperationKind.REQUEST_CONNECTION,
        "input": ConnectionRequest(CARRIER, "00110011", "Test Company", encrypted="c2VhbGVk"),
        "state": OperationState.PENDING,
        "actor": "U1",
        "submitted_at": NOW,
        "due": NOW,
        "reply_to": ReplyTo("C1", "V1"),
    }
    return Operation(**values | changes)


def a_retry(operation_id: str = "V2", record_id: str = uuid(1), **changes: Any) -> Operation:
    return a_request(
        operation_id,
        **{
            "entity": connection_ref(record_id),
            "kind": OperationKind.RETRY_CONNECTION,
            "input": RetryRequest("00110012", encrypted="c2VhbGVk"),
            "shown_version": uuid(0x1001),
        }
        | changes,
    )


def a_decision(operation_id: str = "V3", record_id: str = uuid(1), **changes: Any) -> Operation:
    return a_request(
        operation_id,
        **{
            "entity": disconnection_ref(record_id),
            "kind": OperationKind.DECIDE_DISCONNECTION,
            "input": DecisionRequest(Decision.REJECT, date(2026, 12, 31), DecisionReason.OTHER, "A note for Noyo"),
            "shown_version": uuid(0x1001),
        }
        | changes,
    )


def a_disconnection_request(operation_id: str = "V4", **changes: Any) -> Operation:
    """A disconnection that waits two days for a second approver."""
    return a_request(
        operation_id,
        **{
            "entity": pending_disconnection_ref(uuid(5), CARRIER),
            "kind": OperationKind.CREATE_DISCONNECTION,
            "input": DisconnectionRequest(
                uuid(5),
                CARRIER,
                "Test Company",
                date(2026, 12, 31),
                DisconnectionReason.TERMINATED,
                connection_ref(uuid(1)),
                "A note for Noyo",
            ),
            "state": OperationState.AWAITING_CONFIRMATION,
            "due": NOW + 2 * 86400,
            "shown_version": uuid(0x1001),
        }
        | changes,
    )


def a_refresh(operation_id: str = "L1", **changes: Any) -> Operation:
    return a_request(
        operation_id,
        **{
            "entity": connection_ref(uuid(1)),
            "kind": OperationKind.REFRESH_RECORD,
            "input": RefreshRequest("person"),
            "actor": None,
        }
        | changes,
    )


def an_entry(entry_id: str = "a1", entity: EntityRef | None = None, **changes: Any) -> AuditEntry:
    values: dict[str, Any] = {
        "id": entry_id,
        "entity": entity or connection_ref(uuid(1)),
        "at": NOW,
        "actor": "U1",
        "action": "placed",
        "details": (("version", uuid(0x1001)),),
    }
    return AuditEntry(**values | changes)
