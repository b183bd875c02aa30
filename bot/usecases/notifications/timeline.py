"""What happened to one record or to a group: what people did, from the audit log, and which versions Noyo showed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from bot.domain.operations import Operation
from bot.domain.people import AuditEntry
from bot.domain.record_states import RecordState, with_known_fields
from bot.domain.records import Connection, EntityRef, Record, pending_disconnection_ref
from bot.usecases.dependencies import Dependencies

MOST_READ = 600
"""Entries and versions that are read of all records together, in one query for each source."""
LEAST_READ = 20
"""Of each source."""


@dataclass(frozen=True, slots=True)
class VersionShown:
    """A version that Noyo showed, with the one before it; None for the first, or if that was not read."""

    record: Record
    before: Record | None


@dataclass(frozen=True, slots=True)
class Moment:
    """Something that happened to `entity`."""

    at: int
    entity: EntityRef
    happened: AuditEntry | VersionShown

    @property
    def order(self) -> tuple[int, bool, str]:
        """What Noyo shows in the same second follows from what people did."""
        if isinstance(self.happened, AuditEntry):
            return self.at, False, self.happened.id
        return self.at, True, self.happened.record.version


@dataclass(frozen=True, slots=True)
class Timeline:
    """The newest moments, newest first. `is_complete`: whether there are no older ones."""

    moments: list[Moment]
    is_complete: bool


def timeline(states: Sequence[RecordState], others: Iterable[EntityRef], deps: Dependencies) -> Timeline:
    """The moments of these records, of the requests for them, and of `others`, which have an audit log only.

    A request has an entity of its own, since it had no Noyo id yet. Of that, only the entries of the request count.
    """
    logs = list(dict.fromkeys([*(state.entity for state in states), *others]))
    most = max(LEAST_READ, MOST_READ // max(len(logs) + len(states), 1))
    sources = [_entries(entity, most, deps) for entity in logs]
    sources += [_of_request(state, request, most, deps) for state, request in _requests(states, logs, deps)]
    sources += [_versions(state.entity, most, deps) for state in states]
    moments = sorted((each for source, _ in sources for each in source), key=lambda each: each.order, reverse=True)
    return Timeline(moments, all(is_complete for _, is_complete in sources))


def disconnection_logs(states: Iterable[RecordState]) -> list[EntityRef]:
    """The audit logs of requests to disconnect these connections."""
    connections = (state.record for state in states if isinstance(state.record, Connection))
    refs = (pending_disconnection_ref(each.group_id, each.carrier_id) for each in connections if each.group_id)
    return list(dict.fromkeys(refs))


Source = tuple[list[Moment], bool]


def _entries(entity: EntityRef, most: int, deps: Dependencies) -> Source:
    found = deps.audit.entries(entity, limit=most + 1)
    return [Moment(entry.at, entity, entry) for entry in found[:most]], len(found) <= most


def _requests(
    states: Sequence[RecordState], logs: Sequence[EntityRef], deps: Dependencies
) -> Iterator[tuple[RecordState, Operation]]:
    """The operations that requested these records, as far as their entities are not read anyway."""
    wanted = {state.requested_by_operation: state for state in states if state.requested_by_operation is not None}
    found = deps.operations.operations(wanted, skip_unreadable=True) if wanted else {}
    return ((wanted[each.id], each) for each in found.values() if each.entity not in logs)


def _of_request(state: RecordState, request: Operation, most: int, deps: Dependencies) -> Source:
    moments, is_complete = _entries(request.entity, most, deps)
    return [replace(each, entity=state.entity) for each in moments if _is_about(each, request.id)], is_complete


def _is_about(moment: Moment, operation_id: str) -> bool:
    entry = moment.happened
    return isinstance(entry, AuditEntry) and ("operation", operation_id) in entry.details


def _versions(entity: EntityRef, most: int, deps: Dependencies) -> Source:
    found = deps.records.history(entity, since=0, limit=most + 1)
    moments, before = list[Moment](), None
    for record in found:
        known = with_known_fields(record, before) if before is not None else record
        moments.append(Moment(record.modified, entity, VersionShown(known, before)))
        before = known
    return moments[-most:], len(found) <= most
