"""The fields of our forms: what each may hold, said under the field where it does not."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from bot.domain.operations import SensitiveFields
from bot.slack.views.modals import text_field
from bot.slack.views.rich_text import Json

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
