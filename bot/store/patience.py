"""Store: how long a caller waits."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds: to connect, to wait for an answer, and for all attempts of one call together."""

    connect: float
    read: float
    total: float
