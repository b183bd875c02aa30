"""Use case: place what a person asked for as one operation; nothing is sent to Noyo here."""

from __future__ import annotations

from dataclasses import dataclass, replace

from bot.domain import news as telling
from bot.domain import subjects
from bot.domain.operations import (
    AnswerTo,
    ConnectionRequest,
    DecisionRequest,
    LookRequest,
    Operation,
    OperationInput,
    OperationKind,
    OperationState,
    RetryRequest,
    Sensitive,
)
from bot.domain.people import Permission, Policy, may_decide_on_what
from bot.domain.records import Connection, ConnectionStatus, DisconnectionStatus
from bot.domain.subjects import Subject
from bot.domain.tracking import Tracked
from bot.errors import NotPlaced, OnlyWatches
from bot.ports import (
    WORKER,
    AuditEntry,
    Clock,
    Expected,
    KeepsOperations,
    KeepsRecords,
    NewId,
    Origin,
    Sealer,
    WritesAudit,
)
from bot.usecases.gate import Gate
from bot.usecases.steps import Step, about, following, tell

ATTEMPTS = 3
"""What stood in the way may be gone by the time we look."""


@dataclass(frozen=True, slots=True)
class Placed:
    """It is on its way; also where the very same was placed before (the same click or submission twice)."""

    operation: Operation


@dataclass(frozen=True, slots=True)
class InTheWay:
    """Not placed: this operation is on its way already."""

    operation: Operation


@dataclass(frozen=True, slots=True)
class Changed:
    """Not placed: the record is no longer what the person saw."""

    now: Tracked | None


@dataclass(frozen=True, slots=True)
class NotAllowed:
    """Not placed: the person may not decide on this one."""

    permission: Permission


Placing = Placed | InTheWay | Changed


@dataclass(frozen=True, slots=True)
class Tools:
    """What placing touches. Without a policy nobody decides on what they asked for."""

    operations: KeepsOperations
    records: KeepsRecords
    sealer: Sealer
    clock: Clock
    new_id: NewId
    gate: Gate
    audit: WritesAudit
    policy: Policy = Policy("")
    origin: Origin = WORKER
    """Where what is placed comes from."""


def request_connection(
    operation_id: str,
    actor: str,
    *,
    carrier_id: str,
    carrier_group_id: str,
    group_name: str,
    sensitive: Sensitive,
    answer_to: AnswerTo,
    tools: Tools,
) -> Placing:
    """Asks Noyo, by an operation, for a new group's connection; one at a time for a carrier and carrier group id."""
    wanted = ConnectionRequest(
        carrier_id, carrier_group_id, group_name, _sealed(sensitive, operation_id, tools)
    )
    operation = new_operation(
        operation_id,
        subjects.request(carrier_id, carrier_group_id),
        OperationKind.REQUEST_CONNECTION,
        wanted,
        actor,
        answer_to,
        tools,
    )
    return place_operation(operation, None, tools)


def retry_connection(
    operation_id: str,
    actor: str,
    *,
    shown: Tracked,
    carrier_group_id: str | None,
    sensitive: Sensitive,
    answer_to: AnswerTo,
    tools: Tools,
) -> Placing:
    """Asks Noyo to try again, on condition that the record is still `shown`. None and not typed mean unchanged."""
    record = shown.record
    same = isinstance(record, Connection) and record.carrier_group_id == carrier_group_id
    wanted = RetryRequest(None if same else carrier_group_id, _sealed(sensitive, operation_id, tools))
    operation = new_operation(
        operation_id,
        shown.subject,
        OperationKind.RETRY_CONNECTION,
        wanted,
        actor,
        answer_to,
        tools,
    )
    operation = replace(operation, shown_version=record.version)
    return place_operation(operation, Expected(shown.subject, record.version), tools)


def decide(
    operation_id: str,
    actor: str,
    *,
    shown: Tracked,
    wanted: DecisionRequest,
    answer_to: AnswerTo,
    tools: Tools,
) -> Placing | NotAllowed:
    """Approves or rejects a request to disconnect, on condition that it is still `shown`; one decision at a time.

    What was shown as decided already is not decided once more, whatever Noyo would make of that.
    """
    permission = may_decide_on_what(shown.asker, actor, tools.policy)
    if not permission.allowed:
        return NotAllowed(permission)
    operation = new_operation(
        operation_id,
        shown.subject,
        OperationKind.DECIDE_DISCONNECTION,
        wanted,
        actor,
        answer_to,
        tools,
    )
    operation = replace(operation, shown_version=shown.record.version)
    if not decidable(shown):
        return _noted(operation, why_not(operation, shown.subject, tools), tools)
    return place_operation(operation, Expected(shown.subject, shown.record.version), tools)


def outdated(
    operation_id: str,
    actor: str,
    subject: Subject,
    kind: OperationKind,
    wanted: OperationInput,
    *,
    shown_version: str | None,
    tools: Tools,
) -> Placing:
    """For what was submitted on another version than the one held: what stands in its way, which the trail keeps."""
    operation = new_operation(operation_id, subject, kind, wanted, actor, AnswerTo(), tools)
    operation = replace(operation, shown_version=shown_version)
    return _noted(operation, why_not(operation, subject, tools), tools)


def decidable(tracked: Tracked) -> bool:
    return tracked.status is DisconnectionStatus.NEEDS_REVIEW


def look(
    operation_id: str, actor: str | None, subject: Subject, *, because: str, answer_to: AnswerTo, tools: Tools
) -> Placing:
    """Reads the record at Noyo as soon as may be; for a person, or because Noyo said that it changed."""
    operation = new_operation(
        operation_id, subject, OperationKind.LOOK, LookRequest(because), actor, answer_to, tools
    )
    return place_operation(operation, None, tools)


