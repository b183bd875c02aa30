"""Go on with what only had to wait for its turn, while the worker is awake anyway."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from bot.usecases.ports.runtime import Clock
from bot.usecases.run_batch import run_batch

TURNS = 4
LONGEST_WAIT_SECONDS = 10
"""What has to wait longer is left to the schedule."""


def run_with_retries(
    ids: Iterable[str],
    do: Callable[[str], int | None],
    *,
    clock: Clock,
    sleep: Callable[[float], None],
    deadline: float,
) -> None:
    """Does each; `do` says when to try again (Unix seconds), or None. What may be tried again soon is waited for.

    A schedule comes round once a minute, and a line that is a minute late stands below what happened after it.
    """
    waiting = dict.fromkeys(ids)
    for _ in range(TURNS):
        soon: dict[str, int] = {}

        def turn(one: str, soon: dict[str, int] = soon) -> None:
            again_at = do(one)
            if again_at is not None and again_at - clock() <= LONGEST_WAIT_SECONDS:
                soon[one] = again_at

        run_batch(waiting, turn, clock=clock, deadline=deadline)
        wake_at = max(soon.values(), default=0)
        if not soon or wake_at >= deadline:
            return
        sleep(max(wake_at - clock(), 0))
        waiting = dict.fromkeys(soon)
