"""A process that is gone at any point: what was asked for heals, nothing is written twice, the card ends true."""

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
from bot.domain.entities import disconnection_ref
from bot.domain.operations import OperationKind, OperationState, ReplyTo
from bot.domain.people import Person
from bot.domain.record_states import RecordState
from bot.domain.records import Connection
from bot.domain.requests import Decision, DecisionRequest, DisconnectionReason
from bot.usecases.notifications.publish import publish
from bot.usecases.operations import second_approval, submit
from bot.usecases.operations.execute import execute
from infra.local.noyo import Fault
from tests.usecases.execution_bench import Before, ExecutionBench, Killed, bench, kill, writes_fail
from tests.world import ALERTS, ANA, BEN, CONNECTIONS, DECISIONS, GUARDIAN, World

pytestmark = pytest.mark.long


@pytest.fixture
def world() -> Iterator[World]:
    with World() as made:
        yield made


def cut_carrying(world: World, operation_id: str, port: str, method: str, *, after: bool) -> None:
    deps = world.bot.noyo_dependencies
    broken: Any = {port: Before(getattr(deps, port), method, kill, after=after)}
    with pytest.raises(Killed):
        execute(operation_id, replace(deps, **broken))


def cut_notifying(world: World, port: str, method: str) -> None:
    """The card and its first lines are on their way when the process goes."""
    world.carry_out()
    deps = world.bot.slack_dependencies
    broken: Any = {port: Before(getattr(deps, port), method, kill, after=True)}
    first, *_ = deps.outbox.due(deps.now(), limit=1)
    with pytest.raises(Killed):
        publish(first, replace(deps, **broken))


def write_of(world: World, operation_id: str) -> str:
    kind = world.operation(operation_id).kind
    return "request_disconnection" if kind is OperationKind.CREATE_DISCONNECTION else kind.value


Cut = Callable[[World, str], object]
CUTS: dict[str, Cut] = {
    "after placing": lambda world, one: None,
    "after the claim": lambda world, one: cut_carrying(world, one, "operations", "claim", after=True),
    "when the request left": lambda world, one: cut_carrying(
        world, one, "noyo", write_of(world, one), after=False
    ),
    "when noyo had answered": lambda world, one: cut_carrying(
        world, one, "noyo", write_of(world, one), after=True
    ),
    "before settling": lambda world, one: cut_carrying(world, one, "operations", "settle", after=False),
    "after settling": lambda world, one: cut_carrying(world, one, "operations", "settle", after=True),
    "after the post": lambda world, one: cut_notifying(world, "slack", "post"),
    "after its ts was kept": lambda world, one: cut_notifying(world, "messages", "record_post"),
}
NEVER_LEFT = {"after the claim", "when the request left"}


def heal(world: World) -> None:
    """A new process, and time: until the lease is over, and two quiet times more."""
    world.restart()
    for pause in (0, policies.OPERATION_LEASE_SECONDS, 30, 30, 30):
        world.wait(pause)
        world.carry_out()
        world.notify()
    world.poll()
    world.notify()


def effects(world: World, carrier_group_id: str) -> int:
    """How often Noyo changed anything because of what we sent for this group."""
    return sum(seen.took_effect and carrier_group_id in str(seen.body) for seen in world.writes())


def cards_of(world: World, name: str, channel: str = CONNECTIONS) -> list[str]:
    shown = [world.slack.render(message) for message in world.slack.channel(channel)]
    return [text for text in shown if name in text.splitlines()[0]]


@pytest.mark.parametrize("point", CUTS)
def test_a_request_heals_by_itself_wherever_the_process_goes(world: World, point: str) -> None:
    group_id, name = f"R{list(CUTS).index(point):04d}", f"Request {point}"
    world.asks(carrier_group_id=group_id, group_name=name)
    operation_id = world.open_operations()[0]
    CUTS[point](world, operation_id)

    heal(world)

    assert world.operation(operation_id).state is OperationState.SUCCEEDED
    assert world.open_operations() == []
    assert effects(world, group_id) == 1
    made = [one for one in world.noyo.connections() if one["group_data"]["carrier_group_id"] == group_id]
    held = world.tracked(made[0]["id"])
    assert (len(made), held.requested_by_operation) == (1, operation_id)
    (card,) = cards_of(world, name)
    assert "**Status:** Created" in card
    assert "Noyo confirmed @Ana's request" in card or "arrived" in card
    assert "checking" not in card.lower()
    assert "sending" not in card.lower()


