"""What is looked after of Noyo."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bot.domain.health import CheckStatus, Component, Finding, Topic
from bot.usecases.admin.health import noyo_checks, run_health_checks
from infra.local.noyo import Fault
from tests.usecases.execution_bench import ExecutionBench, bench


@pytest.fixture
def here() -> Iterator[ExecutionBench]:
    with bench() as made:
        yield made


def looked(here: ExecutionBench, unreserved: int | None = 10) -> tuple[Finding, ...]:
    noyo = here.deps.noyo
    looks = noyo_checks(
        read_secret=lambda: "secret",
        noyo=noyo,
        clock_difference=lambda: noyo.clock_difference,  # type: ignore[attr-defined]
        unreserved=lambda: unreserved,
    )
    found = run_health_checks(Component.NOYO, looks, here.deps)
    assert found is not None
    return found.findings


def test_a_noyo_that_answers_is_fine_and_its_clock_as_well(here: ExecutionBench) -> None:
    assert looked(here) == (
        Finding(Topic.SECRET, CheckStatus.OK),
        Finding(Topic.NOYO, CheckStatus.OK),
        Finding(Topic.NOYO_CLOCK, CheckStatus.OK, value=0),
        Finding(Topic.CONCURRENCY, CheckStatus.OK, value=10),
    )
    assert len([seen for seen in here.noyo.requests if seen.method == "GET"]) == 1


def test_a_noyo_that_does_not_let_us_in_is_told_in_words(here: ExecutionBench) -> None:
    here.noyo.faults.add(Fault("error_before", path_contains="token", status=401, times=None))

    _, told, _ = looked(here)

    assert (told.topic, told.status, told.check_failed) == (Topic.NOYO, CheckStatus.FAILED, True)
    assert "Noyo" in (told.reason or "")


@pytest.mark.parametrize(
    ("unreserved", "verdict"),
    [(None, CheckStatus.UNKNOWN), (0, CheckStatus.FAILED), (9, CheckStatus.FAILED), (10, CheckStatus.OK)],
)
def test_too_little_room_to_run_is_told_and_what_nobody_tells_is_not_called_fine(
    here: ExecutionBench, unreserved: int | None, verdict: CheckStatus
) -> None:
    assert looked(here, unreserved)[-1] == Finding(Topic.CONCURRENCY, verdict, value=unreserved)
