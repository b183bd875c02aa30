"""What the use cases need from the table. Times are Unix seconds, UTC; every method may raise `TableUnavailable`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import Protocol

from bot.domain.absences import Absences
from bot.domain.carriers_file import CarriersFile
from bot.domain.content import MessageKey, MessageLink, MessageRecord
from bot.domain.health import Component, HealthCheck
from bot.domain.operations import Operation, OperationState
from bot.domain.outbox import ExpectedVersion, OutboxEvent, RecordChange
from bot.domain.pauses import PauseHistory
from bot.domain.people import AuditEntry, GrantSnapshot, GroupMembers, Person
from bot.domain.polling import ParkedRow, PollCursor
from bot.domain.record_filter import OpenRecord
from bot.domain.record_states import Claim, RecordState
from bot.domain.records import EntityKind, EntityRef, Record
from bot.domain.requests import SensitiveFields

# ---------------------------------------------------------------- the table


class RecordRepository(Protocol):
    def record_state(self, entity: EntityRef) -> RecordState | None:
        """Consistent read."""

    def record_states(
        self, wanted: Iterable[EntityRef], *, skip_unreadable: bool = False
    ) -> dict[EntityRef, RecordState]:
        """Consistent reads in batches. Unknown records are left out, and with `skip_unreadable` those that this
        release cannot read; otherwise `UnknownSchema` for one of them."""

    def write(self, change: RecordChange) -> None:
        """`ConcurrentUpdate` if the state is no longer `change.before`; nothing was written then."""

    def has_version(self, entity: EntityRef, record: Record) -> bool:
        """Whether the history contains this version."""

    def history(self, entity: EntityRef, *, since: int, limit: int | None = None) -> list[Record]:
        """All known versions with `modified` at or after `since`, or the newest `limit` of them, oldest first."""

    def newest_modified(self, kind: EntityKind) -> tuple[int, EntityRef] | None:
        """The newest known `modified` and its record. From an index, so it may lag."""

    def in_status(self, kind: EntityKind, status: str, *, limit: int) -> list[EntityRef]:
        """Open records in this status, longest unchanged first (disconnections: soonest end date first). May lag."""

    def open_records(self, kind: EntityKind, status: str | None = None) -> list[OpenRecord]:
        """All open records of this kind by status, or those in one status; within a status as `in_status`. May lag."""

    def in_group(self, group_id: str, *, limit: int) -> list[EntityRef]:
        """The open and closed records of this group. From an index, so it may lag."""

    def owned_by(self, user_id: str) -> list[Claim]:
        """The claims of this person. Consistent, and one query however many records are open."""

    def of_person(self, user_id: str) -> list[EntityRef]:
        """The open records that this person has claimed, and then those that they requested. As `owned_by`."""

    def find(self, text: str, *, limit: int) -> list[RecordState]:
        """Search by an id of the record, of its group, or at the carrier, by the beginning of one, or by words of the
        name. Case, accents, punctuation and leading zeros do not matter. Consistent reads, best match first."""

    def find_with_words(self, searches: Sequence[Sequence[str]]) -> tuple[list[RecordState], bool]:
        """Records that have all words of one of the searches, in the order of these, and whether these are all.

        One query each. A word is one of the name, as `words_in` returns it, or a whole id, as `compact` does."""

    def find_misspelled(self, text: str) -> list[RecordState]:
        """What `find` would return if one of the words had no typing error. Up to 40 queries, so ask it last."""

    def find_similar(self, name: str) -> list[RecordState]:
        """Records whose group's name probably means the same as `name`. One query unless there are any."""


