"""Read what a card, an alert, a reply or a list shows, with consistent reads."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import date

from bot import policies
from bot.domain.absences import AwayOwner
from bot.domain.content import Alert, GroupRecords, KnownGroup, RecordCard, RelatedRecords, RequestCard, Summary
from bot.domain.operations import Operation, OperationState, OutcomeKind
from bot.domain.record_filter import NEED_OUR_ACTION, listed, urgency
from bot.domain.record_states import RecordState, current_disconnection, is_connected, operation_card_key, was_connected
from bot.domain.records import Connection, Disconnection, EntityKind, EntityRef, is_open
from bot.domain.reminders import awaits_decision
from bot.domain.requests import ConnectionRequest, DisconnectionRequest, group_refresh_id
from bot.usecases.admin.authorization import why_not_owner
from bot.usecases.dependencies import Dependencies
from bot.usecases.ports.storage import RecordRepository

SHOWN = 20
COUNTED = 1000
MOST_FOUND = 100
"""Records that a search for groups reads."""
CANDIDATES = 20
"""Records that a search may return before the requested one is picked from them."""


def record_of(operation: Operation, deps: Dependencies) -> RecordState | None:
    """The record an operation is about: the one that it created or read, its entity, or the one a poll linked to it."""
    named = operation.outcome.record if operation.outcome else None
    if operation.state is OperationState.SUCCEEDED and named is not None:
        return deps.records.record_state(named)
    if operation.entity.is_record:
        return deps.records.record_state(operation.entity)
    search_text = _search_text(operation)
    if search_text is None or (operation.state.settled and not _reported_by_person(operation)):
        return None
    found = deps.records.find(search_text, limit=CANDIDATES)
    return next((record_state for record_state in found if record_state.requested_by_operation == operation.id), None)


def _reported_by_person(operation: Operation) -> bool:
    """A person's resolution names no record, but a poll may have found one."""
    return operation.outcome is not None and operation.outcome.kind in (
        OutcomeKind.REPORTED_ARRIVED,
        OutcomeKind.CLOSED,
    )


def _search_text(operation: Operation) -> str | None:
    """The search text that finds the requested record."""
    match operation.input:
        case ConnectionRequest() as wanted:
            return wanted.carrier_group_id
        case DisconnectionRequest() as wanted:
            return wanted.group_id
    return None


def open_operation(record_state: RecordState, deps: Dependencies) -> Operation | None:
    """The open operation on a record, or the open operation that requested the record."""
    operation = deps.operations.open_on(record_state.entity)
    if operation is not None or record_state.requested_by_operation is None:
        return operation
    requesting = deps.operations.operation(record_state.requested_by_operation)
    return requesting if requesting is not None and requesting.is_open else None


def record_card(entity: EntityRef, deps: Dependencies) -> RecordCard | None:
    """The card of a record as the table has it now.

    The operation is read before the record: one that settles in between shows as open on a newer record, which the
    outbox event of its settlement corrects, and never the other way round.
    """
    operation, last = deps.operations.open_on(entity), deps.operations.last_on(entity)
    record_state = deps.records.record_state(entity)
    if record_state is None:
        return None
    if record_state.requested_by_operation is not None and (operation is None or last is None):
        requesting = deps.operations.operation(record_state.requested_by_operation)
        if requesting is not None and requesting.state.settled:
            last = last or requesting
        else:
            operation = operation or requesting
        record_state = deps.records.record_state(entity) or record_state
    if not _shows_related(record_state):
        return RecordCard(record_state, operation, last)
    today = deps.today() if awaits_decision(record_state) else None
    return RecordCard(record_state, operation, last, today, related_records(record_state, deps.records))


def request_card(operation_id: str, deps: Dependencies) -> RecordCard | RequestCard | None:
    """The card of a request; once Noyo has a record for it, the card of that record."""
    operation = deps.operations.operation(operation_id)
    if operation is None:
        return None
    record_state = record_of(operation, deps)
    if record_state is not None and record_state.card_key == operation_card_key(operation_id):
        return record_card(record_state.entity, deps)
    return RequestCard(operation, duplicate_of(operation, deps))


def current_alert(entity: EntityRef, deps: Dependencies) -> Alert:
    """An alert about the record as the table has it now. It is for no version yet and mentions nobody."""
    record_state = deps.records.record_state(entity)
    if record_state is None:
        raise LookupError(f"unknown record: {entity}")
    today = deps.today() if awaits_decision(record_state) else None
    away, card = away_owner(record_state, deps), deps.card_link(record_state)
    return Alert(record_state, "", open_operation(record_state, deps), card, today, away=away)


