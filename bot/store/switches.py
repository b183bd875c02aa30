"""Store: the switch that decides whether anything is sent to Noyo."""

from __future__ import annotations

from bot.domain.news import News
from bot.domain.sending import Pause, Sending
from bot.ports import AuditEntry
from bot.store import keys
from bot.store.audit import audit_put
from bot.store.items import item_at, maybe_number, maybe_text, number, read_item, without_none
from bot.store.news import news_item
from bot.store.table import ConditionFailed, Table
from bot.store.typed import Item, Value
from bot.store.writes import ABSENT, Put, holds


class SwitchStore:
    """`bot.ports.KeepsSwitches` on the table."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def sending(self) -> Sending:
        item = self._table.get(keys.switch(keys.SENDING))
        return read_item(item, _sending_from) if item else Sending()

    def turn(self, before: Sending, after: Sending, *, news: News, audit: AuditEntry) -> bool:
        unmoved = holds(revision=before.revision) if before.revision else ABSENT
        item = _sending_item(after, before.revision + 1)
        try:
            self._table.write([Put(item, unmoved), Put(news_item(news)), audit_put(audit)])
        except ConditionFailed:
            return False
        return True


def _sending_item(sending: Sending, revision: int) -> Item:
    pauses: list[Value] = [pause_map(pause) for pause in sending.pauses]
    return item_at(keys.switch(keys.SENDING), pauses=pauses, revision=revision)


def _sending_from(item: Item) -> Sending:
    held = item["pauses"]
    if not isinstance(held, list):
        raise TypeError("pauses are no list")
    return Sending(tuple(pause_from(one) for one in held), number(item, "revision"))


def pause_map(pause: Pause) -> Item:
    return without_none(
        {
            "since": pause.since,
            "by": pause.by,
            "why": pause.why,
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
        why=maybe_text(held, "why"),
        until=maybe_number(held, "until"),
        ended_by=maybe_text(held, "ended_by"),
    )