class OperationRepository(Protocol):
    def submit(
        self,
        operation: Operation,
        *,
        expected: ExpectedVersion | None,
        events: Sequence[OutboxEvent],
        audit: AuditEntry | None,
    ) -> None:
        """One transaction: the expected version, the lock (if it takes one), the operation, events and audit entry.

        `SubmissionConflict` if any condition failed, which includes an operation with the same id; nothing was written
        then.
        """

    def operation(self, operation_id: str) -> Operation | None:
        """Consistent read."""

    def operations(self, operation_ids: Iterable[str], *, skip_unreadable: bool = False) -> dict[str, Operation]:
        """Consistent reads in batches, by id. Operations that are no longer stored are left out, and with
        `skip_unreadable` those that this release cannot read; otherwise `UnknownSchema` for one of them."""

    def open_on(self, entity: EntityRef) -> Operation | None:
        """The operation that holds the entity's lock. Consistent read."""

    def last_on(self, entity: EntityRef) -> Operation | None:
        """The newest settled operation that held the entity's lock, while it is still stored. Consistent read."""

    def operations_on(self, entities: Iterable[EntityRef]) -> list[Operation]:
        """What `open_on` and `last_on` return for each of these. Consistent reads in batches; those that this release
        cannot read are left out."""

    def claim(
        self,
        operation: Operation,
        claimed: Operation,
        *,
        events: Sequence[OutboxEvent] = (),
        audit: AuditEntry | None = None,
    ) -> None:
        """Replace `operation`, if its state, lease and attempts are unchanged, by `claimed`. `LeaseLost` otherwise."""

    def save(
        self,
        operation: Operation,
        *,
        lease: str | None,
        events: Sequence[OutboxEvent] = (),
        audit: AuditEntry | None = None,
        change: RecordChange | None = None,
        was: OperationState = OperationState.NEEDS_RESOLUTION,
        attempts: int | None = None,
    ) -> None:
        """One transaction: the operation, the record change, events and audit entry, if `lease` is still its lease.

        A settled operation is stored without encrypted input and `due`, and its lock is released. With `lease` None: if
        it has no lease and still has the state `was` and, if given, `attempts`. Otherwise `LeaseLost` or
        `ConcurrentUpdate`, and nothing was written.
        """

    def due(self, now: int, *, limit: int) -> list[str]:
        """Ids of people's due operations that are not deferred, longest due first. From an index, so it may lag."""

    def due_refreshes(self, now: int, *, limit: int) -> list[str]:
        """Like `due`, for automatic refreshes, which are listed separately so that they delay nobody."""

    def unreadable(self, now: int, *, limit: int) -> list[str]:
        """Like `due`, for operations that were set aside."""

    def set_aside(self, operation_id: str, now: int) -> None:
        """An operation that this release cannot read is listed apart, and due again later; nothing if it is not due."""

    def oldest_due(self, now: int) -> int | None:
        """The earliest `due` of all due operations; None if there is none. From an index."""

    def awaiting_resolution(self) -> list[int]:
        """The submission times of operations that need a manual resolution, earliest first. From an index."""

    def waiting_for_people(self, *, limit: int) -> list[str]:
        """The ids of operations that need a manual resolution, longest waiting first, then of those that await
        confirmation, soonest end date first: up to `limit` of each. From an index, so it may lag."""

    def awaiting_confirmation(self, *, limit: int) -> list[Operation]:
        """The operations that await confirmation, soonest end date first. Found by an index, then read consistently."""

    def deferred_due(self, now: int, *, limit: int) -> list[str]:
        """Like `due`, for operations that were deferred by a pause."""

    def oldest_deferred_due(self, now: int) -> int | None:
        """Like `oldest_due`, for deferred operations."""


class PauseRepository(Protocol):
    def history(self) -> PauseHistory:
        """Consistent read. Without any pause so far, sending is allowed."""

    def save(
        self,
        before: PauseHistory,
        after: PauseHistory,
        *,
        event: OutboxEvent | None = None,
        audit: AuditEntry | None = None,
    ) -> bool:
        """One transaction; False if the history was saved since `before` was read."""


class CarriersRepository(Protocol):
    def file(self) -> CarriersFile | None:
        """Consistent read; None if none was stored yet."""

    def save(self, before: CarriersFile, after: CarriersFile) -> bool:
        """False if it was saved since `before` was read."""


class AbsenceRepository(Protocol):
    def absences(self) -> Absences:
        """Consistent read."""

    def save(self, before: Absences, after: Absences, events: Sequence[OutboxEvent], audit: AuditEntry) -> bool:
        """One transaction; False if the absences were saved since `before` was read, or if one of the events exists."""


class HealthRepository(Protocol):
    def health_check(self, component: Component) -> HealthCheck | None:
        """The newest health check; None if there is none yet."""

    def save(self, health_check: HealthCheck) -> None:
        """Replaces the previous health check."""


