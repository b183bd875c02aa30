"""Use case: send a new request to disconnect, once it is made sure that it is still right and that none is there.

Noyo documents no guard against doubles here, so what is at Noyo is read just before, and what gets no answer is never
sent again by itself.
"""

from __future__ import annotations

from dataclasses import replace

from bot.domain.operations import DisconnectRequest, Operation, OperationState, Outcome, OutcomeKind
from bot.domain.records import Connection, ConnectionStatus, Disconnection, is_open
from bot.errors import NoAnswer, Refused, UnreadableAnswer
from bot.usecases.check import compare_first
from bot.usecases.operation_life import Tools, check_later, confirmed, put_back, settle, still_ours


def disconnect(operation: Operation, wanted: DisconnectRequest, tools: Tools) -> None:
    """`operation` is claimed. `NotSent` passes: nothing has left us."""
    try:
        if not _still_connected(operation, wanted, tools) or _in_the_way(operation, wanted, tools):
            return
    except Refused as refusal:
        _refused(operation, refusal, tools)
        return
    except (NoAnswer, UnreadableAnswer) as error:
        put_back(operation, tools, why=str(error))
        return
    still_ours(operation, tools)
    _send(operation, wanted, tools)


def _send(operation: Operation, wanted: DisconnectRequest, tools: Tools) -> None:
    try:
        made = tools.noyo.request_disconnection(
            wanted.carrier_id,
            wanted.group_id,
            wanted.effective_end_date,
            reason=wanted.reason,
            context=wanted.context,
        )
    except Refused as refusal:
        if operation.sends == 1 or not compare_first(operation, tools):
            _refused(operation, refusal, tools)
    except (NoAnswer, UnreadableAnswer):
        check_later(operation, tools)
    else:
        # Noyo leaves the day and the group out of some answers; they are those that were sent.
        ends = made.effective_end_date or wanted.effective_end_date
        group_id = made.group_id or wanted.group_id
        confirmed(operation, replace(made, effective_end_date=ends, group_id=group_id), tools)


def _still_connected(operation: Operation, wanted: DisconnectRequest, tools: Tools) -> bool:
    """Not by the version, which may have moved for many reasons while it was held: by what was meant."""
    current = tools.noyo.connection(wanted.connection.key)
    if _is_what_was_meant(current, wanted):
        return True
    if operation.sends > 1 and compare_first(operation, tools):
        return False
    changed = Outcome(OutcomeKind.CHANGED, words=current.status.value)
    settle(operation, OperationState.CANCELLED, changed, tools)
    return False


def _is_what_was_meant(current: Connection, wanted: DisconnectRequest) -> bool:
    same = (current.group_id or wanted.group_id, current.carrier_id) == (wanted.group_id, wanted.carrier_id)
    return same and current.status is ConnectionStatus.COMPLETED


def _in_the_way(operation: Operation, wanted: DisconnectRequest, tools: Tools) -> bool:
    """Whether a request to disconnect this group from this carrier is open at Noyo: ours from before, or somebody's."""
    if operation.sends > 1 and compare_first(operation, tools):
        return True
    found = tools.noyo.disconnections_at(wanted.group_id, wanted.carrier_id)
    open_ones = [record for record in found if is_open(record.status)]
    if not open_ones:
        return False
    newest = max(open_ones, key=_modified)
    settle(operation, OperationState.REFUSED, Outcome(OutcomeKind.DUPLICATE, record=newest.subject), tools)
    return True


def _modified(record: Disconnection) -> int:
    return record.modified


def _refused(operation: Operation, refusal: Refused, tools: Tools) -> None:
    outcome = Outcome(OutcomeKind.REFUSED, words=refusal.words, status=refusal.status)
    settle(operation, OperationState.REFUSED, outcome, tools)
