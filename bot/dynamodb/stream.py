"""The ids of operations and outbox events in an event of the table's stream."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from bot.domain.operations import OperationState
from bot.dynamodb import schema

_WAITS_FOR_PERSON = (OperationState.AWAITING_CONFIRMATION.value, OperationState.NEEDS_RESOLUTION.value)


def operation_ids(event: object) -> list[str]:
    """People's operations that were inserted, or that a person released for sending, in the stream's order."""
    return _ids((record for record in _triggers(event) if not _is_automatic(record)), schema.OPERATION)


def refresh_ids(event: object) -> list[str]:
    """Inserted operations that no person asked for."""
    return _ids(filter(_is_automatic, _triggers(event)), schema.OPERATION)


def event_ids(event: object) -> list[str]:
    """Inserted events, and requests that replaced an earlier one, in the stream's order."""
    return _ids((record for record in _records(event) if _is_insert(record) or _is_requested(record)), schema.OUTBOX)


def _triggers(event: object) -> Iterator[object]:
    return (record for record in _records(event) if _is_insert(record) or _is_released(record))


def _ids(records: Iterator[object], kind: str) -> list[str]:
    partitions = (_at(record, "dynamodb", "Keys", "pk", "S") for record in records)
    return [schema.id_of(pk) for pk in partitions if isinstance(pk, str) and pk.startswith(f"{kind}#")]


def _records(event: object) -> Iterator[object]:
    records = _at(event, "Records")
    yield from records if isinstance(records, list) else []


def _is_insert(record: object) -> bool:
    return bool(_at(record, "eventName") == "INSERT")


def _is_released(record: object) -> bool:
    """Whether a second approver confirmed it, or a person decided to send it again."""
    before, after = (_at(record, "dynamodb", image, "state", "S") for image in ("OldImage", "NewImage"))
    return (
        _at(record, "eventName") == "MODIFY" and before in _WAITS_FOR_PERSON and after == OperationState.PENDING.value
    )


def _is_requested(record: object) -> bool:
    """Whether a person asked for their App Home again. Delivering or postponing a request changes its item, too."""
    before, after = (_at(record, "dynamodb", image, "requested", "N") for image in ("OldImage", "NewImage"))
    return _at(record, "eventName") == "MODIFY" and after is not None and before != after


def _is_automatic(record: object) -> bool:
    return _at(record, "dynamodb", "NewImage", "actor", "S") is None


def _at(value: Any, *path: str) -> Any:
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value
