"""Correct and send again: a connection request that Noyo refused is the start of the next one.

What was typed is not typed twice. The sensitive fields of the refused request stay encrypted for
`policies.REFUSED_INPUT_SECONDS`; the correction takes them over without anybody reading them.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, replace

from bot import policies
from bot.domain.operations import Operation, OperationState, OutcomeKind
from bot.domain.reconciliation import sent_before
from bot.domain.requests import ConnectionRequest, RetainedFields

CORRECTABLE = frozenset({409, 422})
"""Noyo's refusals of what was entered: a duplicate, or a value that it does not accept."""
FIELDS = (
    "carrier_id",
    "group_name",
    "carrier_group_id",
    "federal_ein",
    "broker_federal_ein",
    "broker_tin",
    "employer_email_address",
    "ignore_eligibility",
    "data_exchange_configuration",
)
"""Fields of the form that Noyo may name; they have the same names there."""


def is_correctable(operation: Operation) -> bool:
    """Whether Noyo refused what was entered, and nothing of it can have taken effect."""
    outcome = operation.outcome
    if outcome is None or operation.state is not OperationState.REFUSED or sent_before(operation):
        return False
    refused = outcome.kind is OutcomeKind.DUPLICATE or outcome.status in CORRECTABLE
    return refused and isinstance(operation.input, ConnectionRequest)


def correction_id(operation_id: str) -> str:
    """The id of the operation that corrects this one.

    It is the same in whatever window the correction is made, so an operation is corrected once.
    """
    base, _, number = operation_id.partition("+")
    return f"{base}+{int(number or 0) + 1}"


def retain_typed(operation: Operation, now: int) -> Operation:
    """A refused operation that can be corrected keeps its encrypted fields until it is due."""
    if is_correctable(operation) and _all_retained(operation):
        return replace(operation, due=now + policies.REFUSED_INPUT_SECONDS)
    return operation


def drop_typed(operation: Operation) -> Operation:
    """The same operation without its encrypted fields, for good."""
    wanted = operation.input
    wanted = wanted.without_sensitive() if isinstance(wanted, ConnectionRequest) else wanted
    return replace(operation, due=None, input=wanted)


def retained_fields(operation: Operation, now: int) -> tuple[RetainedFields, ...]:
    """The encrypted fields that a correction may use; none once their time is over, also if they are still stored."""
    return _all_retained(operation) if operation.due is not None and now < operation.due else ()


def _all_retained(operation: Operation) -> tuple[RetainedFields, ...]:
    wanted = operation.input
    if not isinstance(wanted, ConnectionRequest):
        return ()
    own = (RetainedFields(operation.id, wanted.encrypted, wanted.typed),) if wanted.encrypted else ()
    return (*wanted.retained, *own)


def without_names(retained: Collection[RetainedFields], names: Collection[str]) -> tuple[RetainedFields, ...]:
    """What is still used of the kept fields if these are typed anew, or are not wanted."""
    rest = (replace(each, names=tuple(name for name in each.names if name not in names)) for each in retained)
    return tuple(each for each in rest if each.names)


@dataclass(frozen=True, slots=True)
class FieldMessages:
    """Noyo's message about what was entered, by field. `other` names no field of the form."""

    by_field: dict[str, tuple[str, ...]]
    other: tuple[str, ...]


def field_messages(operation: Operation) -> FieldMessages:
    """Which of Noyo's words are about which field: `carrier_group_id: not in this carrier's format; …`."""
    outcome = operation.outcome
    if outcome is None:
        return FieldMessages({}, ())
    if outcome.kind is OutcomeKind.DUPLICATE:
        return FieldMessages({"carrier_group_id": (DUPLICATE,)}, ())
    by_field = {"ignore_eligibility": outcome.eligibility} if outcome.eligibility else {}
    other: tuple[str, ...] = ()
    for part in (outcome.message or "").split("; "):
        named = _named_in(part)
        if len(named) == 1:
            [name] = named
            by_field[name] = (*by_field.get(name, ()), re.sub(rf"^(group_data[.:] ?)?{name}: ", "", part))
        elif part:
            other = (*other, part)
    return FieldMessages(by_field, other)


def names_a_field(message: str) -> bool:
    """Whether Noyo's refusal says which value is wrong."""
    return bool(_named_in(message))


def _named_in(message: str) -> set[str]:
    return {name for name in FIELDS if re.search(rf"\b{name}\b", message)}


DUPLICATE = "Noyo already has a connection with this carrier and carrier group id."
