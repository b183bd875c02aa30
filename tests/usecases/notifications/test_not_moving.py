"""The daily report of what does not move: one message for each carrier and business day, whatever happens meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import datetime

import pytest

from bot import policies
from bot.domain.outbox import EventKind
from bot.domain.record_filter import listed, parse_filter
from bot.errors import SlackError
from bot.usecases.dependencies import Dependencies
from bot.usecases.notifications.not_moving import report_not_moving, schedule_report
from bot.usecases.notifications.publish import publish
from infra.local import environment as local
from tests.system import ALERTS, BEN, GUARDIAN, System
from tests.usecases.notification_bench import add_connection, around_slack, started_system

OTHER = next(carrier for carrier in local.CARRIERS if carrier != GUARDIAN)
GROUP = "11111111-0000-4000-8000-000000000001"
REPORT = "Not moving at "


@pytest.fixture
def system() -> Iterator[System]:
    with started_system(APPROVERS=BEN, SUMMARY_HOUR="none") as system:
        advance_to(system, "2026-11-16T10:00")
        yield system


def advance_to(system: System, when: str) -> None:
    """Advance the time without running a worker."""
    moment = datetime.fromisoformat(when).replace(tzinfo=system.settings.timezone).timestamp()
    assert moment >= system.clock.now
    system.clock.now = moment


def reports(system: System) -> list[str]:
    texts = [system.slack.render(message) for message in system.slack.channel(ALERTS)]
    return [text for text in texts if REPORT in text]


def reports_at(system: System, when: str) -> list[str]:
    """What the worker has added by then."""
    before = len(reports(system))
    advance_to(system, when)
    system.notify()
    return reports(system)[before:]


def waiting(system: System, name: str, **fields: str) -> str:
    return add_connection(system, "waiting_on_carrier", group_name=name, **fields)


def test_what_waits_for_a_carrier_is_reported_after_five_business_days_and_then_daily(system: System) -> None:
    """The 23rd is a Monday, the 26th Thanksgiving."""
    waiting(system, "Harbor Foods")

    assert [len(reports_at(system, f"2026-11-{day}T09:30")) for day in (17, 18, 19, 20, 21, 22)] == [0] * 6
    [report] = reports_at(system, "2026-11-23T09:00")
    assert "Harbor Foods" in report
    assert "unchanged for 5 business days" in report
    assert [len(reports_at(system, f"2026-11-{day}T09:30")) for day in (24, 25, 26, 27, 28)] == [1, 1, 0, 1, 0]


def test_what_needs_us_is_reported_the_next_day_and_no_more_once_it_moves(system: System) -> None:
    failed = add_connection(system, "unable_to_connect", group_name="Failed Company")
    advance_to(system, "2026-11-17T08:59")
    system.notify()
    assert reports(system) == []

    [report] = reports_at(system, "2026-11-17T09:00")
    assert "Failed Company" in report
    system.noyo.move_connection(failed, "processing")
    system.poll()
    assert reports_at(system, "2026-11-18T09:00") == []


def test_there_is_one_message_for_each_carrier(system: System) -> None:
    for number in range(3):
        waiting(system, f"Company {number}")
    waiting(system, "Elsewhere", carrier_id=OTHER)

    first, second = sorted(reports_at(system, "2026-11-23T09:00"), key=len, reverse=True)

    assert all(f"Company {number}" in first for number in range(3))
    assert "Elsewhere" in second
    assert "Company" not in second


def test_a_long_list_is_cut_counts_the_rest_and_says_how_to_list_all(system: System) -> None:
    ids = {waiting(system, f"Company {number}") for number in range(policies.NOT_MOVING_SHOWN + 4)}
    system.wait(86_400)
    waiting(system, "Young Company")

    [report] = reports_at(system, "2026-11-23T09:00")

    assert report.count("Company ") == policies.NOT_MOVING_SHOWN
    assert f"{len(ids)} records" in report
    assert "and 4 more" in report
    command = "/noyo list Guardian older than 6 days"
    assert command in report
    wanted = parse_filter(command.removeprefix("/noyo list "), [(GUARDIAN, "Guardian")])
    states = [system.connection_record_state(connection_id) for connection_id in ids]
    assert wanted.unknown == ()
    assert all(wanted.fits(state, BEN, int(system.clock())) for state in states)


def test_a_disconnection_that_is_processed_after_its_last_day_is_reported(system: System) -> None:
    request = system.noyo.carrier_requests_disconnection(
        carrier_id=GUARDIAN, group_id=GROUP, group_name="Leaving Company", effective_end_date="2026-11-18"
    )
    system.poll()
    system.noyo.move_disconnection(request["id"], "processing")
    system.poll()

    assert reports_at(system, "2026-11-18T12:00") == []
    [report] = reports_at(system, "2026-11-19T09:00")
    assert "Leaving Company" in report
    assert "although its last managed day is over" in report


def test_two_workers_a_restart_and_a_repeated_stream_report_once(system: System) -> None:
    waiting(system, "Harbor Foods")
    advance_to(system, "2026-11-23T09:00")
    system.notify()
    event_id = f"{EventKind.NOT_MOVING.value}:2026-11-23"
    other = system.bot.slack_dependencies
    event = other.outbox.event(event_id)
    assert event is not None

    publish(event_id, other)
    system.restart()
    for _ in range(3):
        system.wait(60)
        system.notify()
        schedule_report(system.bot.slack_dependencies)
        publish(event_id, system.bot.slack_dependencies)
    assert len(reports(system)) == 1

    run(system, system.bot.slack_dependencies)
    assert len(reports(system)) == 1, "even if the event were published once more"


def run(system: System, deps: Dependencies) -> None:
    """Runs the report's tasks as a worker that has read the event would."""
    event = deps.outbox.event(f"{EventKind.NOT_MOVING.value}:{deps.today()}")
    assert event is not None
    for task in report_not_moving(event, deps):
        with suppress(Exception):
            task()


