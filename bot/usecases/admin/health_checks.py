"""Each worker checks what it depends on and saves the findings, so that `doctor` only has to read the table.

A failing check never stops the worker: the failure is saved as a finding.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping

from bot import policies
from bot.domain.health import CheckStatus, Component, Finding, HealthCheck, Topic
from bot.errors import SwitchboardError
from bot.usecases.dependencies import Dependencies

logger = logging.getLogger("switchboard")


Check = Callable[[], Iterable[Finding]]


def run_health_checks(component: Component, checks: Mapping[Topic, Check], deps: Dependencies) -> HealthCheck | None:
    """Run every check and save the findings. None if the last run is recent, or if the findings could not be saved."""
    try:
        return _checked(component, checks, deps)
    except Exception:
        # A health check that was not saved shows up as outdated in the health report.
        logger.exception("health check failed")
        return None


def _checked(component: Component, checks: Mapping[Topic, Check], deps: Dependencies) -> HealthCheck | None:
    now = int(deps.clock())
    last = deps.health.health_check(component)
    if last is not None and now - last.at < policies.HEALTH_CHECK_INTERVAL_SECONDS:
        return None
    findings = [finding for topic, look in checks.items() for finding in _looked(topic, look)]
    found = HealthCheck(component, now, tuple(findings))
    deps.health.save(found)
    return found


def _looked(topic: Topic, look: Check) -> list[Finding]:
    try:
        return list(look())
    except Exception as error:
        logger.warning("a look went wrong", exc_info=True, extra={"kind": topic.value})
        words = str(error) if isinstance(error, SwitchboardError) else type(error).__name__
        return [Finding(topic, CheckStatus.FAILED, reason=words, check_failed=True)]


def clock_finding(topic: Topic, difference: float | None) -> Finding:
    """`difference` is their clock minus ours, in seconds; None if it is unknown."""
    if difference is None:
        return Finding(topic, CheckStatus.UNKNOWN)
    apart = round(difference)
    return Finding(
        topic,
        CheckStatus.OK if abs(apart) <= policies.CLOCK_DIFFERENCE_LIMIT_SECONDS else CheckStatus.FAILED,
        value=apart,
    )
