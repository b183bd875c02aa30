"""Request bodies, checked against the project's description of Noyo's API. Refusals name fields, never values."""

import datetime
import re
from typing import Any

from infra.contract import MissingBody, contract
from infra.local.noyo.rules import Refusal

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_PROBLEMS = {
    "enum": "not one of its choices",
    "minLength": "shorter than minimum length 1",
    "pattern": "not a valid UUID",
    "required": "missing",
}


def is_uuid(text: str) -> bool:
    return _UUID.fullmatch(text) is not None


def is_date(text: str) -> bool:
    if not _DATE.fullmatch(text):
        return False
    try:
        datetime.date.fromisoformat(text)
    except ValueError:
        return False
    return True


def check_body(method: str, path: str, body: bytes, *, except_field: str | None = None) -> None:
    """Raises a 422 that names each wrong field; `except_field` is one that the caller checks itself."""
    try:
        errors = contract().body_errors(method, path, body)
    except MissingBody:
        raise Refusal(422, "body: missing") from None
    problems: dict[str | None, str] = dict(problem for error in errors for problem in reversed(list(_problems(error))))
    problems.pop(except_field, None)
    if problems:
        raise Refusal(422, "; ".join(f"{field}: {problem}" for field, problem in problems.items()))


def _problems(error: Any) -> list[tuple[str, str]]:
    """The fields that one jsonschema error is about, and what is wrong with each."""
    path = [str(name) for name in error.absolute_path]
    if error.validator == "additionalProperties":
        unknown = [name for name in error.instance if name not in error.schema["properties"]]
        return [(".".join([*path, name]), "unknown field") for name in unknown]
    if error.validator == "required":
        missing = re.match(r"'(\w+)'", error.message)
        return [(".".join([*path, missing[1] if missing else "?"]), "missing")]
    return [(".".join(path) or "body", _problem(error))]


def _problem(error: Any) -> str:
    if error.validator == "type" and error.validator_value == "object":
        return "not an object"
    if error.validator in ("type", "format"):
        name = "UUID" if error.validator_value == "uuid" else error.validator_value
        return f"not a valid {name}"
    return _PROBLEMS[error.validator]
