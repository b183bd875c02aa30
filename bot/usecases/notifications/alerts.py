"""Call people where one of them must act, and keep every such message true."""

from __future__ import annotations

from datetime import tzinfo

from bot.domain.content import Alert, Content, ManualResolution
from bot.domain.entities import EntityKind, EntityRef
from bot.domain.messages import MessageKey
from bot.domain.operations import Operation, OperationState
from bot.domain.outbox import EventKind, OutboxEvent
from bot.domain.record_states import RecordState
from bot.domain.records import Disconnection, is_open, needs_our_action
from bot.domain.reminders import awaits_decision, end_date_of, ends_soon
from bot.usecases.dependencies import Dependencies
from bot.usecases.notifications.publisher import upsert_message
from bot.usecases.notifications.read_model import open_operation, record_of


def update_alerts(event: OutboxEvent, entity: EntityRef, deps: Dependencies) -> None:
    """Raises an alert where this news calls for one, and keeps all earlier ones about the record true."""
    record_state = deps.records.record_state(entity)
    if record_state is None:
        return
    channel = deps.channels.of_alert(entity.kind)
    prefix = f"alert:{entity}:"
    live = {place.name for place in deps.messages.live(channel, prefix)}
    newest = max(live, default="", key=lambda key: (_raised_at(key)[1] == record_state.status.value, key))
    if _is_loud(event, record_state, deps, deps.timezone):
        own = f"{prefix}{event.at:012d}:{event.version}:{event.after}"
        newest = own if event.version == record_state.record.version else max(newest, own)
    for key in sorted(live | {newest} - {""}, key=lambda key: key != newest):
        _alert(MessageKey(channel, key), entity, deps, newest=key == newest)


def _raised_at(key: str) -> tuple[str, str]:
    """The version and the status that an alert was raised at."""
    *_, version, status = key.split(":")
    return version, status


def _is_loud(event: OutboxEvent, record_state: RecordState, deps: Dependencies, zone: tzinfo) -> bool:
    """A change to a status in which we must act, unless it has moved on since: then the card and its thread tell."""
    if event.kind not in (EventKind.RECORD_CHANGED, EventKind.OPERATION_CHANGED) or event.after is None:
        return False
    if not needs_our_action(record_state.status) or record_state.status.value != event.after:
        return False
    if record_state.entity.kind is EntityKind.DISCONNECTION and event.before in (None, event.after):
        # Its card is in the very channel that decides, which is enough unless nobody may wait for a reminder.
        return not event.found and ends_soon(record_state, zone) and _has_a_new_end(event, record_state, deps)
    if event.after == event.before:
        return _is_a_try_of_its_own(event, record_state, deps)
    return not _of_an_earlier_try(event, record_state, deps)


def _has_a_new_end(event: OutboxEvent, record_state: RecordState, deps: Dependencies) -> bool:
    """That it ends soon was learnt with this version, and not with one before.

    Where it has moved since, and still ends then, no other news calls for it.
    """
    known = [
        one for one in deps.records.history(record_state.entity, since=0) if isinstance(one, Disconnection)
    ]
    at = next((number for number, one in enumerate(known) if one.version == event.version), None)
    if at is None or any(one.effective_end_date != end_date_of(record_state) for one in known[at:]):
        return False
    return at == 0 or known[at - 1].effective_end_date != end_date_of(record_state)


def _is_a_try_of_its_own(event: OutboxEvent, record_state: RecordState, deps: Dependencies) -> bool:
    """It was tried again and came to the same status before anybody looked: of that try this version is the first."""
    of_this_try = deps.records.history(record_state.entity, since=record_state.attempt_started_at)
    return bool(of_this_try) and of_this_try[0].version == event.version


def _of_an_earlier_try(event: OutboxEvent, record_state: RecordState, deps: Dependencies) -> bool:
    """It went on and then came to the same status again, which is news of its own: nobody is called twice for it."""
    if record_state.attempts == 1 or event.version == record_state.record.version:
        return False
    of_this_try = deps.records.history(record_state.entity, since=record_state.attempt_started_at)
    return all(version.version != event.version for version in of_this_try)


def _alert(place: MessageKey, entity: EntityRef, deps: Dependencies, *, newest: bool) -> None:
    raised_version, raised_status = _raised_at(place.name)

    def content() -> Alert:
        record_state = deps.records.record_state(entity)
        if record_state is None:
            raise LookupError(f"nothing in the table for {entity}")
        still = newest and record_state.status.value == raised_status
        return Alert(
            record_state,
            record_state.record.version if still else raised_version,
            open_operation(record_state, deps),
            deps.card_link(record_state),
            deps.today() if awaits_decision(record_state) else None,
            mention_approvers=awaits_decision(record_state) and ends_soon(record_state, deps.timezone),
        )

    upsert_message(place, content, deps, closes=is_final)


def is_final(shown: Content) -> bool:
    """It tells how its record stands, so it is kept true until that no longer moves."""
    return isinstance(shown, Alert) and shown.operation is None and not is_open(shown.record_state.status)


def update_resolution_requests(operation: Operation, deps: Dependencies) -> None:
    """Loud each time a person has to say what became of an operation; all kept true until it is settled."""
    channel, prefix = deps.channels.alerts, f"resolution:{operation.id}:"
    places = set(deps.messages.live(channel, prefix))
    if operation.state is OperationState.NEEDS_RESOLUTION:
        places.add(MessageKey(channel, f"{prefix}{operation.attempts:06d}"))

    def content() -> ManualResolution:
        current = deps.operations.operation(operation.id) or operation
        record_state = record_of(current, deps)
        return ManualResolution(current, record_state, deps.card_link(record_state) if record_state else None)

    for place in sorted(places, key=lambda place: place.name, reverse=True):
        upsert_message(place, content, deps, closes=_is_settled)


def _is_settled(shown: Content) -> bool:
    return isinstance(shown, ManualResolution) and shown.operation.state.settled
