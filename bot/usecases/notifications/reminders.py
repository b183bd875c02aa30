"""What time brings to a request that waits for a decision: its days, and the reminders on some of them.

Each day puts the next one before it is delivered itself, so the chain never breaks; whatever is put is checked against
the table first once its time has come. Ids are of version and day: whoever puts one twice puts it once.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from datetime import date, timedelta

from bot.domain import outbox as telling
from bot.domain.business_days import start_of, working_moment
from bot.domain.content import Alert, MessageLink
from bot.domain.entities import EntityRef
from bot.domain.messages import MessageKey
from bot.domain.outbox import OutboxEvent
from bot.domain.record_states import RecordState
from bot.domain.reminders import awaits_decision, latest_reminder, mentions_approvers
from bot.errors import SlackRefused
from bot.usecases.dependencies import Dependencies
from bot.usecases.notifications.alerts import is_final, update_alerts
from bot.usecases.notifications.cards import post_under_card, update_card
from bot.usecases.notifications.publisher import NotYet, delete_message, upsert_message
from bot.usecases.notifications.read_model import open_operation

SPREAD_SECONDS = 1800
"""What begins at one moment is spread over so long: Slack takes some fifty edits a minute, and a message a second."""
BEING_DECIDED_SECONDS = 900
"""Nobody is reminded of what somebody is deciding; should that be refused, they are afterwards."""


def start_day(event: OutboxEvent, deps: Dependencies) -> Iterator[Callable[[], None]]:
    """The steps of a new day: what comes after it, then everything that counts days, made anew."""
    record_state = _still_waiting(event, deps)
    if record_state is None:
        return  # A version that came since has days of its own.
    _mind_the_day(event, deps)
    yield lambda: _put_what_comes(event, record_state, deps)
    if event.day is not None and not _slept_through(event, record_state, deps):
        yield lambda: update_card(record_state.entity, deps)
        yield lambda: update_alerts(event, record_state.entity, deps)
        yield lambda: update_reminders(record_state.entity, deps)


def _mind_the_day(event: OutboxEvent, deps: Dependencies) -> None:
    """Where the zone in the settings was moved west meanwhile, it is still the day before; told now, the day that is
    put next would be this one again, and the chain would end."""
    if event.day is not None and event.day > deps.today():
        raise NotYet(_begins(event.day, event.entity, deps) - deps.now())


def _begins(day: date, entity: EntityRef, deps: Dependencies) -> int:
    return start_of(day, deps.timezone) + 1 + spread(entity)


def _still_waiting(event: OutboxEvent, deps: Dependencies) -> RecordState | None:
    record_state = deps.records.record_state(event.entity)
    if (
        record_state is None
        or not awaits_decision(record_state)
        or record_state.record.version != event.version
    ):
        return None
    return record_state


def _slept_through(event: OutboxEvent, record_state: RecordState, deps: Dependencies) -> bool:
    """Whether a later day has begun as well, which shows everything as it is by now."""
    today = telling.day_started(record_state.record, deps.today(), 0)
    return today.id != event.id and deps.outbox.event(today.id) is not None


def _put_what_comes(event: OutboxEvent, record_state: RecordState, deps: Dependencies) -> None:
    zone, today, now = deps.timezone, deps.today(), deps.now()
    later = spread(record_state.entity)
    reminder = latest_reminder(record_state, today, zone)
    # A version that is new to us takes up the reminder of its day, which the version before it can no longer give.
    if reminder is not None and reminder >= (event.day or today):
        begins = working_moment(max(now, start_of(reminder, zone)), zone)
        deps.outbox.put(telling.reminder(record_state.record, reminder, begins + later))
    tomorrow = today + timedelta(days=1)
    deps.outbox.put(
        telling.day_started(record_state.record, tomorrow, _begins(tomorrow, record_state.entity, deps))
    )


def spread(entity: EntityRef) -> int:
    """Seconds after the hour at which this one has its turn, always the same."""
    return int.from_bytes(hashlib.sha256(str(entity).encode()).digest()[:4], "big") % SPREAD_SECONDS


# ---------------------------------------------------------------- reminders


def send_reminder(event: OutboxEvent, deps: Dependencies) -> None:
    """One reminder, in the card's thread and in the channel; the one before it goes once it is there.

    It is posted in working hours only. What was decided, changed, or has a later reminder by now is not spoken of.
    """
    record_state, place = _still_waiting(event, deps), _place(event, deps)
    if (
        record_state is None
        or not _is_its_turn(record_state, event, deps)
        or _was_reminded_of(place, event, deps)
    ):
        _forget(place, event.entity, deps)
        return
    _mind_the_hour(deps)
    if open_operation(record_state, deps) is not None:
        raise NotYet(BEING_DECIDED_SECONDS)

    def posted(card: MessageLink) -> None:
        _keep_true(place, event.entity, deps, thread=card.ts, newest=True)

    post_under_card(event.entity, posted, deps)
    update_reminders(event.entity, deps)


def _is_its_turn(record_state: RecordState, event: OutboxEvent, deps: Dependencies) -> bool:
    """After some days off only the newest reminder counts."""
    return latest_reminder(record_state, deps.today(), deps.timezone) == event.day


def _was_reminded_of(place: MessageKey, event: OutboxEvent, deps: Dependencies) -> bool:
    """Whether the day's reminder is there already, posted while the request was in the version before."""
    of_the_day = f"{_prefix(event.entity)}{event.day}:"
    places = deps.messages.live(place.channel, of_the_day)
    return any(one != place and deps.messages.link(one) is not None for one in places)


