"""Looking after oneself: never too often, and never in the way of the work."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import pytest

from bot.domain.checkups import Checkup, Finding, Topic, Verdict, Ward
from bot.errors import SlackRefused, TableUnavailable
from bot.usecases.check_up import EVERY_SECONDS, Tools, check_up, clock_finding

FINE = Finding(Topic.TOKEN, Verdict.GOOD)


class Kept:
    def __init__(self) -> None:
        self.held: dict[Ward, Checkup] = {}

    def checkup(self, ward: Ward) -> Checkup | None:
        return self.held.get(ward)

    def keep(self, checkup: Checkup) -> None:
        self.held[checkup.ward] = checkup


class Down(Kept):
    def keep(self, checkup: Checkup) -> None:
        raise TableUnavailable("down")


def fails(error: Exception) -> Callable[[], Iterable[Finding]]:
    def look() -> Iterable[Finding]:
        raise error
        yield FINE

    return look


def tools(kept: Kept, now: float = 1000.9, **looks: Callable[[], Iterable[Finding]]) -> Tools:
    return Tools(Ward.SLACK, {Topic[name.upper()]: look for name, look in looks.items()}, kept, lambda: now)


def test_what_was_found_is_kept_with_its_time() -> None:
    kept = Kept()

    found = check_up(tools(kept, token=lambda: [FINE]))

    assert found == Checkup(Ward.SLACK, 1000, (FINE,))
    assert kept.held[Ward.SLACK] == found


def test_nobody_looks_again_soon() -> None:
    kept = Kept()
    check_up(tools(kept, token=lambda: [FINE]))

    assert check_up(tools(kept, 1000 + EVERY_SECONDS - 1, token=fails(AssertionError()))) is None
    assert check_up(tools(kept, 1000 + EVERY_SECONDS, token=lambda: [FINE])) is not None


def test_a_look_that_goes_wrong_is_a_finding_and_the_next_has_its_turn() -> None:
    found = check_up(
        tools(
            Kept(),
            noyo=fails(ValueError("sealed")),
            channel=fails(SlackRefused("ratelimited")),
            token=lambda: [FINE],
        )
    )

    assert found is not None
    assert found.findings == (
        Finding(Topic.NOYO, Verdict.BAD, why="ValueError", raised=True),
        Finding(Topic.CHANNEL, Verdict.BAD, why="Slack refused: ratelimited", raised=True),
        FINE,
    )


def test_a_table_that_is_down_keeps_nobody_from_work() -> None:
    assert check_up(tools(Down(), token=lambda: [FINE])) is None


@pytest.mark.parametrize(
    ("difference", "verdict", "number"),
    [
        (None, Verdict.UNKNOWN, None),
        (0.4, Verdict.GOOD, 0),
        (-60.2, Verdict.GOOD, -60),
        (61.0, Verdict.BAD, 61),
        (-3600.0, Verdict.BAD, -3600),
    ],
)
def test_clocks_that_are_a_minute_apart_are_told(
    difference: float | None, verdict: Verdict, number: int | None
) -> None:
    assert clock_finding(Topic.NOYO_CLOCK, difference) == Finding(Topic.NOYO_CLOCK, verdict, number=number)
