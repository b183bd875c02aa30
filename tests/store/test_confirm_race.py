"""Many people at once on one held disconnection: one confirms or withdraws it, and everyone else learns who."""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable
from typing import Any

import pytest

from bot.domain.operations import AnswerTo, OperationState
from bot.domain.people import Policy
from bot.domain.records import ConnectionStatus
from bot.domain.sending import Mode
from bot.domain.subjects import connection
from bot.store import Store
from bot.usecases import confirm, place
from bot.usecases.confirm import Confirmed, NotHeld
from bot.usecases.gate import Gate
from bot.usecases.place import Placed
from bot.usecases.place_disconnection import request_disconnection
from tests.store.conftest import Engine
from tests.store.made import NOW, a_connection, first
from tests.store.racing import at_once
from tests.usecases.disconnecting import NEW_YORK, WISH

pytestmark = pytest.mark.long

PEOPLE = 50
ROUNDS = {"moto": 3, "dynamodb_local": 100}
POLICY = Policy("T1", approvers=frozenset(f"U{number}" for number in range(PEOPLE)))


def gate(store: Store) -> Gate:
    return Gate(store.switches, Mode.ACT, lambda: float(NOW))


def held(store: Store, number: int) -> str:
    """Asked for by somebody who does not take part."""
    made = a_connection(id=str(uuid.uuid4()), group_id=str(uuid.uuid4()), status=ConnectionStatus.COMPLETED)
    store.records.write(first(made))
    shown = store.records.tracked(connection(made.id))
    assert shown is not None
    sealer: Any = None  # Nothing of it is sealed.
    tools = place.Tools(
        store.operations,
        store.records,
        sealer,
        lambda: float(NOW),
        lambda: f"a{number}",
        gate(store),
        store.audit,
    )
    placed = request_disconnection(
        f"V{number}",
        "U0ANA",
        shown=shown,
        wish=WISH,
        needs_second=True,
        timezone=NEW_YORK,
        answer_to=AnswerTo(),
        tools=tools,
    )
    assert isinstance(placed, Placed)
    return placed.operation.id


def in_turn(contestant: Callable[[int], Any], number: int) -> list[Any]:
    """Moto is not for threads, so there an order of chance has to do; tests/usecases has the same instant."""
    order = list(range(PEOPLE))
    random.Random(number).shuffle(order)
    came = {one: contestant(one) for one in order}
    return [came[one] for one in range(PEOPLE)]


@pytest.mark.timeout(600)
def test_of_many_who_confirm_or_withdraw_at_once_one_does_and_everyone_else_is_told_who(
    engine: Engine, store: Store
) -> None:
    ended = set()
    for number in range(ROUNDS[engine.name]):
        operation_id = held(store, number)

        def contestant(one: int, operation_id: str = operation_id) -> Any:
            tools = confirm.Tools(
                store.operations, POLICY, lambda: float(NOW), lambda: f"{operation_id}-{one}", gate(store)
            )
            if one % 2:
                return confirm.confirm(operation_id, f"U{one}", answer_to=AnswerTo(), tools=tools)
            return confirm.withdraw(operation_id, f"U{one}", tools=tools)

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
                assert came[one] == NotHeld(operation)
        trail = [entry.deed for entry in store.audit.entries(operation.subject, limit=100)]
        assert sorted(trail) == sorted(["operation_placed", "confirmed" if confirmed else "withdrawn"])
        ended.add(operation.state)
    assert ended <= {OperationState.PENDING, OperationState.CANCELLED}
