"""Daily updates and reminders for disconnection requests that await a decision.

Each daily timer schedules its successor before it runs, so the chain never breaks. A timer is checked against the
record's current state when it fires. Its id consists of version and day, so that scheduling it twice has no effect.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta

from bot import policies
from bot.domain import outbox
from bot.domain.business_days import start_of
from bot.domain.content import Alert, MessageKey, MessageLink
from bot.domain.outbox import OutboxEvent
from bot.domain.record_states import RecordState
from bot.domain.records import EntityRef
from bot.domain.reminders import awaits_decision, latest_reminder, mentions_approvers
from bot.errors import SlackRefused
from bot.usecases.dependencies import Dependencies
from bot.usecases.notifications.cards import is_final, post_under_card, update_alerts, update_card
from bot.usecases.notifications.publisher import NotYet, delete_message, upsert_message
from bot.usecases.notifications.read_model import current_alert, open_operation


def start_day(event: OutboxEvent, deps: Dependencies) -> Iterator[Callable[[], None]]:
    """The tasks of a new day: schedule the next day first, then update every message that counts days."""
    record_state = _still_waiting(event, deps)
    if record_state is None:
        return  # A newer version has its own daily timers.
    _ensure_day_started(event, deps)
    yield lambda: _schedule_next(event, record_state, deps)
    if event.day is not None and not _is_superseded(event, record_state, deps):
        yield lambda: update_card(record_state.entity, deps)
        yield lambda: update_alerts(event, record_state.entity, deps)
        yield lambda: update_reminders(record_state.entity, deps)


def _ensure_day_started(event: OutboxEvent, deps: Dependencies) -> None:
    """Wait if the configured time zone was moved west: it is still the day before there.

    Running now would schedule this same day again, and the chain of days would end.
    """
    if event.day is not None and event.day > deps.today():
        raise NotYet(_day_begins(event.day, event.entity, deps) - deps.now())


def _day_begins(day: date, entity: EntityRef, deps: Dependencies) -> int:
    return start_of(day, deps.timezone) + 1 + spread_seconds(entity)


def _still_waiting(event: OutboxEvent, deps: Dependencies) -> RecordState | None:
    record_state = deps.records.record_state(event.entity)
    if record_state is None or not awaits_decision(record_state) or record_state.record.version != event.version:
        return None
    return record_state


def _is_superseded(event: OutboxEvent, record_state: RecordState, deps: Dependencies) -> bool:
    """Whether a later day has started too, which updates everything anyway."""
    today = outbox.day_started(record_state.record, deps.today(), 0)
    return today.id != event.id and deps.outbox.event(today.id) is not None


def _schedule_next(event: OutboxEvent, record_state: RecordState, deps: Dependencies) -> None:
    today, now = deps.today(), deps.now()
    later = spread_seconds(record_state.entity)
    reminder = latest_reminder(record_state, today, deps.calendar)
    # A new version takes over the reminder of its day, which the previous version can no longer post.
    if reminder is not None and reminder >= (event.day or today):
        begins = deps.working_moment(max(now, start_of(reminder, deps.timezone)))
        deps.outbox.put(outbox.reminder(record_state.record, reminder, begins + later))
    tomorrow = today + timedelta(days=1)
    deps.outbox.put(outbox.day_started(record_state.record, tomorrow, _day_begins(tomorrow, record_state.entity, deps)))


def spread_seconds(entity: EntityRef) -> int:
    """A fixed offset for this entity, in seconds below `policies.REMINDER_SPREAD_SECONDS`."""
    return int.from_bytes(hashlib.sha256(str(entity).encode()).digest()[:4], "big") % policies.REMINDER_SPREAD_SECONDS


# ---------------------------------------------------------------- reminders


def send_reminder(event: OutboxEvent, deps: Dependencies) -> None:
    """Post a reminder in the card's thread and in the channel, then remove the previous one.

    It is posted in working hours only, and not for a request that was decided, changed, or has a later reminder.
    """
    record_state, key = _still_waiting(event, deps), _reminder_key(event, deps)
    if record_state is None or not _is_latest(record_state, event, deps) or _already_posted(key, event, deps):
        _drop(key, event.entity, deps)
        return
    _ensure_working_hours(deps)
    if open_operation(record_state, deps) is not None:
        raise NotYet(policies.REMINDER_DECISION_WAIT_SECONDS)

    def posted(card: MessageLink) -> None:
        _upsert(key, event.entity, deps, thread=card.ts, newest=True)

    post_under_card(event.entity, posted, deps)
    update_reminders(event.entity, deps)


def _is_latest(record_state: RecordState, event: OutboxEvent, deps: Dependencies) -> bool:
    """After an outage of several days, only the latest reminder is posted."""
    return latest_reminder(record_state, deps.today(), deps.calendar) == event.day


def _already_posted(key: MessageKey, event: OutboxEvent, deps: Dependencies) -> bool:
    """Whether the day's reminder was already posted for the previous version of the request."""
    of_the_day = f"{_prefix(event.entity)}{event.day}:"
    keys = deps.messages.live(key.channel, of_the_day)
    return any(other != key and deps.messages.link(other) is not None for other in keys)


