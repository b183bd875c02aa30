"""The form by which a disconnection is asked for: what it shows, and what may stand in it."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from datetime import date

from bot.domain.decisions import DisconnectionReason
from bot.domain.records import Connection, Disconnection
from bot.slack.features.decide_form import context_fault, context_field
from bot.slack.views import buttons, record_facts
from bot.slack.views.buttons import ButtonValue
from bot.slack.views.message import DisplaySettings, Message, Paragraph
from bot.slack.views.modals import (
    MAX_NAME,
    FieldErrors,
    checkbox_field,
    choice_field,
    date_field,
    form,
    text_field,
)
from bot.slack.views.operation_text import DISCONNECT_REASONS
from bot.slack.views.record_cards import earlier_requests_line
from bot.slack.views.rich_text import (
    EMPTY_TEXT,
    MAX_NAME_LENGTH,
    Json,
    RichText,
    clean_text,
    date_text,
    rich_text,
)
from bot.usecases.operations.submit_disconnection import DisconnectionInput

CALLBACK = "disconnect"
MOST_YEARS_AHEAD = 5


def disconnect_form(
    record: Connection,
    display: DisplaySettings,
    *,
    needs_second: bool,
    changed: bool,
    before: Sequence[Disconnection] = (),
) -> Json:
    """`changed`: the connection moved since the person looked at it. `before`: what was asked of the same already; Noyo
    shows a connection as completed even where its disconnection is over."""
    told = [rich_text("It changed since you looked at it. Check it before you submit.")] if changed else []
    told += [
        rich_text(*record_facts.group_and_carrier(record, display)),
        record_facts.carrier_group_id_line(record),
        record_facts.status_line(record),
        earlier_requests_line(before),
        *_will_happen(record, display, needs_second=needs_second),
    ]
    return form(
        "Disconnect a group",
        "Ask to Disconnect" if needs_second else "Disconnect",
        CALLBACK,
        [*Message([Paragraph(told)], warning=display.warning()).blocks(), *_fields(record)],
        about=buttons.encode(ButtonValue(record.entity, record.version)),
    )


def disconnect_faults(values: Mapping[str, str], record: Connection, today: date) -> FieldErrors:
    """All faults at once, by field; empty where everything fits."""
    found = {"context": context_fault(values.get("context", "")), **_day_faults(values, today)}
    if values.get("reason") not in set(DisconnectionReason):
        found["reason"] = "Choose why the group is to be disconnected."
    elif values["reason"] == DisconnectionReason.OTHER and not values.get("context"):
        found["context"] = "Say what the other reason is."
    if _folded(values.get("typed_name", "")) not in _spellings(record):
        what, shown = _to_type(record)
        found["typed_name"] = f"This is not its {what}. Type it as it stands here: {shown}"
    return {name: words for name, words in found.items() if words}


def wish(values: Mapping[str, str]) -> DisconnectionInput:
    """After `disconnect_faults`."""
    return DisconnectionInput(
        date.fromisoformat(values["end_date"]),
        DisconnectionReason(values["reason"]),
        values.get("context") or None,
    )


def _will_happen(record: Connection, display: DisplaySettings, *, needs_second: bool) -> list[RichText]:
    group, carrier = record_facts.group_name(record), display.carrier(record.carrier_id)
    then = rich_text("After the day you choose changes for ", group, " no longer reach ", carrier, ".")
    if not needs_second:
        return [then, rich_text("It is sent to Noyo at once, and nobody has to confirm it.")]
    held = "Nothing is sent yet: a second approver has to confirm it, and it expires unsent once that day is over."
    return [then, rich_text(held)]


def _fields(record: Connection) -> list[Json]:
    what, shown = _to_type(record)
    return [
        date_field(
            "end_date",
            "Last managed day",
            hint="The last day on which its coverage is managed through this connection.",
            initial=None,
        ),
        checkbox_field("past", "A day that is past", "This day is past, and I mean it"),
        choice_field(
            "reason",
            "Why the group is to be disconnected",
            [(reason.value, words) for reason, words in DISCONNECT_REASONS.items()],
        ),
        context_field("Needed where you chose another reason."),
        text_field(
            "typed_name",
            f"Type its {what}",
            hint=f"So that it is surely this one: {shown}",
            max_length=MAX_NAME,
        ),
    ]


def _to_type(record: Connection) -> tuple[str, str]:
    """What the person types to show that they mean this one, and how it is shown to them."""
    name = clean_text(record.group_name or "", limit=MAX_NAME_LENGTH, unmasked=record.carrier_group_id)
    if name != EMPTY_TEXT:
        return "name", name
    number = record.carrier_group_id or record.id
    what = "carrier group id" if record.carrier_group_id else "Noyo id"
    return what, clean_text(number, limit=MAX_NAME_LENGTH, unmasked=number)


def _spellings(record: Connection) -> set[str]:
    """As it is, or as it is shown, where that hides or shortens something; case and spaces do not count."""
    what, shown = _to_type(record)
    whole = {"name": record.group_name, "carrier group id": record.carrier_group_id}.get(what, record.id)
    return {_folded(shown), _folded(whole or "")} - {""}


def _folded(typed: str) -> str:
    return "".join(unicodedata.normalize("NFKC", typed).casefold().split())


def _day_faults(values: Mapping[str, str], today: date) -> FieldErrors:
    try:
        chosen = date.fromisoformat(values.get("end_date", ""))
    except ValueError:
        return {"end_date": "Choose the last day on which its coverage is managed."}
    if chosen.year > today.year + MOST_YEARS_AHEAD:
        return {
            "end_date": f"{date_text(chosen)} is more than {MOST_YEARS_AHEAD} years ahead. Choose another day."
        }
    if chosen < today and not values.get("past"):
        return {"past": f"{date_text(chosen)} is past. Choose another day, or tick this if you mean it."}
    return {}
