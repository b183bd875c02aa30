"""Place what a person asked for as one operation; nothing is sent to Noyo here."""

from __future__ import annotations

from dataclasses import dataclass, replace

from bot.domain import entities
from bot.domain import outbox as telling
from bot.domain.audit import AuditEntry
from bot.domain.entities import EntityRef
from bot.domain.operations import (
    ConnectionRequest,
    DecisionRequest,
    Operation,
    OperationInput,
    OperationKind,
    OperationState,
    RefreshRequest,
    ReplyTo,
    RetryRequest,
    SensitiveFields,
)
from bot.domain.people import Permission, authorize_decision_on
from bot.domain.record_changes import ExpectedVersion
from bot.domain.record_states import RecordState
from bot.domain.records import Connection, ConnectionStatus, DisconnectionStatus
from bot.errors import ObserveOnly, SubmissionConflict
from bot.telemetry import LogEvent, entity_label, log_event, trace_context
from bot.usecases.dependencies import Dependencies

ATTEMPTS = 3
"""What stood in the way may be gone by the time we look."""


@dataclass(frozen=True, slots=True)
class Submitted:
    """It is on its way; also where the very same was placed before (the same click or submission twice)."""

    operation: Operation


@dataclass(frozen=True, slots=True)
class Conflict:
    """Not placed: this operation is on its way already."""

    operation: Operation


@dataclass(frozen=True, slots=True)
class RecordChanged:
    """Not placed: the record is no longer what the person saw."""

    now: RecordState | None


@dataclass(frozen=True, slots=True)
class NotAllowed:
    """Not placed: the person may not decide on this one."""

    permission: Permission


SubmitResult = Submitted | Conflict | RecordChanged


def request_connection(
    operation_id: str,
    actor: str,
    *,
    carrier_id: str,
    carrier_group_id: str,
    group_name: str,
    sensitive: SensitiveFields,
    reply_to: ReplyTo,
    deps: Dependencies,
) -> SubmitResult:
    """Asks Noyo, by an operation, for a new group's connection; one at a time for a carrier and carrier group id."""
    wanted = ConnectionRequest(
        carrier_id, carrier_group_id, group_name, _sealed(sensitive, operation_id, deps)
    )
    operation = new_operation(
        operation_id,
        entities.pending_connection_ref(carrier_id, carrier_group_id),
        OperationKind.REQUEST_CONNECTION,
        wanted,
        actor,
        reply_to,
        deps,
    )
    return submit_operation(operation, None, deps)


def retry_connection(
    operation_id: str,
    actor: str,
    *,
    shown: RecordState,
    carrier_group_id: str | None,
    sensitive: SensitiveFields,
    reply_to: ReplyTo,
    deps: Dependencies,
) -> SubmitResult:
    """Asks Noyo to try again, on condition that the record is still `shown`. None and not typed mean unchanged."""
    record = shown.record
    same = isinstance(record, Connection) and record.carrier_group_id == carrier_group_id
    wanted = RetryRequest(None if same else carrier_group_id, _sealed(sensitive, operation_id, deps))
    operation = new_operation(
        operation_id,
        shown.entity,
        OperationKind.RETRY_CONNECTION,
        wanted,
        actor,
        reply_to,
        deps,
    )
    operation = replace(operation, shown_version=record.version)
    return submit_operation(operation, ExpectedVersion(shown.entity, record.version), deps)


def decide(
    operation_id: str,
    actor: str,
    *,
    shown: RecordState,
    wanted: DecisionRequest,
    reply_to: ReplyTo,
    deps: Dependencies,
) -> SubmitResult | NotAllowed:
    """Approves or rejects a request to disconnect, on condition that it is still `shown`; one decision at a time.

    What was shown as decided already is not decided once more, whatever Noyo would make of that.
    """
    permission = authorize_decision_on(shown.requester, actor, deps.policy)
    if not permission.allowed:
        return NotAllowed(permission)
    operation = new_operation(
        operation_id,
        shown.entity,
        OperationKind.DECIDE_DISCONNECTION,
        wanted,
        actor,
        reply_to,
        deps,
    )
    operation = replace(operation, shown_version=shown.record.version)
    if not decidable(shown):
        return _noted(operation, conflict_of(operation, shown.entity, deps), deps)
    return submit_operation(operation, ExpectedVersion(shown.entity, shown.record.version), deps)


def record_outdated(
    operation_id: str,
    actor: str,
    entity: EntityRef,
    kind: OperationKind,
    wanted: OperationInput,
    *,
    shown_version: str | None,
    deps: Dependencies,
) -> SubmitResult:
    """For what was submitted on another version than the one held: what stands in its way, which the trail keeps."""
    operation = new_operation(operation_id, entity, kind, wanted, actor, ReplyTo(), deps)
    operation = replace(operation, shown_version=shown_version)
    return _noted(operation, conflict_of(operation, entity, deps), deps)


def decidable(record_state: RecordState) -> bool:
    return record_state.status is DisconnectionStatus.NEEDS_REVIEW


def refresh(
    operation_id: str,
    actor: str | None,
    entity: EntityRef,
    *,
    because: str,
    reply_to: ReplyTo,
    deps: Dependencies,
) -> SubmitResult:
    """Reads the record at Noyo as soon as may be; for a person, or because Noyo said that it changed."""
    operation = new_operation(
        operation_id, entity, OperationKind.REFRESH_RECORD, RefreshRequest(because), actor, reply_to, deps
    )
    return submit_operation(operation, None, deps)


