"""Parses Noyo's JSON with pydantic into values of the domain; missing optional fields and new fields are tolerated.

Each model has the fields of one domain value, already validated and cleaned; an alias names Noyo's field if it differs.
The fields that identify a record and its version are required. An optional field in an unknown shape counts as absent.
Sensitive fields are not modelled, so they are dropped here.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import date
from enum import Enum
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    AliasPath,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    ValidationInfo,
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
    LocalStatus,
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


def _number_as_text(value: object) -> object:
    """A carrier group id often consists of digits, and may arrive as a number."""
    return str(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else value


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


def _known(values: type[Enum]) -> AfterValidator:
    """The member of `values`, or an UnknownValue.

    Both are stored as text. So an unknown value that reads like a member, or like a status of our own, gets quotes.
    """

    def known(word: str | None) -> Enum | UnknownValue:
        with suppress(ValueError):
            return values(word)
        text = clean_text(word or "", limit=MAX_WORD_LENGTH) or "not given"
        reads_like_ours = any(text == member.value for member in (*LocalStatus, *values))
        return UnknownValue(f'"{text}"' if reads_like_ours else text)

    return AfterValidator(known)


def _cleaned(limit: int) -> AfterValidator:
    """The text as it may be shown, or None if nothing is left of it. The record's carrier group id is not masked."""

    def clean(text: str | None, info: ValidationInfo) -> str | None:
        return clean_text(text or "", limit=limit, keep=info.data.get("carrier_group_id")) or None

    return AfterValidator(clean)


def _setup_error(setup_result: object) -> str:
    """The carrier's message: `setup_result.error` as documented, or whatever `setup_result` is instead."""
    return json_as_text(setup_result.get("error") if isinstance(setup_result, dict) else setup_result)


_Optional = WrapValidator(_or_none)
_EmptyIsNone = AfterValidator(lambda text: text or None)
_NoneIsEmpty = AfterValidator(lambda text: text or "")
Uuid = Annotated[str, BeforeValidator(_uuid)]
Seconds = Annotated[int, BeforeValidator(_not_boolean), Field(ge=0, le=MAX_TIMESTAMP)]
Day = Annotated[date, BeforeValidator(_day)]
Word = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_WORD_LENGTH)]
TextOrNumber = Annotated[str, BeforeValidator(_number_as_text)]
Label = Annotated[TextOrNumber, StringConstraints(strip_whitespace=True, max_length=255)]
Name = Annotated[str | None, _Optional, _cleaned(MAX_NAME_LENGTH)]


class Tolerant(BaseModel):
    # The input may contain values that must not be logged: an error names the field, never the value.
    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True, frozen=True)


class RecordJson(Tolerant):
    """The required fields of every record."""

    id: Uuid
    version: Uuid
    created: Seconds
    modified: Seconds


class ConnectionJson(RecordJson):
    carrier_id: Uuid
    status: Annotated[Word, _known(ConnectionStatus)]
    carrier_group_id: Annotated[Label | None, _Optional, _EmptyIsNone] = Field(
        None, validation_alias=AliasPath("group_data", "carrier_group_id")
    )
    group_name: Annotated[TextOrNumber | None, _Optional, _cleaned(MAX_NAME_LENGTH)] = Field(
        None, validation_alias=AliasPath("group_data", "group_name")
    )
    group_id: Annotated[Uuid | None, _Optional] = None
    request_type: Annotated[str | None, _Optional, _cleaned(MAX_WORD_LENGTH)] = None
    completed: Annotated[Seconds | None, _Optional] = None
    error: Annotated[str | None, BeforeValidator(_setup_error), _cleaned(MAX_ERROR_LENGTH)] = Field(
        None, validation_alias="setup_result"
    )


class DisconnectionJson(RecordJson):
    """An end date in an unknown shape makes it unreadable: treated as "none", it would lead to a wrong decision."""

    carrier_id: Uuid
    status: Annotated[Word, _known(DisconnectionStatus)]
    source_type: Annotated[Word | None, _Optional, _known(DisconnectionSource)] = Field(None, validate_default=True)
    group_name: Name = None
    group_id: Annotated[Uuid | None, _Optional] = None
    source_date: Annotated[Day | None, _Optional] = None
    source_id: Annotated[Uuid | None, _Optional] = None
    effective_end_date: Day | None = None
    completed: Annotated[Seconds | None, _Optional] = None
    decided: Annotated[Seconds | None, _Optional] = None


class GroupJson(RecordJson):
    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1), _cleaned(MAX_NAME_LENGTH)]
    also_known_as: Name = Field(None, validation_alias="dba_name")


class RuleJson(Tolerant):
    rule: Annotated[Name, _NoneIsEmpty] = ""
    result: Annotated[Name, _NoneIsEmpty] = ""
    description: Annotated[Name, _NoneIsEmpty] = ""


class EligibilityJson(Tolerant):
    group_id: Uuid
    carrier_id: Uuid
    eligibility: Annotated[Word, _cleaned(MAX_WORD_LENGTH)]
    rules: Annotated[list[RuleJson] | None, _Optional] = Field(None, validation_alias="eligibility_rules")


def connection(raw: object) -> Connection:
    """Parses a connection. Here and below, UnreadableAnswer names the invalid fields, never their values."""
    return Connection(**_fields(ConnectionJson, raw))


def disconnection(raw: object) -> Disconnection:
    return Disconnection(**_fields(DisconnectionJson, raw))


def group(raw: object) -> Group:
    fields = _fields(GroupJson, raw)
    return Group(**fields | {"name": fields["name"] or fields["id"]})


def eligibility(raw: object) -> Eligibility:
    fields = _fields(EligibilityJson, raw)
    rules = tuple(EligibilityRule(**dict(rule)) for rule in fields["rules"] or ())
    return Eligibility(**fields | {"eligibility": fields["eligibility"] or "not given", "rules": rules})


def _fields(model: type[Tolerant], raw: object) -> dict[str, Any]:
    try:
        return dict(model.model_validate(raw))
    except ValidationError as error:
        problems = [f"{'.'.join(map(str, item['loc'])) or 'record'}: {item['msg']}" for item in error.errors()]
        raise UnreadableAnswer(f"Noyo's record could not be read: {'; '.join(problems)}.") from error
