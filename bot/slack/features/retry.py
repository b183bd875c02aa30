"""*retry*: a carrier could not connect a group, and somebody has found out what was wrong.

The person reads the carrier's message, corrects a number, and wants the connection to be sent again, once. What can go
wrong: a colleague was faster, the connection changed meanwhile, or the corrected id is another group's.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from hashlib import sha256

from bot.domain.people import Right
from bot.domain.record_states import RecordState
from bot.domain.records import Connection
from bot.domain.requests import RetryRequest
from bot.slack.context import RequestContext
from bot.slack.features.connect import conflict_error
from bot.slack.features.forms import Entry, Form, answer, audit_outdated, record_of_kind, record_target
from bot.slack.views import buttons, record_facts, replies
from bot.slack.views.buttons import ButtonValue
from bot.slack.views.carrier_facts import group_id_error
from bot.slack.views.message import Message, Paragraph, Part, Quote
from bot.slack.views.modals import (
    MAX_GROUP_ID,
    FieldErrors,
    broker_fields,
    carrier_group_id_field,
    federal_ein_field,
    field_errors,
    form,
    notice,
    parse_sensitive_fields,
    replace_modal,
)
from bot.slack.views.operation_text import in_progress
from bot.slack.views.record_facts import status_name
from bot.slack.views.rich_text import Json, own_group_id, rich_text
from bot.usecases.operations.submit import retry_connection

CALLBACK = "retry"
Current = tuple[RecordState, Connection]


def _show(context: RequestContext, now: Current | None, shown: ButtonValue) -> Json:
    """The form for the connection as it is now."""
    if now is None:
        return notice("Not possible", "Switchboard no longer has this connection. Nothing was sent to Noyo.")
    record_state, record = now
    operation = context.deps.operations.open_on(record_state.entity)
    if operation is not None:
        return notice("Already requested", in_progress(operation))
    if not context.display.retryable(record_state):
        return notice(
            "Changed meanwhile",
            rich_text(record_facts.group_name(record), " is now: ", status_name(record.status, bold=True), "."),
            "It cannot be retried in this status, and nothing was sent to Noyo.",
        )
    return form(
        "Retry a connection",
        "Retry",
        CALLBACK,
        [
            *Message(_facts(context, record, changed=record.version != shown.version)).blocks(),
            carrier_group_id_field(_initial_id(record), hint="Correct it if it was wrong.", block_id=_id_block(record)),
            federal_ein_field(hint="Leave a field blank to keep the value at Noyo.", optional=True),
            *broker_fields(),
        ],
        about=buttons.encode(ButtonValue(record.entity, record.version)),
    )


def _submit(context: RequestContext, entry: Entry, now: Current) -> Json:
    record_state, record = now
    typed_id = _values(entry, record)["carrier_group_id"]
    result = retry_connection(
        entry.view_id,
        context.actor.user_id,
        shown=record_state,
        # An id that is too long for the field is not cut at Noyo.
        wanted=RetryRequest(None if typed_id == _initial_id(record).strip() else typed_id),
        sensitive=parse_sensitive_fields(entry.values),
        reply_to=entry.reply_to,
        deps=context.deps,
    )
    group = record_facts.group_name(record)
    return answer(
        result,
        what=rich_text("a retry for ", group, ", carrier group id ", own_group_id(typed_id)),
        channel=context.display.connections_channel,
        conflict=lambda operation: replies.show_field_errors({_id_block(record): conflict_error(operation)}),
        changed=lambda newest: replace_modal(_show(context, record_of_kind(Connection, newest), entry.shown)),
    )


def _initial_id(record: Connection) -> str:
    return (record.carrier_group_id or "")[:MAX_GROUP_ID]


def _id_block(record: Connection) -> str:
    """The block id of the carrier group id, different for each id at Noyo.

    Slack keeps the value of a field whose ids stay the same. If a colleague corrected the id while the form was open,
    the old id would look like this person's correction, and would be sent.
    """
    return f"carrier_group_id.{sha256(_initial_id(record).encode()).hexdigest()[:16]}"


def _values(entry: Entry, record: Connection) -> Mapping[str, str]:
    """What was entered. A blank carrier group id is the one that was shown, so no correction is sent.

    `record` is in the version that the form showed.
    """
    return {**entry.values, "carrier_group_id": entry.values.get("carrier_group_id") or _initial_id(record).strip()}


def _errors(context: RequestContext, record: Connection, entry: Entry) -> FieldErrors:
    """A new id must be one that this carrier could have written; the one at Noyo may be sent again as it is."""
    values = _values(entry, record)
    errors = field_errors(values, required=("carrier_group_id",))
    typed_id = values["carrier_group_id"]
    error = group_id_error(context.display.carriers.details_of(record.carrier_id), typed_id)
    if error and typed_id != _initial_id(record).strip():
        errors = {"carrier_group_id": error} | errors
    return {_id_block(record) if name == "carrier_group_id" else name: error for name, error in errors.items()}


def _facts(context: RequestContext, record: Connection, *, changed: bool) -> list[Part]:
    names = rich_text(*record_facts.group_and_carrier(record, context.display))
    parts: list[Part] = [Paragraph([names, record_facts.status_line(record)])]
    if changed:
        warning = "It changed after you opened it. Check its current state before you submit."
        parts.insert(0, Paragraph([rich_text(warning)]))
    words = record_facts.message_text(record)
    if words:
        parts += [Paragraph([rich_text(f"{record_facts.message_label(record.status)}:")]), Quote(words)]
    return parts


FORM: Form[Current] = Form(
    right=Right.REQUEST,
    read=partial(record_target, Connection),
    show=_show,
    audit_outdated=partial(audit_outdated, RetryRequest()),
    validate=lambda context, entry, now: _errors(context, now[1], entry),
    submit=_submit,
)
