"""Many people confirm or withdraw one disconnection at once: one succeeds, and the others see who did."""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable
from typing import Any

import pytest

from bot.domain.operations import OperationState, ReplyTo
from bot.domain.pauses import Mode
from bot.domain.people import AccessPolicy
from bot.domain.records import ConnectionStatus, connection_ref
from bot.dynamodb import Repositories
from bot.usecases.dependencies import Dependencies, SendingGuard
from bot.usecases.operations import second_approval
from bot.usecases.operations.second_approval import Confirmed, NotAwaitingConfirmation
from bot.usecases.operations.submit import Submitted, request_disconnection
from tests.dynamodb.builders import NOW, a_connection, first
from tests.dynamodb.conftest import Engine
from tests.dynamodb.racing import at_once
from tests.usecases.disconnection_bench import NEW_YORK, WISH

pytestmark = pytest.mark.long

PEOPLE = 50
ROUNDS = {"moto": 3, "dynamodb_local": 100}
POLICY = AccessPolicy("T1", approvers=frozenset(f"U{number}" for number in range(PEOPLE)))


def sending_guard(store: Repositories) -> SendingGuard:
    return SendingGuard(store.pauses, Mode.ACT, lambda: float(NOW))


def awaiting_confirmation(store: Repositories, number: int) -> str:
    """Submit a disconnection, requested by a person who does not take part in the race."""
    connection = a_connection(id=str(uuid.uuid4()), group_id=str(uuid.uuid4()), status=ConnectionStatus.COMPLETED)
    store.records.write(first(connection))
    shown = store.records.record_state(connection_ref(connection.id))
    assert shown is not None
    encryptor: Any = None  # A disconnection has no encrypted input.
    deps = Dependencies(
        operations=store.operations,
        records=store.records,
        encryptor=encryptor,
        clock=lambda: float(NOW),
        new_id=lambda: f"a{number}",
        audit=store.audit,
        pauses=sending_guard(store).pauses,
        mode=sending_guard(store).mode,
    )
    result = request_disconnection(
        f"V{number}",
        "U0ANA",
        shown=shown,
        wish=WISH,
        needs_second=True,
        timezone=NEW_YORK,
        reply_to=ReplyTo(),
        deps=deps,
    )
    assert isinstance(result, Submitted)
    return result.operation.id


def in_turn(contestant: Callable[[int], Any], number: int) -> list[Any]:
    """Run one after the other in random order, since moto is not thread-safe."""
    order = list(range(PEOPLE))
    random.Random(number).shuffle(order)
    results = {person: contestant(person) for person in order}
    return [results[person] for person in range(PEOPLE)]


@pytest.mark.timeout(600)
def test_only_one_of_many_confirms_or_withdraws_and_the_others_see_who(engine: Engine, store: Repositories) -> None:
    ended = set()
    for number in range(ROUNDS[engine.name]):
        operation_id = awaiting_confirmation(store, number)

        def contestant(person: int, operation_id: str = operation_id) -> Any:
            deps = Dependencies(
                operations=store.operations,
                policy=POLICY,
                clock=lambda: float(NOW),
                new_id=lambda: f"{operation_id}-{person}",
                pauses=sending_guard(store).pauses,
                mode=sending_guard(store).mode,
            )
            if person % 2:
                return second_approval.confirm(operation_id, f"U{person}", reply_to=ReplyTo(), deps=deps)
            return second_approval.withdraw(operation_id, f"U{person}", deps=deps)

        results = at_once(contestant, PEOPLE) if engine.name == "dynamodb_local" else in_turn(contestant, number)

        operation = store.operations.operation(operation_id)
        assert operation is not None
        confirmed = [person for person in range(1, PEOPLE, 2) if isinstance(results[person], Confirmed)]
        withdrawn = [person for person in range(0, PEOPLE, 2) if results[person] is not None]
        (winner,) = confirmed + withdrawn
        if confirmed:
            assert (operation.state, operation.people[1]) == (OperationState.PENDING, f"U{winner}")
        else:
            assert operation.state is OperationState.CANCELLED
        for person in range(1, PEOPLE, 2):
            if person != winner:
                assert results[person] == NotAwaitingConfirmation(operation)
        actions = [entry.action for entry in store.audit.entries(operation.entity, limit=100)]
        assert sorted(actions) == sorted(
            ["operation_submitted", "disconnection_confirmed" if confirmed else "disconnection_withdrawn"]
        )
        ended.add(operation.state)
    assert ended <= {OperationState.PENDING, OperationState.CANCELLED}
