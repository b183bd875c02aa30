"""The workers off for 48 hours, then on: everything as it should be, told once, sent once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from bot.domain.operations import OperationState
from infra.local.noyo.faults import Fault, FaultKind
from tests.system import ALERTS, ANA, BEN, CONNECTIONS, DECISIONS, GUARDIAN, START, System

pytestmark = pytest.mark.long

TWO_DAYS = 48 * 3600
STREAM_FORGETS = 24 * 3600
assert TWO_DAYS > STREAM_FORGETS


@pytest.fixture
def system() -> Iterator[System]:
    with System() as system:
        yield system


def add(system: System, number: int, status: str = "processing", **fields: Any) -> str:
    connection = system.noyo.add_connection(
        created=START - 5000 + number,
        status=status,
        carrier_id=GUARDIAN,
        carrier_group_id=f"A-{number:04d}",
        group_name=f"Company {number}",
        **fields,
    )
    return str(connection["id"])


def run(system: System, rounds: int, *, every: int = 30) -> None:
    """Each worker by its schedule, so many times."""
    for _ in range(rounds):
        system.execute_due()
        system.poll()
        system.notify()
        system.wait(every)


def back(system: System) -> None:
    """Everything is switched on again, in a new process."""
    system.restart()
    run(system, 6)


def requests_sent(system: System) -> list[str]:
    return [seen.body["group_data"]["carrier_group_id"] for seen in system.writes() if seen.method == "POST"]


def test_after_two_days_off_what_was_asked_for_is_sent_once_and_each_answer_told_once(system: System) -> None:
    run(system, 1, every=5)
    system.asks(ANA, carrier_group_id="00000001", group_name="First Company")
    system.asks(BEN, carrier_group_id="00000002", group_name="Second Company")
    system.wait(TWO_DAYS)

    back(system)

    assert Counter(requests_sent(system)) == {"00000001": 1, "00000002": 1}
    assert system.open_operations() == []
    assert len(system.slack.channel(CONNECTIONS)) == 2
    assert {row["carrier_group_id"] for row in _data(system)} == {"00000001", "00000002"}
    assert system.seen_in(CONNECTIONS).count("First Company") >= 1


def test_after_two_days_off_changes_are_told_and_what_still_needs_us_alerts(system: System) -> None:
    failed, recovered, done, quiet = (add(system, number) for number in range(1, 5))
    run(system, 1, every=5)
    system.wait(3600)
    system.noyo.move_connection(failed, "unable_to_connect", error="No such group")
    system.noyo.move_connection(recovered, "unable_to_connect", error="Not yet")
    system.wait(STREAM_FORGETS)
    system.noyo.move_connection(recovered, "completed")
    system.noyo.move_connection(done, "completed")
    decision = system.noyo.carrier_requests_disconnection(
        carrier_id=GUARDIAN,
        group_id=system.noyo.connection(done)["group_id"],
        group_name="Company 3",
        effective_end_date="2026-12-31",
    )
    system.wait(STREAM_FORGETS)

    back(system)

    alerts = system.slack.channel(ALERTS)[1:]
    assert len(alerts) == 1
    assert "Company 1" in system.slack.render(alerts[0])
    assert len(system.slack.channel(DECISIONS)) == 1
    assert len(system.slack.channel(CONNECTIONS)) == 3
    assert "Company 4" not in system.seen_in(CONNECTIONS)
    assert system.connection_record_state(quiet).status.value == "processing"
    assert system.connection_record_state(recovered).status.value == "completed"
    assert decision["id"]


def test_an_event_that_was_not_published_before_two_days_off_is_published_after(system: System) -> None:
    connection_id = add(system, 1)
    run(system, 1, every=5)
    system.wait(60)
    system.noyo.move_connection(connection_id, "unable_to_connect", error="No such group")
    system.poll()
    system.wait(TWO_DAYS)

    back(system)

    alerts = system.slack.channel(ALERTS)[1:]
    assert len(alerts) == 1
    assert "Company 1" in system.slack.render(alerts[0])


def test_a_request_whose_answer_was_lost_before_two_days_off_is_found_and_not_sent_again(system: System) -> None:
    run(system, 1, every=5)
    system.asks(ANA, carrier_group_id="00000001", group_name="First Company")
    system.noyo.faults.add(Fault(FaultKind.RESET_AFTER, method="POST"))
    system.execute_due()
    (open_one,) = system.open_operations()
    assert system.operation(open_one).state is OperationState.RECONCILING
    system.wait(TWO_DAYS)

    back(system)

    assert system.operation(open_one).state is OperationState.SUCCEEDED
    assert requests_sent(system) == ["00000001"]
    assert len(system.slack.channel(CONNECTIONS)) == 1
    (connection,) = system.noyo.connections()
    assert system.connection_record_state(connection["id"]).requester == ANA


def test_once_back_two_more_hours_of_schedules_add_nothing(system: System) -> None:
    connection_id = add(system, 1)
    run(system, 1, every=5)
    system.asks(ANA, carrier_group_id="00000001", group_name="First Company")
    system.noyo.move_connection(connection_id, "unable_to_connect", error="No such group")
    system.wait(TWO_DAYS)
    back(system)
    seen = [system.seen_in(channel) for channel in (CONNECTIONS, ALERTS, DECISIONS)]
    sent = len(system.writes())

    run(system, 8, every=900)

    assert [system.seen_in(channel) for channel in (CONNECTIONS, ALERTS, DECISIONS)] == seen
    assert len(system.writes()) == sent


def test_a_poll_that_sees_the_record_of_our_own_open_request_first_leaves_one_card(system: System) -> None:
    run(system, 1, every=5)
    system.asks(ANA, carrier_group_id="00000001", group_name="First Company")
    system.notify()
    system.noyo.faults.add(Fault(FaultKind.RESET_AFTER, method="POST"))
    system.execute_due()

    system.poll()
    system.notify()
    (connection,) = system.noyo.connections()
    assert system.connection_record_state(connection["id"]).requester == ANA

    run(system, 4, every=20)

    assert system.open_operations() == []
    assert len(system.slack.channel(CONNECTIONS)) == 1


def _data(system: System) -> list[dict[str, Any]]:
    return [row["group_data"] for row in system.noyo.connections()]


def test_a_request_that_noyo_had_no_time_for_before_two_days_off_is_sent_once_back(system: System) -> None:
    """The pause was ours, so it counts neither against the person nor against Noyo."""
    run(system, 1, every=5)
    system.asks(ANA, carrier_group_id="00000001", group_name="First Company")
    system.notify()
    system.noyo.faults.add(Fault(FaultKind.TOO_MANY, method="POST", times=None))
    system.execute_due()
    (open_one,) = system.open_operations()
    system.noyo.faults.clear()
    system.wait(TWO_DAYS)

    back(system)

    operation = system.operation(open_one)
    assert operation.state is OperationState.SUCCEEDED
    assert not any("First Company" in system.slack.render(message) for message in system.slack.channel(ALERTS))
