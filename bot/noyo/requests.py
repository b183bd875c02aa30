"""What we send to Noyo: paths, queries and JSON bodies.

Arguments are checked before anything is sent. A value that Noyo can never accept is a bug of the caller (ValueError).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

from bot import policies
from bot.domain.records import EntityKind, is_uuid
from bot.domain.requests import (
    ConnectionOptions,
    Decision,
    DecisionReason,
    DisconnectionReason,
    RetryRequest,
    SensitiveFields,
)
from bot.noyo.responses import MaskingContext

CONNECTIONS = "/api/v1/group_connections"
DISCONNECTIONS = "/api/v1/group_disconnection_requests"
GROUPS = "/api/v1/groups"
PATHS: Mapping[EntityKind, str] = {EntityKind.CONNECTION: CONNECTIONS, EntityKind.DISCONNECTION: DISCONNECTIONS}
NEWEST_FIRST = {"sort_by": "modified", "sort_direction": "desc"}
OLDEST_FIRST = {"sort_by": "modified", "sort_direction": "asc"}
_STATUS = {Decision.APPROVE: "processing", Decision.REJECT: "rejected"}

# ---------------------------------------------------------------- arguments


def require_uuid(text: str, name: str) -> str:
    """`text` in lower case; ValueError unless it is a UUID. An id becomes part of a path, so nothing else may pass."""
    if not is_uuid(text):
        raise ValueError(f"{name} is not a UUID")
    return text.lower()


def join_ids(ids: Iterable[str], name: str) -> str:
    """The ids, separated by commas, as Noyo's list filters take them. ValueError for none, or for more than 50."""
    checked = [require_uuid(text, name) for text in ids]
    if not 1 <= len(checked) <= policies.NOYO_MAX_IDS:
        raise ValueError(f"a request takes between 1 and {policies.NOYO_MAX_IDS} ids, not {len(checked)}")
    return ",".join(checked)


def require_text(text: str, name: str) -> str:
    """`text` unchanged; ValueError if it is blank, because Noyo requires at least one character."""
    if not text.strip():
        raise ValueError(f"{name} is empty")
    return text


def iso_date(value: date) -> str:
    """YYYY-MM-DD, also for a datetime: Noyo's dates have no time of day."""
    return date(value.year, value.month, value.day).isoformat()


def without_blanks(fields: Mapping[str, object]) -> dict[str, object]:
    """The fields that have a value. None and empty text mean "unchanged", and are not sent."""
    return {name: value for name, value in fields.items() if value is not None and value != ""}


# ---------------------------------------------------------------- queries


def filters(**values: str | None) -> dict[str, str]:
    """The filters that have a value: Noyo may read an empty filter as "matches nothing"."""
    return {name: value for name, value in values.items() if value}


def page(offset: int, page_size: int) -> dict[str, str]:
    if offset < 0 or page_size not in policies.NOYO_PAGE_SIZES:
        raise ValueError("a page begins at 0 or later and holds 5 to 100 rows")
    return {"offset": str(offset), "page_size": str(page_size)}


# ---------------------------------------------------------------- bodies


def new_group(carrier_id: str, carrier_group_id: str, group_name: str, sensitive: SensitiveFields) -> dict[str, object]:
    body = _group(carrier_id, carrier_group_id, sensitive, group_name=require_text(group_name, "the group's name"))
    return body | without_blanks({"federal_ein": sensitive.federal_ein})


def existing_group(carrier_id: str, carrier_group_id: str, sensitive: SensitiveFields) -> dict[str, object]:
    if sensitive.federal_ein:
        raise ValueError("Noyo stores the EIN of an existing group and does not accept it here")
    return _group(carrier_id, carrier_group_id, sensitive)


def _group(carrier_id: str, carrier_group_id: str, sensitive: SensitiveFields, **names: str) -> dict[str, object]:
    group_data = {"carrier_group_id": require_text(carrier_group_id, "the carrier group id"), **names}
    return {
        "carrier_id": require_uuid(carrier_id, "the carrier's id"),
        "group_data": {**group_data, **_broker_fields(sensitive)},
    }


def connection_options(options: ConnectionOptions) -> dict[str, object]:
    """Only what was asked for: without it, Noyo decides."""
    ignored = options.ignore_eligibility or None
    return without_blanks({"ignore_eligibility": ignored, "data_exchange_configuration": options.data_exchange})


def retry(wanted: RetryRequest, sensitive: SensitiveFields) -> dict[str, object]:
    return without_blanks({"carrier_group_id": wanted.carrier_group_id, **_sensitive_fields(sensitive)})


def explanation(reason: DisconnectionReason | DecisionReason | None, context: str | None) -> dict[str, object]:
    return without_blanks({"reason": reason, "context": context})


def decision(decided: Decision, effective_end_date: date | None) -> dict[str, object]:
    end = iso_date(effective_end_date) if effective_end_date else None
    return {"status": _STATUS[decided], **without_blanks({"effective_end_date": end})}


def masking_context(carrier_group_id: str | None, sensitive: SensitiveFields) -> MaskingContext:
    """Noyo's error message may show the carrier group id, but none of the sensitive values."""
    values = _sensitive_fields(sensitive).values()
    return MaskingContext(keep=carrier_group_id, hide=tuple(str(value) for value in values))


def _sensitive_fields(sensitive: SensitiveFields) -> dict[str, object]:
    return {**_broker_fields(sensitive), **without_blanks({"federal_ein": sensitive.federal_ein})}


def _broker_fields(sensitive: SensitiveFields) -> dict[str, object]:
    return without_blanks(
        {
            "broker_federal_ein": sensitive.broker_federal_ein,
            "broker_tin": sensitive.broker_tin,
            "employer_email_address": sensitive.employer_email_address,
        }
    )
