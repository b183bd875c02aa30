"""Looking after oneself: never too often, and never in the way of the work."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import pytest

from bot import policies
from bot.domain.health import CheckStatus, Component, Finding, HealthCheck, Topic
from bot.errors import SlackRefused, TableUnavailable
from bot.usecases.admin.health import clock_finding, run_health_checks
from bot.usecases.dependencies import Dependencies

FINE = Finding(Topic.TOKEN, CheckStatus.OK)


class Kept:
    def __init__(self) -> None:
        self.held: dict[Component, HealthCheck] = {}

    def health_check(self, component: Component) -> HealthCheck | None:
        return self.held.get(component)

    def save(self, health_check: HealthCheck) -> None:
        self.held[health_check.component] = health_check


class Down(Kept):
    def save(self, health_check: HealthCheck) -> None:
        raise TableUnavailable("down")


def fails(error: Exception) -> Callable[[], Iterable[Finding]]:
    def look() -> Iterable[Finding]:
        raise error
        yield FINE

    return look


def run(kept: Kept, now: float = 1000.9, **checks: Callable[[], Iterable[Finding]]) -> HealthCheck | None:
    deps = Dependencies(clock=lambda: now, new_id=str, health=kept)
    by_topic = {Topic[name.upper()]: check for name, check in checks.items()}
    return run_health_checks(Component.SLACK, by_topic, deps)


def test_what_was_found_is_kept_with_its_time() -> None:
    kept = Kept()

    found = run(kept, token=lambda: [FINE])

    assert found == HealthCheck(Component.SLACK, 1000, (FINE,))
    assert kept.held[Component.SLACK] == found


def test_nobody_looks_again_soon() -> None:
    kept = Kept()
    run(kept, token=lambda: [FINE])

    assert run(kept, 1000 + policies.HEALTH_CHECK_INTERVAL_SECONDS - 1, token=fails(AssertionError())) is None
    assert run(kept, 1000 + policies.HEALTH_CHECK_INTERVAL_SECONDS, token=lambda: [FINE]) is not None


def test_a_look_that_goes_wrong_is_a_finding_and_the_next_has_its_turn() -> None:
    found = run(
        Kept(),
        noyo=fails(ValueError("encrypted")),
        channel=fails(SlackRefused("ratelimited")),
        token=lambda: [FINE],
    )

    assert found is not None
    assert found.findings == (
        Finding(Topic.NOYO, CheckStatus.FAILED, reason="ValueError", check_failed=True),
        Finding(Topic.CHANNEL, CheckStatus.FAILED, reason="Slack refused: ratelimited", check_failed=True),
        FINE,
    )


def test_a_table_that_is_down_keeps_nobody_from_work() -> None:
    assert run(Down(), token=lambda: [FINE]) is None


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
def test_clocks_that_are_a_minute_apart_are_told(
    difference: float | None, verdict: CheckStatus, number: int | None
) -> None:
    assert clock_finding(Topic.NOYO_CLOCK, difference) == Finding(Topic.NOYO_CLOCK, verdict, value=number)
