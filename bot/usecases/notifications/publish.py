"""Deliver one piece of news to everyone it concerns, the only way anything is posted to Slack."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from bot.domain.content import Summary
from bot.domain.entities import EntityKind, EntityRef
from bot.domain.messages import MessageKey
from bot.domain.operations import Operation, OperationKind
from bot.domain.outbox import EventKind, OutboxEvent
from bot.errors import SlackBusy, SlackError, SlackNoAnswer, SlackTokenRejected
from bot.telemetry import LogEvent, log_event, trace_context
from bot.usecases.dependencies import Dependencies
from bot.usecases.notifications.alerts import update_alerts, update_resolution_requests
from bot.usecases.notifications.cards import update_card, update_card_and_post_line, update_related_cards
from bot.usecases.notifications.pause_notice import refresh_cards, update_pause_notice
from bot.usecases.notifications.publisher import MessageBusy, NotYet, post_once
from bot.usecases.notifications.read_model import record_of
from bot.usecases.notifications.reminders import send_reminder, start_day, update_reminders
from bot.usecases.notifications.replies import reply_to_people
from bot.usecases.notifications.summary import summary
from bot.usecases.records.claim import expire_claim

FIRST_PAUSE_SECONDS = 5
LONGEST_PAUSE_SECONDS = 3600
OUTAGE_PAUSE_SECONDS = 300
"""Slack comes back by itself, and alerts wait for it."""


@dataclass(slots=True)
class PublishReport:
    """How a piece of news went: what stood in the way, and when it is tried again (None: delivered)."""

    news_id: str
    troubles: list[Exception] = field(default_factory=list)
    again_at: int | None = None

    @property
    def only_waits(self) -> bool:
        """Waiting for one's turn is the normal course of events; what Slack did not take is not."""
        return all(
            isinstance(trouble, (MessageBusy, SlackBusy)) and not isinstance(trouble, SlackTokenRejected)
            for trouble in self.troubles
        )


def publish(news_id: str, deps: Dependencies) -> PublishReport | None:
    """Delivers what is not delivered yet. Safe to call any number of times; None where there is nothing to do now.

    What Slack does not take is tried again later; any other error too, and is raised once that is written down.
    """
    event = deps.outbox.event(news_id)
    now = deps.now()
    if event is None or event.due is None or event.due > now:
        return None
    with trace_context(event.operation_id or event.id):
        report = _delivered(event, deps, now)
    for trouble in report.troubles:
        if not isinstance(trouble, (MessageBusy, SlackError)):
            raise trouble
    return report


def _delivered(event: OutboxEvent, deps: Dependencies, now: int) -> PublishReport:
    report = PublishReport(event.id, _troubles(event, deps))
    if report.troubles:
        report.again_at = deps.now() + max(pause_after(trouble, event) for trouble in report.troubles)
        deps.outbox.postpone(event, report.again_at)
        log_event(LogEvent.EVENT_POSTPONED, attempt=event.attempts + 1, failed=int(not report.only_waits))
    else:
        deps.outbox.mark_delivered(event, now)
        log_event(
            LogEvent.EVENT_PUBLISHED, event=event.kind.value, version=event.version, lag=_lag(event, deps)
        )
    return report


def _lag(event: OutboxEvent, deps: Dependencies) -> int | None:
    """Seconds from Noyo's `modified` until all is told; None where it tells no change, or one that is past already."""
    if (
        event.version is None
        or event.found
        or event.kind not in (EventKind.RECORD_CHANGED, EventKind.OPERATION_CHANGED)
    ):
        return None
    record_state = deps.records.record_state(event.entity)
    if record_state is None or record_state.record.version != event.version:
        return None
    return max(deps.now() - record_state.record.modified, 0)


def _troubles(event: OutboxEvent, deps: Dependencies) -> list[Exception]:
    """What stood in the way. Each step stands alone: one that fails, for whatever reason, keeps none from happening."""
    troubles: list[Exception] = []
    try:
        steps = list(_steps(event, deps))
    except Exception as trouble:  # noqa: BLE001 - put off like any other, and raised once that is written
        return [trouble]
    for step in steps:
        try:
            step()
        except Exception as trouble:  # noqa: BLE001 - the same
            troubles.append(trouble)
    return troubles


def pause_after(trouble: Exception, event: OutboxEvent) -> int:
    """Seconds until it is tried again."""
    if isinstance(trouble, SlackBusy):
        return max(trouble.retry_after, 1)
    if isinstance(trouble, NotYet):
        return trouble.seconds
    if isinstance(trouble, MessageBusy):
        return FIRST_PAUSE_SECONDS
    growing: int = FIRST_PAUSE_SECONDS * 2 ** min(event.attempts, 10)
    return min(growing, OUTAGE_PAUSE_SECONDS if isinstance(trouble, SlackNoAnswer) else LONGEST_PAUSE_SECONDS)


def _steps(event: OutboxEvent, deps: Dependencies) -> Iterator[Callable[[], None]]:
    if event.kind is EventKind.SUMMARY:
        yield lambda: _summarise(deps)
        return
    if event.kind is EventKind.DAY_STARTED:
        yield from start_day(event, deps)
        return
    if event.kind is EventKind.REMINDER:
        yield lambda: send_reminder(event, deps)
        return
    if event.kind is EventKind.CLAIM_EXPIRY:
        yield lambda: expire_claim(event, deps)
        return
    if event.kind is EventKind.SENDING_CHANGED:
        yield lambda: update_pause_notice(event, deps)
        yield lambda: refresh_cards(event, deps)
        return
    if event.kind is EventKind.CARD_REFRESH:
        yield lambda: update_card(event.entity, deps)
        yield lambda: update_alerts(event, event.entity, deps)
        return
    operation = deps.operations.operation(event.operation_id) if event.operation_id else None
    entity = _record_subject(event, operation, deps)
    if _has_card(event, operation):
        yield lambda: update_card_and_post_line(event, operation, entity, deps)
    if entity is not None:
        yield lambda: update_alerts(event, entity, deps)
        if entity.kind is EntityKind.DISCONNECTION:
            yield lambda: update_reminders(entity, deps)
        if event.version is not None:
            yield lambda: update_related_cards(entity, deps)
    if operation is not None:
        yield lambda: update_resolution_requests(operation, deps)
        if operation.actor is not None:
            yield lambda: reply_to_people(operation, deps)


def _record_subject(event: OutboxEvent, operation: Operation | None, deps: Dependencies) -> EntityRef | None:
    if event.entity.is_record:
        return event.entity
    record_state = record_of(operation, deps) if operation is not None else None
    return record_state.entity if record_state is not None else None


def _has_card(event: OutboxEvent, operation: Operation | None) -> bool:
    """A look by itself is not worth a card or a line; what it found out is."""
    looked = operation is not None and operation.kind is OperationKind.REFRESH_RECORD
    return event.version is not None or not looked


def _summarise(deps: Dependencies) -> None:
    place = MessageKey(deps.channels.alerts, "summary")

    def content() -> Summary:
        return summary(deps.records, deps.now())

    post_once(place, content, deps)
