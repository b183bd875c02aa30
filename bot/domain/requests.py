"""The inputs of operations: what people can ask for, with its reasons and its deadline for confirmation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import date, datetime, timedelta, tzinfo
from enum import StrEnum

from bot import policies
from bot.domain.records import DataExchange, EntityRef, Record


class DisconnectionReason(StrEnum):
    """Why a group is to be disconnected. Noyo has changed this list before, so its refusal of a reason is shown."""

    BROKER_OF_RECORD = "broker_of_record"
    LOST_ACCESS = "lost_access"
    NO_LONGER_ELIGIBLE = "no_longer_eligible"
    NOT_USING_CONNECTION = "not_using_connection"
    OTHER = "other"
    PAYMENT_LAPSE = "payment_lapse"
    PLATFORM_REQUESTED = "platform_requested"
    TERMINATED = "terminated"


class DecisionReason(StrEnum):
    """Why a disconnection request was approved or rejected."""

    CONNECTION_RESTORED = "connection_restored"
    ELIGIBILITY_RESTORED = "eligibility_restored"
    OTHER = "other"
    PAYMENT_REINSTATED = "payment_reinstated"


class Decision(StrEnum):
    """The answer to a disconnection request. If it is rejected, the group stays connected."""

    APPROVE = "approve"
    REJECT = "reject"


@dataclass(frozen=True, slots=True)
class SensitiveFields:
    """Values that may identify a person or an employer; never shown, logged or stored in clear. None: not typed."""

    federal_ein: str | None = field(default=None, repr=False)
    broker_federal_ein: str | None = field(default=None, repr=False)
    broker_tin: str | None = field(default=None, repr=False)
    employer_email_address: str | None = field(default=None, repr=False)

    @property
    def any_given(self) -> bool:
        return bool(self.names)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the fields that were typed."""
        return tuple(each.name for each in fields(self) if getattr(self, each.name))


@dataclass(frozen=True, slots=True)
class RetainedFields:
    """The sensitive fields of these names, as they were encrypted for an earlier operation that Noyo refused."""

    operation_id: str
    encrypted: str = field(repr=False)
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ConnectionOptions:
    """How Noyo is to connect a group. Noyo's records do not show it, so it is no part of the wanted effect.

    `data_exchange`: None leaves the choice to Noyo; a chosen one is used without checking the group's eligibility.
    """

    ignore_eligibility: bool = False
    data_exchange: DataExchange | None = None

    @property
    def any_given(self) -> bool:
        return self != ConnectionOptions()

    @property
    def audit_details(self) -> dict[str, str | None]:
        """For the audit log; `parse` reads them."""
        ignored = "yes" if self.ignore_eligibility else None
        return {"ignore_eligibility": ignored, "data_exchange": self.data_exchange and self.data_exchange.value}

    @classmethod
    def parse(cls, details: Mapping[str, str]) -> ConnectionOptions:
        """From audit details. A data exchange that this version does not know is left out."""
        exchange = details.get("data_exchange")
        known = DataExchange(exchange) if exchange in set(DataExchange) else None
        return cls("ignore_eligibility" in details, known)


@dataclass(frozen=True, slots=True)
class ConnectionRequest:
    """Connect a group to a carrier. `encrypted` holds the `SensitiveFields`, if any was typed.

    `group_id` is the id of a group that Noyo knows already; without it, Noyo creates a new group of this name.
    """

    carrier_id: str
    carrier_group_id: str
    group_name: str
    encrypted: str | None = field(default=None, repr=False)
    group_id: str | None = None
    typed: tuple[str, ...] = ()
    """The names of the encrypted fields."""
    retained: tuple[RetainedFields, ...] = ()
    """What was typed before this request was corrected; a field in `encrypted` replaces it."""
    options: ConnectionOptions = ConnectionOptions()

    def without_sensitive(self) -> ConnectionRequest:
        return replace(self, encrypted=None, retained=())

    def is_for(self, connection: Record) -> bool:
        """Whether the connection belongs to the requested group, as far as both are known."""
        return self.group_id is None or connection.group_id in (None, self.group_id)


@dataclass(frozen=True, slots=True)
class RetryRequest:
    """Retry a connection. Noyo keeps its carrier group id if this one is None, and each sensitive field not typed."""

    carrier_group_id: str | None = None
    encrypted: str | None = field(default=None, repr=False)

    def without_sensitive(self) -> RetryRequest:
        return replace(self, encrypted=None)


@dataclass(frozen=True, slots=True)
class DecisionRequest:
    """Approve or reject a disconnection request. Fields that are None are not sent; Noyo keeps its values.

    `unversioned`: send a rejection by the call that takes no version, so Noyo cannot detect that the request changed.
    """

    decision: Decision
    effective_end_date: date | None = None
    reason: DecisionReason | None = None
    context: str | None = None
    unversioned: bool = False


@dataclass(frozen=True, slots=True)
class DisconnectionRequest:
    """Disconnect a group from a carrier after `effective_end_date`, the last managed day.

    `connection` is the record that the person saw; the operation's `shown_version` is its version.
    """

    group_id: str
    carrier_id: str
    group_name: str
    effective_end_date: date
    reason: DisconnectionReason
    connection: EntityRef
    context: str | None = None

    def is_for(self, connection: Record) -> bool:
        """Whether the connection still belongs to this group and carrier. Noyo may leave the group out."""
        return (connection.group_id or self.group_id, connection.carrier_id) == (self.group_id, self.carrier_id)


@dataclass(frozen=True, slots=True)
class RefreshRequest:
    """Read a record, or all connections of a group, again. `because` is the cause, such as `webhook` or `person`."""

    because: str
    group_name: str | None = None
    """Of the group, as the person saw it."""


WEBHOOK_ID = "webhook:"
"""How the ids of operations begin that the endpoint for webhooks submits: refreshes, for nobody."""


def group_refresh_id(group_id: str, now: int, seconds: int) -> str:
    """The id of the refresh of this group, one in each period of so many seconds: several people cause one."""
    return f"group:{group_id}:{now // seconds}"


OperationInput = ConnectionRequest | RetryRequest | DecisionRequest | DisconnectionRequest | RefreshRequest


def confirmation_deadline(effective_end_date: date, submitted_at: int, timezone: tzinfo) -> int:
    """When a disconnection that no second approver confirmed expires (Unix seconds).

    That is the end of its last managed day in `timezone`; a past date gets some days from now
    (`policies.CONFIRMATION_DAYS_FOR_A_PAST_DATE`).
    """
    next_day = datetime.combine(effective_end_date + timedelta(days=1), datetime.min.time(), timezone)
    end = int(next_day.timestamp())
    return end if end > submitted_at else submitted_at + policies.CONFIRMATION_DAYS_FOR_A_PAST_DATE * 86400
