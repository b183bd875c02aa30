"""One broken part does not stop the others, and what waited is delivered soon after a recovery."""

from __future__ import annotations

from tests.system import ALERTS, System

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
