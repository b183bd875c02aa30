"""Read what else whoever decides should know: the group's other carriers, and what was asked before."""

from __future__ import annotations

from bot.domain.content import RelatedRecords
from bot.domain.record_states import RecordState
from bot.domain.records import Connection, Disconnection
from bot.domain.reminders import awaits_decision
from bot.usecases.ports.storage import RecordRepository

MOST_OF_A_GROUP = 100
"""Two reads of the table, however much a group has."""


def related_records(record_state: RecordState, records: RecordRepository) -> RelatedRecords:
    """Nothing where Noyo does not name the group: other ids are no proof that two records are of one."""
    held = _of_the_group(record_state, records)
    connections = [other for other in held if isinstance(other.record, Connection)]
    carrier = record_state.record.carrier_id
    return RelatedRecords(
        other_carriers=tuple(
            other.record
            for other in connections
            if isinstance(other.record, Connection) and other.record.carrier_id != carrier
        ),
        earlier=tuple(
            other.record
            for other in held
            if isinstance(other.record, Disconnection)
            and other.record.carrier_id == carrier
            and other.record.created <= record_state.record.created
        ),
        connection=next((one for one in connections if one.record.carrier_id == carrier), None),
    )


def earlier_requests(connected: RecordState, records: RecordRepository) -> tuple[Disconnection, ...]:
    """The requests to disconnect this connection's group from its carrier, also those that are over."""
    return tuple(
        other.record
        for other in _of_the_group(connected, records)
        if isinstance(other.record, Disconnection) and other.record.carrier_id == connected.record.carrier_id
    )


def waiting_in_group(record_state: RecordState, records: RecordRepository) -> list[RecordState]:
    """The requests of the same group that wait for a decision, whose cards tell of this record."""
    return [other for other in _of_the_group(record_state, records) if awaits_decision(other)]


def _of_the_group(record_state: RecordState, records: RecordRepository) -> list[RecordState]:
    """The others, the newest first."""
    group_id = record_state.record.group_id
    if group_id is None:
        return []
    subjects = records.in_group(group_id, limit=MOST_OF_A_GROUP)
    held = records.record_states(one for one in subjects if one != record_state.entity)
    return sorted(held.values(), key=lambda one: (-one.record.created, one.record.id))
