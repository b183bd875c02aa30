"""What the use cases need from the table. Times are Unix seconds, UTC; every method may raise `TableUnavailable`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import Protocol

from bot.domain.audit import AuditEntry
from bot.domain.content import MessageLink
from bot.domain.entities import EntityKind, EntityRef
from bot.domain.grants import GrantSnapshot
from bot.domain.health import Component, HealthCheck
from bot.domain.messages import MessageKey, MessageRecord
from bot.domain.operations import Operation, OperationState
from bot.domain.outbox import OutboxEvent
from bot.domain.pauses import PauseHistory
from bot.domain.people import GroupMembers, Person
from bot.domain.polling import ParkedRow, PollCursor
from bot.domain.record_changes import ExpectedVersion, RecordChange
from bot.domain.record_states import RecordState
from bot.domain.records import Record
from bot.domain.requests import SensitiveFields

# ---------------------------------------------------------------- secrets


# ---------------------------------------------------------------- Noyo


# ---------------------------------------------------------------- the table


class RecordRepository(Protocol):
    def record_state(self, entity: EntityRef) -> RecordState | None:
        """Consistent read."""
        ...

    def record_states(self, wanted: Iterable[EntityRef]) -> dict[EntityRef, RecordState]:
        """Consistent reads in batches; unknown ones are missing."""
        ...

    def write(self, change: RecordChange) -> None:
        """`RecordMoved` where the state is no longer `change.before`; then nothing was written."""
        ...

    def has_version(self, entity: EntityRef, record: Record) -> bool:
        """Whether this version is in the history already."""
        ...

    def history(self, entity: EntityRef, *, since: int) -> list[Record]:
        """Every version ever shown to us with `modified` at or after `since`, oldest first."""
        ...

    def newest_modified(self, kind: EntityKind) -> tuple[int, EntityRef] | None:
        """The newest `modified` known from any source, and whose it is. May lag by a moment (an index)."""
        ...

    def in_status(self, kind: EntityKind, status: str, *, limit: int) -> list[EntityRef]:
        """Open records in this status, the longest unchanged first (disconnections: soonest end date first). Index."""
        ...

    def open_entities(self, kind: EntityKind) -> list[EntityRef]:
        """All open records of this kind, whatever their status. May lag by a moment (an index)."""
        ...

    def in_group(self, group_id: str, *, limit: int) -> list[EntityRef]:
        """The records, open or not, that name this group. May lag by a moment (an index)."""
        ...

    def find(self, text: str, *, limit: int) -> list[RecordState]:
        """By id, beginning of an id, carrier group id, or words of the group's name; consistent states, best first."""
        ...


class OperationRepository(Protocol):
    def submit(
        self,
        operation: Operation,
        *,
        expected: ExpectedVersion | None,
        events: Sequence[OutboxEvent],
        audit: AuditEntry | None,
    ) -> None:
        """One transaction: the expectation, the lock (unless `operation.locks` is False), the operation, news, audit.

        `NotPlaced` where any condition failed, and then nothing was written; an operation with this id is a failed
        condition too.
        """
        ...

    def operation(self, operation_id: str) -> Operation | None:
        """Consistent read."""
        ...

    def open_on(self, entity: EntityRef) -> Operation | None:
        """The operation that holds the subject's lock. Consistent."""
        ...

    def last_on(self, entity: EntityRef) -> Operation | None:
        """The newest settled operation that held the subject's lock, as far as it is still kept. Consistent."""
        ...

    def claim(
        self,
        operation: Operation,
        claimed: Operation,
        *,
        events: Sequence[OutboxEvent] = (),
        audit: AuditEntry | None = None,
    ) -> None:
        """Moves it from exactly `operation` (state, lease and attempts) to `claimed`. `LeaseLost` if it moved."""
        ...

    def save(
        self,
        operation: Operation,
        *,
        lease: str | None,
        events: Sequence[OutboxEvent] = (),
        audit: AuditEntry | None = None,
        was: OperationState = OperationState.NEEDS_RESOLUTION,
    ) -> None:
        """Writes the unsettled operation on condition that `lease` is still the one on it. `LeaseLost` otherwise.

        `lease` None: on condition that nobody holds it, and it still waits for people in the state `was`.
        """
        ...

    def settle(
        self,
        operation: Operation,
        *,
        lease: str | None,
        change: RecordChange | None,
        events: Sequence[OutboxEvent],
        audit: AuditEntry | None,
        was: OperationState = OperationState.NEEDS_RESOLUTION,
    ) -> None:
        """One transaction: the settled operation (no sealed input, no `due`), the lock gone, the change, news, audit.

        `lease` None: on condition that nobody holds it and it is still in the state `was`. `LeaseLost` or `RecordMoved`
        otherwise, and then nothing was written.
        """
        ...

    def due(self, now: int, *, limit: int) -> list[str]:
        """Ids of people's operations that are due, the longest due first, but those put aside. An index: may lag."""
        ...

    def due_refreshes(self, now: int, *, limit: int) -> list[str]:
        """As `due`, of the looks that no person asked for: however many there are, they keep nobody waiting."""
        ...

    def oldest_due(self, now: int) -> int | None:
        """The `due` of the one that is due the longest, a look or not; None where none is. Index."""
        ...

    def awaiting_resolution(self) -> list[int]:
        """Of each operation that needs a person, when it was asked for, the first first. Index."""
        ...

    def awaiting_confirmation(self, *, limit: int) -> list[Operation]:
        """Those that wait for a second approver, the soonest end date first. An index finds them; the states are
        consistent."""
        ...

    def deferred_due(self, now: int, *, limit: int) -> list[str]:
        """As `due`, of those that were put aside while nothing is sent: they keep nobody waiting meanwhile."""
        ...

    def oldest_deferred_due(self, now: int) -> int | None:
        """As `longest_due`, of those that were put aside."""
        ...


