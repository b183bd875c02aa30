"""The newest known state of a record, and how a new version changes it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from enum import Enum

from bot.domain.records import (
    Connection,
    ConnectionStatus,
    Disconnection,
    DisconnectionStatus,
    EntityRef,
    FieldChange,
    LocalStatus,
    Record,
    RecordField,
    Status,
    UnknownValue,
    changed_fields,
    is_deleted,
    is_open,
    needs_our_action,
)


@dataclass(frozen=True, slots=True)
class RecordState:
    """A record's newest known version, plus what only Switchboard knows about it.

    `card_key` names its card in each channel: the record's own reference, or `operation:<id>` if it was requested
    through Switchboard, so that the request's card continues. `requester` is a Slack user id. `attempts` counts the
    attempts to connect, including the first; `attempt_started_at` is when the current one started (Unix seconds).
    """

    record: Record
    card_key: str
    attempts: int
    attempt_started_at: int
    seen_at: int
    requester: str | None = None
    requested_by_operation: str | None = None
    """Id of the operation that requested this record, if it was requested through Switchboard."""
    owner: str | None = None
    """Slack user id of the person who claimed it, with the start and the end of the claim."""
    owned_since: int | None = None
    owned_until: int | None = None
    owner_revision: int = 0
    """Incremented whenever the owner changes, so that a click on an earlier claim is recognized."""
    waiting_since: int | None = None
    """Since when it has awaited a decision with this last managed day (Unix seconds); None if unknown."""
    end_date_change: FieldChange | None = None
    """How its last managed day changed last while it awaited this decision."""
    last_event: str | None = field(default=None, compare=False)
    """Id of the newest outbox event about the record; its next event follows it."""
    operation_event: str | None = field(default=None, compare=False)
    """Id of the newest event about an operation on the record since then; the next event of the record follows both."""
    revision: int = field(default=0, compare=False)
    """Incremented by every write of this state, so that a write detects a concurrent update."""

    @property
    def entity(self) -> EntityRef:
        return self.record.entity

    @property
    def status(self) -> Status:
        return self.record.status


@dataclass(frozen=True, slots=True)
class Claim:
    """A claim of one person: on which record, as which change of its owner, and since when (Unix seconds)."""

    entity: EntityRef
    owner_revision: int
    owned_since: int


def claim_of(state: RecordState | None) -> Claim | None:
    """The claim on a record; None while nobody owns it."""
    if state is None or state.owner is None:
        return None
    return Claim(state.entity, state.owner_revision, state.owned_since or 0)


def open_requester(state: RecordState | None) -> str | None:
    """Who requested a record that is still open."""
    return state.requester if state is not None and is_open(state.status) else None


_ATTEMPT_IS_OVER = frozenset(
    {ConnectionStatus.UNABLE_TO_CONNECT, ConnectionStatus.ACTION_REQUIRED, ConnectionStatus.COMPLETED}
)


class VersionOrder(Enum):
    """How a version compares with the one we have."""

    FIRST = "first"
    SAME = "same"
    NEWER = "newer"
    OLDER = "older"
    RETURNED = "returned"
    """A version of a record that was deleted at Noyo when it was last read by id."""
    UNCLEAR = "unclear"
    """Another version with the same `modified`: whole seconds do not show which is newer."""


def compare_versions(state: RecordState | None, record: Record) -> VersionOrder:
    if state is None:
        return VersionOrder.FIRST
    if state.record.version == record.version:
        return VersionOrder.SAME
    if is_deleted(state.record):
        return VersionOrder.RETURNED
    if state.record.modified == record.modified:
        return VersionOrder.UNCLEAR
    return VersionOrder.NEWER if record.modified > state.record.modified else VersionOrder.OLDER


def shows_something_new(state: RecordState, record: Record) -> bool:
    """Whether the record has another version than the one we have, or shows something else in it."""
    return state.record.version != record.version or contradicts_known(state, record)


def contradicts_known(state: RecordState, record: Record) -> bool:
    """Whether the record has another status or last managed day than we know of the same version."""
    if state.status != record.status:
        return True
    if not isinstance(record, Disconnection) or not isinstance(state.record, Disconnection):
        return False
    return record.effective_end_date not in (None, state.record.effective_end_date)


def with_known_fields(record: Record, earlier: Record) -> Record:
    """Keep the group's name and id if Noyo leaves them out of an answer, and when it was completed."""
    return replace(
        record,
        group_name=record.group_name or earlier.group_name,
        group_id=record.group_id or earlier.group_id,
        completed=_completed_at(record, earlier),
    )


