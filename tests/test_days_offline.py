"""The workers are off for 48 hours: afterwards each request is sent once and each change is posted once."""

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
STREAM_RETENTION = 24 * 3600
assert TWO_DAYS > STREAM_RETENTION


@pytest.fixture
def system() -> Iterator[System]:
    """Without the morning summary, which repeats what is known."""
    with System(NOT_MOVING_DAYS="none", SUMMARY_HOUR="none") as system:
        yield system


def add_connection(system: System, number: int, status: str = "processing", **fields: Any) -> str:
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
    """Runs each worker once per round, as its schedule does."""
    for _ in range(rounds):
        system.execute_due()
        system.poll()
        system.notify()
        system.wait(every)


def resume(system: System) -> None:
    """Starts a new process and runs the workers again."""
    system.restart()
    run(system, 6)


def requests_sent(system: System) -> list[str]:
    return [seen.body["group_data"]["carrier_group_id"] for seen in system.writes() if seen.method == "POST"]


def test_requests_submitted_before_two_days_offline_are_sent_once_and_get_one_card_each(system: System) -> None:
    run(system, 1, every=5)
    system.request_connection(ANA, carrier_group_id="00000001", group_name="First Company")
    system.request_connection(BEN, carrier_group_id="00000002", group_name="Second Company")
    system.wait(TWO_DAYS)

    resume(system)

    assert Counter(requests_sent(system)) == {"00000001": 1, "00000002": 1}
    assert system.open_operations() == []
    assert len(system.slack.channel(CONNECTIONS)) == 2
    assert {row["carrier_group_id"] for row in _group_data(system)} == {"00000001", "00000002"}
    assert system.read_channel(CONNECTIONS).count("First Company") >= 1


def test_after_two_days_offline_changes_are_posted_and_open_failures_are_alerted(system: System) -> None:
    failed, recovered, completed, unchanged = (add_connection(system, number) for number in range(1, 5))
    run(system, 1, every=5)
    system.wait(3600)
    system.noyo.move_connection(failed, "unable_to_connect", error="No such group")
    system.noyo.move_connection(recovered, "unable_to_connect", error="Not yet")
    system.wait(STREAM_RETENTION)
    system.noyo.move_connection(recovered, "completed")
    system.noyo.move_connection(completed, "completed")
    disconnection = system.noyo.carrier_requests_disconnection(
        carrier_id=GUARDIAN,
        group_id=system.noyo.connection(completed)["group_id"],
        group_name="Company 3",
        effective_end_date="2026-12-31",
    )
    system.wait(STREAM_RETENTION)

    resume(system)

    alerts = system.slack.channel(ALERTS)[1:]
    assert len(alerts) == 1
    assert "Company 1" in system.slack.render(alerts[0])
    assert len(system.slack.channel(DECISIONS)) == 1
    assert len(system.slack.channel(CONNECTIONS)) == 3
    assert "Company 4" not in system.read_channel(CONNECTIONS)
    assert system.connection_record_state(unchanged).status.value == "processing"
    assert system.connection_record_state(recovered).status.value == "completed"
    assert disconnection["id"]


def test_an_event_left_unpublished_before_two_days_offline_is_published_afterwards(system: System) -> None:
    connection_id = add_connection(system, 1)
    run(system, 1, every=5)
    system.wait(60)
    system.noyo.move_connection(connection_id, "unable_to_connect", error="No such group")
    system.poll()
    system.wait(TWO_DAYS)

    resume(system)

    alerts = system.slack.channel(ALERTS)[1:]
    assert len(alerts) == 1
    assert "Company 1" in system.slack.render(alerts[0])


def test_a_request_whose_answer_was_lost_before_two_days_offline_is_reconciled_and_not_repeated(system: System) -> None:
    run(system, 1, every=5)
    system.request_connection(ANA, carrier_group_id="00000001", group_name="First Company")
    system.noyo.faults.add(Fault(FaultKind.RESET_AFTER, method="POST"))
    system.execute_due()
    (operation_id,) = system.open_operations()
    assert system.operation(operation_id).state is OperationState.RECONCILING
    system.wait(TWO_DAYS)

    resume(system)

    assert system.operation(operation_id).state is OperationState.SUCCEEDED
    assert requests_sent(system) == ["00000001"]
    assert len(system.slack.channel(CONNECTIONS)) == 1
    (connection,) = system.noyo.connections()
    assert system.connection_record_state(connection["id"]).requester == ANA


def test_two_more_hours_of_schedules_after_two_days_offline_post_and_send_nothing(system: System) -> None:
    connection_id = add_connection(system, 1)
    run(system, 1, every=5)
    system.request_connection(ANA, carrier_group_id="00000001", group_name="First Company")
    system.noyo.move_connection(connection_id, "unable_to_connect", error="No such group")
    system.wait(TWO_DAYS)
    resume(system)
    posted = [system.read_channel(channel) for channel in (CONNECTIONS, ALERTS, DECISIONS)]
    sent = len(system.writes())

    run(system, 8, every=900)

    assert [system.read_channel(channel) for channel in (CONNECTIONS, ALERTS, DECISIONS)] == posted
    assert len(system.writes()) == sent


def test_a_poll_that_finds_the_record_before_our_request_is_reconciled_leaves_one_card(system: System) -> None:
    run(system, 1, every=5)
    system.request_connection(ANA, carrier_group_id="00000001", group_name="First Company")
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


def _group_data(system: System) -> list[dict[str, Any]]:
    return [row["group_data"] for row in system.noyo.connections()]


def test_a_request_that_noyo_rate_limited_before_two_days_offline_is_sent_afterwards(system: System) -> None:
    """The time offline does not count towards the time after which an operation is given up."""
    run(system, 1, every=5)
    system.request_connection(ANA, carrier_group_id="00000001", group_name="First Company")
    system.notify()
    system.noyo.faults.add(Fault(FaultKind.TOO_MANY, method="POST", times=None))
    system.execute_due()
    (operation_id,) = system.open_operations()
    system.noyo.faults.clear()
    system.wait(TWO_DAYS)

    resume(system)

    operation = system.operation(operation_id)
    assert operation.state is OperationState.SUCCEEDED
    assert not any("First Company" in system.slack.render(message) for message in system.slack.channel(ALERTS))
