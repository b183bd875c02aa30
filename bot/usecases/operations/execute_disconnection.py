"""Send a new request to disconnect, once it is made sure that it is still right and that none is there.

Noyo documents no guard against doubles here, so what is at Noyo is read just before, and what gets no answer is never
sent again by itself.
"""

from __future__ import annotations

from dataclasses import replace

from bot.domain.operations import DisconnectionRequest, Operation, OperationState, Outcome, OutcomeKind
from bot.domain.records import Connection, ConnectionStatus, Disconnection, is_open
from bot.errors import NoAnswer, NoyoRefused, UnreadableAnswer
from bot.usecases.dependencies import Dependencies
from bot.usecases.operations.lifecycle import (
    ensure_may_send,
    reconcile_later,
    reschedule,
    settle,
    settle_confirmed,
)
from bot.usecases.operations.reconcile import settle_if_effective


def execute_disconnection(operation: Operation, wanted: DisconnectionRequest, deps: Dependencies) -> None:
    """`operation` is claimed. `NotSent` passes: nothing has left us."""
    try:
        if not _still_connected(operation, wanted, deps) or _in_the_way(operation, wanted, deps):
            return
    except NoyoRefused as refusal:
        _refused(operation, refusal, deps)
        return
    except (NoAnswer, UnreadableAnswer) as error:
        reschedule(operation, deps, why=str(error))
        return
    ensure_may_send(operation, deps)
    _send(operation, wanted, deps)


def _send(operation: Operation, wanted: DisconnectionRequest, deps: Dependencies) -> None:
    try:
        made = deps.noyo.request_disconnection(
            wanted.carrier_id,
            wanted.group_id,
            wanted.effective_end_date,
            reason=wanted.reason,
            context=wanted.context,
        )
    except NoyoRefused as refusal:
        if operation.sends == 1 or not settle_if_effective(operation, deps):
            _refused(operation, refusal, deps)
    except (NoAnswer, UnreadableAnswer):
        reconcile_later(operation, deps)
    else:
        # Noyo leaves the day and the group out of some answers; they are those that were sent.
        ends = made.effective_end_date or wanted.effective_end_date
        group_id = made.group_id or wanted.group_id
        settle_confirmed(operation, replace(made, effective_end_date=ends, group_id=group_id), deps)


def _still_connected(operation: Operation, wanted: DisconnectionRequest, deps: Dependencies) -> bool:
    """Not by the version, which may have moved for many reasons while it was held: by what was meant."""
    current = deps.noyo.connection(wanted.connection.key)
    if _is_what_was_meant(current, wanted):
        return True
    if operation.sends > 1 and settle_if_effective(operation, deps):
        return False
    changed = Outcome(OutcomeKind.CHANGED, message=current.status.value)
    settle(operation, OperationState.CANCELLED, changed, deps)
    return False


def _is_what_was_meant(current: Connection, wanted: DisconnectionRequest) -> bool:
    same = (current.group_id or wanted.group_id, current.carrier_id) == (wanted.group_id, wanted.carrier_id)
    return same and current.status is ConnectionStatus.COMPLETED


def _in_the_way(operation: Operation, wanted: DisconnectionRequest, deps: Dependencies) -> bool:
    """Whether a request to disconnect this group from this carrier is open at Noyo: ours from before, or somebody's."""
    if operation.sends > 1 and settle_if_effective(operation, deps):
        return True
    found = deps.noyo.disconnections_at(wanted.group_id, wanted.carrier_id)
    open_ones = [record for record in found if is_open(record.status)]
    if not open_ones:
        return False
    newest = max(open_ones, key=_modified)
    settle(operation, OperationState.REFUSED, Outcome(OutcomeKind.DUPLICATE, record=newest.entity), deps)
    return True


def _modified(record: Disconnection) -> int:
    return record.modified


def _refused(operation: Operation, refusal: NoyoRefused, deps: Dependencies) -> None:
    outcome = Outcome(OutcomeKind.REFUSED, message=refusal.message, status=refusal.status)
    settle(operation, OperationState.REFUSED, outcome, deps)