class PauseRepository(Protocol):
    def history(self) -> PauseHistory:
        """Consistent read. Sending is on, and always was, where nobody has turned the switch yet."""
        ...

    def save(
        self, before: PauseHistory, after: PauseHistory, *, event: OutboxEvent, audit: AuditEntry
    ) -> bool:
        """One transaction, on condition that nobody turned it since `before`; False where somebody did."""
        ...


class HealthRepository(Protocol):
    def health_check(self, component: Component) -> HealthCheck | None:
        """The newest; None where nobody has looked yet."""
        ...

    def save(self, health_check: HealthCheck) -> None:
        """In place of the one before."""
        ...


class OutboxRepository(Protocol):
    def event(self, news_id: str) -> OutboxEvent | None: ...

    def due(self, now: int, *, limit: int) -> list[str]: ...

    def oldest_due(self, now: int) -> int | None:
        """As of operations."""
        ...

    def put(self, event: OutboxEvent) -> None:
        """News that comes with no other fact (a summary). The same id again changes nothing."""
        ...

    def mark_delivered(self, event: OutboxEvent, now: int) -> None:
        """Takes it off the due index for good."""
        ...

    def postpone(self, event: OutboxEvent, due: int) -> None:
        """Sets a new `due` and counts the attempt."""
        ...


class MessageRepository(Protocol):
    def reserve(self, place: MessageKey, *, lease: str, now: int, lease_seconds: int) -> MessageRecord | None:
        """Takes the lease on this message; None while somebody else holds it."""
        ...

    def record_post(
        self, message_record: MessageRecord, *, ts: str, posted_channel: str, fingerprint: str
    ) -> None:
        """Records what the message now shows, keeping the lease. `LeaseLost` where it ran out and was taken."""
        ...

    def release(self, message_record: MessageRecord, *, closed: bool = False) -> None:
        """Gives the lease back; quiet where it was lost."""
        ...

    def link(self, place: MessageKey) -> MessageLink | None:
        """Where the message is, once posted."""
        ...

    def live(self, channel: str, key_prefix: str) -> list[MessageKey]:
        """The posted messages of this channel whose key begins so and that are not closed. Consistent."""
        ...


class PeopleRepository(Protocol):
    def person(self, user_id: str) -> Person | None: ...

    def save_person(self, person: Person) -> None: ...

    def members(self, group_ids: Iterable[str]) -> dict[str, GroupMembers]: ...

    def save_members(self, members: GroupMembers) -> None: ...


class GrantRepository(Protocol):
    def snapshot(self) -> GrantSnapshot | None:
        """Who held which right when it was last noted. Consistent."""
        ...

    def save(self, noted: GrantSnapshot, entries: Sequence[AuditEntry]) -> bool:
        """One transaction of at most a hundred parts, on condition that the revision before `noted`'s is still there.
        False where it is not, and then nothing was written."""
        ...


class PollingRepository(Protocol):
    def cursor(self, kind: EntityKind) -> PollCursor | None: ...

    def save(self, kind: EntityKind, cursor: PollCursor) -> bool:
        """Writes the cursor with its revision raised by one, on condition that the revision is still the one read
        (0: not there yet). False where another poll was first."""
        ...

    def park(self, kind: EntityKind, parked: ParkedRow) -> bool:
        """True where it was not parked yet."""
        ...

    def unpark(self, kind: EntityKind, row_id: str) -> None: ...

    def parked(self, kind: EntityKind) -> list[ParkedRow]: ...


class AuditWriter(Protocol):
    def append(self, entry: AuditEntry) -> None: ...


class AuditRepository(AuditWriter, Protocol):
    def entries(self, entity: EntityRef, *, limit: int) -> list[AuditEntry]:
        """The newest first. Consistent."""
        ...

    def of_day(self, day: date, *, before: int) -> Iterator[AuditEntry]:
        """Of this day (UTC), those older than `before`, oldest first. An index: may lag by a moment."""
        ...


class Encryptor(Protocol):
    def encrypt(self, sensitive: SensitiveFields, operation_id: str) -> str:
        """Encrypts under the KMS key, bound to the operation's id."""
        ...

    def decrypt(self, encrypted: str, operation_id: str) -> SensitiveFields: ...


# ---------------------------------------------------------------- Slack
