"""Slack room: *disconnect*: one of us knows that a group leaves a carrier, and asks Noyo to disconnect it.

They have heard it from the group, and want its coverage to be managed until the right day and no longer. What can go
wrong: the wrong one of two groups with nearly the same name, a slip in the calendar, a colleague who asks for the same,
and that nobody else has looked at it before people lose their coverage.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from bot.domain.entities import pending_disconnection_ref
from bot.domain.operations import Operation, OperationKind, OperationState, ReplyTo
from bot.domain.people import Right
from bot.domain.record_states import RecordState
from bot.domain.records import Connection
from bot.slack.context import RequestContext
from bot.slack.features.disconnect_form import disconnect_faults, disconnect_form, wish
from bot.slack.features.form_results import about, repeated, sending
from bot.slack.features.second_approval import confirmation_or_reason
from bot.slack.views import record_facts, replies
from bot.slack.views.buttons import ButtonValue
from bot.slack.views.modals import notice, values_of
from bot.slack.views.operation_text import in_progress
from bot.slack.views.record_cards import last_outcome
from bot.slack.views.record_facts import status_name
from bot.slack.views.rich_text import ChannelMention, Json, Timestamp, labelled, rich_text
from bot.usecases.operations.second_approval import awaits_confirmation
from bot.usecases.operations.submit import Conflict, RecordChanged, Submitted
from bot.usecases.operations.submit_disconnection import disconnectable, is_connected, request_disconnection
from bot.usecases.records.related import earlier_requests

_UNKNOWN = "This connection is not known here any more. Nothing was sent to Noyo."


def click(context: RequestContext, value: ButtonValue) -> None:
    """*Disconnect…*: opens the form, or says why it cannot be."""
    context.open_view(_opened(context, value))


def open_for(context: RequestContext, record_state: RecordState) -> None:
    """`/noyo disconnect`: the same for a connection that was found by name."""
    click(context, ButtonValue(record_state.entity, record_state.record.version))


def submit(context: RequestContext, view: dict[str, Any]) -> Json:
    """Places it for the version that was shown; else shows what changed, or who was first."""
    shown = about(view)
    permission = context.authorize(Right.APPROVE, shown.record)
    if not permission.allowed:
        return replies.push_modal(notice("Not sent", replies.denial(permission)))
    record_state = context.deps.records.record_state(shown.record)
    record = record_state.record if record_state else None
    if record_state is None or not isinstance(record, Connection) or record.version != shown.version:
        return replies.replace_modal(_moved(context, record_state, shown, view["id"]))
    values = values_of(view)
    found = disconnect_faults(values, record, _today(context))
    if found:
        return replies.show_field_errors(found)
    return replies.replace_modal(_placed(context, values, record_state, view["id"]))


def _opened(context: RequestContext, value: ButtonValue) -> Json:
    permission = context.authorize(Right.APPROVE, value.record)
    if not permission.allowed:
        return notice("Not possible", replies.denial(permission))
    return _asked(context, context.deps.records.record_state(value.record), value)


def _asked(context: RequestContext, record_state: RecordState | None, shown: ButtonValue) -> Json:
    """The form for the connection as it is now, unless somebody was first or there is nothing to disconnect."""
    record = record_state.record if record_state else None
    if record_state is None or not isinstance(record, Connection):
        return notice("Not possible", _UNKNOWN)
    if not disconnectable(record_state):
        return _not_now(record_state)
    holder = context.deps.operations.open_on(
        pending_disconnection_ref(record.group_id or "", record.carrier_id)
    )
    if holder is not None:
        return _somebody_first(context, holder)
    return disconnect_form(
        record,
        context.display,
        needs_second=context.needs_second,
        changed=record.version != shown.version,
        before=earlier_requests(record_state, context.deps.records),
    )


def _placed(context: RequestContext, values: dict[str, str], record_state: RecordState, view_id: str) -> Json:
    result = request_disconnection(
        view_id,
        context.actor.user_id,
        shown=record_state,
        wish=wish(values),
        needs_second=context.needs_second,
        timezone=context.display.timezone,
        reply_to=ReplyTo(view_id=view_id),
        deps=context.deps,
    )
    match result:
        case Submitted(operation):
            return _on_its_way(context, operation, record_state)
        case Conflict(operation):
            return _somebody_first(context, operation)
        case RecordChanged(now):
            return _asked(context, now, ButtonValue(record_state.entity, record_state.record.version))


def _on_its_way(context: RequestContext, operation: Operation, record_state: RecordState) -> Json:
    if operation.state is OperationState.AWAITING_CONFIRMATION:
        return _held(context, operation, record_state)
    if operation.state.settled:
        return notice("Sent already", repeated(operation))
    what = rich_text(
        "your request to disconnect ", *record_facts.group_and_carrier(record_state.record, context.display)
    )
    return sending(what, context.display.decisions_channel, operation)


def _held(context: RequestContext, operation: Operation, record_state: RecordState) -> Json:
    until = (
        [rich_text("If nobody does, it expires unsent ", Timestamp(operation.due), ".")]
        if operation.due
        else []
    )
    return notice(
        "Held",
        rich_text(
            "Held: your request to disconnect ",
            *record_facts.group_and_carrier(record_state.record, context.display),
            ".",
        ),
        "Nothing has been sent to Noyo. A second approver has to confirm it; you cannot do that yourself."
        if not context.deps.policy.self_approval
        else "Nothing has been sent to Noyo. An approver has to confirm it.",
        *until,
        rich_text(
            "Its card is in ",
            ChannelMention(context.display.decisions_channel),
            "; there you can withdraw it too.",
        ),
    )


def _moved(context: RequestContext, now: RecordState | None, shown: ButtonValue, view_id: str) -> Json:
    """Another version than the one shown. A repeat of what was placed from this very window is no change."""
    placed = context.deps.operations.operation(view_id)
    if placed is not None:
        return notice("Sent already", repeated(placed))
    if now is not None:
        _note_outdated(context, now, shown)
    return _asked(context, now, shown)


def _note_outdated(context: RequestContext, now: RecordState, shown: ButtonValue) -> None:
    """Whoever asked and was turned away is in the trail too."""
    context.audit_event(
        "submission_conflict",
        shown.record,
        ("kind", OperationKind.CREATE_DISCONNECTION.value),
        ("shown_version", shown.version or ""),
        ("because", "changed"),
        ("version_now", now.record.version),
    )


def _somebody_first(context: RequestContext, operation: Operation) -> Json:
    """Who was first; where it waits for a second approver, that is what the person may be."""
    if awaits_confirmation(operation, context.deps.now()) and operation.actor != context.actor.user_id:
        return confirmation_or_reason(context, operation, first=True)
    now = in_progress(operation) if operation.is_open else last_outcome(operation)
    return notice(
        "Asked for already",
        now,
        labelled("Asked for", Timestamp(operation.submitted_at)),
        "Nothing new was made; its card tells how it goes.",
    )


def _not_now(record_state: RecordState) -> Json:
    record = record_state.record
    if is_connected(record_state):
        return notice(
            "Not possible yet",
            rich_text("Noyo has not told which of its groups ", record_facts.group_name(record), " is."),
            "Without that it cannot be disconnected from here. Try again once the connection has changed at Noyo, "
            "or disconnect it there.",
        )
    return notice(
        "Not possible",
        rich_text(record_facts.group_name(record), " is now: ", status_name(record.status, bold=True), "."),
        "Only a completed connection can be disconnected, and nothing was sent to Noyo.",
    )


def _today(context: RequestContext) -> date:
    return datetime.fromtimestamp(context.deps.now(), context.display.timezone).date()
