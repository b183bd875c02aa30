"""Handler tests: what the table's stream wakes the worker with, by template.yaml's filters and without a schedule."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from bot import policies
from bot.domain.entities import EntityKind, EntityRef
from bot.domain.operations import OperationKind, OperationState, ReplyTo, Resolution
from bot.slack.views.buttons import Action
from bot.usecases import workers
from bot.usecases.dependencies import Dependencies
from bot.usecases.operations import submit
from bot.usecases.operations.execute import execute as carry_out_one
from bot.usecases.operations.resolve import resolve
from handlers import execute_operations
from infra.local.aws.event_filters import matches
from infra.local.aws.functions import read_functions
from infra.local.noyo import Fault
from tests.aws_calls import acting
from tests.handlers.conftest import FakeContext
from tests.world import ANA, BEN, CONNECTIONS, DECISIONS, GUARDIAN, World


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """One that keeps its table's stream."""
    yield from a_world(monkeypatch, streams=True)


@pytest.fixture
def quick_world(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    yield from a_world(monkeypatch, streams=False)


def a_world(monkeypatch: pytest.MonkeyPatch, *, streams: bool) -> Iterator[World]:
    with World(streams=streams, APPROVERS=f"{ANA},{BEN}") as made:
        monkeypatch.setattr(execute_operations, "deployment", lambda *_: made.bot)
        made.poll()
        made.notify()
        yield made


def told_since(world: World, before: int) -> dict[str, Any]:
    """What Lambda calls the worker with, of what the stream told after its first `before` records."""
    (function,) = [one for one in read_functions() if one.handler == "handlers.execute_operations.handler"]
    patterns = [pattern for mapping in function.mappings for pattern in mapping.patterns]
    since = list(world.stream())[before:]
    return {"Records": [one for one in since if any(matches(pattern, one) for pattern in patterns)]}


def wake(world: World, before: int) -> None:
    told = told_since(world, before)
    assert len(told["Records"]) == 1
    with acting("ExecuteOperationsFunction"):
        execute_operations.handler(told, FakeContext())


def confirm_one(world: World) -> tuple[str, int]:
    """Ana asks for a group to be disconnected, and Ben confirms it: the operation, and how much the stream told before
    he did."""
    world.noyo.add_connection(
        carrier_id=GUARDIAN, carrier_group_id="W1", group_name="Whole Company", status="completed"
    )
    world.settle(20)
    world.slack.command(ANA, CONNECTIONS, "/noyo", "disconnect Whole Company")
    asked = _submits(world, ANA, end_date="2026-12-31", reason="terminated", typed_name="Whole Company")
    world.settle(20)
    assert world.operation(asked).state is OperationState.AWAITING_CONFIRMATION
    (card,) = [one for one in world.slack.channel(DECISIONS) if "Whole Company" in world.slack.render(one)]
    world.slack.click(BEN, DECISIONS, card.ts, Action.CONFIRM.value)
    before = len(list(world.stream()))
    _submits(world, BEN)
    return asked, before


def _submits(world: World, person: str, **typed: str) -> str:
    view = world.slack.view_of(person)
    assert view is not None
    reply = world.slack.submit(person, view.id, typed)
    assert (reply.error, reply.errors) == (None, {})
    return str(view.id)


def test_what_was_confirmed_is_at_noyo_at_once(world: World) -> None:
    operation_id, before = confirm_one(world)
    assert world.writes() == []

    wake(world, before)

    assert [(seen.method, seen.status) for seen in world.writes()] == [("POST", 201)]
    assert world.operation(operation_id).state is OperationState.SUCCEEDED


def test_what_is_to_be_sent_again_is_at_noyo_at_once(world: World) -> None:
    operation_id, before = confirm_one(world)
    world.noyo.faults.add(Fault("reset_before", method="POST"))
    for _ in range(3):
        world.carry_out()
        world.wait(30)
    assert world.operation(operation_id).state is OperationState.NEEDS_RESOLUTION
    before, sent = len(list(world.stream())), len(world.writes())
    deps = world.bot.noyo_dependencies
    resolve(operation_id, Resolution.SEND_AGAIN, BEN, seen_version=None, deps=deps)

    wake(world, before)

    assert len(world.writes()) == sent + 1
    assert world.operation(operation_id).state is OperationState.SUCCEEDED


def a_storm(world: World, looks: int = 200) -> None:
    """Noyo tells of many changes at once, and then Ana asks for something."""
    store, deps = world.bot.repositories, world.bot.noyo_dependencies
    result = Dependencies(
        operations=store.operations,
        records=store.records,
        encryptor=world.bot.noyo_dependencies.encryptor,
        clock=world.clock,
        new_id=deps.new_id,
        audit=store.audit,
        pauses=deps.sending_guard.pauses,
        mode=deps.sending_guard.mode,
    )
    entity = EntityRef(EntityKind.CONNECTION, world.noyo.add_connection(group_name="Heard Of")["id"])
    for number in range(looks):
        submit.refresh(f"look-{number}", None, entity, because="webhook", reply_to=ReplyTo(), deps=result)
    world.wait(5)
    world.asks()


def kinds_carried(
    world: World, monkeypatch: pytest.MonkeyPatch, event: dict[str, Any]
) -> list[OperationKind]:
    """In which order the worker takes up what is due, or what woke it."""
    carried: list[str] = []

    def carry(one: str, deps: Dependencies) -> None:
        carried.append(one)
        if world.operation(one).kind is not OperationKind.REFRESH_RECORD:
            carry_out_one(one, deps)

    monkeypatch.setattr(workers, "execute", carry)
    with acting("ExecuteOperationsFunction"):
        execute_operations.handler(event, FakeContext())
    return [world.operation(one).kind for one in carried]


def test_the_schedule_sends_what_a_person_asked_for_before_any_look(
    quick_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_storm(quick_world)
    assert len(quick_world.open_operations()) == 201

    kinds = kinds_carried(quick_world, monkeypatch, {})

    assert kinds == [
        OperationKind.REQUEST_CONNECTION,
        *[OperationKind.REFRESH_RECORD] * policies.DUE_BATCH_SIZE,
    ]
    assert [seen.status for seen in quick_world.writes()] == [201]


def test_what_waits_in_the_stream_behind_many_looks_does_not_wait_for_them(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = len(list(world.stream()))
    a_storm(world, looks=20)
    batch = told_since(world, before)["Records"][:5]

    kinds = kinds_carried(world, monkeypatch, {"Records": batch})

    assert kinds == [OperationKind.REQUEST_CONNECTION, *[OperationKind.REFRESH_RECORD] * 5]
    assert [seen.status for seen in world.writes()] == [201]


def test_what_the_worker_writes_itself_does_not_wake_it(world: World) -> None:
    _, before = confirm_one(world)
    wake(world, before)
    before = len(list(world.stream()))

    world.settle(60)

    assert told_since(world, before) == {"Records": []}
