"""What woke a worker: the ids that the event of the table's stream tells of."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from bot.domain.operations import OperationState
from bot.dynamodb import keys

_LET_GO_FROM = (OperationState.AWAITING_CONFIRMATION.value, OperationState.NEEDS_RESOLUTION.value)


def operation_ids(event: object) -> list[str]:
    """People's operations that were inserted, or waited for a person and go on now, in the stream's order.

    Whatever else the event holds is passed over.
    """
    return _ids((record for record in _woken(event) if not _unasked(record)), keys.OPERATION)


def refresh_ids(event: object) -> list[str]:
    """Of those inserted the ones that no person asked for."""
    return _ids(filter(_unasked, _woken(event)), keys.OPERATION)


def event_ids(event: object) -> list[str]:
    return _ids(filter(_inserted, _records(event)), keys.OUTBOX)


def _woken(event: object) -> Iterator[object]:
    return (record for record in _records(event) if _inserted(record) or _let_go(record))


def _ids(records: Iterator[object], kind: str) -> list[str]:
    partitions = (_at(record, "dynamodb", "Keys", "pk", "S") for record in records)
    return [keys.id_of(pk) for pk in partitions if isinstance(pk, str) and pk.startswith(f"{kind}#")]


def _records(event: object) -> Iterator[object]:
    records = _at(event, "Records")
    yield from records if isinstance(records, list) else []


def _inserted(record: object) -> bool:
    return bool(_at(record, "eventName") == "INSERT")


def _let_go(record: object) -> bool:
    """Whether a second approver confirmed it, or a person said to send it again."""
    before, after = (_at(record, "dynamodb", image, "state", "S") for image in ("OldImage", "NewImage"))
    return (
        _at(record, "eventName") == "MODIFY"
        and before in _LET_GO_FROM
        and after == OperationState.PENDING.value
    )


def _unasked(record: object) -> bool:
    return _at(record, "dynamodb", "NewImage", "actor", "S") is None


def _at(value: Any, *path: str) -> Any:
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value
