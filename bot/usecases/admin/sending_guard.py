"""The sending guard: whether anything may be sent to Noyo now."""

from __future__ import annotations

from dataclasses import dataclass

from bot.domain.pauses import Mode, Pause
from bot.usecases.ports.runtime import Clock
from bot.usecases.ports.storage import PauseRepository


@dataclass(frozen=True, slots=True)
class SendingGuard:
    """Combines the admins' pause, which is in the table, with the mode, which is in the settings."""

    pauses: PauseRepository
    mode: Mode
    clock: Clock

    @property
    def observes_only(self) -> bool:
        """Whether Switchboard is in observe mode, so that new operations are refused too."""
        return self.mode is Mode.OBSERVE

    def active_pause(self) -> Pause | None:
        """The pause that forbids sending now; None if sending is allowed. A consistent read each time."""
        history = self.pauses.history()
        if self.observes_only:
            return history.observe_pause or Pause(since=int(self.clock()))
        return history.active_pause

    def active_seconds(self, since: int, now: int) -> int:
        """Seconds between `since` and `now` during which sending was allowed."""
        return self.pauses.history().active_seconds(since, now)
