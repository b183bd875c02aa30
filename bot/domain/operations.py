"""An operation is one thing that somebody asked for. Its state machine:

awaiting_confirmation -> pending (a second approver confirmed) | cancelled (withdrawn) | expired (not confirmed in time)
pending -> sending -> succeeded | refused | cancelled
sending -> pending      (nothing was sent: rescheduled, or deferred by a pause)
sending -> reconciling  (no answer, or the worker stopped: the request may have arrived)
reconciling -> succeeded | pending (Noyo does not have it, and refuses duplicates) | needs_resolution
needs_resolution -> succeeded | pending | cancelled   (a person chose a resolution)

Only a new disconnection ever awaits confirmation. It takes the entity's lock when it is submitted, as every other
operation does, so a second person who asks for the same sees the first request.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, tzinfo
from enum import StrEnum
from typing import Any

from bot import policies
from bot.domain.answers import UnconfirmedAnswer
from bot.domain.business_days import day_of
from bot.domain.pauses import Pause
from bot.domain.people import Right
from bot.domain.records import EntityRef
from bot.domain.requests import (
    ConnectionRequest,
    Decision,
    DecisionRequest,
    DisconnectionRequest,
    OperationInput,
    RetryRequest,
)


class OperationKind(StrEnum):
    REQUEST_CONNECTION = "request_connection"
    RETRY_CONNECTION = "retry_connection"
    DECIDE_DISCONNECTION = "decide_disconnection"
    CREATE_DISCONNECTION = "create_disconnection"
    REFRESH_RECORD = "refresh_record"
    """Read a record, or all connections of a group, from Noyo and ingest it. Writes nothing there and takes no lock."""


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


class OutcomeKind(StrEnum):
    CONFIRMED = "confirmed"
    """Noyo answered our request with the record; for the refresh of a group, `message` says what was found."""
    RECONCILED = "reconciled"
    """The answer was lost; Noyo shows the effect. `message`: its last managed day (2026-12-31), if another was sent."""
    DUPLICATE = "duplicate"
    """Noyo already has a connection with these ids, or a request to disconnect it: `record`, where it could be read."""
    REFUSED = "refused"
    """Noyo refused it; `message` is Noyo's text."""
    CHANGED = "changed"
    """The record changed after the person saw it, and was not sent, or not again."""
    READ_REFUSED = "read_refused"
    """Noyo refused the read before it, so it was not sent, or not again; `message` is Noyo's text."""
    NOT_AUTHORIZED = "not_authorized"
    """The person is not, or no longer, authorized; it was not sent, or not again."""
    NOT_FOUND = "not_found"
    """Noyo does not know the record."""
    DELETED = "deleted"
    """Noyo no longer has the record. Unless nothing was sent, it is unknown whether it took effect."""
    CLOSED = "closed"
    """A person closed an operation whose effect is unknown."""
    REPORTED_ARRIVED = "reported_arrived"
    """A person reported that the request arrived."""
    UNCLEAR = "unclear"
    """Noyo's answers do not show whether it arrived; a person must choose a resolution."""
    OVERDUE = "overdue"
    """It failed for a day; a person must choose a resolution."""
    WITHDRAWN = "withdrawn"
    """A person withdrew it while it awaited confirmation; nothing was sent."""
    EXPIRED = "expired"
    """No second approver confirmed it in time; nothing was sent."""
    END_DATE_PASSED = "end_date_passed"
    """The requested end date passed before it was sent; nothing was sent, or nothing took effect."""


@dataclass(frozen=True, slots=True)
class Outcome:
    kind: OutcomeKind
    message: str | None = None
    record: EntityRef | None = None
    decided_by: str | None = None
    """Slack user id of the person who chose a resolution, withdrew the operation, or was not authorized."""
    status: int | None = None
    eligibility: tuple[str, ...] = ()
    """After a refusal with this HTTP `status`: Noyo's words about the group's eligibility, the result first."""


class Resolution(StrEnum):
    """What a person can choose for an operation whose effect is unknown."""

    ARRIVED = "arrived"
    SEND_AGAIN = "send_again"
    CLOSE = "close"


@dataclass(frozen=True, slots=True)
class ReplyTo:
    """Where to reply to the person who asked: the channel and the modal view that they used."""

    channel_id: str | None = None
    view_id: str | None = None


@dataclass(frozen=True, slots=True)
class SecondApproval:
    """Who confirmed an operation that awaited confirmation (Slack user id), and when (Unix seconds)."""

    by: str
    at: int
    reply_to: ReplyTo = ReplyTo()


