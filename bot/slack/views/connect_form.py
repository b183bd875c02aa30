"""The fields of the form that requests a connection of a known or of a new group."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256

from bot.domain.content import KnownGroup
from bot.domain.record_states import RecordState
from bot.domain.records import Connection
from bot.domain.requests import ConnectionOptions
from bot.slack.views import record_facts
from bot.slack.views.carrier_facts import group_id_hint
from bot.slack.views.connection_options import option_fields
from bot.slack.views.message import DisplaySettings, Message, Paragraph
from bot.slack.views.modals import (
    MAX_NAME,
    MAX_OPTION,
    SENSITIVE_HINT,
    broker_fields,
    carrier_group_id_field,
    checkbox_field,
    choice_field,
    federal_ein_field,
    search_field,
    text_field,
)
from bot.slack.views.rich_text import Json, RichText, UntrustedText, plain, rich_text

CARRIER = "carrier_id"
"""Action id of the choice of the carrier."""
GROUP = "group"
"""Action id of the search for an existing group."""
NEW_GROUP = "new_group"
"""Action id of the checkbox by which a person confirms that a group with a similar name is another one."""
LISTED = 5
OPTION_NAME_LENGTH = 50


def connect_fields(
    display: DisplaySettings,
    group: KnownGroup | None,
    group_name: str = "",
    *,
    carrier_id: str = "",
    similar: Sequence[KnownGroup] = (),
    unknown: bool = False,
    options: ConnectionOptions | None = None,
) -> list[Json]:
    """The fields for this group, or else for a new one.

    `similar`: known groups that the new one may be. `unknown`: the choice was cleared, or its group is not known.
    `options`: what the advanced fields hold; None if they are not shown.
    """
    details = display.carriers.details_of(carrier_id)
    return [
        _group_field(display, group),
        *Message([Paragraph(_about_group(display, group, unknown=unknown))]).blocks(),
        _carrier_field(display, carrier_id),
        *([] if group else [text_field("group_name", "Group name", initial=group_name, max_length=MAX_NAME)]),
        *(_confirmation_fields(display, group_name, similar) if similar else []),
        carrier_group_id_field(hint=group_id_hint(details)),
        *([] if group else [federal_ein_field(hint=SENSITIVE_HINT, optional=False)]),
        *broker_fields(details.fields),
        *option_fields(options),
    ]


def group_option(group: KnownGroup, display: DisplaySettings) -> tuple[str, str]:
    """Two groups of one name differ in their carriers."""
    names = (rich_text(display.carrier(state.record.carrier_id)) for state in group.connections)
    carriers = dict.fromkeys(plain(name, limit=MAX_OPTION) for name in names)
    return group.id, f"{_name(group, OPTION_NAME_LENGTH)} · {', '.join(carriers)}"


def _name(group: KnownGroup, limit: int = MAX_NAME) -> str:
    return plain(rich_text(record_facts.group_name(group.connections[0].record)), limit=limit)


def _group_field(display: DisplaySettings, group: KnownGroup | None) -> Json:
    return search_field(
        GROUP,
        "Existing group",
        placeholder="Type its name or an id",
        hint="Choose a group that Noyo knows, to connect it to one more carrier. Leave this empty for a new group.",
        initial=group_option(group, display) if group else None,
    )


def _about_group(display: DisplaySettings, group: KnownGroup | None, *, unknown: bool) -> list[RichText]:
    if unknown:
        return [rich_text("No known group is chosen. Choose one again, or enter a new group.")]
    if group is None:
        return []
    lines = [_connection_line(state, display) for state in group.connections[:LISTED]]
    more = f"and {len(group.connections) - LISTED} more: {display.command} status and its name shows all."
    incomplete = [rich_text(more)] if len(group.connections) > LISTED else []
    return [rich_text(UntrustedText(_name(group)), " has these connections:"), *lines, *incomplete]


def _connection_line(state: RecordState, display: DisplaySettings) -> RichText:
    record = state.record
    number = record_facts.carrier_group_id_line(record) if isinstance(record, Connection) else ()
    status = record_facts.status_name(record.status)
    return rich_text("• ", display.carrier(record.carrier_id), ": ", status, ". ", *number)


def _confirmation_fields(display: DisplaySettings, group_name: str, similar: Sequence[KnownGroup]) -> list[Json]:
    """Asked for each name anew: the value of the checkbox is for this name."""
    names = [rich_text("• ", UntrustedText(group_option(group, display)[1])) for group in similar[:LISTED]]
    question = rich_text("Noyo already has a group with a similar name:")
    rest = f"• and {len(similar) - LISTED} more: {display.command} status and the name shows all"
    more = [rich_text(rest)] if len(similar) > LISTED else []
    advice = rich_text("To connect that group, choose it under “Existing group”. Nothing has been sent yet.")
    confirm, value = "This is another employer: create a new group", confirmation(group_name)
    return [
        *Message([Paragraph([question, *names, *more, advice])]).blocks(),
        checkbox_field(NEW_GROUP, "New group", confirm, value=value),
    ]


def confirmation(group_name: str) -> str:
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
