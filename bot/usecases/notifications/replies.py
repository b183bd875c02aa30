"""Reply to the people of an operation: in the modal they submitted, or by direct message."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bot import policies
from bot.domain.content import MessageKey, MessageLink, Reply
from bot.domain.operations import Operation, OperationState, ReplyTo
from bot.domain.record_states import RecordState, operation_card_key
from bot.errors import SlackError, SlackRefused
from bot.usecases.admin.authorization import read_person
from bot.usecases.dependencies import Dependencies
from bot.usecases.notifications.publisher import MessageBusy, upsert_message
from bot.usecases.notifications.read_model import duplicate_of, record_of

_NO_REPLY_YET = frozenset({OperationState.AWAITING_CONFIRMATION, OperationState.PENDING, OperationState.SENDING})
NO_DIRECT_MESSAGE = frozenset(
    {"user_not_found", "user_disabled", "cannot_dm_bot", "channel_not_found", "messages_tab_disabled"}
)


def reply_to_people(operation: Operation, deps: Dependencies) -> bool:
    """Reply to the requester and the second approver, in their modal or, once they have looked away, by direct message.

    A reply that fails does not prevent the other one. Returns whether there is nobody whom Slack does not let us reach.
    """
    _refresh_people(operation, deps)
    if operation.state in _NO_REPLY_YET and operation.deferred_by is None:
        return True
    failures, reached = [], True
    for recipient in _recipients(operation):
        try:
            reached &= _reply(recipient, operation, deps)
        except (MessageBusy, SlackError) as failure:
            failures.append(failure)
    if failures:
        raise failures[0]
    return reached


@dataclass(frozen=True, slots=True)
class _Recipient:
    """A person who waits for a reply, since when (Unix seconds), and where."""

    person: str
    since: int
    reply_to: ReplyTo


def _recipients(operation: Operation) -> list[_Recipient]:
    """A person who confirmed their own request gets one reply, where they confirmed it."""
    recipients = {}
    if operation.actor is not None:
        recipients[operation.actor] = _Recipient(operation.actor, operation.submitted_at, operation.reply_to)
    second = operation.second_approval
    if second is not None:
        recipients[second.by] = _Recipient(second.by, second.at, second.reply_to)
    return list(recipients.values())


def _reply(recipient: _Recipient, operation: Operation, deps: Dependencies) -> bool:
    """False if Slack delivers no message to this person."""

    def content() -> Reply:
        current = deps.operations.operation(operation.id) or operation
        record_state = record_of(current, deps) or duplicate_of(current, deps)
        return Reply(current, record_state, _request_link(current, record_state, deps), recipient.person)

    shown = _in_view(recipient.reply_to.view_id, operation, content, deps)
    view_closed = deps.now() - recipient.since > policies.MODAL_SECONDS
    in_progress = operation.deferred_by is not None or operation.state is OperationState.RECONCILING
    if in_progress or (shown and not view_closed):
        return True
    try:
        upsert_message(MessageKey(recipient.person, f"direct:{operation.id}"), content, deps)
    except SlackRefused as refusal:
        if refusal.code not in NO_DIRECT_MESSAGE:
            raise
        return shown
    return True


def _request_link(operation: Operation, record_state: RecordState | None, deps: Dependencies) -> MessageLink | None:
    own = MessageKey(deps.channels.of_request(operation), operation_card_key(operation.id))
    return deps.card_link(record_state) or deps.messages.link(own)


def _in_view(view_id: str | None, operation: Operation, content: Callable[[], Reply], deps: Dependencies) -> bool:
    """Show the reply in the modal under a lease, so that the newest content stays. False if it is not visible."""
    if view_id is None:
        return False
    message_record = deps.messages.reserve(
        MessageKey(f"view:{view_id}", f"answer:{operation.id}"), lease=deps.new_id(), now=deps.now(), lease_seconds=10
    )
    if message_record is None:
        raise MessageBusy(f"view {view_id}")
    # If the final reply was shown in the modal, a second delivery of the event needs no direct message.
    shown = message_record.closed
    try:
        shown = shown or deps.slack.show_in_view(view_id, content())
    except SlackRefused:
        return False  # The direct message replaces it.
    finally:
        deps.messages.release(message_record, closed=shown and operation.state.settled)
    return shown


def _refresh_people(operation: Operation, deps: Dependencies) -> None:
    """Refresh what the table knows of these people, since the executing worker authorizes from the table alone."""
    if operation.state.settled:
        return
    for user_id in operation.people:
        person = deps.people.person(user_id)
        if person is None or deps.now() - person.read_at > policies.PERSON_FRESH_SECONDS // 2:
            read_person(user_id, deps)
