"""The workers off for 48 hours, then on: everything as it should be, told once, sent once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from bot.domain.operations import OperationState
from infra.local.noyo.faults import Fault, FaultKind
from tests.world import ALERTS, ANA, BEN, CONNECTIONS, DECISIONS, GUARDIAN, START, World

pytestmark = pytest.mark.long

TWO_DAYS = 48 * 3600
STREAM_FORGETS = 24 * 3600
assert TWO_DAYS > STREAM_FORGETS


@pytest.fixture
def world() -> Iterator[World]:
    with World() as world:
        yield world


def add(world: World, number: int, status: str = "processing", **fields: Any) -> str:
    made = world.noyo.add_connection(
        created=START - 5000 + number,
        status=status,
        carrier_id=GUARDIAN,
        carrier_group_id=f"A-{number:04d}",
        group_name=f"Company {number}",
        **fields,
    )
    return str(made["id"])


def run(world: World, rounds: int, *, every: int = 30) -> None:
    """Each worker by its schedule, so many times."""
    for _ in range(rounds):
        world.carry_out()
        world.poll()
        world.notify()
        world.wait(every)


def back(world: World) -> None:
    """Everything is switched on again, in a new process."""
    world.restart()
    run(world, 6)


def requests_sent(world: World) -> list[str]:
    return [seen.body["group_data"]["carrier_group_id"] for seen in world.writes() if seen.method == "POST"]


def test_after_two_days_off_what_was_asked_for_is_sent_once_and_each_answer_told_once(world: World) -> None:
    run(world, 1, every=5)
    world.asks(ANA, carrier_group_id="00000001", group_name="First Company")
    world.asks(BEN, carrier_group_id="00000002", group_name="Second Company")
    world.wait(TWO_DAYS)

    back(world)

    assert Counter(requests_sent(world)) == {"00000001": 1, "00000002": 1}
    assert world.open_operations() == []
    assert len(world.slack.channel(CONNECTIONS)) == 2
    assert {row["carrier_group_id"] for row in _data(world)} == {"00000001", "00000002"}
    assert world.seen_in(CONNECTIONS).count("First Company") >= 1


def test_after_two_days_off_changes_are_told_and_what_still_needs_us_alerts(world: World) -> None:
    failed, recovered, done, quiet = (add(world, number) for number in range(1, 5))
    run(world, 1, every=5)
    world.wait(3600)
    world.noyo.move_connection(failed, "unable_to_connect", error="No such group")
    world.noyo.move_connection(recovered, "unable_to_connect", error="Not yet")
    world.wait(STREAM_FORGETS)
    world.noyo.move_connection(recovered, "completed")
    world.noyo.move_connection(done, "completed")
    decision = world.noyo.carrier_requests_disconnection(
        carrier_id=GUARDIAN,
        group_id=world.noyo.connection(done)["group_id"],
        group_name="Company 3",
        effective_end_date="2026-12-31",
    )
    world.wait(STREAM_FORGETS)

    back(world)

    alerts = world.slack.channel(ALERTS)[1:]
    assert len(alerts) == 1
    assert "Company 1" in world.slack.render(alerts[0])
    assert len(world.slack.channel(DECISIONS)) == 1
    assert len(world.slack.channel(CONNECTIONS)) == 3
    assert "Company 4" not in world.seen_in(CONNECTIONS)
    assert world.tracked(quiet).status.value == "processing"
    assert world.tracked(recovered).status.value == "completed"
    assert decision["id"]


def test_news_that_was_not_delivered_before_two_days_off_is_delivered_after(world: World) -> None:
    one = add(world, 1)
    run(world, 1, every=5)
    world.wait(60)
    world.noyo.move_connection(one, "unable_to_connect", error="No such group")
    world.poll()
    world.wait(TWO_DAYS)

    back(world)

    alerts = world.slack.channel(ALERTS)[1:]
    assert len(alerts) == 1
    assert "Company 1" in world.slack.render(alerts[0])


def test_a_request_whose_answer_was_lost_before_two_days_off_is_found_and_not_sent_again(
    world: World,
) -> None:
    run(world, 1, every=5)
    world.asks(ANA, carrier_group_id="00000001", group_name="First Company")
    world.noyo.faults.add(Fault(FaultKind.RESET_AFTER, method="POST"))
    world.carry_out()
    (open_one,) = world.open_operations()
    assert world.operation(open_one).state is OperationState.RECONCILING
    world.wait(TWO_DAYS)

    back(world)

    assert world.operation(open_one).state is OperationState.SUCCEEDED
    assert requests_sent(world) == ["00000001"]
    assert len(world.slack.channel(CONNECTIONS)) == 1
    (made,) = world.noyo.connections()
    assert world.tracked(made["id"]).requester == ANA


def test_once_back_two_more_hours_of_schedules_add_nothing(world: World) -> None:
    one = add(world, 1)
    run(world, 1, every=5)
    world.asks(ANA, carrier_group_id="00000001", group_name="First Company")
    world.noyo.move_connection(one, "unable_to_connect", error="No such group")
    world.wait(TWO_DAYS)
    back(world)
    seen = [world.seen_in(channel) for channel in (CONNECTIONS, ALERTS, DECISIONS)]
    sent = len(world.writes())

    run(world, 8, every=900)

    assert [world.seen_in(channel) for channel in (CONNECTIONS, ALERTS, DECISIONS)] == seen
    assert len(world.writes()) == sent


def test_a_poll_that_sees_the_record_of_our_own_open_request_first_leaves_one_card(world: World) -> None:
    run(world, 1, every=5)
    world.asks(ANA, carrier_group_id="00000001", group_name="First Company")
    world.notify()
    world.noyo.faults.add(Fault(FaultKind.RESET_AFTER, method="POST"))
    world.carry_out()

    world.poll()
    world.notify()
    (made,) = world.noyo.connections()
    assert world.tracked(made["id"]).requester == ANA

    run(world, 4, every=20)

    assert world.open_operations() == []
    assert len(world.slack.channel(CONNECTIONS)) == 1


def _data(world: World) -> list[dict[str, Any]]:
    return [row["group_data"] for row in world.noyo.connections()]


def test_a_request_that_noyo_had_no_time_for_before_two_days_off_is_sent_once_back(world: World) -> None:
    """The pause was ours, so it counts neither against the person nor against Noyo."""
    run(world, 1, every=5)
    world.asks(ANA, carrier_group_id="00000001", group_name="First Company")
    world.notify()
    world.noyo.faults.add(Fault(FaultKind.TOO_MANY, method="POST", times=None))
    world.carry_out()
    (open_one,) = world.open_operations()
    world.noyo.faults.clear()
    world.wait(TWO_DAYS)

    back(world)

    operation = world.operation(open_one)
    assert operation.state is OperationState.SUCCEEDED
    assert not any("First Company" in world.slack.render(one) for one in world.slack.channel(ALERTS))
