"""Reading again after trouble that may pass, with jittered pauses, until a deadline.

A loop of our own: the libraries for this take their time from the system clock, not from ours.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from bot.errors import NoAnswer, NotSent
from bot.noyo.responses import ServerFault, TokenRejected
from bot.usecases.ports.runtime import Clock

T = TypeVar("T")
MOST_TRIES = 4
FIRST_PAUSE_SECONDS = 0.5


def with_retries(
    attempt: Callable[[float], T],
    *,
    seconds: float,
    clock: Clock,
    sleep: Callable[[float], None],
    random: Callable[[], float],
) -> T:
    """What `attempt` gives, tried up to four times; it is told how many of the `seconds` are left.

    Raises the last NotSent or NoAnswer once another try would begin too late.
    """
    deadline = clock() + seconds
    tries = 0
    while True:
        tries += 1
        try:
            return attempt(deadline - clock())
        except (NotSent, NoAnswer) as error:
            pause = _pause(tries, error, random)
            if isinstance(error, TokenRejected) or tries == MOST_TRIES or clock() + pause >= deadline:
                raise
        sleep(pause)


def _pause(tries: int, error: NotSent | NoAnswer, random: Callable[[], float]) -> float:
    """Doubling, spread over its upper half; never shorter than Noyo wishes."""
    spread: float = FIRST_PAUSE_SECONDS * 2 ** (tries - 1) * (0.5 + random() / 2)
    wish = error.retry_after if isinstance(error, (NotSent, ServerFault)) else None
    return max(spread, wish or 0)
