"""Many people decide on one disconnection at once: one decision is sent, and the others see who decided first."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC
from typing import Any

import httpx
import pytest
from moto.core import DEFAULT_ACCOUNT_ID as ACCOUNT
from moto.dynamodb.models import dynamodb_backends

from bot.domain.operations import OperationState, Outcome, OutcomeKind, ReplyTo
from bot.domain.pauses import Mode
from bot.domain.people import AccessPolicy, Person
from bot.domain.record_states import RecordState
from bot.domain.requests import Decision, DecisionRequest
from bot.dynamodb import Repositories
from bot.noyo.client import NoyoHttpClient
from bot.noyo.transport import NoyoSession
from bot.settings import NoyoSettings
from bot.usecases.dependencies import Dependencies, SendingGuard
from bot.usecases.operations import submit
from bot.usecases.operations.execute import execute
from bot.usecases.operations.submit import Conflict, RecordChanged, Submitted
from bot.usecases.ports.runtime import ClientCredentials
from bot.usecases.records.ingest import ingest
from infra.local.noyo import NoyoFake, Rules
from tests.dynamodb.builders import CARRIER, NOW
from tests.dynamodb.conftest import REGION, Engine
from tests.dynamodb.racing import at_once
from tests.static_secret import StaticSecret

pytestmark = pytest.mark.long

PEOPLE = 50
WORKERS = 6
"""How many of the clicking threads continue as workers, so that some work while others still click."""
ROUNDS = {"moto": 10, "dynamodb_local": 200}
TEAM = "T1"


class KnowsEverybody:
    """The part of the people repository that workers read."""

    def person(self, user_id: str) -> Person:
        return Person(user_id, TEAM, False, False, False, NOW)

    def members(self, group_ids: object) -> dict[str, Any]:
        return {}


@dataclass
class Arena:
    """One table, one Noyo, and a new request to disconnect for each round."""

    engine: Engine
    store: Repositories
    noyo: NoyoFake
    client: NoyoHttpClient

    def __post_init__(self) -> None:
        self.ids = itertools.count(1)
        self.people = [f"U{number}" for number in range(PEOPLE)]
        self.policy = AccessPolicy(TEAM, approvers=frozenset(self.people))

    def new_id(self) -> str:
        return f"id-{next(self.ids)}"

    def asked(self) -> RecordState:
        """A carrier requests a disconnection, and everybody has the same card open."""
        created = self.noyo.carrier_requests_disconnection(
            carrier_id=CARRIER,
            group_id="5e5e5e5e-0000-4000-8000-000000000001",
            group_name="Test Company",
            effective_end_date="2026-12-31",
            created=NOW - 600,
        )
        record = self.client.disconnection(created["id"])
        ingest(
            record,
            Dependencies(
                clock=lambda: float(NOW),
                new_id=str,
                records=self.store.records,
                operations=self.store.operations,
                noyo=self.client,
            ),
        )
        record_state = self.store.records.record_state(record.entity)
        assert record_state is not None
        return record_state

    @property
    def sending_guard(self) -> SendingGuard:
        return SendingGuard(self.store.pauses, Mode.ACT, lambda: float(NOW))

    def click(self, shown: RecordState, number: int) -> Any:
        """Every other person approves."""
        encryptor: Any = None  # A decision has no encrypted input.
        deps = Dependencies(
            operations=self.store.operations,
            records=self.store.records,
            encryptor=encryptor,
            clock=lambda: float(NOW),
            new_id=self.new_id,
            audit=self.store.audit,
            pauses=self.sending_guard.pauses,
            mode=self.sending_guard.mode,
        )
        return submit.decide(
            submission(shown, number),
            self.people[number],
            shown=shown,
            wanted=DecisionRequest(choice(number)),
            reply_to=ReplyTo("C1"),
            deps=deps,
        )

    def work(self) -> None:
        """Execute all due operations, as several workers do at once."""
        encryptor: Any = None
        people: Any = KnowsEverybody()
        deps = Dependencies(
            operations=self.store.operations,
            records=self.store.records,
            people=people,
            noyo=self.client,
            encryptor=encryptor,
            policy=self.policy,
            reconcile_after_seconds=30,
            clock=lambda: float(NOW),
            new_id=self.new_id,
            pauses=self.sending_guard.pauses,
            timezone=UTC,
        )
        for operation_id in self.store.operations.due(NOW, limit=100):
            execute(operation_id, deps)

    def writes(self, shown: RecordState) -> list[Any]:
        return [seen for seen in self.noyo.requests if seen.method == "PUT" and shown.record.id in seen.path]


def submission(shown: RecordState, number: int) -> str:
    return f"V-{shown.record.id}-{number}"


def choice(number: int) -> Decision:
    return Decision.APPROVE if number % 2 else Decision.REJECT


@pytest.fixture
def arena(engine: Engine) -> Iterator[Arena]:
    with NoyoFake(clock=lambda: float(NOW), rules=Rules(settle_script=None)) as noyo:
        client = NoyoHttpClient(
            NoyoSession(
                NoyoSettings(noyo.api_url, noyo.token_url, 30),
                StaticSecret(ClientCredentials("client", "secret")),
                clock=lambda: float(NOW),
                sleep=lambda seconds: None,
                transport=httpx.HTTPTransport(verify=False),
            )
        )
        yield Arena(engine, engine.store(), noyo, client)
        client.session.close()


def threads(arena: Arena, shown: RecordState, number: int) -> list[Any]:
    """All click at the same moment; some then work on due operations while others still click."""

    def contestant(number: int) -> Any:
        result = arena.click(shown, number)
        if isinstance(result, Submitted) or number < WORKERS:
            arena.work()
        return result

    return at_once(contestant, PEOPLE)


def one_after_the_other(arena: Arena, shown: RecordState, number: int) -> list[Any]:
    """Clicks and workers run in random order."""
    steps = [*range(PEOPLE), *(-1 for _ in range(WORKERS))]
    random.Random(number).shuffle(steps)
    found: dict[int, Any] = {}
    for step in steps:
        if step < 0:
            arena.work()
        else:
            found[step] = arena.click(shown, step)
    arena.work()
    return [found[number] for number in range(PEOPLE)]


def check(arena: Arena, shown: RecordState, submissions: list[Any]) -> None:
    (first,) = [number for number, result in enumerate(submissions) if isinstance(result, Submitted)]
    operation = arena.store.operations.operation(submission(shown, first))
    assert operation is not None
    assert operation.outcome == Outcome(OutcomeKind.CONFIRMED, record=shown.entity)
    (sent,) = arena.writes(shown)
    status = "processing" if choice(first) is Decision.APPROVE else "rejected"
    assert (sent.took_effect, sent.body) == (True, {"status": status})
    assert sent.path.endswith(f"/{shown.record.version}")
    for number, result in enumerate(submissions):
        if number != first:
            assert arena.store.operations.operation(submission(shown, number)) is None
            assert winner_shown(arena, result) == (operation.id, operation.actor)
    record_state = arena.store.records.record_state(shown.entity)
    assert record_state is not None
    assert (record_state.status.value, record_state.record.version) == (
        status,
        arena.noyo.disconnection(shown.record.id)["version"],
    )
    assert arena.store.operations.open_on(shown.entity) is None


def lighten(engine: Engine) -> None:
    """Delete the items of earlier rounds, since moto copies the whole table and its stream at each transaction."""
    table = dynamodb_backends[ACCOUNT][REGION].tables[engine.table]
    table.stream_shard = None
    table.items.clear()


def winner_shown(arena: Arena, result: Any) -> tuple[str, str | None]:
    """The operation and person that a later click is shown: from the conflict, or from the changed record."""
    if isinstance(result, Conflict):
        return result.operation.id, result.operation.actor
    assert isinstance(result, RecordChanged), result
    assert result.now is not None
    assert result.now.status.value != "needs_review"
    last = arena.store.operations.last_on(result.now.entity)
    assert last is not None
    assert last.state is OperationState.SUCCEEDED
    return last.id, last.actor


@pytest.mark.timeout(600)
def test_only_one_of_many_decides_and_the_others_see_who(arena: Arena) -> None:
    race: Callable[..., list[Any]] = threads if arena.engine.name == "dynamodb_local" else one_after_the_other
    winners = set()
    for number in range(ROUNDS[arena.engine.name]):
        if arena.engine.name == "moto":
            lighten(arena.engine)
        shown = arena.asked()

        submissions = race(arena, shown, number)

        check(arena, shown, submissions)
        winners |= {choice(other) for other, result in enumerate(submissions) if isinstance(result, Submitted)}
    assert winners == set(Decision)
