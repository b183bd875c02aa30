"""Outbox events: what happened to which entity, until everyone concerned has been notified; and record changes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from bot.domain.absences import Absence
from bot.domain.handover import Handover
from bot.domain.home import HomeView
from bot.domain.operations import Operation, OperationState
from bot.domain.pauses import Pause
from bot.domain.people import AuditEntry
from bot.domain.record_states import RecordState
from bot.domain.records import (
    DAILY_REPORT,
    DAILY_SUMMARY,
    SENDING_PAUSE,
    EntityRef,
    FieldChange,
    Record,
    changed_fields,
    person_ref,
)


class EventKind(StrEnum):
    RECORD_CHANGED = "record_changed"
    """A record is new to Switchboard or has a new version."""
    LATE_VERSION = "late_version"
    """Noyo returned an older version of a record after a newer one. It is history, and raises no alert."""
    OPERATION_CHANGED = "operation_changed"
    """An operation was submitted, is being reconciled, needs a manual resolution, or was settled."""
    DAY_STARTED = "day_started"
    """A day starts on which a request may still wait; its card counts days. The first event has no `day`."""
    REMINDER = "reminder"
    """People are reminded of a request on this day if it still waits."""
    SUMMARY = "first_run_summary"
    """The first poll is complete. The summary says how much is open, and what needs action."""
    OWNER_CHANGED = "owner_changed"
    """A request was claimed or released; `before` and `after` are Slack user ids."""
    CLAIM_EXPIRY = "claim_expiry"
    """The claim that `before` made at `at` expires when this event is due."""
    SENDING_CHANGED = "sending_changed"
    """Sending to Noyo was paused or resumed, or observe mode started or ended."""
    CARD_REFRESH = "card_refresh"
    """The messages about a record are updated although the record itself has not changed."""
    HANDOVER = "handover"
    """A person hands all their claims over to a colleague."""
    HANDED_OVER = "handed_over"
    """A handover is complete: both people are told what became of it."""
    NOT_MOVING = "not_moving"
    """What does not move on this day is reported."""
    ABSENCE_CHANGED = "absence_changed"
    """A person went away, is back, or their absence ends when this event is due."""
    HOME_REQUESTED = "home_requested"
    """A person opened their App Home, or chose there what it shows."""
    MORNING_SUMMARY = "morning_summary"
    """On this day, what needs people is posted, with the report of what does not move."""


@dataclass(frozen=True, slots=True)
class OutboxEvent:
    """`before` and `after` are statuses as Noyo names them; `due` is when to deliver (Unix seconds), None once done.

    `found`: the record existed before the first poll, so no alert is raised. `day` is the day of a daily timer or
    reminder. If settling an operation brought a new version of the record, one event announces both. `changes` are the
    fields that this version changed, so that its line in the thread shows what happened then, whatever follows.
    """

    id: str
    kind: EventKind
    entity: EntityRef
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
    changes: tuple[FieldChange, ...] = ()
    follows: tuple[str, ...] = ()
    """Ids of the newest events known when it was made. In a card's thread, its line comes after theirs."""
    waiting_since: int | None = None
    """Since when its line waits for an earlier one that cannot be posted (Unix seconds)."""
    late: bool = False
    """Whether a later line was posted before its own."""
    delay_reason: str | None = None
    """Why an operation is to be sent later, as a text for people, if it was rescheduled."""
    resolved_by: str | None = None
    """Slack user id of the person who chose a resolution."""
    home: HomeView | None = None
    """What the person chose to see in their App Home."""
    requested: int | None = None
    """When they did: Slack's time, in microseconds. A later request replaces an earlier one."""
    handover: Handover | None = None
    """What is handed over, with the result once it is complete."""
    is_handover: bool = False
    """Of a change of the owner: whether the owner before gave the claim to the next one."""


FIRST_RUN_SUMMARY = "first_run_summary"
"""The id of the only event of its kind."""


def record_changed(
    record: Record, before: Record | None, due: int, *, found: bool = False, returned: bool = False
) -> OutboxEvent:
    """`returned`: this version may have been announced before, so the id has a time."""
    suffix, at = (f":returned:{due}", due) if returned else ("", record.modified)
    event = _of_record(EventKind.RECORD_CHANGED, record, suffix, at=at, due=due)
    event = replace(event, after=record.status.value, found=found)
    if before is None:
        return event
    return replace(event, before=before.status.value, changes=changed_fields(before, record))


def late_version(record: Record, due: int) -> OutboxEvent:
    event = _of_record(EventKind.LATE_VERSION, record, at=record.modified, due=due)
    return replace(event, after=record.status.value)


