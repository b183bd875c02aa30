"""The gate: an admin's switch and the mode, as whoever would send asks them."""

from __future__ import annotations

from bot.domain.sending import Mode, Pause, Sending
from bot.usecases.gate import Gate


class Held:
    def __init__(self, *pauses: Pause) -> None:
        self.pauses = pauses

    def sending(self) -> Sending:
        return Sending(self.pauses)


def gate(*pauses: Pause, mode: Mode = Mode.ACT) -> Gate:
    return Gate(Held(*pauses), mode, lambda: 500.9)  # type: ignore[arg-type]


def test_it_is_open_where_nobody_shut_it() -> None:
    assert gate().shut() is None
    assert gate(Pause(1, "U0ANA", until=2)).shut() is None


def test_an_admins_pause_shuts_it() -> None:
    assert gate(Pause(1, "U0ANA")).shut() == Pause(1, "U0ANA")


def test_the_mode_shuts_it_even_before_anybody_has_noted_it() -> None:
    assert gate(mode=Mode.OBSERVE).shut() == Pause(500)
    assert gate(Pause(7), mode=Mode.OBSERVE).shut() == Pause(7)
    assert gate(Pause(7), Pause(9, "U0ANA"), mode=Mode.OBSERVE).shut() == Pause(7)


def test_a_mode_that_is_over_but_not_noted_yet_shuts_nothing() -> None:
    assert gate(Pause(7)).shut() is None


def test_the_mode_alone_says_whether_anything_new_is_taken_on() -> None:
    assert gate(mode=Mode.OBSERVE).watches
    assert not gate(Pause(1, "U0ANA")).watches


def test_time_worked_leaves_out_the_pauses() -> None:
    assert gate(Pause(100, "U0ANA", until=150)).worked(0, 200) == 150
