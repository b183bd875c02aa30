"""Slack room: *retry*: a carrier could not connect a group, and somebody has found out what was wrong.

They read the carrier's words, correct a number, and want it sent again, once, for the connection they looked at.
What can go wrong: a colleague was faster, the connection moved on meanwhile, the corrected id is another's.
"""

from __future__ import annotations

from typing import Any

from bot.domain.operations import Operation, OperationKind, ReplyTo, RetryRequest
from bot.domain.people import Right
from bot.domain.record_states import RecordState
from bot.domain.records import Connection, Record
from bot.slack.context import RequestContext
from bot.slack.features.connect import in_the_way
from bot.slack.features.form_results import about, repeated, sending
from bot.slack.views import buttons, record_facts, replies
from bot.slack.views.buttons import ButtonValue
from bot.slack.views.message import Message, Paragraph, Part, Quote
from bot.slack.views.modals import (
    MAX_GROUP_ID,
    carrier_group_id_field,
    field_errors,
    form,
    notice,
    parse_sensitive_fields,
    sensitive_fields,
    values_of,
)
from bot.slack.views.operation_text import in_progress
from bot.slack.views.record_facts import status_name
from bot.slack.views.rich_text import Json, own_group_id, rich_text
from bot.usecases.operations.submit import Conflict, Submitted, record_outdated, retry_connection

CALLBACK = "retry"


def click(context: RequestContext, value: ButtonValue) -> None:
    """The *Retry…* button: opens the form, or says why it cannot be."""
    context.open_view(_opened(context, value))


def open_for(context: RequestContext, record_state: RecordState) -> None:
    """`/noyo retry`: the same for a connection that was found by name."""
    click(context, ButtonValue(record_state.entity, record_state.record.version))


def _opened(context: RequestContext, value: ButtonValue) -> Json:
    permission = context.authorize(Right.REQUEST, value.record)
    if not permission.allowed:
        return notice("Not possible", replies.denial(permission))
    record_state = context.deps.records.record_state(value.record)
    operation = context.deps.operations.open_on(value.record)
    if record_state is None or not isinstance(record_state.record, Connection):
        return notice("Not possible", "This connection is not known here any more. Nothing was sent to Noyo.")
    if operation is not None:
        return notice("On its way already", in_progress(operation))
    if not context.display.retryable(record_state):
        return _not_now(record_state)
    return _form(
        context, record_state, record_state.record, changed=record_state.record.version != value.version
    )


def submit(context: RequestContext, view: dict[str, Any]) -> Json:
    """Places the retry for the version that was shown, or shows what changed and asks again."""
    values = values_of(view)
    found = field_errors(values, required=("carrier_group_id",))
    if found:
        return replies.show_field_errors(found)
    shown = about(view)
    permission = context.authorize(Right.REQUEST, shown.record)
    if not permission.allowed:
        return replies.push_modal(notice("Not sent", replies.denial(permission)))
    record_state = context.deps.records.record_state(shown.record)
    if record_state is None or record_state.record.version != shown.version:
        record_outdated(
            view["id"],
            context.actor.user_id,
            shown.record,
            OperationKind.RETRY_CONNECTION,
            RetryRequest(),
            shown_version=shown.version,
            deps=context.deps,
        )
        return _again(context, record_state, view["id"])
    result = retry_connection(
        view["id"],
        context.actor.user_id,
        shown=record_state,
        carrier_group_id=_corrected(record_state, values["carrier_group_id"]),
        sensitive=parse_sensitive_fields(values),
        reply_to=ReplyTo(view_id=view["id"]),
        deps=context.deps,
    )
    if isinstance(result, Submitted) and result.operation.state.settled:
        return replies.replace_modal(notice("Sent already", repeated(result.operation)))
    if isinstance(result, Submitted):
        return _sending(context, record_state, values["carrier_group_id"], result.operation)
    if isinstance(result, Conflict):
        return replies.show_field_errors({"carrier_group_id": in_the_way(result.operation)})
    return _again(context, result.now, view["id"])


def _corrected(record_state: RecordState, typed: str) -> str | None:
    """None where the field was left as it was given: an id that does not fit into it is not cut at Noyo."""
    return None if typed == _given(record_state.record).strip() else typed


def _given(record: Record) -> str:
    held = record.carrier_group_id if isinstance(record, Connection) else None
    return (held or "")[:MAX_GROUP_ID]


def _sending(
    context: RequestContext, record_state: RecordState, carrier_group_id: str, operation: Operation
) -> Json:
    what = rich_text(
        "a retry for ",
        record_facts.group_name(record_state.record),
        ", carrier group id ",
        own_group_id(carrier_group_id),
    )
    return replies.replace_modal(sending(what, context.display.connections_channel, operation))


def _again(context: RequestContext, now: RecordState | None, view_id: str) -> Json:
    """It moved since it was shown. A repeat of what was placed from this very window is no change, but a success."""
    placed = context.deps.operations.operation(view_id)
    if placed is not None:
        return replies.replace_modal(notice("Sent already", repeated(placed)))
    if now is None or not isinstance(now.record, Connection):
        return replies.replace_modal(
            notice("Not sent", "This connection is not known here any more. Nothing was sent to Noyo.")
        )
    if not context.display.retryable(now):
        return replies.replace_modal(_not_now(now))
    return replies.replace_modal(_form(context, now, now.record, changed=True))


def _not_now(record_state: RecordState) -> Json:
    return notice(
        "Changed meanwhile",
        rich_text(
            record_facts.group_name(record_state.record),
            " is now: ",
            status_name(record_state.status, bold=True),
            ".",
        ),
        "It cannot be retried in this status, and nothing was sent to Noyo.",
    )


def _form(context: RequestContext, record_state: RecordState, record: Connection, *, changed: bool) -> Json:
    return form(
        "Retry a connection",
        "Retry",
        CALLBACK,
        [
            *Message(_facts(context, record, changed=changed)).blocks(),
            carrier_group_id_field(_given(record), hint="Correct it if it was wrong."),
            *sensitive_fields(federal_ein_optional=True, hint="Leave blank what should stay as Noyo has it."),
        ],
        about=buttons.encode(ButtonValue(record_state.entity, record.version)),
    )


def _facts(context: RequestContext, record: Connection, *, changed: bool) -> list[Part]:
    parts: list[Part] = []
    if changed:
        parts.append(
            Paragraph(
                [
                    rich_text(
                        "It changed since you looked at it. This is how it stands now: check it before you submit."
                    )
                ]
            )
        )
    stands = [
        rich_text(*record_facts.group_and_carrier(record, context.display)),
        record_facts.status_line(record),
    ]
    parts.append(Paragraph(stands))
    words = record_facts.carrier_message(record)
    if words:
        parts += [Paragraph([rich_text("The carrier said:")]), Quote(words)]
    return parts
