"""The employer groups that our records know, found by name or by id."""

from __future__ import annotations

from bot import policies
from bot.domain.groups import KnownGroup
from bot.domain.record_states import RecordState
from bot.domain.records import EntityKind
from bot.usecases.ports.storage import RecordRepository

MOST_FOUND = 100


def groups_named(text: str, records: RecordRepository) -> list[KnownGroup]:
    """The groups of the connections that a search finds, best first, each with those of its connections only."""
    return _groups_of(records.find(text, limit=MOST_FOUND))


def known_group(group_id: str, records: RecordRepository) -> KnownGroup | None:
    """The group with its connections, or None if no connection of ours belongs to it."""
    members = records.in_group(group_id, limit=policies.MAX_RELATED_RECORDS)
    wanted = (entity for entity in members if entity.kind is EntityKind.CONNECTION)
    states = records.record_states(wanted, skip_unreadable=True).values()
    groups = _groups_of(sorted(states, key=lambda state: (-state.record.created, state.record.id)))
    return next((group for group in groups if group.id == group_id), None)


def similar_groups(name: str, records: RecordRepository) -> list[KnownGroup]:
    """The groups whose names probably mean the same as `name`."""
    return _groups_of(records.find_similar(name))


def _groups_of(states: list[RecordState]) -> list[KnownGroup]:
    """The groups of the connections among them, in order. Noyo may omit the group of a connection."""
    by_group: dict[str, list[RecordState]] = {}
    for state in states:
        if state.entity.kind is EntityKind.CONNECTION and state.record.group_id is not None:
            by_group.setdefault(state.record.group_id, []).append(state)
    return [KnownGroup(group_id, tuple(connections)) for group_id, connections in by_group.items()]
