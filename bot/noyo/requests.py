"""Addresses, queries and bodies as Noyo takes them: strict, and nothing that nobody asked for."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from bot.domain.decisions import Decision, DecisionReason, DisconnectionReason
from bot.domain.entities import EntityKind
from bot.domain.groups import DataExchange
from bot.domain.operations import SensitiveFields
from bot.noyo import arguments
from bot.noyo.responses import MaskingContext

CONNECTIONS = "/api/v1/group_connections"
DISCONNECTIONS = "/api/v1/group_disconnection_requests"
GROUPS = "/api/v1/groups"
PATHS: Mapping[EntityKind, str] = {
    EntityKind.CONNECTION: CONNECTIONS,
    EntityKind.DISCONNECTION: DISCONNECTIONS,
}
NEWEST_FIRST = {"sort_by": "modified", "sort_direction": "desc"}
_STATUS = {Decision.APPROVE: "processing", Decision.REJECT: "rejected"}


def query(**given: str | None) -> dict[str, str]:
    """Only the filters that say something: an empty one may be read as "none of them"."""
    return {name: value for name, value in given.items() if value}


def page(offset: int, page_size: int) -> dict[str, str]:
    if offset < 0 or page_size < 1:
        raise ValueError("a page begins at 0 or later and holds 1 row or more")
    return {"offset": str(offset), "page_size": str(page_size)}


def typed(sensitive: SensitiveFields) -> dict[str, object]:
    """The sensitive fields that were typed, by Noyo's names."""
    return {**_broker(sensitive), **arguments.without_blanks({"federal_ein": sensitive.federal_ein})}


def _broker(sensitive: SensitiveFields) -> dict[str, object]:
    return arguments.without_blanks(
        {
            "broker_federal_ein": sensitive.broker_federal_ein,
            "broker_tin": sensitive.broker_tin,
            "employer_email_address": sensitive.employer_email_address,
        }
    )


def for_new_group(
    carrier_id: str, carrier_group_id: str, group_name: str, sensitive: SensitiveFields
) -> dict[str, object]:
    return {
        "carrier_id": arguments.uuid(carrier_id, "the carrier's id"),
        "group_data": {
            "carrier_group_id": arguments.filled(carrier_group_id, "the carrier group id"),
            "group_name": arguments.filled(group_name, "the group's name"),
            **_broker(sensitive),
        },
        **arguments.without_blanks({"federal_ein": sensitive.federal_ein}),
    }


def for_existing_group(
    carrier_id: str, carrier_group_id: str, sensitive: SensitiveFields
) -> dict[str, object]:
    if sensitive.federal_ein:
        raise ValueError("Noyo has the EIN of a group that it knows, and takes none here")
    return {
        "carrier_id": arguments.uuid(carrier_id, "the carrier's id"),
        "group_data": {
            "carrier_group_id": arguments.filled(carrier_group_id, "the carrier group id"),
            **_broker(sensitive),
        },
    }


def how(ignore_eligibility: bool | None, data_exchange: DataExchange | None) -> dict[str, object]:
    return arguments.without_blanks(
        {"ignore_eligibility": ignore_eligibility, "data_exchange_configuration": data_exchange}
    )


def why(reason: DisconnectionReason | DecisionReason | None, context: str | None) -> dict[str, object]:
    return arguments.without_blanks({"reason": reason, "context": context})


def decision(decided: Decision, effective_end_date: date | None) -> dict[str, object]:
    day = arguments.day(effective_end_date) if effective_end_date else None
    return {"status": _STATUS[decided], **arguments.without_blanks({"effective_end_date": day})}


def shown(carrier_group_id: str | None, sensitive: SensitiveFields) -> MaskingContext:
    """A refusal may name the carrier group id, but not repeat what was typed as sensitive."""
    return MaskingContext(
        keep=carrier_group_id, hide=tuple(str(value) for value in typed(sensitive).values())
    )


def one_or_many(body: object) -> list[object]:
    """What may come alone, as a plain list, or as `response`: the description is silent about which."""
    inner = body.get("response", body) if isinstance(body, dict) else body
    return inner if isinstance(inner, list) else [inner]