def retryable(record_state: RecordState, *, at_action_required: bool) -> bool:
    """Whether a connection in this status may be retried: Noyo documents it for `unable_to_connect`."""
    allowed = {ConnectionStatus.UNABLE_TO_CONNECT}
    if at_action_required:
        allowed.add(ConnectionStatus.ACTION_REQUIRED)
    return isinstance(record_state.record, Connection) and record_state.status in allowed


def new_operation(
    operation_id: str,
    entity: EntityRef,
    kind: OperationKind,
    wanted: OperationInput,
    actor: str | None,
    reply_to: ReplyTo,
    deps: Dependencies,
) -> Operation:
    now = int(deps.clock())
    return Operation(
        id=operation_id,
        entity=entity,
        kind=kind,
        input=wanted,
        state=OperationState.PENDING,
        actor=actor,
        submitted_at=now,
        due=now,
        reply_to=reply_to,
    )


def _sealed(sensitive: SensitiveFields, operation_id: str, deps: Dependencies) -> str | None:
    return deps.encryptor.encrypt(sensitive, operation_id) if sensitive.any_given else None


def submit_operation(
    operation: Operation, expected: ExpectedVersion | None, deps: Dependencies
) -> SubmitResult:
    with trace_context(operation.id):
        result = _placed(operation, expected, deps)
        log_event(
            LogEvent.OPERATION_SUBMITTED,
            kind=operation.kind.value,
            entity=entity_label(operation.entity),
            result=_RESULT_LABELS[type(result)],
            conflicts_with=result.operation.id if isinstance(result, Conflict) else None,
        )
    return result


_RESULT_LABELS: dict[type[SubmitResult], str] = {
    Submitted: "submitted",
    Conflict: "conflict",
    RecordChanged: "record_changed",
}


def _placed(operation: Operation, expected: ExpectedVersion | None, deps: Dependencies) -> SubmitResult:
    """`OnlyWatches` where nothing is taken on that would be sent to Noyo. While sending is paused it is kept."""
    if operation.changes_noyo and deps.sending_guard.observes_only:
        raise ObserveOnly
    now = operation.submitted_at
    event = (
        () if operation.kind is OperationKind.REFRESH_RECORD else (telling.operation_changed(operation, now),)
    )
    audit = None if operation.is_automatic else _audit(operation, deps)
    if operation.changes_noyo and operation.state is OperationState.PENDING:
        operation = replace(operation, deferred_by=deps.sending_guard.active_pause())
    result: SubmitResult = RecordChanged(None)
    for _ in range(ATTEMPTS):
        try:
            deps.operations.submit(operation, expected=expected, events=event, audit=audit)
        except SubmissionConflict:
            result = conflict_of(operation, expected.entity if expected else operation.entity, deps)
        else:
            return Submitted(operation)
        if not _gone_by_now(result, expected):
            break
    return _noted(operation, result, deps)


def _noted(operation: Operation, result: SubmitResult, deps: Dependencies) -> SubmitResult:
    """Whoever asked and was turned away is in the trail too. The very same once more is no new deed."""
    if not isinstance(result, Submitted) and not operation.is_automatic:
        details = (*_asked(operation), *_in_its_way(result).items())
        entry = AuditEntry(
            deps.new_id(),
            operation.entity,
            operation.submitted_at,
            operation.actor,
            "submission_conflict",
            details,
            deps.origin,
        )
        deps.audit.append(entry)
    return result


def _audit(operation: Operation, deps: Dependencies) -> AuditEntry:
    return AuditEntry(
        id=deps.new_id(),
        entity=operation.entity,
        at=operation.submitted_at,
        actor=operation.actor,
        action="operation_submitted",
        details=_asked(operation),
        origin=deps.origin,
    )


def _in_its_way(result: Conflict | RecordChanged) -> dict[str, str]:
    if isinstance(result, Conflict):
        first = result.operation
        return {"because": "already_submitted", "first": first.id, "first_by": first.actor or ""}
    now = result.now
    return {"because": "changed"} | ({"version_now": now.record.version} if now is not None else {})


def _gone_by_now(result: SubmitResult, expected: ExpectedVersion | None) -> bool:
    """Whether what stood in the way ended between the refusal and the look, and left the record as it was shown."""
    if not isinstance(result, RecordChanged):
        return False
    return expected is None or (result.now is not None and result.now.record.version == expected.version)


def _asked(operation: Operation) -> tuple[tuple[str, str], ...]:
    shown = {"shown_version": operation.shown_version} if operation.shown_version else {}
    details = {"operation": operation.id, "kind": operation.kind.value, **shown, **operation.audit_details}
    return tuple(details.items())


def conflict_of(operation: Operation, shown: EntityRef, deps: Dependencies) -> SubmitResult:
    """Looked up in the order that keeps a repeat a success: itself, then who was first, then what moved."""
    before = deps.operations.operation(operation.id)
    if before is not None:
        return Submitted(before) if _same(before, operation) else Conflict(before)
    holder = deps.operations.open_on(operation.entity)
    if holder is not None:
        return Conflict(holder)
    return RecordChanged(deps.records.record_state(shown))


def _same(before: Operation, operation: Operation) -> bool:
    """Whether the same was asked for. Of the sealed part, which differs each time and is dropped once settled, only
    whether anything was typed can be compared."""
    if _open_input(before) != _open_input(operation):
        return False
    return before.state.settled or _typed(before) == _typed(operation)


def _typed(operation: Operation) -> bool:
    wanted = operation.input
    return isinstance(wanted, ConnectionRequest | RetryRequest) and wanted.encrypted is not None


def _open_input(operation: Operation) -> tuple[EntityRef, OperationInput]:
    wanted = operation.input
    if isinstance(wanted, ConnectionRequest | RetryRequest):
        wanted = replace(wanted, encrypted=None)
    return operation.entity, wanted
