"""Noyo's records. They contain no sensitive fields, so those cannot leak."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import Enum, StrEnum

from bot.domain import entities
from bot.domain.entities import EntityRef


@dataclass(frozen=True, slots=True)
class UnknownValue:
    """A value of an open set that this release does not know. It is shown as received."""

    value: str


class ConnectionStatus(Enum):
    """Not a `StrEnum`: a connection's `processing` must never equal a disconnection request's."""

    CREATED = "created"
    PROCESSING = "processing"
    NOYO_REVIEW = "noyo_review"
    WAITING_ON_CARRIER = "waiting_on_carrier"
    CARRIER_AUTHORIZATION = "carrier_authorization"
    ACTION_REQUIRED = "action_required"
    UNABLE_TO_CONNECT = "unable_to_connect"
    COMPLETED = "completed"


class DisconnectionStatus(Enum):
    NEEDS_REVIEW = "needs_review"
    PROCESSING = "processing"
    COMPLETED = "completed"
    REJECTED = "rejected"


class DisconnectionSource(Enum):
    CARRIER = "carrier"
    PLATFORM = "platform"
    GROUP_AUDIT_REQUEST = "group_audit_request"
    GROUP_SETUP_REQUEST = "group_setup_request"
    MEMBER_TRANSACTION = "member_transaction"


@dataclass(frozen=True, slots=True)
class Connection:
    """A group connection. Times are Unix seconds, UTC; ids and the version are lower-case UUID text."""

    id: str
    version: str
    created: int
    modified: int
    carrier_id: str
    status: ConnectionStatus | UnknownValue
    carrier_group_id: str | None = None
    group_name: str | None = None
    group_id: str | None = None
    request_type: str | None = None
    completed: int | None = None
    error: str | None = None
    """The carrier's message (`setup_result.error`), masked."""

    @property
    def entity(self) -> EntityRef:
        return entities.connection_ref(self.id)


@dataclass(frozen=True, slots=True)
class Disconnection:
    """A request to disconnect a group from a carrier. `effective_end_date` is the last managed day, with no zone."""

    id: str
    version: str
    created: int
    modified: int
    carrier_id: str
    status: DisconnectionStatus | UnknownValue
    source_type: DisconnectionSource | UnknownValue
    group_name: str | None = None
    group_id: str | None = None
    source_date: date | None = None
    source_id: str | None = None
    effective_end_date: date | None = None
    completed: int | None = None
    decided: int | None = None

    @property
    def entity(self) -> EntityRef:
        return entities.disconnection_ref(self.id)


Record = Connection | Disconnection
Status = ConnectionStatus | DisconnectionStatus | UnknownValue

_NEED_OUR_ACTION = frozenset(
    {
        ConnectionStatus.CARRIER_AUTHORIZATION,
        ConnectionStatus.ACTION_REQUIRED,
        ConnectionStatus.UNABLE_TO_CONNECT,
        DisconnectionStatus.NEEDS_REVIEW,
    }
)
_CLOSED = frozenset({ConnectionStatus.COMPLETED, DisconnectionStatus.COMPLETED, DisconnectionStatus.REJECTED})


def needs_our_action(status: Status) -> bool:
    """Whether our team must act before this can continue."""
    return status in _NEED_OUR_ACTION


def is_open(status: Status) -> bool:
    """Whether the record may still change by itself. An unknown status counts as open, so that it is followed."""
    return status not in _CLOSED


def open_statuses(kind: entities.EntityKind) -> tuple[str, ...]:
    """The known open statuses of this kind of record, as Noyo's list filter takes them."""
    statuses = ConnectionStatus if kind is entities.EntityKind.CONNECTION else DisconnectionStatus
    return tuple(status.value for status in statuses if is_open(status))


class DataExchange(StrEnum):
    """How a carrier exchanges data with Noyo about a group."""

    API = "api"
    EDI = "edi"


@dataclass(frozen=True, slots=True)
class Group:
    """An employer group. Times are Unix seconds, UTC; ids and the version are lower-case UUID text."""

    id: str
    version: str
    created: int
    modified: int
    name: str
    also_known_as: str | None = None


@dataclass(frozen=True, slots=True)
class EligibilityRule:
    rule: str
    result: str
    description: str


@dataclass(frozen=True, slots=True)
class Eligibility:
    """Whether a group may be connected to a carrier, in Noyo's words (their set is open)."""

    group_id: str
    carrier_id: str
    eligibility: str
    rules: tuple[EligibilityRule, ...] = ()


@dataclass(frozen=True, slots=True)
class Carriers:
    """Carrier names by carrier id (lower-case UUID text)."""

    names: Mapping[str, str] = field(default_factory=dict)

    def name(self, carrier_id: str) -> str:
        """The carrier's name; an id that nobody has named is shown as it is."""
        return self.names.get(carrier_id, carrier_id)

    def matching(self, query: str) -> list[tuple[str, str]]:
        """(id, name) pairs whose name or id holds `query`, by name."""
        wanted = query.strip().casefold()
        found = [
            (carrier_id, name)
            for carrier_id, name in self.names.items()
            if wanted in name.casefold() or carrier_id.startswith(wanted)
        ]
        return sorted(found, key=lambda pair: pair[1].casefold())
