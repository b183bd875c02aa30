"""Find out at Noyo what became of an operation whose answer was lost, by the effect it wanted."""

from __future__ import annotations

from dataclasses import replace

from bot.domain.operations import (
    ConnectionRequest,
    DecisionRequest,
    DisconnectionRequest,
    Operation,
    OperationKind,
    OperationState,
    Outcome,
    OutcomeKind,
    RetryRequest,
)
from bot.domain.reconciliation import (
    CLOCK_DIFFERENCE_SECONDS,
    created_since_sent,
    find_retry_effect,
    is_requested_disconnection,
    shows_decision,
)
from bot.domain.record_states import RecordState
from bot.domain.records import Connection, Disconnection, Record
from bot.errors import NoAnswer, NotSent, NoyoRefused, UnreadableAnswer
from bot.usecases.dependencies import Dependencies
from bot.usecases.operations.lifecycle import (
    RECONCILIATIONS,
    reconcile_again,
    reconcile_later,
    request_resolution,
    send_again,
    settle,
)

GUARDED_BY_NOYO = frozenset({OperationKind.REQUEST_CONNECTION, OperationKind.DECIDE_DISCONNECTION})
"""Noyo refuses a double of these itself: a request as a duplicate, a decision by its version, where that is sent."""

GONE = 404


def reconcile(operation: Operation, deps: Dependencies) -> None:
    """Found: succeeded. Not there, asked twice: sent again where Noyo refuses doubles, else a person says."""
    try:
        if _settled_if_found(operation, deps):
            return
    except (NotSent, NoAnswer, UnreadableAnswer, NoyoRefused):
        reconcile_again(operation, deps)
        return
    asked = replace(operation, reconciliations=operation.reconciliations + 1)
    if asked.reconciliations < RECONCILIATIONS:
        reconcile_again(asked, deps, pause=deps.reconcile_after_seconds)
    elif operation.kind in GUARDED_BY_NOYO and not operation.unversioned:
        send_again(asked, deps)
    else:
        request_resolution(asked, OutcomeKind.UNCLEAR, deps)


def settle_if_effective(operation: Operation, deps: Dependencies, *, named: bool = False) -> bool:
    """Whether a refusal was the echo of our own success; then the operation is settled as succeeded.

    `named`: a new connection counts as ours only under the name that was asked for, since we know of no sending before.
    Where Noyo cannot be asked just now the operation is left to be checked, and counts as dealt with.
    """
    try:
        return _settled_if_found(operation, deps, named=named)
    except (NotSent, NoAnswer, UnreadableAnswer, NoyoRefused) as error:
        if isinstance(error, NoyoRefused) and error.status == GONE and operation.sends == 1:
            return False  # Sent once and refused, and there is nothing to have taken effect on.
        reconcile_later(operation, deps)
        return True


def find_duplicate(operation: Operation, deps: Dependencies) -> Connection | None:
    """The connection that is in the way of this request, where Noyo lets us see it."""
    pair = _wanted_pair(operation, deps)
    if pair is None:
        return None
    try:
        found = deps.noyo.connections_at(*pair)
    except (NotSent, NoAnswer, UnreadableAnswer, NoyoRefused):
        return None
    others = [connection for connection in found if connection.entity != operation.entity]
    return max(others, key=lambda connection: connection.modified, default=None)


def _settled_if_found(operation: Operation, deps: Dependencies, *, named: bool = False) -> bool:
    record = _effect(operation, deps)
    if named and record is not None and _under_another_name(record, operation):
        return False
    if record is None:
        return False
    found = Outcome(OutcomeKind.RECONCILED, record=record.entity)
    settle(operation, OperationState.SUCCEEDED, found, deps, record=record)
    return True


def _under_another_name(record: Record, operation: Operation) -> bool:
    wanted = operation.input
    if not isinstance(wanted, ConnectionRequest) or record.group_name is None:
        return False
    return record.group_name.casefold().split() != wanted.group_name.casefold().split()