@pytest.mark.parametrize("point", CUTS)
def test_a_retry_heals_or_asks_a_person_wherever_the_process_goes(world: World, point: str) -> None:
    number = list(CUTS).index(point)
    name, group_id = f"Retry {point}", f"N{number:04d}"
    made = world.noyo.add_connection(
        carrier_id="c699414d-fd1c-4de4-86f0-66dfff2276c4",
        carrier_group_id=f"O{number:04d}",
        group_name=name,
        status="processing",
    )
    world.settle(5)
    world.noyo.move_connection(made["id"], "unable_to_connect", error="unknown group")
    world.wait(5)
    world.settle(5)
    card = next(
        message
        for message in world.slack.channel(CONNECTIONS)
        if name in world.slack.render(message).splitlines()[0]
    )
    world.retries("U0ANA", CONNECTIONS, card.ts, carrier_group_id=group_id)
    (operation_id,) = world.open_operations()
    CUTS[point](world, operation_id)

    heal(world)

    operation = world.operation(operation_id)
    (shown,) = cards_of(world, name)
    record = world.tracked(made["id"]).record
    assert isinstance(record, Connection)
    assert "sending" not in shown.lower()
    if point in NEVER_LEFT:
        assert operation.state is OperationState.NEEDS_RESOLUTION
        assert effects(world, group_id) == 0
        assert f"**Carrier group id:** O{number:04d}" in shown
        assert world.seen_in(ALERTS).count(f"Did it arrive? {name}") == 1
        close(world, operation_id)
    else:
        assert operation.state is OperationState.SUCCEEDED
        assert effects(world, group_id) == 1
        assert (record.carrier_group_id, record.status.value) == (group_id, "processing")
        assert "**Status:** Processing" in shown
        assert f"Did it arrive? {name}" not in world.seen_in(ALERTS)


@pytest.fixture
def deciders() -> Iterator[World]:
    """Ana may approve."""
    with World(APPROVERS=ANA) as made:
        person = Person(ANA, made.settings.policy.team_id, False, False, False, int(made.clock()))
        made.bot.repositories.people.save_person(person)
        yield made


def asked_to_disconnect(world: World, name: str) -> RecordState:
    """A carrier's request, as its card shows it."""
    world.poll()
    made = world.noyo.carrier_requests_disconnection(
        carrier_id=GUARDIAN,
        group_id="5e5e5e5e-0000-4000-8000-000000000001",
        group_name=name,
        effective_end_date="2026-12-31",
    )
    world.wait(5)
    world.settle(5)
    held = world.bot.repositories.records.record_state(disconnection_ref(made["id"]))
    assert held is not None
    return held


def decides(world: World, shown: RecordState, decision: Decision) -> str:
    deps = replace(world.bot.noyo_dependencies, new_id=lambda: "placed")
    wanted = DecisionRequest(decision)
    placed = submit.decide("V1", ANA, shown=shown, wanted=wanted, reply_to=ReplyTo(), deps=deps)
    assert isinstance(placed, submit.Submitted)
    return placed.operation.id


@pytest.mark.parametrize(("point", "decision"), [*zip(CUTS, itertools.cycle(Decision), strict=False)])
def test_a_decision_heals_by_itself_wherever_the_process_goes(
    deciders: World, point: str, decision: Decision
) -> None:
    world, name = deciders, f"Decided {point}"
    shown = asked_to_disconnect(world, name)
    operation_id = decides(world, shown, decision)
    CUTS[point](world, operation_id)

    heal(world)

    assert world.operation(operation_id).state is OperationState.SUCCEEDED
    assert world.open_operations() == []
    assert [seen.took_effect for seen in world.writes()] == [True]
    held = world.bot.repositories.records.record_state(shown.entity)
    true = world.noyo.disconnection(shown.record.id)
    assert held is not None
    assert (held.record.version, held.status.value) == (true["version"], true["status"])
    assert true["status"] == ("processing" if decision is Decision.APPROVE else "rejected")
    (card,) = cards_of(world, name, DECISIONS)
    assert f"**Status:** {true['status'].capitalize()}" in card
    assert "sending" not in card.lower()
    assert "checking" not in card.lower()


def asked_to_end(world: World, name: str) -> str:
    """Asked for by Ana, and Ben has confirmed it."""
    made = world.noyo.add_connection(
        carrier_id=GUARDIAN, carrier_group_id=name, group_name=name, status="completed"
    )
    world.settle(5)
    deps = replace(world.bot.noyo_dependencies, new_id=lambda: "placed")
    placed = submit.request_disconnection(
        "V1",
        ANA,
        shown=world.tracked(made["id"]),
        wish=submit.DisconnectionInput(date(2026, 12, 31), DisconnectionReason.TERMINATED),
        needs_second=True,
        timezone=world.settings.timezone,
        reply_to=ReplyTo(),
        deps=deps,
    )
    assert isinstance(placed, submit.Submitted)
    world.notify()
    return placed.operation.id


def confirmed(world: World, operation_id: str, operations: Any = None) -> object:
    known = operations or world.bot.repositories.operations
    new_id = f"confirmed-{known is operations}"
    deps = replace(world.bot.noyo_dependencies, operations=known, new_id=lambda: new_id)
    return second_approval.confirm(operation_id, BEN, reply_to=ReplyTo(), deps=deps)


@pytest.fixture
def two_approvers() -> Iterator[World]:
    with World(APPROVERS=f"{ANA},{BEN}") as made:
        for user in (ANA, BEN):
            person = Person(user, made.settings.policy.team_id, False, False, False, int(made.clock()))
            made.bot.repositories.people.save_person(person)
        yield made


LOST_CONFIRMATIONS = {"before it was kept": False, "once it was kept": True}


