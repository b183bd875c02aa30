"""One broken part does not stop the others, and what waited is delivered soon after a recovery."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.dynamodb.expressions import typed_item
from bot.errors import NoyoError
from bot.usecases.workers import execute_operations, notify
from infra.local.noyo import Fault
from tests.aws import worker_client
from tests.aws_calls import acting
from tests.system import ALERTS, ANA, CONNECTIONS, System

TEN_MINUTES = 600


def test_a_retry_after_of_a_day_does_not_delay_an_alert_for_a_day(system: System) -> None:
    """Slack asks for a day, and recovers at once."""
    system.slack.faults.rate_limited(86_400, "chat.postMessage", times=2)
    system.noyo.add_connection(group_name="Failed Company", status="unable_to_connect")
    system.settle(TEN_MINUTES)

    assert "Failed Company" in system.read_channel(ALERTS)


def test_after_an_hour_of_rate_limits_an_alert_is_posted_within_ten_minutes(system: System) -> None:
    system.slack.faults.rate_limited(30, "chat.postMessage", times=100_000)
    system.noyo.add_connection(group_name="Failed Company", status="unable_to_connect")
    system.settle(3600)
    assert "Failed Company" not in system.read_channel(ALERTS)
    system.slack.faults.clear()
    system.settle(TEN_MINUTES)

    assert "Failed Company" in system.read_channel(ALERTS)


def test_a_noyo_that_refuses_pages_below_five_rows_is_not_reported_as_broken(system: System) -> None:
    system.check_health()

    noyo = [seen for seen in system.noyo.requests if seen.path == "/api/v1/group_connections"]
    assert noyo
    assert {seen.status for seen in noyo} == {200}


def test_a_list_without_an_end_is_reported_by_doctor(system: System) -> None:
    system.noyo.rules = replace(system.noyo.rules, honours_offset=False)
    for number in range(101):
        system.noyo.add_connection(group_name=f"Company {number}", status="completed")
    system.wait(25 * 3600)
    system.settle(10)

    answer = system.slack.command(ANA, CONNECTIONS, "/noyo", "doctor")

    assert "does not end" in system.slack.render(answer.messages[0])


@pytest.mark.parametrize(("kind", "sort"), [("OPERATION", "STATE"), ("OUTBOX", "EVENT")])
def test_items_of_a_newer_release_do_not_stop_the_others(system: System, kind: str, sort: str) -> None:
    """As after a rollback: 120 items that this release cannot read are due before everything else."""
    for number in range(120):
        item = {"pk": f"{kind}#newer-{number}", "sk": sort, "schema": 99, "due_kind": kind, "due": 1}
        worker_client("dynamodb").put_item(TableName=system.settings.aws.table, Item=typed_item(item))
    system.request_connection()
    run_workers(system)

    assert "Noyo confirmed @Ana's request" in system.read_channel(CONNECTIONS)
    assert sum(item["schema"]["N"] == "99" for item in system.items()) == 120, "none is lost"
    doctor = system.slack.command(ANA, CONNECTIONS, "/noyo", "doctor")
    assert (
        "This release cannot read 120 waiting entries. Nothing is lost. After a rollback, upgrade again"
        in system.slack.render(doctor.messages[-1])
    )


def test_entries_set_aside_after_a_rollback_are_processed_after_the_upgrade(system: System) -> None:
    """A request and its event are of a newer release for a while; its card and its connection follow the upgrade."""
    system.request_connection()
    table, client = system.settings.aws.table, worker_client("dynamodb")
    ours = [item for item in system.items() if item["pk"]["S"].startswith(("OPERATION#", "OUTBOX#"))]
    assert len(ours) == 3, "the operation, its event and that of the mode"
    for item in ours:
        client.put_item(TableName=table, Item=item | {"schema": {"N": "99"}})
    run_workers(system)
    run_workers(system)
    assert not system.writes()
    for item in system.items():
        if item["schema"]["N"] == "99":
            client.put_item(TableName=table, Item=item | {"schema": {"N": "1"}})
    system.wait(15 * 60)
    run_workers(system)

    assert "Noyo confirmed @Ana's request" in system.read_channel(CONNECTIONS)
    assert len(system.writes()) == 1
    doctor = system.slack.command(ANA, CONNECTIONS, "/noyo", "doctor")
    assert "every entry readable" in system.slack.render(doctor.messages[-1])


def run_workers(system: System) -> None:
    """Both workers run once by their schedule."""
    with acting("ExecuteOperationsFunction"):
        execute_operations(None, 300, system.bot.noyo_dependencies)
    with acting("NotifyFunction"):
        deps = system.bot.slack_dependencies
        notify(None, 120, deps, sleep=system.clock.sleep, check_health=lambda: None)


def test_one_unreadable_state_does_not_stop_the_other_records_of_a_page(system: System) -> None:
    broken, other = (system.noyo.add_connection(group_name=name, status="processing")["id"] for name in ("One", "Two"))
    system.settle(10)
    table, key = system.settings.aws.table, {"pk": {"S": f"CONNECTION#{broken}"}, "sk": {"S": "STATE"}}
    item = worker_client("dynamodb").get_item(TableName=table, Key=key)["Item"]
    worker_client("dynamodb").put_item(TableName=table, Item=item | {"schema": {"N": "99"}})
    system.wait(60)
    for record_id in (broken, other):
        system.noyo.move_connection(record_id, "unable_to_connect", error="No")
    system.settle(20)

    assert "Two" in system.read_channel(ALERTS)
    answer = system.slack.command(ANA, CONNECTIONS, "/noyo", "doctor")
    assert broken in system.slack.render(answer.messages[0])


def test_an_unreadable_poll_cursor_restarts_its_list_and_is_reported_until_it_was_read(system: System) -> None:
    """As after a rollback. What changed meanwhile is announced, and the other list is polled as before."""
    record = system.noyo.add_connection(group_name="Failed Company", status="processing")["id"]
    system.settle(10)
    table, key = system.settings.aws.table, {"pk": {"S": "POLL_CURSOR#connection"}, "sk": {"S": "POLL_CURSOR"}}
    item = worker_client("dynamodb").get_item(TableName=table, Key=key)["Item"]
    worker_client("dynamodb").put_item(TableName=table, Item=item | {"schema": {"N": "99"}})
    doctor = system.slack.command(ANA, CONNECTIONS, "/noyo", "doctor")
    assert "not read completely yet" in system.slack.render(doctor.messages[0])
    system.noyo.move_connection(record, "unable_to_connect", error="No")
    system.noyo.add_connection(group_name="New Company", status="unable_to_connect")
    system.wait(60)
    system.noyo.faults.add(Fault("garbage", method="GET", path_contains="group_connections", times=1))
    with pytest.raises(NoyoError):
        system.poll()
    doctor = system.slack.command(ANA, CONNECTIONS, "/noyo", "doctor")
    assert "the position in the list could not be read" in system.slack.render(doctor.messages[-1])
    system.settle(20)

    assert "Failed Company" in system.read_channel(ALERTS)
    assert "New Company" in system.read_channel(ALERTS)
    doctor = system.slack.command(ANA, CONNECTIONS, "/noyo", "doctor")
    assert "every record readable" in system.slack.render(doctor.messages[-1])
