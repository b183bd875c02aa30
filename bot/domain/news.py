"""Domain: news, what happened to what; each piece is delivered to everyone it concerns, and then is done."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from bot.domain.operations import Operation, OperationState
from bot.domain.records import Record, Status
from bot.domain.sending import Pause
from bot.domain.subjects import SENDING, Subject
from bot.domain.tracking import Tracked


class NewsKind(StrEnum):
    RECORD = "record"
    """A record is new to us or got a new version."""
    LATE = "late"
    """An older version of a record was shown to us after a newer one: history, no alert."""
    OPERATION = "operation"
    """An operation was placed, is being checked, needs a person, or was settled."""
    DAY = "day"
    """A day begins on which a request may still wait: what is shown of it counts days. The first has no `day`."""
    REMINDER = "reminder"
    """On this day people are reminded of a request, if it still waits."""
    SUMMARY = "summary"
    """The first run is over: how much is open, and what waits for us."""
    OWNER = "owner"
    """Who is checking a request is somebody else now, or nobody; `before` and `after` are Slack user ids."""
    LAPSE = "lapse"
    """The time is over for which `before` was to check a request since `at`; waits for that moment."""
    SENDING = "sending"
    """Sending to Noyo was paused or resumed, or Switchboard was set to watch only or to act again."""
    AGAIN = "again"
    """Nothing happened to a record, but what its messages say of it is to be made true again."""


@dataclass(frozen=True, slots=True)
class News:
    """`before` and `after` are statuses as Noyo names them; `due` is when to deliver (Unix seconds), None once done.

    `found`: it was there before us, so nobody is called for it. `day` is what days and reminders are of.

    Where an operation's settling brought a new version, one piece of news tells both.
    """

    id: str
    kind: NewsKind
    subject: Subject
    at: int
    due: int | None
    version: str | None = None
    before: str | None = None
    after: str | None = None
    operation_id: str | None = None
    operation_state: OperationState | None = None
    found: bool = False
    day: date | None = None
    attempts: int = 0


def of_record(
    record: Record, before: Status | None, now: int, *, due: int | None = None, found: bool = False
) -> News:
    return News(
        id=f"{record.subject}:{record.version}",
        kind=NewsKind.RECORD,
        subject=record.subject,
        at=record.modified,
        due=now if due is None else due,
        version=record.version,
        before=before.value if before is not None else None,
        after=record.status.value,
        found=found,
    )


def of_first_day(record: Record, due: int) -> News:
    """Born with a version that waits. Whoever delivers it knows when the next day begins, which this room does not."""
    return _of_day(record, None, "first", due, NewsKind.DAY)


def of_day(record: Record, day: date, due: int) -> News:
    return _of_day(record, day, day.isoformat(), due, NewsKind.DAY)


def of_reminder(record: Record, day: date, due: int) -> News:
    return _of_day(record, day, day.isoformat(), due, NewsKind.REMINDER)


def _of_day(record: Record, day: date | None, name: str, due: int, kind: NewsKind) -> News:
    """The id is the same whoever puts it, and however often: there is one for each version and day."""
    return News(
        id=f"{kind.value}:{record.subject}:{record.version}:{name}",
        kind=kind,
        subject=record.subject,
        at=due,
        due=due,
        version=record.version,
        day=day,
    )


def of_late(record: Record, now: int) -> News:
    return News(
        id=f"late:{record.subject}:{record.version}",
        kind=NewsKind.LATE,
        subject=record.subject,
        at=record.modified,
        due=now,
        version=record.version,
        after=record.status.value,
    )


def of_owner(before: Tracked, after: Tracked, now: int) -> News:
    """The id tells one change of owner from the next by the write that made it."""
    return News(
        id=f"owner:{before.subject}:{before.revision + 1}",
        kind=NewsKind.OWNER,
        subject=before.subject,
        at=now,
        due=now,
        before=before.owner,
        after=after.owner,
    )


def of_lapse(taken: Tracked, since: int, until: int) -> News:
    return News(
        id=f"lapse:{taken.subject}:{taken.record.version}:{taken.owner}:{since}",
        kind=NewsKind.LAPSE,
        subject=taken.subject,
        at=since,
        due=until,
        before=taken.owner,
    )


def of_operation(operation: Operation, now: int) -> News:
    """`operation` as it is after the change. The id tells one change from the next, so a repeat is no second news."""
    state = _KEPT if operation.kept else operation.state.value
    return News(
        id=f"operation:{operation.id}:{_step(state, operation.attempts, operation.checks)}",
        kind=NewsKind.OPERATION,
        subject=operation.subject,
        at=now,
        due=now,
        operation_id=operation.id,
        operation_state=operation.state,
    )


def is_of_placing(news: News) -> bool:
    """Whether it tells that an operation was asked for, and not that it was put back, maybe in the same second."""
    return news.id.endswith(f":{_step(OperationState.PENDING.value, 0, 0)}")


def is_of_keeping(news: News) -> bool:
    """Whether it tells that an operation was put aside while nothing is sent to Noyo."""
    return news.kind is NewsKind.OPERATION and news.id.rpartition(":")[0].endswith(f":{_KEPT}")


def of_sending(pause: Pause, revision: int, now: int) -> News:
    """`revision` names this turn of the switch, which began or ended `pause`."""
    return News(f"sending:{revision}:{pause.name}", NewsKind.SENDING, SENDING, at=now, due=now)


def pause_of(news: News) -> str:
    """The name of the pause that the news is about."""
    return news.id.rpartition(":")[2]


def is_of_mode(news: News) -> bool:
    """Whether it tells that Switchboard was set to watch only or to act, which no person is named for."""
    return news.kind is NewsKind.SENDING and news.id.endswith("-")


def to_show_again(subject: Subject, because: News, due: int) -> News:
    """Nothing happened to it, but what is shown of it is other than it was."""
    return News(f"again:{subject}:{because.id}", NewsKind.AGAIN, subject, at=because.at, due=due)


_KEPT = "kept"


def _step(state: str, attempts: int, checks: int) -> str:
    return f"{state}:{attempts}.{checks}"


def with_change(news: News, learnt: tuple[News, ...]) -> News:
    """The news of a settled operation, telling as well what its answer changed in the record."""
    of_records = [piece for piece in learnt if piece.kind is NewsKind.RECORD]
    if not of_records:
        return news
    change = of_records[0]
    return replace(
        news, subject=change.subject, version=change.version, before=change.before, after=change.after
    )


def without_record_news(learnt: tuple[News, ...]) -> tuple[News, ...]:
    return tuple(piece for piece in learnt if piece.kind is not NewsKind.RECORD)
