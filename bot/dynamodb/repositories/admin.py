"""People and user groups as last read from Slack, granted rights, absences, pauses, carriers, health checks, and the
audit log.

Audit entries are put once, and never changed or removed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from bot.domain.absences import Absences
from bot.domain.carriers_file import CarriersFile
from bot.domain.health import Component, HealthCheck
from bot.domain.outbox import OutboxEvent
from bot.domain.pauses import PauseHistory
from bot.domain.people import AuditEntry, GrantSnapshot, GroupMembers, Person
from bot.domain.records import EntityRef
from bot.dynamodb import schema
from bot.dynamodb.expressions import ABSENT, Put, unchanged
from bot.dynamodb.schema import audit_put, event_item, item_at, read_item
from bot.dynamodb.table import Repository


class DynamoPeopleRepository(Repository):
    """Implements `bot.usecases.ports.storage.PeopleRepository`."""

    def person(self, user_id: str) -> Person | None:
        return self._read(Person, schema.user(user_id))

    def save_person(self, person: Person) -> None:
        self._table.write([Put(item_at(schema.user(person.user_id), person))])

    def members(self, group_ids: Iterable[str]) -> dict[str, GroupMembers]:
        items = self._table.get_many(schema.group_members(group_id) for group_id in group_ids)
        found = (read_item(GroupMembers, item) for item in items)
        return {members.group_id: members for members in found}

    def save_members(self, members: GroupMembers) -> None:
        self._table.write([Put(item_at(schema.group_members(members.group_id), members))])


class DynamoGrantRepository(Repository):
    """Implements `bot.usecases.ports.storage.GrantRepository`: one item, written together with the changes in it."""

    def snapshot(self) -> GrantSnapshot | None:
        return self._read(GrantSnapshot, schema.GRANTS)

    def save(self, snapshot: GrantSnapshot, entries: Sequence[AuditEntry]) -> bool:
        put = Put(item_at(schema.GRANTS, snapshot), unchanged(snapshot.revision - 1))
        return self._table.write_if([put, *map(audit_put, entries)])


class DynamoPauseRepository(Repository):
    """Implements `bot.usecases.ports.storage.PauseRepository`."""

    def history(self) -> PauseHistory:
        return self._read(PauseHistory, schema.PAUSE_HISTORY) or PauseHistory()

    def save(
        self,
        before: PauseHistory,
        after: PauseHistory,
        *,
        event: OutboxEvent | None = None,
        audit: AuditEntry | None = None,
    ) -> bool:
        item = item_at(schema.PAUSE_HISTORY, after, revision=before.revision + 1)
        writes = [Put(item, unchanged(before.revision))]
        writes += [Put(event_item(event))] if event else []
        writes += [audit_put(audit)] if audit else []
        return self._table.write_if(writes)


class DynamoCarriersRepository(Repository):
    """Implements `bot.usecases.ports.storage.CarriersRepository`: one item."""

    def file(self) -> CarriersFile | None:
        return self._read(CarriersFile, schema.CARRIERS)

    def save(self, before: CarriersFile, after: CarriersFile) -> bool:
        item = item_at(schema.CARRIERS, after, revision=before.revision + 1)
        return self._table.write_if([Put(item, unchanged(before.revision))])


class DynamoAbsenceRepository(Repository):
    """Implements `bot.usecases.ports.storage.AbsenceRepository`: one item, since few people are away at once."""

    def absences(self) -> Absences:
        return self._read(Absences, schema.ABSENCES) or Absences()

    def save(self, before: Absences, after: Absences, events: Sequence[OutboxEvent], audit: AuditEntry) -> bool:
        item = item_at(schema.ABSENCES, after, revision=before.revision + 1)
        writes = [Put(item, unchanged(before.revision)), *(Put(event_item(event), ABSENT) for event in events)]
        return self._table.write_if([*writes, audit_put(audit)])


class DynamoHealthRepository(Repository):
    """Implements `bot.usecases.ports.storage.HealthRepository`."""

    def health_check(self, component: Component) -> HealthCheck | None:
        return self._read(HealthCheck, schema.health_check(component))

    def save(self, health_check: HealthCheck) -> None:
        self._table.write([Put(item_at(schema.health_check(health_check.component), health_check))])


class DynamoAuditRepository(Repository):
    """Implements `bot.usecases.ports.storage.AuditRepository`."""

    def append(self, entry: AuditEntry) -> None:
        """The same entry again changes nothing."""
        self._table.write_if([audit_put(entry)])

    def entries(self, entity: EntityRef, *, limit: int) -> list[AuditEntry]:
        rows = self._table.query("pk = :pk", {":pk": schema.audit_of(entity)}, limit=limit, newest_first=True)
        return [read_item(AuditEntry, row) for row in rows]

    def of_day(self, day: date, *, before: int) -> Iterator[AuditEntry]:
        rows = self._table.query(
            "audit_day = :day AND audit_order < :before",
            {":day": day.isoformat(), ":before": schema.in_order(before)},
            index="audit",
        )
        return (read_item(AuditEntry, row) for row in rows)
