"""Use case: tell what is open and what waits for us, once, when the first run has taken it all in."""

from __future__ import annotations

from collections.abc import Iterable

from bot.domain import news as telling
from bot.domain.news import News, NewsKind
from bot.domain.records import Disconnection, DisconnectionStatus, Record
from bot.domain.subjects import Kind, Subject
from bot.ports import KeepsCursors, KeepsNews, KeepsRecords

SUMMARY = Subject(Kind.CONNECTION, "summary")
SECONDS_BETWEEN_CARDS = 3
MOST_WAITING = 100_000
"""Every one of them gets its card; only there so that the table is not asked without an end."""


def tell_of_the_beginning(
    kind: Kind,
    seen_waiting: Iterable[Record],
    *,
    records: KeepsRecords,
    news: KeepsNews,
    cursors: KeepsCursors,
    now: int,
) -> None:
    """A card for every request that waits for a decision, soonest end date first, paced; one summary for both lists.

    Safe to call again: news that is there already stays as it is.
    """
    if kind is Kind.DISCONNECTION:
        for place, record in enumerate(_waiting(seen_waiting, records)):
            due = now + place * SECONDS_BETWEEN_CARDS
            news.put(telling.of_record(record, None, now, due=due, found=True))
            news.put(telling.of_first_day(record, due))
    other = Kind.DISCONNECTION if kind is Kind.CONNECTION else Kind.CONNECTION
    _summarise_once_known((other,), news=news, cursors=cursors, now=now)


def summarise_once_both_are_known(*, news: KeepsNews, cursors: KeepsCursors, now: int) -> None:
    """Asked after the cursor was moved too: of two lists that end in one moment, neither waits for the other."""
    _summarise_once_known((Kind.CONNECTION, Kind.DISCONNECTION), news=news, cursors=cursors, now=now)


def begin_the_days(
    seen_waiting: Iterable[Record], *, records: KeepsRecords, news: KeepsNews, now: int
) -> None:
    """For what waits since before its days were counted. Those that have begun go on as they are."""
    for record in _waiting(seen_waiting, records):
        news.put(telling.of_first_day(record, now))


def _summarise_once_known(kinds: Iterable[Kind], *, news: KeepsNews, cursors: KeepsCursors, now: int) -> None:
    known = [cursors.cursor(kind) for kind in kinds]
    if all(cursor is not None and cursor.since is not None for cursor in known):
        news.put(News(id="summary", kind=NewsKind.SUMMARY, subject=SUMMARY, at=now, due=now))


def _waiting(seen: Iterable[Record], records: KeepsRecords) -> list[Disconnection]:
    """From the index, and from what this run saw itself, since the index may lag."""
    status = DisconnectionStatus.NEEDS_REVIEW
    indexed = records.in_status(Kind.DISCONNECTION, status.value, limit=MOST_WAITING)
    subjects = {*indexed, *(record.subject for record in seen)}
    held = [tracked.record for tracked in records.tracked_many(subjects).values()]
    waiting = [record for record in held if isinstance(record, Disconnection) and record.status is status]
    return sorted(
        waiting, key=lambda record: (record.effective_end_date is None, record.effective_end_date, record.id)
    )
