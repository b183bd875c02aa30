"""Many people at once on one held disconnection: one confirms or withdraws it, and everyone else learns who."""

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
from tests.dynamodb.conftest import Engine
from tests.dynamodb.made import NOW, a_connection, first
from tests.dynamodb.racing import at_once
from tests.usecases.disconnection_bench import NEW_YORK, WISH

pytestmark = pytest.mark.long

PEOPLE = 50
ROUNDS = {"moto": 3, "dynamodb_local": 100}
POLICY = AccessPolicy("T1", approvers=frozenset(f"U{number}" for number in range(PEOPLE)))


def gate(store: Repositories) -> SendingGuard:
    return SendingGuard(store.pauses, Mode.ACT, lambda: float(NOW))


def held(store: Repositories, number: int) -> str:
    """Asked for by somebody who does not take part."""
    made = a_connection(id=str(uuid.uuid4()), group_id=str(uuid.uuid4()), status=ConnectionStatus.COMPLETED)
    store.records.write(first(made))
    shown = store.records.record_state(connection_ref(made.id))
    assert shown is not None
    encryptor: Any = None  # Nothing of it is sealed.
    deps = Dependencies(
        operations=store.operations,
        records=store.records,
        encryptor=encryptor,
        clock=lambda: float(NOW),
        new_id=lambda: f"a{number}",
        audit=store.audit,
        pauses=gate(store).pauses,
        mode=gate(store).mode,
    )
    placed = request_disconnection(
        f"V{number}",
        "U0ANA",
        shown=shown,
        wish=WISH,
        needs_second=True,
        timezone=NEW_YORK,
        reply_to=ReplyTo(),
        deps=deps,
    )
    assert isinstance(placed, Submitted)
    return placed.operation.id


def in_turn(contestant: Callable[[int], Any], number: int) -> list[Any]:
    """Moto is not for threads, so there an order of chance has to do; tests/usecases has the same instant."""
    order = list(range(PEOPLE))
    random.Random(number).shuffle(order)
    came = {one: contestant(one) for one in order}
    return [came[one] for one in range(PEOPLE)]


@pytest.mark.timeout(600)
def test_of_many_who_confirm_or_withdraw_at_once_one_does_and_everyone_else_is_told_who(
    engine: Engine, store: Repositories
) -> None:
    ended = set()
    for number in range(ROUNDS[engine.name]):
        operation_id = held(store, number)

        def contestant(one: int, operation_id: str = operation_id) -> Any:
            deps = Dependencies(
                operations=store.operations,
                policy=POLICY,
                clock=lambda: float(NOW),
                new_id=lambda: f"{operation_id}-{one}",
                pauses=gate(store).pauses,
                mode=gate(store).mode,
            )
            if one % 2:
                return second_approval.confirm(operation_id, f"U{one}", reply_to=ReplyTo(), deps=deps)
            return second_approval.withdraw(operation_id, f"U{one}", deps=deps)

        came = at_once(contestant, PEOPLE) if engine.name == "dynamodb_local" else in_turn(contestant, number)

        operation = store.operations.operation(operation_id)
        assert operation is not None
        confirmed = [one for one in range(1, PEOPLE, 2) if isinstance(came[one], Confirmed)]
        withdrawn = [one for one in range(0, PEOPLE, 2) if came[one] is not None]
        (winner,) = confirmed + withdrawn
        if confirmed:
            assert (operation.state, operation.people[1]) == (OperationState.PENDING, f"U{winner}")
        else:
            assert operation.state is OperationState.CANCELLED
        for one in range(1, PEOPLE, 2):
            if one != winner:
                assert came[one] == NotAwaitingConfirmation(operation)
        trail = [entry.action for entry in store.audit.entries(operation.entity, limit=100)]
        assert sorted(trail) == sorted(
            ["operation_submitted", "disconnection_confirmed" if confirmed else "disconnection_withdrawn"]
        )
        ended.add(operation.state)
    assert ended <= {OperationState.PENDING, OperationState.CANCELLED}
