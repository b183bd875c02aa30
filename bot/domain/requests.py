"""The inputs of operations: what people can ask for, with its reasons and its deadline for confirmation."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta, tzinfo
from enum import StrEnum

from bot import policies
from bot.domain.entities import EntityRef
from bot.domain.operations import Operation
from bot.domain.records import (
    Connection,
    ConnectionStatus,
    Disconnection,
    DisconnectionSource,
    DisconnectionStatus,
    Record,
    Status,
)


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
        return any((self.federal_ein, self.broker_federal_ein, self.broker_tin, self.employer_email_address))


@dataclass(frozen=True, slots=True)
class ConnectionRequest:
    """Connect a new group to a carrier. `encrypted` holds the `SensitiveFields`, if any was typed."""

    carrier_id: str
    carrier_group_id: str
    group_name: str
    encrypted: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class RetryRequest:
    """Retry a connection. Noyo keeps its carrier group id if this one is None, and each sensitive field not typed."""

    carrier_group_id: str | None = None
    encrypted: str | None = field(default=None, repr=False)


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


@dataclass(frozen=True, slots=True)
class RefreshRequest:
    """Read a record again. `because` is what caused it, such as `webhook` or `person`."""

    because: str


OperationInput = ConnectionRequest | RetryRequest | DecisionRequest | DisconnectionRequest | RefreshRequest


def confirmation_deadline(effective_end_date: date, submitted_at: int, timezone: tzinfo) -> int:
    """When a disconnection that no second approver confirmed expires (Unix seconds).

    That is the end of its last managed day in `timezone`; a past date gets some days from now
    (`policies.CONFIRMATION_DAYS_FOR_A_PAST_DATE`).
    """
    next_day = datetime.combine(effective_end_date + timedelta(days=1), datetime.min.time(), timezone)
    end = int(next_day.timestamp())
    return end if end > submitted_at else submitted_at + policies.CONFIRMATION_DAYS_FOR_A_PAST_DATE * 86400


def created_since_sent(record: Record, operation: Operation) -> bool:
    """Whether the record was created since the operation may first have left us."""
    sent = operation.first_sent_at
    return sent is not None and record.created >= sent - policies.RECONCILE_CLOCK_TOLERANCE_SECONDS


def find_retry_effect(operation: Operation, versions: Iterable[Record]) -> Record | None:
    """The version that proves that the retry took effect, among those known since it was sent.

    With a new carrier group id, that is a version with this id; otherwise a version that was `processing`. A change of
    the record alone proves nothing.
    """
    wanted = operation.input
    if not isinstance(wanted, RetryRequest) or operation.first_sent_at is None:
        return None
    since = operation.first_sent_at - policies.RECONCILE_CLOCK_TOLERANCE_SECONDS
    return next((version for version in versions if _shows(version, operation, wanted, since)), None)


def shows_decision(operation: Operation, current: Record) -> bool:
    """Whether Noyo shows the decision's effect: its status and, if Noyo returns one, its end date.

    Noyo does not say who decided, so somebody may have made the same decision elsewhere.
    """
    wanted = operation.input
    if not isinstance(wanted, DecisionRequest) or not isinstance(current, Disconnection):
        return False
    if current.version == operation.shown_version or not status_matches_decision(wanted.decision, current.status):
        return False
    told = current.effective_end_date
    return wanted.effective_end_date is None or told is None or told == wanted.effective_end_date


def with_end_date(answered: Record, before: Record | None, wanted: DecisionRequest) -> Record:
    """Noyo leaves the end date out of its answer to a decision. It is the one that was sent, or else the one of
    `before`, the version that was decided on."""
    if not isinstance(answered, Disconnection) or answered.effective_end_date is not None:
        return answered
    kept = before.effective_end_date if isinstance(before, Disconnection) else None
    return replace(answered, effective_end_date=wanted.effective_end_date or kept)


def is_requested_disconnection(record: Record, operation: Operation) -> bool:
    """Whether this disconnection request is the operation's: for its group and carrier, from our platform, created
    since it was sent and, if it has an end date, with the requested one."""
    wanted = operation.input
    if not isinstance(wanted, DisconnectionRequest) or not isinstance(record, Disconnection):
        return False
    if record.carrier_id != wanted.carrier_id or record.group_id not in (None, wanted.group_id):
        return False
    ends = record.effective_end_date in (None, wanted.effective_end_date)
    return ends and record.source_type is DisconnectionSource.PLATFORM and created_since_sent(record, operation)


def status_matches_decision(decision: Decision, status: Status) -> bool:
    """Whether a request that was decided so may be in this status."""
    return status in _AFTER[decision]


_AFTER = {
    Decision.APPROVE: (DisconnectionStatus.PROCESSING, DisconnectionStatus.COMPLETED),
    Decision.REJECT: (DisconnectionStatus.REJECTED,),
}


def _shows(version: Record, operation: Operation, wanted: RetryRequest, since: int) -> bool:
    if not isinstance(version, Connection) or version.version == operation.shown_version:
        return False
    if version.modified < since:
        return False
    if wanted.carrier_group_id is not None:
        return version.carrier_group_id == wanted.carrier_group_id
    return version.status is ConnectionStatus.PROCESSING
