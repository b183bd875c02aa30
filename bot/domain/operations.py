"""Operations: what a person requested, and the states that it passes through.

awaiting_confirmation -> pending (confirmed by a second approver) | cancelled (withdrawn) | expired (not confirmed)
pending -> sending -> succeeded | refused | cancelled
sending -> reconciling   (no answer, or the worker stopped: the request may have arrived)
reconciling -> succeeded | pending (it did not arrive, and Noyo prevents duplicates) | needs_resolution
needs_resolution -> succeeded | pending | cancelled   (a person chose one of three resolutions)

Only a new disconnection ever awaits confirmation. Like every other operation it holds the lock of its entity from the
start, so a second request for the same entity is refused, and names the first.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from bot.domain.decisions import Decision, DecisionReason, DisconnectionReason
from bot.domain.entities import EntityRef
from bot.domain.pauses import Pause
from bot.domain.people import Right


class OperationKind(StrEnum):
    REQUEST_CONNECTION = "request_connection"
    RETRY_CONNECTION = "retry_connection"
    DECIDE_DISCONNECTION = "decide_disconnection"
    CREATE_DISCONNECTION = "create_disconnection"
    REFRESH_RECORD = "refresh_record"
    """Read the record at Noyo and observe it; writes nothing there, takes no lock."""


class OperationState(StrEnum):
    AWAITING_CONFIRMATION = "awaiting_confirmation"
    """Waits for a second approver; `due` is when it expires unsent."""
    PENDING = "pending"
    SENDING = "sending"
    RECONCILING = "reconciling"
    NEEDS_RESOLUTION = "needs_resolution"
    SUCCEEDED = "succeeded"
    REFUSED = "refused"
    CANCELLED = "cancelled"
    EXPIRED = "expired"

    @property
    def settled(self) -> bool:
        return self in _SETTLED


_SETTLED = frozenset(
    {OperationState.SUCCEEDED, OperationState.REFUSED, OperationState.CANCELLED, OperationState.EXPIRED}
)


@dataclass(frozen=True, slots=True)
class SensitiveFields:
    """What may identify a person or an employer. Never shown, logged, or kept in clear; absent means not typed."""

    federal_ein: str | None = field(default=None, repr=False)
    broker_federal_ein: str | None = field(default=None, repr=False)
    broker_tin: str | None = field(default=None, repr=False)
    employer_email_address: str | None = field(default=None, repr=False)

    @property
    def any_given(self) -> bool:
        return any((self.federal_ein, self.broker_federal_ein, self.broker_tin, self.employer_email_address))


@dataclass(frozen=True, slots=True)
class ConnectionRequest:
    """Input of *request a connection* for a new group. `sealed` holds the encrypted `Sensitive`, if any was typed."""

    carrier_id: str
    carrier_group_id: str
    group_name: str
    encrypted: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class RetryRequest:
    """Input of *retry*. `carrier_group_id` None leaves it as it is at Noyo, as does each sensitive field not typed."""

    carrier_group_id: str | None = None
    encrypted: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class DecisionRequest:
    """Input of *decide*: whether the group is disconnected or stays. None is not sent, and stays as Noyo has it.

    `unversioned`: a rejection is sent by the call that takes no version, so Noyo cannot tell that the request changed.
    """

    decision: Decision
    effective_end_date: date | None = None
    reason: DecisionReason | None = None
    context: str | None = None
    unversioned: bool = False


@dataclass(frozen=True, slots=True)
class DisconnectionRequest:
    """Input of *disconnect*: a group is to leave a carrier after `effective_end_date`. `connection` is the one that the
    person looked at; `shown_version` of the operation is its version."""

    group_id: str
    carrier_id: str
    group_name: str
    effective_end_date: date
    reason: DisconnectionReason
    connection: EntityRef
    context: str | None = None


@dataclass(frozen=True, slots=True)
class RefreshRequest:
    """Input of *look*; `because` says what made us look, such as `webhook` or `person`."""

    because: str


OperationInput = ConnectionRequest | RetryRequest | DecisionRequest | DisconnectionRequest | RefreshRequest


class OutcomeKind(StrEnum):
    CONFIRMED = "confirmed"
    """Noyo answered our request with the record."""
    RECONCILED = "reconciled"
    """The answer was lost; asked afterwards, Noyo shows the effect that was wanted."""
    DUPLICATE = "duplicate"
    """Noyo already has what was asked for: a connection for this carrier and carrier group id, or an open request to
    disconnect this group from this carrier; `record` is it, where it could be read."""
    REFUSED = "refused"
    """Noyo's clear no; `words` are Noyo's."""
    CHANGED = "changed"
    """The record moved since the person saw it; nothing was sent."""
    NOT_AUTHORIZED = "not_authorized"
    """The person may not do this (any more); nothing was sent."""
    NOT_FOUND = "not_found"
    """Noyo does not know the record."""
    CLOSED = "closed"
    """A person closed an operation whose effect could not be told."""
    REPORTED_ARRIVED = "reported_arrived"
    """A person says that it arrived."""
    UNCLEAR = "unclear"
    """Whether it arrived cannot be told from Noyo's answers; a person has to say."""
    OVERDUE = "overdue"
    """A day has gone by since the first attempt; a person has to say what to do."""
    WITHDRAWN = "withdrawn"
    """It was held, and a person took it back; nothing was sent."""
    EXPIRED = "expired"
    """It was held, and nobody confirmed it in time; nothing was sent."""
    END_DATE_PASSED = "end_date_passed"
    """The last managed day that was asked for went by before it could be sent; nothing was, or nothing took effect."""