def _ensure_working_hours(deps: Dependencies) -> None:
    now = deps.now()
    begins = deps.working_moment(now)
    if begins > now:
        raise NotYet(begins - now)


def _drop(key: MessageKey, entity: EntityRef, deps: Dependencies) -> None:
    """Make sure that an unposted reminder is never posted; a posted one is updated to say that it is over."""
    if deps.messages.link(key) is None:
        delete_message(key, deps, thread=_thread_of(entity, deps))
    update_reminders(entity, deps)


def update_reminders(entity: EntityRef, deps: Dependencies) -> None:
    """Update the latest reminder; delete earlier ones, or update them where Slack does not allow deleting."""
    channel = deps.channels.of_alert(entity.kind)
    live = sorted(deps.messages.live(channel, _prefix(entity)), key=lambda key: key.name)
    thread = _thread_of(entity, deps) if live else None
    for key in live:
        newest = key == live[-1]
        if newest or not _deleted(key, thread, deps):
            _upsert(key, entity, deps, thread=thread, newest=newest, reposts=False)


def _deleted(key: MessageKey, thread: str | None, deps: Dependencies) -> bool:
    try:
        delete_message(key, deps, thread=thread)
    except SlackRefused:
        return False  # Some workspaces do not allow deleting.
    return True


def _upsert(
    key: MessageKey, entity: EntityRef, deps: Dependencies, *, thread: str | None, newest: bool, reposts: bool = True
) -> None:
    upsert_message(
        key,
        lambda: _reminder(key, entity, deps, newest=newest),
        deps,
        thread=thread,
        broadcast=True,
        reposts=reposts,
        closes_after=is_final,
    )


def _reminder(key: MessageKey, entity: EntityRef, deps: Dependencies, *, newest: bool) -> Alert:
    alert = current_alert(entity, deps)
    record_state = alert.record_state
    *_, day, version = key.name.split(":")
    return replace(
        alert,
        raised_version=version if newest and awaits_decision(record_state) else "",
        mention_approvers=mentions_approvers(record_state, date.fromisoformat(day), deps.calendar),
        is_reminder=True,
    )


def _prefix(entity: EntityRef) -> str:
    return f"reminder:{entity}:"


def _reminder_key(event: OutboxEvent, deps: Dependencies) -> MessageKey:
    """Message names sort by day, whatever the versions are."""
    day = event.day.isoformat() if event.day else ""
    return MessageKey(deps.channels.of_alert(event.entity.kind), f"{_prefix(event.entity)}{day}:{event.version}")


def _thread_of(entity: EntityRef, deps: Dependencies) -> str | None:
    card = deps.card_link(deps.records.record_state(entity))
    return card.ts if card is not None else None
