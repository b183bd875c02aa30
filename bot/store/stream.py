"""Store: what woke a worker: the ids of what was just inserted, read from the event of the table's stream."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from bot.store import keys


def operation_ids(event: object) -> list[str]:
    """The operations inserted, in the stream's order; whatever else the event holds is passed over."""
    return _inserted(event, keys.OPERATION)


def news_ids(event: object) -> list[str]:
    return _inserted(event, keys.NEWS)


def _inserted(event: object, kind: str) -> list[str]:
    partitions = (_at(record, "dynamodb", "Keys", "pk", "S") for record in _inserts(event))
    return [keys.id_of(pk) for pk in partitions if isinstance(pk, str) and pk.startswith(f"{kind}#")]


def _inserts(event: object) -> Iterator[object]:
    records = _at(event, "Records")
    for record in records if isinstance(records, list) else []:
        if _at(record, "eventName") == "INSERT":
            yield record


def _at(value: Any, *path: str) -> Any:
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value