def away_owner(record_state: RecordState, deps: Dependencies) -> AwayOwner | None:
    """The absence of a record's owner. For workers."""
    return away_person(record_state.owner, deps) if record_state.owner is not None else None


def away_person(person: str, deps: Dependencies) -> AwayOwner | None:
    """A person's absence. A cover who may no longer act is not mentioned."""
    away = deps.absences.absences().away_owner(person, deps.now())
    if away is None or away.cover is None:
        return away
    obstacle = why_not_owner(away.cover, deps)
    return away if obstacle is None or obstacle.may_pass else replace(away, cover=None)


def duplicate_of(operation: Operation, deps: Dependencies) -> RecordState | None:
    """The existing record because of which a request was refused as a duplicate, if we know it."""
    other = operation.outcome.record if operation.outcome else None
    if operation.state is not OperationState.REFUSED or other is None or other == operation.entity:
        return None
    return deps.records.record_state(other)


def related_records(record_state: RecordState, records: RecordRepository) -> RelatedRecords:
    """Empty if Noyo does not name the group: other ids do not prove that two records belong together."""
    states = _group_states(record_state, records)
    known = [other.record for other in states]
    record, carrier = record_state.record, record_state.record.carrier_id
    disconnections = _current([record_state, *states], [record_state, *states])
    is_request = isinstance(record, Disconnection)
    return RelatedRecords(
        other_carriers=tuple(other for other in known if isinstance(other, Connection) and other.carrier_id != carrier),
        earlier=tuple(
            other for other in _requests(states, carrier) if not is_request or other.created <= record.created
        ),
        connection=_connection_to_disconnect(states, carrier, disconnections),
        disconnections=disconnections,
    )


def _connection_to_disconnect(
    states: Iterable[RecordState], carrier_id: str, disconnections: Mapping[EntityRef, RecordState]
) -> RecordState | None:
    """The newest connection to this carrier that is connected; without one the newest completed one, or the newest."""

    def rank(state: RecordState) -> tuple[bool, bool]:
        return is_connected(state, disconnections.get(state.entity)), was_connected(state)

    at_carrier = (state for state in states if state.record.carrier_id == carrier_id)
    return max((state for state in at_carrier if isinstance(state.record, Connection)), key=rank, default=None)


def current_disconnections(shown: Iterable[RecordState], records: RecordRepository) -> dict[EntityRef, RecordState]:
    """For the completed connections among `shown`: the request to disconnect that counts, if there is one.

    One query for each of their groups, and one batch for all requests that these have.
    """
    connections = [state for state in shown if was_connected(state)]
    groups = {state.record.group_id: None for state in connections if state.record.group_id is not None}
    members = (entity for group in groups for entity in records.in_group(group, limit=policies.MAX_RELATED_RECORDS))
    requests = records.record_states(entity for entity in members if entity.kind is EntityKind.DISCONNECTION)
    return _current(connections, requests.values())


def _current(connections: Iterable[RecordState], others: Collection[RecordState]) -> dict[EntityRef, RecordState]:
    found = ((state.entity, current_disconnection(state, others)) for state in connections)
    return {entity: request for entity, request in found if request is not None}


def _shows_related(record_state: RecordState) -> bool:
    """Whether its card shows other records of the group."""
    return awaits_decision(record_state) or was_connected(record_state)


def _requests(states: Iterable[RecordState], carrier_id: str) -> tuple[Disconnection, ...]:
    """The requests among them to disconnect from this carrier."""
    records = (state.record for state in states)
    return tuple(other for other in records if isinstance(other, Disconnection) and other.carrier_id == carrier_id)


def showing_in_group(record_state: RecordState, records: RecordRepository) -> list[RecordState] | None:
    """The other records of the group whose cards show this record: waiting requests, and connections for a request.

    None while the index does not show the record itself, since a card that is updated then would miss it.
    """
    members = _group_members(record_state, records)
    has_group = record_state.record.group_id is not None
    if has_group and record_state.entity not in members and len(members) < policies.MAX_RELATED_RECORDS:
        return None
    return _showing(record_state, members, records)


def showing_in_former_group(record_state: RecordState, group_id: str, records: RecordRepository) -> list[RecordState]:
    """The records of a group that the record left whose cards showed it until then."""
    return _showing(record_state, _members(group_id, records), records)