@dataclass(frozen=True, slots=True)
class Outcome:
    kind: OutcomeKind
    message: str | None = None
    record: EntityRef | None = None
    decided_by: str | None = None
    """Slack user id of the person on whom it turned: who took a way out, withdrew it, or had no right."""
    status: int | None = None
    """Of Noyo's answer, where it was a clear no."""


@dataclass(frozen=True, slots=True)
class ReplyTo:
    """Where the person who asked is waiting: the modal view that was submitted, and the channel it came from."""

    channel_id: str | None = None
    view_id: str | None = None


@dataclass(frozen=True, slots=True)
class SecondApproval:
    """What a second approver said to an operation that was held: `by` is their Slack user id, `at` Unix seconds."""

    by: str
    at: int
    reply_to: ReplyTo = ReplyTo()


@dataclass(frozen=True, slots=True)
class Operation:
    """What somebody asked for. Times are Unix seconds.

    `id` is Slack's view id or trigger id, so that the same click or submission twice is one operation.
    `shown_version` is the version of the record the person saw. `due` is when it wants attention again, None once
    settled. `sends` counts the times a request may have left us; `first_sent_at` is the first of them.
    """

    id: str
    entity: EntityRef
    kind: OperationKind
    input: OperationInput
    state: OperationState
    actor: str | None
    submitted_at: int
    due: int | None
    shown_version: str | None = None
    reply_to: ReplyTo = ReplyTo()
    attempts: int = 0
    first_attempt_at: int | None = None
    sends: int = 0
    first_sent_at: int | None = None
    reconciliations: int = 0
    lease: str | None = None
    lease_until: int | None = None
    delay_reason: str | None = None
    """Why it is waiting, in words for a person; None while nothing is wrong."""
    outcome: Outcome | None = None
    settled_at: int | None = None
    second_approval: SecondApproval | None = None
    deferred_by: Pause | None = None
    """The pause for which it was put aside while `pending`; it is sent once sending is on again."""

    @property
    def changes_noyo(self) -> bool:
        """Whether sending it may change anything at Noyo."""
        return self.kind is not OperationKind.REFRESH_RECORD

    @property
    def is_automatic(self) -> bool:
        """Nobody asked for it (Noyo said that a record changed): nobody is told of it, but of what it found out."""
        return self.actor is None

    @property
    def takes_lock(self) -> bool:
        """Whether it holds the subject's lock while it is open."""
        return self.kind is not OperationKind.REFRESH_RECORD

    @property
    def required_right(self) -> Right:
        """What the person must be allowed to, at the click and again when it is sent."""
        return Right.APPROVE if self.kind in _FOR_APPROVERS else Right.REQUEST

    @property
    def people(self) -> tuple[str, ...]:
        """Whose it is: who asked for it and, where a second approver confirmed it, that one. Slack user ids."""
        both = (self.actor, self.second_approval.by if self.second_approval else None)
        return tuple(dict.fromkeys(person for person in both if person is not None))

    @property
    def audit_details(self) -> dict[str, str]:
        """What is decided, for the trail, which outlives this. Without the context: free text may hold anything."""
        wanted = self.input
        if not isinstance(wanted, DecisionRequest | DisconnectionRequest):
            return {}
        end, reason = wanted.effective_end_date, wanted.reason
        told = {"decision": wanted.decision.value} if isinstance(wanted, DecisionRequest) else {}
        told |= {"effective_end_date": end.isoformat()} if end else {}
        told |= {"reason": reason.value} if reason else {}
        return told | ({"unversioned": "yes"} if self.unversioned else {})

    @property
    def unversioned(self) -> bool:
        """Whether Noyo is not told which version was shown, and so does not refuse to do it twice."""
        wanted = self.input
        if not isinstance(wanted, DecisionRequest):
            return False
        return wanted.unversioned and wanted.decision is Decision.REJECT

    @property
    def is_open(self) -> bool:
        return not self.state.settled


_FOR_APPROVERS = frozenset({OperationKind.DECIDE_DISCONNECTION, OperationKind.CREATE_DISCONNECTION})
