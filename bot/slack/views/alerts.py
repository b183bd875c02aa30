"""Alerts, and questions that only a person can answer: messages about what needs our action."""

from __future__ import annotations

from bot.domain.content import Alert, ManualResolution
from bot.domain.operations import Operation, OperationKind, OperationState, OutcomeKind
from bot.domain.record_states import RecordState
from bot.domain.records import (
    Connection,
    ConnectionStatus,
    Disconnection,
    DisconnectionSource,
    Status,
    UnknownValue,
    needs_our_action,
)
from bot.domain.reminders import days_left
from bot.slack.views import buttons, operation_text, record_facts
from bot.slack.views.answer_text import answered
from bot.slack.views.buttons import Action
from bot.slack.views.carrier_facts import contact_line
from bot.slack.views.message import Buttons, DisplaySettings, Message, Paragraph, Part, Quote
from bot.slack.views.record_cards import claimed_by, last_outcome, open_operation, revision
from bot.slack.views.record_facts import days_left_text, end_date, next_step, source_name, status_name
from bot.slack.views.request_cards import carrier_group_id_line, request_title
from bot.slack.views.rich_text import (
    PermalinkLookup,
    RichText,
    Span,
    Timestamp,
    UserGroupMention,
    UserMention,
    card_link,
    duration_text,
    labelled,
    rich_text,
)

_ENTITY_NOUNS = {
    OperationKind.REQUEST_CONNECTION: "connection",
    OperationKind.CREATE_DISCONNECTION: "disconnection request",
}


def alert(content: Alert, display: DisplaySettings, links: PermalinkLookup) -> Message:
    """Answers, for someone called away from other work: what is wrong, for which group, and what do I do now?

    Two people must not retry or decide at once, and nobody should act on an old state. So once the record has changed
    or an operation is open, the same message says that first and has no button but Details.
    """
    record_state = content.record_state
    if open_operation(content) is not None or record_state.record.version != content.raised_version:
        return _outdated(content, display, links)
    next_line = labelled("Next", *next_step(record_state.record, display))
    parts: list[Part] = [
        Paragraph([*_mentions(content, display), *_facts(content, display)]),
        *_message(record_state.record),
        Paragraph([*_history(record_state), next_line]),
        Paragraph(card_link(content.card, links)),
        Buttons(record_facts.action_buttons(record_state, None, display, with_claim=True), revision(content)),
    ]
    return Message(parts, _title(content), display.warning())


def _mentions(content: Alert, display: DisplaySettings) -> list[RichText]:
    """Mentions that notify the approvers; only if the end is near or several reminders have been sent."""
    if not content.mention_approvers or not display.approvers:
        return []
    spans: list[Span | str] = []
    for approver in sorted(display.approvers):
        spans += [UserGroupMention(approver) if approver.startswith("S") else UserMention(approver), " "]
    return [rich_text(*spans, "please decide" if content.is_reminder else "please decide soon")]


def _title(content: Alert) -> RichText:
    record = content.record_state.record
    group = record_facts.group_name(record)
    if not isinstance(record, Disconnection):
        return rich_text(status_name(record.status), ": ", group)
    end, today = record.effective_end_date, content.today
    left = f" · {days_left_text(days_left(end, today))}" if end and today else ""
    if content.is_reminder:
        return rich_text("Reminder: disconnect ", group, left)
    if content.record_state.end_date_change is not None:
        return rich_text("Last managed day changed: ", group, left)
    carrier = record.source_type is DisconnectionSource.CARRIER
    return rich_text("The carrier asks to disconnect " if carrier else "Request to disconnect ", group)


def _facts(content: Alert, display: DisplaySettings) -> list[RichText]:
    record = content.record_state.record
    lines = [
        labelled("Group", record_facts.group_name(record)),
        labelled("Carrier", display.carrier(record.carrier_id)),
    ]
    if isinstance(record, Disconnection):
        today = content.today if needs_our_action(record.status) else None
        source = labelled("Source", source_name(record))
        end = [end_date(record, today), *record_facts.moved_from(content.record_state)]
        return [*lines, source, *end, *claimed_by(content.record_state, content.away)]
    contact, claimed = contact_line(record.carrier_id, display), claimed_by(content.record_state, content.away)
    return [*lines, record_facts.carrier_group_id_line(record), *contact, *claimed]


def _message(record: Connection | Disconnection) -> list[Part]:
    label, message = record_facts.message_label(record.status), record_facts.message_text(record)
    if record.status is ConnectionStatus.UNABLE_TO_CONNECT and not message:
        return [Paragraph([labelled(label, "none")])]
    return [Paragraph([labelled(label)]), Quote(message)] if message else []


def _history(record_state: RecordState) -> list[RichText]:
    if not isinstance(record_state.record, Connection):
        return []
    # Zero if the start of this attempt was not seen.
    seconds = record_state.record.modified - record_state.attempt_started_at
    duration = [labelled("Duration", duration_text(seconds))] if seconds > 0 else []
    return [record_facts.attempts(record_state), *duration, record_facts.requester(record_state)]


def _outdated(content: Alert, display: DisplaySettings, links: PermalinkLookup) -> Message:
    record_state = content.record_state
    lines = [
        _current_state(content, display),
        *_facts(content, display),
        *_requester(record_state),
        *card_link(content.card, links),
    ]
    details = Buttons([record_facts.record_button(Action.DETAILS, record_state.record)], revision(content))
    title = rich_text(_outdated_title(content), ": ", record_facts.group_name(record_state.record))
    return Message([Paragraph(lines), details], title, display.warning())


