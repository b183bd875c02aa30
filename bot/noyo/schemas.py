"""Parses Noyo's JSON with pydantic into values of the domain; missing optional fields and new fields are tolerated.

The fields that identify a record and its version are required. An optional field in an unknown shape counts as absent.
Sensitive fields are not modelled, so they are dropped here.
"""

from __future__ import annotations

from datetime import date
from enum import Enum
from typing import Annotated, Any, TypeVar

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)

from bot.domain.records import (
    Connection,
    ConnectionStatus,
    Disconnection,
    DisconnectionSource,
    DisconnectionStatus,
    Eligibility,
    EligibilityRule,
    Group,
    UnknownValue,
    is_uuid,
)
from bot.errors import UnreadableAnswer
from bot.noyo.responses import clean_text, json_as_text

MAX_ERROR_LENGTH = 3000
MAX_NAME_LENGTH = 1000
MAX_WORD_LENGTH = 100
MAX_TIMESTAMP = 253_402_300_799
"""The end of the year 9999."""


def _uuid(value: object) -> str:
    if not isinstance(value, str) or not is_uuid(value):
        raise ValueError("not a UUID")
    return value.lower()


def _not_boolean(value: object) -> object:
    if isinstance(value, bool):
        raise ValueError("not a number")
    return value


def _day(value: object) -> object:
    if not isinstance(value, str) or len(value) != len("2025-01-31"):
        raise ValueError("not a date as in 2025-01-31")
    return date.fromisoformat(value)


def _or_none(value: Any, validate: ValidatorFunctionWrapHandler) -> Any:
    try:
        return validate(value)
    except ValidationError:
        # An optional field in an unknown shape must not make the whole record unreadable.
        return None


_Optional = WrapValidator(_or_none)
Uuid = Annotated[str, BeforeValidator(_uuid)]
Seconds = Annotated[int, BeforeValidator(_not_boolean), Field(ge=0, le=MAX_TIMESTAMP)]
Day = Annotated[date, BeforeValidator(_day)]
Word = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_WORD_LENGTH)]
Label = Annotated[str, BeforeValidator(_not_boolean), StringConstraints(strip_whitespace=True, max_length=255)]


class Tolerant(BaseModel):
    # The input may contain values that must not be logged: an error names the field, never the value.
    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True, frozen=True)


class GroupDataJson(Tolerant):
    # A carrier group id often consists of digits, and may arrive as a number.
    model_config = ConfigDict(coerce_numbers_to_str=True)

    carrier_group_id: Annotated[Label | None, _Optional] = None
    group_name: Annotated[str | None, _Optional] = None


class RecordJson(Tolerant):
    """The required fields of every record."""

    id: Uuid
    version: Uuid
    created: Seconds
    modified: Seconds


class ConnectionJson(RecordJson):
    carrier_id: Uuid
    status: Word
    group_data: Annotated[GroupDataJson | None, _Optional] = None
    group_id: Annotated[Uuid | None, _Optional] = None
    request_type: Annotated[str | None, _Optional] = None
    completed: Annotated[Seconds | None, _Optional] = None
    setup_result: Any = None


class DisconnectionJson(RecordJson):
    """An end date in an unknown shape makes it unreadable: treated as "none", it would lead to a wrong decision."""

    carrier_id: Uuid
    status: Word
    source_type: Annotated[Word | None, _Optional] = None
    group_name: Annotated[str | None, _Optional] = None
    group_id: Annotated[Uuid | None, _Optional] = None
    source_date: Annotated[Day | None, _Optional] = None
    source_id: Annotated[Uuid | None, _Optional] = None
    effective_end_date: Day | None = None
    completed: Annotated[Seconds | None, _Optional] = None
    decided: Annotated[Seconds | None, _Optional] = None


class GroupJson(RecordJson):
    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
    dba_name: Annotated[str | None, _Optional] = None


class RuleJson(Tolerant):
    rule: Annotated[str | None, _Optional] = None
    result: Annotated[str | None, _Optional] = None
    description: Annotated[str | None, _Optional] = None


