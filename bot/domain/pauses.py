"""Whether anything is sent to Noyo, and the times in which nothing was.

An admin may pause sending, and the settings may have Switchboard watch only. Either way what people asked for is kept,
and the clocks of operations stand still.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

PAUSE_RETENTION_SECONDS = 31 * 86400
"""Longer than any operation is waited for, so that no time of rest is forgotten that a clock still needs."""


class Mode(StrEnum):
    ACT = "act"
    OBSERVE = "observe"
    """Everything is shown, nothing is ever sent to Noyo."""


@dataclass(frozen=True, slots=True)
class Pause:
    """A time in which nothing was sent, `until` None while it goes on. Unix seconds.

    `by` is the admin who paused; None where Switchboard was set to watch only.
    """

    since: int
    by: str | None = None
    reason: str | None = None
    until: int | None = None
    ended_by: str | None = None

    @property
    def name(self) -> str:
        """Of this pause and no other, however it goes on."""
        return f"{self.since}-{self.by or ''}"


@dataclass(frozen=True, slots=True)
class PauseHistory:
    """All pauses that are remembered, in the order they began. `revision` guards against two people at once."""

    pauses: tuple[Pause, ...] = ()
    revision: int = 0

    @property
    def active_pause(self) -> Pause | None:
        """The pause that an admin began and nobody has ended."""
        return next((pause for pause in self._running() if pause.by is not None), None)

    @property
    def observe_pause(self) -> Pause | None:
        """Since when Switchboard was seen to watch only."""
        return next((pause for pause in self._running() if pause.by is None), None)

    def with_started(self, pause: Pause) -> PauseHistory:
        return replace(self, pauses=(*self._remembered(pause.since), pause))

    def with_ended(self, pause: Pause, now: int, by: str | None) -> PauseHistory:
        over = replace(pause, until=max(now, pause.since), ended_by=by)
        return replace(self, pauses=tuple(over if one == pause else one for one in self._remembered(now)))

    def active_seconds(self, since: int, now: int) -> int:
        """Seconds from `since` to `now` in which sending was on: what the clock of an operation shows."""
        return max(now - since, 0) - sum(end - begin for begin, end in self._rests(since, now))

    def _running(self) -> Iterator[Pause]:
        return (pause for pause in self.pauses if pause.until is None)

    def _remembered(self, now: int) -> tuple[Pause, ...]:
        oldest = now - PAUSE_RETENTION_SECONDS
        return tuple(pause for pause in self.pauses if pause.until is None or pause.until > oldest)

    def _rests(self, since: int, now: int) -> Iterator[tuple[int, int]]:
        """The pauses within these bounds, each second once: one may lie in another."""
        reached = since
        for pause in sorted(self.pauses, key=lambda pause: pause.since):
            begin = max(pause.since, reached)
            end = min(now if pause.until is None else pause.until, now)
            if begin < end:
                yield begin, end
                reached = end
