"""What every use case needs from its process: the clock, new ids and secrets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

Clock = Callable[[], float]
"""The time now in Unix seconds."""


TimeLeft = Callable[[], float]
"""Seconds until whoever waits for this gives up; endless where nobody does."""


NewId = Callable[[], str]
"""An id nobody else has."""


T = TypeVar("T")


class Secret(Protocol[T]):
    """One secret, which may be replaced at any time while we run. `SecretUnreadable` where it cannot be had."""

    def value(self) -> T: ...

    def newer_than(self, refused: T) -> T | None:
        """The value of now, where it is another than the one that was refused; None where there is no other."""
        ...


@dataclass(frozen=True, slots=True)
class ClientCredentials:
    """What Noyo knows us by."""

    client_id: str
    client_secret: str = field(repr=False)
