"""Renders every kind of content that is posted to Slack. Thread lines and the first summary are rendered here."""

from __future__ import annotations

from dataclasses import replace

from bot.domain.content import (
    Alert,
    Content,
    HandoverNotice,
    ManualResolution,
    MessageLink,
    MorningSummary,
    NotMoving,
    PauseNotice,
    PersonalSummary,
    RecordCard,
    Rendered,
    Reply,
    RequestCard,
    Summary,
    ThreadLine,
)
from bot.domain.operations import Operation, OperationState
from bot.domain.outbox import EventKind, OutboxEvent, is_deferral, is_submission
from bot.domain.record_states import RecordState
from bot.domain.records import Connection, Disconnection, LocalStatus, Status
from bot.slack.views import operation_text, record_facts
from bot.slack.views.alerts import alert, manual_resolution
from bot.slack.views.answer_text import NOT_PROCESSED, answered
from bot.slack.views.buttons import SENDS, show_buttons
from bot.slack.views.handover import handover_notice
from bot.slack.views.health import pause_notice
from bot.slack.views.message import Buttons, DisplaySettings, Message, Paragraph, Part
from bot.slack.views.morning_summary import morning_summary, personal_summary
from bot.slack.views.not_moving import not_moving
from bot.slack.views.record_cards import connection_card, disconnection_card
from bot.slack.views.record_facts import end_date, parse_status, status_name
from bot.slack.views.replies import reply
from bot.slack.views.request_cards import request_card
from bot.slack.views.rich_text import (
    MAX_QUOTE_LENGTH,
    ChannelMention,
    PermalinkLookup,
    PlainText,
    RichText,
    Timestamp,
    UserMention,
    capitalize,
    labelled,
    plural,
    rich_text,
)

_OBSERVE_ONLY = (
    "Observe-only mode: Switchboard sends nothing to Noyo. Buttons that would send something have no effect."
)
_OBSERVED_ONLY = "Switchboard was in observe-only mode when this was posted: it sent nothing to Noyo."
"""For messages that are not updated when the mode changes."""


def no_links(_: MessageLink) -> str | None:
    """For callers that cannot look up permalinks: cards name the channel instead."""
    return None


def render(content: Content, display: DisplaySettings, links: PermalinkLookup = no_links) -> Rendered:
    """Content in the form that Slack takes. The same content always gives the same characters."""
    return message(content, display, links).rendered()


def message(content: Content, display: DisplaySettings, links: PermalinkLookup = no_links) -> Message:
    """The message for the content; in observe-only mode with a warning if it has buttons that would send something."""
    rendered = _message(content, display, links)
    if display.observes_only and _offers_sending(rendered):
        warning = _OBSERVED_ONLY if isinstance(content, Summary) else _OBSERVE_ONLY
        return replace(rendered, warning=(*rendered.warning, rich_text(warning)))
    return rendered


def _offers_sending(message: Message) -> bool:
    """Whether any button is refused in observe-only mode; others, such as Claim or Withdraw, work as ever."""
    offered = [button for part in message.parts if isinstance(part, Buttons) for button in part.buttons]
    return any(button["action_id"] in SENDS for button in offered)


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
            return thread_line(content, display)
        case Reply():
            return reply(content, display, links)
        case Summary():
            return summary(content, display)
        case PauseNotice():
            return pause_notice(content, display)
        case NotMoving():
            return not_moving(content, display)
        case MorningSummary():
            return morning_summary(content, display)
        case PersonalSummary():
            return personal_summary(content, display)
        case HandoverNotice():
            return handover_notice(content, display)


def _record_card(card: RecordCard, display: DisplaySettings, links: PermalinkLookup) -> Message:
    record = card.record_state.record
    if isinstance(record, Connection):
        return connection_card(card, record, display, links)
    return disconnection_card(card, record, display, links)


# ---------------------------------------------------------------- the thread of a card


def thread_line(content: ThreadLine, display: DisplaySettings) -> Message:
    """Answers: what happened, in order?

    A line must describe the moment of its event, not the present. So it uses the event as it was, and from the
    operation only what never changes, or its outcome. Below it are the fields that changed with it, old and new.
    """
    event = content.event
    late = " · posted late" if event.late else ""
    changes = record_facts.change_lines(event.changes, _parsed(event, event.after), display)
    return Message([Paragraph([rich_text(*_line(event, content.operation), late), *changes])])


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
        return rich_text("Existed before Switchboard started", *when)
    return rich_text(*_status_change(event), *when)


def _owner_line(event: OutboxEvent) -> RichText:
    if event.after is None:
        return rich_text(UserMention(event.before or ""), " released it")
    if event.is_handover:
        return rich_text(UserMention(event.before or ""), " handed it over to ", UserMention(event.after))
    previous = rich_text(", previously ", UserMention(event.before)) if event.before else ()
    return rich_text("Claimed by ", UserMention(event.after), *previous)


def _status_change(event: OutboxEvent) -> RichText:
    if event.before is None:
        return rich_text("New at Noyo: ", *_status_after(event))
    if event.before == LocalStatus.DELETED.value:
        return rich_text("It exists at Noyo again: ", *_status_after(event))
    if event.before == event.after:
        unseen = "" if event.changes else "; nothing that is shown here changed"
        return rich_text("Changed at Noyo, still ", *_status_after(event), unseen)
    return rich_text(status_name(_parsed(event, event.before)), " → ", *_status_after(event))


def _status_after(event: OutboxEvent) -> RichText:
    return rich_text(status_name(_parsed(event, event.after), bold=True))


def _parsed(event: OutboxEvent, status: str | None) -> Status:
    return parse_status(event.entity.kind, status or "")