def _completed_at(record: Record, earlier: Record) -> int | None:
    """A later change of a completed record does not count, and Noyo may leave out when it completed a request."""
    stays = record.status is earlier.status
    if record.status is ConnectionStatus.COMPLETED:
        return earlier.completed if stays else record.completed
    if record.status is DisconnectionStatus.COMPLETED:
        return record.completed or (earlier.completed if stays else record.modified)
    return record.completed


def new_record_state(record: Record, now: int) -> RecordState:
    return RecordState(
        record=record,
        card_key=str(record.entity),
        attempts=1,
        attempt_started_at=record.created,
        seen_at=now,
        waiting_since=_waits_since(None, record, now),
    )


def deleted_version(record: Record, now: int) -> Record:
    """The version that replaces `record` when Noyo no longer has it. `modified` is when we noticed.

    As a version of its own it makes every earlier button, form, alert and timer outdated.
    """
    return replace(
        record,
        version=f"{record.version}-deleted-{now}",
        modified=max(now, record.modified),
        status=LocalStatus.DELETED,
    )


def advance(state: RecordState, record: Record, now: int) -> RecordState:
    """The state with `record` as the newest version. A retried connection starts another attempt.

    The owner keeps the claim while the record still needs our action: what they find out remains useful.
    """
    retried = _was_retried(state.record, record)
    advanced = replace(
        state,
        record=with_known_fields(record, state.record),
        attempts=state.attempts + retried,
        attempt_started_at=record.modified if retried else state.attempt_started_at,
        seen_at=now,
        waiting_since=_waits_since(state, record, now),
        end_date_change=_end_date_change(state, record),
    )
    return advanced if needs_our_action(record.status) else release(advanced)


def _waits_since(state: RecordState | None, record: Record, now: int) -> int | None:
    if not isinstance(record, Disconnection) or record.status is not DisconnectionStatus.NEEDS_REVIEW:
        return None
    before = state.record if state is not None else None
    same_end = isinstance(before, Disconnection) and before.effective_end_date == record.effective_end_date
    if state is None or not same_end or state.status is not record.status:
        return now
    return state.waiting_since if state.waiting_since is not None else state.seen_at


def _end_date_change(state: RecordState, record: Record) -> FieldChange | None:
    if {state.status, record.status} != {DisconnectionStatus.NEEDS_REVIEW}:
        return None
    changes = changed_fields(state.record, record)
    return next((change for change in changes if change.field is RecordField.END_DATE), state.end_date_change)


def release(state: RecordState) -> RecordState:
    """The state without an owner."""
    if state.owner is None:
        return state
    return replace(state, owner=None, owned_since=None, owned_until=None, owner_revision=state.owner_revision + 1)


def _was_retried(before: Record, after: Record) -> bool:
    """A retry that we did not see start shows by a new carrier group id, which only a retry changes."""
    if not isinstance(before, Connection) or not isinstance(after, Connection):
        return False
    if before.status not in _ATTEMPT_IS_OVER:
        return False
    ids = (before.carrier_group_id, after.carrier_group_id)
    return after.status is ConnectionStatus.PROCESSING or (None not in ids and ids[0] != ids[1])


