"""Use case: tell, after each scheduled run of a worker, what it left: so that its silence is seen too."""

from __future__ import annotations

from bot.ports import KeepsNews, KeepsOperations
from bot.usecases.steps import Step, tell

MOST_COUNTED = 1000


def tell_how_operations_stand(operations: KeepsOperations, now: int) -> None:
    asked_at = operations.waiting_for_person()
    kept = operations.kept(now, limit=MOST_COUNTED)
    tell(
        Step.OPERATIONS_STAND,
        late=_seconds_since(operations.longest_due(now), now),
        waiting=len(asked_at),
        kept=len(kept),
        waited=_seconds_since(min(asked_at, default=None), now),
    )


def tell_how_news_stands(news: KeepsNews, now: int) -> None:
    tell(Step.NEWS_STANDS, late=_seconds_since(news.longest_due(now), now))


def _seconds_since(moment: int | None, now: int) -> int:
    return max(now - moment, 0) if moment is not None else 0
