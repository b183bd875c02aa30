"""Submit what a person asked for as one operation. Nothing is sent to Noyo here."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, tzinfo

from bot import policies
from bot.domain.corrections import without_names
from bot.domain.operations import Operation, OperationKind, OperationState, ReplyTo
from bot.domain.outbox import ExpectedVersion, OutboxEvent, announced, newest_events
from bot.domain.people import AuditEntry, Permission, authorize_decision_on
from bot.domain.record_states import RecordState, decidable, disconnectable
from bot.domain.records import Connection, EntityRef, pending_connection_ref, pending_disconnection_ref
from bot.domain.requests import (
    ConnectionRequest,
    DecisionRequest,
    DisconnectionReason,
    DisconnectionRequest,
    OperationInput,
    RefreshRequest,
    RetainedFields,
    RetryRequest,
    SensitiveFields,
    confirmation_deadline,
)
from bot.errors import ObserveOnly, SubmissionConflict
from bot.telemetry import LogEvent, entity_label, log_event, trace_context
from bot.usecases.dependencies import Dependencies

KIND_OF_INPUT: dict[type[OperationInput], OperationKind] = {
    ConnectionRequest: OperationKind.REQUEST_CONNECTION,
    RetryRequest: OperationKind.RETRY_CONNECTION,
    DecisionRequest: OperationKind.DECIDE_DISCONNECTION,
    DisconnectionRequest: OperationKind.CREATE_DISCONNECTION,
    RefreshRequest: OperationKind.REFRESH_RECORD,
}


@dataclass(frozen=True, slots=True)
class Submitted:
    """Accepted, now or when the same click or submission arrived before."""

    operation: Operation


@dataclass(frozen=True, slots=True)
class Conflict:
    """Not accepted: this operation is open already."""

    operation: Operation


@dataclass(frozen=True, slots=True)
class RecordChanged:
    """Not accepted: the record is no longer what the person saw."""

    now: RecordState | None


@dataclass(frozen=True, slots=True)
class NotAllowed:
    """Not accepted: the person may not decide on this record."""

    permission: Permission


SubmitResult = Submitted | Conflict | RecordChanged


# ---------------------------------------------------------------- what can be asked for


def request_connection(
    operation_id: str,
    actor: str,
    *,
    wanted: ConnectionRequest,
    sensitive: SensitiveFields,
    retained: tuple[RetainedFields, ...] = (),
    reply_to: ReplyTo,
    deps: Dependencies,
) -> SubmitResult:
    """Connect a group; one request at a time for a carrier and carrier group id.

    The EIN of an existing group is not sent, because Noyo accepts none. `retained`: from the refused request that this
    one corrects; what was typed now replaces it.
    """
    unused = set(sensitive.names)
    if wanted.group_id is not None:
        sensitive = replace(sensitive, federal_ein=None)
        unused.add("federal_ein")
    encrypted = _encrypted(sensitive, operation_id, deps)
    wanted = replace(wanted, encrypted=encrypted, typed=sensitive.names, retained=without_names(retained, unused))
    entity = pending_connection_ref(wanted.carrier_id, wanted.carrier_group_id)
    return _submit(new_operation(operation_id, entity, wanted, actor, reply_to, deps), None, deps)


def retry_connection(
    operation_id: str,
    actor: str,
    *,
    shown: RecordState,
    wanted: RetryRequest,
    sensitive: SensitiveFields,
    reply_to: ReplyTo,
    deps: Dependencies,
) -> SubmitResult:
    """Retry, if the record is still as `shown`. Values that are None or not typed stay as they are at Noyo."""
    record = shown.record
    if isinstance(record, Connection) and record.carrier_group_id == wanted.carrier_group_id:
        wanted = replace(wanted, carrier_group_id=None)
    wanted = replace(wanted, encrypted=_encrypted(sensitive, operation_id, deps))
    operation = new_operation(operation_id, shown.entity, wanted, actor, reply_to, deps)
    operation = replace(operation, last_events=newest_events(shown))
    return _submit(operation, ExpectedVersion(shown.entity, record.version), deps)


def decide(
    operation_id: str, actor: str, *, shown: RecordState, wanted: DecisionRequest, reply_to: ReplyTo, deps: Dependencies
) -> SubmitResult | NotAllowed:
    """Approve or reject a disconnection request, if it is still as `shown`; one decision at a time.

    What was shown as decided is not decided again, even if Noyo would accept that.
    """
    permission = authorize_decision_on(shown.requester, actor, deps.policy)
    if not permission.allowed:
        return NotAllowed(permission)
    operation = new_operation(operation_id, shown.entity, wanted, actor, reply_to, deps)
    if not decidable(shown):
        operation = replace(operation, shown_version=shown.record.version)
        return _audited(operation, find_conflict(operation, shown.entity, deps), deps)
    operation = replace(operation, last_events=newest_events(shown))
    return _submit(operation, ExpectedVersion(shown.entity, shown.record.version), deps)


@dataclass(frozen=True, slots=True)
class DisconnectionInput:
    """What the person chose and typed."""

    effective_end_date: date
    reason: DisconnectionReason
    context: str | None = None


def request_disconnection(
    operation_id: str,
    actor: str,
    *,
    shown: RecordState,
    wish: DisconnectionInput,
    needs_second: bool,
    timezone: tzinfo,
    reply_to: ReplyTo,
    deps: Dependencies,
) -> SubmitResult:
    """Disconnect a group, if the connection is still as `shown`; one request at a time for a group and carrier.

    With `needs_second` it awaits confirmation, until the end of its last managed day in `timezone`.
    """
    record = shown.record
    if not disconnectable(shown, None) or not isinstance(record, Connection) or record.group_id is None:
        return RecordChanged(deps.records.record_state(shown.entity))
    wanted = DisconnectionRequest(
        group_id=record.group_id,
        carrier_id=record.carrier_id,
        group_name=record.group_name or "",
        effective_end_date=wish.effective_end_date,
        reason=wish.reason,
        connection=record.entity,
        context=wish.context,
    )
    entity = pending_disconnection_ref(record.group_id, record.carrier_id)
    operation = new_operation(operation_id, entity, wanted, actor, reply_to, deps)
    if needs_second:
        until = confirmation_deadline(wish.effective_end_date, operation.submitted_at, timezone)
        operation = replace(operation, state=OperationState.AWAITING_CONFIRMATION, due=until)
    return _submit(operation, ExpectedVersion(record.entity, record.version), deps)


def refresh(
    operation_id: str,
    actor: str | None,
    entity: EntityRef,
    *,
    because: str,
    reply_to: ReplyTo,
    deps: Dependencies,
    group_name: str | None = None,
) -> SubmitResult:
    """Read a record or all connections of a group from Noyo soon, for a person or because Noyo reported a change."""
    wanted = RefreshRequest(because, group_name)
    return _submit(new_operation(operation_id, entity, wanted, actor, reply_to, deps), None, deps)


def record_outdated(
    operation_id: str,
    actor: str,
    entity: EntityRef,
    wanted: OperationInput,
    *,
    shown_version: str | None,
    deps: Dependencies,
) -> SubmitResult:
    """Audit a submission that was made for an outdated version, and return the conflict."""
    operation = new_operation(operation_id, entity, wanted, actor, ReplyTo(), deps)
    operation = replace(operation, shown_version=shown_version)
    return _audited(operation, find_conflict(operation, entity, deps), deps)


def new_operation(
    operation_id: str,
    entity: EntityRef,
    wanted: OperationInput,
    actor: str | None,
    reply_to: ReplyTo,
    deps: Dependencies,
) -> Operation:
    now = deps.now()
    kind, state = KIND_OF_INPUT[type(wanted)], OperationState.PENDING
    return Operation(operation_id, entity, kind, wanted, state, actor, now, due=now, reply_to=reply_to)


def _encrypted(sensitive: SensitiveFields, operation_id: str, deps: Dependencies) -> str | None:
    return deps.encryptor.encrypt(sensitive, operation_id) if sensitive.any_given else None


# ---------------------------------------------------------------- submitting


def _submit(operation: Operation, expected: ExpectedVersion | None, deps: Dependencies) -> SubmitResult:
    operation = replace(operation, shown_version=expected.version if expected else None)
    with trace_context(operation.id):
        result = _submit_unless_conflict(operation, expected, deps)
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


def _submit_unless_conflict(operation: Operation, expected: ExpectedVersion | None, deps: Dependencies) -> SubmitResult:
    """`ObserveOnly` if Switchboard accepts nothing that it would have to send. A pause defers what is accepted."""
    if operation.changes_noyo and deps.sending_guard.observes_only:
        raise ObserveOnly
    now = operation.submitted_at
    events: tuple[OutboxEvent, ...] = ()
    if operation.kind is not OperationKind.REFRESH_RECORD:
        operation, event = announced(operation, now)
        events = (event,)
    audit = None if operation.is_automatic else _audit_entry("operation_submitted", operation, {}, deps)
    if operation.waits_to_be_sent:
        operation = replace(operation, deferred_by=deps.sending_guard.active_pause())
    result: SubmitResult = RecordChanged(None)
    for _ in range(policies.SUBMIT_ATTEMPTS):
        try:
            deps.operations.submit(operation, expected=expected, events=events, audit=audit)
        except SubmissionConflict:
            result = find_conflict(operation, expected.entity if expected else operation.entity, deps)
        else:
            return Submitted(operation)
        if not _conflict_is_over(result, expected):
            break
    return _audited(operation, result, deps)


def _conflict_is_over(result: SubmitResult, expected: ExpectedVersion | None) -> bool:
    """Whether the conflicting operation was settled before we read it, and left the record as it was shown."""
    if not isinstance(result, RecordChanged):
        return False
    return expected is None or (result.now is not None and result.now.record.version == expected.version)


def find_conflict(operation: Operation, shown: EntityRef, deps: Dependencies) -> SubmitResult:
    """A repeat must succeed, so look for the same operation first, then for a conflicting one, then at the record."""
    before = deps.operations.operation(operation.id)
    if before is not None:
        return Submitted(before) if _is_same(before, operation) else Conflict(before)
    holder = deps.operations.open_on(operation.entity)
    if holder is not None:
        return Conflict(holder)
    return RecordChanged(deps.records.record_state(shown))


def _is_same(before: Operation, operation: Operation) -> bool:
    """Whether the same was asked for. Encrypted text differs each time and is dropped when the operation is settled,
    so only its presence can be compared."""
    if _comparable(before) != _comparable(operation):
        return False
    return before.state.settled or (before.encrypted is None) == (operation.encrypted is None)


def _comparable(operation: Operation) -> tuple[EntityRef, OperationInput]:
    wanted = operation.input
    if isinstance(wanted, ConnectionRequest | RetryRequest):
        wanted = wanted.without_sensitive()
    return operation.entity, wanted


# ---------------------------------------------------------------- the audit log


def _audited(operation: Operation, result: SubmitResult, deps: Dependencies) -> SubmitResult:
    """Audit a submission that was not accepted. A repeat of an accepted one was audited before."""
    if not isinstance(result, Submitted) and not operation.is_automatic:
        entry = _audit_entry("submission_conflict", operation, _conflict_details(result), deps)
        deps.audit.append(entry)
    return result


def _conflict_details(result: Conflict | RecordChanged) -> dict[str, str]:
    if isinstance(result, Conflict):
        first = result.operation
        return {"because": "already_submitted", "first": first.id, "first_by": first.actor or ""}
    version = {"version_now": result.now.record.version} if result.now is not None else {}
    return {"because": "changed", **version}


def _audit_entry(action: str, operation: Operation, more: dict[str, str], deps: Dependencies) -> AuditEntry:
    return AuditEntry(
        id=deps.new_id(),
        entity=operation.entity,
        at=operation.submitted_at,
        actor=operation.actor,
        action=action,
        details=tuple((operation.audit_details | more).items()),
        origin=deps.origin,
    )
