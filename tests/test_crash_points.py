"""A process may crash at any point: operations recover, nothing is written twice, the card shows the outcome."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot import policies
from bot.domain.operations import OperationKind, OperationState, ReplyTo
from bot.domain.people import Person
from bot.domain.record_states import RecordState
from bot.domain.records import Connection, disconnection_ref
from bot.domain.requests import Decision, DecisionRequest, DisconnectionReason
from bot.usecases.notifications.publish import publish
from bot.usecases.operations import second_approval, submit
from bot.usecases.operations.execute import execute
from infra.local.noyo import Fault
from tests.system import ALERTS, ANA, BEN, CONNECTIONS, DECISIONS, GUARDIAN, System
from tests.usecases.execution_bench import (
    ExecutionBench,
    PortHook,
    ProcessStopped,
    open_bench,
    stop_process,
    write_fault,
)

pytestmark = pytest.mark.long


@pytest.fixture
def system() -> Iterator[System]:
    with System() as system:
        yield system


def crash_execution(system: System, operation_id: str, port: str, method: str, *, after: bool) -> None:
    deps = system.bot.noyo_dependencies
    crashing: Any = {port: PortHook(getattr(deps, port), method, stop_process, after=after)}
    with pytest.raises(ProcessStopped):
        execute(operation_id, replace(deps, **crashing))


def crash_publishing(system: System, port: str, method: str) -> None:
    """The worker crashes while it posts the card and its first replies."""
    system.execute_due()
    deps = system.bot.slack_dependencies
    crashing: Any = {port: PortHook(getattr(deps, port), method, stop_process, after=True)}
    first, *_ = deps.outbox.due(deps.now(), limit=1)
    with pytest.raises(ProcessStopped):
        publish(first, replace(deps, **crashing))


def write_of(system: System, operation_id: str) -> str:
    kind = system.operation(operation_id).kind
    return "request_disconnection" if kind is OperationKind.CREATE_DISCONNECTION else kind.value


Crash = Callable[[System, str], object]
CRASH_POINTS: dict[str, Crash] = {
    "after the submission": lambda system, operation_id: None,
    "after the claim": lambda system, operation_id: crash_execution(
        system, operation_id, "operations", "claim", after=True
    ),
    "before the request reached noyo": lambda system, operation_id: crash_execution(
        system, operation_id, "noyo", write_of(system, operation_id), after=False
    ),
    "after noyo had answered": lambda system, operation_id: crash_execution(
        system, operation_id, "noyo", write_of(system, operation_id), after=True
    ),
    "before settling": lambda system, operation_id: crash_execution(
        system, operation_id, "operations", "save", after=False
    ),
    "after settling": lambda system, operation_id: crash_execution(
        system, operation_id, "operations", "save", after=True
    ),
    "after the post": lambda system, operation_id: crash_publishing(system, "slack", "post"),
    "after its ts was stored": lambda system, operation_id: crash_publishing(system, "messages", "record_post"),
}
BEFORE_SENDING = {"after the claim", "before the request reached noyo"}


def recover(system: System) -> None:
    """Restarts the process and runs the workers until the lease has expired and everything has settled."""
    system.restart()
    for seconds in (0, policies.OPERATION_LEASE_SECONDS, 30, 30, 30):
        system.wait(seconds)
        system.execute_due()
        system.notify()
    system.poll()
    system.notify()


def effective_writes(system: System, carrier_group_id: str) -> int:
    """How many of our requests for this group took effect at Noyo."""
    return sum(seen.took_effect and carrier_group_id in str(seen.body) for seen in system.writes())


def cards_of(system: System, name: str, channel: str = CONNECTIONS) -> list[str]:
    shown = [system.slack.render(message) for message in system.slack.channel(channel)]
    return [text for text in shown if name in text.splitlines()[0]]


@pytest.mark.parametrize("point", CRASH_POINTS)
def test_a_request_succeeds_once_after_a_crash_at_any_point(system: System, point: str) -> None:
    group_id, name = f"R{list(CRASH_POINTS).index(point):04d}", f"Request {point}"
    system.request_connection(carrier_group_id=group_id, group_name=name)
    operation_id = system.open_operations()[0]
    CRASH_POINTS[point](system, operation_id)

    recover(system)

    assert system.operation(operation_id).state is OperationState.SUCCEEDED
    assert system.open_operations() == []
    assert effective_writes(system, group_id) == 1
    created = [
        connection
        for connection in system.noyo.connections()
        if connection["group_data"]["carrier_group_id"] == group_id
    ]
    record_state = system.connection_record_state(created[0]["id"])
    assert (len(created), record_state.requested_by_operation) == (1, operation_id)
    (card,) = cards_of(system, name)
    assert "**Status:** Created" in card
    assert "Noyo confirmed @Ana's request" in card or "arrived" in card
    assert "checking" not in card.lower()
    assert "sending" not in card.lower()


@pytest.mark.parametrize("point", CRASH_POINTS)
def test_a_retry_succeeds_or_needs_a_manual_resolution_after_a_crash_at_any_point(system: System, point: str) -> None:
    number = list(CRASH_POINTS).index(point)
    name, group_id = f"Retry {point}", f"N{number:04d}"
    connection = system.noyo.add_connection(
        carrier_id="c699414d-fd1c-4de4-86f0-66dfff2276c4",
        carrier_group_id=f"O{number:04d}",
        group_name=name,
        status="processing",
    )
    system.settle(5)
    system.noyo.move_connection(connection["id"], "unable_to_connect", error="unknown group")
    system.wait(5)
    system.settle(5)
    card = next(
        message for message in system.slack.channel(CONNECTIONS) if name in system.slack.render(message).splitlines()[0]
    )
    system.retry("U0ANA", CONNECTIONS, card.ts, carrier_group_id=group_id)
    (operation_id,) = system.open_operations()
    CRASH_POINTS[point](system, operation_id)

    recover(system)

    operation = system.operation(operation_id)
    (shown_card,) = cards_of(system, name)
    record = system.connection_record_state(connection["id"]).record
    assert isinstance(record, Connection)
    assert "sending" not in shown_card.lower()
    if point in BEFORE_SENDING:
        assert operation.state is OperationState.NEEDS_RESOLUTION
        assert effective_writes(system, group_id) == 0
        assert f"**Carrier group id:** O{number:04d}" in shown_card
        assert system.read_channel(ALERTS).count(f"Did it arrive? {name}") == 1
        close_resolution(system, operation_id)
    else:
        assert operation.state is OperationState.SUCCEEDED
        assert effective_writes(system, group_id) == 1
        assert (record.carrier_group_id, record.status.value) == (group_id, "processing")
        assert "**Status:** Processing" in shown_card
        assert f"Did it arrive? {name}" not in system.read_channel(ALERTS)


@pytest.fixture
def system_with_approver() -> Iterator[System]:
    """A system in which Ana is an approver."""
    with System(APPROVERS=ANA) as system:
        person = Person(ANA, system.settings.policy.team_id, False, False, False, int(system.clock()))
        system.bot.repositories.people.save_person(person)
        yield system


def add_carrier_request(system: System, name: str) -> RecordState:
    """A carrier requests a disconnection. Returns the record that its card shows."""
    system.poll()
    disconnection = system.noyo.carrier_requests_disconnection(
        carrier_id=GUARDIAN,
        group_id="5e5e5e5e-0000-4000-8000-000000000001",
        group_name=name,
        effective_end_date="2026-12-31",
    )
    system.wait(5)
    system.settle(5)
    record_state = system.bot.repositories.records.record_state(disconnection_ref(disconnection["id"]))
    assert record_state is not None
    return record_state


def submit_decision(system: System, shown: RecordState, decision: Decision) -> str:
    deps = replace(system.bot.noyo_dependencies, new_id=lambda: "submitted")
    request = DecisionRequest(decision)
    result = submit.decide("V1", ANA, shown=shown, wanted=request, reply_to=ReplyTo(), deps=deps)
    assert isinstance(result, submit.Submitted)
    return result.operation.id


@pytest.mark.parametrize(("point", "decision"), [*zip(CRASH_POINTS, itertools.cycle(Decision), strict=False)])
def test_a_decision_succeeds_once_after_a_crash_at_any_point(
    system_with_approver: System, point: str, decision: Decision
) -> None:
    system, name = system_with_approver, f"Decided {point}"
    shown = add_carrier_request(system, name)
    operation_id = submit_decision(system, shown, decision)
    CRASH_POINTS[point](system, operation_id)

    recover(system)

    assert system.operation(operation_id).state is OperationState.SUCCEEDED
    assert system.open_operations() == []
    assert [seen.took_effect for seen in system.writes()] == [True]
    record_state = system.bot.repositories.records.record_state(shown.entity)
    at_noyo = system.noyo.disconnection(shown.record.id)
    assert record_state is not None
    assert (record_state.record.version, record_state.status.value) == (at_noyo["version"], at_noyo["status"])
    assert at_noyo["status"] == ("processing" if decision is Decision.APPROVE else "rejected")
    (card,) = cards_of(system, name, DECISIONS)
    assert f"**Status:** {at_noyo['status'].capitalize()}" in card
    assert "sending" not in card.lower()
    assert "checking" not in card.lower()


def request_disconnection(system: System, name: str) -> str:
    """Ana requests a disconnection. Returns the id of the operation, which awaits confirmation."""
    connection = system.noyo.add_connection(
        carrier_id=GUARDIAN, carrier_group_id=name, group_name=name, status="completed"
    )
    system.settle(5)
    deps = replace(system.bot.noyo_dependencies, new_id=lambda: "submitted")
    result = submit.request_disconnection(
        "V1",
        ANA,
        shown=system.connection_record_state(connection["id"]),
        wish=submit.DisconnectionInput(date(2026, 12, 31), DisconnectionReason.TERMINATED),
        needs_second=True,
        timezone=system.settings.timezone,
        reply_to=ReplyTo(),
        deps=deps,
    )
    assert isinstance(result, submit.Submitted)
    system.notify()
    return result.operation.id


def confirm(system: System, operation_id: str, operations: Any = None) -> object:
    repository = operations or system.bot.repositories.operations
    new_id = f"confirmed-{repository is operations}"
    deps = replace(system.bot.noyo_dependencies, operations=repository, new_id=lambda: new_id)
    return second_approval.confirm(operation_id, BEN, reply_to=ReplyTo(), deps=deps)


@pytest.fixture
def two_approvers() -> Iterator[System]:
    with System(APPROVERS=f"{ANA},{BEN}") as system:
        for user in (ANA, BEN):
            person = Person(user, system.settings.policy.team_id, False, False, False, int(system.clock()))
            system.bot.repositories.people.save_person(person)
        yield system


CONFIRMATION_CRASHES = {"before it was stored": False, "after it was stored": True}


@pytest.mark.parametrize("point", CONFIRMATION_CRASHES)
def test_a_confirmation_repeated_after_a_crash_is_stored_once(two_approvers: System, point: str) -> None:
    system, confirmed_before_crash = two_approvers, CONFIRMATION_CRASHES[point]
    operation_id = request_disconnection(system, f"Confirmed {point}")
    crashing: Any = PortHook(system.bot.repositories.operations, "save", stop_process, after=confirmed_before_crash)
    with pytest.raises(ProcessStopped):
        confirm(system, operation_id, crashing)
    system.restart()

    result = confirm(system, operation_id)
    recover(system)

    assert isinstance(
        result, second_approval.NotAwaitingConfirmation if confirmed_before_crash else second_approval.Confirmed
    )
    assert system.operation(operation_id).state is OperationState.SUCCEEDED
    assert [seen.method for seen in system.writes()] == ["POST"]


@pytest.mark.parametrize("point", CRASH_POINTS)
def test_a_new_disconnection_succeeds_or_needs_a_manual_resolution_after_a_crash_at_any_point(
    two_approvers: System, point: str
) -> None:
    system, name = two_approvers, f"Ended {point}"
    operation_id = request_disconnection(system, name)
    confirm(system, operation_id)
    CRASH_POINTS[point](system, operation_id)

    recover(system)

    operation = system.operation(operation_id)
    created = [disconnection for disconnection in system.noyo.disconnections() if disconnection["group_name"] == name]
    (card,) = cards_of(system, name, DECISIONS)
    assert "sending" not in card.lower()
    assert "Confirm Disconnection…" not in card
    if point in BEFORE_SENDING:
        assert (operation.state, system.writes()) == (OperationState.NEEDS_RESOLUTION, [])
        assert system.read_channel(ALERTS).count(f"Did it arrive? {name}") == 1
        close_resolution(system, operation_id)
    else:
        assert operation.state is OperationState.SUCCEEDED
        assert [(seen.method, seen.took_effect) for seen in system.writes()] == [("POST", True)]
        record_state = system.bot.repositories.records.record_state(disconnection_ref(created[0]["id"]))
        assert record_state is not None
        assert (len(created), record_state.requested_by_operation) == (1, operation_id)
        assert "**Status:** Processing" in card
        assert "checking" not in card.lower()


def test_an_operation_awaiting_confirmation_is_not_sent_after_a_restart(two_approvers: System) -> None:
    system = two_approvers
    operation_id = request_disconnection(system, "Waits")

    recover(system)

    assert system.operation(operation_id).state is OperationState.AWAITING_CONFIRMATION
    assert system.writes() == []


def close_resolution(system: System, operation_id: str) -> None:
    from bot.domain.operations import Resolution
    from bot.usecases.operations.resolve import resolve

    resolve(
        operation_id,
        Resolution.CLOSE,
        ANA,
        attempt=system.operation(operation_id).attempts,
        seen_version=None,
        deps=system.bot.noyo_dependencies,
    )


def test_restarts_while_a_lost_answer_is_reconciled_do_not_repeat_the_request(system: System) -> None:
    system.noyo.faults.add(Fault("reset_after", method="POST"))
    system.request_connection(carrier_group_id="R9999", group_name="Lost and found")
    (operation_id,) = system.open_operations()
    for _ in range(8):
        system.restart()
        system.execute_due()
        system.restart()
        system.notify()
        system.wait(20)

    assert system.operation(operation_id).state is OperationState.SUCCEEDED
    assert effective_writes(system, "R9999") == 1
    (card,) = cards_of(system, "Lost and found")
    assert "**Status:** Created" in card


STEPS = st.sampled_from(
    ["reset_before", "reset_after", "garbage", "error_after", "too_many", "work", "wait", "poll", "restart", "crash"]
)


def run_step(bench: ExecutionBench, step: str, operation_id: str) -> None:
    if step == "work":
        bench.run_worker(operation_id)
    elif step == "wait":
        bench.wait(31)
    elif step == "poll":
        for record in bench.noyo_connections():
            bench.ingest_current(record["id"])
    elif step == "restart":
        bench.restart()
    elif step == "crash":
        try:
            bench.run_worker(
                operation_id, operations=PortHook(bench.deps.operations, "claim", stop_process, after=True)
            )
        except ProcessStopped:
            bench.restart()
    else:
        bench.noyo.faults.add(write_fault(step, method="POST" if operation_id == "V1" else "PUT"))


@settings(max_examples=12, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(STEPS, max_size=8))
@pytest.mark.parametrize("kind", ["request", "retry"])
def test_after_any_sequence_of_faults_and_crashes_a_request_is_written_at_most_once_and_settles(
    kind: str, steps: list[str]
) -> None:
    with open_bench() as bench:
        operation_id = "V1" if kind == "request" else "V2"
        if kind == "request":
            bench.request_connection()
        else:
            bench.retry(bench.add_failed_connection())
        for step in steps:
            run_step(bench, step, operation_id)

        operation = bench.run_on_schedule(operation_id, 1800)

        assert bench.effective_write_count() <= 1
        assert operation.state in {OperationState.SUCCEEDED, OperationState.NEEDS_RESOLUTION}
        if kind == "request" or operation.state is OperationState.SUCCEEDED:
            assert (operation.state, bench.effective_write_count()) == (OperationState.SUCCEEDED, 1)
        assert bench.is_locked(operation.entity) is (operation.state is OperationState.NEEDS_RESOLUTION)
