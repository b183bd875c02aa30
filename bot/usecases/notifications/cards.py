"""Update the cards of records and requests, post changes in their threads, and raise alerts when our team must act.

Every alert is kept current until it is closed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from bot import policies
from bot.domain.content import Alert, Content, ManualResolution, MessageKey, MessageLink, RecordCard, ThreadLine
from bot.domain.operations import Operation, OperationState
from bot.domain.outbox import EventKind, OutboxEvent
from bot.domain.reconciliation import answer_is_due, was_refused
from bot.domain.record_states import RecordState, operation_card_key
from bot.domain.records import Disconnection, EntityKind, EntityRef, RecordField, is_open, needs_our_action
from bot.domain.reminders import end_date_of, ends_soon, is_urgent
from bot.errors import SlackBusy, SlackRefused, TableUnavailable, UnknownSchema
from bot.usecases.dependencies import Dependencies
from bot.usecases.notifications.publisher import MessageBusy, NotYet, WaitsForEarlierLine, post_once, upsert_message
from bot.usecases.notifications.read_model import (
    away_owner,
    current_alert,
    open_operation,
    record_card,
    record_of,
    request_card,
    showing_in_former_group,
    showing_in_group,
)

NO_THREAD = frozenset({"thread_not_found", "message_not_found", "cannot_reply_to_message"})


def stays_with_requester(operation: Operation | None, record_state: RecordState | None, deps: Dependencies) -> bool:
    """Whether a request was refused before it had a card: then only the person who asked is told.

    Raises `NotYet` while Noyo may refuse it at any moment. One that takes longer gets its card, so that nobody asks for
    the same again. A card that may be in Slack is always kept current.
    """
    if operation is None or operation.entity.is_record or record_state is not None:
        return False
    may_end_soon, refused = answer_is_due(operation), was_refused(operation)
    if not (may_end_soon or refused) or deps.messages.is_reserved(_request_key(operation, deps)):
        return False
    seconds = operation.submitted_at + policies.REQUEST_CARD_WAIT_SECONDS - deps.now()
    if may_end_soon and seconds > 0:
        raise NotYet(seconds)
    return refused


def update_card_and_post_line(
    event: OutboxEvent, operation: Operation | None, record_state: RecordState | None, deps: Dependencies
) -> None:
    key = _card_key(operation, record_state, deps)
    if key is None:
        return
    entity = record_state.entity if record_state is not None else None

    def post(card: MessageLink) -> None:
        skipped = _post_earlier_lines(event, key, card, deps)
        _post_line(event, operation, card, key.channel, deps)
        for event_id in skipped:
            deps.outbox.mark_late(event_id)

    _post_under(key, entity, post, deps)


def _post_line(
    event: OutboxEvent, operation: Operation | None, card: MessageLink, channel: str, deps: Dependencies
) -> None:
    content = ThreadLine(event, operation)
    post_once(_line_key(event.id, channel), lambda: content, deps, thread=card.ts)


def _line_key(event_id: str, channel: str) -> MessageKey:
    return MessageKey(channel, f"line:{event_id}")


def _post_earlier_lines(event: OutboxEvent, key: MessageKey, card: MessageLink, deps: Dependencies) -> list[str]:
    """Post the lines of the thread that come before this event's, and return the ids of those that had to be skipped.

    The event waits for an earlier line that cannot be posted, but not for longer than
    `policies.EARLIER_LINE_WAIT_SECONDS`. Raises `WaitsForEarlierLine`, or the error if Slack or another worker is busy.
    """
    skipped: list[str] = []
    posted = 0
    for event_id in _unposted_before(event, key.channel, deps):
        if posted == policies.EARLIER_LINES_PER_RUN:
            raise WaitsForEarlierLine(policies.EVENT_FIRST_PAUSE_SECONDS)
        try:
            posted += _post_earlier_line(event_id, key, card, deps)
        except (MessageBusy, SlackBusy, TableUnavailable):
            raise
        except Exception as failure:  # the earlier event's own delivery reports it
            if isinstance(failure, SlackRefused) and failure.code in NO_THREAD:
                raise
            if not _has_waited(event, deps):
                raise WaitsForEarlierLine(policies.EVENT_FIRST_PAUSE_SECONDS) from failure
            skipped.append(event_id)
    return skipped


def _unposted_before(event: OutboxEvent, channel: str, deps: Dependencies) -> list[str]:
    """The ids of the earlier events whose lines are missing, oldest first. A posted line has none before it."""
    missing: dict[str, None] = {}
    visited: set[str] = set()

    def visit(event_ids: Iterable[str]) -> None:
        for event_id in event_ids:
            if event_id in visited or deps.messages.link(_line_key(event_id, channel)) is not None:
                continue
            visited.add(event_id)
            try:
                earlier = deps.outbox.event(event_id)
            except UnknownSchema:
                missing[event_id] = None  # What it follows is unknown.
                continue
            if earlier is not None and earlier.due is not None:
                visit(earlier.follows)
                missing[event_id] = None

    visit(event.follows)
    return list(missing)


def _post_earlier_line(event_id: str, key: MessageKey, card: MessageLink, deps: Dependencies) -> bool:
    """Post the line if it belongs into the thread of the card with this `key`. Returns whether it does."""
    event = deps.outbox.event(event_id)
    if event is None:
        return False
    operation = deps.operations.operation(event.operation_id) if event.operation_id else None
    record_state = deps.records.record_state(event.entity) if event.entity.is_record else None
    if _card_key(operation, record_state, deps) != key:
        return False
    _post_line(event, operation, card, key.channel, deps)
    return True


def _has_waited(event: OutboxEvent, deps: Dependencies) -> bool:
    since = event.waiting_since
    return since is not None and deps.now() - since >= policies.EARLIER_LINE_WAIT_SECONDS


def update_card(entity: EntityRef, deps: Dependencies) -> None:
    """Update the card of a record to its current state."""
    key = _card_key(None, deps.records.record_state(entity), deps)
    if key is not None:
        _update(key, entity, deps)


def post_under_card(entity: EntityRef, post: Callable[[MessageLink], object], deps: Dependencies) -> None:
    """Call `post` with the link of the record's card, which exists and is current by then."""
    key = _card_key(None, deps.records.record_state(entity), deps)
    if key is not None:
        _post_under(key, entity, post, deps)


