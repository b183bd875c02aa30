"""Moves the local stack's clock forward, so that whatever is due on the way happens at its time."""

import threading
import time

from infra.local.stack import LocalStack

SHORTEST_STEP = 600.0
"""In seconds. Work that is due within one step is done at its end."""
MAX_STEPS = 400
"""Steps of one move; after the first half, each is at least an equal part of the rest."""
SETTLE_SECONDS = 15.0
"""How long a step waits, in real seconds, until everything due is done. What takes longer is done in a later step."""


class AdjustableClock:
    """The real time plus what it was moved forward. It never goes back."""

    def __init__(self) -> None:
        self._ahead = 0.0

    def __call__(self) -> float:
        return time.time() + self._ahead

    def advance_to(self, moment: float) -> None:
        self._ahead = max(self._ahead, moment - time.time())


class TimeTravel:
    """Moves from one due time to the next, and lets the functions work through what is due at each."""

    def __init__(self, stack: LocalStack, clock: AdjustableClock) -> None:
        self._stack, self._clock = stack, clock
        self._moving = threading.Lock()
        self.target: float | None = None
        """Where a move in progress ends (Unix seconds)."""

    def move_to(self, target: float, stopping: threading.Event | None = None) -> bool:
        """Returns once it is `target` (Unix seconds) and everything due is done. False if another move is running."""
        if not self._moving.acquire(blocking=False):
            return False
        self.target = target
        try:
            for step in range(MAX_STEPS):
                if (stopping is not None and stopping.is_set()) or self._clock() >= target:
                    break
                self._clock.advance_to(min(target, self._next(target, step)))
                self._stack.run_schedules()
                self._stack.settle(SETTLE_SECONDS, quiet=0.1, within=0, stopping=stopping)
            return True
        finally:
            self.target = None
            self._moving.release()

    def _next(self, target: float, step: int) -> float:
        """When something is due next, after at least a step; later, if the steps would not suffice otherwise."""
        now = self._clock()
        due = max(self._stack.next_due() or target, now + SHORTEST_STEP)
        return due if step < MAX_STEPS // 2 else max(due, now + (target - now) / (MAX_STEPS - step))
