"""*confirm* and *withdraw*: a colleague wants a group disconnected, and a second approver checks the request.

The approver comes from a card and knows less than the person who asked. What can go wrong: they confirm what they did
not read, the connection has changed, somebody else confirmed or withdrew the request, it has expired, or the person who
asked has lost the right to.
"""

from __future__ import annotations

from collections.abc import Sequence

from bot.domain.content import RelatedRecords
from bot.domain.operations import Operation, OperationState
from bot.domain.people import Right, Verdict
from bot.domain.record_states import RecordState, is_connected
from bot.domain.records import Disconnection, Record
from bot.domain.requests import DisconnectionRequest
from bot.slack.context import RequestContext
from bot.slack.features.forms import Entry, Form, FormTarget, sending, shown_operation
from bot.slack.views import buttons, replies
from bot.slack.views.buttons import ButtonValue
from bot.slack.views.message import DisplaySettings, Message, Paragraph, Part, Quote
from bot.slack.views.modals import form, notice, replace_modal
from bot.slack.views.operation_text import actor, in_progress, outcome
from bot.slack.views.record_cards import earlier_requests_line
from bot.slack.views.record_facts import current_status, group_and_carrier, group_name, status_name
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
from bot.usecases.notifications.read_model import related_records
from bot.usecases.operations.second_approval import Confirmed, NotAwaitingConfirmation, confirm, withdraw
from bot.usecases.operations.submit import NotAllowed

CALLBACK = "confirm_disconnection"
_NOT_WAITING = "No longer waiting"
_FORGOTTEN = "This request was settled long ago. Nothing was done."


def click_withdraw(context: RequestContext, value: ButtonValue) -> None:
    """*Withdraw*: for the person who asked, and for every approver."""
    context.give_feedback(*_withdraw(context, value.operation_id or ""))


def _read(context: RequestContext, entry: Entry) -> FormTarget[Operation]:
    operation = context.deps.operations.operation(entry.shown.operation_id or "")
    return FormTarget(operation.entity if operation else None, operation)


def _show(context: RequestContext, operation: Operation | None, _: ButtonValue) -> Json:
    if operation is None:
        return notice(_NOT_WAITING, _FORGOTTEN)
    return confirmation_or_reason(context, operation)


def _submit(context: RequestContext, entry: Entry, operation: Operation) -> Json:
    """Confirms the request, which never changes while it waits, or says what became of it."""
    permission = context.authorize_decision_on(operation.actor, operation.entity)
    if not permission.allowed:
        return replace_modal(notice("Not sent", replies.denial(permission)))
    match confirm(operation.id, context.actor.user_id, reply_to=entry.reply_to, deps=context.deps):
        case Confirmed(confirmed):
            what, channel = _description(context, confirmed), context.display.decisions_channel
            return replace_modal(sending(what, channel, confirmed))
        case NotAwaitingConfirmation(now):
            context.audit_event("confirmation_conflict", operation.entity, *_conflict_details(operation, now))
            return replace_modal(_not_waiting(context, now))
        case NotAllowed(permission):
            return replace_modal(notice("Not sent", replies.denial(permission)))


def confirmation_or_reason(context: RequestContext, operation: Operation, *, first: bool = False) -> Json:
    """The form, for somebody who may approve. `first`: the person wanted to request the same."""
    wanted = operation.input
    if not operation.awaits_confirmation(context.deps.now()) or not isinstance(wanted, DisconnectionRequest):
        return _not_waiting(context, operation)
    permission = context.authorize_decision_on(operation.actor, operation.entity)
    if not permission.allowed:
        return notice("Not possible", replies.denial(permission))
    record_state = context.deps.records.record_state(wanted.connection)
    related = related_records(record_state, context.deps.records) if record_state is not None else RelatedRecords()
    disconnection = related.disconnections.get(wanted.connection)
    obstacle = _obstacle(context, operation, wanted, record_state, disconnection)
    return obstacle or confirmation(
        operation,
        wanted,
        record_state.record if record_state else None,
        context.display,
        first=first,
        earlier=related.earlier,
    )


def _obstacle(
    context: RequestContext,
    operation: Operation,
    wanted: DisconnectionRequest,
    record_state: RecordState | None,
    disconnection: RecordState | None,
) -> Json | None:
    """A reason for which the worker would not send it, shown while somebody can still act on it.

    Authorizing the requester also refreshes the cached facts that the worker uses. If Slack does not answer, the form
    opens all the same, since the worker waits until it knows.
    """
    advice = "Nothing would be sent. Withdraw it on its card, and ask again if it is still needed."
    if authorized(Right.APPROVE, operation.actor or "", context.deps).verdict is Verdict.DENIED:
        lost_right = rich_text(actor(operation), ", who asked for it, is no longer allowed to.")
        return notice("Not possible", lost_right, advice)
    if record_state is not None and not wanted.is_for(record_state.record):
        parties = group_and_carrier(record_state.record, context.display)
        return notice("Not possible", rich_text("The connection now belongs to ", *parties, "."), advice)
    if record_state is not None and not is_connected(record_state, disconnection):
        now = rich_text("The connection is now: ", *current_status(record_state.record, disconnection, bold=True), ".")
        return notice("Not possible", now, advice)
    return None