def first_day(record: Record, due: int, *, returned: bool = False) -> OutboxEvent:
    """Put with a version that awaits a decision. Its publisher knows the time zone, and so when the next day starts.

    `returned`: the version may have had its first day before.
    """
    suffix = f":returned:{due}" if returned else ":first"
    return _of_record(EventKind.DAY_STARTED, record, suffix, at=due, due=due)


def day_started(record: Record, day: date, due: int) -> OutboxEvent:
    return replace(_of_record(EventKind.DAY_STARTED, record, f":{day}", at=due, due=due), day=day)


def reminder(record: Record, day: date, due: int) -> OutboxEvent:
    return replace(_of_record(EventKind.REMINDER, record, f":{day}", at=due, due=due), day=day)


def not_moving(day: date, now: int) -> OutboxEvent:
    """One for each day, however often it is put."""
    return OutboxEvent(f"not_moving:{day}", EventKind.NOT_MOVING, DAILY_REPORT, at=now, due=now, day=day)


def home_request_id(user_id: str) -> str:
    return f"{EventKind.HOME_REQUESTED.value}:{user_id}"


def home_requested(user_id: str, view: HomeView, requested: int, now: int) -> OutboxEvent:
    """One for each person, so that requests do not pile up: the latest replaces the others."""
    return OutboxEvent(
        id=home_request_id(user_id),
        kind=EventKind.HOME_REQUESTED,
        entity=person_ref(user_id),
        at=now,
        due=now,
        home=view,
        requested=requested,
    )


def morning_summary(day: date, now: int) -> OutboxEvent:
    """One for each day, however often it is put."""
    return OutboxEvent(f"morning_summary:{day}", EventKind.MORNING_SUMMARY, DAILY_SUMMARY, at=now, due=now, day=day)


def _of_record(kind: EventKind, record: Record, suffix: str = "", *, at: int, due: int) -> OutboxEvent:
    """One for each version and `suffix`: its id is the same however often it is put."""
    event_id = f"{kind.value}:{record.entity}:{record.version}{suffix}"
    return OutboxEvent(event_id, kind, record.entity, at=at, due=due, version=record.version)


def owner_changed(before: RecordState, after: RecordState, now: int, *, is_handover: bool = False) -> OutboxEvent:
    """Its id contains the revision of the write, so each change of owner has its own event."""
    return OutboxEvent(
        id=f"owner_changed:{before.entity}:{before.revision + 1}",
        kind=EventKind.OWNER_CHANGED,
        entity=before.entity,
        at=now,
        due=now,
        before=before.owner,
        after=after.owner,
        is_handover=is_handover,
    )


def claim_expiry(taken: RecordState, since: int, until: int) -> OutboxEvent:
    return OutboxEvent(
        id=f"claim_expiry:{taken.entity}:{taken.record.version}:{taken.owner}:{since}",
        kind=EventKind.CLAIM_EXPIRY,
        entity=taken.entity,
        at=since,
        due=until,
        before=taken.owner,
    )


def absence_changed(change_id: str, person: str, now: int) -> OutboxEvent:
    """One for each form or command."""
    return OutboxEvent(f"absence:{change_id}", EventKind.ABSENCE_CHANGED, person_ref(person), at=now, due=now)


def absence_end(change_id: str, absence: Absence, now: int) -> OutboxEvent:
    """The timer for the end of an absence. Harmless if it was changed or ended before."""
    return replace(absence_changed(f"{change_id}:end", absence.person, now), due=absence.ends_at)


def handover_submitted(view_id: str, handover: Handover, now: int) -> OutboxEvent:
    """One for each form that is submitted, however often that happens."""
    return OutboxEvent(
        f"handover:{view_id}", EventKind.HANDOVER, person_ref(handover.giver), at=now, due=now, handover=handover
    )


def handed_over(event: OutboxEvent, result: Handover, now: int) -> OutboxEvent:
    """The end of the handover that `event` began."""
    return OutboxEvent(f"{event.id}:done", EventKind.HANDED_OVER, event.entity, at=now, due=now, handover=result)


def operation_changed(operation: Operation, now: int) -> OutboxEvent:
    """`operation` as it is after the change. Each change has its own id, so a repeat adds no event."""
    state = _DEFERRED if operation.deferred_by else operation.state.value
    event_id = f"operation_changed:{operation.id}:{_step(state, operation.attempts, operation.reconciliations)}"
    return OutboxEvent(
        id=event_id,
        kind=EventKind.OPERATION_CHANGED,
        entity=operation.entity,
        at=now,
        due=now,
        operation_id=operation.id,
        operation_state=operation.state,
        delay_reason=operation.delay_reason if operation.state is OperationState.PENDING else None,
        follows=tuple(earlier for earlier in operation.last_events if earlier != event_id),
    )