def test_two_workers_at_the_same_time_report_once(system: System) -> None:
    waiting(system, "Harbor Foods")
    advance_to(system, "2026-11-23T09:00")
    deps = system.bot.slack_dependencies
    schedule_report(deps)

    run(system, around_slack(deps, before_post=lambda: run(system, deps)))

    assert len(reports(system)) == 1


def test_a_worker_that_ends_between_two_carriers_reports_the_other_later(system: System) -> None:
    waiting(system, "Harbor Foods")
    waiting(system, "Elsewhere", carrier_id=OTHER)
    advance_to(system, "2026-11-23T09:00")
    deps = system.bot.slack_dependencies
    schedule_report(deps)
    event = deps.outbox.event(f"{EventKind.NOT_MOVING.value}:2026-11-23")
    assert event is not None
    next(report_not_moving(event, deps))()
    assert len(reports(system)) == 1

    system.restart()
    system.notify()

    assert sorted("Elsewhere" in report for report in reports(system)) == [False, True]


def test_a_worker_that_was_off_in_the_morning_reports_later_that_day(system: System) -> None:
    waiting(system, "Harbor Foods")

    assert len(reports_at(system, "2026-11-23T15:40")) == 1


def test_a_day_without_a_worker_is_covered_by_the_next_report(system: System) -> None:
    waiting(system, "Harbor Foods")
    advance_to(system, "2026-11-23T16:59")
    schedule_report(system.bot.slack_dependencies)

    assert reports_at(system, "2026-11-23T22:00") == [], "nobody is at work"
    assert len(reports_at(system, "2026-11-24T09:00")) == 1, "not one for each day"


def test_a_report_that_slack_does_not_take_is_posted_later_that_day(system: System) -> None:
    waiting(system, "Harbor Foods")
    advance_to(system, "2026-11-23T09:00")
    deps = system.bot.slack_dependencies
    schedule_report(deps)

    def refuse() -> None:
        raise SlackError("Slack is down.")

    report = publish(f"{EventKind.NOT_MOVING.value}:2026-11-23", around_slack(deps, before_post=refuse))

    assert report is not None
    assert report.retry_at is not None
    assert len(reports_at(system, "2026-11-23T09:30")) == 1


def test_only_what_does_not_move_is_read(system: System) -> None:
    """The index of open records answers for the others, so thousands of them cost little."""
    late = waiting(system, "Harbor Foods")
    advance_to(system, "2026-11-20T10:00")
    for number in range(5):
        waiting(system, f"Company {number}")
    advance_to(system, "2026-11-23T09:00")
    schedule_report(system.bot.slack_dependencies)
    read: list[str] = []

    class Records:
        def __getattr__(self, name: str) -> object:
            return getattr(records, name)

        def record_states(self, wanted: object, **options: bool) -> object:
            entities = list(wanted)  # type: ignore[call-overload]
            read.extend(entity.key for entity in entities)
            return records.record_states(entities, **options)

    deps = system.bot.slack_dependencies
    records = deps.records
    run(system, replace(deps, records=Records()))  # type: ignore[arg-type]

    assert read == [late]
    assert listed(system.connection_record_state(late)).status == "waiting_on_carrier"


def test_without_limits_nothing_is_reported() -> None:
    with started_system(NOT_MOVING_DAYS="none", SUMMARY_HOUR="none") as system:
        advance_to(system, "2026-11-16T10:00")
        waiting(system, "Harbor Foods")
        assert reports_at(system, "2026-12-15T10:00") == []


@pytest.mark.parametrize(("calendar", "expected"), [("US", 0), ("none", 1), ("XX", 1)])
def test_the_calendar_says_on_which_days_nothing_is_reported(calendar: str, expected: int) -> None:
    """With a calendar that does not exist, holidays count as business days, and `doctor` reports it."""
    with started_system(BUSINESS_CALENDAR=calendar, SUMMARY_HOUR="none") as system:
        advance_to(system, "2026-11-16T10:00")
        waiting(system, "Harbor Foods")
        assert len(reports_at(system, "2026-11-26T10:00")) == expected, "Thanksgiving"
