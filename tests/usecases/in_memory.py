"""Helpers for tests of ingestion: the Noyo fake over real HTTP, and in-memory repositories.

Moto copies the whole table at each transaction, which is slow for hundreds of records. The real table has its own
tests, and `tests.system` combines both.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from types import TracebackType
from typing import Any, Self

from bot.domain.operations import Operation
from bot.domain.outbox import EventKind, OutboxEvent, RecordChange
from bot.domain.polling import ParkedRow, PollCursor
from bot.domain.record_filter import OpenRecord
from bot.domain.record_states import Claim, RecordState, claim_of
from bot.domain.records import Disconnection, EntityKind, EntityRef, Record, is_open
from bot.errors import ConcurrentUpdate
from bot.noyo.client import NoyoHttpClient
from bot.noyo.transport import NoyoSession
from bot.settings import NoyoSettings
from bot.usecases.dependencies import Dependencies
from bot.usecases.ports.runtime import ClientCredentials
from bot.usecases.records.ingest import ingest
from bot.usecases.records.ingest_pages import PageIngestor, PollReport
from bot.usecases.records.poll import poll
from infra.local.noyo import NoyoFake, Rules
from tests.static_secret import StaticSecret

START = 1_790_000_000
INTERVAL = 300
SWEEP = 24 * 3600


class Records:
    """An in-memory `RecordRepository`. `between` runs once before the next write, as another worker would."""

    def __init__(self) -> None:
        self.states: dict[EntityRef, RecordState] = {}
        self.versions: dict[EntityRef, dict[tuple[int, str], Record]] = {}
        self.events: list[OutboxEvent] = []
        self.between: Callable[[], object] | None = None

    def record_state(self, entity: EntityRef) -> RecordState | None:
        return self.states.get(entity)

    def record_states(
        self, wanted: Iterable[EntityRef], *, skip_unreadable: bool = False
    ) -> dict[EntityRef, RecordState]:
        return {entity: self.states[entity] for entity in wanted if entity in self.states}

    def write(self, change: RecordChange) -> None:
        act, self.between = self.between, None
        if act is not None:
            act()
        current = self.states.get(change.entity)
        revision = current.revision if current else 0
        if revision != (change.before.revision if change.before else 0):
            raise ConcurrentUpdate("moved")
        if change.after is not None:
            self.states[change.entity] = replace(change.after, revision=revision + 1)
        if change.version is not None:
            key = (change.version.modified, change.version.version)
            self.versions.setdefault(change.entity, {})[key] = change.version
        self.events += change.events

    def has_version(self, entity: EntityRef, record: Record) -> bool:
        return (record.modified, record.version) in self.versions.get(entity, {})

    def history(self, entity: EntityRef, *, since: int) -> list[Record]:
        return [record for key, record in sorted(self.versions[entity].items()) if key[0] >= since]

    def newest_modified(self, kind: EntityKind) -> tuple[int, EntityRef] | None:
        return max(
            (
                (record_state.record.modified, entity)
                for entity, record_state in self.states.items()
                if entity.kind is kind
            ),
            default=None,
        )

    def in_status(self, kind: EntityKind, status: str, *, limit: int) -> list[EntityRef]:
        matching = [
            record_state
            for record_state in self.states.values()
            if record_state.entity.kind is kind and record_state.status.value == status
        ]
        return [record_state.entity for record_state in sorted(matching, key=_order)][:limit]

    def open_records(self, kind: EntityKind, status: str | None = None) -> list[OpenRecord]:
        return [
            OpenRecord(entity, record_state.status.value, record_state.record.modified)
            for entity, record_state in self.states.items()
            if entity.kind is kind and is_open(record_state.status)
            if status in (None, record_state.status.value)
        ]

    def owned_by(self, user_id: str) -> list[Claim]:
        owned = [state for state in self.states.values() if state.owner == user_id]
        return [claim for claim in map(claim_of, owned) if claim is not None]

    def find(self, text: str, *, limit: int) -> list[RecordState]:
        return [state for state in self.states.values() if text == state.record.group_name][:limit]


def _order(record_state: RecordState) -> tuple[str, int]:
    record = record_state.record
    end = record.effective_end_date if isinstance(record, Disconnection) else None
    return (end.isoformat() if end else "9999-12-31", record.modified)


class Outbox:
    """The part of `OutboxRepository` that ingestion uses, in memory."""

    def __init__(self) -> None:
        self.put_once: dict[str, OutboxEvent] = {}

    def put(self, event: OutboxEvent, audit: object = None) -> bool:
        del audit
        return self.put_once.setdefault(event.id, event) is event


class Cursors:
    """An in-memory cursor repository. `between` runs once before the next save, as another poll would."""

    def __init__(self) -> None:
        self.saved: dict[EntityKind, PollCursor] = {}
        self.rows: dict[tuple[EntityKind, str], ParkedRow] = {}
        self.between: Callable[[], object] | None = None

    def cursor(self, kind: EntityKind) -> PollCursor | None:
        return self.saved.get(kind)

    def save(self, kind: EntityKind, cursor: PollCursor) -> bool:
        act, self.between = self.between, None
        if act is not None:
            act()
        current = self.saved.get(kind)
        if (current.revision if current else 0) != cursor.revision:
            return False
        self.saved[kind] = replace(cursor, revision=cursor.revision + 1)
        return True

    def park(self, kind: EntityKind, parked: ParkedRow) -> bool:
        return self.rows.setdefault((kind, parked.row_id), parked) is parked

    def unpark(self, kind: EntityKind, row_id: str) -> None:
        self.rows.pop((kind, row_id), None)

    def parked(self, kind: EntityKind) -> list[ParkedRow]:
        return [parked for (of, _), parked in self.rows.items() if of is kind]


class OpenOperations:
    """The part of `OperationRepository` that ingestion uses, in memory."""

    def __init__(self) -> None:
        self.open: dict[EntityRef, Operation] = {}
        self.refreshes: dict[str, Operation] = {}

    def open_on(self, entity: EntityRef) -> Operation | None:
        return self.open.get(entity)

    def submit(self, operation: Operation, **_: object) -> None:
        self.refreshes[operation.id] = operation


class Ingestion:
    """A Switchboard that only ingests: `with Ingestion() as ingestion: ingestion.poll()`."""

    def __init__(self, *, rules: Rules | None = None) -> None:
        self.now = float(START)
        self.noyo = NoyoFake(clock=lambda: self.now, rules=rules or Rules(settle_script=None))
        self.records, self.outbox, self.cursors = Records(), Outbox(), Cursors()
        self.operations = OpenOperations()
        self.time_runs = False

    def __enter__(self) -> Self:
        self.noyo.start()
        self.client = NoyoHttpClient(
            NoyoSession(
                NoyoSettings(self.noyo.api_url, self.noyo.token_url, 5),
                StaticSecret(ClientCredentials("client", "secret")),
                clock=lambda: self.now,
                sleep=self.wait,
            )
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.client.session.close()
        self.noyo.stop()

    def wait(self, seconds: float = INTERVAL) -> None:
        self.now += seconds

    def poll(self, kind: EntityKind = EntityKind.CONNECTION, *, seconds: float = 60) -> PollReport:
        """Poll once, with a deadline in this many seconds; 0 means that it has passed at the start."""
        return poll(kind, self.dependencies(seconds))

    def run_first_polls(self) -> None:
        """The first run of both lists."""
        self.poll(EntityKind.CONNECTION)
        self.poll(EntityKind.DISCONNECTION)

    def dependencies(self, seconds: float = 60) -> Dependencies:
        ports: Any = {
            "noyo": self.client,
            "records": self.records,
            "operations": self.operations,
            "outbox": self.outbox,
            "polling": self.cursors,
        }
        return Dependencies(
            clock=lambda: self.now,
            poll_interval_seconds=INTERVAL,
            new_id=str,
            sweep_seconds=SWEEP,
            poll_deadline=self.now + seconds,
            **ports,
        )

    def page_ingestor(self, kind: EntityKind = EntityKind.CONNECTION, *, seconds: float = 60) -> PageIngestor:
        """The page ingestor of a new run."""
        return PageIngestor(
            kind, self.cursors.saved.get(kind) or PollCursor(started_at=START), self.dependencies(seconds)
        )

    def ingest(self, record: Record, *, silent: bool = False) -> bool:
        operations: Any = self.operations
        return ingest(
            record,
            Dependencies(
                clock=lambda: float(int(self.now)),
                new_id=str,
                records=self.records,
                operations=operations,
                noyo=self.client,
            ),
            silent=silent,
        )

    # ---------------------------------------------------------------- records at Noyo

    def add_connections(self, number: int, *, every: int = 60, **fields: Any) -> list[str]:
        """Add this many connections: the newest is an hour old, each is `every` seconds older than the previous."""
        first = int(self.now) - 3600
        return [
            self.noyo.add_connection(**{"created": first - index * every, "status": "processing", **fields})["id"]
            for index in range(number)
        ]

    def add_waiting_disconnection(self, end: str | None, **fields: Any) -> str:
        """Add a disconnection that a carrier requested an hour ago; returns its id."""
        request = self.noyo.carrier_requests_disconnection(
            carrier_id="c699414d-fd1c-4de4-86f0-66dfff2276c4",
            group_id="5e5e5e5e-0000-4000-8000-000000000001",
            group_name="Test Company",
            effective_end_date=end,
            **{"created": int(self.now) - 3600, **fields},
        )
        return str(request["id"])

    def list_request_count(self) -> int:
        """The number of list pages requested so far."""
        return sum(request.path.endswith(("/group_connections", "_requests")) for request in self.noyo.requests)

    # ---------------------------------------------------------------- ingested records

    def record_state(self, record_id: str, kind: EntityKind = EntityKind.CONNECTION) -> RecordState:
        return self.records.states[EntityRef(kind, record_id)]

    def status(self, record_id: str) -> str:
        return self.record_state(record_id).status.value

    def reported_statuses(self, record_id: str | None = None) -> list[str]:
        """The statuses in the outbox events, in order; `late …` for a late version."""
        return [
            f"late {event.after}" if event.kind is EventKind.LATE_VERSION else str(event.after)
            for event in self.records.events
            if record_id in (None, event.entity.key)
        ]
