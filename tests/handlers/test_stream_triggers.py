"""The stream of the table invokes the worker through the event filters of template.yaml, without a schedule."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from bot.domain.operations import OperationKind, OperationState, ReplyTo, Resolution
from bot.domain.records import EntityKind, EntityRef
from bot.dynamodb.stream import event_ids
from bot.slack.views.buttons import Action
from bot.usecases import workers
from bot.usecases.dependencies import Dependencies
from bot.usecases.operations import submit
from bot.usecases.operations.execute import execute as execute_operation
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
    """A system that keeps its table's stream."""
    yield from system_with(monkeypatch, streams=True)


@pytest.fixture
def system_without_stream(monkeypatch: pytest.MonkeyPatch) -> Iterator[System]:
    yield from system_with(monkeypatch, streams=False)


def system_with(monkeypatch: pytest.MonkeyPatch, *, streams: bool) -> Iterator[System]:
    with System(streams=streams, APPROVERS=f"{ANA},{BEN}") as system:
        monkeypatch.setattr(execute_operations, "deployment", lambda *_: system.bot)
        system.poll()
        system.notify()
        yield system


def worker_event(system: System, before: int, handler: str = "handlers.execute_operations.handler") -> dict[str, Any]:
    """The event with which Lambda invokes the worker for the stream's records after the first `before`."""
    (function,) = [function for function in read_functions() if function.handler == handler]
    patterns = [pattern for mapping in function.mappings for pattern in mapping.patterns]
    since = list(system.stream())[before:]
    return {"Records": [record for record in since if any(matches(pattern, record) for pattern in patterns)]}


def invoke_worker(system: System, before: int) -> None:
    event = worker_event(system, before)
    assert len(event["Records"]) == 1
    with acting("ExecuteOperationsFunction"):
        execute_operations.handler(event, FakeContext())


def confirm_disconnection(system: System) -> tuple[str, int]:
    """Ana requests a disconnection and Ben confirms it.

    Returns the operation's id, and how many records the stream had before the confirmation.
    """
    system.noyo.add_connection(
        carrier_id=GUARDIAN, carrier_group_id="W1", group_name="Whole Company", status="completed"
    )
    system.settle(20)
    system.slack.command(ANA, CONNECTIONS, "/noyo", "disconnect Whole Company")
    operation_id = _submit_form(system, ANA, end_date="2026-12-31", reason="terminated", typed_name="Whole Company")
    system.settle(20)
    assert system.operation(operation_id).state is OperationState.AWAITING_CONFIRMATION
    (card,) = [
        message for message in system.slack.channel(DECISIONS) if "Whole Company" in system.slack.render(message)
    ]
    system.slack.click(BEN, DECISIONS, card.ts, Action.CONFIRM.value)
    before = len(list(system.stream()))
    _submit_form(system, BEN)
    return operation_id, before


def _submit_form(system: System, person: str, **typed: str) -> str:
    view = system.slack.view_of(person)
    assert view is not None
    reply = system.slack.submit(person, view.id, typed)
    assert (reply.error, reply.errors) == (None, {})
    return str(view.id)


def test_a_confirmed_request_is_sent_at_once(system: System) -> None:
    operation_id, before = confirm_disconnection(system)
    assert system.writes() == []

    invoke_worker(system, before)

    assert [(seen.method, seen.status) for seen in system.writes()] == [("POST", 201)]
    assert system.operation(operation_id).state is OperationState.SUCCEEDED


def test_a_manual_resolution_to_send_again_is_executed_at_once(system: System) -> None:
    operation_id, before = confirm_disconnection(system)
    system.noyo.faults.add(Fault("reset_before", method="POST"))
    for _ in range(3):
        system.execute_due()
        system.wait(30)
    assert system.operation(operation_id).state is OperationState.NEEDS_RESOLUTION
    before, sent = len(list(system.stream())), len(system.writes())
    deps, attempt = system.bot.noyo_dependencies, system.operation(operation_id).attempts
    resolve(operation_id, Resolution.SEND_AGAIN, BEN, attempt=attempt, seen_version=None, deps=deps)

    invoke_worker(system, before)

    assert len(system.writes()) == sent + 1
    assert system.operation(operation_id).state is OperationState.SUCCEEDED


def submit_request_after_refreshes(system: System, refreshes: int = 200) -> None:
    """Noyo reports many changes at once, and then Ana submits a request."""
    store, deps = system.bot.repositories, system.bot.noyo_dependencies
    submit_deps = Dependencies(
        operations=store.operations,
        records=store.records,
        encryptor=system.bot.noyo_dependencies.encryptor,
        clock=system.clock,
        new_id=deps.new_id,
        audit=store.audit,
        pauses=deps.sending_guard.pauses,
        mode=deps.sending_guard.mode,
    )
    entity = EntityRef(EntityKind.CONNECTION, system.noyo.add_connection(group_name="Known Company")["id"])
    for number in range(refreshes):
        submit.refresh(f"refresh-{number}", None, entity, because="webhook", reply_to=ReplyTo(), deps=submit_deps)
    system.wait(5)
    system.request_connection()


def executed_kinds(system: System, monkeypatch: pytest.MonkeyPatch, event: dict[str, Any]) -> list[OperationKind]:
    """The kinds of operations that the worker executes, in order."""
    executed: list[str] = []

    def record(operation_id: str, deps: Dependencies) -> None:
        executed.append(operation_id)
        if system.operation(operation_id).kind is not OperationKind.REFRESH_RECORD:
            execute_operation(operation_id, deps)

    monkeypatch.setattr(workers, "execute", record)
    with acting("ExecuteOperationsFunction"):
        execute_operations.handler(event, FakeContext())
    return [system.operation(operation_id).kind for operation_id in executed]


def test_the_schedule_executes_requests_of_people_before_refreshes(
    system_without_stream: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    submit_request_after_refreshes(system_without_stream)
    assert len(system_without_stream.open_operations()) == 201

    kinds = executed_kinds(system_without_stream, monkeypatch, {})

    assert kinds == [OperationKind.REQUEST_CONNECTION, *[OperationKind.REFRESH_RECORD] * 200]
    assert [seen.status for seen in system_without_stream.writes()] == [201]


def test_a_request_in_the_stream_does_not_wait_for_earlier_refreshes(
    system: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = len(list(system.stream()))
    submit_request_after_refreshes(system, refreshes=20)
    batch = worker_event(system, before)["Records"][:5]

    kinds = executed_kinds(system, monkeypatch, {"Records": batch})

    assert kinds == [OperationKind.REQUEST_CONNECTION, *[OperationKind.REFRESH_RECORD] * 5]
    assert [seen.status for seen in system.writes()] == [201]


def test_the_workers_own_writes_do_not_invoke_it(system: System) -> None:
    _, before = confirm_disconnection(system)
    invoke_worker(system, before)
    before = len(list(system.stream()))

    system.settle(60)

    assert worker_event(system, before) == {"Records": []}


def test_opening_the_home_again_invokes_the_worker_and_publishing_it_does_not(system: System) -> None:
    notify = "handlers.notify.handler"
    for _ in range(2):
        before = len(list(system.stream()))
        system.slack.open_home(ANA)
        assert event_ids(worker_event(system, before, notify)) == [f"home_requested:{ANA}"]

        before = len(list(system.stream()))
        system.notify()
        assert system.slack.home_of(ANA) is not None
        assert event_ids(worker_event(system, before, notify)) == []
        system.wait(5)
