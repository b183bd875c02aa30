"""The doctor command."""

from __future__ import annotations

import pytest

from bot import __version__, policies
from bot.domain.health import CheckStatus, Component, Finding, HealthCheck, Topic
from bot.domain.polling import ParkedRow
from bot.domain.records import EntityKind
from bot.slack.features import doctor
from bot.slack.views.health import diagnose
from bot.slack.views.rich_text import mrkdwn
from tests.slack.incoming import answer_text, reset_system, type_command
from tests.system import ALERTS, ANA, BEN, GUS, START, System

assert doctor.SHOWN


SETTINGS = {"ADMINS": ANA, "APPROVERS": f"{ANA},{BEN}"}


@pytest.fixture
def system(shared: System) -> System:
    reset_system(shared)
    shared.wait(240)
    shared.start_webhooks()
    shared.noyo.add_connection(group_name="Heard Inc")
    shared.settle(10)
    shared.check_health()
    return shared


def doctor_text(system: System) -> str:
    return answer_text(system, type_command(system, "doctor"))


def test_passed_checks_are_one_line(system: System) -> None:
    text = doctor_text(system)

    assert f"Switchboard {__version__}, environment production. All checks passed." in text
    fine = next(line for line in text.splitlines() if "✓ Passed:" in line)
    for what in (
        "Slack token",
        "scopes",
        "channels",
        "people",
        "Noyo and its token",
        "polls of connections",
        "secrets",
        "Noyo's webhook",
        "Lambda quota",
    ):
        assert what in fine
    assert "✗" not in text
    assert "?" not in text
    assert len(text.splitlines()) < 6


def test_without_health_checks_the_report_says_that_there_are_no_results() -> None:
    with System(ADMINS=ANA) as fresh:
        text = doctor_text(fresh)

        assert "No result" in text
        assert "has not reported yet" in text
        assert "not read completely yet" in text
        assert "Slack token" not in text
        assert "no signed event has been received yet" in text


def test_a_channel_that_the_bot_was_removed_from_is_reported_with_advice(system: System) -> None:
    system.slack.workspace.channels[ALERTS].members.discard(system.slack.workspace.bot_user_id)
    try:
        system.wait(300)
        system.check_health()
        text = doctor_text(system)
    finally:
        system.slack.workspace.channels[ALERTS].members.add(system.slack.workspace.bot_user_id)

    assert "environment production. 1 problem found." in text
    assert "✗ CHANNEL_ALERTS" in text
    assert "the bot is not a member" in text
    assert "Type /invite" in text
    assert "channels" not in next(line for line in text.splitlines() if "✓ Passed:" in line)


def test_a_deactivated_approver_is_named(system: System) -> None:
    system.slack.add_user(BEN, "Ben", deleted=True)
    try:
        system.wait(13 * 3600)
        system.settle(10)
        system.check_health()
        text = doctor_text(system)
    finally:
        system.slack.add_user(BEN, "Ben")

    assert "Have permissions but cannot use them" in text
    assert "@Ben – remove them" in text


def test_outdated_health_checks_are_not_reported_as_passed(system: System) -> None:
    system.wait(policies.HEALTH_CHECK_STALE_SECONDS + 60)

    text = doctor_text(system)

    assert "so its current state is unknown" in text
    assert "were last read completely" in text
    assert "Slack token" not in text


def test_unreadable_rows_are_reported_as_plain_text(system: System) -> None:
    cursors = system.bot.repositories.polling
    for number in range(7):
        cursors.park(EntityKind.CONNECTION, ParkedRow(f"row-{number}", "no <!channel> id", START))
    try:
        text = doctor_text(system)
    finally:
        for number in range(7):
            cursors.unpark(EntityKind.CONNECTION, f"row-{number}")

    assert "7 problems with reading Noyo's lists" in text
    assert "row-0 (no <!channel> id" in text
    assert "and 2 more" in text


def test_an_overdue_operation_is_reported(system: System) -> None:
    system.request_connection(carrier_group_id="late one")
    system.wait(400)
    text = doctor_text(system)
    system.settle(60)

    assert "An operation has been waiting since" in text
    assert "An event has been" not in text


def test_a_pause_is_reported_with_the_oldest_deferred_request(system: System) -> None:
    type_command(system, "pause feed is wrong")
    system.request_connection(carrier_group_id="kept one")
    text = doctor_text(system)
    type_command(system, "resume")
    system.settle(30)

    assert "@Ana paused sending to Noyo" in text
    assert "(feed is wrong)" in text
    assert "The oldest deferred request was submitted" in text


def test_only_admins_see_the_report(system: System) -> None:
    assert "Guests cannot do this" in answer_text(system, type_command(system, "doctor", GUS))


# ---------------------------------------------------------------- texts

NOW = START


def problem_text(finding: Finding) -> str:
    found = diagnose({Component.SLACK: HealthCheck(Component.SLACK, NOW, (finding,))}, NOW)
    (line,) = found.wrong
    return mrkdwn(line)