def _operation_line(event: OutboxEvent, operation: Operation | None) -> RichText:
    state = event.operation_state
    if operation is None:
        return _deleted_operation(state)
    if state is None or state.settled:
        return operation_text.outcome(operation)
    return _open_operation_line(event, operation, state)


def _open_operation_line(event: OutboxEvent, operation: Operation, state: OperationState) -> RichText:
    possessive = operation_text.possessive(operation)
    if state is OperationState.AWAITING_CONFIRMATION:
        return operation_text.awaiting_confirmation(operation)
    if state is OperationState.RECONCILING:
        if operation.sends > 1:  # The answer to the attempt of this event is unknown.
            return rich_text("Noyo has not confirmed ", *possessive, "; checking whether it arrived")
        return rich_text(*possessive, ": ", *answered(operation), "; checking whether it arrived")
    if state is OperationState.NEEDS_RESOLUTION:
        first_sent_at = operation.first_sent_at
        if first_sent_at is None or first_sent_at >= event.at:  # Not sent until then, although perhaps since.
            return rich_text("Needs review: ", *possessive, f". {capitalize(NOT_PROCESSED)}")
        return rich_text("Needs review: it is unknown whether ", *possessive, " arrived")
    if is_deferral(event):
        return rich_text("Waiting while sending is paused: ", *possessive, " will be sent when sending resumes")
    if state is OperationState.PENDING and not is_submission(event):
        return _waits_again(event, operation)
    if state is OperationState.PENDING and operation.second_approval is not None:
        return operation_text.second_approval(operation)
    if state is OperationState.SENDING:
        return rich_text("Sending ", *possessive, " to Noyo")
    return operation_text.description(operation)


def _waits_again(event: OutboxEvent, operation: Operation) -> RichText:
    possessive = operation_text.possessive(operation)
    if event.resolved_by is not None:
        return rich_text(UserMention(event.resolved_by), " chose Send Again for ", *possessive)
    if event.delay_reason is not None:
        reason = operation_text.quoted(operation, event.delay_reason.rstrip(". "))
        return rich_text(*possessive, " is delayed. ", reason)
    return rich_text("Noyo shows no effect of ", *possessive, "; it will be sent again")


def _deleted_operation(state: OperationState | None) -> RichText:
    """Operations are deleted 30 days after they are settled."""
    state_name = state.value.replace("_", " ") if state else "settled"
    return rich_text(f"An operation, deleted since, was {state_name}")


MAX_LISTED = 20
_MAX_MESSAGE = MAX_QUOTE_LENGTH // 4


def summary(content: Summary, display: DisplaySettings) -> Message:
    """Answers, when the bot starts for the first time: what does it follow, and what needs our action?

    A hundred old alerts would hide the answer, and a short list would suggest that nothing else needs action. So this
    is one message that says how many more there are and how to find them. It is never updated, so it has a time.
    """
    listed = list({state.entity: state for state in content.waiting}.values())[:MAX_LISTED]
    parts: list[Part] = [Paragraph(_counts(content)), Paragraph(_channels(display))]
    for record_state in listed:
        parts += [Paragraph(_record_lines(record_state, display)), _buttons(record_state, display)]
    more = content.waiting_total - len(listed)
    parts.append(Paragraph(_more_line(more, display)))
    parts.append(Buttons(show_buttons("status", "Show All") if more > 0 else (), f"summary:{content.at}"))
    return Message(parts, rich_text("Switchboard has started"), display.warning())


def _counts(content: Summary) -> list[RichText]:
    connections = plural(content.connections, "open connection")
    disconnections = plural(content.disconnections, "open disconnection request")
    first = rich_text(f"Following {connections} and {disconnections} at Noyo.")
    if content.waiting_total == 0:
        return [first, rich_text("Nothing needs action.")]
    need = f"{content.waiting_total} of them {'needs' if content.waiting_total == 1 else 'need'} action."
    as_of = rich_text("As of ", Timestamp(content.at), ". See the cards for the current state.")
    return [first, rich_text(PlainText(need, bold=True)), as_of]


def _channels(display: DisplaySettings) -> list[RichText]:
    """What is posted in which channel; two roles may have the same channel."""
    posts: dict[str, list[str]] = {}
    for channel, what in (
        (display.connections_channel, "a card for each new or changed connection, with every change in its thread"),
        (
            display.alerts_channel,
            "alerts for connections that need action, and questions that only a person can answer",
        ),
        (display.decisions_channel, "a card for each disconnection request, with its alerts and reminders"),
    ):
        posts.setdefault(channel, []).append(what)
    return [rich_text(ChannelMention(channel), f": {'; '.join(whats)}.") for channel, whats in posts.items()]


def _record_lines(record_state: RecordState, display: DisplaySettings) -> list[RichText]:
    record = record_state.record
    line = rich_text(PlainText("• "), *record_facts.title(record, display), ": ", status_name(record.status, bold=True))
    return [line, end_date(record)] if isinstance(record, Disconnection) else [line, *_connection(record)]


def _connection(record: Connection) -> list[RichText]:
    message = record_facts.message_text(record, _MAX_MESSAGE)
    return [
        *([record_facts.carrier_group_id_line(record)] if record.carrier_group_id is not None else []),
        *([labelled(record_facts.message_label(record.status), *message)] if message else []),
    ]


def _buttons(record_state: RecordState, display: DisplaySettings) -> Buttons:
    record = record_state.record
    offered = record_facts.action_buttons(record_state, None, display, primary=False)
    return Buttons(offered, f"{record.entity}:{record.version}")


def _more_line(number: int, display: DisplaySettings) -> list[RichText]:
    if number <= 0:
        return []
    need = "needs" if number == 1 else "need"
    how = f"{display.command} status lists all of them."
    return [rich_text(f"{number} more {need} action. {how}")]
