"""*connect*: somebody wants a group connected to a carrier.

The person has the group's name, its id at the carrier and its EIN at hand, and wants to be sure that it is sent once.
What can go wrong: a typo in a number, the wrong carrier, a colleague who requests the same at the same time, a
connection that Noyo already has, or a modal that is closed before the answer arrives.
"""

from __future__ import annotations

from bot.domain.operations import Operation
from bot.domain.people import Right
from bot.domain.records import pending_connection_ref
from bot.domain.requests import ConnectionRequest
from bot.slack.context import RequestContext
from bot.slack.features.forms import Entry, Form, FormTarget, answer
from bot.slack.views import replies
from bot.slack.views.buttons import ButtonValue
from bot.slack.views.message import DisplaySettings
from bot.slack.views.modals import (
    MAX_NAME,
    MAX_STATIC_OPTIONS,
    FieldErrors,
    carrier_group_id_field,
    choice_field,
    choices,
    field_errors,
    form,
    parse_sensitive_fields,
    sensitive_fields,
    text_field,
)
from bot.slack.views.rich_text import Json, RichText, UntrustedText, own_group_id, rich_text, utc_text
from bot.usecases.operations.submit import request_connection

CALLBACK = "connect"
REQUIRED = ("carrier_id", "group_name", "carrier_group_id", "federal_ein")


def start(context: RequestContext, text: str) -> Json:
    """`/noyo connect [group name]`: opens the form."""
    permission = context.authorize(Right.REQUEST)
    if not permission.allowed:
        return replies.ephemeral(replies.denial(permission))
    context.open_view(_view(context.display, text.strip()))
    return {}


def suggest(context: RequestContext, query: str) -> Json:
    """Options for the carrier field, once there are too many carriers for a list."""
    return {"options": choices(context.display.carriers.matching(query)[:MAX_STATIC_OPTIONS])}


def _read(_: RequestContext, entry: Entry) -> FormTarget[str]:
    """The connection has no record yet: a denial is audited under the carrier and id that were typed."""
    valid = not _errors(entry)
    carrier_id, group_id = (entry.values.get("carrier_id", "").lower(), entry.values.get("carrier_group_id", ""))
    return FormTarget(pending_connection_ref(carrier_id, group_id) if valid else None, entry.view_id)


def _errors(entry: Entry) -> FieldErrors:
    return field_errors(entry.values, required=REQUIRED)


def _submit(context: RequestContext, entry: Entry, _: str) -> Json:
    values = entry.values
    wanted = ConnectionRequest(values["carrier_id"].lower(), values["carrier_group_id"], values["group_name"])
    result = request_connection(
        entry.view_id,
        context.actor.user_id,
        wanted=wanted,
        sensitive=parse_sensitive_fields(values),
        reply_to=entry.reply_to,
        deps=context.deps,
    )
    return answer(
        result,
        what=_description(wanted, context.display),
        channel=context.display.connections_channel,
        conflict=lambda operation: replies.show_field_errors({"carrier_group_id": conflict_error(operation)}),
        changed=lambda _: replies.show_field_errors(
            {"carrier_group_id": "Someone else's request for this was just completed. Please submit again."}
        ),
    )


def conflict_error(operation: Operation) -> str:
    """Under the field with the id that both requests name; Slack shows no mentions there."""
    wanted = operation.input
    what = f" with carrier group id {wanted.carrier_group_id}" if isinstance(wanted, ConnectionRequest) else ""
    return (
        f"This was already requested{what} on {utc_text(operation.submitted_at)}. "
        "Nothing new was sent. Follow it on its card."
    )


def _description(wanted: ConnectionRequest, display: DisplaySettings) -> RichText:
    return rich_text(
        UntrustedText(wanted.group_name),
        " with ",
        display.carrier(wanted.carrier_id),
        ", carrier group id ",
        own_group_id(wanted.carrier_group_id),
    )


def _view(display: DisplaySettings, group_name: str = "") -> Json:
    return form(
        "Request a connection",
        "Send to Noyo",
        CALLBACK,
        [
            _carrier_field(display),
            text_field("group_name", "Group name", initial=group_name, max_length=MAX_NAME),
            carrier_group_id_field(hint="The group, policy or master agreement number at this carrier."),
            *sensitive_fields(federal_ein_optional=False, hint="Sent to Noyo. Encrypted until then, and never shown."),
        ],
    )


def _carrier_field(display: DisplaySettings) -> Json:
    carriers = display.carriers.matching("")
    if not carriers:
        return text_field(
            "carrier_id", "Carrier ID", hint="The UUID that Noyo gave you for the carrier.", max_length=36
        )
    return choice_field("carrier_id", "Carrier", carriers)


FORM: Form[str] = Form(
    right=Right.REQUEST,
    parse=lambda view: ButtonValue(operation_id=view["id"]),
    read=_read,
    show=lambda context, _, __: _view(context.display),
    validate=lambda _, entry, __: _errors(entry),
    submit=_submit,
)
