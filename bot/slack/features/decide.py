"""Slack room: *decide*: a carrier or somebody else asks to disconnect a group, and one of us says yes or no.

They have asked the group, and end somebody's coverage or keep it. What can go wrong: two people decide at once, the
request is another by the time the form is submitted, it was decided at Noyo, a day that is long past.
"""

from __future__ import annotations

from typing import Any

from bot.domain.decisions import Decision
from bot.domain.operations import DecisionRequest, Operation, OperationKind, ReplyTo
from bot.domain.people import Right
from bot.domain.record_states import RecordState
from bot.domain.records import Disconnection
from bot.slack.context import RequestContext
from bot.slack.features.decide_form import changes, decision_faults, decision_form, decision_wanted
from bot.slack.features.form_results import about, repeated, sending
from bot.slack.views import record_facts, replies
from bot.slack.views.buttons import ButtonValue
from bot.slack.views.modals import notice, values_of
from bot.slack.views.operation_text import DECISION_NOUNS, in_progress
from bot.slack.views.record_cards import decided_elsewhere, last_outcome
from bot.slack.views.record_facts import status_name
from bot.slack.views.rich_text import Json, RichText, Timestamp, labelled, rich_text
from bot.usecases.operations.submit import (
    Conflict,
    NotAllowed,
    RecordChanged,
    Submitted,
    decidable,
    decide,
    record_outdated,
)

_UNKNOWN = "This request is not known here any more. Nothing was sent to Noyo."


def click(decision: Decision, context: RequestContext, value: ButtonValue) -> None:
    """*Approve…* or *Reject…*: opens the form, or says why it cannot be."""
    context.open_view(_opened(context, decision, value))


def open_for(context: RequestContext, decision: Decision, record_state: RecordState) -> None:
    """`/noyo approve` and `/noyo reject`: the same for a request that was found by name."""
    click(decision, context, ButtonValue(record_state.entity, record_state.record.version))


def submit(decision: Decision, context: RequestContext, view: dict[str, Any]) -> Json:
    """Places the decision for the version that was shown; else shows what changed, or who was first."""
    shown = about(view)
    permission = context.authorize(Right.APPROVE, shown.record)
    if not permission.allowed:
        return replies.push_modal(notice("Not sent", replies.denial(permission)))
    record_state = context.deps.records.record_state(shown.record)
    record = record_state.record if record_state else None
    if record_state is None or not isinstance(record, Disconnection) or record.version != shown.version:
        return replies.replace_modal(_moved(context, decision, record_state, shown, view["id"]))
    permission = context.authorize_decision_on(record_state.requester, shown.record)
    if not permission.allowed:
        return replies.push_modal(notice("Not sent", replies.denial(permission)))
    values = values_of(view)
    found = decision_faults(decision, values, record, context.deps.today())
    if found:
        return replies.show_field_errors(found)
    wanted = decision_wanted(decision, values, record, unversioned=context.reject_without_version)
    return replies.replace_modal(_placed(context, wanted, record_state, view["id"]))


def _opened(context: RequestContext, decision: Decision, value: ButtonValue) -> Json:
    permission = context.authorize(Right.APPROVE, value.record)
    if not permission.allowed:
        return notice("Not possible", replies.denial(permission))
    record_state = context.deps.records.record_state(value.record)
    permission = context.authorize_decision_on(record_state.requester if record_state else None, value.record)
    if not permission.allowed:
        return notice("Not possible", replies.denial(permission))
    return _first(context, record_state) or _asked(context, decision, record_state, value)


def _first(context: RequestContext, record_state: RecordState | None) -> Json | None:
    """Somebody is deciding already."""
    operation = context.deps.operations.open_on(record_state.entity) if record_state is not None else None
    return _somebody_else(operation) if operation is not None else None


def _asked(
    context: RequestContext, decision: Decision, record_state: RecordState | None, shown: ButtonValue
) -> Json:
    """The form for the request as it is now, with what changed since it was shown."""
    if record_state is None or not isinstance(record_state.record, Disconnection):
        return notice("Not possible", _UNKNOWN)
    if not decidable(record_state):
        return _not_now(context, record_state, record_state.record)
    moved = record_state.record.version != shown.version
    changed = changes(_seen(context, shown), record_state.record) if moved else []
    return decision_form(decision, record_state.record, context.display, changed)


def _placed(
    context: RequestContext, wanted: DecisionRequest, record_state: RecordState, view_id: str
) -> Json:
    result = decide(
        view_id,
        context.actor.user_id,
        shown=record_state,
        wanted=wanted,
        reply_to=ReplyTo(view_id=view_id),
        deps=context.deps,
    )
    match result:
        case Submitted(operation) if operation.state.settled:
            return notice("Sent already", repeated(operation))
        case Submitted(operation):
            return sending(_what(context, wanted, record_state), context.display.decisions_channel, operation)
        case Conflict(operation):
            return _somebody_else(operation)
        case NotAllowed(permission):
            return notice("Not sent", replies.denial(permission))
        case RecordChanged(now):
            shown = ButtonValue(record_state.entity, record_state.record.version)
            return _asked(context, wanted.decision, now, shown)


def _moved(
    context: RequestContext,
    decision: Decision,
    now: RecordState | None,
    shown: ButtonValue,
    view_id: str,
) -> Json:
    """Another version than the one shown. A repeat of what was placed from this very window is no change."""
    placed = context.deps.operations.operation(view_id)
    if placed is not None:
        return notice("Sent already", repeated(placed))
    record_outdated(
        view_id,
        context.actor.user_id,
        shown.record,
        OperationKind.DECIDE_DISCONNECTION,
        DecisionRequest(decision),
        shown_version=shown.version,
        deps=context.deps,
    )
    return _first(context, now) or _asked(context, decision, now, shown)


def _seen(context: RequestContext, shown: ButtonValue) -> Disconnection | None:
    known = context.deps.records.history(shown.record, since=0)
    return next(
        (one for one in known if isinstance(one, Disconnection) and one.version == shown.version), None
    )


def _somebody_else(operation: Operation) -> Json:
    """A window, since Slack shows nobody's name under a field."""
    now = in_progress(operation) if operation.is_open else last_outcome(operation)
    return notice(
        "Somebody was first",
        now,
        labelled("Asked for", Timestamp(operation.submitted_at)),
        "Nothing was sent for you; its card tells how it goes.",
    )


def _not_now(context: RequestContext, record_state: RecordState, record: Disconnection) -> Json:
    last = context.deps.operations.last_on(record_state.entity)
    lines: list[RichText] = [
        rich_text(record_facts.group_name(record), " is now: ", status_name(record.status, bold=True), "."),
        *([last_outcome(last)] if last is not None else []),
        *decided_elsewhere(record, last),
        rich_text("There is nothing left to decide, and nothing was sent to Noyo."),
    ]
    return notice("Decided already", *lines)


def _what(context: RequestContext, wanted: DecisionRequest, record_state: RecordState) -> RichText:
    noun = DECISION_NOUNS[wanted.decision]
    return rich_text(
        f"your {noun} for ", *record_facts.group_and_carrier(record_state.record, context.display)
    )
