"""What every use case needs from its process: the clock, new ids, secrets and the carriers file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

Clock = Callable[[], float]
"""The time now in Unix seconds."""


TimeLeft = Callable[[], float]
"""Seconds until the caller's deadline; infinite if there is none."""


NewId = Callable[[], str]
"""A unique id; ids sort in the order in which they were made."""


T = TypeVar("T")


class Secret(Protocol[T]):
    """One secret, which may be replaced while the process runs. Raises `SecretUnavailable`."""

    def value(self) -> T: ...

    def newer_than(self, refused: T) -> T | None:
        """The current value if it differs from the one that was refused; None if it does not."""


@dataclass(frozen=True, slots=True)
class ClientCredentials:
    """The credentials for Noyo."""

    client_id: str
    client_secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class CarriersContent:
    """The content of the carriers file; another content has another tag."""

    text: str
    tag: str


class CarriersSource(Protocol):
    """The carriers file of the deployment, which may be replaced at any time."""

    def read(self, unchanged_tag: str) -> CarriersContent | None:
        """None if the content still has this tag. Raises `CarriersFileUnavailable`."""
