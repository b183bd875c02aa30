"""The gate: an admin's switch and the mode, as whoever would send asks them."""

from __future__ import annotations

from bot.domain.pauses import Mode, Pause, PauseHistory
from bot.usecases.dependencies import SendingGuard


class Held:
    def __init__(self, *pauses: Pause) -> None:
        self.pauses = pauses

    def history(self) -> PauseHistory:
        return PauseHistory(self.pauses)


def gate(*pauses: Pause, mode: Mode = Mode.ACT) -> SendingGuard:
    return SendingGuard(Held(*pauses), mode, lambda: 500.9)  # type: ignore[arg-type]


def test_it_is_open_where_nobody_shut_it() -> None:
    assert gate().active_pause() is None
    assert gate(Pause(1, "U0ANA", until=2)).active_pause() is None


def test_an_admins_pause_shuts_it() -> None:
    assert gate(Pause(1, "U0ANA")).active_pause() == Pause(1, "U0ANA")


def test_the_mode_shuts_it_even_before_anybody_has_noted_it() -> None:
    assert gate(mode=Mode.OBSERVE).active_pause() == Pause(500)
    assert gate(Pause(7), mode=Mode.OBSERVE).active_pause() == Pause(7)
    assert gate(Pause(7), Pause(9, "U0ANA"), mode=Mode.OBSERVE).active_pause() == Pause(7)


def test_a_mode_that_is_over_but_not_noted_yet_shuts_nothing() -> None:
    assert gate(Pause(7)).active_pause() is None


def test_the_mode_alone_says_whether_anything_new_is_taken_on() -> None:
    assert gate(mode=Mode.OBSERVE).observes_only
    assert not gate(Pause(1, "U0ANA")).observes_only


def test_time_worked_leaves_out_the_pauses() -> None:
    assert gate(Pause(100, "U0ANA", until=150)).active_seconds(0, 200) == 150