def _effect(operation: Operation, deps: Dependencies) -> Record | None:
    if isinstance(operation.input, ConnectionRequest):
        return _made(operation, operation.input, deps)
    if isinstance(operation.input, RetryRequest):
        return _retried(operation, deps)
    if isinstance(operation.input, DecisionRequest):
        current = deps.noyo.disconnection(operation.entity.key)
        return current if shows_decision(operation, current) else None
    if isinstance(operation.input, DisconnectionRequest):
        return _asked_to_disconnect(operation, operation.input, deps)
    return None


def _made(operation: Operation, wanted: ConnectionRequest, deps: Dependencies) -> Connection | None:
    """A connection for the pair, created since we sent, that no other operation of ours asked for."""
    for connection in deps.noyo.connections_at(wanted.carrier_id, wanted.carrier_group_id):
        held = deps.records.record_state(connection.entity)
        if not _anothers(held, operation, wanted, deps) and created_since_sent(connection, operation):
            return connection
    return None


def _asked_to_disconnect(
    operation: Operation, wanted: DisconnectionRequest, deps: Dependencies
) -> Disconnection | None:
    """A request to disconnect as it was wanted, created since we sent, that no other operation of ours asked for."""
    for found in deps.noyo.disconnections_at(wanted.group_id, wanted.carrier_id):
        held = deps.records.record_state(found.entity)
        if is_requested_disconnection(found, operation) and not _is_anothers(held, operation):
            return replace(found, group_id=wanted.group_id)
    return None


def _is_anothers(held: RecordState | None, operation: Operation) -> bool:
    """Whether another operation asked for it, or it was there before we sent."""
    if held is None or held.requested_by_operation == operation.id:
        return False
    sent = operation.first_sent_at
    return held.requested_by_operation is not None or (sent is not None and held.seen_at < sent)


def _anothers(
    held: RecordState | None, operation: Operation, wanted: ConnectionRequest, deps: Dependencies
) -> bool:
    """Whether the record cannot be this operation's: it is another's, or a retry of ours made it look like this."""
    if held is None or held.requested_by_operation == operation.id:
        return False
    if _is_anothers(held, operation):
        return True
    first = next(iter(deps.records.history(held.entity, since=0)), None)
    return isinstance(first, Connection) and _was_not_born_of(first, wanted)


def _was_not_born_of(first: Connection, wanted: ConnectionRequest) -> bool:
    """With the wanted id from the first it would have been linked when we saw it; with another, a retry changed it.

    Left open where Noyo did not tell the id at first, or writes it in other letters.
    """
    born = first.carrier_group_id
    if born is None:
        return False
    return born == wanted.carrier_group_id or born.casefold() != wanted.carrier_group_id.casefold()


def _retried(operation: Operation, deps: Dependencies) -> Connection | None:
    """What Noyo shows now, where it or a version shown to us since we sent bears the mark of the retry."""
    current = deps.noyo.connection(operation.entity.key)
    since = (operation.first_sent_at or deps.now()) - CLOCK_DIFFERENCE_SECONDS
    history = deps.records.history(operation.entity, since=since)
    versions = [*_after_shown(operation, history), current]
    return current if find_retry_effect(operation, versions) is not None else None


def _after_shown(operation: Operation, history: list[Record]) -> list[Record]:
    """Without what came before the version the person saw: a first try just before it was `processing` too."""
    shown = (known.modified for known in history if known.version == operation.shown_version)
    floor = next(shown, None)
    return history if floor is None else [known for known in history if known.modified > floor]


def _wanted_pair(operation: Operation, deps: Dependencies) -> tuple[str, str] | None:
    wanted = operation.input
    if isinstance(wanted, ConnectionRequest):
        return wanted.carrier_id, wanted.carrier_group_id
    if isinstance(wanted, RetryRequest) and wanted.carrier_group_id is not None:
        held = deps.records.record_state(operation.entity)
        return (held.record.carrier_id, wanted.carrier_group_id) if held else None
    return None
