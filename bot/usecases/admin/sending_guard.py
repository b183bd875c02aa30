"""Tell whether anything may be sent to Noyo now."""

from __future__ import annotations

from dataclasses import dataclass

from bot.domain.pauses import Mode, Pause
from bot.usecases.ports.runtime import Clock
from bot.usecases.ports.storage import PauseRepository


@dataclass(frozen=True, slots=True)
class SendingGuard:
    """What stands between operations and Noyo: an admin's switch in the table, and the mode in the settings."""

    pauses: PauseRepository
    mode: Mode
    clock: Clock

    @property
    def observes_only(self) -> bool:
        """Whether Switchboard is set to watch only, so that nothing new is taken on either."""
        return self.mode is Mode.OBSERVE

    def active_pause(self) -> Pause | None:
        """For what nothing may be sent now; None where sending is on. A consistent read, each time."""
        sending = self.pauses.history()
        if self.observes_only:
            return sending.observe_pause or Pause(since=int(self.clock()))
        return sending.active_pause

    def active_seconds(self, since: int, now: int) -> int:
        """Seconds from `since` to `now` in which sending was on: how old an operation's clock says that it is."""
        return self.pauses.history().active_seconds(since, now)