def _post_under(
    key: MessageKey, entity: EntityRef | None, post: Callable[[MessageLink], object], deps: Dependencies
) -> None:
    try:
        post(_update(key, entity, deps))
    except SlackRefused as refusal:
        if refusal.code not in NO_THREAD:
            raise
        # The card was deleted in Slack, which goes unnoticed while it does not change.
        post(_update(key, entity, deps, force=True))


def _update(key: MessageKey, entity: EntityRef | None, deps: Dependencies, *, force: bool = False) -> MessageLink:
    """Update the card. A record that turned out to be ours may have an earlier card, which is updated too."""
    card = upsert_message(key, lambda: _card_content(key, entity, deps), deps, force=force)
    earlier = MessageKey(key.channel, str(entity))
    if entity is not None and earlier != key and deps.messages.link(earlier) is not None:
        upsert_message(earlier, lambda: _card_content(earlier, entity, deps), deps)
    return card


def _card_key(operation: Operation | None, record_state: RecordState | None, deps: Dependencies) -> MessageKey | None:
    if operation is not None and not operation.entity.is_record:
        return _request_key(operation, deps)
    return deps.card_key(record_state) if record_state is not None else None


def _request_key(operation: Operation, deps: Dependencies) -> MessageKey:
    return MessageKey(deps.channels.of_request(operation), operation_card_key(operation.id))


def _card_content(key: MessageKey, entity: EntityRef | None, deps: Dependencies) -> Content:
    of_request = operation_card_key("")
    content: Content | None = None
    if entity is not None:
        content = _with_links(record_card(entity, deps), deps)
    if key.name.startswith(of_request) and not _is_card_at(content, key):
        content = request_card(key.name.removeprefix(of_request), deps)
    if content is None:
        raise LookupError(f"nothing in the table for card {key.name}")
    if isinstance(content, RecordCard):
        return replace(content, away=away_owner(content.record_state, deps))
    return content


def _with_links(card: RecordCard | None, deps: Dependencies) -> RecordCard | None:
    if card is None or card.related is None:
        return card
    linked = card.disconnection or card.related.connection
    return replace(card, related=replace(card.related, card=deps.card_link(linked)))


def update_related_cards(event: OutboxEvent, record_state: RecordState, deps: Dependencies) -> None:
    """Update the posted cards that show this record's status: in its group, and in the group that it left.

    Raises `NotYet` while the index by group does not show the record; the event is then published again.
    """
    affected = showing_in_group(record_state, deps.records)
    if affected is None:
        raise NotYet(policies.GROUP_INDEX_LAG_SECONDS)
    for left in _groups_left(event):
        affected += showing_in_former_group(record_state, left, deps.records)
    for other in affected:
        if deps.card_link(other) is not None:
            _update(deps.card_key(other), other.entity, deps)


def _groups_left(event: OutboxEvent) -> list[str]:
    """The id of the group that the record belonged to before this version, if the version changed it."""
    return [change.before for change in event.changes if change.field is RecordField.GROUP_ID and change.before]


def _is_card_at(content: Content | None, key: MessageKey) -> bool:
    return isinstance(content, RecordCard) and content.record_state.card_key == key.name


def update_alerts(event: OutboxEvent, entity: EntityRef, deps: Dependencies) -> None:
    """Raise an alert if this event calls for one, and update all earlier alerts about the record."""
    record_state = deps.records.record_state(entity)
    if record_state is None:
        return
    channel = deps.channels.of_alert(entity.kind)
    prefix = f"alert:{entity}:"
    open_keys = {key.name for key in deps.messages.live(channel, prefix)}
    newest = max(open_keys, default="", key=lambda key: (_raised_for(key)[1] == record_state.status.value, key))
    if _needs_alert(event, record_state, deps):
        new_key = f"{prefix}{event.at:012d}:{event.version}:{event.after}"
        newest = new_key if event.version == record_state.record.version else max(newest, new_key)
    for key in sorted(open_keys | {newest} - {""}, key=lambda key: key != newest):
        _alert(MessageKey(channel, key), entity, deps, newest=key == newest)


