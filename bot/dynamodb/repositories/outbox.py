"""News, each with the time it is due until all that it brings forth is delivered."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from bot.domain.entities import EntityRef
from bot.domain.operations import OperationState
from bot.domain.outbox import EventKind, OutboxEvent
from bot.dynamodb import keys
from bot.dynamodb.attribute_values import Item
from bot.dynamodb.expressions import ABSENT, Condition, Put, Update
from bot.dynamodb.items import KEPT_SECONDS, item_at, maybe_number, maybe_text, number, read_item, text
from bot.dynamodb.repositories.due import due_ids, longest_due
from bot.dynamodb.table import ConditionFailed, Table


class DynamoOutboxRepository:
    """`bot.usecases.ports.storage.KeepsNews` on the table."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def event(self, news_id: str) -> OutboxEvent | None:
        item = self._table.get(keys.outbox_event(news_id))
        return read_item(item, _news_from) if item else None

    def due(self, now: int, *, limit: int) -> list[str]:
        return due_ids(self._table, keys.OUTBOX, now, limit)

    def oldest_due(self, now: int) -> int | None:
        return longest_due(self._table, keys.OUTBOX, now)

    def put(self, event: OutboxEvent) -> None:
        try:
            self._table.write([Put(event_item(event), ABSENT)])
        except ConditionFailed:
            return  # It is there already.

    def mark_delivered(self, event: OutboxEvent, now: int) -> None:
        self._table.write([Put(event_item(replace(event, due=None)) | {"expires": now + KEPT_SECONDS})])

    def postpone(self, event: OutboxEvent, due: int) -> None:
        """Quiet where another worker has delivered it meanwhile."""
        later = Update(
            keys.outbox_event(event.id),
            {"due": due, "attempts": event.attempts + 1},
            Condition({}, exists=("due",)),
        )
        try:
            self._table.write([later])
        except ConditionFailed:
            return  # Delivered meanwhile: due no more.


def event_item(event: OutboxEvent) -> Item:
    waiting: Item = {"due_kind": keys.OUTBOX, "due": event.due} if event.due is not None else {}
    return item_at(
        keys.outbox_event(event.id),
        id=event.id,
        kind=event.kind.value,
        entity=str(event.entity),
        at=event.at,
        version=event.version,
        before=event.before,
        after=event.after,
        operation_id=event.operation_id,
        operation_state=event.operation_state.value if event.operation_state else None,
        found=event.found or None,
        day=event.day.isoformat() if event.day else None,
        attempts=event.attempts,
        **waiting,
    )


def _news_from(item: Item) -> OutboxEvent:
    state, day = maybe_text(item, "operation_state"), maybe_text(item, "day")
    return OutboxEvent(
        id=text(item, "id"),
        kind=EventKind(text(item, "kind")),
        entity=EntityRef.parse(text(item, "entity")),
        at=number(item, "at"),
        due=maybe_number(item, "due"),
        version=maybe_text(item, "version"),
        before=maybe_text(item, "before"),
        after=maybe_text(item, "after"),
        operation_id=maybe_text(item, "operation_id"),
        operation_state=OperationState(state) if state else None,
        found=bool(item.get("found")),
        day=date.fromisoformat(day) if day else None,
        attempts=number(item, "attempts"),
    )
