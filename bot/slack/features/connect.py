"""Slack room: *connect*: somebody wants a group connected to a carrier.

They have a group's name, its id at the carrier and its EIN in front of them, and want to be sure that it was sent,
once. What can go wrong: a typo in a number, the wrong carrier, a colleague who asks for the same at the same time, Noyo
having the connection already, a window closed before the answer came.
"""

from __future__ import annotations

from typing import Any

from bot.domain.entities import pending_connection_ref
from bot.domain.operations import ConnectionRequest, Operation, ReplyTo
from bot.domain.people import Right
from bot.slack.context import RequestContext
from bot.slack.features.form_results import repeated, sending
from bot.slack.views import replies
from bot.slack.views.message import DisplaySettings
from bot.slack.views.modals import (
    MAX_NAME,
    MAX_STATIC_OPTIONS,
    carrier_group_id_field,
    choice_field,
    choices,
    field_errors,
    form,
    notice,
    parse_sensitive_fields,
    sensitive_fields,
    text_field,
    values_of,
)
from bot.slack.views.rich_text import (
    Json,
    RichText,
    Timestamp,
    UntrustedText,
    own_group_id,
    rich_text,
    utc_text,
)
from bot.usecases.operations.submit import Conflict, Submitted, request_connection

CALLBACK = "connect"
REQUIRED = ("carrier_id", "group_name", "carrier_group_id", "federal_ein")


def start(context: RequestContext, text: str) -> Json:
    """`/noyo connect [group name]`: opens the form."""
    permission = context.authorize(Right.REQUEST)
    if not permission.allowed:
        return replies.ephemeral(replies.denial(permission))
    context.open_view(_form(context.display, text.strip()))
    return {}


def suggest(context: RequestContext, query: str) -> Json:
    """Carriers for the search field that replaces the list where there are too many for it."""
    return {"options": choices(context.display.carriers.matching(query)[:MAX_STATIC_OPTIONS])}


def submit(context: RequestContext, view: dict[str, Any]) -> Json:
    """Places the operation, or says under the field what is in the way."""
    values = values_of(view)
    found = field_errors(values, required=REQUIRED)
    if found:
        return replies.show_field_errors(found)
    about = pending_connection_ref(values["carrier_id"].lower(), values["carrier_group_id"])
    permission = context.authorize(Right.REQUEST, about)
    if not permission.allowed:
        return replies.push_modal(notice("Not sent", replies.denial(permission)))
    result = request_connection(
        view["id"],
        context.actor.user_id,
        carrier_id=values["carrier_id"].lower(),
        carrier_group_id=values["carrier_group_id"],
        group_name=values["group_name"],
        sensitive=parse_sensitive_fields(values),
        reply_to=ReplyTo(view_id=view["id"]),
        deps=context.deps,
    )
    if isinstance(result, Submitted) and result.operation.state.settled:
        return replies.replace_modal(notice("Sent already", repeated(result.operation)))
    if isinstance(result, Submitted):
        return replies.replace_modal(_taken(context, result.operation))
    if isinstance(result, Conflict):
        return replies.show_field_errors({"carrier_group_id": in_the_way(result.operation)})
    return replies.show_field_errors(
        {"carrier_group_id": "This was just being settled for somebody else. Submit again."}
    )


def _taken(context: RequestContext, operation: Operation) -> Json:
    return sending(_what(operation, context.display), context.display.connections_channel, operation)


def in_the_way(operation: Operation) -> str:
    """Under the field that names what is asked for; Slack shows no mentions there."""
    wanted = operation.input
    what = (
        f" with carrier group id {wanted.carrier_group_id}" if isinstance(wanted, ConnectionRequest) else ""
    )
    return (
        f"This is on its way already{what}, asked for on {utc_text(operation.submitted_at)}. "
        "Nothing new was sent; its card tells how it goes."
    )


def _what(operation: Operation, display: DisplaySettings) -> RichText:
    wanted = operation.input
    if not isinstance(wanted, ConnectionRequest):
        return rich_text("your request of ", Timestamp(operation.submitted_at))
    return rich_text(
        UntrustedText(wanted.group_name),
        " with ",
        display.carrier(wanted.carrier_id),
        ", carrier group id ",
        own_group_id(wanted.carrier_group_id),
    )


def _form(display: DisplaySettings, group_name: str) -> Json:
    return form(
        "Request a connection",
        "Send to Noyo",
        CALLBACK,
        [
            _carrier_field(display),
            text_field("group_name", "Group name", initial=group_name, max_length=MAX_NAME),
            carrier_group_id_field(hint="The group, policy or master agreement number at this carrier."),
            *sensitive_fields(
                federal_ein_optional=False, hint="Sent to Noyo, kept encrypted until then, shown nowhere."
            ),
        ],
    )


def _carrier_field(display: DisplaySettings) -> Json:
    named = display.carriers.matching("")
    if not named:
        return text_field(
            "carrier_id", "Carrier ID", hint="The UUID that Noyo gave you for the carrier.", max_length=36
        )
    return choice_field("carrier_id", "Carrier", named)
