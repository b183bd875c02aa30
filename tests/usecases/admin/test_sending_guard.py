"""The sending guard combines an admin's pause with the mode."""

from __future__ import annotations

from bot.domain.pauses import Mode, Pause, PauseHistory
from bot.usecases.dependencies import SendingGuard


class FakePauses:
    def __init__(self, *pauses: Pause) -> None:
        self.pauses = pauses

    def history(self) -> PauseHistory:
        return PauseHistory(self.pauses)


def guard(*pauses: Pause, mode: Mode = Mode.ACT) -> SendingGuard:
    return SendingGuard(FakePauses(*pauses), mode, lambda: 500.9)  # type: ignore[arg-type]


def test_there_is_no_active_pause_by_default() -> None:
    assert guard().active_pause() is None
    assert guard(Pause(1, "U0ANA", until=2)).active_pause() is None


def test_a_pause_of_an_admin_is_active() -> None:
    assert guard(Pause(1, "U0ANA")).active_pause() == Pause(1, "U0ANA")


def test_observe_mode_is_a_pause_even_before_it_is_recorded() -> None:
    assert guard(mode=Mode.OBSERVE).active_pause() == Pause(500)
    assert guard(Pause(7), mode=Mode.OBSERVE).active_pause() == Pause(7)
    assert guard(Pause(7), Pause(9, "U0ANA"), mode=Mode.OBSERVE).active_pause() == Pause(7)


def test_an_ended_observe_mode_is_no_pause_even_before_it_is_recorded() -> None:
    assert guard(Pause(7)).active_pause() is None


def test_only_observe_mode_refuses_new_operations() -> None:
    assert guard(mode=Mode.OBSERVE).observes_only
    assert not guard(Pause(1, "U0ANA")).observes_only


def test_active_seconds_exclude_pauses() -> None:
    assert guard(Pause(100, "U0ANA", until=150)).active_seconds(0, 200) == 150