def _mind_the_hour(deps: Dependencies) -> None:
    now = deps.now()
    begins = working_moment(now, deps.timezone)
    if begins > now:
        raise NotYet(begins - now)


def _forget(place: MessageKey, entity: EntityRef, deps: Dependencies) -> None:
    """One that was posted says by itself that it is over; one of which nobody knows must not turn up later."""
    if deps.messages.link(place) is None:
        card = _card(entity, deps)
        delete_message(place, deps, thread=card.ts if card else None)
    update_reminders(entity, deps)


def update_reminders(entity: EntityRef, deps: Dependencies) -> None:
    """The last reminder says what is so; those before it are deleted, or say so too where Slack deletes nothing."""
    channel = deps.channels.of_alert(entity.kind)
    live = sorted(deps.messages.live(channel, _prefix(entity)), key=lambda place: place.name)
    card = _card(entity, deps) if live else None
    for place in live:
        newest = place == live[-1]
        if newest or not _taken_away(place, card, deps):
            _keep_true(place, entity, deps, thread=card.ts if card else None, newest=newest, reposts=False)


def _taken_away(place: MessageKey, card: MessageLink | None, deps: Dependencies) -> bool:
    try:
        delete_message(place, deps, thread=card.ts if card else None)
    except SlackRefused:
        return False  # Such as a workspace in which nobody deletes.
    return True


def _keep_true(
    place: MessageKey,
    entity: EntityRef,
    deps: Dependencies,
    *,
    thread: str | None,
    newest: bool,
    reposts: bool = True,
) -> None:
    upsert_message(
        place,
        lambda: _reminder(place, entity, deps, newest=newest),
        deps,
        thread=thread,
        broadcast=True,
        reposts=reposts,
        closes=is_final,
    )


def _reminder(place: MessageKey, entity: EntityRef, deps: Dependencies, *, newest: bool) -> Alert:
    record_state = deps.records.record_state(entity)
    if record_state is None:
        raise LookupError(f"nothing in the table for {entity}")
    *_, day, version = place.name.split(":")
    return Alert(
        record_state,
        version if newest and awaits_decision(record_state) else "",
        open_operation(record_state, deps),
        deps.card_link(record_state),
        deps.today() if awaits_decision(record_state) else None,
        mention_approvers=mentions_approvers(record_state, date.fromisoformat(day), deps.timezone),
        is_reminder=True,
    )


def _prefix(entity: EntityRef) -> str:
    return f"reminder:{entity}:"


def _place(event: OutboxEvent, deps: Dependencies) -> MessageKey:
    """Keys sort by day, whatever the versions are."""
    day = event.day.isoformat() if event.day else ""
    return MessageKey(
        deps.channels.of_alert(event.entity.kind), f"{_prefix(event.entity)}{day}:{event.version}"
    )


def _card(entity: EntityRef, deps: Dependencies) -> MessageLink | None:
    record_state = deps.records.record_state(entity)
    return deps.card_link(record_state) if record_state is not None else None
