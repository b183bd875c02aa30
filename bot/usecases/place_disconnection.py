"""Use case: ask for a disconnection; it is held until a second approver confirms it, where the settings want that."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from zoneinfo import ZoneInfo

from bot.domain import subjects
from bot.domain.decisions import DisconnectReason
from bot.domain.holding import expires_at
from bot.domain.operations import AnswerTo, DisconnectRequest, OperationKind, OperationState
from bot.domain.records import Connection, ConnectionStatus
from bot.domain.tracking import Tracked
from bot.ports import Expected
from bot.usecases.place import Changed, Placing, Tools, new_operation, place_operation


@dataclass(frozen=True, slots=True)
class Wish:
    """What the person chose and typed."""

    effective_end_date: date
    reason: DisconnectReason
    context: str | None = None


def request_disconnection(
    operation_id: str,
    actor: str,
    *,
    shown: Tracked,
    wish: Wish,
    needs_second: bool,
    timezone: ZoneInfo,
    answer_to: AnswerTo,
    tools: Tools,
) -> Placing:
    """On condition that the connection is still `shown`; one at a time for a group and carrier, whoever asks.

    Held, it is due when it expires: when its last managed day is over in `timezone`.
    """
    record = shown.record
    if not disconnectable(shown) or not isinstance(record, Connection) or record.group_id is None:
        return Changed(tools.records.tracked(shown.subject))
    wanted = DisconnectRequest(
        group_id=record.group_id,
        carrier_id=record.carrier_id,
        group_name=record.group_name or "",
        effective_end_date=wish.effective_end_date,
        reason=wish.reason,
        connection=record.subject,
        context=wish.context,
    )
    operation = new_operation(
        operation_id,
        subjects.parting(record.group_id, record.carrier_id),
        OperationKind.CREATE_DISCONNECTION,
        wanted,
        actor,
        answer_to,
        tools,
    )
    operation = replace(operation, shown_version=record.version)
    if needs_second:
        until = expires_at(wish.effective_end_date, operation.placed_at, timezone)
        operation = replace(operation, state=OperationState.HELD, due=until)
    return place_operation(operation, Expected(record.subject, record.version), tools)


def disconnectable(tracked: Tracked) -> bool:
    """Whether a disconnection may be asked for: the group is connected, and Noyo has told which group it is."""
    record = tracked.record
    return connected(tracked) and isinstance(record, Connection) and record.group_id is not None


def connected(tracked: Tracked) -> bool:
    return tracked.status is ConnectionStatus.COMPLETED
