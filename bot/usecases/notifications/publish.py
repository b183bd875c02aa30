"""Publish an outbox event to Slack. Nothing else posts messages."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from bot import policies
from bot.domain.content import MessageKey
from bot.domain.operations import Operation
from bot.domain.outbox import EventKind, OutboxEvent
from bot.domain.record_states import RecordState
from bot.domain.records import EntityKind
from bot.errors import SlackBusy, SlackError, SlackNoAnswer, SlackTokenRejected, UnknownSchema
from bot.telemetry import LogEvent, log_event, trace_context
from bot.usecases.dependencies import Dependencies
from bot.usecases.notifications.absence import refresh_owned
from bot.usecases.notifications.cards import (
    stays_with_requester,
    update_alerts,
    update_card,
    update_card_and_post_line,
    update_related_cards,
    update_resolution_requests,
    update_resolution_requests_about,
)
from bot.usecases.notifications.handover import handover_tasks
from bot.usecases.notifications.home import publish_home, update_homes
from bot.usecases.notifications.morning_summary import post_summary
from bot.usecases.notifications.not_moving import report_not_moving
from bot.usecases.notifications.pause_notice import refresh_cards, update_pause_notice
from bot.usecases.notifications.publisher import MessageBusy, NotYet, PostUnconfirmed, WaitsForEarlierLine, post_once
from bot.usecases.notifications.read_model import record_of, summary
from bot.usecases.notifications.reminders import send_reminder, start_day, update_reminders
from bot.usecases.notifications.replies import reply_to_people
from bot.usecases.records.claim import expire_claim


@dataclass(slots=True)
class PublishReport:
    """What failed while publishing an event, and when it is retried (Unix seconds; None once published)."""

    failures: list[Exception] = field(default_factory=list)
    retry_at: int | None = None
    is_home: bool = False

    @property
    def waiting_only(self) -> bool:
        """Whether every failure is only a wait: for a lease or for Slack's rate limit."""
        return self._all_are(MessageBusy, SlackBusy)

    @property
    def may_pass_soon(self) -> bool:
        """Whether every failure is a wait, or an outage of Slack that may be short. An App Home is left to the
        schedule: while a worker waits for it, messages would wait behind it."""
        return not self.is_home and self._all_are(MessageBusy, SlackBusy, SlackNoAnswer)

    def _all_are(self, *kinds: type[Exception]) -> bool:
        return all(isinstance(each, kinds) and not isinstance(each, SlackTokenRejected) for each in self.failures)


def publish(event_id: str, deps: Dependencies) -> PublishReport | None:
    """Publish the event if it is due. Idempotent; None if there is nothing to do now.

    Slack's errors postpone the event. Any other error postpones it too, and is raised afterwards.
    """
    now = deps.now()
    try:
        event = deps.outbox.event(event_id)
    except UnknownSchema:
        deps.outbox.set_aside(event_id, now)
        raise
    if event is None or event.due is None or event.due > now:
        return None
    with trace_context(event.operation_id or event.id):
        report = _publish(event, deps, now)
    for failure in report.failures:
        if not isinstance(failure, (MessageBusy, SlackError)):
            raise failure
    return report


def _publish(event: OutboxEvent, deps: Dependencies, now: int) -> PublishReport:
    report = PublishReport(_failures(event, deps), is_home=event.kind is EventKind.HOME_REQUESTED)
    if report.failures:
        report.retry_at = deps.now() + max(retry_delay(failure, event) for failure in report.failures)
        if event.waiting_since is None and any(isinstance(each, WaitsForEarlierLine) for each in report.failures):
            event = replace(event, waiting_since=now)
        deps.outbox.postpone(event, report.retry_at, failed=not report.waiting_only)
        log_event(LogEvent.EVENT_POSTPONED, attempt=event.attempts + 1, failed=int(not report.waiting_only))
    else:
        deps.outbox.mark_delivered(event, now)
        log_event(LogEvent.EVENT_PUBLISHED, kind=event.kind.value, version=event.version, lag=_lag(event, deps))
    return report


def _lag(event: OutboxEvent, deps: Dependencies) -> int | None:
    """Seconds from Noyo's `modified` until now; None unless the event announces the record's newest version."""
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


def _failures(event: OutboxEvent, deps: Dependencies) -> list[Exception]:
    """Run every task of the event, whatever happens to the others, and return what failed."""
    failures: list[Exception] = []
    try:
        tasks = list(_tasks(event, deps))
    except Exception as failure:  # noqa: BLE001 - the event is postponed first, then this is raised
        return [failure]
    for task in tasks:
        try:
            task()
        except Exception as failure:  # noqa: BLE001 - the same
            failures.append(failure)
    return failures


