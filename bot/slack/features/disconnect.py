"""*disconnect*: one of us knows that a group leaves a carrier, and asks Noyo to disconnect it.

The person has heard it from the group, and wants its coverage managed until the right day and no longer. What can go
wrong: the wrong one of two groups with nearly the same name, a slip in the calendar, a colleague who requests the same,
or that nobody else checks it before people lose their coverage.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date

from bot.domain.operations import Operation, OperationKind, OperationState
from bot.domain.people import Right
from bot.domain.record_states import RecordState, disconnectable, ends_connection, may_end_connection, was_connected
from bot.domain.records import Connection, Disconnection, pending_disconnection_ref
from bot.domain.requests import DisconnectionReason
from bot.slack.context import RequestContext
from bot.slack.features.forms import (
    Entry,
    Form,
    FormTarget,
    answer,
    chosen_day,
    context_errors,
    last_day_errors,
    last_day_fields,
    reason_errors,
    reason_fields,
    record_of_kind,
    record_target,
)
from bot.slack.features.second_approval import confirmation_or_reason
from bot.slack.views import buttons, record_facts
from bot.slack.views.buttons import ButtonValue
from bot.slack.views.message import DisplaySettings, Message, Paragraph
from bot.slack.views.modals import MAX_NAME, FieldErrors, form, notice, replace_modal, text_field
from bot.slack.views.operation_text import DISCONNECT_REASONS, in_progress
from bot.slack.views.record_cards import earlier_requests_line, last_outcome
from bot.slack.views.record_facts import status_name
from bot.slack.views.rich_text import (
    EMPTY_TEXT,
    MAX_NAME_LENGTH,
    ChannelMention,
    Json,
    RichText,
    Timestamp,
    clean_text,
    date_text,
    labelled,
    rich_text,
)
from bot.usecases.notifications.read_model import current_disconnections, related_records
from bot.usecases.operations.submit import DisconnectionInput, Submitted, request_disconnection

CALLBACK = "disconnect"
MAX_YEARS_AHEAD = 5
Current = tuple[RecordState, Connection]


def _show(context: RequestContext, now: Current | None, shown: ButtonValue) -> Json:
    """The form for the connection as it is now, unless it is requested already or there is nothing to disconnect."""
    if now is None:
        return notice("Not possible", "Switchboard no longer has this connection. Nothing was sent to Noyo.")
    record_state, record = now
    if not disconnectable(record_state, None):
        return _not_disconnectable(record_state)
    entity = pending_disconnection_ref(record.group_id or "", record.carrier_id)
    operation = context.deps.operations.open_on(entity)
    if operation is not None:
        return _already_requested(context, operation)
    related = related_records(record_state, context.deps.records)
    disconnection = related.disconnections.get(record_state.entity)
    if disconnection is not None and may_end_connection(disconnection):
        return _already_disconnected(context, record, disconnection)
    return disconnect_form(
        record,
        context.display,
        needs_second=context.needs_second,
        changed=record.version != shown.version,
        earlier=related.earlier,
    )


def _read(context: RequestContext, entry: Entry) -> FormTarget[Current]:
    """A submission also counts as outdated once the connection is being disconnected, which its version does not show.

    The form reads that itself when it is opened.
    """
    target = record_target(Connection, context, entry)
    if not entry.view_id or target.value is None:
        return target
    record_state = target.value[0]
    disconnection = current_disconnections([record_state], context.deps.records).get(record_state.entity)
    return replace(target, version=f"{target.version}:ended") if may_end_connection(disconnection) else target


def _submit(context: RequestContext, entry: Entry, now: Current) -> Json:
    record_state, record = now
    result = request_disconnection(
        entry.view_id,
        context.actor.user_id,
        shown=record_state,
        wish=_input(entry.values),
        needs_second=context.needs_second,
        timezone=context.display.timezone,
        reply_to=entry.reply_to,
        deps=context.deps,
    )
    names = record_facts.group_and_carrier(record, context.display)
    if isinstance(result, Submitted) and result.operation.state is OperationState.AWAITING_CONFIRMATION:
        return replace_modal(_awaits_confirmation(context, result.operation, rich_text(*names)))
    return answer(
        result,
        what=rich_text("your request to disconnect ", *names),
        channel=context.display.decisions_channel,
        conflict=lambda operation: replace_modal(_already_requested(context, operation)),
        changed=lambda newest: replace_modal(_show(context, record_of_kind(Connection, newest), entry.shown)),
    )


def _awaits_confirmation(context: RequestContext, operation: Operation, names: RichText) -> Json:
    expiry = rich_text("If nobody does, it expires unsent ", Timestamp(operation.due), ".") if operation.due else ()
    return notice(
        "Needs confirmation",
        rich_text("Waiting for confirmation: your request to disconnect ", *names, "."),
        "Nothing has been sent to Noyo. A second approver has to confirm it; you cannot do that yourself."
        if not context.deps.policy.self_approval
        else "Nothing has been sent to Noyo. An approver has to confirm it.",
        *([expiry] if expiry else []),
        rich_text(
            "The card is in ", ChannelMention(context.display.decisions_channel), "; you can also withdraw it there."
        ),
    )


def _audit_outdated(context: RequestContext, entry: Entry, now: Current | None) -> None:
    if now is None:
        return
    context.audit_event(
        "submission_conflict",
        entry.shown.record,
        ("kind", OperationKind.CREATE_DISCONNECTION.value),
        ("shown_version", entry.shown.version or ""),
        ("because", "changed"),
        ("version_now", now[1].version),
    )


def _already_requested(context: RequestContext, operation: Operation) -> Json:
    """Names the first request. If it waits for a second approver, the person may be that approver."""
    if operation.awaits_confirmation(context.deps.now()) and operation.actor != context.actor.user_id:
        return confirmation_or_reason(context, operation, first=True)
    return notice(
        "Already requested",
        in_progress(operation) if operation.is_open else last_outcome(operation),
        labelled("Asked for", Timestamp(operation.submitted_at)),
        "Nothing new was submitted. Follow it on its card.",
    )


def _already_disconnected(context: RequestContext, record: Connection, disconnection: RecordState) -> Json:
    status = record_facts.current_status(record, disconnection, bold=True)
    channel = ChannelMention(context.display.decisions_channel)
    ends = "already ends" if ends_connection(disconnection) else "may already end"
    return notice(
        "Not possible",
        rich_text(record_facts.group_name(record), " is now: ", *status, "."),
        rich_text(f"A disconnection request {ends} this connection. Its card is in ", channel, "."),
        "Nothing new was sent to Noyo.",
    )


def _not_disconnectable(record_state: RecordState) -> Json:
    record = record_state.record
    if was_connected(record_state):
        return notice(
            "Not possible yet",
            rich_text("Noyo has not said which of its groups ", record_facts.group_name(record), " is."),
            "Without that it cannot be disconnected from here. Try again once the connection has changed at Noyo, "
            "or disconnect it there.",
        )
    return notice(
        "Not possible",
        rich_text(record_facts.group_name(record), " is now: ", status_name(record.status, bold=True), "."),
        "Only a completed connection can be disconnected, and nothing was sent to Noyo.",
    )


def disconnect_form(
    record: Connection,
    display: DisplaySettings,
    *,
    needs_second: bool,
    changed: bool,
    earlier: Sequence[Disconnection] = (),
) -> Json:
    """`changed`: the connection changed since the person looked at it. `earlier`: requests to disconnect the same.

    Noyo shows a connection as completed even after it was disconnected.
    """
    lines = [rich_text("It changed after you opened it. Check it before you submit.")] if changed else []
    lines += [
        rich_text(*record_facts.group_and_carrier(record, display)),
        record_facts.carrier_group_id_line(record),
        record_facts.status_line(record),
        earlier_requests_line(earlier, how_to_see_all=f"{display.command} history and the group's name"),
        *_consequence(record, display, needs_second=needs_second),
    ]
    return form(
        "Disconnect a group",
        "Ask to Disconnect" if needs_second else "Disconnect",
        CALLBACK,
        [*Message([Paragraph(lines)], warning=display.warning()).blocks(), *_fields(record)],
        about=buttons.encode(ButtonValue(record.entity, record.version)),
    )


def validate(values: Mapping[str, str], record: Connection, today: date) -> FieldErrors:
    """All errors at once, by field; empty if there are none."""
    errors = context_errors(values) | _date_errors(values, today)
    errors |= reason_errors(values, DisconnectionReason, "Choose why the group should be disconnected.")
    if _normalized(values.get("typed_name", "")) not in _accepted_names(record):
        what, shown = _name_to_type(record)
        errors["typed_name"] = f"This is not its {what}. Type it as shown here: {shown}"
    return errors


def _input(values: Mapping[str, str]) -> DisconnectionInput:
    """From valid fields."""
    return DisconnectionInput(
        date.fromisoformat(values["end_date"]), DisconnectionReason(values["reason"]), values.get("context") or None
    )


def _consequence(record: Connection, display: DisplaySettings, *, needs_second: bool) -> list[RichText]:
    group, carrier = record_facts.group_name(record), display.carrier(record.carrier_id)
    consequence = rich_text("After the day you choose changes for ", group, " no longer reach ", carrier, ".")
    if not needs_second:
        return [consequence, rich_text("It is sent to Noyo immediately, without confirmation.")]
    waiting = "Nothing is sent yet: a second approver must confirm it. If nobody does, it expires after that day."
    return [consequence, rich_text(waiting)]


def _fields(record: Connection) -> list[Json]:
    what, shown = _name_to_type(record)
    return [
        *last_day_fields("end_date", "past"),
        *reason_fields("Why the group should be disconnected", DISCONNECT_REASONS),
        text_field(
            "typed_name",
            f"Type its {what}",
            hint=f"To confirm that this is the right one: {shown}",
            max_length=MAX_NAME,
        ),
    ]


def _name_to_type(record: Connection) -> tuple[str, str]:
    """What the person types to confirm that this is the right one: its kind, and how the form shows it."""
    name = clean_text(record.group_name or "", limit=MAX_NAME_LENGTH, unmasked=record.carrier_group_id)
    if name != EMPTY_TEXT:
        return "name", name
    number = record.carrier_group_id or record.id
    what = "carrier group id" if record.carrier_group_id else "Noyo id"
    return what, clean_text(number, limit=MAX_NAME_LENGTH, unmasked=number)


def _accepted_names(record: Connection) -> set[str]:
    """The whole name, and the name as shown if that is masked or shortened. Case and spaces do not matter."""
    what, shown = _name_to_type(record)
    whole = {"name": record.group_name, "carrier group id": record.carrier_group_id}.get(what, record.id)
    return {_normalized(shown), _normalized(whole or "")} - {""}


def _normalized(typed: str) -> str:
    return "".join(unicodedata.normalize("NFKC", typed).casefold().split())


def _date_errors(values: Mapping[str, str], today: date) -> FieldErrors:
    chosen = chosen_day(values, "end_date")
    if chosen is not None and chosen.year > today.year + MAX_YEARS_AHEAD:
        return {"end_date": f"{date_text(chosen)} is more than {MAX_YEARS_AHEAD} years ahead. Choose another day."}
    return last_day_errors(values, "end_date", "past", today)


FORM: Form[Current] = Form(
    right=Right.APPROVE,
    read=_read,
    show=_show,
    audit_outdated=_audit_outdated,
    validate=lambda context, entry, now: validate(entry.values, now[1], context.deps.today()),
    submit=_submit,
)
