"""Modals: forms with their fields and validation, and notices."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date

from bot.domain.requests import SensitiveFields
from bot.slack.views.message import Message, Paragraph, plain_text
from bot.slack.views.rich_text import Json, RichText, rich_text, truncate

MAX_TITLE = 24
MAX_OPTION = 75
MAX_HINT = 2000
MAX_STATIC_OPTIONS = 100
MAX_NAME = 200
MAX_GROUP_ID = 100
MAX_TAX_NUMBER = 20
MAX_EMAIL = 254
SENSITIVE_HINT = "Sent to Noyo. Encrypted until then, and never shown."
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")

FieldErrors = dict[str, str]


def form(title: str, submit: str, callback_id: str, blocks: Sequence[Json], *, about: str = "") -> Json:
    """A modal that can be submitted; Slack returns `about` with it (ids only, at most 3,000 characters)."""
    return {
        "type": "modal",
        "callback_id": callback_id,
        "title": plain_text(truncate(title, MAX_TITLE)),
        "submit": plain_text(submit),
        "close": plain_text("Cancel"),
        "private_metadata": about,
        "blocks": list(blocks),
    }


def notice(title: str, *lines: RichText | str) -> Json:
    """A modal that shows a few lines and has no submit button."""
    rich_lines = [rich_text(line) if isinstance(line, str) else line for line in lines]
    return notice_view(title, Message([Paragraph([line]) for line in rich_lines]))


def text_field(
    name: str,
    label: str,
    *,
    hint: str = "",
    placeholder: str = "",
    initial: str = "",
    max_length: int,
    optional: bool = False,
    multiline: bool = False,
) -> Json:
    """A text field. Its block id and action id are its name, so Slack keeps the input when the view is updated."""
    element: Json = {"type": "plain_text_input", "action_id": name, "max_length": max_length}
    if multiline:
        element["multiline"] = True
    if placeholder:
        element["placeholder"] = plain_text(placeholder)
    if initial:
        element["initial_value"] = initial[:max_length]
    return _field(name, label, element, hint, optional)


def choice_field(
    name: str, label: str, options: Sequence[tuple[str, str]], *, hint: str = "", chosen: str = ""
) -> Json:
    """One of (value, label). With more options than Slack takes in a list, the person searches by typing."""
    if len(options) > MAX_STATIC_OPTIONS:
        element: Json = {"type": "external_select", "action_id": name, "min_query_length": 1}
    else:
        element = {"type": "static_select", "action_id": name, "options": choices(options)}
    element["placeholder"] = plain_text("Choose one")
    for option in choices([option for option in options if option[0] == chosen]):
        element["initial_option"] = option
    return _field(name, label, element, hint, optional=False)


def search_field(name: str, label: str, *, placeholder: str, hint: str, initial: tuple[str, str] | None = None) -> Json:
    """An optional choice that the person finds by typing. Each choice is sent at once, so that the form can follow."""
    element = search_element(name, placeholder)
    if initial is not None:
        [element["initial_option"]] = choices([initial])
    return _field(name, label, element, hint, optional=True) | {"dispatch_action": True}


def search_element(action_id: str, placeholder: str, *, least: int = 1) -> Json:
    """A choice that the person finds by typing at least so many characters."""
    return {
        "type": "external_select",
        "action_id": action_id,
        "min_query_length": least,
        "placeholder": plain_text(placeholder),
    }


def date_field(name: str, label: str, *, hint: str, initial: date | None) -> Json:
    element: Json = {"type": "datepicker", "action_id": name}
    if initial is not None:
        element["initial_date"] = initial.isoformat()
    return _field(name, label, element, hint, optional=False)


def person_field(name: str, label: str, *, hint: str, initial: str | None = None, optional: bool = False) -> Json:
    """A person of the workspace. With another initial one Slack shows it only in a field of another block id."""
    element: Json = {"type": "users_select", "action_id": name, "placeholder": plain_text("Choose a colleague")}
    if initial is not None:
        element["initial_user"] = initial
    return _field(name, label, element, hint, optional) | {"block_id": f"{name}:{initial or ''}"}


def checkbox_field(name: str, label: str, text: str, *, value: str = "yes") -> Json:
    """One optional checkbox."""
    element: Json = {"type": "checkboxes", "action_id": name, "options": choices([(value, text)])}
    return _field(name, label, element, "", optional=True)


def choices(options: Sequence[tuple[str, str]]) -> list[Json]:
    return [{"text": plain_text(truncate(label, MAX_OPTION)), "value": value} for value, label in options]


def _field(name: str, label: str, element: Json, hint: str, optional: bool) -> Json:
    block: Json = {
        "type": "input",
        "block_id": name,
        "label": plain_text(label),
        "element": element,
        "optional": optional,
    }
    if hint:
        block["hint"] = plain_text(truncate(hint, MAX_HINT))
    return block


def values_of(view: Json) -> dict[str, str]:
    """What was typed or chosen, by action id; empty text for a blank field.

    Slack also reports a field as blank if an answer to a submission added it with an initial value that the person left
    as it is. A required field cannot be submitted blank, so a blank one stands for the value that was shown.
    """
    values: dict[str, str] = {}
    for actions in view.get("state", {}).get("values", {}).values():
        for name, element in actions.items():
            values[name] = _entered_value(element).replace("\u00a0", " ").strip()
    return values


def _entered_value(element: Json) -> str:
    """For checkboxes, the values of the selected ones."""
    option = element.get("selected_option") or {}
    checked = ",".join(option["value"] for option in element.get("selected_options") or ())
    picked = element.get("selected_date") or element.get("selected_user")
    return element.get("value") or option.get("value") or picked or checked


def notice_view(title: str, message: Message) -> Json:
    """The message as a modal without a submit button; `title` becomes the title of the modal."""
    return {
        "type": "modal",
        "title": plain_text(title[:MAX_TITLE]),
        "close": plain_text("Close"),
        "blocks": message.blocks(),
    }


def carrier_group_id_field(initial: str = "", *, hint: str, block_id: str = "carrier_group_id") -> Json:
    field = text_field("carrier_group_id", "Carrier group ID", hint=hint, initial=initial, max_length=MAX_GROUP_ID)
    return field | {"block_id": block_id}


def federal_ein_field(*, hint: str, optional: bool) -> Json:
    """Sent to Noyo, encrypted until then, and never shown."""
    return text_field(
        "federal_ein",
        "Employer's federal EIN",
        hint=hint,
        placeholder="12-3456789",
        max_length=MAX_TAX_NUMBER,
        optional=optional,
    )


def broker_fields(asked: Collection[str] | None = None) -> list[Json]:
    """Those that the carrier asks for, or else all of them. Sent to Noyo, encrypted until then, and never shown."""
    fields = [
        _if_asked("broker_federal_ein", "Broker's federal EIN", MAX_TAX_NUMBER),
        _if_asked(
            "broker_tin", "Broker's TIN", MAX_TAX_NUMBER, hint="Only if the carrier asks for it: an EIN or an SSN."
        ),
        _if_asked("employer_email_address", "Employer's email address", MAX_EMAIL),
    ]
    if asked is None:
        return fields
    hint = plain_text("This carrier asks for it. " + SENSITIVE_HINT)
    return [field | {"optional": False, "hint": hint} for field in fields if field["block_id"] in asked]


def _if_asked(name: str, label: str, max_length: int, *, hint: str = "Only if the carrier asks for it.") -> Json:
    return text_field(name, label, hint=hint, max_length=max_length, optional=True)


def parse_sensitive_fields(values: Mapping[str, str]) -> SensitiveFields:
    """Call after `field_errors`. Tax numbers become nine digits; blank fields become None."""
    return SensitiveFields(
        federal_ein=_digits(values.get("federal_ein", "")),
        broker_federal_ein=_digits(values.get("broker_federal_ein", "")),
        broker_tin=_digits(values.get("broker_tin", "")),
        employer_email_address=values.get("employer_email_address") or None,
    )


def field_errors(values: Mapping[str, str], *, required: tuple[str, ...]) -> FieldErrors:
    """All errors by field; empty if everything is valid."""
    errors: FieldErrors = {}
    for name, error_of in _RULES.items():
        value = values.get(name, "")
        if not value and name in required:
            errors[name] = _MISSING[name]
        elif value and (error := error_of(value)):
            errors[name] = error
    return errors


def _digits(value: str) -> str | None:
    return re.sub(r"[\s\u2010-\u2015-]", "", value) or None


def _tax_number(value: str) -> str:
    valid = re.fullmatch(r"[0-9]{9}", _digits(value) or "")
    return "" if valid else "Enter nine digits, such as 12-3456789."


def _email(value: str) -> str:
    valid = re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", value) and len(value) <= MAX_EMAIL
    return "" if valid else "Enter one email address, such as benefits@example.com."


def _one_line(max_length: int) -> Callable[[str], str]:
    def error_of(value: str) -> str:
        if len(value) > max_length:
            return f"Use at most {max_length} characters; you entered {len(value)}."
        if not value.isprintable():
            return "This contains a hidden character. Type it instead of pasting it."
        return ""

    return error_of


def _carrier(value: str) -> str:
    valid = UUID.fullmatch(value.lower())
    return "" if valid else "Choose a carrier, or enter its Noyo id."


_MISSING = {
    "carrier_id": "Choose a carrier.",
    "group_name": "Enter the group's name.",
    "carrier_group_id": "Enter the group's id at the carrier.",
    "federal_ein": "Enter the employer's federal EIN: nine digits.",
    "broker_federal_ein": "This carrier asks for the broker's federal EIN. Enter nine digits.",
    "broker_tin": "This carrier asks for the broker's TIN. Enter the nine digits of an EIN or an SSN.",
    "employer_email_address": "This carrier asks for the employer's email address.",
}

_RULES: dict[str, Callable[[str], str]] = {
    "carrier_id": _carrier,
    "group_name": _one_line(MAX_NAME),
    "carrier_group_id": _one_line(MAX_GROUP_ID),
    "federal_ein": _tax_number,
    "broker_federal_ein": _tax_number,
    "broker_tin": _tax_number,
    "employer_email_address": _email,
}


def replace_modal(view: Json) -> Json:
    """An answer to a submission: this view replaces the form."""
    return {"response_action": "update", "view": view}
