"""*connect*: somebody wants a group connected to a carrier.

The person has the group's name, its id at the carrier and, for a new group, its EIN at hand, and wants to be sure that
it is sent once. What can go wrong: a typo in a number, the wrong carrier, a colleague who requests the same at the same
time, a connection that Noyo already has, a second group at Noyo for an employer that it knows, or a modal that is
closed before the answer arrives.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from bot.domain.content import KnownGroup
from bot.domain.operations import Operation
from bot.domain.people import Right
from bot.domain.records import pending_connection_ref
from bot.domain.requests import ConnectionOptions, ConnectionRequest
from bot.slack.context import RequestContext
from bot.slack.features import correct
from bot.slack.features.correct import Correction
from bot.slack.features.forms import Entry, Form, FormTarget, answer, shown_attempt
from bot.slack.views import buttons, record_facts, replies
from bot.slack.views.buttons import ButtonValue
from bot.slack.views.carrier_facts import group_id_error
from bot.slack.views.connect_form import CARRIER, GROUP, NEW_GROUP, confirmation, connect_fields, group_option
from bot.slack.views.connection_options import options_of
from bot.slack.views.corrections import filled_in, options_filled_in
from bot.slack.views.message import DisplaySettings
from bot.slack.views.modals import (
    MAX_STATIC_OPTIONS,
    FieldErrors,
    choices,
    field_errors,
    form,
    notice,
    parse_sensitive_fields,
    replace_modal,
    values_of,
)
from bot.slack.views.rich_text import Json, RichText, UntrustedText, own_group_id, rich_text, utc_text
from bot.usecases.notifications.read_model import groups_named, known_group, similar_groups
from bot.usecases.operations.submit import request_connection

CALLBACK = "connect"
REQUIRED = ("carrier_id", "carrier_group_id")
REQUIRED_FOR_NEW = ("group_name", "federal_ein")


@dataclass(frozen=True, slots=True)
class Chosen:
    """The group that the form is for; None for a new one."""

    group: KnownGroup | None
    correction: Correction | None = None
    """The refused request that the form corrects."""
    values: Mapping[str, str] = field(default_factory=dict)
    """What the form holds, with what it was filled in with."""


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


def click_correct(context: RequestContext, value: ButtonValue) -> None:
    """The *Correct and Send Again…* button: opens the form, filled in with what Noyo refused."""
    permission = context.authorize(Right.REQUEST)
    denial = None if permission.allowed else notice("Not possible", replies.denial(permission))
    context.show_view(denial or _correction_view(context, value.operation_id or ""))


def _correction_view(context: RequestContext, refused_id: str, group: KnownGroup | None = None) -> Json:
    """`group`: another one than in the refused request."""
    found = correct.find(context, refused_id)
    if not isinstance(found, Correction):
        return found
    of_request = found.wanted.group_id
    group = group or (known_group(of_request, context.deps.records) if of_request else None)
    unknown = of_request is not None and group is None
    return _view(context.display, group, unknown=unknown, correction=found)


def choose_group(context: RequestContext, view: Json, group_id: str) -> None:
    """Somebody chose a group in the form, or cleared the choice: shows the fields that such a request needs."""
    _follow_choice(context, view, group_id, values_of(view).get(CARRIER, ""))


def choose_carrier(context: RequestContext, view: Json, carrier_id: str) -> None:
    """Somebody chose a carrier in the form: shows what this carrier asks for."""
    _follow_choice(context, view, values_of(view).get(GROUP, ""), carrier_id)


def show_advanced(context: RequestContext, view: Json, _: str = "") -> None:
    """The *Advanced…* button in the form: adds the fields that few requests need."""
    values = values_of(view)
    _follow_choice(context, view, values.get(GROUP, ""), values.get(CARRIER, ""), advanced=True)


def _follow_choice(
    context: RequestContext, view: Json, group_id: str, carrier_id: str, *, advanced: bool = False
) -> None:
    """What was typed stays. A form that was submitted meanwhile stays as it is."""
    if context.authorize(Right.REQUEST).allowed:
        group = known_group(group_id, context.deps.records) if group_id else None
        shown = _shown(view)
        found = correct.find(context, shown.operation_id or "") if correct.is_correction(shown) else None
        correction = found if isinstance(found, Correction) else None
        values = values_of(view)
        options = options_of(correction.completed(values) if correction else values)
        now = _view(
            context.display,
            group,
            carrier_id=carrier_id,
            unknown=bool(group_id) and group is None,
            correction=correction,
            options=options or (ConnectionOptions() if advanced else None),
        )
        context.web.update_view(view["id"], now, view["hash"])


def suggest_carriers(context: RequestContext, query: str) -> Json:
    """Options for the carrier field, once there are too many carriers for a list."""
    return {"options": choices(context.display.carriers.matching(query)[:MAX_STATIC_OPTIONS])}


def suggest_groups(context: RequestContext, query: str) -> Json:
    """Options for the search for an existing group."""
    if not context.authorize(Right.REQUEST).allowed:
        return {"options": []}
    found = groups_named(query, context.deps.records)[:MAX_STATIC_OPTIONS]
    return {"options": choices([group_option(group, context.display) for group in found])}


def _read(context: RequestContext, entry: Entry) -> FormTarget[Chosen]:
    """The connection has no record yet: a denial is audited under the carrier and id that were typed.

    None if we do not know the chosen group any more, or if none is chosen in a form that was for an existing group.
    """
    shown, correction, version = entry.shown, None, None
    if correct.is_correction(shown):
        found = correct.find(context, shown.operation_id or "")
        correction = found if isinstance(found, Correction) else None
        version = correction.about.version if correction else ""
    values = correction.completed(entry.values) if correction else entry.values
    group_id = values.get(GROUP, "")
    chosen = Chosen(known_group(group_id, context.deps.records) if group_id else None, correction, values)
    entity = None
    if not _errors(entry, chosen):
        entity = pending_connection_ref(values["carrier_id"].lower(), values["carrier_group_id"])
    unknown = bool(group_id) and chosen.group is None
    was_for_existing = not group_id and GROUP in values and "group_name" not in values
    return FormTarget(entity, None if unknown or was_for_existing else chosen, version)


def _errors(entry: Entry, chosen: Chosen) -> FieldErrors:
    if chosen.group is None:
        retained = _retained(entry, chosen)
        required = (name for name in REQUIRED + REQUIRED_FOR_NEW if name not in retained)
        return field_errors(chosen.values, required=tuple(required))
    values = {name: value for name, value in chosen.values.items() if name not in REQUIRED_FOR_NEW}
    return field_errors(values, required=REQUIRED)


def _retained(entry: Entry, chosen: Chosen) -> frozenset[str]:
    """The fields that may stay empty, since their values are kept from the refused request."""
    return chosen.correction.used_names(entry) if chosen.correction else frozenset()


def _carrier_errors(context: RequestContext, entry: Entry, chosen: Chosen) -> FieldErrors:
    """What this carrier asks for. A field that the form does not show yet cannot have an error."""
    details = context.display.carriers.details_of(chosen.values.get(CARRIER, ""))
    shown = frozenset(details.fields or ()) & entry.values.keys() - _retained(entry, chosen)
    errors = {name: error for name, error in field_errors(entry.values, required=tuple(shown)).items() if name in shown}
    error = group_id_error(details, chosen.values.get("carrier_group_id", ""))
    return errors | {"carrier_group_id": error} if error else errors


def _lacks_fields(context: RequestContext, entry: Entry, chosen: Chosen) -> bool:
    """Whether the form was submitted before it showed all that this carrier asks for."""
    details = context.display.carriers.details_of(chosen.values[CARRIER])
    return any(name not in entry.values for name in details.fields or ())


def _submit(context: RequestContext, entry: Entry, chosen: Chosen) -> Json:
    values, group = chosen.values, chosen.group
    name = values["group_name"] if group is None else group.name
    options, again = options_of(values), partial(_view, context.display, group, name, carrier_id=values[CARRIER])
    if _lacks_fields(context, entry, chosen):
        return replace_modal(again(correction=chosen.correction, options=options))
    similar = similar_groups(name, context.deps.records) if group is None else []
    if similar and not _is_confirmed(context, entry, name):
        return replace_modal(again(similar=similar, correction=chosen.correction, options=options))
    wanted = ConnectionRequest(
        values["carrier_id"].lower(),
        values["carrier_group_id"],
        name,
        group_id=group.id if group else None,
        options=options or ConnectionOptions(),
    )
    result = request_connection(
        correct.operation_id(entry),
        context.actor.user_id,
        wanted=wanted,
        sensitive=parse_sensitive_fields(values),
        retained=chosen.correction.used(entry) if chosen.correction else (),
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
        "Nothing new was sent. Follow it on its card; if there is none after a minute, submit again."
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
    correction: Correction | None = None,
    options: ConnectionOptions | None = None,
) -> Json:
    """The form of `connect_fields`; with `correction`, filled in with the refused request."""
    if correction is not None:
        carrier_id = carrier_id or correction.wanted.carrier_id
        options = options or options_filled_in(correction.operation, correction.wanted)
    blocks = connect_fields(
        display, group, group_name, carrier_id=carrier_id, similar=similar, unknown=unknown, options=options
    )
    about = buttons.encode(correction.about) if correction else ""
    filled = filled_in(blocks, correction.operation, correction.retained_names) if correction else blocks
    return form("Request a connection", "Send to Noyo", CALLBACK, filled, about=about)


def _is_confirmed(context: RequestContext, entry: Entry, name: str) -> bool:
    """Also if this form was submitted before: the group that it is similar to may be the one that it created."""
    confirmed = entry.values.get(NEW_GROUP) == confirmation(name)
    return confirmed or context.deps.operations.operation(correct.operation_id(entry)) is not None


def _shown(view: Json) -> ButtonValue:
    """What the form is for: nothing that is there already, or a refused request."""
    return shown_attempt(view) if view.get("private_metadata") else ButtonValue(operation_id=view["id"])


def _show(context: RequestContext, now: Chosen | None, shown: ButtonValue) -> Json:
    """The form again: the chosen group is not known, or the kept values were deleted."""
    if correct.is_correction(shown):
        return _correction_view(context, shown.operation_id or "", now.group if now else None)
    return _view(context.display, None, unknown=True)


FORM: Form[Chosen] = Form(
    right=Right.REQUEST,
    parse=_shown,
    read=_read,
    show=_show,
    operation_id=correct.operation_id,
    validate=lambda context, entry, chosen: _carrier_errors(context, entry, chosen) | _errors(entry, chosen),
    submit=_submit,
)