class EligibilityJson(Tolerant):
    group_id: Uuid
    carrier_id: Uuid
    eligibility: Word
    eligibility_rules: Annotated[list[RuleJson] | None, _Optional] = None


Json = TypeVar("Json", bound=Tolerant)
Known = TypeVar("Known", bound=Enum)


def connection(raw: object) -> Connection:
    """Parses a connection. Here and below, UnreadableAnswer names the invalid fields, never their values."""
    parsed = _parse(ConnectionJson, raw)
    group_data = parsed.group_data or GroupDataJson()
    carrier_group_id = group_data.carrier_group_id or None
    return Connection(
        id=parsed.id,
        version=parsed.version,
        created=parsed.created,
        modified=parsed.modified,
        carrier_id=parsed.carrier_id,
        status=_known(ConnectionStatus, parsed.status),
        carrier_group_id=carrier_group_id,
        group_name=_name(group_data.group_name, keep=carrier_group_id),
        group_id=parsed.group_id,
        request_type=_clean(parsed.request_type, MAX_WORD_LENGTH),
        completed=parsed.completed,
        error=_error(parsed.setup_result, carrier_group_id),
    )


def disconnection(raw: object) -> Disconnection:
    parsed = _parse(DisconnectionJson, raw)
    return Disconnection(
        id=parsed.id,
        version=parsed.version,
        created=parsed.created,
        modified=parsed.modified,
        carrier_id=parsed.carrier_id,
        status=_known(DisconnectionStatus, parsed.status),
        source_type=_known(DisconnectionSource, parsed.source_type or "not given"),
        group_name=_name(parsed.group_name),
        group_id=parsed.group_id,
        source_date=parsed.source_date,
        source_id=parsed.source_id,
        effective_end_date=parsed.effective_end_date,
        completed=parsed.completed,
        decided=parsed.decided,
    )


def group(raw: object) -> Group:
    parsed = _parse(GroupJson, raw)
    return Group(
        id=parsed.id,
        version=parsed.version,
        created=parsed.created,
        modified=parsed.modified,
        name=_name(parsed.name) or parsed.id,
        also_known_as=_name(parsed.dba_name),
    )


def eligibility(raw: object) -> Eligibility:
    parsed = _parse(EligibilityJson, raw)
    rules = (
        EligibilityRule(
            rule=_name(rule.rule) or "", result=_name(rule.result) or "", description=_name(rule.description) or ""
        )
        for rule in parsed.eligibility_rules or ()
    )
    return Eligibility(
        group_id=parsed.group_id,
        carrier_id=parsed.carrier_id,
        eligibility=_clean(parsed.eligibility, MAX_WORD_LENGTH) or "not given",
        rules=tuple(rules),
    )


def _parse(model: type[Json], raw: object) -> Json:
    try:
        return model.model_validate(raw)
    except ValidationError as error:
        problems = [f"{'.'.join(map(str, item['loc'])) or 'record'}: {item['msg']}" for item in error.errors()]
        raise UnreadableAnswer(f"Noyo's record could not be read: {'; '.join(problems)}.") from error


def _known(values: type[Known], word: str) -> Known | UnknownValue:
    try:
        return values(word)
    except ValueError:
        return UnknownValue(clean_text(word, limit=MAX_WORD_LENGTH) or "not given")


def _name(text: str | None, keep: str | None = None) -> str | None:
    return _clean(text, MAX_NAME_LENGTH, keep)


def _clean(text: str | None, limit: int, keep: str | None = None) -> str | None:
    return (text and clean_text(text, limit=limit, keep=keep)) or None


def _error(setup_result: object, carrier_group_id: str | None) -> str | None:
    """The carrier's message: `setup_result.error` as documented, or whatever `setup_result` is instead."""
    message = setup_result.get("error") if isinstance(setup_result, dict) else setup_result
    return _clean(json_as_text(message), MAX_ERROR_LENGTH, carrier_group_id)
