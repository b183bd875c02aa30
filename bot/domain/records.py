"""Noyo's records, the groups and carriers they name, and references to what an operation, card or event is about.

No sensitive field is stored. Noyo knows carriers by UUID only; people use their names.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from enum import Enum, StrEnum

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


def is_uuid(text: str) -> bool:
    """Whether `text` has the shape of a UUID, in lower or upper case."""
    return _UUID.fullmatch(text.lower()) is not None and text.isascii()


class EntityKind(StrEnum):
    """The kinds of entity. Pending connections and disconnections were requested and have no Noyo id yet. A person
    has only an audit log, and a group also refreshes. System entities belong to Switchboard itself."""

    CONNECTION = "connection"
    DISCONNECTION = "disconnection"
    PENDING_CONNECTION = "pending_connection"
    PENDING_DISCONNECTION = "pending_disconnection"
    GROUP = "group"
    PERSON = "person"
    SYSTEM = "system"


@dataclass(frozen=True, order=True, slots=True)
class EntityRef:
    """`connection:<uuid>`, `disconnection:<uuid>`, `pending_connection:<carrier uuid>#<carrier group id, lower case>`,
    `pending_disconnection:<group uuid>#<carrier uuid>`, `group:<uuid>`, `person:<user id>` or `system:<name>`."""

    kind: EntityKind
    key: str

    def __str__(self) -> str:
        return f"{self.kind.value}:{self.key}"

    @property
    def is_record(self) -> bool:
        """Whether it is a Noyo record, with an id from Noyo."""
        return self.kind in (EntityKind.CONNECTION, EntityKind.DISCONNECTION)

    @classmethod
    def parse(cls, text: str) -> EntityRef:
        """The inverse of `str`. Raises ValueError if the text is not an entity reference."""
        kind, separator, key = text.partition(":")
        if not separator or not key:
            raise ValueError(f"not an entity reference: {text!r}")
        return cls(EntityKind(kind), key)


def connection_ref(record_id: str) -> EntityRef:
    return EntityRef(EntityKind.CONNECTION, record_id)


def disconnection_ref(record_id: str) -> EntityRef:
    return EntityRef(EntityKind.DISCONNECTION, record_id)


def pending_connection_ref(carrier_id: str, carrier_group_id: str) -> EntityRef:
    """A requested connection without a Noyo id. Noyo allows one for each such pair, and may ignore letter case."""
    return EntityRef(EntityKind.PENDING_CONNECTION, f"{carrier_id}#{carrier_group_id.strip().casefold()}")


def pending_disconnection_ref(group_id: str, carrier_id: str) -> EntityRef:
    """A requested disconnection of a group from a carrier, without a Noyo id."""
    return EntityRef(EntityKind.PENDING_DISCONNECTION, f"{group_id}#{carrier_id}")


def group_ref(group_id: str) -> EntityRef:
    """A group at Noyo, with all its connections."""
    return EntityRef(EntityKind.GROUP, group_id)


def person_ref(user_id: str) -> EntityRef:
    """For audit entries about an action that concerns no record, such as reading the status list."""
    return EntityRef(EntityKind.PERSON, user_id)


SENDING_PAUSE = EntityRef(EntityKind.SYSTEM, "sending")
"""Pausing and resuming what is sent to Noyo."""
DAILY_REPORT = EntityRef(EntityKind.SYSTEM, "not_moving")
"""The report of what does not move."""
DAILY_SUMMARY = EntityRef(EntityKind.SYSTEM, "morning_summary")
"""The morning summary of what needs people."""
GRANTS = EntityRef(EntityKind.SYSTEM, "grants")
"""The granted rights of all people together."""


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


class LocalStatus(Enum):
    """A status that Switchboard gives to a record by itself. Noyo has none of these."""

    DELETED = "deleted_at_noyo"
    """Noyo answered 404 when the record was read by its id."""


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
    status: ConnectionStatus | LocalStatus | UnknownValue
    carrier_group_id: str | None = None
    group_name: str | None = None
    group_id: str | None = None
    request_type: str | None = None
    completed: int | None = None
    error: str | None = None
    """The text of `setup_result.error`, masked. It may remain from an earlier status; `message` is the current one."""

    @property
    def entity(self) -> EntityRef:
        return connection_ref(self.id)

    @property
    def message(self) -> str | None:
        """The message of Noyo or the carrier that belongs to this status; None if the status comes without one."""
        return None if self.status in _WITHOUT_MESSAGE else self.error


@dataclass(frozen=True, slots=True)
class Disconnection:
    """A request to disconnect a group from a carrier. `effective_end_date` is the last managed day, with no zone."""

    id: str
    version: str
    created: int
    modified: int
    carrier_id: str
    status: DisconnectionStatus | LocalStatus | UnknownValue
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
        return disconnection_ref(self.id)


Record = Connection | Disconnection
Status = ConnectionStatus | DisconnectionStatus | LocalStatus | UnknownValue

_NEED_OUR_ACTION = frozenset(
    {
        ConnectionStatus.CARRIER_AUTHORIZATION,
        ConnectionStatus.ACTION_REQUIRED,
        ConnectionStatus.UNABLE_TO_CONNECT,
        DisconnectionStatus.NEEDS_REVIEW,
    }
)
_WITHOUT_MESSAGE = frozenset(
    {ConnectionStatus.CREATED, ConnectionStatus.PROCESSING, ConnectionStatus.COMPLETED, LocalStatus.DELETED}
)
_CLOSED = frozenset(
    {ConnectionStatus.COMPLETED, DisconnectionStatus.COMPLETED, DisconnectionStatus.REJECTED, LocalStatus.DELETED}
)


def needs_our_action(status: Status) -> bool:
    """Whether our team must act before this can continue."""
    return status in _NEED_OUR_ACTION


def is_open(status: Status) -> bool:
    """Whether the record may still change by itself. An unknown status counts as open, so that it is followed."""
    return status not in _CLOSED


def is_deleted(record: Record) -> bool:
    """Whether this is the version that says that Noyo no longer has the record."""
    return record.status is LocalStatus.DELETED


def open_statuses(kind: EntityKind) -> tuple[str, ...]:
    """The known open statuses of this kind of record, as Noyo's list filter takes them."""
    statuses = ConnectionStatus if kind is EntityKind.CONNECTION else DisconnectionStatus
    return tuple(status.value for status in statuses if is_open(status))