def link_to_operation(
    state: RecordState, operation_id: str, actor: str, group_name: str, group_id: str | None = None
) -> RecordState:
    """Link a record to the operation that requested it, for this group. The first link stays."""
    if state.requested_by_operation is not None:
        return state
    record = replace(
        state.record, group_name=state.record.group_name or group_name, group_id=state.record.group_id or group_id
    )
    card = operation_card_key(operation_id)
    return replace(state, record=record, requester=actor, requested_by_operation=operation_id, card_key=card)


def operation_card_key(operation_id: str) -> str:
    """The name of a request's card, before and after Noyo gave the record an id."""
    return f"operation:{operation_id}"


def retryable(record_state: RecordState, *, at_action_required: bool) -> bool:
    """Whether a connection in this status may be retried; Noyo documents it for `unable_to_connect`."""
    allowed = {ConnectionStatus.UNABLE_TO_CONNECT}
    if at_action_required:
        allowed.add(ConnectionStatus.ACTION_REQUIRED)
    return isinstance(record_state.record, Connection) and record_state.status in allowed


def decidable(record_state: RecordState) -> bool:
    return record_state.status is DisconnectionStatus.NEEDS_REVIEW


def was_connected(record_state: RecordState) -> bool:
    """Whether Noyo connected it. Noyo shows this status even while, and after, the group is disconnected."""
    return record_state.status is ConnectionStatus.COMPLETED


def ends_connection(disconnection: RecordState | None) -> bool:
    """Whether this request disconnects the group, or has done so. A waiting or rejected request does not."""
    return disconnection is not None and disconnection.status in (
        DisconnectionStatus.PROCESSING,
        DisconnectionStatus.COMPLETED,
    )


def may_end_connection(disconnection: RecordState | None) -> bool:
    """Whether this request ends the connection, or has a status that this release does not know."""
    return ends_connection(disconnection) or _has_unknown_status(disconnection)


def _has_unknown_status(disconnection: RecordState | None) -> bool:
    return disconnection is not None and isinstance(disconnection.status, UnknownValue)


def is_connected(record_state: RecordState, disconnection: RecordState | None) -> bool:
    """Whether the group is certainly connected. `disconnection`: its `current_disconnection`."""
    return was_connected(record_state) and not may_end_connection(disconnection)


def disconnectable(record_state: RecordState, disconnection: RecordState | None) -> bool:
    """Whether a disconnection may be requested: the group is connected, and Noyo has told us which group it is."""
    return is_connected(record_state, disconnection) and record_state.record.group_id is not None


def current_disconnection(record_state: RecordState, others: Iterable[RecordState]) -> RecordState | None:
    """Of all requests to disconnect a connection, the one that counts: the newest that ends it, or else that may end
    it, or else that waits.

    Records belong together only if Noyo names the same group and carrier for both.
    """
    connection = record_state.record
    if not was_connected(record_state) or connection.group_id is None:
        return None
    counting = (other for other in others if may_end_connection(other) or decidable(other))
    requests = [other for other in counting if _is_about(other.record, connection)]
    return max(requests, key=_importance, default=None)


def _importance(request: RecordState) -> tuple[bool, bool, int, int, str]:
    """If we do not know what a status means, it may end the connection, so it is more important than one that waits."""
    return ends_connection(request), _has_unknown_status(request), *_age(request.record)


def _is_about(request: Record, connection: Record) -> bool:
    """Not if it was completed before the group was connected: then it ended an earlier connection."""
    if not isinstance(request, Disconnection):
        return False
    if (request.group_id, request.carrier_id) != (connection.group_id, connection.carrier_id):
        return False
    return request.status is not DisconnectionStatus.COMPLETED or has_ended(connection, request)


def has_ended(connection: Record, request: Disconnection) -> bool:
    """Whether this request, of the same group and carrier, was completed since the group was connected.

    Noyo may complete a connection again after its disconnection. Times are in whole seconds, so both may be the same.
    """
    over = request.status is DisconnectionStatus.COMPLETED
    completed = request.completed or request.decided or request.modified
    return over and (connection.completed or connection.created) <= completed


def _age(record: Record) -> tuple[int, int, str]:
    return record.created, record.modified, record.id