def retryable(tracked: Tracked, *, at_action_required: bool) -> bool:
    """Whether a connection in this status may be retried: Noyo documents it for `unable_to_connect`."""
    allowed = {ConnectionStatus.UNABLE_TO_CONNECT}
    if at_action_required:
        allowed.add(ConnectionStatus.ACTION_REQUIRED)
    return isinstance(tracked.record, Connection) and tracked.status in allowed


def new_operation(
    operation_id: str,
    subject: Subject,
    kind: OperationKind,
    wanted: OperationInput,
    actor: str | None,
    answer_to: AnswerTo,
    tools: Tools,
) -> Operation:
    now = int(tools.clock())
    return Operation(
        id=operation_id,
        subject=subject,
        kind=kind,
        input=wanted,
        state=OperationState.PENDING,
        actor=actor,
        placed_at=now,
        due=now,
        answer_to=answer_to,
    )


def _sealed(sensitive: Sensitive, operation_id: str, tools: Tools) -> str | None:
    return tools.sealer.seal(sensitive, operation_id) if sensitive.typed else None


def place_operation(operation: Operation, expected: Expected | None, tools: Tools) -> Placing:
    with following(operation.id):
        placing = _placed(operation, expected, tools)
        tell(
            Step.PLACED,
            kind=operation.kind.value,
            subject=about(operation.subject),
            came=_CAME[type(placing)],
            in_the_way=placing.operation.id if isinstance(placing, InTheWay) else None,
        )
    return placing


_CAME: dict[type[Placing], str] = {Placed: "on-its-way", InTheWay: "in-the-way", Changed: "changed"}


def _placed(operation: Operation, expected: Expected | None, tools: Tools) -> Placing:
    """`OnlyWatches` where nothing is taken on that would be sent to Noyo. While sending is paused it is kept."""
    if operation.writes and tools.gate.watches:
        raise OnlyWatches
    now = operation.placed_at
    news = () if operation.kind is OperationKind.LOOK else (telling.of_operation(operation, now),)
    audit = None if operation.unasked else _audit(operation, tools)
    if operation.writes and operation.state is OperationState.PENDING:
        operation = replace(operation, kept=tools.gate.shut())
    placing: Placing = Changed(None)
    for _ in range(ATTEMPTS):
        try:
            tools.operations.place(operation, expected=expected, news=news, audit=audit)
        except NotPlaced:
            placing = why_not(operation, expected.subject if expected else operation.subject, tools)
        else:
            return Placed(operation)
        if not _gone_by_now(placing, expected):
            break
    return _noted(operation, placing, tools)


def _noted(operation: Operation, placing: Placing, tools: Tools) -> Placing:
    """Whoever asked and was turned away is in the trail too. The very same once more is no new deed."""
    if not isinstance(placing, Placed) and not operation.unasked:
        details = (*_asked(operation), *_in_its_way(placing).items())
        entry = AuditEntry(
            tools.new_id(),
            operation.subject,
            operation.placed_at,
            operation.actor,
            "not_placed",
            details,
            tools.origin,
        )
        tools.audit.audit(entry)
    return placing


def _audit(operation: Operation, tools: Tools) -> AuditEntry:
    return AuditEntry(
        id=tools.new_id(),
        subject=operation.subject,
        at=operation.placed_at,
        actor=operation.actor,
        deed="operation_placed",
        details=_asked(operation),
        origin=tools.origin,
    )


def _in_its_way(placing: InTheWay | Changed) -> dict[str, str]:
    if isinstance(placing, InTheWay):
        first = placing.operation
        return {"because": "somebody_was_first", "first": first.id, "first_by": first.actor or ""}
    now = placing.now
    return {"because": "changed"} | ({"version_now": now.record.version} if now is not None else {})


def _gone_by_now(placing: Placing, expected: Expected | None) -> bool:
    """Whether what stood in the way ended between the refusal and the look, and left the record as it was shown."""
    if not isinstance(placing, Changed):
        return False
    return expected is None or (placing.now is not None and placing.now.record.version == expected.version)


def _asked(operation: Operation) -> tuple[tuple[str, str], ...]:
    shown = {"shown_version": operation.shown_version} if operation.shown_version else {}
    details = {"operation": operation.id, "kind": operation.kind.value, **shown, **operation.decides}
    return tuple(details.items())


def why_not(operation: Operation, shown: Subject, tools: Tools) -> Placing:
    """Looked up in the order that keeps a repeat a success: itself, then who was first, then what moved."""
    before = tools.operations.operation(operation.id)
    if before is not None:
        return Placed(before) if _same(before, operation) else InTheWay(before)
    holder = tools.operations.open_on(operation.subject)
    if holder is not None:
        return InTheWay(holder)
    return Changed(tools.records.tracked(shown))


def _same(before: Operation, operation: Operation) -> bool:
    """Whether the same was asked for. Of the sealed part, which differs each time and is dropped once settled, only
    whether anything was typed can be compared."""
    if _open_input(before) != _open_input(operation):
        return False
    return before.state.settled or _typed(before) == _typed(operation)


def _typed(operation: Operation) -> bool:
    wanted = operation.input
    return isinstance(wanted, ConnectionRequest | RetryRequest) and wanted.sealed is not None


def _open_input(operation: Operation) -> tuple[Subject, OperationInput]:
    wanted = operation.input
    if isinstance(wanted, ConnectionRequest | RetryRequest):
        wanted = replace(wanted, sealed=None)
    return operation.subject, wanted
