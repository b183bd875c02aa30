"""Health checks of Noyo."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bot.domain.health import CheckStatus, Component, Finding, Topic
from bot.usecases.admin.health_checks import noyo_checks, run_health_checks
from infra.local.noyo import Fault
from tests.usecases.execution_bench import ExecutionBench, open_bench


@pytest.fixture
def bench() -> Iterator[ExecutionBench]:
    with open_bench() as opened:
        yield opened


def run_checks(bench: ExecutionBench, unreserved: int | None = 10) -> tuple[Finding, ...]:
    noyo = bench.deps.noyo
    checks = noyo_checks(
        read_secret=lambda: "secret",
        noyo=noyo,
        clock_difference=lambda: noyo.session.clock_difference,  # type: ignore[attr-defined]
        unreserved=lambda: unreserved,
    )
    found = run_health_checks(Component.NOYO, checks, bench.deps)
    assert found is not None
    return found.findings


def test_checks_pass_if_noyo_responds(bench: ExecutionBench) -> None:
    assert run_checks(bench) == (
        Finding(Topic.SECRET, CheckStatus.OK),
        Finding(Topic.NOYO, CheckStatus.OK),
        Finding(Topic.NOYO_CLOCK, CheckStatus.OK, value=0),
        Finding(Topic.CONCURRENCY, CheckStatus.OK, value=10),
    )
    assert len([seen for seen in bench.noyo.requests if seen.method == "GET"]) == 1


def test_failed_authentication_has_a_readable_reason(bench: ExecutionBench) -> None:
    bench.noyo.faults.add(Fault("error_before", path_contains="token", status=401, times=None))

    _, finding, _ = run_checks(bench)

    assert (finding.topic, finding.status, finding.check_failed) == (Topic.NOYO, CheckStatus.FAILED, True)
    assert "Noyo" in (finding.reason or "")


@pytest.mark.parametrize(
    ("unreserved", "verdict"),
    [(None, CheckStatus.UNKNOWN), (0, CheckStatus.FAILED), (9, CheckStatus.FAILED), (10, CheckStatus.OK)],
)
def test_low_concurrency_fails_and_unknown_concurrency_is_unknown(
    bench: ExecutionBench, unreserved: int | None, verdict: CheckStatus
) -> None:
    assert run_checks(bench, unreserved)[-1] == Finding(Topic.CONCURRENCY, verdict, value=unreserved)