def confirmation(
    operation: Operation,
    wanted: DisconnectionRequest,
    record: Record | None,
    display: DisplaySettings,
    *,
    first: bool,
    earlier: Sequence[Disconnection] = (),
) -> Json:
    """The form. `record`: the connection as it is now. `first`: the person wanted to request the same."""
    lines: list[RichText] = (
        [rich_text("Someone else already requested this. It is waiting for confirmation.")] if first else []
    )
    lines += [
        rich_text(*disconnection_parties(wanted, display)),
        consequence(wanted, display),
        rich_text("Once you confirm it, it is sent to Noyo immediately. It cannot be undone in Switchboard."),
    ]
    facts = [*pending_disconnection_facts(operation, wanted), labelled("Asked for", Timestamp(operation.submitted_at))]
    if record is not None:
        renamed = record.group_name not in (None, wanted.group_name)
        facts.append(labelled("Renamed to", group_name(record)) if renamed else ())
        facts.append(labelled("The connection", status_name(record.status)))
    facts.append(earlier_requests_line(earlier, how_to_see_all=f"{display.command} history and the group's name"))
    parts: list[Part] = [Paragraph(lines), Paragraph(facts)]
    if wanted.context:
        parts += [Paragraph([labelled("Context for Noyo")]), Quote((UntrustedText(wanted.context, MAX_QUOTE_LENGTH),))]
    return form(
        "Confirm disconnection",
        "Confirm Disconnection",
        CALLBACK,
        Message(parts, warning=display.warning()).blocks(),
        about=buttons.encode(ButtonValue(operation_id=operation.id)),
    )


def _not_waiting(context: RequestContext, operation: Operation | None) -> Json:
    """It no longer waits for confirmation: who confirmed it, or what became of it."""
    if operation is None:
        return notice(_NOT_WAITING, _FORGOTTEN)
    if operation.state is OperationState.AWAITING_CONFIRMATION:
        return notice("Too late", "The time to confirm it has passed. It expires, and nothing was sent to Noyo.")
    second = operation.second_approval
    title = "Already confirmed" if second else _NOT_WAITING
    by = [labelled("Confirmed by", UserMention(second.by), " · ", Timestamp(second.at))] if second else []
    now = in_progress(operation) if operation.is_open else rich_text(*outcome(operation), ".")
    own = second is not None and second.by == context.actor.user_id
    card = rich_text("The card is in ", ChannelMention(context.display.decisions_channel), ".")
    return notice(title, now, *by, *([] if own else ["Nothing was sent for you."]), card)


def _withdraw(context: RequestContext, operation_id: str) -> tuple[str, RichText]:
    operation = context.deps.operations.operation(operation_id)
    own = operation is not None and operation.actor == context.actor.user_id
    # The person who asked may always withdraw: that changes nothing at Noyo.
    needed = Right.VIEW if own else Right.APPROVE
    permission = context.authorize(needed, operation.entity if operation else None)
    if not permission.allowed:
        return "Not possible", replies.denial(permission)
    withdrawn = withdraw(operation_id, context.actor.user_id, deps=context.deps)
    if withdrawn is not None:
        return "Withdrawn", rich_text("The request is withdrawn. Nothing was sent to Noyo.")
    now = context.deps.operations.operation(operation_id)
    if operation is not None:
        context.audit_event("withdrawal_conflict", operation.entity, *_conflict_details(operation, now))
    if now is None:
        return _NOT_WAITING, rich_text(_FORGOTTEN)
    return _NOT_WAITING, in_progress(now) if now.is_open else rich_text(*outcome(now), ".")


def _conflict_details(operation: Operation, now: Operation | None) -> tuple[tuple[str, str], ...]:
    """For the audit log: the state in which the person found it."""
    return (("operation", operation.id), ("state", now.state.value if now else "unknown"))


def _description(context: RequestContext, operation: Operation) -> RichText:
    wanted = operation.input
    named = disconnection_parties(wanted, context.display) if isinstance(wanted, DisconnectionRequest) else ()
    return rich_text("the request to disconnect ", *named)


FORM: Form[Operation] = Form(
    right=Right.APPROVE, parse=shown_operation, read=_read, show=_show, validate=lambda *_: {}, submit=_submit
)
