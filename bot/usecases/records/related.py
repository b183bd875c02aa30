"""Read what helps to decide: the group's other carriers and earlier disconnection requests."""

from __future__ import annotations

from bot import policies
from bot.domain.content import RelatedRecords
from bot.domain.record_states import RecordState
from bot.domain.records import Connection, Disconnection
from bot.domain.reminders import awaits_decision
from bot.usecases.ports.storage import RecordRepository


def related_records(record_state: RecordState, records: RecordRepository) -> RelatedRecords:
    """Empty if Noyo does not name the group: other ids do not prove that two records belong together."""
    states = _group_states(record_state, records)
    connections = [other for other in states if isinstance(other.record, Connection)]
    carrier = record_state.record.carrier_id
    return RelatedRecords(
        other_carriers=tuple(
            other.record
            for other in connections
            if isinstance(other.record, Connection) and other.record.carrier_id != carrier
        ),
        earlier=tuple(
            other.record
            for other in states
            if isinstance(other.record, Disconnection)
            and other.record.carrier_id == carrier
            and other.record.created <= record_state.record.created
        ),
        connection=next((state for state in connections if state.record.carrier_id == carrier), None),
    )


def earlier_requests(connection_state: RecordState, records: RecordRepository) -> tuple[Disconnection, ...]:
    """All requests to disconnect this connection's group from its carrier, open or closed."""
    return tuple(
        other.record
        for other in _group_states(connection_state, records)
        if isinstance(other.record, Disconnection) and other.record.carrier_id == connection_state.record.carrier_id
    )


def waiting_in_group(record_state: RecordState, records: RecordRepository) -> list[RecordState]:
    """The waiting requests of the same group, whose cards show this record."""
    return [other for other in _group_states(record_state, records) if awaits_decision(other)]


def _group_states(record_state: RecordState, records: RecordRepository) -> list[RecordState]:
    """The other records of the group, newest first."""
    group_id = record_state.record.group_id
    if group_id is None:
        return []
    subjects = records.in_group(group_id, limit=policies.MAX_RELATED_RECORDS)
    states = records.record_states(state for state in subjects if state != record_state.entity)
    return sorted(states.values(), key=lambda state: (-state.record.created, state.record.id))