def _outdated_title(content: Alert) -> str:
    if open_operation(content) is not None:
        return "In progress"
    if _may_need_action(content.record_state.status):
        return "Changed since this reminder" if content.is_reminder else "Changed since this alert"
    return "No longer needs action"


def _may_need_action(status: Status) -> bool:
    """A status that Noyo introduced after this release may need action too."""
    return needs_our_action(status) or isinstance(status, UnknownValue)


def _current_state(content: Alert, display: DisplaySettings) -> RichText:
    operation = open_operation(content)
    if operation is not None:
        return operation_text.in_progress(operation)
    record = content.record_state.record
    if needs_our_action(record.status):
        return rich_text("Now: ", status_name(record.status), ". It still needs action. Go to its card.")
    changed = rich_text("Changed to ", status_name(record.status), " · ", Timestamp(record.modified))
    if _may_need_action(record.status):
        return rich_text(*changed, ". ", *next_step(record, display))
    return rich_text(*changed, ". No action needed.")


def _requester(record_state: RecordState) -> list[RichText]:
    return [labelled("Requested by", UserMention(record_state.requester))] if record_state.requester else []


# ---------------------------------------------------------------- manual resolution


def manual_resolution(content: ManualResolution, display: DisplaySettings, links: PermalinkLookup) -> Message:
    """Asks what Noyo's answers do not show: did the operation arrive?

    A guess does harm: *Send Again* may create a second effect, and *It Arrived* gives up an operation that was never
    sent. So what was sent and what Noyo shows stand side by side, and each answer asks for confirmation.
    """
    operation = content.operation
    if operation.state is not OperationState.NEEDS_RESOLUTION:
        return _resolved(content, display, links)
    version = content.record_state.record.version if content.record_state is not None else None
    parts: list[Part] = [
        Paragraph([_reason(operation)]),
        Paragraph(_our_side(operation)),
        Paragraph(_noyo_side(content.record_state, operation)),
        Paragraph([_next_step(operation), *card_link(content.card, links)]),
        Buttons(
            buttons.resolution_buttons(operation, version),
            f"{operation.id}:{operation.state.value}:{operation.attempts}",
        ),
    ]
    title = rich_text("Did it arrive? ", *_resolution_title(content, display))
    return Message(parts, title, display.warning())


def _resolution_title(content: ManualResolution, display: DisplaySettings) -> RichText:
    if content.record_state is not None:
        return record_facts.group_and_carrier(content.record_state.record, display)
    return request_title(content.operation, display)


def _reason(operation: Operation) -> RichText:
    result, possessive = operation.outcome, operation_text.possessive(operation)
    if result is None or result.kind is not OutcomeKind.OVERDUE:
        return rich_text(*possessive, ": ", *answered(operation), ", and Noyo does not show whether it arrived.")
    message = operation_text.quoted(operation, result.message) if result.message else None
    error = rich_text(" Last error: ", message) if message else ()
    return rich_text("A day has passed since the first attempt at ", *possessive, ".", *error)


def _our_side(operation: Operation) -> list[RichText]:
    sent_at = operation.first_sent_at
    sent = rich_text("first ", Timestamp(sent_at)) if sent_at is not None else rich_text("not that we know of")
    return [
        labelled("Request", *operation_text.description(operation)),
        labelled("Sent", *sent),
        *carrier_group_id_line(operation),
    ]


def _noyo_side(record_state: RecordState | None, operation: Operation) -> list[RichText]:
    if record_state is None:
        noun = _ENTITY_NOUNS.get(operation.kind)
        return [labelled("At Noyo", f"no {noun} that clearly matches" if noun else "unknown")]
    record = record_state.record
    lines = [labelled("At Noyo", status_name(record.status), ", last changed ", Timestamp(record.modified))]
    lines.append(record_facts.carrier_group_id_line(record) if isinstance(record, Connection) else end_date(record))
    shown = operation.shown_version if operation.entity == record.entity else None
    if shown is not None:
        comparison = "unchanged" if shown == record.version else "changed"
        lines.append(labelled("Version", record_facts.version(record), f", {comparison} since the request"))
    return lines


def _next_step(operation: Operation) -> RichText:
    return labelled(
        "Next",
        "Check at Noyo, or ask Noyo, then choose an answer. "
        f"Until then nothing else can be sent for this {operation_text.entity_noun(operation)}.",
    )


def _resolved(content: ManualResolution, display: DisplaySettings, links: PermalinkLookup) -> Message:
    operation = content.operation
    state = operation_text.in_progress(operation) if operation.is_open else last_outcome(operation)
    closing = [] if operation.is_open or _leaves_work(content, display) else [rich_text("No action needed.")]
    lines = [state, *closing, *card_link(content.card, links)]
    title = rich_text("Resolved: ", *_resolution_title(content, display))
    return Message([Paragraph(lines)], title, display.warning())


def _leaves_work(content: ManualResolution, display: DisplaySettings) -> bool:
    """Whether there is something to do after the end of the operation: about its outcome, or about the record."""
    needs_action = content.record_state is not None and needs_our_action(content.record_state.status)
    return needs_action or bool(operation_text.advice(content.operation, display.command))