class OutboxRepository(Protocol):
    def event(self, event_id: str) -> OutboxEvent | None: ...

    def due(self, now: int, *, limit: int) -> list[str]:
        """Like `OperationRepository.due`; then events that were set aside."""

    def unreadable(self, now: int, *, limit: int) -> list[str]:
        """Like `OperationRepository.unreadable`."""

    def set_aside(self, event_id: str, now: int) -> None:
        """Like `OperationRepository.set_aside`."""

    def oldest_due(self, now: int) -> int | None:
        """Like `OperationRepository.due`."""

    def put(self, event: OutboxEvent, audit: AuditEntry | None = None) -> bool:
        """Put an event on its own, such as a summary, in one transaction with the audit entry of the person who caused
        it. False if the id exists: nothing is written then."""

    def request(self, event: OutboxEvent) -> None:
        """Put an event that replaces an earlier request of the same id, delivered or not; nothing if that is not
        earlier."""

    def mark_delivered(self, event: OutboxEvent, now: int) -> None:
        """Remove it from the due index for good; nothing if a later request has replaced it."""

    def postpone(self, event: OutboxEvent, due: int, *, failed: bool) -> None:
        """Set a new `due`.

        `failed` counts an attempt, which makes the next pause longer. Waiting for a turn does not count.
        `event.waiting_since` is saved too.
        """

    def mark_late(self, event_id: str) -> None:
        """A later line was posted before this event's. Changes nothing if the event has been delivered."""


class MessageRepository(Protocol):
    def reserve(self, key: MessageKey, *, lease: str, now: int, lease_seconds: int) -> MessageRecord | None:
        """Take the lease on this message; None while another worker holds it."""

    def record_post(self, message_record: MessageRecord, *, ts: str, posted_channel: str, fingerprint: str) -> None:
        """Save what the message shows, and keep the lease. `LeaseLost` if it expired and another worker took it."""

    def hold(self, message_record: MessageRecord, *, until: int) -> None:
        """Keep the lease until then (Unix seconds); does nothing if it was lost."""

    def save_search(self, message_record: MessageRecord, *, cursor: str | None, since: int) -> None:
        """Save where an interrupted search continues, for the next lease holder only; nothing if the lease was lost."""

    def release(self, message_record: MessageRecord, *, closed: bool = False) -> None:
        """Release the lease; does nothing if it was lost."""

    def link(self, key: MessageKey) -> MessageLink | None:
        """The message's link; None until it is posted."""

    def is_reserved(self, key: MessageKey) -> bool:
        """Whether a worker ever intended to post the message, so that it may be in Slack. Consistent read."""

    def live(self, channel: str, key_prefix: str) -> list[MessageKey]:
        """The posted messages in this channel that are not closed and whose name has this prefix. Consistent read."""


class PeopleRepository(Protocol):
    def person(self, user_id: str) -> Person | None: ...

    def save_person(self, person: Person) -> None: ...

    def members(self, group_ids: Iterable[str]) -> dict[str, GroupMembers]: ...

    def save_members(self, members: GroupMembers) -> None: ...


class GrantRepository(Protocol):
    def snapshot(self) -> GrantSnapshot | None:
        """The latest snapshot of who holds which right. Consistent read."""

    def save(self, snapshot: GrantSnapshot, entries: Sequence[AuditEntry]) -> bool:
        """One transaction of at most a hundred parts, on condition that the previous revision is still stored.

        False if it is not; then nothing was written.
        """


class PollingRepository(Protocol):
    def cursor(self, kind: EntityKind) -> PollCursor | None:
        """`UnknownSchema` if it was written by a newer release."""

    def replace_cursor(self, kind: EntityKind, cursor: PollCursor) -> None:
        """Replaces the cursor whatever it holds."""

    def save(self, kind: EntityKind, cursor: PollCursor) -> bool:
        """Writes the cursor with its revision raised by one, on condition that the revision is still the one read
        (0: not there yet). False where another poll was first."""

    def park(self, kind: EntityKind, parked: ParkedRow) -> bool:
        """True where it was not parked yet."""

    def unpark(self, kind: EntityKind, row_id: str) -> None: ...

    def parked(self, kind: EntityKind) -> list[ParkedRow]:
        """An entry that this release cannot read is listed with that reason: its row is still not followed."""


class AuditWriter(Protocol):
    def append(self, entry: AuditEntry) -> None: ...


class AuditRepository(AuditWriter, Protocol):
    def entries(self, entity: EntityRef, *, limit: int) -> list[AuditEntry]:
        """The newest first. Consistent."""

    def of_day(self, day: date, *, before: int) -> Iterator[AuditEntry]:
        """Of this day (UTC), those older than `before`, oldest first. An index: may lag by a moment."""


class Encryptor(Protocol):
    def encrypt(self, sensitive: SensitiveFields, operation_id: str) -> str:
        """Encrypts under the KMS key, bound to the operation's id."""

    def decrypt(self, encrypted: str, operation_id: str) -> SensitiveFields: ...
