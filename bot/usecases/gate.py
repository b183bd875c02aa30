"""Use case: tell whether anything may be sent to Noyo now."""

from __future__ import annotations

from dataclasses import dataclass

from bot.domain.sending import Mode, Pause
from bot.ports import Clock, KeepsSwitches


@dataclass(frozen=True, slots=True)
class Gate:
    """What stands between operations and Noyo: an admin's switch in the table, and the mode in the settings."""

    switches: KeepsSwitches
    mode: Mode
    clock: Clock

    @property
    def watches(self) -> bool:
        """Whether Switchboard is set to watch only, so that nothing new is taken on either."""
        return self.mode is Mode.OBSERVE

    def shut(self) -> Pause | None:
        """For what nothing may be sent now; None where sending is on. A consistent read, each time."""
        sending = self.switches.sending()
        if self.watches:
            return sending.watching or Pause(since=int(self.clock()))
        return sending.paused

    def worked(self, since: int, now: int) -> int:
        """Seconds from `since` to `now` in which sending was on: how old an operation's clock says that it is."""
        return self.switches.sending().worked(since, now)
