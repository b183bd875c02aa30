"""infra/local/noyo: what a request's JSON may hold. Refusals name fields, never values."""

import datetime
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from .rules import DECISION_REASONS, Refusal, Rules

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)
DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)

Check = Callable[[Any], str | None]


def is_uuid(value: object) -> bool:
    return isinstance(value, str) and UUID.fullmatch(value) is not None


def is_date(value: object) -> bool:
    if not isinstance(value, str) or not DATE.fullmatch(value):
        return False
    try:
        datetime.date.fromisoformat(value)
    except ValueError:
        return False
    return True


def a_uuid(value: Any) -> str | None:
    return None if is_uuid(value) else "not a valid UUID"


def a_date(value: Any) -> str | None:
    return None if is_date(value) else "not a valid date"


def some_text(value: Any) -> str | None:
    if not isinstance(value, str):
        return "not a valid string"
    return None if value else "shorter than minimum length 1"


def any_text(value: Any) -> str | None:
    return None if isinstance(value, str) else "not a valid string"


def a_boolean(value: Any) -> str | None:
    return None if isinstance(value, bool) else "not a valid boolean"


def one_of(words: frozenset[str]) -> Check:
    def check(value: Any) -> str | None:
        return None if isinstance(value, str) and value in words else "not one of its choices"

    return check


@dataclass(frozen=True)
class Form:
    """The fields of one JSON object; a name that is in neither list is refused."""

    required: Mapping[str, "Check | Form"]
    optional: Mapping[str, "Check | Form"]

    def faults(self, body: object, prefix: str = "") -> list[str]:
        if not isinstance(body, dict):
            return [f"{prefix.rstrip('.') or 'body'}: not an object"]
        missing = [f"{prefix}{name}: missing" for name in self.required if name not in body]
        return missing + [fault for name, value in body.items() for fault in self._field(name, value, prefix)]

    def _field(self, name: str, value: object, prefix: str) -> list[str]:
        rule = self.required.get(name) or self.optional.get(name)
        if rule is None:
            return [f"{prefix}{name}: unknown field"]
        if isinstance(rule, Form):
            return rule.faults(value, f"{prefix}{name}.")
        fault = rule(value)
        return [f"{prefix}{name}: {fault}"] if fault else []

    def read(self, body: object) -> dict[str, Any]:
        """The body as it came, or a 422 that names every faulty field."""
        faults = self.faults({} if body is None else body)
        if faults:
            raise Refusal(422, "; ".join(faults))
        return dict(body) if isinstance(body, dict) else {}


_BROKER: dict[str, Check | Form] = {
    "broker_federal_ein": some_text,
    "broker_tin": some_text,
    "employer_email_address": some_text,
}
_HOW: dict[str, Check | Form] = {
    "ignore_eligibility": a_boolean,
    "data_exchange_configuration": one_of(frozenset({"api", "edi"})),
}
_WHY: dict[str, Check | Form] = {"context": any_text, "reason": one_of(DECISION_REASONS)}

NEW_GROUP = Form(
    {
        "carrier_id": a_uuid,
        "group_data": Form({"carrier_group_id": some_text, "group_name": some_text}, _BROKER),
    },
    {"federal_ein": some_text, **_HOW},
)
EXISTING_GROUP = Form(
    {"carrier_id": a_uuid, "group_data": Form({"carrier_group_id": some_text}, _BROKER)}, _HOW
)
RETRY = Form({}, {"carrier_group_id": some_text, "federal_ein": some_text, **_BROKER})
EDIT = Form(
    {"status": one_of(frozenset({"processing", "rejected"}))},
    {"effective_end_date": a_date, **_WHY},
)
REJECT = Form({}, _WHY)
CONFIRM = Form({}, {"effective_end_date": a_date})


def disconnect_form(rules: Rules) -> Form:
    return Form(
        {"carrier_id": a_uuid, "group_id": a_uuid, "effective_end_date": a_date},
        {"context": any_text, "reason": one_of(rules.create_reasons)},
    )
