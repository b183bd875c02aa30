"""Health checks run not too often and never block other work."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import pytest

from bot import policies
from bot.domain.health import CheckStatus, Component, Finding, HealthCheck, Topic
from bot.errors import SlackRefused, TableUnavailable
from bot.usecases.admin.health_checks import clock_finding, run_health_checks
from bot.usecases.dependencies import Dependencies

PASSED = Finding(Topic.TOKEN, CheckStatus.OK)


class FakeHealthChecks:
    def __init__(self) -> None:
        self.saved: dict[Component, HealthCheck] = {}

    def health_check(self, component: Component) -> HealthCheck | None:
        return self.saved.get(component)

    def save(self, health_check: HealthCheck) -> None:
        self.saved[health_check.component] = health_check


class UnavailableTable(FakeHealthChecks):
    def save(self, health_check: HealthCheck) -> None:
        raise TableUnavailable("down")


def failing_check(error: Exception) -> Callable[[], Iterable[Finding]]:
    def check() -> Iterable[Finding]:
        raise error
        yield PASSED

    return check


def run(
    health_checks: FakeHealthChecks, now: float = 1000.9, **checks: Callable[[], Iterable[Finding]]
) -> HealthCheck | None:
    deps = Dependencies(clock=lambda: now, new_id=str, health=health_checks)
    by_topic = {Topic[name.upper()]: check for name, check in checks.items()}
    return run_health_checks(Component.SLACK, by_topic, deps)


def test_findings_are_stored_with_their_time() -> None:
    health_checks = FakeHealthChecks()

    found = run(health_checks, token=lambda: [PASSED])

    assert found == HealthCheck(Component.SLACK, 1000, (PASSED,))
    assert health_checks.saved[Component.SLACK] == found


def test_a_recent_health_check_is_not_repeated() -> None:
    health_checks = FakeHealthChecks()
    run(health_checks, token=lambda: [PASSED])

    assert (
        run(health_checks, 1000 + policies.HEALTH_CHECK_INTERVAL_SECONDS - 1, token=failing_check(AssertionError()))
        is None
    )
    assert run(health_checks, 1000 + policies.HEALTH_CHECK_INTERVAL_SECONDS, token=lambda: [PASSED]) is not None


def test_a_failed_check_is_a_finding_and_the_others_still_run() -> None:
    found = run(
        FakeHealthChecks(),
        noyo=failing_check(ValueError("encrypted")),
        channel=failing_check(SlackRefused("ratelimited")),
        token=lambda: [PASSED],
    )

    assert found is not None
    assert found.findings == (
        Finding(Topic.NOYO, CheckStatus.FAILED, reason="ValueError", check_failed=True),
        Finding(Topic.CHANNEL, CheckStatus.FAILED, reason="Slack refused: ratelimited", check_failed=True),
        PASSED,
    )


def test_an_unavailable_table_raises_no_error() -> None:
    assert run(UnavailableTable(), token=lambda: [PASSED]) is None


@pytest.mark.parametrize(
    ("difference", "verdict", "number"),
    [
        (None, CheckStatus.UNKNOWN, None),
        (0.4, CheckStatus.OK, 0),
        (-60.2, CheckStatus.OK, -60),
        (61.0, CheckStatus.FAILED, 61),
        (-3600.0, CheckStatus.FAILED, -3600),
    ],
)
def test_a_clock_difference_over_a_minute_fails(
    difference: float | None, verdict: CheckStatus, number: int | None
) -> None:
    assert clock_finding(Topic.NOYO_CLOCK, difference) == Finding(Topic.NOYO_CLOCK, verdict, value=number)
