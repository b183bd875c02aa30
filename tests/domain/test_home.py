"""What a person asks their App Home to show."""

from __future__ import annotations

import pytest

from bot.domain.home import HomeFilter, HomeView, slack_time
from bot.domain.outbox import home_requested


@pytest.mark.parametrize(
    ("ts", "microseconds"),
    [
        ("1764494837.000100", 1_764_494_837_000_100),
        ("1764494837.5", 1_764_494_837_500_000),
        ("1764494837", 1_764_494_837_000_000),
        ("1764494837.12345678", 1_764_494_837_123_456),
    ],
)
def test_a_time_of_slack_has_microseconds(ts: str, microseconds: int) -> None:
    assert slack_time(ts) == microseconds


@pytest.mark.parametrize("ts", ["", "now", "1764494837.x"])
def test_what_is_no_time_is_refused(ts: str) -> None:
    with pytest.raises(ValueError, match="invalid literal"):
        slack_time(ts)


def test_all_requests_of_a_person_are_one_event() -> None:
    first = home_requested("U1", HomeView(), 1, 100)
    second = home_requested("U1", HomeView(HomeFilter.MINE, 2), 2, 101)

    assert first.id == second.id != home_requested("U2", HomeView(), 1, 100).id
