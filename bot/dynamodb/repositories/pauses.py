"""The switch that decides whether anything is sent to Noyo."""

from __future__ import annotations

from bot.domain.audit import AuditEntry
from bot.domain.outbox import OutboxEvent
from bot.domain.pauses import Pause, PauseHistory
from bot.dynamodb import keys
from bot.dynamodb.attribute_values import Item, Value
from bot.dynamodb.expressions import ABSENT, Put, holds
from bot.dynamodb.items import item_at, maybe_number, maybe_text, number, read_item, without_none
from bot.dynamodb.repositories.audit import audit_put
from bot.dynamodb.repositories.outbox import event_item
from bot.dynamodb.table import ConditionFailed, Table


class DynamoPauseRepository:
    """`bot.usecases.ports.storage.KeepsSwitches` on the table."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def history(self) -> PauseHistory:
        item = self._table.get(keys.pause_history(keys.SENDING_PAUSE))
        return read_item(item, _sending_from) if item else PauseHistory()

    def save(
        self, before: PauseHistory, after: PauseHistory, *, event: OutboxEvent, audit: AuditEntry
    ) -> bool:
        unmoved = holds(revision=before.revision) if before.revision else ABSENT
        item = _sending_item(after, before.revision + 1)
        try:
            self._table.write([Put(item, unmoved), Put(event_item(event)), audit_put(audit)])
        except ConditionFailed:
            return False
        return True


def _sending_item(sending: PauseHistory, revision: int) -> Item:
    pauses: list[Value] = [pause_map(pause) for pause in sending.pauses]
    return item_at(keys.pause_history(keys.SENDING_PAUSE), pauses=pauses, revision=revision)


def _sending_from(item: Item) -> PauseHistory:
    held = item["pauses"]
    if not isinstance(held, list):
        raise TypeError("pauses are no list")
    return PauseHistory(tuple(pause_from(one) for one in held), number(item, "revision"))


def pause_map(pause: Pause) -> Item:
    return without_none(
        {
            "since": pause.since,
            "by": pause.by,
            "why": pause.reason,
            "until": pause.until,
            "ended_by": pause.ended_by,
        }
    )


def pause_from(held: Value) -> Pause:
    if not isinstance(held, dict):
        raise TypeError("a pause is a map")
    return Pause(
        since=number(held, "since"),
        by=maybe_text(held, "by"),
        reason=maybe_text(held, "why"),
        until=maybe_number(held, "until"),
        ended_by=maybe_text(held, "ended_by"),
    )