@pytest.mark.parametrize(
    ("finding", "expected"),
    [
        (
            Finding(Topic.SCOPES, CheckStatus.FAILED, ("users:read", "im:write")),
            "lacks scopes: users:read, im:write. Update",
        ),
        (Finding(Topic.SLACK_CLOCK, CheckStatus.FAILED, value=75), "Slack's clock is 75 seconds ahead of ours"),
        (Finding(Topic.NOYO_CLOCK, CheckStatus.FAILED, value=-90), "Noyo's clock is 90 seconds behind ours"),
        (Finding(Topic.GROUP, CheckStatus.FAILED, ("S1ABC",), reason="empty"), "<!subteam^S1ABC> is empty or deleted"),
        (Finding(Topic.GROUP, CheckStatus.FAILED, ("S1ABC",), reason="unreadable"), "cannot be read"),
        (
            Finding(Topic.CHANNEL, CheckStatus.FAILED, ("CHANNEL_ALERTS", "C1"), reason="channel_not_found"),
            "cannot find it",
        ),
        (Finding(Topic.CHANNEL, CheckStatus.FAILED, ("CHANNEL_ALERTS", "C1"), reason="odd"), "Slack returned odd"),
        (Finding(Topic.SECRET, CheckStatus.FAILED, reason="none", check_failed=True), "none Set its value"),
        (
            Finding(Topic.NOYO, CheckStatus.FAILED, reason="no", check_failed=True),
            "Noyo and its token: no Requests wait",
        ),
        (Finding(Topic.PEOPLE, CheckStatus.FAILED, tuple(f"U{n}A" for n in range(12))), "and 2 more – remove them"),
        (Finding(Topic.TOKEN, CheckStatus.FAILED), "Slack token: there is a problem"),
        (
            Finding(Topic.CONCURRENCY, CheckStatus.FAILED, value=3),
            "AWS can run 3 functions at once; Switchboard needs 10",
        ),
    ],
)
def test_each_problem_has_advice_and_the_time_of_its_check(finding: Finding, expected: str) -> None:
    text = problem_text(finding)

    assert expected in text
    assert "(checked <!date^" in text


def test_an_old_problem_remains_a_problem_and_an_old_success_becomes_unknown() -> None:
    old = HealthCheck(
        Component.NOYO,
        NOW - policies.HEALTH_CHECK_STALE_SECONDS - 1,
        (
            Finding(Topic.NOYO, CheckStatus.FAILED, reason="no", check_failed=True),
            Finding(Topic.SECRET, CheckStatus.OK),
        ),
    )

    found = diagnose({Component.NOYO: old}, NOW)

    assert found.fine == ()
    assert len(found.wrong) == 1
    assert "so its current state is unknown" in mrkdwn(found.unknown[0])


def test_an_undetermined_check_is_not_a_problem() -> None:
    unknown = (Finding(Topic.PEOPLE, CheckStatus.UNKNOWN, value=3), Finding(Topic.SCOPES, CheckStatus.UNKNOWN))
    found = diagnose({Component.SLACK: HealthCheck(Component.SLACK, NOW, unknown)}, NOW)

    assert [mrkdwn(line) for line in found.unknown] == [
        "3 people with permissions: not checked yet. Each check reads some.",
        "Not checked: Slack scopes.",
    ]
    assert (found.fine, found.wrong) == ((), ())


UNREADABLE = Finding(
    Topic.SECRET, CheckStatus.FAILED, reason="The secret noyo_webhook cannot be read.", check_failed=True
)
READ = Finding(Topic.SECRET, CheckStatus.OK)


def test_an_unreadable_webhook_secret_remains_a_problem() -> None:
    stale = HealthCheck(Component.WEBHOOK, NOW - 10 * policies.WEBHOOK_STALE_SECONDS, (UNREADABLE,))

    (line,) = diagnose({Component.WEBHOOK: stale}, NOW).wrong

    assert "Noyo's webhook: The secret noyo_webhook cannot be read. Set its value" in mrkdwn(line)


@pytest.mark.parametrize(
    ("age", "fine"), [(0, True), (policies.WEBHOOK_STALE_SECONDS, True), (policies.WEBHOOK_STALE_SECONDS + 1, False)]
)
def test_a_webhook_without_recent_events_is_unknown(age: int, fine: bool) -> None:
    found = diagnose({Component.WEBHOOK: HealthCheck(Component.WEBHOOK, NOW - age, (READ,))}, NOW)

    assert found.wrong == ()
    assert found.fine == (("Noyo's webhook",) if fine else ())
    assert bool(found.unknown) is not fine


def test_secrets_do_not_pass_if_one_function_cannot_read_its_own() -> None:
    checks = {component: HealthCheck(component, NOW, (READ,)) for component in (Component.SLACK, Component.RECEIVER)}

    assert diagnose(checks, NOW).fine == ("secrets", "secrets")
    assert diagnose(checks | {Component.NOYO: HealthCheck(Component.NOYO, NOW, (UNREADABLE,))}, NOW).fine == ()
