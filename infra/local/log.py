"""A list of what happened, which can forget its oldest entries."""

from typing import TypeVar

Entry = TypeVar("Entry")


class Log(list[Entry]):
    """With a `limit`, at least so many of the newest entries stay, and at most twice as many. Only appended to."""

    def __init__(self, limit: int | None = None) -> None:
        super().__init__()
        self._limit = limit
        self.total = 0
        """How many entries there have ever been."""

    def append(self, entry: Entry) -> None:
        super().append(entry)
        self.total += 1
        if self._limit is not None and len(self) >= 2 * self._limit:
            del self[: -self._limit]
