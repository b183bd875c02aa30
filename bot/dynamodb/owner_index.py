"""The index of records by person: what a person has claimed, and what they requested and is still open.

Its items are written in the same transaction as the record state, so it never lags, and a person's records are found
without reading those of others.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from bot.domain.record_states import Claim, RecordState, claim_of, open_requester
from bot.domain.records import EntityRef
from bot.dynamodb import schema
from bot.dynamodb.expressions import Delete, Put, Write
from bot.dynamodb.schema import item_at, read_item
from bot.dynamodb.table import Table


@dataclass(frozen=True, slots=True)
class PersonsRecord:
    """An open record of a person, because they claimed or requested it."""

    entity: EntityRef


def changed_people(before: RecordState | None, after: RecordState) -> list[Write]:
    """The index writes for a new state of a record, for the same transaction; none if its people are the same."""
    return [*_changed_claim(before, after), *_changed_requester(before, after)]


def claims_of(table: Table, user_id: str) -> list[Claim]:
    values = {":pk": schema.of_person(user_id), ":owned": schema.OWNED}
    rows = table.query("pk = :pk AND begins_with(sk, :owned)", values)
    return [read_item(Claim, row) for row in rows]


def records_of(table: Table, user_id: str) -> list[EntityRef]:
    """Each record once: the claimed ones first."""
    rows = table.query("pk = :pk", {":pk": schema.of_person(user_id)})
    return list(dict.fromkeys(read_item(PersonsRecord, row).entity for row in rows))


def _changed_claim(before: RecordState | None, after: RecordState) -> Iterable[Write]:
    owner_before, claim = before.owner if before is not None else None, claim_of(after)
    if owner_before is not None and owner_before != after.owner:
        yield Delete(schema.owned(owner_before, after.entity))
    if after.owner is not None and claim is not None and claim != claim_of(before):
        yield Put(item_at(schema.owned(after.owner, after.entity), claim))


def _changed_requester(before: RecordState | None, after: RecordState) -> Iterable[Write]:
    old, new = open_requester(before), open_requester(after)
    if old == new:
        return
    if old is not None:
        yield Delete(schema.requested(old, after.entity))
    if new is not None:
        yield Put(item_at(schema.requested(new, after.entity), PersonsRecord(after.entity)))
