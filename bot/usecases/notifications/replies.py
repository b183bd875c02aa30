"""Tell those who asked how it went: where they wait, or by direct message."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bot.domain.content import MessageLink, Reply
from bot.domain.messages import MessageKey
from bot.domain.operations import Operation, OperationState, ReplyTo
from bot.domain.people import PERSON_FRESH_SECONDS
from bot.domain.record_states import RecordState, operation_card_key
from bot.errors import SlackError, SlackRefused
from bot.usecases.dependencies import Dependencies
from bot.usecases.notifications.publisher import MessageBusy, upsert_message
from bot.usecases.notifications.read_model import duplicate_of, record_of

_NOTHING_TO_TELL = frozenset(
    {OperationState.AWAITING_CONFIRMATION, OperationState.PENDING, OperationState.SENDING}
)
LATE_SECONDS = 60
"""A person who waited longer than this in front of a modal has most likely looked away."""
NO_DIRECT_MESSAGE = frozenset(
    {"user_not_found", "user_disabled", "cannot_dm_bot", "channel_not_found", "messages_tab_disabled"}
)


def reply_to_people(operation: Operation, deps: Dependencies) -> None:
    """Tells the person who asked, and the one who confirmed it, how it went: where they wait, or by direct message once
    they have looked away. Each stands alone: whoever cannot be told keeps nobody else from it."""
    _know(operation, deps)
    if operation.state in _NOTHING_TO_TELL and operation.deferred_by is None:
        return
    troubles = []
    for one in _waiting(operation):
        try:
            _tell(one, operation, deps)
        except (MessageBusy, SlackError) as trouble:
            troubles.append(trouble)
    if troubles:
        raise troubles[0]


@dataclass(frozen=True, slots=True)
class _Waiting:
    """Somebody who waits for an answer, since when (Unix seconds), and where."""

    person: str
    since: int
    reply_to: ReplyTo


def _waiting(operation: Operation) -> list[_Waiting]:
    """Who confirmed what they asked for themselves waits once, where they confirmed it."""
    waiting = {}
    if operation.actor is not None:
        waiting[operation.actor] = _Waiting(operation.actor, operation.submitted_at, operation.reply_to)
    second = operation.second_approval
    if second is not None:
        waiting[second.by] = _Waiting(second.by, second.at, second.reply_to)
    return list(waiting.values())


def _tell(waiting: _Waiting, operation: Operation, deps: Dependencies) -> None:

    def content() -> Reply:
        current = deps.operations.operation(operation.id) or operation
        record_state = record_of(current, deps) or duplicate_of(current, deps)
        return Reply(current, record_state, _request_link(current, record_state, deps), waiting.person)

    shown = _in_view(waiting.reply_to.view_id, operation, content, deps)
    late = deps.now() - waiting.since > LATE_SECONDS
    on_its_way = operation.deferred_by is not None or operation.state is OperationState.RECONCILING
    if on_its_way or (shown and not late):
        return
    try:
        upsert_message(MessageKey(waiting.person, f"direct:{operation.id}"), content, deps)
    except SlackRefused as refusal:
        if refusal.code not in NO_DIRECT_MESSAGE:
            raise


def _request_link(
    operation: Operation, record_state: RecordState | None, deps: Dependencies
) -> MessageLink | None:
    link = deps.card_link(record_state) if record_state is not None else None
    own = MessageKey(deps.channels.of_request(operation), operation_card_key(operation.id))
    return link or deps.messages.link(own)


def _in_view(
    view_id: str | None, operation: Operation, content: Callable[[], Reply], deps: Dependencies
) -> bool:
    """One worker at a time shows in a view, and reads what to show while it holds the lease: the newest stays."""
    if view_id is None:
        return False
    message_record = deps.messages.reserve(
        MessageKey(f"view:{view_id}", "answer"),
        lease=deps.new_id(),
        now=deps.now(),
        lease_seconds=10,
    )
    if message_record is None:
        raise MessageBusy(f"view {view_id}")
    shown = (
        message_record.closed
    )  # The end was shown there: a second delivery of its news needs no direct message.
    try:
        shown = shown or deps.slack.show_in_view(view_id, content())
    except SlackRefused:
        return False  # Whatever it has against the view, the person is told by direct message.
    finally:
        deps.messages.release(message_record, closed=shown and operation.state.settled)
    return shown


def _know(operation: Operation, deps: Dependencies) -> None:
    """The worker that sends decides rights by the table alone, so what it knows of the people is kept fresh here."""
    if operation.state.settled:
        return
    for user_id in operation.people:
        person = deps.people.person(user_id)
        if person is None or deps.now() - person.read_at > PERSON_FRESH_SECONDS // 2:
            read = deps.user_directory.read_person(user_id)
            if read is not None:
                deps.people.save_person(read)
