"""One change, as a line in the thread of a card."""

from __future__ import annotations

from bot.domain.content import ThreadLine
from bot.domain.operations import Operation, OperationState
from bot.domain.outbox import EventKind, OutboxEvent, is_deferral, is_submission
from bot.slack.views import operation_text
from bot.slack.views.message import Message, Paragraph
from bot.slack.views.rich_text import RichText, Timestamp, UserMention, rich_text
from bot.slack.views.statuses import named, status_name


def thread_line(shown: ThreadLine) -> Message:
    """The reader goes back over what happened, in order.

    What could mislead: a line that tells the present as if it were that moment. So a line is made from the news as it
    was, and from the operation only what never changes or what it ended with.
    """
    return Message([Paragraph([_told(shown.news, shown.operation)])])


def _told(event: OutboxEvent, operation: Operation | None) -> RichText:
    when = rich_text(" · ", Timestamp(event.at))
    if event.kind is EventKind.LATE_VERSION:
        return rich_text("An earlier change arrived late: ", *_after(event), *when)
    if event.kind is EventKind.OPERATION_CHANGED:
        change = rich_text(" · ", *_change(event)) if event.after is not None else ()
        return rich_text(*_operation(event, operation), *change, *when)
    if event.kind is EventKind.OWNER_CHANGED:
        return rich_text(*_owner(event), *when)
    if event.kind is EventKind.SUMMARY:
        return rich_text("Was there before Switchboard began", *when)
    return rich_text(*_change(event), *when)


def _owner(event: OutboxEvent) -> RichText:
    if event.after is None:
        return rich_text(UserMention(event.before or ""), " is no longer checking")
    instead = rich_text(" instead of ", UserMention(event.before)) if event.before else ()
    return rich_text(UserMention(event.after), " is checking", *instead)


def _change(event: OutboxEvent) -> RichText:
    if event.before is None:
        return rich_text("New at Noyo: ", *_after(event))
    if event.before == event.after:
        return rich_text("Changed at Noyo, still ", *_after(event))
    return rich_text(status_name(named(event.entity.kind, event.before)), " → ", *_after(event))


def _after(event: OutboxEvent) -> RichText:
    return rich_text(status_name(named(event.entity.kind, event.after or ""), bold=True))


def _operation(event: OutboxEvent, operation: Operation | None) -> RichText:
    if operation is None:
        return _forgotten(event.operation_state)
    state = event.operation_state
    if state is None or state.settled:
        return operation_text.outcome(operation)
    return _on_the_way(event, operation, state)


def _on_the_way(event: OutboxEvent, operation: Operation, state: OperationState) -> RichText:
    whose = operation_text.whose(operation)
    if state is OperationState.AWAITING_CONFIRMATION:
        return operation_text.awaiting_confirmation(operation)
    if state is OperationState.RECONCILING:
        return rich_text("Noyo gave no answer to ", *whose, "; checking whether it arrived")
    if state is OperationState.NEEDS_RESOLUTION:
        return rich_text("Nobody can tell whether ", *whose, " arrived; a person has to say")
    if is_deferral(event):
        return rich_text("Kept and not sent for now: ", *whose, " goes out once sending to Noyo is on again")
    if state is OperationState.PENDING and not is_submission(event):
        return rich_text("Not through to Noyo yet; ", *whose, " is to be sent again")
    if state is OperationState.PENDING and operation.second_approval is not None:
        return operation_text.approved_second(operation)
    if state is OperationState.SENDING:
        return rich_text("Sending ", *whose, " to Noyo")
    return operation_text.description(operation)


def _forgotten(state: OperationState | None) -> RichText:
    """Operations are kept for 30 days after they are settled."""
    return rich_text(
        f"An operation, no longer kept, was {state.value.replace('_', ' ') if state else 'settled'}"
    )
