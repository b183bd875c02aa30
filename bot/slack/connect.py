"""Slack room: *connect*: somebody wants a group connected to a carrier.

They have a group's name, its id at the carrier and its EIN in front of them, and want to be sure that it was sent,
once. What can go wrong: a typo in a number, the wrong carrier, a colleague who asks for the same at the same time, Noyo
having the connection already, a window closed before the answer came.
"""

from __future__ import annotations

from typing import Any

from bot.domain.operations import AnswerTo, ConnectionRequest, Operation
from bot.domain.people import Right
from bot.domain.subjects import request
from bot.slack import replies
from bot.slack.fields import NAME_LONGEST, carrier_group_id_field, faults, sensitive_fields, sensitive_from
from bot.slack.look import Look
from bot.slack.modals import STATIC_OPTIONS, choice_field, choices, form, said, text_field, values_of
from bot.slack.office import Asker, Office
from bot.slack.phrases import Foreign, Json, Line, Moment, line, own_group_id
from bot.slack.submitted import repeated, sending
from bot.slack.text import utc
from bot.usecases.place import InTheWay, Placed, request_connection

CALLBACK = "connect"
REQUIRED = ("carrier_id", "group_name", "carrier_group_id", "federal_ein")


def start(office: Office, asker: Asker, text: str) -> Json:
    """`/noyo connect [group name]`: opens the form."""
    permission = office.permits(Right.REQUEST, asker)
    if not permission.allowed:
        return replies.only_you(replies.refusal(permission))
    office.web.open_view(asker.trigger_id, _form(office.look, text.strip()))
    return {}


def suggest(office: Office, query: str) -> Json:
    """Carriers for the search field that replaces the list where there are too many for it."""
    return {"options": choices(office.look.carriers.matching(query)[:STATIC_OPTIONS])}


def submit(office: Office, asker: Asker, view: dict[str, Any]) -> Json:
    """Places the operation, or says under the field what is in the way."""
    values = values_of(view)
    found = faults(values, required=REQUIRED)
    if found:
        return replies.errors(found)
    about = request(values["carrier_id"].lower(), values["carrier_group_id"])
    permission = office.permits(Right.REQUEST, asker, about)
    if not permission.allowed:
        return replies.over_it(said("Not sent", replies.refusal(permission)))
    placing = request_connection(
        view["id"],
        asker.user_id,
        carrier_id=values["carrier_id"].lower(),
        carrier_group_id=values["carrier_group_id"],
        group_name=values["group_name"],
        sensitive=sensitive_from(values),
        answer_to=AnswerTo(view_id=view["id"]),
        tools=office.placing_for(asker),
    )
    if isinstance(placing, Placed) and placing.operation.state.settled:
        return replies.shows(said("Sent already", repeated(placing.operation)))
    if isinstance(placing, Placed):
        return replies.shows(_taken(office, placing.operation))
    if isinstance(placing, InTheWay):
        return replies.errors({"carrier_group_id": in_the_way(placing.operation)})
    return replies.errors(
        {"carrier_group_id": "This was just being settled for somebody else. Submit again."}
    )


def _taken(office: Office, operation: Operation) -> Json:
    return sending(_what(operation, office.look), office.look.connections_channel, operation)


def in_the_way(operation: Operation) -> str:
    """Under the field that names what is asked for; Slack shows no mentions there."""
    wanted = operation.input
    what = (
        f" with carrier group id {wanted.carrier_group_id}" if isinstance(wanted, ConnectionRequest) else ""
    )
    return (
        f"This is on its way already{what}, asked for on {utc(operation.placed_at)}. "
        "Nothing new was sent; its card tells how it goes."
    )


def _what(operation: Operation, look: Look) -> Line:
    wanted = operation.input
    if not isinstance(wanted, ConnectionRequest):
        return line("your request of ", Moment(operation.placed_at))
    return line(
        Foreign(wanted.group_name),
        " with ",
        look.carrier(wanted.carrier_id),
        ", carrier group id ",
        own_group_id(wanted.carrier_group_id),
    )


def _form(look: Look, group_name: str) -> Json:
    return form(
        "Request a connection",
        "Send to Noyo",
        CALLBACK,
        [
            _carrier_field(look),
            text_field("group_name", "Group name", initial=group_name, longest=NAME_LONGEST),
            carrier_group_id_field(hint="The group, policy or master agreement number at this carrier."),
            *sensitive_fields(
                federal_ein_optional=False, hint="Sent to Noyo, kept encrypted until then, shown nowhere."
            ),
        ],
    )


def _carrier_field(look: Look) -> Json:
    named = look.carriers.matching("")
    if not named:
        return text_field(
            "carrier_id", "Carrier ID", hint="The UUID that Noyo gave you for the carrier.", longest=36
        )
    return choice_field("carrier_id", "Carrier", named)
