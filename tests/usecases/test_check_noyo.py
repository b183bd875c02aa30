"""What is looked after of Noyo."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bot.domain.checkups import Finding, Topic, Verdict, Ward
from bot.usecases.check_noyo import noyo_looks
from bot.usecases.check_up import Tools, check_up
from infra.local.noyo import Fault
from tests.usecases.carrying import Bench, bench


@pytest.fixture
def here() -> Iterator[Bench]:
    with bench() as made:
        yield made


def looked(here: Bench, unreserved: int | None = 10) -> tuple[Finding, ...]:
    noyo = here.tools.noyo
    looks = noyo_looks(
        read_secret=lambda: "secret",
        noyo=noyo,
        clock_difference=lambda: noyo.clock_difference,  # type: ignore[attr-defined]
        unreserved=lambda: unreserved,
    )
    found = check_up(Tools(Ward.NOYO, looks, here.store.checkups, here.clock))
    assert found is not None
    return found.findings


def test_a_noyo_that_answers_is_fine_and_its_clock_as_well(here: Bench) -> None:
    assert looked(here) == (
        Finding(Topic.SECRET, Verdict.GOOD),
        Finding(Topic.NOYO, Verdict.GOOD),
        Finding(Topic.NOYO_CLOCK, Verdict.GOOD, number=0),
        Finding(Topic.CONCURRENCY, Verdict.GOOD, number=10),
    )
    assert len([seen for seen in here.noyo.requests if seen.method == "GET"]) == 1


def test_a_noyo_that_does_not_let_us_in_is_told_in_words(here: Bench) -> None:
    here.noyo.faults.add(Fault("error_before", path_contains="token", status=401, times=None))

    _, told, _ = looked(here)

    assert (told.topic, told.verdict, told.raised) == (Topic.NOYO, Verdict.BAD, True)
    assert "Noyo" in (told.why or "")


@pytest.mark.parametrize(
    ("unreserved", "verdict"),
    [(None, Verdict.UNKNOWN), (0, Verdict.BAD), (9, Verdict.BAD), (10, Verdict.GOOD)],
)
def test_too_little_room_to_run_is_told_and_what_nobody_tells_is_not_called_fine(
    here: Bench, unreserved: int | None, verdict: Verdict
) -> None:
    assert looked(here, unreserved)[-1] == Finding(Topic.CONCURRENCY, verdict, number=unreserved)
