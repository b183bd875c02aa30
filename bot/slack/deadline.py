"""Until when a request has to be answered, for everything that is waited for on its way.

Slack waits for three seconds, a cold start and the way back included, and shows the person a nameless error after that.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from math import inf

from bot.usecases.ports.runtime import Clock

REQUEST_SECONDS = 2.2
"""What is begun in time may end a little later: the last connection to be made, the last word to a person."""

_ends: ContextVar[float] = ContextVar("_ends", default=inf)


class Deadline:
    """Runs from when the door takes a request; each thread has its own, since each serves its own request."""

    def __init__(self, clock: Clock, seconds: float = REQUEST_SECONDS) -> None:
        self._clock = clock
        self._seconds = seconds

    @contextmanager
    def running(self) -> Iterator[None]:
        before = _ends.set(self._clock() + self._seconds)
        try:
            yield
        finally:
            _ends.reset(before)

    def left(self) -> float:
        """Seconds, less than none where it is over; endless where no request is served."""
        return _ends.get() - self._clock()
