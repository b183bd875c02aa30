"""Read from Noyo what a person or a webhook asked for: a record, or all connections of a group. Nothing is written
there, so this continues while sending is paused, and may be repeated."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from bot import policies
from bot.domain.operations import Operation, OperationState, Outcome, OutcomeKind
from bot.domain.polling import ListRow
from bot.domain.record_states import shows_something_new
from bot.domain.records import Connection, EntityKind, EntityRef, Record, is_open
from bot.errors import NoAnswer, NoyoRefused, UnknownSchema, UnreadableAnswer
from bot.usecases.dependencies import Dependencies
from bot.usecases.operations.lifecycle import reschedule, settle, settle_confirmed, settle_operations_on_deleted
from bot.usecases.records.ingest import ingest, ingest_deletion, read_record


def refresh(operation: Operation, deps: Dependencies) -> None:
    """`NotSent` if Noyo did not process the read."""
    try:
        if operation.entity.kind is EntityKind.GROUP:
            _refresh_group(operation, deps)
        else:
            _refresh_record(operation, deps)
    except NoyoRefused as refusal:
        outcome = Outcome(OutcomeKind.NOT_FOUND, message=refusal.message, status=refusal.status)
        settle(operation, OperationState.REFUSED, outcome, deps)
    except (NoAnswer, UnreadableAnswer) as error:
        reschedule(operation, deps, why=str(error))


def _refresh_record(operation: Operation, deps: Dependencies) -> None:
    try:
        record = _read_or_ingest_deletion(operation.entity, deps)
    except NoyoRefused as refusal:
        if not refusal.not_found or operation.is_automatic:
            raise
        _refresh_group(operation, deps)  # The id that a person typed may also be that of a group.
    else:
        settle_confirmed(operation, record, deps)


def _read_or_ingest_deletion(entity: EntityRef, deps: Dependencies) -> Record:
    """The record; if Noyo no longer has it, that is saved before `NoyoRefused` is raised."""
    try:
        return read_record(entity, deps.noyo)
    except NoyoRefused as refusal:
        if refusal.not_found and ingest_deletion(entity, deps):
            settle_operations_on_deleted(entity, deps)
        elif refusal.not_found and entity.kind is EntityKind.CONNECTION:
            return deps.noyo.disconnection(entity.key)  # A person who types an id does not say of which kind it is.
        raise


# ---------------------------------------------------------------- all connections of a group


@dataclass(slots=True)
class _Counts:
    """How many connections Noyo has, how many of these are new or changed here since somebody asked, and how many could
    not be read."""

    found: int = 0
    changed: int = 0
    unreadable: int = 0

    def text(self) -> str:
        """For people: `12 connections, 3 of them new or changed`."""
        connections = "1 connection" if self.found == 1 else f"{self.found} connections"
        which = f"{self.changed} of them new or changed" if self.changed else "none of them new or changed"
        unreadable = f"; {self.unreadable} could not be read" if self.unreadable else ""
        return f"{connections}, {which}{unreadable}" if self.found else "no connections"


def _refresh_group(operation: Operation, deps: Dependencies) -> None:
    """Ingests every connection of the group, and settles with what was found.

    A person asked before they saw what is new, so what a repeated attempt ingested counts, too.
    """
    group_id, counts = operation.entity.key, _Counts()
    for rows in _pages(group_id, deps):
        records = [_of_group(row.record, group_id) for row in rows if isinstance(row.record, Connection)]
        counts.found += len(rows)
        counts.unreadable += len(rows) - len(records) + _ingest(records, deps)
        states = deps.records.record_states((record.entity for record in records), skip_unreadable=True)
        counts.changed += sum(state.seen_at >= operation.submitted_at for state in states.values())
    settle(operation, OperationState.SUCCEEDED, Outcome(OutcomeKind.CONFIRMED, message=counts.text()), deps)


def _of_group(record: Connection, group_id: str) -> Connection:
    """Noyo may leave the group out of a record that it lists for the group."""
    return replace(record, group_id=record.group_id or group_id)


def _pages(group_id: str, deps: Dependencies) -> Iterator[Sequence[ListRow]]:
    """The rows, each once. `UnreadableAnswer` if the list does not end: then it is unknown what is missing."""
    seen: set[str] = set()
    offset = 0
    for _ in range(policies.GROUP_MAX_PAGES):
        page = deps.noyo.connections_of_group(group_id, offset=offset, page_size=policies.POLL_PAGE_SIZE)
        new = [row for row in page.rows if row.row_id not in seen]
        seen.update(row.row_id for row in new)
        offset += len(page.rows)
        yield new
        if not new or (page.total is not None and offset >= page.total):
            return
    raise UnreadableAnswer("Noyo's list does not end.")


def _ingest(records: Sequence[Connection], deps: Dependencies) -> int:
    """Returns how many could not be ingested. Closed connections that are new here are not announced."""
    states = deps.records.record_states((record.entity for record in records), skip_unreadable=True)
    failed = 0
    for record in records:
        state = states.get(record.entity)
        if state is not None and not shows_something_new(state, record):
            continue
        try:
            ingest(record, deps, silent=not is_open(record.status))
        except (NoyoRefused, UnreadableAnswer, UnknownSchema):
            failed += 1
    return failed
