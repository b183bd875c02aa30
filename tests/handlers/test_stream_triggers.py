"""Handler tests: what the table's stream wakes the worker with, by template.yaml's filters and without a schedule."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from bot import policies
from bot.domain.operations import OperationKind, OperationState, ReplyTo, Resolution
from bot.domain.records import EntityKind, EntityRef
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
from tests.system import ANA, BEN, CONNECTIONS, DECISIONS, GUARDIAN, System


@pytest.fixture
def system(monkeypatch: pytest.MonkeyPatch) -> Iterator[System]:
    """One that keeps its table's stream."""
    yield from a_system(monkeypatch, streams=True)


@pytest.fixture
def quick_system(monkeypatch: pytest.MonkeyPatch) -> Iterator[System]:
    yield from a_system(monkeypatch, streams=False)


def a_system(monkeypatch: pytest.MonkeyPatch, *, streams: bool) -> Iterator[System]:
    with System(streams=streams, APPROVERS=f"{ANA},{BEN}") as made:
        monkeypatch.setattr(execute_operations, "deployment", lambda *_: made.bot)
        made.poll()
        made.notify()
        yield made


def told_since(system: System, before: int) -> dict[str, Any]:
    """What Lambda calls the worker with, of what the stream told after its first `before` records."""
    (function,) = [one for one in read_functions() if one.handler == "handlers.execute_operations.handler"]
    patterns = [pattern for mapping in function.mappings for pattern in mapping.patterns]
    since = list(system.stream())[before:]
    return {"Records": [one for one in since if any(matches(pattern, one) for pattern in patterns)]}


def wake(system: System, before: int) -> None:
    told = told_since(system, before)
    assert len(told["Records"]) == 1
    with acting("ExecuteOperationsFunction"):
        execute_operations.handler(told, FakeContext())


def confirm_one(system: System) -> tuple[str, int]:
    """Ana asks for a group to be disconnected, and Ben confirms it: the operation, and how much the stream told before
    he did."""
    system.noyo.add_connection(
        carrier_id=GUARDIAN, carrier_group_id="W1", group_name="Whole Company", status="completed"
    )
    system.settle(20)
    system.slack.command(ANA, CONNECTIONS, "/noyo", "disconnect Whole Company")
    asked = _submits(system, ANA, end_date="2026-12-31", reason="terminated", typed_name="Whole Company")
    system.settle(20)
    assert system.operation(asked).state is OperationState.AWAITING_CONFIRMATION
    (card,) = [one for one in system.slack.channel(DECISIONS) if "Whole Company" in system.slack.render(one)]
    system.slack.click(BEN, DECISIONS, card.ts, Action.CONFIRM.value)
    before = len(list(system.stream()))
    _submits(system, BEN)
    return asked, before


def _submits(system: System, person: str, **typed: str) -> str:
    view = system.slack.view_of(person)
    assert view is not None
    reply = system.slack.submit(person, view.id, typed)
    assert (reply.error, reply.errors) == (None, {})
    return str(view.id)


def test_what_was_confirmed_is_at_noyo_at_once(system: System) -> None:
    operation_id, before = confirm_one(system)
    assert system.writes() == []

    wake(system, before)

    assert [(seen.method, seen.status) for seen in system.writes()] == [("POST", 201)]
    assert system.operation(operation_id).state is OperationState.SUCCEEDED


def test_what_is_to_be_sent_again_is_at_noyo_at_once(system: System) -> None:
    operation_id, before = confirm_one(system)
    system.noyo.faults.add(Fault("reset_before", method="POST"))
    for _ in range(3):
        system.carry_out()
        system.wait(30)
    assert system.operation(operation_id).state is OperationState.NEEDS_RESOLUTION
    before, sent = len(list(system.stream())), len(system.writes())
    deps = system.bot.noyo_dependencies
    resolve(operation_id, Resolution.SEND_AGAIN, BEN, seen_version=None, deps=deps)

    wake(system, before)

    assert len(system.writes()) == sent + 1
    assert system.operation(operation_id).state is OperationState.SUCCEEDED


def a_storm(system: System, looks: int = 200) -> None:
    """Noyo tells of many changes at once, and then Ana asks for something."""
    store, deps = system.bot.repositories, system.bot.noyo_dependencies
    result = Dependencies(
        operations=store.operations,
        records=store.records,
        encryptor=system.bot.noyo_dependencies.encryptor,
        clock=system.clock,
        new_id=deps.new_id,
        audit=store.audit,
        pauses=deps.sending_guard.pauses,
        mode=deps.sending_guard.mode,
    )
    entity = EntityRef(EntityKind.CONNECTION, system.noyo.add_connection(group_name="Heard Of")["id"])
    for number in range(looks):
        submit.refresh(f"look-{number}", None, entity, because="webhook", reply_to=ReplyTo(), deps=result)
    system.wait(5)
    system.asks()


def kinds_carried(system: System, monkeypatch: pytest.MonkeyPatch, event: dict[str, Any]) -> list[OperationKind]:
    """In which order the worker takes up what is due, or what woke it."""
    carried: list[str] = []

    def carry(one: str, deps: Dependencies) -> None:
        carried.append(one)
        if system.operation(one).kind is not OperationKind.REFRESH_RECORD:
            carry_out_one(one, deps)

    monkeypatch.setattr(workers, "execute", carry)
    with acting("ExecuteOperationsFunction"):
        execute_operations.handler(event, FakeContext())
    return [system.operation(one).kind for one in carried]


def test_the_schedule_sends_what_a_person_asked_for_before_any_look(
    quick_system: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_storm(quick_system)
    assert len(quick_system.open_operations()) == 201

    kinds = kinds_carried(quick_system, monkeypatch, {})

    assert kinds == [OperationKind.REQUEST_CONNECTION, *[OperationKind.REFRESH_RECORD] * policies.DUE_BATCH_SIZE]
    assert [seen.status for seen in quick_system.writes()] == [201]


def test_what_waits_in_the_stream_behind_many_looks_does_not_wait_for_them(
    system: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = len(list(system.stream()))
    a_storm(system, looks=20)
    batch = told_since(system, before)["Records"][:5]

    kinds = kinds_carried(system, monkeypatch, {"Records": batch})

    assert kinds == [OperationKind.REQUEST_CONNECTION, *[OperationKind.REFRESH_RECORD] * 5]
    assert [seen.status for seen in system.writes()] == [201]


def test_what_the_worker_writes_itself_does_not_wake_it(system: System) -> None:
    _, before = confirm_one(system)
    wake(system, before)
    before = len(list(system.stream()))

    system.settle(60)

    assert told_since(system, before) == {"Records": []}
