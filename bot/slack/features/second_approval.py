"""Slack room: *confirm* and *withdraw*: a colleague wants a group disconnected, and a second approver looks at it.

They were called by a card and know less than the one who asked. What can go wrong: they say yes to what they did not
read, the connection is another by now, somebody else has confirmed or withdrawn it, its time is over, or the one who
asked may not ask for it any more.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bot.domain.operations import DisconnectionRequest, Operation, OperationState, ReplyTo
from bot.domain.people import Right, Verdict
from bot.domain.record_states import RecordState
from bot.domain.records import Disconnection, Record
from bot.errors import UnknownSchema
from bot.slack.context import RequestContext
from bot.slack.features.form_results import sending
from bot.slack.views import buttons, replies
from bot.slack.views.buttons import ButtonValue
from bot.slack.views.message import DisplaySettings, Message, Paragraph, Part, Quote
from bot.slack.views.modals import form, notice
from bot.slack.views.operation_text import actor, in_progress, outcome
from bot.slack.views.record_cards import earlier_requests_line
from bot.slack.views.record_facts import status_name
from bot.slack.views.request_cards import consequence, disconnection_parties, pending_disconnection_facts
from bot.slack.views.rich_text import (
    MAX_QUOTE_LENGTH,
    ChannelMention,
    Json,
    RichText,
    Timestamp,
    UntrustedText,
    UserMention,
    labelled,
    rich_text,
)
from bot.usecases.admin.authorization import authorized
from bot.usecases.operations.second_approval import (
    Confirmed,
    NotAwaitingConfirmation,
    awaits_confirmation,
    confirm,
    withdraw,
)
from bot.usecases.operations.submit import NotAllowed
from bot.usecases.operations.submit_disconnection import is_connected
from bot.usecases.records.related import earlier_requests

CALLBACK = "confirm_disconnection"
_FORGOTTEN = "This is settled, and too old to be kept. Nothing was done."


def click(context: RequestContext, value: ButtonValue) -> None:
    """*Confirm Disconnection…*: what a yes would do, or why it is not theirs to give."""
    context.open_view(_opened(context, value.operation_id or ""))


def click_withdraw(context: RequestContext, value: ButtonValue) -> None:
    """*Withdraw*: for the one who asked, and for every approver."""
    context.give_feedback(
        *_withdrawn(context, value.operation_id or ""),
    )


def submit(context: RequestContext, view: dict[str, Any]) -> Json:
    """Confirms what was shown, which never changes while it is held; else says what became of it."""
    operation = context.deps.operations.operation(_operation_id(view))
    permission = context.authorize(Right.APPROVE, operation.entity if operation else None)
    if not permission.allowed:
        return replies.push_modal(notice("Not sent", replies.denial(permission)))
    if operation is None:
        return replies.replace_modal(notice("Not held any more", _FORGOTTEN))
    if not (permission := context.authorize_decision_on(operation.actor, operation.entity)).allowed:
        return replies.replace_modal(notice("Not sent", replies.denial(permission)))
    reply_to = ReplyTo(view_id=view["id"])
    match confirm(operation.id, context.actor.user_id, reply_to=reply_to, deps=context.deps):
        case Confirmed(going):
            return replies.replace_modal(
                sending(_what(context, going), context.display.decisions_channel, going)
            )
        case NotAwaitingConfirmation(now):
            context.audit_event("confirmation_conflict", operation.entity, *_came_second(operation, now))
            return replies.replace_modal(_over(context, now))
        case NotAllowed(refusal):
            return replies.replace_modal(notice("Not sent", replies.denial(refusal)))


def confirmation_or_reason(context: RequestContext, operation: Operation, *, first: bool = False) -> Json:
    """The form, for somebody who may approve. `first`: they wanted to ask for the same, and somebody was first."""
    wanted = operation.input
    if not awaits_confirmation(operation, context.deps.now()) or not isinstance(wanted, DisconnectionRequest):
        return _over(context, operation)
    permission = context.authorize_decision_on(operation.actor, operation.entity)
    if not permission.allowed:
        return notice("Not possible", replies.denial(permission))
    record_state = context.deps.records.record_state(wanted.connection)
    why_not = _why_it_would_not_go(context, operation, record_state)
    return why_not or confirmation(
        operation,
        wanted,
        record_state.record if record_state else None,
        context.display,
        first=first,
        before=earlier_requests(record_state, context.deps.records) if record_state else (),
    )


def _opened(context: RequestContext, operation_id: str) -> Json:
    operation = context.deps.operations.operation(operation_id)
    permission = context.authorize(Right.APPROVE, operation.entity if operation else None)
    if not permission.allowed:
        return notice("Not possible", replies.denial(permission))
    if operation is None:
        return notice("Not held any more", _FORGOTTEN)
    return confirmation_or_reason(context, operation)


def _why_it_would_not_go(
    context: RequestContext, operation: Operation, record_state: RecordState | None
) -> Json | None:
    """What the worker would find out as well, said while somebody is here who can do something about it.

    Asking about the one who asked keeps what is known of them fresh for that worker; where Slack does not tell, it goes
    on, since the worker waits until it knows.
    """
    withdraw_it = "Nothing would be sent. Withdraw it on its card, and ask anew if it is still wanted."
    if authorized(Right.APPROVE, operation.actor or "", context.deps).verdict is Verdict.DENIED:
        gone = rich_text(actor(operation), ", who asked for it, may not do so any more.")
        return notice("Not possible", gone, withdraw_it)
    if record_state is not None and not is_connected(record_state):
        now = rich_text("The connection is now: ", status_name(record_state.status, bold=True), ".")
        return notice("Not possible", now, withdraw_it)
    return None


def confirmation(
    operation: Operation,
    wanted: DisconnectionRequest,
    record: Record | None,
    display: DisplaySettings,
    *,
    first: bool,
    before: Sequence[Disconnection] = (),
) -> Json:
    """The form. `record` is the connection as it is now; `first`: the reader wanted to ask for the same."""
    told: list[RichText] = [rich_text("Somebody was first: this is what waits already.")] if first else []
    told += [
        rich_text(*disconnection_parties(wanted, display)),
        consequence(wanted, display),
        rich_text(
            "Once you confirm it, it is sent to Noyo, which begins at once. It cannot be taken back from here."
        ),
    ]
    asked = [
        *pending_disconnection_facts(operation, wanted),
        labelled("Asked for", Timestamp(operation.submitted_at)),
    ]
    if record is not None:
        asked.append(labelled("The connection", status_name(record.status)))
    asked.append(earlier_requests_line(before))
    parts: list[Part] = [Paragraph(told), Paragraph(asked)]
    if wanted.context:
        parts += [
            Paragraph([labelled("Context for Noyo")]),
            Quote((UntrustedText(wanted.context, MAX_QUOTE_LENGTH),)),
        ]
    return form(
        "Confirm disconnection",
        "Confirm Disconnection",
        CALLBACK,
        Message(parts, warning=display.warning()).blocks(),
        about=buttons.encode(ButtonValue(operation_id=operation.id)),
    )


def _operation_id(view: dict[str, Any]) -> str:
    try:
        held = buttons.decode(view["private_metadata"]).operation_id
    except (LookupError, TypeError, ValueError):
        held = None
    if held is None:
        raise UnknownSchema(
            "This form cannot be read. Nothing was sent to Noyo. Please use the card's button again."
        )
    return held


def _over(context: RequestContext, operation: Operation | None) -> Json:
    """It does not wait any more: who was first, or what became of it."""
    if operation is None:
        return notice("Not held any more", _FORGOTTEN)
    if operation.state is OperationState.AWAITING_CONFIRMATION:
        return notice("Too late", "Its time is over: it expires unsent, and nothing was sent to Noyo.")
    second = operation.second_approval
    title = "Confirmed already" if second else "Not held any more"
    by = [labelled("Confirmed by", UserMention(second.by), " · ", Timestamp(second.at))] if second else []
    now = in_progress(operation) if operation.is_open else rich_text(*outcome(operation), ".")
    own = second is not None and second.by == context.actor.user_id
    card = rich_text("Its card is in ", ChannelMention(context.display.decisions_channel), ".")
    return notice(title, now, *by, *([] if own else ["Nothing was sent for you."]), card)


def _withdrawn(context: RequestContext, operation_id: str) -> tuple[str, RichText]:
    operation = context.deps.operations.operation(operation_id)
    own = operation is not None and operation.actor == context.actor.user_id
    # Whoever asked may always take it back: that keeps things as they are.
    needed = Right.VIEW if own else Right.APPROVE
    permission = context.authorize(needed, operation.entity if operation else None)
    if not permission.allowed:
        return "Not possible", replies.denial(permission)
    taken = withdraw(operation_id, context.actor.user_id, deps=context.deps)
    if taken is not None:
        return "Withdrawn", rich_text(
            "It is withdrawn. Nothing was sent to Noyo, and the group stays connected."
        )
    now = context.deps.operations.operation(operation_id)
    if operation is not None:
        context.audit_event("withdrawal_conflict", operation.entity, *_came_second(operation, now))
    if now is None:
        return "Not held any more", rich_text(_FORGOTTEN)
    return "Not held any more", in_progress(now) if now.is_open else rich_text(*outcome(now), ".")


def _came_second(operation: Operation, now: Operation | None) -> tuple[tuple[str, str], ...]:
    """For the trail: what it was when they came."""
    return (("operation", operation.id), ("state", now.state.value if now else "no longer kept"))


def _what(context: RequestContext, operation: Operation) -> RichText:
    wanted = operation.input
    named = disconnection_parties(wanted, context.display) if isinstance(wanted, DisconnectionRequest) else ()
    return rich_text("the request to disconnect ", *named)
