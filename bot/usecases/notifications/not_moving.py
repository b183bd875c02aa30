"""The daily report of what does not move: one message for each carrier, in the alerts channel.

It is due once on each business day, as part of the morning summary and in its thread. Without a morning summary it
stands alone, and is put by every scheduled run of the worker within working hours, so a worker that was off in the
morning reports later that day. A day that passed without a report needs none: the next report lists everything that
still does not move.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial

from bot import policies
from bot.domain import outbox
from bot.domain.content import MessageKey, NotMoving, NotMovingRecord
from bot.domain.not_moving import is_not_moving, is_overdue, unchanged_business_days
from bot.domain.outbox import OutboxEvent
from bot.domain.record_filter import OpenRecord, by_urgency, listed
from bot.domain.record_states import RecordState
from bot.domain.records import EntityKind
from bot.usecases.admin.authorization import name_of
from bot.usecases.dependencies import Dependencies
from bot.usecases.notifications.publisher import NotYet, post_once
from bot.usecases.notifications.read_model import away_owner


def schedule_report(deps: Dependencies) -> None:
    """Put the event of today's report, within working hours only. Its id is the day's, so it exists only once."""
    if _is_working_time(deps):
        deps.outbox.put(outbox.not_moving(deps.today(), deps.now()))


def report_not_moving(event: OutboxEvent, deps: Dependencies) -> Iterator[Callable[[], object]]:
    """The tasks of a report: a message for each carrier. It is posted on its own day, in working hours only."""
    if event.day != deps.today() or not _is_working_time(deps):
        return
    yield from report_carriers(event, not_moving_by_carrier(open_records(deps), deps), deps)


def report_carriers(
    event: OutboxEvent,
    carriers: Mapping[str, list[RecordState]],
    deps: Dependencies,
    *,
    below: MessageKey | None = None,
) -> Iterator[Callable[[], object]]:
    """A task for each carrier. `below`: the message in whose thread they are posted."""
    for carrier_id, record_states in carriers.items():
        key = MessageKey(deps.channels.alerts, f"not_moving:{event.day}:{carrier_id}")
        yield partial(_post, key, carrier_id, record_states, below, deps)


def _post(
    key: MessageKey, carrier_id: str, record_states: list[RecordState], below: MessageKey | None, deps: Dependencies
) -> None:
    thread = None
    if below is not None:
        parent = deps.messages.link(below)
        if parent is None:
            raise NotYet(policies.EVENT_FIRST_PAUSE_SECONDS)
        thread = parent.ts
    content = _content(carrier_id, record_states, deps)
    post_once(key, lambda: content, deps, thread=thread)


def _is_working_time(deps: Dependencies) -> bool:
    now = deps.now()
    return deps.working_moment(now) == now


def open_records(deps: Dependencies) -> list[OpenRecord]:
    kinds = (EntityKind.DISCONNECTION, EntityKind.CONNECTION)
    return [record for kind in kinds for record in deps.records.open_records(kind)]


def not_moving_by_carrier(opened: Iterable[OpenRecord], deps: Dependencies) -> dict[str, list[RecordState]]:
    """What does not move, most urgent first. The index of open records says which records have to be read at all."""
    candidates = [record for record in opened if _is_not_moving(record, deps)]
    ordered = [record.entity for record in by_urgency(candidates)]
    states = deps.records.record_states(ordered, skip_unreadable=True)
    carriers: dict[str, list[RecordState]] = {}
    for entity in ordered:
        state = states.get(entity)
        if state is not None and _is_not_moving(listed(state), deps):  # The index may lag.
            carriers.setdefault(state.record.carrier_id, []).append(state)
    return carriers


def _is_not_moving(record: OpenRecord, deps: Dependencies) -> bool:
    return is_not_moving(record, deps.not_moving_limits, deps.today(), deps.calendar)


def _content(carrier_id: str, record_states: list[RecordState], deps: Dependencies) -> NotMoving:
    today = deps.today()
    shown = [
        NotMovingRecord(
            state,
            unchanged_business_days(listed(state), today, deps.calendar),
            is_overdue(listed(state), today),
            name_of(state.owner, deps),
            away_owner(state, deps),
        )
        for state in record_states[: policies.NOT_MOVING_SHOWN]
    ]
    youngest = min(deps.now() - state.record.modified for state in record_states)
    return NotMoving(carrier_id, tuple(shown), len(record_states), max(youngest - 1, 0) // 86400, deps.now())
