"""The access token, held for ten minutes at most whatever its `expires_in` claims."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from dataclasses import dataclass

from bot.usecases.ports.runtime import Clock

LONGEST_SECONDS = 600.0
LEAD_SECONDS = 30.0
"""A token is renewed this long before it would expire, so that it does not expire on the way."""
LEAST_MILLISECONDS = 60_000
"""The unit of `expires_in` is documented one way and described another. From here on a number is read as milliseconds
(a minute and more); below, as seconds, since a token that lives for less than a minute would be of no use."""


@dataclass(frozen=True, slots=True)
class Grant:
    """What the token endpoint gave; `expires_in` as it came."""

    access_token: str
    expires_in: object


@dataclass(frozen=True, slots=True)
class _Held:
    access_token: str
    since: float
    until: float

    def is_good(self, now: float) -> bool:
        # A clock that was set back must not make a token live longer.
        return self.since <= now < self.until


class TokenCache:
    """Hands out the token, and fetches a new one when it is old or was refused. Threads share one fetch."""

    def __init__(self, fetch: Callable[[], Grant], clock: Clock) -> None:
        self._fetch = fetch
        self._clock = clock
        self._lock = threading.Lock()
        self._held: _Held | None = None

    def current(self) -> str:
        """A token that is not old. Raises what `fetch` raises."""
        with self._lock:
            return self._good() or self._renew()

    def newer_than(self, refused: str) -> str:
        """Another token than the refused one; where another thread has fetched one already, that one."""
        with self._lock:
            held = self._good()
            return held if held and held != refused else self._renew()

    def _good(self) -> str | None:
        held = self._held
        return held.access_token if held and held.is_good(self._clock()) else None

    def _renew(self) -> str:
        since = self._clock()
        grant = self._fetch()
        self._held = _Held(grant.access_token, since, since + seconds_to_hold(grant.expires_in))
        return grant.access_token


def seconds_to_hold(expires_in: object) -> float:
    """How long to hold a token with this `expires_in`, in seconds; one that says nothing usable is held as usual."""
    told = _number(expires_in)
    if told is None:
        life = LONGEST_SECONDS
    elif told >= LEAST_MILLISECONDS:
        life = min(told / 1000, LONGEST_SECONDS)
    else:
        life = max(0.0, min(told, LONGEST_SECONDS))
    return life - min(LEAD_SECONDS, life / 4)


def _number(told: object) -> float | None:
    if isinstance(told, bool) or not isinstance(told, (int, float, str)):
        return None
    try:
        number = float(told)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None