def _showing(record_state: RecordState, members: Iterable[EntityRef], records: RecordRepository) -> list[RecordState]:
    is_request = isinstance(record_state.record, Disconnection)
    others = _states_of(members, record_state, records)
    return [other for other in others if awaits_decision(other) or (is_request and was_connected(other))]


def _group_states(record_state: RecordState, records: RecordRepository) -> list[RecordState]:
    """The other records of the group, newest first. The index may still show one that left the group."""
    others = _states_of(_group_members(record_state, records), record_state, records)
    return [other for other in others if other.record.group_id == record_state.record.group_id]


def _group_members(record_state: RecordState, records: RecordRepository) -> list[EntityRef]:
    group_id = record_state.record.group_id
    return _members(group_id, records) if group_id is not None else []


def _members(group_id: str, records: RecordRepository) -> list[EntityRef]:
    return records.in_group(group_id, limit=policies.MAX_RELATED_RECORDS)


def _states_of(members: Iterable[EntityRef], record_state: RecordState, records: RecordRepository) -> list[RecordState]:
    # Without the request that ends it, a connection would be called connected.
    skip = not was_connected(record_state)
    others = (entity for entity in members if entity != record_state.entity)
    states = records.record_states(others, skip_unreadable=skip)
    return sorted(states.values(), key=lambda state: (-state.record.created, state.record.id))


def group_records(group_id: str, records: RecordRepository, known: Iterable[RecordState] = ()) -> GroupRecords:
    """The records of a group with those that are `known` to belong to it: the index may lag in both directions."""
    members = records.in_group(group_id, limit=policies.GROUP_MAX_RECORDS + 1)
    read = members[: policies.GROUP_MAX_RECORDS]
    found = records.record_states(read, skip_unreadable=True)
    all_states = {state.entity: state for state in known} | found
    states = [state for state in all_states.values() if state.record.group_id == group_id]
    return GroupRecords(
        group_id,
        tuple(sorted(states, key=_urgency)),
        _current(states, states),
        is_complete=len(members) == len(read),
        unreadable=len(read) - len(found),
    )


def _urgency(state: RecordState) -> tuple[bool, bool, int, date, int, str]:
    """Open records by status, in the order of `in_status`; then connections that are completed; then all others."""
    row, is_closed = listed(state), not is_open(state.status)
    rank = 0 if is_closed else urgency(row)
    return is_closed, not was_connected(state), rank, row.end_date or date.max, row.modified, row.entity.key


def last_group_refresh(group_id: str, deps: Dependencies) -> Operation | None:
    """The refresh of this group that somebody asked for within the last minutes."""
    now, seconds = deps.now(), policies.GROUP_REFRESH_SECONDS
    ids = (group_refresh_id(group_id, at, seconds) for at in (now, now - seconds))
    found = deps.operations.operations(ids, skip_unreadable=True).values()
    recent = [each for each in found if now - each.submitted_at < seconds]
    return max(recent, key=lambda each: each.submitted_at, default=None)


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


def summary(records: RecordRepository, now: int) -> Summary:
    """The number of open records by kind, and the first of those that need our action."""
    waiting, total = waiting_for_us(records)
    return Summary(
        connections=len(records.open_records(EntityKind.CONNECTION)),
        disconnections=len(records.open_records(EntityKind.DISCONNECTION)),
        waiting=waiting,
        waiting_total=total,
        at=now,
    )


def waiting_for_us(records: RecordRepository) -> tuple[tuple[RecordState, ...], int]:
    """The first records that need our action, and their total number (each status counted up to 1,000)."""
    waiting = waiting_entities(records)
    states = records.record_states(waiting[:SHOWN], skip_unreadable=True)
    return tuple(states[entity] for entity in waiting[:SHOWN] if entity in states), len(waiting)


def waiting_entities(records: RecordRepository) -> list[EntityRef]:
    """All records that need our action, up to 1,000 of each status."""
    return [entity for kind, status in NEED_OUR_ACTION for entity in records.in_status(kind, status, limit=COUNTED)]


def waiting_operations(deps: Dependencies) -> tuple[list[Operation], int]:
    """What only a person can move on, and how many of these operations this release cannot read."""
    ids = deps.operations.waiting_for_people(limit=COUNTED)
    read = deps.operations.operations(ids, skip_unreadable=True)
    waiting = [read[each] for each in ids if each in read and _waits_for_person(read[each], deps.now())]
    return waiting, len(ids) - len(read)


def _waits_for_person(operation: Operation, now: int) -> bool:
    """The index may lag."""
    return operation.state is OperationState.NEEDS_RESOLUTION or operation.awaits_confirmation(now)