@dataclass(frozen=True, slots=True)
class Operation:
    """What somebody asked for, and its current state. Times are Unix seconds.

    `id` is Slack's view id or trigger id, so that the same click or submission twice is one operation. `shown_version`
    is the version of the record that the person saw. `due` is when a worker must process it, None once settled.
    `sends` counts how often a request may have been sent; `first_sent_at` is the first time.
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
    unconfirmed_answer: UnconfirmedAnswer | None = None
    """Noyo's answer to the last attempt, if it left open whether it took effect; None also if no answer came."""
    lease: str | None = None
    lease_until: int | None = None
    delay_reason: str | None = None
    """Why it is delayed, as a text for people; None if it is not."""
    outcome: Outcome | None = None
    settled_at: int | None = None
    second_approval: SecondApproval | None = None
    deferred_by: Pause | None = None
    """The pause that deferred it while `pending`; it is sent when sending resumes."""
    last_events: tuple[str, ...] = ()
    """Ids of the outbox events that its next event follows."""

    @property
    def is_open(self) -> bool:
        return not self.state.settled

    @property
    def changes_noyo(self) -> bool:
        """Whether sending it may change anything at Noyo. If so, it holds the entity's lock while it is open."""
        return self.kind is not OperationKind.REFRESH_RECORD

    @property
    def is_automatic(self) -> bool:
        """Noyo reported a change, so no person asked for it. Only the changes that it finds are published."""
        return self.actor is None

    @property
    def waits_to_be_sent(self) -> bool:
        """Whether a pause of sending defers it. Refreshes and reconciliations only read, so they continue."""
        return self.changes_noyo and self.state is OperationState.PENDING

    def is_claimable(self, now: int) -> bool:
        """Whether it has work for a worker, and no other worker holds it."""
        if self.state.settled or self.state is OperationState.NEEDS_RESOLUTION:
            return False
        return self.lease_until is None or self.lease_until <= now

    def awaits_confirmation(self, now: int) -> bool:
        """Whether a second approver can still confirm it. It may have expired before a worker settled it."""
        awaits = self.state is OperationState.AWAITING_CONFIRMATION
        return awaits and self.due is not None and self.due > now

    @property
    def required_right(self) -> Right:
        """The right that its people need, when they click and again when it is sent."""
        return Right.APPROVE if self.kind in _FOR_APPROVERS else Right.REQUEST

    @property
    def people(self) -> tuple[str, ...]:
        """Slack user ids of the person who asked for it and of the second approver, if there is one."""
        both = (self.actor, self.second_approval.by if self.second_approval else None)
        return tuple(dict.fromkeys(person for person in both if person is not None))

    @property
    def unversioned(self) -> bool:
        """Whether Noyo is not given the version that was shown, and so does not refuse a second one."""
        wanted = self.input
        return isinstance(wanted, DecisionRequest) and wanted.unversioned and wanted.decision is Decision.REJECT

    @property
    def encrypted(self) -> str | None:
        """The encrypted sensitive fields that were typed, if any."""
        return self.input.encrypted if isinstance(self.input, ConnectionRequest | RetryRequest) else None

    @property
    def requested_end_date(self) -> date | None:
        """The last managed day that was asked for, if any."""
        wanted = self.input
        return wanted.effective_end_date if isinstance(wanted, DecisionRequest | DisconnectionRequest) else None

    def end_date_passed(self, now: int, timezone: tzinfo) -> bool:
        """Whether the end date is past but was not at submission. A person may request a past date on purpose."""
        end = self.requested_end_date
        return end is not None and day_of(self.submitted_at, timezone) <= end < day_of(now, timezone)

    @property
    def audit_details(self) -> dict[str, str]:
        """What was asked for, for the audit log, which outlives it. Free text is left out: it may contain anything."""
        wanted = self.input
        details = {"operation": self.id, "kind": self.kind.value, "shown_version": self.shown_version}
        if isinstance(wanted, ConnectionRequest):
            details |= {"group_id": wanted.group_id, **wanted.options.audit_details}
        if isinstance(wanted, DecisionRequest | DisconnectionRequest):
            details |= {
                "decision": wanted.decision.value if isinstance(wanted, DecisionRequest) else None,
                "effective_end_date": wanted.effective_end_date.isoformat() if wanted.effective_end_date else None,
                "reason": wanted.reason.value if wanted.reason else None,
                "unversioned": "yes" if self.unversioned else None,
            }
        return {name: value for name, value in details.items() if value is not None}

    @property
    def retry_seconds(self) -> int:
        """How long to wait before the next attempt: doubled with each attempt, up to a limit."""
        growing: int = policies.OPERATION_FIRST_PAUSE_SECONDS * 2 ** min(max(self.attempts - 1, 0), 10)
        return min(growing, policies.OPERATION_MAX_PAUSE_SECONDS)

    # ---------------------------------------------------------------- transitions: each returns the next operation

    def claim_for_sending(self, lease: str, now: int) -> Operation:
        """Counts as sent from here on: if the worker stops, the request may have left."""
        return replace(
            self._claim(lease, now),
            state=OperationState.SENDING,
            first_attempt_at=self.first_attempt_at or now,
            sends=self.sends + 1,
            first_sent_at=self.first_sent_at or now,
            deferred_by=None,
        )

    def claim_for_reconciling(self, lease: str, now: int) -> Operation:
        return self._claim(lease, now)

    def reschedule(self, reason: str, now: int, retry_after: int | None = None) -> Operation:
        """Nothing was sent this time; send it later, not before `retry_after` seconds."""
        due = now + max(self.retry_seconds, retry_after or 0)
        return self.not_sent()._release(OperationState.PENDING, due=due, delay_reason=reason)

    def defer(self, pause: Pause, now: int) -> Operation:
        """Nothing is sent until `pause` ends. A claimed operation gets back its place, by time of submission."""
        if self.lease is None:
            return replace(self, deferred_by=pause)
        return self.not_sent()._release(OperationState.PENDING, due=min(self.submitted_at, now), deferred_by=pause)

    def await_reconciliation(
        self, due: int, reconciliations: int = 0, answer: UnconfirmedAnswer | None = None
    ) -> Operation:
        """The request may have arrived; ask Noyo when `due`. It was already asked `reconciliations` times."""
        return self._release(
            OperationState.RECONCILING,
            due=due,
            reconciliations=reconciliations,
            unconfirmed_answer=answer or self.unconfirmed_answer,
            delay_reason=None,
        )

    def send_again(self, now: int) -> Operation:
        return self._release(OperationState.PENDING, due=now, reconciliations=0)

    def request_resolution(self, kind: OutcomeKind, message: str | None) -> Operation:
        """The lock stays until a person chooses a resolution."""
        outcome = Outcome(kind, message=message)
        return self._release(OperationState.NEEDS_RESOLUTION, due=None, outcome=outcome, delay_reason=None)

    def settle(self, state: OperationState, outcome: Outcome, now: int) -> Operation:
        return self._release(state, due=None, outcome=outcome, delay_reason=None, settled_at=now)

    def confirm(self, second_approval: SecondApproval) -> Operation:
        return replace(self, state=OperationState.PENDING, due=second_approval.at, second_approval=second_approval)

    def withdraw(self, by: str, now: int) -> Operation:
        return self.settle(OperationState.CANCELLED, Outcome(OutcomeKind.WITHDRAWN, decided_by=by), now)

    def resolve(self, resolution: Resolution, by: str, seen_version: str | None, now: int) -> Operation:
        """A person chose; sending again is for the version that they saw, and has a day of its own to succeed."""
        if resolution is Resolution.SEND_AGAIN:
            return replace(
                self.send_again(now),
                first_attempt_at=None,
                shown_version=seen_version or self.shown_version,
                outcome=None,
                attempts=self.attempts + 1,
            )
        kind, state = _RESOLVED[resolution]
        record = self.entity if self.entity.is_record else None
        return self.settle(state, Outcome(kind, record=record, decided_by=by), now)

    def not_sent(self) -> Operation:
        """Undo the count of the claim: the request did not leave this time."""
        sends = max(self.sends - 1, 0)
        return replace(self, sends=sends, first_sent_at=self.first_sent_at if sends else None)

    def _claim(self, lease: str, now: int) -> Operation:
        until = now + policies.OPERATION_LEASE_SECONDS
        return replace(self, lease=lease, lease_until=until, due=until, attempts=self.attempts + 1)

    def _release(self, state: OperationState, **changes: Any) -> Operation:
        return replace(self, state=state, lease=None, lease_until=None, **changes)


_RESOLVED = {
    Resolution.ARRIVED: (OutcomeKind.REPORTED_ARRIVED, OperationState.SUCCEEDED),
    Resolution.CLOSE: (OutcomeKind.CLOSED, OperationState.CANCELLED),
}
_FOR_APPROVERS = frozenset({OperationKind.DECIDE_DISCONNECTION, OperationKind.CREATE_DISCONNECTION})
