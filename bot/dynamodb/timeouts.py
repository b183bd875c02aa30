"""How long a caller waits."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf

from bot.errors import DeadlineExceeded
from bot.usecases.ports.runtime import TimeLeft


@dataclass(frozen=True, slots=True)
class TimeoutPolicy:
    """Seconds: to connect, to wait for an answer, and for all attempts of one call together."""

    connect: float
    read: float
    total: float
    left: TimeLeft = lambda: inf
    """What is left of the caller's own time; no attempt begins that may be answered only later."""

    def begin(self) -> None:
        """`OutOfTime` where even a first attempt does not fit any more; nothing was asked then."""
        if self.left() < self.read:
            raise DeadlineExceeded()
