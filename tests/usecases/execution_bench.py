"""A test bench for operations: a table in moto, the Noyo fake over HTTP, a virtual clock, and no Slack."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

import httpx
from moto.core import DEFAULT_ACCOUNT_ID as ACCOUNT
from moto.dynamodb.models import dynamodb_backends

from bot.domain.operations import Operation, ReplyTo
from bot.domain.pauses import Mode
from bot.domain.people import AccessPolicy, Person
from bot.domain.record_states import RecordState
from bot.domain.records import EntityKind, EntityRef, connection_ref
from bot.domain.requests import ConnectionRequest, RetryRequest, SensitiveFields
from bot.dynamodb import WORKER, KmsEncryptor, repositories_on
from bot.noyo.client import NoyoHttpClient
from bot.noyo.transport import NoyoSession
from bot.settings import NoyoSettings
from bot.usecases.admin.carriers import CarriersInUse
from bot.usecases.dependencies import Dependencies
from bot.usecases.operations import submit
from bot.usecases.operations.execute import execute
from bot.usecases.ports.runtime import ClientCredentials
from bot.usecases.records.ingest import ingest
from infra.local.aws.table import create_table
from infra.local.noyo import Fault, NoyoFake, Rules
from tests.aws import REGION, aws_here, worker_client
from tests.aws_calls import acting
from tests.static_secret import StaticSecret

START = 1_790_000_000
NEW_YORK = ZoneInfo("America/New_York")
TEAM, ANA, BEN = "T1", "U0ANA", "U0BEN"
CARRIER = "c699414d-fd1c-4de4-86f0-66dfff2276c4"
EIN, TIN = "123456789", "987654321"
TYPED = SensitiveFields(federal_ein=EIN, broker_tin=TIN, employer_email_address="owner@test-company.example")
QUIET = 30
TIMEOUT = 1.5
"""In real seconds: a timeout delays a test by this much."""
_TABLES = itertools.count(1)


class ExecutionBench:
    """The dependencies of a worker, actions of people and Noyo, and the results that tests check."""

    timeout_seconds: float = TIMEOUT
    mode: Mode = Mode.ACT

    def __init__(self, noyo: NoyoFake, client: Any, kms: tuple[Any, str], now: list[float]) -> None:
        self.noyo, self.client, self._now = noyo, client, now
        self.table = f"bench-{next(_TABLES)}"
        create_table(client, name=self.table)
        # No test reads the stream here, and moto would copy it at each write.
        dynamodb_backends[ACCOUNT][REGION].tables[self.table].stream_shard = None
        self.store = repositories_on(client, self.table, WORKER)
        self.encryptor = KmsEncryptor(lambda: kms[0], kms[1])
        self.policy = AccessPolicy(TEAM)
        self._ids = (f"id-{number}" for number in itertools.count(1))
        self._clients: list[NoyoHttpClient] = []
        self.restart()
        self.store_people(ANA, BEN)

    def restart(self) -> None:
        """Start a new process, without a token, open connections or caches."""
        self._clients.append(
            NoyoHttpClient(
                NoyoSession(
                    NoyoSettings(self.noyo.api_url, self.noyo.token_url, self.timeout_seconds),
                    StaticSecret(ClientCredentials("client", "secret")),
                    clock=self.clock,
                    sleep=self.wait,
                    transport=httpx.HTTPTransport(verify=False, limits=httpx.Limits(max_keepalive_connections=0)),
                )
            )
        )

    def close(self) -> None:
        for client in self._clients:
            client.session.close()
        self.client.delete_table(TableName=self.table)

    # ---------------------------------------------------------------- time and dependencies

    def clock(self) -> float:
        return self._now[0]

    def wait(self, seconds: float) -> None:
        self._now[0] += seconds

    def store_people(self, *user_ids: str, **changes: Any) -> None:
        """Store these people as just read from Slack."""
        for user_id in user_ids:
            person = Person(user_id, TEAM, False, False, False, int(self.clock()))
            self.store.people.save_person(replace(person, **changes))

    @property
    def deps(self) -> Dependencies:
        return Dependencies(
            clock=self.clock,
            new_id=lambda: next(self._ids),
            records=self.store.records,
            operations=self.store.operations,
            outbox=self.store.outbox,
            people=self.store.people,
            audit=self.store.audit,
            pauses=self.store.pauses,
            polling=self.store.polling,
            health=self.store.health,
            carriers=CarriersInUse(self.store.carriers, self.clock),
            noyo=self._clients[-1],
            encryptor=self.encryptor,
            policy=self.policy,
            mode=self.mode,
            timezone=NEW_YORK,
            reconcile_after_seconds=QUIET,
        )

    # ---------------------------------------------------------------- actions of people and workers

    def request_connection(
        self,
        operation_id: str = "V1",
        actor: str = ANA,
        *,
        group_id: str = "00110011",
        name: str = "Test Company",
        existing: str | None = None,
        sensitive: SensitiveFields = TYPED,
        deps: Dependencies | None = None,
    ) -> submit.SubmitResult:
        """`existing`: the id at Noyo of the group; None for a new group."""
        return submit.request_connection(
            operation_id,
            actor,
            wanted=ConnectionRequest(CARRIER, group_id, name, group_id=existing),
            sensitive=sensitive,
            reply_to=ReplyTo("C1", operation_id),
            deps=deps or self.deps,
        )

    def add_failed_connection(self, group_id: str = "00110011", ago: int = 600) -> RecordState:
        """Add a connection that failed some time ago, and ingest it; returns its record state."""
        self.wait(-ago)
        created = self.noyo.add_connection(
            carrier_id=CARRIER,
            carrier_group_id=group_id,
            group_name="Test Company",
            status="unable_to_connect",
            setup_result={"error": "unknown group"},
        )
        self.ingest_current(created["id"])
        self.wait(ago)
        return self.record_state(created["id"])

    def retry(
        self,
        shown: RecordState,
        operation_id: str = "V2",
        actor: str = ANA,
        *,
        group_id: str | None = "00110012",
        sensitive: SensitiveFields = TYPED,
        deps: Dependencies | None = None,
    ) -> submit.SubmitResult:
        return submit.retry_connection(
            operation_id,
            actor,
            shown=shown,
            wanted=RetryRequest(group_id),
            sensitive=sensitive,
            reply_to=ReplyTo("C1", operation_id),
            deps=deps or self.deps,
        )

    def refresh(self, entity: EntityRef, operation_id: str = "L1") -> submit.SubmitResult:
        return submit.refresh(operation_id, None, entity, because="webhook", reply_to=ReplyTo(), deps=self.deps)

    def ingest_current(self, connection_id: str) -> None:
        """Ingest the current version, as a poll does."""
        deps = self.deps
        ingest(deps.noyo.connection(connection_id), deps)

    def run_worker(self, operation_id: str = "V1", **changed: Any) -> Operation:
        """Run a worker once; `changed` replaces some of its dependencies."""
        with acting("ExecuteOperationsFunction"):
            execute(operation_id, replace(self.deps, **changed))
        return self.operation(operation_id)

    def run_on_schedule(self, operation_id: str = "V1", seconds: int = 400) -> Operation:
        """Run the worker at each due time for this many seconds, and keep the stored people up to date."""
        until = self.clock() + seconds
        while True:
            operation = self.operation(operation_id)
            if operation.due is None or operation.due > until:
                return operation
            self.wait(max(0.0, operation.due - self.clock()))
            person = self.store.people.person(ANA)
            if person is None or self.clock() - person.read_at > 1800:
                self.store_people(ANA, BEN)
            self.run_worker(operation_id)

    # ---------------------------------------------------------------- results

    def operation(self, operation_id: str = "V1") -> Operation:
        found = self.store.operations.operation(operation_id)
        assert found is not None
        return found

    def record_state(self, connection_id: str) -> RecordState:
        found = self.store.records.record_state(connection_ref(connection_id))
        assert found is not None
        return found

    def noyo_connections(self) -> list[dict[str, Any]]:
        return self.noyo.connections()

    def writes(self) -> list[Any]:
        return [seen for seen in self.noyo.requests if seen.method != "GET" and "/api/" in seen.path]

    def effective_write_count(self) -> int:
        """The number of our writes that changed something at Noyo."""
        return sum(seen.took_effect for seen in self.writes())

    def is_locked(self, entity: EntityRef) -> bool:
        return self.store.operations.open_on(entity) is not None

    def items(self) -> list[dict[str, Any]]:
        """All items of the table, in wire format."""
        found: list[dict[str, Any]] = self.client.scan(TableName=self.table)["Items"]
        return found

    def audit_actions(self) -> list[tuple[str, str | None]]:
        """(action, actor) of all audit entries."""
        rows = [item for item in self.items() if item["pk"]["S"].startswith("AUDIT#")]
        return [(row["action"]["S"], row.get("actor", {}).get("S")) for row in rows]

    def published_states(self) -> list[str]:
        """The operation states in the outbox events."""
        rows = [item for item in self.items() if item["pk"]["S"].startswith("OUTBOX#operation_changed:")]
        return [row["operation_state"]["S"] for row in rows]


class PortHook:
    """Wraps a port and runs an action once, immediately before (or after) a call of one method."""

    def __init__(
        self, port: Any, method: str, action: Callable[[], object], *, after: bool = False, skip: int = 0
    ) -> None:
        self._port, self._method, self._action, self._after, self._skip = port, method, action, after, skip
        self._done = False

    def __getattr__(self, name: str) -> Any:
        real = getattr(self._port, name)
        return self._around(real) if name == self._method else real

    def _around(self, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            if self._done or self._skip:
                self._skip -= 0 if self._done else 1
                return real(*args, **kwargs)
            self._done = True
            if self._after:
                answer = real(*args, **kwargs)
                self._action()
                return answer
            self._action()
            return real(*args, **kwargs)

        return call


class ProcessStopped(BaseException):
    """The process stops at this moment; nothing catches this exception."""


def stop_process() -> None:
    raise ProcessStopped


@contextmanager
def open_bench(rules: Rules | None = None, kind: type[Any] = ExecutionBench) -> Iterator[Any]:
    """Open a bench of this class."""
    now = [float(START)]
    fake = NoyoFake(clock=lambda: now[0], rules=rules or Rules(settle_script=None))
    with aws_here() as key, fake as noyo:
        opened = kind(noyo, worker_client("dynamodb"), (worker_client("kms"), key), now)
        yield opened
        opened.close()


def write_fault(kind: str, times: int | None = 1, **more: Any) -> Fault:
    """A fault in writes to Noyo; reads still work."""
    method = more.pop("method", None)
    return Fault(kind, method=method or "POST", path_contains="/api/", times=times, **more)


REQUEST = EntityRef(EntityKind.PENDING_CONNECTION, f"{CARRIER}#00110011")