def retry_delay(failure: Exception, event: OutboxEvent) -> int:
    """Seconds until the event is retried after this failure."""
    if isinstance(failure, SlackBusy):
        return max(failure.retry_after, 1)
    if isinstance(failure, NotYet):
        return failure.seconds
    if isinstance(failure, MessageBusy):
        return policies.EVENT_FIRST_PAUSE_SECONDS
    if isinstance(failure, SlackNoAnswer):
        pause = int(policies.EVENT_FIRST_PAUSE_SECONDS * policies.SLACK_OUTAGE_PAUSE_GROWTH ** min(event.attempts, 20))
        earliest = failure.seconds if isinstance(failure, PostUnconfirmed) else 0
        return max(min(pause, policies.SLACK_OUTAGE_MAX_PAUSE_SECONDS), earliest)
    backoff: int = policies.EVENT_FIRST_PAUSE_SECONDS * 2 ** min(event.attempts, 10)
    return min(backoff, policies.EVENT_MAX_PAUSE_SECONDS)


_SINGLE_TASKS: Mapping[EventKind, Callable[[OutboxEvent, Dependencies], object]] = {
    EventKind.REMINDER: send_reminder,
    EventKind.ABSENCE_CHANGED: refresh_owned,
    EventKind.CLAIM_EXPIRY: expire_claim,
    EventKind.HOME_REQUESTED: publish_home,
}
_OWN_TASKS: dict[EventKind, Callable[[OutboxEvent, Dependencies], Iterator[Callable[[], object]]]] = {
    EventKind.DAY_STARTED: start_day,
    EventKind.NOT_MOVING: report_not_moving,
    EventKind.MORNING_SUMMARY: post_summary,
    EventKind.HANDOVER: handover_tasks,
    EventKind.HANDED_OVER: handover_tasks,
}
"""Kinds of events that concern no card, and what finds their tasks."""


def _tasks(event: OutboxEvent, deps: Dependencies) -> Iterator[Callable[[], object]]:
    if event.kind is EventKind.SUMMARY:
        key = MessageKey(deps.channels.alerts, "summary")
        yield lambda: post_once(key, lambda: summary(deps.records, deps.now()), deps)
        return
    if event.kind in _OWN_TASKS:
        yield from _OWN_TASKS[event.kind](event, deps)
        return
    if event.kind in _SINGLE_TASKS:
        yield lambda: _SINGLE_TASKS[event.kind](event, deps)
        return
    if event.kind is EventKind.SENDING_CHANGED:
        yield lambda: update_pause_notice(event, deps)
        yield lambda: refresh_cards(event, deps)
        return
    if event.kind is EventKind.CARD_REFRESH:
        yield lambda: update_card(event.entity, deps)
        yield lambda: update_alerts(event, event.entity, deps)
        yield lambda: update_reminders(event.entity, deps)
        return
    operation = deps.operations.operation(event.operation_id) if event.operation_id else None
    record_state = _record_of_event(event, operation, deps)
    if _has_card(event, operation):
        yield lambda: _update_card(event, operation, record_state, deps)
    if record_state is not None:
        yield lambda: update_alerts(event, record_state.entity, deps)
        is_request = record_state.entity.kind is EntityKind.DISCONNECTION
        if is_request:
            yield lambda: update_reminders(record_state.entity, deps)
        if event.version is not None or (is_request and event.entity != record_state.entity):
            # A known record that turns out to be what was requested may get its group from the request.
            yield lambda: update_related_cards(event, record_state, deps)
        if event.version is not None and (operation is None or not operation.changes_noyo):
            # What an operation changes is saved before the next one on the record is sent: its question shows it.
            yield lambda: update_resolution_requests_about(record_state, deps)
    if operation is not None:
        yield lambda: update_resolution_requests(operation, deps)
        if operation.actor is not None:
            yield lambda: _reply(event, operation, record_state, deps)
            yield lambda: update_homes(operation, deps)


def _update_card(
    event: OutboxEvent, operation: Operation | None, record_state: RecordState | None, deps: Dependencies
) -> None:
    if not stays_with_requester(operation, record_state, deps):
        update_card_and_post_line(event, operation, record_state, deps)


def _reply(event: OutboxEvent, operation: Operation, record_state: RecordState | None, deps: Dependencies) -> None:
    """A refusal that does not reach the person who asked gets a card after all, so that somebody sees it."""
    if not reply_to_people(operation, deps) and _has_card(event, operation):
        update_card_and_post_line(event, operation, record_state, deps)


def _record_of_event(event: OutboxEvent, operation: Operation | None, deps: Dependencies) -> RecordState | None:
    if event.entity.is_record:
        return deps.records.record_state(event.entity)
    return record_of(operation, deps) if operation is not None else None


def _has_card(event: OutboxEvent, operation: Operation | None) -> bool:
    """No notification is sent for a refresh itself, only for the changes it finds."""
    return event.version is not None or operation is None or operation.changes_noyo
