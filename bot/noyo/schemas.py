"""Its JSON as pydantic reads it, tolerant of what it lacks and of what is new, and as values of the domain.

What identifies a record and its version must be there. What is optional counts as absent where it has no shape that we
know. Sensitive fields are not modelled, so they never get any further than here.
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

from bot.domain.groups import Eligibility, EligibilityRule, Group
from bot.domain.records import (
    Connection,
    ConnectionStatus,
    Disconnection,
    DisconnectionSource,
    DisconnectionStatus,
    UnknownValue,
)
from bot.errors import UnreadableAnswer
from bot.noyo import arguments
from bot.noyo.text import as_text, clean

MOST_ERROR = 3000
MOST_NAME = 1000
MOST_WORD = 100
LAST_SECOND = 253_402_300_799
"""The end of the year 9999."""


def _uuid(value: object) -> str:
    if not isinstance(value, str) or not arguments.is_uuid(value):
        raise ValueError("not a UUID")
    return value.lower()


def _no_truth(value: object) -> object:
    if isinstance(value, bool):
        raise ValueError("not a number")
    return value


def _day(value: object) -> object:
    if not isinstance(value, str) or len(value) != len("2025-01-31"):
        raise ValueError("not a date as in 2025-01-31")
    return date.fromisoformat(value)


def _or_none(value: Any, read: ValidatorFunctionWrapHandler) -> Any:
    try:
        return read(value)
    except ValidationError:
        # An optional field in a shape that we do not know must not stop a record from being followed.
        return None


_Optional = WrapValidator(_or_none)
Uuid = Annotated[str, BeforeValidator(_uuid)]
Seconds = Annotated[int, BeforeValidator(_no_truth), Field(ge=0, le=LAST_SECOND)]
Day = Annotated[date, BeforeValidator(_day)]
Word = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=MOST_WORD)]
Label = Annotated[str, BeforeValidator(_no_truth), StringConstraints(strip_whitespace=True, max_length=255)]


class Tolerant(BaseModel):
    # An input may hold what must not be written into a log: an error names the field, never the value.
    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True, frozen=True)


class GroupDataJson(Tolerant):
    # A carrier's id for a group is often nothing but digits, and then easily told as a number.
    model_config = ConfigDict(coerce_numbers_to_str=True)

    carrier_group_id: Annotated[Label | None, _Optional] = None
    group_name: Annotated[str | None, _Optional] = None


class RecordJson(Tolerant):
    """What a record cannot be followed without."""

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
    """An end date in a shape that we do not know makes it unreadable: as "none yet" it would be decided wrongly."""

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
    """UnreadableAnswer names the fields at fault, never their values; so do the others below."""
    told = _read(ConnectionJson, raw)
    data = told.group_data or GroupDataJson()
    carrier_group_id = data.carrier_group_id or None
    return Connection(
        id=told.id,
        version=told.version,
        created=told.created,
        modified=told.modified,
        carrier_id=told.carrier_id,
        status=_known(ConnectionStatus, told.status),
        carrier_group_id=carrier_group_id,
        group_name=_name(data.group_name, keep=carrier_group_id),
        group_id=told.group_id,
        request_type=_cleaned(told.request_type, MOST_WORD),
        completed=told.completed,
        error=_error(told.setup_result, carrier_group_id),
    )


def disconnection(raw: object) -> Disconnection:
    told = _read(DisconnectionJson, raw)
    return Disconnection(
        id=told.id,
        version=told.version,
        created=told.created,
        modified=told.modified,
        carrier_id=told.carrier_id,
        status=_known(DisconnectionStatus, told.status),
        source_type=_known(DisconnectionSource, told.source_type or "not told"),
        group_name=_name(told.group_name),
        group_id=told.group_id,
        source_date=told.source_date,
        source_id=told.source_id,
        effective_end_date=told.effective_end_date,
        completed=told.completed,
        decided=told.decided,
    )


def group(raw: object) -> Group:
    told = _read(GroupJson, raw)
    return Group(
        id=told.id,
        version=told.version,
        created=told.created,
        modified=told.modified,
        name=_name(told.name) or told.id,
        also_known_as=_name(told.dba_name),
    )


def eligibility(raw: object) -> Eligibility:
    told = _read(EligibilityJson, raw)
    rules = (
        EligibilityRule(
            rule=_name(rule.rule) or "",
            result=_name(rule.result) or "",
            description=_name(rule.description) or "",
        )
        for rule in told.eligibility_rules or ()
    )
    return Eligibility(
        group_id=told.group_id,
        carrier_id=told.carrier_id,
        eligibility=_cleaned(told.eligibility, MOST_WORD) or "not told",
        rules=tuple(rules),
    )


def _read(model: type[Json], raw: object) -> Json:
    try:
        return model.model_validate(raw)
    except ValidationError as error:
        faults = [
            f"{'.'.join(map(str, fault['loc'])) or 'record'}: {fault['msg']}" for fault in error.errors()
        ]
        raise UnreadableAnswer(f"Noyo's record could not be read: {'; '.join(faults)}.") from error


def _known(words: type[Known], word: str) -> Known | UnknownValue:
    try:
        return words(word)
    except ValueError:
        return UnknownValue(clean(word, limit=MOST_WORD) or "not told")


def _name(text: str | None, keep: str | None = None) -> str | None:
    return _cleaned(text, MOST_NAME, keep)


def _cleaned(text: str | None, limit: int, keep: str | None = None) -> str | None:
    return (text and clean(text, limit=limit, keep=keep)) or None


def _error(setup_result: object, carrier_group_id: str | None) -> str | None:
    """What the carrier said: `setup_result.error` by the book, or whatever stands in its place."""
    said = setup_result.get("error") if isinstance(setup_result, dict) else setup_result
    return _cleaned(as_text(said), MOST_ERROR, carrier_group_id)
