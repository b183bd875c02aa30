"""*connect*: somebody wants a group connected to a carrier.

The person has the group's name, its id at the carrier and, for a new group, its EIN at hand, and wants to be sure that
it is sent once. What can go wrong: a typo in a number, the wrong carrier, a colleague who requests the same at the same
time, a connection that Noyo already has, a second group at Noyo for an employer that it knows, or a modal that is
closed before the answer arrives.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from bot.domain.content import KnownGroup
from bot.domain.operations import Operation
from bot.domain.people import Right
from bot.domain.record_states import RecordState
from bot.domain.records import Connection, pending_connection_ref
from bot.domain.requests import ConnectionRequest
from bot.slack.context import RequestContext
from bot.slack.features.forms import Entry, Form, FormTarget, answer
from bot.slack.views import record_facts, replies
from bot.slack.views.buttons import ButtonValue
from bot.slack.views.carrier_facts import group_id_error, group_id_hint
from bot.slack.views.message import DisplaySettings, Message, Paragraph
from bot.slack.views.modals import (
    MAX_NAME,
    MAX_OPTION,
    MAX_STATIC_OPTIONS,
    SENSITIVE_HINT,
    FieldErrors,
    broker_fields,
    carrier_group_id_field,
    checkbox_field,
    choice_field,
    choices,
    federal_ein_field,
    field_errors,
    form,
    notice,
    parse_sensitive_fields,
    replace_modal,
    search_field,
    text_field,
    values_of,
)
from bot.slack.views.rich_text import Json, RichText, UntrustedText, own_group_id, plain, rich_text, utc_text
from bot.usecases.notifications.read_model import groups_named, known_group, similar_groups
from bot.usecases.operations.submit import request_connection

CALLBACK = "connect"
CARRIER = "carrier_id"
"""Action id of the choice of the carrier."""
GROUP = "group"
"""Action id of the search for an existing group."""
NEW_GROUP = "new_group"
"""Action id of the checkbox by which a person confirms that a group with a similar name is another one."""
REQUIRED = ("carrier_id", "carrier_group_id")
REQUIRED_FOR_NEW = ("group_name", "federal_ein")
LISTED = 5
OPTION_NAME_LENGTH = 50


@dataclass(frozen=True, slots=True)
class Chosen:
    """The group that the form is for; None for a new one."""

    group: KnownGroup | None


def start(context: RequestContext, text: str) -> Json:
    """`/noyo connect [group name]`: opens the form, for the group of this name if there is exactly one.

    Without a group of exactly this name, a similar name counts.
    """
    permission = context.authorize(Right.REQUEST)
    if not permission.allowed:
        return replies.ephemeral(replies.denial(permission))
    name, records = text.strip(), context.deps.records
    similar = similar_groups(name, records) if name else []
    named = [group for group in similar if group.name.casefold() == name.casefold()] or similar
    group = known_group(named[0].id, records) if len(named) == 1 else None
    context.open_view(_view(context.display, group, "" if group else name))
    return {}


def run_shortcut(context: RequestContext) -> None:
    """The shortcut *Connect a group*: opens the form. It has no channel, so a denial needs a window, too."""
    permission = context.authorize(Right.REQUEST)
    shown = _view(context.display, None) if permission.allowed else notice("Not possible", replies.denial(permission))
    context.open_view(shown)


def click_add_carrier(context: RequestContext, value: ButtonValue) -> None:
    """The *Add a Carrier…* button: opens the form for the group of this connection."""
    permission = context.authorize(Right.REQUEST, value.record)
    if not permission.allowed:
        context.open_view(notice("Not possible", replies.denial(permission)))
        return
    record_state = context.deps.records.record_state(value.record)
    group_id = record_state.record.group_id if record_state else None
    group = known_group(group_id, context.deps.records) if group_id else None
    if group is None:
        context.open_view(notice("Not possible", "Noyo has not said which of its groups this is. Try again later."))
        return
    context.open_view(_view(context.display, group))


def choose_group(context: RequestContext, view: Json, group_id: str) -> None:
    """Somebody chose a group in the form, or cleared the choice: shows the fields that such a request needs."""
    _follow_choice(context, view, group_id, values_of(view).get(CARRIER, ""))


def choose_carrier(context: RequestContext, view: Json, carrier_id: str) -> None:
    """Somebody chose a carrier in the form: shows what this carrier asks for."""
    _follow_choice(context, view, values_of(view).get(GROUP, ""), carrier_id)


def _follow_choice(context: RequestContext, view: Json, group_id: str, carrier_id: str) -> None:
    """What was typed stays. A form that was submitted meanwhile stays as it is."""
    if context.authorize(Right.REQUEST).allowed:
        group = known_group(group_id, context.deps.records) if group_id else None
        now = _view(context.display, group, carrier_id=carrier_id, unknown=bool(group_id) and group is None)
        context.web.update_view(view["id"], now, view["hash"])


def suggest_carriers(context: RequestContext, query: str) -> Json:
    """Options for the carrier field, once there are too many carriers for a list."""
    return {"options": choices(context.display.carriers.matching(query)[:MAX_STATIC_OPTIONS])}


def suggest_groups(context: RequestContext, query: str) -> Json:
    """Options for the search for an existing group."""
    if not context.authorize(Right.REQUEST).allowed:
        return {"options": []}
    found = groups_named(query, context.deps.records)[:MAX_STATIC_OPTIONS]
    return {"options": choices([_option(group, context.display) for group in found])}


def _option(group: KnownGroup, display: DisplaySettings) -> tuple[str, str]:
    """Two groups of one name differ in their carriers."""
    names = (rich_text(display.carrier(state.record.carrier_id)) for state in group.connections)
    carriers = dict.fromkeys(plain(name, limit=MAX_OPTION) for name in names)
    return group.id, f"{_name(group, OPTION_NAME_LENGTH)} · {', '.join(carriers)}"


def _name(group: KnownGroup, limit: int = MAX_NAME) -> str:
    return plain(rich_text(record_facts.group_name(group.connections[0].record)), limit=limit)


def _read(context: RequestContext, entry: Entry) -> FormTarget[Chosen]:
    """The connection has no record yet: a denial is audited under the carrier and id that were typed.

    None if we do not know the chosen group any more, or if none is chosen in a form that was for an existing group.
    """
    group_id = entry.values.get(GROUP, "")
    chosen = Chosen(known_group(group_id, context.deps.records) if group_id else None)
    entity = None
    if not _errors(entry, chosen):
        entity = pending_connection_ref(entry.values["carrier_id"].lower(), entry.values["carrier_group_id"])
    unknown = bool(group_id) and chosen.group is None
    was_for_existing = not group_id and GROUP in entry.values and "group_name" not in entry.values
    return FormTarget(entity, None if unknown or was_for_existing else chosen)


def _errors(entry: Entry, chosen: Chosen) -> FieldErrors:
    if chosen.group is None:
        return field_errors(entry.values, required=REQUIRED + REQUIRED_FOR_NEW)
    values = {name: value for name, value in entry.values.items() if name not in REQUIRED_FOR_NEW}
    return field_errors(values, required=REQUIRED)


def _carrier_errors(context: RequestContext, entry: Entry) -> FieldErrors:
    """What this carrier asks for. A field that the form does not show yet cannot have an error."""
    details = context.display.carriers.details_of(entry.values.get(CARRIER, ""))
    shown = tuple(name for name in details.fields or () if name in entry.values)
    errors = {name: error for name, error in field_errors(entry.values, required=shown).items() if name in shown}
    error = group_id_error(details, entry.values.get("carrier_group_id", ""))
    return errors | {"carrier_group_id": error} if error else errors


def _lacks_fields(context: RequestContext, entry: Entry) -> bool:
    """Whether the form was submitted before it showed all that this carrier asks for."""
    details = context.display.carriers.details_of(entry.values[CARRIER])
    return any(name not in entry.values for name in details.fields or ())


def _submit(context: RequestContext, entry: Entry, chosen: Chosen) -> Json:
    values, group = entry.values, chosen.group
    name = values["group_name"] if group is None else group.name
    if _lacks_fields(context, entry):
        return replace_modal(_view(context.display, group, name, carrier_id=values[CARRIER]))
    similar = similar_groups(name, context.deps.records) if group is None else []
    if similar and not _is_confirmed(context, entry):
        return replace_modal(_view(context.display, None, name, similar=similar, carrier_id=values[CARRIER]))
    wanted = ConnectionRequest(
        values["carrier_id"].lower(), values["carrier_group_id"], name, group_id=group.id if group else None
    )
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
        UntrustedText(wanted.group_name or record_facts.UNNAMED_GROUP),
        " with ",
        display.carrier(wanted.carrier_id),
        ", carrier group id ",
        own_group_id(wanted.carrier_group_id),
    )


def _view(
    display: DisplaySettings,
    group: KnownGroup | None,
    group_name: str = "",
    *,
    carrier_id: str = "",
    similar: Sequence[KnownGroup] = (),
    unknown: bool = False,
) -> Json:
    """The form for this group, or else for a new one.

    `similar`: known groups that the new one may be. `unknown`: the choice was cleared, or its group is not known.
    """
    details = display.carriers.details_of(carrier_id)
    return form(
        "Request a connection",
        "Send to Noyo",
        CALLBACK,
        [
            _group_field(display, group),
            *Message([Paragraph(_about_group(display, group, unknown=unknown))]).blocks(),
            _carrier_field(display, carrier_id),
            *([] if group else [text_field("group_name", "Group name", initial=group_name, max_length=MAX_NAME)]),
            *(_confirmation_fields(display, group_name, similar) if similar else []),
            carrier_group_id_field(hint=group_id_hint(details)),
            *([] if group else [federal_ein_field(hint=SENSITIVE_HINT, optional=False)]),
            *broker_fields(details.fields),
        ],
    )


def _group_field(display: DisplaySettings, group: KnownGroup | None) -> Json:
    return search_field(
        GROUP,
        "Existing group",
        placeholder="Type its name or an id",
        hint="Choose a group that Noyo knows, to connect it to one more carrier. Leave this empty for a new group.",
        initial=_option(group, display) if group else None,
    )


def _about_group(display: DisplaySettings, group: KnownGroup | None, *, unknown: bool) -> list[RichText]:
    if unknown:
        return [rich_text("No known group is chosen. Choose one again, or enter a new group.")]
    if group is None:
        return []
    lines = [_connection_line(state, display) for state in group.connections[:LISTED]]
    incomplete = [rich_text("Not all of its connections are shown.")] if len(group.connections) > LISTED else []
    return [rich_text(UntrustedText(_name(group)), " has these connections:"), *lines, *incomplete]


def _connection_line(state: RecordState, display: DisplaySettings) -> RichText:
    record = state.record
    number = record_facts.carrier_group_id_line(record) if isinstance(record, Connection) else ()
    status = record_facts.status_name(record.status)
    return rich_text("• ", display.carrier(record.carrier_id), ": ", status, ". ", *number)


def _confirmation_fields(display: DisplaySettings, group_name: str, similar: Sequence[KnownGroup]) -> list[Json]:
    """Asked for each name anew: the value of the checkbox is for this name."""
    names = [rich_text("• ", UntrustedText(_option(group, display)[1])) for group in similar[:LISTED]]
    question = rich_text("Noyo already has a group with a similar name:")
    more = [rich_text("• and others")] if len(similar) > LISTED else []
    advice = rich_text("To connect that group, choose it under “Existing group”. Nothing has been sent yet.")
    confirm, value = "This is another employer: create a new group", _confirmation(group_name)
    return [
        *Message([Paragraph([question, *names, *more, advice])]).blocks(),
        checkbox_field(NEW_GROUP, "New group", confirm, value=value),
    ]


def _is_confirmed(context: RequestContext, entry: Entry) -> bool:
    """Also if this form was submitted before: the group that it is similar to may be the one that it created."""
    confirmed = entry.values.get(NEW_GROUP) == _confirmation(entry.values["group_name"])
    return confirmed or context.deps.operations.operation(entry.view_id) is not None


def _confirmation(group_name: str) -> str:
    return sha256(group_name.encode()).hexdigest()[:16]


def _carrier_field(display: DisplaySettings, carrier_id: str) -> Json:
    """Each choice is sent at once if carriers differ in what they ask for, so that the form can follow."""
    carriers = display.carriers.matching("")
    if not carriers:
        return text_field(
            "carrier_id", "Carrier ID", hint="The UUID that Noyo gave you for the carrier.", max_length=36
        )
    field = choice_field(CARRIER, "Carrier", carriers, chosen=carrier_id)
    return field | {"dispatch_action": True} if display.carriers.details else field


FORM: Form[Chosen] = Form(
    right=Right.REQUEST,
    parse=lambda view: ButtonValue(operation_id=view["id"]),
    read=_read,
    show=lambda context, _, __: _view(context.display, None, unknown=True),
    validate=lambda context, entry, chosen: _carrier_errors(context, entry) | _errors(entry, chosen),
    submit=_submit,
)