class RecordField(StrEnum):
    """The fields of a record that people see, apart from its status. The values are stored in outbox events."""

    GROUP_NAME = "group_name"
    GROUP_ID = "group_id"
    CARRIER_ID = "carrier_id"
    CARRIER_GROUP_ID = "carrier_group_id"
    MESSAGE = "message"
    END_DATE = "effective_end_date"
    SOURCE = "source_type"
    SOURCE_DATE = "source_date"
    SOURCE_ID = "source_id"


@dataclass(frozen=True, slots=True)
class FieldChange:
    """The value of a field before and after a change, as text (dates as 2026-12-31); None if it had, or has, none."""

    field: RecordField
    before: str | None = None
    after: str | None = None


def changed_fields(before: Record, now: Record) -> tuple[FieldChange, ...]:
    """What changed among the fields that people see, apart from the status.

    If the new status has no message, the end of the old message is not listed as a change.
    """
    old, new = _field_values(before), _field_values(now)
    changes = (FieldChange(field, old[field], value) for field, value in new.items())
    ended = {RecordField.MESSAGE} if now.status in _WITHOUT_MESSAGE else set()
    return tuple(change for change in changes if change.before != change.after and change.field not in ended)


def _field_values(record: Record) -> dict[RecordField, str | None]:
    of_both = {
        RecordField.GROUP_NAME: record.group_name,
        RecordField.GROUP_ID: record.group_id,
        RecordField.CARRIER_ID: record.carrier_id,
    }
    if isinstance(record, Connection):
        return of_both | {RecordField.CARRIER_GROUP_ID: record.carrier_group_id, RecordField.MESSAGE: record.message}
    return of_both | {
        RecordField.END_DATE: _iso(record.effective_end_date),
        RecordField.SOURCE: record.source_type.value,
        RecordField.SOURCE_DATE: _iso(record.source_date),
        RecordField.SOURCE_ID: record.source_id,
    }


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day is not None else None


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
