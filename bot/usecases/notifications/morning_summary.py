"""The morning summary: what needs the team, in the alerts channel, and to each person directly what is theirs.

It is due once on each business day from the hour of the settings, and is put by every scheduled run of the worker until
five o'clock, so a worker that was off in the morning posts it later that day. The report of what does not move follows
in its thread: the channel gets one message, and reads nothing twice. On the day of the first run there is none, because
the summary of the first run has just said the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial

from bot import policies
from bot.domain import outbox
from bot.domain.business_days import CLOSES, day_of, is_business_day
from bot.domain.content import MessageKey, MorningSummary, PersonalSummary
from bot.domain.morning_summary import NeedCount, OpenTask, count_needs, needs_team
from bot.domain.outbox import FIRST_RUN_SUMMARY, OutboxEvent
from bot.domain.people import is_eligible
from bot.domain.record_filter import OpenRecord, by_urgency, listed
from bot.domain.records import EntityKind
from bot.errors import SlackRefused
from bot.usecases.admin.authorization import current_person, name_of
from bot.usecases.dependencies import Dependencies
from bot.usecases.notifications.not_moving import not_moving_by_carrier, open_records, report_carriers, schedule_report
from bot.usecases.notifications.publisher import post_once
from bot.usecases.notifications.read_model import away_person, waiting_operations
from bot.usecases.notifications.replies import NO_DIRECT_MESSAGE


def schedule_daily_messages(deps: Dependencies) -> None:
    """Put the event of today's summary once its hour has come. Its id is the day's, so it exists only once."""
    if deps.summary_hour is None:
        schedule_report(deps)
    elif _is_summary_time(deps.summary_hour, deps):
        deps.outbox.put(outbox.morning_summary(deps.today(), deps.now()))


def post_summary(event: OutboxEvent, deps: Dependencies) -> Iterator[Callable[[], object]]:
    """The tasks of a summary. It is posted on its own day only, and not later than the end of working hours."""
    if event.day != deps.today() or not _is_summary_time(0, deps) or not _first_run_is_earlier(deps):
        return
    opened = open_records(deps)
    needs, tasks = _what_needs_people(opened, deps)
    carriers = not_moving_by_carrier(opened, deps)
    if not needs and not carriers:
        return
    key = MessageKey(deps.channels.alerts, f"morning:{event.day}")
    not_moving = tuple((carrier_id, len(states)) for carrier_id, states in carriers.items())
    yield partial(_post, key, needs, tasks[: policies.SUMMARY_SHOWN], not_moving, deps)
    for person, theirs in _by_person(tasks).items():
        yield partial(_post_directly, person, theirs, key.name, deps)
    yield from report_carriers(event, carriers, deps, below=key)


def _is_summary_time(from_hour: int, deps: Dependencies) -> bool:
    local = datetime.fromtimestamp(deps.now(), deps.timezone)
    return is_business_day(local.date(), deps.holidays) and from_hour <= local.hour < CLOSES.hour


def _first_run_is_earlier(deps: Dependencies) -> bool:
    """Whether the first polls were complete before today."""
    cursors = [deps.polling.cursor(kind) for kind in (EntityKind.CONNECTION, EntityKind.DISCONNECTION)]
    if any(cursor is None or cursor.since is None for cursor in cursors):
        return False
    first = deps.outbox.event(FIRST_RUN_SUMMARY)  # It is deleted some weeks later.
    return first is None or day_of(first.at, deps.timezone) < deps.today()


def _what_needs_people(
    opened: Sequence[OpenRecord], deps: Dependencies
) -> tuple[tuple[NeedCount, ...], list[OpenTask]]:
    """How much there is, and the tasks themselves, most urgent first. The index of open records may lag, so each record
    is read; of very many the least urgent are only counted."""
    operations, _ = waiting_operations(deps)
    about = {operation.entity for operation in operations if operation.entity.is_record}
    needing = [record for record in by_urgency(opened) if needs_team(record) and record.entity not in about]
    read, unread = needing[: policies.SUMMARY_MOST_READ], needing[policies.SUMMARY_MOST_READ :]
    states = deps.records.record_states([*about, *(record.entity for record in read)], skip_unreadable=True)
    current = [states[record.entity] for record in read if record.entity in states]
    current = [state for state in current if needs_team(listed(state))]
    needs = count_needs([*map(listed, current), *unread], operations)
    tasks = [OpenTask(states.get(operation.entity), operation) for operation in operations]
    return needs, [*tasks, *map(OpenTask, current)]


def _by_person(tasks: Sequence[OpenTask]) -> dict[str, list[OpenTask]]:
    people: dict[str, list[OpenTask]] = {}
    for task in tasks:
        if task.responsible is not None:
            people.setdefault(task.responsible, []).append(task)
    return people


def _post(
    key: MessageKey,
    needs: tuple[NeedCount, ...],
    urgent: Sequence[OpenTask],
    not_moving: tuple[tuple[str, int], ...],
    deps: Dependencies,
) -> None:
    named = [replace(task, owner_name=_owner_name(task, deps)) for task in urgent]
    content = MorningSummary(needs, tuple(named), not_moving, deps.today(), deps.now())
    post_once(key, lambda: content, deps)


def _owner_name(task: OpenTask, deps: Dependencies) -> str:
    return name_of(task.record_state.owner, deps) if task.record_state is not None else ""


def _post_directly(person_id: str, theirs: Sequence[OpenTask], name: str, deps: Dependencies) -> None:
    """To the person, or to the cover while they are away. Guests, and people who have left, get nothing."""
    away = away_person(person_id, deps)
    key = MessageKey(person_id, name)
    if away is not None and away.cover is not None:
        key = MessageKey(away.cover, f"{name}:{person_id}")
    person = current_person(key.channel, deps)
    if person is None or not is_eligible(person, deps.policy):
        return
    shown, for_cover = tuple(theirs[: policies.SUMMARY_SHOWN_TO_PERSON]), key.channel != person_id
    content = PersonalSummary(shown, len(theirs), deps.today(), deps.now(), away if for_cover else None)
    try:
        post_once(key, lambda: content, deps)
    except SlackRefused as refusal:
        if refusal.code not in NO_DIRECT_MESSAGE:
            raise