def _raised_for(key: str) -> tuple[str, str]:
    """The version and the status for which an alert was raised, from its message name."""
    *_, version, status = key.split(":")
    return version, status


def _needs_alert(event: OutboxEvent, record_state: RecordState, deps: Dependencies) -> bool:
    """Whether the event is a change to a status in which we must act, and the record is still in that status."""
    if event.kind not in (EventKind.RECORD_CHANGED, EventKind.OPERATION_CHANGED) or event.after is None:
        return False
    if not needs_our_action(record_state.status) or record_state.status.value != event.after:
        return False
    if record_state.entity.kind is EntityKind.DISCONNECTION and event.before in (None, event.after):
        # Its card is in the decisions channel; an alert is only needed for an end date that moved or is too close.
        needed = _moves_end_date(event) or ends_soon(record_state, deps.calendar)
        return not event.found and needed and _end_date_is_new(event, record_state, deps)
    if event.after == event.before:
        return _is_first_of_attempt(event, record_state, deps)
    return not _is_of_earlier_attempt(event, record_state, deps)


def _moves_end_date(event: OutboxEvent) -> bool:
    return any(change.field is RecordField.END_DATE for change in event.changes)


def _end_date_is_new(event: OutboxEvent, record_state: RecordState, deps: Dependencies) -> bool:
    """Whether the event's version introduced the end date that the record still has."""
    history = deps.records.history(record_state.entity, since=0)
    versions = [version for version in history if isinstance(version, Disconnection)]
    index = next((i for i, version in enumerate(versions) if version.version == event.version), None)
    end_date = end_date_of(record_state)
    if index is None or any(version.effective_end_date != end_date for version in versions[index:]):
        return False
    return index == 0 or versions[index - 1].effective_end_date != end_date


def _is_first_of_attempt(event: OutboxEvent, record_state: RecordState, deps: Dependencies) -> bool:
    """Whether a retry reached the same status again before we saw it: this is the attempt's first version."""
    versions_of_attempt = deps.records.history(record_state.entity, since=record_state.attempt_started_at)
    return bool(versions_of_attempt) and versions_of_attempt[0].version == event.version


def _is_of_earlier_attempt(event: OutboxEvent, record_state: RecordState, deps: Dependencies) -> bool:
    """Whether a later attempt has reached the same status again, which raises an alert of its own."""
    if record_state.attempts == 1 or event.version == record_state.record.version:
        return False
    versions_of_attempt = deps.records.history(record_state.entity, since=record_state.attempt_started_at)
    return all(version.version != event.version for version in versions_of_attempt)


def _alert(key: MessageKey, entity: EntityRef, deps: Dependencies, *, newest: bool) -> None:
    raised_version, raised_status = _raised_for(key.name)

    def content() -> Alert:
        alert = current_alert(entity, deps)
        record_state = alert.record_state
        is_current = newest and record_state.status.value == raised_status
        return replace(
            alert,
            raised_version=record_state.record.version if is_current else raised_version,
            mention_approvers=is_urgent(record_state, deps.calendar),
        )

    upsert_message(key, content, deps, closes_after=is_final)


def is_final(shown: Content) -> bool:
    """An alert shows its record's status, so it is updated until the record is closed."""
    return isinstance(shown, Alert) and shown.operation is None and not is_open(shown.record_state.status)


def update_resolution_requests(operation: Operation, deps: Dependencies) -> None:
    """Alert each time an operation needs a manual resolution, and update these alerts until it is settled."""
    channel, prefix = deps.channels.alerts, f"resolution:{operation.id}:"
    keys = set(deps.messages.live(channel, prefix))
    if operation.state is OperationState.NEEDS_RESOLUTION:
        keys.add(MessageKey(channel, f"{prefix}{operation.attempts:06d}"))

    def content() -> ManualResolution:
        current = deps.operations.operation(operation.id) or operation
        record_state = record_of(current, deps)
        return ManualResolution(current, record_state, deps.card_link(record_state))

    for key in sorted(keys, key=lambda key: key.name, reverse=True):
        upsert_message(key, content, deps, closes_after=_is_settled)


def update_resolution_requests_about(record_state: RecordState, deps: Dependencies) -> None:
    """Update the alerts for manual resolutions that show this record as it is at Noyo."""
    operation = open_operation(record_state, deps)
    if operation is not None and operation.state is OperationState.NEEDS_RESOLUTION:
        update_resolution_requests(operation, deps)


def _is_settled(shown: Content) -> bool:
    return isinstance(shown, ManualResolution) and shown.operation.state.settled
