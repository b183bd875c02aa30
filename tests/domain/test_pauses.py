"""Pauses, and the timings that exclude them."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import policies
from bot.domain.pauses import Pause, PauseHistory

ANA, BEN = "U0ANA", "U0BEN"


def on(*pauses: Pause) -> PauseHistory:
    return PauseHistory(pauses)


@pytest.mark.parametrize(
    ("pauses", "worked"),
    [
        ((), 100),
        ((Pause(0, ANA, until=50),), 100),
        ((Pause(300, ANA, until=400),), 100),
        ((Pause(120, ANA, until=150),), 70),
        ((Pause(50, ANA, until=110),), 90),
        ((Pause(190, ANA),), 90),
        ((Pause(50, ANA),), 0),
        ((Pause(110, ANA, until=120), Pause(130, BEN, until=140)), 80),
        ((Pause(110, ANA, until=150), Pause(120, None, until=170)), 40),
        ((Pause(110, None), Pause(120, ANA, until=130)), 10),
    ],
)
def test_active_seconds_exclude_pauses_and_count_overlaps_once(pauses: tuple[Pause, ...], worked: int) -> None:
    assert on(*pauses).active_seconds(100, 200) == worked


SPANS = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), max_size=6)


@given(SPANS, st.integers(0, 60), st.integers(0, 60))
def test_active_seconds_are_the_seconds_outside_all_pauses(spans: list[tuple[int, int]], since: int, now: int) -> None:
    pauses = [Pause(min(span), ANA, until=max(span)) for span in spans]
    outside = [
        second
        for second in range(since, now)
        if not any(pause.since <= second < (pause.until or 0) for pause in pauses)
    ]

    assert on(*pauses).active_seconds(since, now) == len(outside)


def test_the_active_pause_is_neither_the_mode_nor_one_that_ended() -> None:
    over, running, mode = Pause(10, ANA, until=20), Pause(30, BEN), Pause(5)

    assert on(over).active_pause is None
    assert on(mode, over).active_pause is None
    assert on(mode, over, running).active_pause == running
    assert on(mode, over, running).observe_pause == mode
    assert on(over, running).observe_pause is None


def test_ending_a_pause_records_who_ended_it_and_leaves_the_others() -> None:
    mode, running = Pause(5), Pause(30, BEN, "why")

    after = on(mode, running).with_ended(running, 40, ANA)

    assert after.pauses == (mode, replace(running, until=40, ended_by=ANA))
    assert after.pauses[1].name == running.name


def test_a_pause_never_ends_before_it_started() -> None:
    running = Pause(30, BEN)

    assert on(running).with_ended(running, 20, BEN).pauses[0].until == 30


def test_old_ended_pauses_are_dropped_and_running_ones_kept() -> None:
    now = 10 * policies.PAUSE_RETENTION_SECONDS
    old = Pause(100, ANA, until=now - policies.PAUSE_RETENTION_SECONDS)
    recent = Pause(100, BEN, until=now - policies.PAUSE_RETENTION_SECONDS + 1)
    mode = Pause(50)
    begun = Pause(now, ANA)

    assert on(old, recent, mode).with_started(begun).pauses == (recent, mode, begun)
    assert on(old, recent, mode).with_ended(mode, now, None).pauses == (recent, replace(mode, until=now))
