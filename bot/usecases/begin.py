"""Use case: tell what was there before us, once, when the first run has taken it all in."""

from __future__ import annotations

from collections.abc import Iterable

from bot.domain import news as telling
from bot.domain.news import News, NewsKind
from bot.domain.records import Disconnection, DisconnectionStatus, Record
from bot.domain.subjects import Kind, Subject
from bot.ports import KeepsCursors, KeepsNews, KeepsRecords

SUMMARY = Subject(Kind.CONNECTION, "summary")
SECONDS_BETWEEN_CARDS = 3
MOST_CARDS = 500


def tell_of_the_beginning(
    kind: Kind,
    seen_waiting: Iterable[Record],
    *,
    records: KeepsRecords,
    news: KeepsNews,
    cursors: KeepsCursors,
    now: int,
) -> None:
    """A card for every request that waits for a decision, soonest end date first, paced; one summary for both lists."""
    if kind is Kind.DISCONNECTION:
        for place, record in enumerate(_waiting(seen_waiting, records)):
            due = now + place * SECONDS_BETWEEN_CARDS
            news.put(telling.of_record(record, None, now, due=due))
    other = Kind.DISCONNECTION if kind is Kind.CONNECTION else Kind.CONNECTION
    finished = cursors.cursor(other)
    if finished is not None and finished.since is not None:
        news.put(News(id="summary", kind=NewsKind.SUMMARY, subject=SUMMARY, at=now, due=now))


def _waiting(seen: Iterable[Record], records: KeepsRecords) -> list[Disconnection]:
    """From the index, and from what this run saw itself, since the index may lag."""
    status = DisconnectionStatus.NEEDS_REVIEW
    indexed = records.in_status(Kind.DISCONNECTION, status.value, limit=MOST_CARDS)
    subjects = {*indexed, *(record.subject for record in seen)}
    held = [tracked.record for tracked in records.tracked_many(subjects).values()]
    waiting = [record for record in held if isinstance(record, Disconnection) and record.status is status]
    return sorted(
        waiting, key=lambda record: (record.effective_end_date is None, record.effective_end_date, record.id)
    )
