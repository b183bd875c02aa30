"""Records, operations, news and so on, as the tests of the table need them."""

from datetime import date
from typing import Any

from bot.domain.decisions import Decision, DecisionReason, DisconnectReason
from bot.domain.news import News, NewsKind
from bot.domain.operations import (
    AnswerTo,
    ConnectionRequest,
    DecisionRequest,
    DisconnectRequest,
    LookRequest,
    Operation,
    OperationKind,
    OperationState,
    RetryRequest,
)
from bot.domain.records import (
    Connection,
    ConnectionStatus,
    Disconnection,
    DisconnectionSource,
    DisconnectionStatus,
    Record,
)
from bot.domain.subjects import Subject, connection, disconnection, parting, request
from bot.domain.tracking import Tracked, first_seen
from bot.ports import AuditEntry, Change

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


def first(record: Record, *news: News) -> Change:
    """What `observe` writes of a record that is new to us."""
    return Change(record.subject, None, first_seen(record, NOW), record, news)


def moved(before: Tracked, after: Tracked, *news: News) -> Change:
    return Change(before.subject, before, after, after.record, news)


def some_news(news_id: str = "n1", **changes: Any) -> News:
    values: dict[str, Any] = {
        "id": news_id,
        "kind": NewsKind.RECORD,
        "subject": connection(uuid(1)),
        "at": NOW,
        "due": NOW,
        "version": uuid(0x1001),
        "after": "processing",
    }
    return News(**values | changes)


def a_request(operation_id: str = "V1", **changes: Any) -> Operation:
    values: dict[str, Any] = {
        "id": operation_id,
        "subject": request(CARRIER, "00110011"),
        "kind": OperationKind.REQUEST_CONNECTION,
        "input": ConnectionRequest(CARRIER, "00110011", "Test Company", sealed="c2VhbGVk"),
        "state": OperationState.PENDING,
        "actor": "U1",
        "placed_at": NOW,
        "due": NOW,
        "answer_to": AnswerTo("C1", "V1"),
    }
    return Operation(**values | changes)


def a_retry(operation_id: str = "V2", record_id: str = uuid(1), **changes: Any) -> Operation:
    return a_request(
        operation_id,
        **{
            "subject": connection(record_id),
            "kind": OperationKind.RETRY_CONNECTION,
            "input": RetryRequest("00110012", sealed="c2VhbGVk"),
            "shown_version": uuid(0x1001),
        }
        | changes,
    )


def a_decision(operation_id: str = "V3", record_id: str = uuid(1), **changes: Any) -> Operation:
    return a_request(
        operation_id,
        **{
            "subject": disconnection(record_id),
            "kind": OperationKind.DECIDE_DISCONNECTION,
            "input": DecisionRequest(
                Decision.REJECT, date(2026, 12, 31), DecisionReason.OTHER, "A note for Noyo"
            ),
            "shown_version": uuid(0x1001),
        }
        | changes,
    )


def a_disconnect(operation_id: str = "V4", **changes: Any) -> Operation:
    """Held, until two days from now."""
    return a_request(
        operation_id,
        **{
            "subject": parting(uuid(5), CARRIER),
            "kind": OperationKind.CREATE_DISCONNECTION,
            "input": DisconnectRequest(
                uuid(5),
                CARRIER,
                "Test Company",
                date(2026, 12, 31),
                DisconnectReason.TERMINATED,
                connection(uuid(1)),
                "A note for Noyo",
            ),
            "state": OperationState.HELD,
            "due": NOW + 2 * 86400,
            "shown_version": uuid(0x1001),
        }
        | changes,
    )


def a_look(operation_id: str = "L1", **changes: Any) -> Operation:
    return a_request(
        operation_id,
        **{
            "subject": connection(uuid(1)),
            "kind": OperationKind.LOOK,
            "input": LookRequest("person"),
            "actor": None,
        }
        | changes,
    )


def an_entry(entry_id: str = "a1", subject: Subject | None = None, **changes: Any) -> AuditEntry:
    values: dict[str, Any] = {
        "id": entry_id,
        "subject": subject or connection(uuid(1)),
        "at": NOW,
        "actor": "U1",
        "deed": "placed",
        "details": (("version", uuid(0x1001)),),
    }
    return AuditEntry(**values | changes)
