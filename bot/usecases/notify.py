"""Use case: deliver one piece of news to everyone it concerns, the only way anything is posted to Slack."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from bot.domain.delivery import Place
from bot.domain.news import News, NewsKind
from bot.domain.operations import Operation, OperationKind
from bot.domain.showing import Summary
from bot.domain.subjects import Kind, Subject
from bot.errors import SlackBusy, SlackError, SlackNotLetIn, SlackSilent
from bot.usecases.alert import alerts, person_messages
from bot.usecases.answer import answer
from bot.usecases.board import Channels, Tools
from bot.usecases.deliver import Held, NotNow, post_once
from bot.usecases.remind import each_day, keep_reminders_true, remind
from bot.usecases.scene import Library, record_of
from bot.usecases.show_card import card_and_line, card_of, cards_beside
from bot.usecases.steps import Step, following, tell
from bot.usecases.summarise import summary
from bot.usecases.take import lapse
from bot.usecases.tell_of_sending import show_offers_again, tell_of_sending

__all__ = ["Channels", "Report", "Tools", "notify"]

FIRST_PAUSE_SECONDS = 5
LONGEST_PAUSE_SECONDS = 3600
OUTAGE_PAUSE_SECONDS = 300
"""Slack comes back by itself, and alerts wait for it."""


@dataclass(slots=True)
class Report:
    """How a piece of news went: what stood in the way, and when it is tried again (None: delivered)."""

    news_id: str
    troubles: list[Exception] = field(default_factory=list)
    again_at: int | None = None

    @property
    def only_waits(self) -> bool:
        """Waiting for one's turn is the normal course of events; what Slack did not take is not."""
        return all(
            isinstance(trouble, (Held, SlackBusy)) and not isinstance(trouble, SlackNotLetIn)
            for trouble in self.troubles
        )


def notify(news_id: str, tools: Tools) -> Report | None:
    """Delivers what is not delivered yet. Safe to call any number of times; None where there is nothing to do now.

    What Slack does not take is tried again later; any other error too, and is raised once that is written down.
    """
    news = tools.news.news(news_id)
    now = tools.desk.now()
    if news is None or news.due is None or news.due > now:
        return None
    with following(news.operation_id or news.id):
        report = _delivered(news, tools, now)
    for trouble in report.troubles:
        if not isinstance(trouble, (Held, SlackError)):
            raise trouble
    return report


def _delivered(news: News, tools: Tools, now: int) -> Report:
    report = Report(news.id, _troubles(news, tools))
    if report.troubles:
        report.again_at = tools.desk.now() + max(pause_after(trouble, news) for trouble in report.troubles)
        tools.news.postpone(news, report.again_at)
        tell(Step.PUT_OFF, attempt=news.attempts + 1, failed=int(not report.only_waits))
    else:
        tools.news.delivered(news, now)
        tell(Step.TOLD, news=news.kind.value, version=news.version, lag=_lag(news, tools))
    return report


def _lag(news: News, tools: Tools) -> int | None:
    """Seconds from Noyo's `modified` until all is told; None where it tells no change, or one that is past already."""
    if news.version is None or news.found or news.kind not in (NewsKind.RECORD, NewsKind.OPERATION):
        return None
    tracked = tools.library.records.tracked(news.subject)
    if tracked is None or tracked.record.version != news.version:
        return None
    return max(tools.desk.now() - tracked.record.modified, 0)


def _troubles(news: News, tools: Tools) -> list[Exception]:
    """What stood in the way. Each step stands alone: one that fails, for whatever reason, keeps none from happening."""
    troubles: list[Exception] = []
    try:
        steps = list(_steps(news, tools))
    except Exception as trouble:  # noqa: BLE001 - put off like any other, and raised once that is written
        return [trouble]
    for step in steps:
        try:
            step()
        except Exception as trouble:  # noqa: BLE001 - the same
            troubles.append(trouble)
    return troubles


def pause_after(trouble: Exception, news: News) -> int:
    """Seconds until it is tried again."""
    if isinstance(trouble, SlackBusy):
        return max(trouble.retry_after, 1)
    if isinstance(trouble, NotNow):
        return trouble.seconds
    if isinstance(trouble, Held):
        return FIRST_PAUSE_SECONDS
    growing: int = FIRST_PAUSE_SECONDS * 2 ** min(news.attempts, 10)
    return min(growing, OUTAGE_PAUSE_SECONDS if isinstance(trouble, SlackSilent) else LONGEST_PAUSE_SECONDS)


def _steps(news: News, tools: Tools) -> Iterator[Callable[[], None]]:
    if news.kind is NewsKind.SUMMARY:
        yield lambda: _summarise(tools)
        return
    if news.kind is NewsKind.DAY:
        yield from each_day(news, tools)
        return
    if news.kind is NewsKind.REMINDER:
        yield lambda: remind(news, tools)
        return
    if news.kind is NewsKind.LAPSE:
        yield lambda: lapse(news, tools.taking)
        return
    if news.kind is NewsKind.SENDING:
        yield lambda: tell_of_sending(news, tools)
        yield lambda: show_offers_again(news, tools)
        return
    if news.kind is NewsKind.AGAIN:
        yield lambda: card_of(news.subject, tools)
        yield lambda: alerts(news, news.subject, tools)
        return
    operation = tools.library.operations.operation(news.operation_id) if news.operation_id else None
    subject = _record_subject(news, operation, tools.library)
    if _has_card(news, operation):
        yield lambda: card_and_line(news, operation, subject, tools)
    if subject is not None:
        yield lambda: alerts(news, subject, tools)
        if subject.kind is Kind.DISCONNECTION:
            yield lambda: keep_reminders_true(subject, tools)
        if news.version is not None:
            yield lambda: cards_beside(subject, tools)
    if operation is not None:
        yield lambda: person_messages(operation, tools)
        if operation.actor is not None:
            yield lambda: answer(operation, tools)


def _record_subject(news: News, operation: Operation | None, library: Library) -> Subject | None:
    if news.subject.is_record:
        return news.subject
    tracked = record_of(operation, library) if operation is not None else None
    return tracked.subject if tracked is not None else None


def _has_card(news: News, operation: Operation | None) -> bool:
    """A look by itself is not worth a card or a line; what it found out is."""
    looked = operation is not None and operation.kind is OperationKind.LOOK
    return news.version is not None or not looked


def _summarise(tools: Tools) -> None:
    place = Place(tools.channels.alerts, "summary")

    def content() -> Summary:
        return summary(tools.library.records, tools.desk.now())

    post_once(place, content, tools.desk)