def announced(operation: Operation, now: int) -> tuple[Operation, OutboxEvent]:
    """The operation after a change with the event that announces it, which its next event will follow."""
    event = operation_changed(operation, now)
    return replace(operation, last_events=(event.id,)), event


def is_submission(event: OutboxEvent) -> bool:
    """Whether the event announces a submission and not a later reschedule, even in the same second."""
    return event.id.endswith(f":{_step(OperationState.PENDING.value, 0, 0)}")


def is_deferral(event: OutboxEvent) -> bool:
    """Whether the event announces that an operation was deferred by a pause."""
    return event.kind is EventKind.OPERATION_CHANGED and event.id.rpartition(":")[0].endswith(f":{_DEFERRED}")


def sending_changed(pause: Pause, revision: int, now: int) -> OutboxEvent:
    """`revision` identifies the change that started or ended `pause`."""
    return OutboxEvent(
        f"sending_changed:{revision}:{pause.name}", EventKind.SENDING_CHANGED, SENDING_PAUSE, at=now, due=now
    )


def pause_name_of(event: OutboxEvent) -> str:
    """The name of the pause that the event is about."""
    return event.id.rpartition(":")[2]


def is_mode_change(event: OutboxEvent) -> bool:
    """Whether the event announces that observe mode started or ended, which no person did in Slack."""
    return event.kind is EventKind.SENDING_CHANGED and event.id.endswith("-")


def card_refresh(entity: EntityRef, because: OutboxEvent, due: int) -> OutboxEvent:
    """The entity has not changed, but its messages must be updated."""
    return OutboxEvent(f"card_refresh:{entity}:{because.id}", EventKind.CARD_REFRESH, entity, at=because.at, due=due)


_DEFERRED = "deferred"


def _step(state: str, attempts: int, checks: int) -> str:
    return f"{state}:{attempts}.{checks}"


@dataclass(frozen=True, slots=True)
class RecordChange:
    """Written in one transaction, on condition that the record's state is still `before`.

    `after` None leaves the state as it is and stores `version` as history only. `version` None writes no history.
    `audit` is set if a person caused a change that affects the table only.
    """

    entity: EntityRef
    before: RecordState | None
    after: RecordState | None
    version: Record | None
    events: tuple[OutboxEvent, ...] = ()
    audit: AuditEntry | None = None


_ABOUT_RECORDS = frozenset({EventKind.RECORD_CHANGED, EventKind.LATE_VERSION, EventKind.OWNER_CHANGED})


def in_order(change: RecordChange) -> RecordChange:
    """The change, with its event in order: it follows the record's newest events, and is followed by the next one."""
    earlier = newest_events(change.before or change.after)
    events = tuple(replace(each, follows=earlier) if each.kind in _ABOUT_RECORDS else each for each in change.events)
    ids = [each.id for each in events if each.kind in _ABOUT_RECORDS]
    after = _with_newest_event(change.after, ids[-1]) if ids and change.after is not None else change.after
    return replace(change, events=events, after=after)


def announce_both(event: OutboxEvent, change: RecordChange) -> tuple[OutboxEvent, RecordChange]:
    """One event for the end of an operation and for the change of its record, in the order of both."""
    about_record = next((each for each in change.events if each.kind is EventKind.RECORD_CHANGED), None)
    if about_record is not None:
        event = replace(
            event,
            entity=about_record.entity,
            version=about_record.version,
            before=about_record.before,
            after=about_record.after,
            changes=about_record.changes,
        )
    event = replace(event, follows=event.follows + newest_events(change.before))
    after = change.after or change.before
    return event, replace(
        change,
        events=tuple(each for each in change.events if each.kind is not EventKind.RECORD_CHANGED),
        after=_with_newest_event(after, event.id) if after is not None else None,
    )


def newest_events(record_state: RecordState | None) -> tuple[str, ...]:
    """Ids of the events that the next one about this record follows."""
    newest = (record_state.last_event, record_state.operation_event) if record_state is not None else ()
    return tuple(event_id for event_id in newest if event_id is not None)


def _with_newest_event(record_state: RecordState, event_id: str) -> RecordState:
    return replace(record_state, last_event=event_id, operation_event=None)


@dataclass(frozen=True, slots=True)
class ExpectedVersion:
    """The condition for submitting an operation: the record still has the version that the person saw."""

    entity: EntityRef
    version: str