@pytest.mark.parametrize("point", LOST_CONFIRMATIONS)
def test_a_confirmation_whose_process_goes_is_there_or_not_and_never_twice(
    two_approvers: World, point: str
) -> None:
    world, kept = two_approvers, LOST_CONFIRMATIONS[point]
    operation_id = asked_to_end(world, f"Confirmed {point}")
    cut: Any = Before(world.bot.repositories.operations, "save", kill, after=kept)
    with pytest.raises(Killed):
        confirmed(world, operation_id, cut)
    world.restart()

    again = confirmed(world, operation_id)
    heal(world)

    assert isinstance(again, second_approval.NotAwaitingConfirmation if kept else second_approval.Confirmed)
    assert world.operation(operation_id).state is OperationState.SUCCEEDED
    assert [seen.method for seen in world.writes()] == ["POST"]


@pytest.mark.parametrize("point", CUTS)
def test_a_new_disconnection_heals_or_asks_a_person_wherever_the_process_goes(
    two_approvers: World, point: str
) -> None:
    world, name = two_approvers, f"Ended {point}"
    operation_id = asked_to_end(world, name)
    confirmed(world, operation_id)
    CUTS[point](world, operation_id)

    heal(world)

    operation = world.operation(operation_id)
    made = [one for one in world.noyo.disconnections() if one["group_name"] == name]
    (card,) = cards_of(world, name, DECISIONS)
    assert "sending" not in card.lower()
    assert "Confirm Disconnection…" not in card
    if point in NEVER_LEFT:
        assert (operation.state, world.writes()) == (OperationState.NEEDS_RESOLUTION, [])
        assert world.seen_in(ALERTS).count(f"Did it arrive? {name}") == 1
        close(world, operation_id)
    else:
        assert operation.state is OperationState.SUCCEEDED
        assert [(seen.method, seen.took_effect) for seen in world.writes()] == [("POST", True)]
        held = world.bot.repositories.records.record_state(disconnection_ref(made[0]["id"]))
        assert held is not None
        assert (len(made), held.requested_by_operation) == (1, operation_id)
        assert "**Status:** Processing" in card
        assert "checking" not in card.lower().replace("i'm checking", "")


def test_what_is_held_waits_through_restarts_and_is_not_sent(two_approvers: World) -> None:
    world = two_approvers
    operation_id = asked_to_end(world, "Waits")

    heal(world)

    assert world.operation(operation_id).state is OperationState.AWAITING_CONFIRMATION
    assert world.writes() == []


def close(world: World, operation_id: str) -> None:
    from bot.domain.operations import Resolution
    from bot.usecases.operations.resolve import resolve

    resolve(operation_id, Resolution.CLOSE, ANA, seen_version=None, deps=world.bot.noyo_dependencies)


def test_a_restart_amid_every_step_of_a_lost_answer_doubles_nothing(world: World) -> None:
    world.noyo.faults.add(Fault("reset_after", method="POST"))
    world.asks(carrier_group_id="R9999", group_name="Lost and found")
    (operation_id,) = world.open_operations()
    for _ in range(8):
        world.restart()
        world.carry_out()
        world.restart()
        world.notify()
        world.wait(20)

    assert world.operation(operation_id).state is OperationState.SUCCEEDED
    assert effects(world, "R9999") == 1
    (card,) = cards_of(world, "Lost and found")
    assert "**Status:** Created" in card


STEPS = st.sampled_from(
    [
        "reset_before",
        "reset_after",
        "garbage",
        "error_after",
        "too_many",
        "work",
        "wait",
        "poll",
        "restart",
        "die",
    ]
)


def step(here: ExecutionBench, what: str, operation_id: str) -> None:
    if what == "work":
        here.run_worker(operation_id)
    elif what == "wait":
        here.wait(31)
    elif what == "poll":
        for one in here.at_noyo():
            here.see(one["id"])
    elif what == "restart":
        here.restart()
    elif what == "die":
        try:
            here.run_worker(operation_id, operations=Before(here.deps.operations, "claim", kill, after=True))
        except Killed:
            here.restart()
    else:
        here.noyo.faults.add(writes_fail(what, method="POST" if operation_id == "V1" else "PUT"))


@settings(max_examples=12, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(STEPS, max_size=8))
@pytest.mark.parametrize("kind", ["request", "retry"])
def test_whatever_happens_it_is_written_once_at_most_and_ends(kind: str, steps: list[str]) -> None:
    with bench() as here:
        operation_id = "V1" if kind == "request" else "V2"
        if kind == "request":
            here.ask()
        else:
            here.retry(here.stuck())
        for what in steps:
            step(here, what, operation_id)

        ended = here.live(operation_id, 1800)

        assert here.effects() <= 1
        assert ended.state in {OperationState.SUCCEEDED, OperationState.NEEDS_RESOLUTION}
        if kind == "request" or ended.state is OperationState.SUCCEEDED:
            assert (ended.state, here.effects()) == (OperationState.SUCCEEDED, 1)
        assert here.locked(ended.entity) is (ended.state is OperationState.NEEDS_RESOLUTION)
