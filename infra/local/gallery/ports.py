"""The bot's ports in memory, for one answer of the gallery: what is stored, and what the bot answers to a person."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from bot.domain.absences import Absences
from bot.domain.carriers_file import CarriersFile
from bot.domain.health import Component, HealthCheck
from bot.domain.operations import Operation, OperationState
from bot.domain.outbox import OutboxEvent, RecordChange
from bot.domain.pauses import Mode, PauseHistory
from bot.domain.people import AccessPolicy, AuditEntry, GroupMembers, Person
from bot.domain.polling import ParkedRow, PollCursor
from bot.domain.record_filter import OpenRecord, listed
from bot.domain.record_states import Claim, RecordState, claim_of, open_requester
from bot.domain.records import Connection, ConnectionStatus, EntityKind, EntityRef, Record, connection_ref, is_open
from bot.domain.search_text import compact, may_resemble, resemble, words_in
from bot.dynamodb.search_index import words_of
from bot.errors import LeaseLost, SlackUnavailable, SubmissionConflict, UnknownSchema
from bot.slack.context import Actor, RequestContext
from bot.slack.views.message import DisplaySettings
from bot.slack.views.rich_text import Json
from bot.usecases.admin.carriers import CarriersInUse
from bot.usecases.dependencies import Dependencies
from infra.local.environment import APP, TEAM
from infra.local.gallery.cards import DISPLAY
from infra.local.gallery.samples import CHANGED

NOW = CHANGED + 10_800
POLICY = AccessPolicy(TEAM, approvers=frozenset({"UBEN", "UCARA"}), admins=frozenset({"UDAN"}))
PEOPLE = {"UANA": "Ana", "UBOB": "Bob", "UBEN": "Ben", "UCARA": "Cara", "UDAN": "Dan", "UGUS": "Gus"}
GUEST, LEFT, UNREAD = "UGUS", "UBOB", "UEVA"
"""A guest, a person whose account is deactivated, and one of whom Slack says nothing."""


@dataclass(kw_only=True)
class Memory:
    """What is stored when somebody types or clicks, and who that is.

    `person_is_unknown`: neither the table nor Slack says who the actor is. `submission_fails`: somebody else's
    operation is submitted and settled at the same moment. `save_fails`: somebody else acted on the operation first.
    """

    records: Iterable[RecordState] = ()
    versions: Iterable[Record] = ()
    operations: Iterable[Operation] = ()
    audit: Iterable[AuditEntry] = ()
    actor: str = "UANA"
    policy: AccessPolicy = POLICY
    display: DisplaySettings = DISPLAY
    needs_second: bool = True
    mode: Mode = Mode.ACT
    pauses: PauseHistory = PauseHistory()
    person_is_unknown: bool = False
    submission_fails: bool = False
    save_fails: bool = False
    health: dict[Component, HealthCheck] = field(default_factory=dict)
    polled_at: int | None = NOW - 60
    parked: tuple[ParkedRow, ...] = ()
    oldest_due: int | None = None
    unreadable: int = 0
    unreadable_records: int = 0
    carriers_file: CarriersFile | None = CarriersFile("{}", "1", NOW - 86_400)
    """None: a newer release stored it."""
    secret_checks: tuple[Callable[[], object], ...] = ()
    absences: Absences = Absences()


class Records:
    def __init__(self, memory: Memory) -> None:
        self._states = {state.entity: state for state in memory.records}
        self._versions = list(memory.versions)
        self._unreadable = [connection_ref(f"unreadable {number}") for number in range(memory.unreadable_records)]

    def record_state(self, entity: EntityRef) -> RecordState | None:
        return self._states.get(entity)

    def record_states(self, wanted: Iterable[EntityRef], **_: object) -> dict[EntityRef, RecordState]:
        return {entity: self._states[entity] for entity in wanted if entity in self._states}

    def history(self, entity: EntityRef, **_: object) -> list[Record]:
        known = [record for record in self._versions if record.entity == entity]
        return known or [self._states[entity].record]

    def in_status(self, kind: EntityKind, status: str, *, limit: int) -> list[EntityRef]:
        wanted = kind, status
        known = [entity for entity, state in self._states.items() if (entity.kind, state.status.value) == wanted]
        unreadable = self._unreadable if status == ConnectionStatus.UNABLE_TO_CONNECT.value else []
        return [*known, *unreadable][:limit]

    def open_records(self, kind: EntityKind, status: str | None = None) -> list[OpenRecord]:
        """As earlier releases stored them, without carriers: this shows more texts."""
        states = (state for entity, state in self._states.items() if entity.kind is kind)
        known = [replace(listed(state), carrier_id=None) for state in states if is_open(state.status)]
        unreadable = self._unreadable if kind is EntityKind.CONNECTION else []
        every = [*known, *(OpenRecord(entity, "processing", CHANGED) for entity in unreadable)]
        return [record for record in every if status in (None, record.status)]

    def in_group(self, group_id: str, *, limit: int) -> list[EntityRef]:
        found = [entity for entity, state in self._states.items() if state.record.group_id == group_id]
        return found[:limit]

    def owned_by(self, user_id: str) -> list[Claim]:
        owned = [state for state in self._states.values() if state.owner == user_id]
        return [claim for claim in map(claim_of, owned) if claim is not None]

    def of_person(self, user_id: str) -> list[EntityRef]:
        states = self._states.items()
        return [entity for entity, state in states if user_id in (state.owner, open_requester(state))]

    def find(self, text: str, *, limit: int) -> list[RecordState]:
        found = [state for state in self._states.values() if _matches(state.record, text)]
        return found[:limit]

    def find_with_words(self, searches: Sequence[Sequence[str]]) -> tuple[list[RecordState], bool]:
        words = {state: set(words_of(state.record)) for state in self._states.values()}
        found = [state for wanted in searches for state, has in words.items() if has.issuperset(wanted)]
        return list(dict.fromkeys(found)), True

    def find_misspelled(self, text: str) -> list[RecordState]:
        names = {state: frozenset(words_in(state.record.group_name or "")) for state in self._states.values()}
        return [state for state, words in names.items() if may_resemble(text, words)]

    def find_similar(self, name: str) -> list[RecordState]:
        return [state for state in self._states.values() if resemble(state.record.group_name or "", name)]

    def write(self, change: RecordChange) -> None:
        if change.after is not None:
            self._states[change.entity] = change.after


def _matches(record: Record, text: str) -> bool:
    number = record.carrier_group_id if isinstance(record, Connection) else None
    same_number = number is not None and compact(number) == compact(text)
    return same_number or text.casefold() in (record.group_name or "").casefold()


class Operations:
    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self._stored = {operation.id: operation for operation in memory.operations}

    def submit(self, operation: Operation, **_: object) -> None:
        if self._memory.submission_fails or operation.id in self._stored or self.open_on(operation.entity):
            raise SubmissionConflict("a condition failed")
        self._stored[operation.id] = operation

    def save(self, operation: Operation, **_: object) -> None:
        if self._memory.save_fails:
            raise LeaseLost("somebody else acted first")
        self._stored[operation.id] = operation

    def operation(self, operation_id: str) -> Operation | None:
        return self._stored.get(operation_id)

    def operations(self, operation_ids: Iterable[str], **_: object) -> dict[str, Operation]:
        return {found: self._stored[found] for found in operation_ids if found in self._stored}

    def open_on(self, entity: EntityRef) -> Operation | None:
        return next((each for each in self._on(entity) if each.is_open), None)

    def last_on(self, entity: EntityRef) -> Operation | None:
        return next((each for each in self._on(entity) if not each.is_open), None)

    def _on(self, entity: EntityRef) -> list[Operation]:
        return [operation for operation in self._stored.values() if operation.entity == entity]

    def operations_on(self, entities: Iterable[EntityRef]) -> list[Operation]:
        found = [each for entity in entities for each in (self.open_on(entity), self.last_on(entity))]
        return [operation for operation in found if operation is not None]

    def waiting_for_people(self, *, limit: int) -> list[str]:
        waits = (OperationState.NEEDS_RESOLUTION, OperationState.AWAITING_CONFIRMATION)
        return [operation.id for operation in self._stored.values() if operation.state in waits][:limit]

    def awaiting_confirmation(self, *, limit: int) -> list[Operation]:
        return [each for each in self._stored.values() if each.state is OperationState.AWAITING_CONFIRMATION][:limit]

    def oldest_due(self, _: int) -> int | None:
        return self._memory.oldest_due

    def oldest_deferred_due(self, _: int) -> int | None:
        return min((each.submitted_at for each in self._stored.values() if each.deferred_by), default=None)

    def unreadable(self, _: int, **__: object) -> list[str]:
        return ["unreadable"] * self._memory.unreadable


class Outbox(Operations):
    def put(self, _: OutboxEvent, __: AuditEntry | None = None) -> bool:
        return not self._memory.submission_fails


class Administration:
    """The ports for people, pauses, health checks, carriers, polling and the audit log."""

    def __init__(self, memory: Memory) -> None:
        self._memory, self._pauses, self._audit = memory, memory.pauses, list(memory.audit)

    def person(self, user_id: str) -> Person | None:
        if self._memory.person_is_unknown or user_id == UNREAD:
            return None
        return Person(user_id, TEAM, user_id == GUEST, user_id == LEFT, False, NOW - 60)

    def read_person(self, _: str) -> Person | None:
        raise SlackUnavailable("Slack does not answer")

    def members(self, _: Iterable[str]) -> dict[str, GroupMembers]:
        return {}

    def append(self, entry: AuditEntry) -> None:
        self._audit.append(entry)

    def entries(self, entity: EntityRef, *, limit: int) -> list[AuditEntry]:
        return [entry for entry in self._audit if entry.entity == entity][:limit]

    def history(self) -> PauseHistory:
        return self._pauses

    def save(self, _: PauseHistory, after: PauseHistory, **__: object) -> bool:
        self._pauses = after
        return True

    def health_check(self, component: Component) -> HealthCheck | None:
        return self._memory.health.get(component)

    def cursor(self, _: EntityKind) -> PollCursor | None:
        return PollCursor(NOW, finished_at=self._memory.polled_at)

    def parked(self, kind: EntityKind) -> list[ParkedRow]:
        return list(self._memory.parked) if kind is EntityKind.CONNECTION else []

    def file(self) -> CarriersFile:
        if self._memory.carriers_file is None:
            raise UnknownSchema("a newer release stored it")
        return self._memory.carriers_file

    def encrypt(self, _: object, __: str) -> str:
        return "encrypted"


class StoredAbsences:
    def __init__(self, memory: Memory) -> None:
        self._stored = memory.absences

    def absences(self) -> Absences:
        return self._stored

    def save(self, _: Absences, after: Absences, __: object, ___: object) -> bool:
        self._stored = after
        return True


class OpenedViews:
    """What the bot opens or answers after a click."""

    def __init__(self) -> None:
        self.views: list[Json] = []
        self.answers: list[Json] = []

    def open_view(self, _: str, view: Json) -> None:
        self.views.append(view)

    def update_view(self, _: str, view: Json, __: str | None = None) -> bool:
        self.views.append(view)
        return True

    def respond(self, _: str, answer: Json) -> None:
        self.answers.append(answer)


_ADMINISTRATION = ("people", "audit", "pauses", "health", "polling", "encryptor", "user_directory")
"""The dependencies that are all one `Administration`."""


def context_of(memory: Memory, opened: OpenedViews, *, trigger_id: str = "trigger") -> RequestContext:
    """The context of a request by the actor, with these ports. Without a trigger, no modal can be opened."""
    numbers = itertools.count(1)
    operations = Operations(memory)
    administration: Any = Administration(memory)
    ports: Any = dict.fromkeys(_ADMINISTRATION, administration)
    outbox = Outbox(replace(memory, operations=(), unreadable=0))
    ports["absences"] = StoredAbsences(memory)
    ports |= {"records": Records(memory), "operations": operations, "outbox": outbox}
    deps = Dependencies(
        clock=lambda: NOW,
        new_id=lambda: f"id{next(numbers)}",
        policy=memory.policy,
        mode=memory.mode,
        timezone=memory.display.timezone,
        secret_checks=memory.secret_checks,
        carriers=CarriersInUse(administration, lambda: NOW),
        **ports,
    )
    context = RequestContext(deps, opened, memory.display, APP, memory.needs_second, False)
    return context.for_actor(Actor(memory.actor, "CCONNECT", trigger_id, "https://hooks.slack.com/actions/local"))


def waits_from(operation: Operation, seconds: int) -> Operation:
    """The operation with a deadline so many seconds from now."""
    return replace(operation, due=NOW + seconds)
