"""Use case: read what else whoever decides should know: the group's other carriers, and what was asked before."""

from __future__ import annotations

from bot.domain.records import Connection, Disconnection
from bot.domain.showing import Around
from bot.domain.tracking import Tracked
from bot.domain.waiting import waits
from bot.ports import KeepsRecords

MOST_OF_A_GROUP = 100
"""Two reads of the table, however much a group has."""


def around(tracked: Tracked, records: KeepsRecords) -> Around:
    """Nothing where Noyo does not name the group: other ids are no proof that two records are of one."""
    held = _of_the_group(tracked, records)
    connections = [other for other in held if isinstance(other.record, Connection)]
    carrier = tracked.record.carrier_id
    return Around(
        others=tuple(
            other.record
            for other in connections
            if isinstance(other.record, Connection) and other.record.carrier_id != carrier
        ),
        earlier=tuple(
            other.record
            for other in held
            if isinstance(other.record, Disconnection)
            and other.record.carrier_id == carrier
            and other.record.created <= tracked.record.created
        ),
        connection=next((one for one in connections if one.record.carrier_id == carrier), None),
    )


def asked_before(connected: Tracked, records: KeepsRecords) -> tuple[Disconnection, ...]:
    """The requests to disconnect this connection's group from its carrier, also those that are over."""
    return tuple(
        other.record
        for other in _of_the_group(connected, records)
        if isinstance(other.record, Disconnection) and other.record.carrier_id == connected.record.carrier_id
    )


def waiting_beside(tracked: Tracked, records: KeepsRecords) -> list[Tracked]:
    """The requests of the same group that wait for a decision, whose cards tell of this record."""
    return [other for other in _of_the_group(tracked, records) if waits(other)]


def _of_the_group(tracked: Tracked, records: KeepsRecords) -> list[Tracked]:
    """The others, the newest first."""
    group_id = tracked.record.group_id
    if group_id is None:
        return []
    subjects = records.in_group(group_id, limit=MOST_OF_A_GROUP)
    held = records.tracked_many(one for one in subjects if one != tracked.subject)
    return sorted(held.values(), key=lambda one: (-one.record.created, one.record.id))
