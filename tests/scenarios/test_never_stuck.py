"""One broken part does not stop the others, and what waited is delivered soon after a recovery."""

from __future__ import annotations

from dataclasses import replace

from tests.system import ALERTS, ANA, CONNECTIONS, System

TEN_MINUTES = 600


def test_a_retry_after_of_a_day_does_not_delay_an_alert_for_a_day(system: System) -> None:
    """Slack asks for a day, and recovers at once."""
    system.slack.faults.rate_limited(86_400, "chat.postMessage", times=2)
    system.noyo.add_connection(group_name="Failed Company", status="unable_to_connect")
    system.settle(TEN_MINUTES)

    assert "Failed Company" in system.seen_in(ALERTS)


def test_after_an_hour_of_rate_limits_an_alert_is_posted_within_ten_minutes(system: System) -> None:
    system.slack.faults.rate_limited(30, "chat.postMessage", times=100_000)
    system.noyo.add_connection(group_name="Failed Company", status="unable_to_connect")
    system.settle(3600)
    assert "Failed Company" not in system.seen_in(ALERTS)
    system.slack.faults.clear()
    system.settle(TEN_MINUTES)

    assert "Failed Company" in system.seen_in(ALERTS)


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
