"""Store: news, each with the time it is due until all that it brings forth is delivered."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from bot.domain.news import News, NewsKind
from bot.domain.operations import OperationState
from bot.domain.subjects import Subject
from bot.store import keys
from bot.store.due import due_ids, longest_due
from bot.store.items import KEPT_SECONDS, item_at, maybe_number, maybe_text, number, read_item, text
from bot.store.table import ConditionFailed, Table
from bot.store.typed import Item
from bot.store.writes import ABSENT, Condition, Put, Update


class NewsStore:
    """`bot.ports.KeepsNews` on the table."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def news(self, news_id: str) -> News | None:
        item = self._table.get(keys.news(news_id))
        return read_item(item, _news_from) if item else None

    def due(self, now: int, *, limit: int) -> list[str]:
        return due_ids(self._table, keys.NEWS, now, limit)

    def longest_due(self, now: int) -> int | None:
        return longest_due(self._table, keys.NEWS, now)

    def put(self, news: News) -> None:
        try:
            self._table.write([Put(news_item(news), ABSENT)])
        except ConditionFailed:
            return  # It is there already.

    def delivered(self, news: News, now: int) -> None:
        self._table.write([Put(news_item(replace(news, due=None)) | {"expires": now + KEPT_SECONDS})])

    def postpone(self, news: News, due: int) -> None:
        """Quiet where another worker has delivered it meanwhile."""
        later = Update(
            keys.news(news.id),
            {"due": due, "attempts": news.attempts + 1},
            Condition({}, exists=("due",)),
        )
        try:
            self._table.write([later])
        except ConditionFailed:
            return  # Delivered meanwhile: due no more.


def news_item(news: News) -> Item:
    waiting: Item = {"due_kind": keys.NEWS, "due": news.due} if news.due is not None else {}
    return item_at(
        keys.news(news.id),
        id=news.id,
        kind=news.kind.value,
        subject=str(news.subject),
        at=news.at,
        version=news.version,
        before=news.before,
        after=news.after,
        operation_id=news.operation_id,
        operation_state=news.operation_state.value if news.operation_state else None,
        found=news.found or None,
        day=news.day.isoformat() if news.day else None,
        attempts=news.attempts,
        **waiting,
    )


def _news_from(item: Item) -> News:
    state, day = maybe_text(item, "operation_state"), maybe_text(item, "day")
    return News(
        id=text(item, "id"),
        kind=NewsKind(text(item, "kind")),
        subject=Subject.parse(text(item, "subject")),
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
