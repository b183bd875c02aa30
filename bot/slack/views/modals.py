"""Modals: forms, their fields and what each may hold, and notices."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date

from bot.domain.operations import (
    SensitiveFields,
)
from bot.slack.views.message import Message, Paragraph, plain_text
from bot.slack.views.rich_text import (
    Json,
    RichText,
    rich_text,
    truncate,
)

TITLE = 24
OPTION = 75
HINT = 2000
STATIC_OPTIONS = 100


def form(title: str, submit: str, callback_id: str, blocks: Sequence[Json], *, about: str = "") -> Json:
    """A modal that can be submitted; `about` comes back with it (ids only, at most 3,000 characters)."""
    return {
        "type": "modal",
        "callback_id": callback_id,
        "title": plain_text(truncate(title, TITLE)),
        "submit": plain_text(submit),
        "close": plain_text("Cancel"),
        "private_metadata": about,
        "blocks": list(blocks),
    }


def said(title: str, *lines: RichText | str) -> Json:
    """A notice of a few lines."""
    return view(
        title, Message([Paragraph([rich_text(one) if isinstance(one, str) else one]) for one in lines])
    )


def text_field(
    name: str,
    label: str,
    *,
    hint: str = "",
    placeholder: str = "",
    initial: str = "",
    longest: int,
    optional: bool = False,
    lines: bool = False,
) -> Json:
    """Text; block and action id are the name of the field, so that typed input outlives an update."""
    element: Json = {"type": "plain_text_input", "action_id": name, "max_length": longest}
    if lines:
        element["multiline"] = True
    if placeholder:
        element["placeholder"] = plain_text(placeholder)
    if initial:
        element["initial_value"] = initial[:longest]
    return _field(name, label, element, hint, optional)


def choice_field(name: str, label: str, options: Sequence[tuple[str, str]], *, hint: str = "") -> Json:
    """One of (value, label); more than Slack shows at once are searched as the person types."""
    if len(options) > STATIC_OPTIONS:
        element: Json = {"type": "external_select", "action_id": name, "min_query_length": 1}
    else:
        element = {"type": "static_select", "action_id": name, "options": choices(options)}
    element["placeholder"] = plain_text("Choose one")
    return _field(name, label, element, hint, optional=False)


def date_field(name: str, label: str, *, hint: str, initial: date | None) -> Json:
    element: Json = {"type": "datepicker", "action_id": name}
    if initial is not None:
        element["initial_date"] = initial.isoformat()
    return _field(name, label, element, hint, optional=False)


def tick_field(name: str, label: str, words: str) -> Json:
    """A box that may be left open."""
    element: Json = {"type": "checkboxes", "action_id": name, "options": choices([("yes", words)])}
    return _field(name, label, element, "", optional=True)


def choices(options: Sequence[tuple[str, str]]) -> list[Json]:
    return [{"text": plain_text(truncate(label, OPTION)), "value": value} for value, label in options]


def _field(name: str, label: str, element: Json, hint: str, optional: bool) -> Json:
    block: Json = {
        "type": "input",
        "block_id": name,
        "label": plain_text(label),
        "element": element,
        "optional": optional,
    }
    if hint:
        block["hint"] = plain_text(truncate(hint, HINT))
    return block


def values_of(view: Json) -> dict[str, str]:
    """What was typed or chosen, by field; fields left blank are empty text."""
    found: dict[str, str] = {}
    for name, actions in view.get("state", {}).get("values", {}).items():
        for held in actions.values():
            found[name] = _given(held).replace("\u00a0", " ").strip()
    return found


def _given(held: Json) -> str:
    """Of a field that has been ticked, the values of its ticks."""
    option = held.get("selected_option") or {}
    ticks = ",".join(tick["value"] for tick in held.get("selected_options") or ())
    return held.get("value") or option.get("value") or held.get("selected_date") or ticks


LONGEST_TITLE = 24


def view(heading: str, message: Message) -> Json:
    """A modal that only shows. Its title is its heading."""
    return {
        "type": "modal",
        "title": {"type": "plain_text", "text": heading[:LONGEST_TITLE], "emoji": False},
        "close": {"type": "plain_text", "text": "Close", "emoji": False},
        "blocks": message.blocks(),
    }


NAME_LONGEST = 200
GROUP_ID_LONGEST = 100
TAX_LONGEST = 20
EMAIL_LONGEST = 254
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")

Errors = dict[str, str]


def carrier_group_id_field(initial: str = "", *, hint: str) -> Json:
    return text_field(
        "carrier_group_id", "Carrier group ID", hint=hint, initial=initial, longest=GROUP_ID_LONGEST
    )


def sensitive_fields(*, federal_ein_optional: bool, hint: str = "") -> list[Json]:
    """Typed once, sent to Noyo, kept encrypted until then and nowhere shown."""
    return [
        text_field(
            "federal_ein",
            "Employer's federal EIN",
            hint=hint,
            placeholder="12-3456789",
            longest=TAX_LONGEST,
            optional=federal_ein_optional,
        ),
        text_field(
            "broker_federal_ein",
            "Broker's federal EIN",
            hint="Only where the carrier asks for it.",
            longest=TAX_LONGEST,
            optional=True,
        ),
        text_field(
            "broker_tin",
            "Broker's TIN",
            hint="Only where the carrier asks for it: an EIN or an SSN.",
            longest=TAX_LONGEST,
            optional=True,
        ),
        text_field(
            "employer_email_address",
            "Employer's email address",
            hint="Only where the carrier asks for it.",
            longest=EMAIL_LONGEST,
            optional=True,
        ),
    ]


def sensitive_from(values: Mapping[str, str]) -> SensitiveFields:
    """After `faults`: tax numbers as nine digits, blanks as not typed."""
    return SensitiveFields(
        federal_ein=_digits(values.get("federal_ein", "")),
        broker_federal_ein=_digits(values.get("broker_federal_ein", "")),
        broker_tin=_digits(values.get("broker_tin", "")),
        employer_email_address=values.get("employer_email_address") or None,
    )


def faults(values: Mapping[str, str], *, required: tuple[str, ...]) -> Errors:
    """All faults at once, by field; empty where everything fits."""
    errors: Errors = {}
    for name, fault in _RULES.items():
        value = values.get(name, "")
        if not value and name in required:
            errors[name] = _MISSING[name]
        elif value and (words := fault(value)):
            errors[name] = words
    return errors


def _digits(value: str) -> str | None:
    return re.sub(r"[\s\u2010-\u2015-]", "", value) or None


def _tax_number(value: str) -> str:
    fits = re.fullmatch(r"[0-9]{9}", _digits(value) or "")
    return "" if fits else "Enter nine digits, such as 12-3456789."


def _email(value: str) -> str:
    fits = re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", value) and len(value) <= EMAIL_LONGEST
    return "" if fits else "Enter one email address, such as benefits@example.com."


def _line_of(longest: int) -> Callable[[str], str]:
    def fault(value: str) -> str:
        if len(value) > longest:
            return f"Use at most {longest} characters; this has {len(value)}."
        if not value.isprintable():
            return "This holds a hidden character. Type it here instead of pasting it."
        return ""

    return fault


def _carrier(value: str) -> str:
    return (
        ""
        if UUID.fullmatch(value.lower())
        else "Choose a carrier, or enter the id that Noyo gave you for it."
    )


_MISSING = {
    "carrier_id": "Choose a carrier.",
    "group_name": "Enter the group's name.",
    "carrier_group_id": "Enter the group's id at the carrier.",
    "federal_ein": "Enter the employer's federal EIN: nine digits.",
}

_RULES: dict[str, Callable[[str], str]] = {
    "carrier_id": _carrier,
    "group_name": _line_of(NAME_LONGEST),
    "carrier_group_id": _line_of(GROUP_ID_LONGEST),
    "federal_ein": _tax_number,
    "broker_federal_ein": _tax_number,
    "broker_tin": _tax_number,
    "employer_email_address": _email,
}
