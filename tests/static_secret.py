"""For tests: a secret that never changes."""

from __future__ import annotations

from typing import Generic, TypeVar

T = TypeVar("T")


class StaticSecret(Generic[T]):
    """A `Secret` whose value is fixed."""

    def __init__(self, value: T) -> None:
        self._value = value

    def value(self) -> T:
        return self._value

    def newer_than(self, refused: T) -> T | None:
        return None if self._value == refused else self._value
