"""Renders every kind of content that is posted to Slack."""

from __future__ import annotations

from dataclasses import replace

from bot.domain.content import (
    Alert,
    Content,
    ManualResolution,
    MessageLink,
    PauseNotice,
    RecordCard,
    Rendered,
    Reply,
    RequestCard,
    Summary,
    ThreadLine,
)
from bot.domain.operations import Operation, OperationState
from bot.domain.outbox import EventKind, OutboxEvent, is_deferral, is_submission
from bot.domain.records import Connection
from bot.slack.views import operation_text
from bot.slack.views.alerts import alert, manual_resolution
from bot.slack.views.buttons import Action
from bot.slack.views.message import Buttons, DisplaySettings, Message, Paragraph
from bot.slack.views.pauses import pause_notice
from bot.slack.views.record_cards import connection_card, disconnection_card
from bot.slack.views.record_facts import parse_status, status_name
from bot.slack.views.replies import reply
from bot.slack.views.request_cards import request_card
from bot.slack.views.rich_text import PermalinkLookup, RichText, Timestamp, UserMention, rich_text
from bot.slack.views.summary import summary


def no_links(_: MessageLink) -> str | None:
    """For where addresses of messages cannot be asked for: the channel is named instead."""
    return None


def render(content: Content, display: DisplaySettings, links: PermalinkLookup = no_links) -> Rendered:
    """Content as Slack takes it; the same content gives the same characters."""
    return message(content, display, links).rendered()


_OBSERVE_ONLY = "Switchboard only watches: it sends nothing to Noyo, so nothing can be done from here."
_OBSERVED_ONLY = "When this was written, Switchboard only watched: it sent nothing to Noyo."
"""For what is not edited when that changes."""


def message(content: Content, display: DisplaySettings, links: PermalinkLookup = no_links) -> Message:
    """What offers a deed says first where Switchboard only watches."""
    made = _message(content, display, links)
    if display.observes_only and _offers_changes(made):
        so = _OBSERVED_ONLY if isinstance(content, Summary) else _OBSERVE_ONLY
        return replace(made, warning=(*made.warning, rich_text(so)))
    return made


def _offers_changes(message: Message) -> bool:
    """Whether any of its buttons changes something; Details only shows it."""
    offered = [button for part in message.parts if isinstance(part, Buttons) for button in part.buttons]
    return any(button["action_id"] != Action.DETAILS for button in offered)


def _message(content: Content, display: DisplaySettings, links: PermalinkLookup) -> Message:
    match content:
        case RecordCard():
            return _record_card(content, display, links)
        case RequestCard():
            return request_card(content, display)
        case Alert():
            return alert(content, display, links)
        case ManualResolution():
            return manual_resolution(content, display, links)
        case ThreadLine():
            return thread_line(content)
        case Reply():
            return reply(content, display, links)
        case Summary():
            return summary(content, display)
        case PauseNotice():
            return pause_notice(content, display)


def _record_card(card: RecordCard, display: DisplaySettings, links: PermalinkLookup) -> Message:
    record = card.record_state.record
    if isinstance(record, Connection):
        return connection_card(card, record, display)
    return disconnection_card(card, record, display, links)


def thread_line(shown: ThreadLine) -> Message:
    """The reader goes back over what happened, in order.

    What could mislead: a line that tells the present as if it were that moment. So a line is made from the news as it
    was, and from the operation only what never changes or what it ended with.
    """
    return Message([Paragraph([_line(shown.event, shown.operation)])])


def _line(event: OutboxEvent, operation: Operation | None) -> RichText:
    when = rich_text(" · ", Timestamp(event.at))
    if event.kind is EventKind.LATE_VERSION:
        return rich_text("An earlier change arrived late: ", *_status_after(event), *when)
    if event.kind is EventKind.OPERATION_CHANGED:
        change = rich_text(" · ", *_status_change(event)) if event.after is not None else ()
        return rich_text(*_operation_line(event, operation), *change, *when)
    if event.kind is EventKind.OWNER_CHANGED:
        return rich_text(*_owner_line(event), *when)
    if event.kind is EventKind.SUMMARY:
        return rich_text("Was there before Switchboard began", *when)
    return rich_text(*_status_change(event), *when)


def _owner_line(event: OutboxEvent) -> RichText:
    if event.after is None:
        return rich_text(UserMention(event.before or ""), " is no longer checking")
    instead = rich_text(" instead of ", UserMention(event.before)) if event.before else ()
    return rich_text(UserMention(event.after), " is checking", *instead)


def _status_change(event: OutboxEvent) -> RichText:
    if event.before is None:
        return rich_text("New at Noyo: ", *_status_after(event))
    if event.before == event.after:
        return rich_text("Changed at Noyo, still ", *_status_after(event))
    return rich_text(status_name(parse_status(event.entity.kind, event.before)), " → ", *_status_after(event))


def _status_after(event: OutboxEvent) -> RichText:
    return rich_text(status_name(parse_status(event.entity.kind, event.after or ""), bold=True))


def _operation_line(event: OutboxEvent, operation: Operation | None) -> RichText:
    if operation is None:
        return _unknown_operation(event.operation_state)
    state = event.operation_state
    if state is None or state.settled:
        return operation_text.outcome(operation)
    return _open_operation_line(event, operation, state)


def _open_operation_line(event: OutboxEvent, operation: Operation, state: OperationState) -> RichText:
    whose = operation_text.possessive(operation)
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
        return operation_text.second_approval(operation)
    if state is OperationState.SENDING:
        return rich_text("Sending ", *whose, " to Noyo")
    return operation_text.description(operation)


def _unknown_operation(state: OperationState | None) -> RichText:
    """Operations are kept for 30 days after they are settled."""
    return rich_text(
        f"An operation, no longer kept, was {state.value.replace('_', ' ') if state else 'settled'}"
    )
