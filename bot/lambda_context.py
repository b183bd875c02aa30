"""When a worker stops beginning new work, from what Lambda says of the time that is left."""

from __future__ import annotations

import time
from typing import Protocol


class Context(Protocol):
    """As much of Lambda's context object as is used."""

    def get_remaining_time_in_millis(self) -> int: ...


def deadline(context: Context, *, keep_seconds: float) -> float:
    """Unix seconds; `keep_seconds` before Lambda would cut the function off."""
    return time.time() + context.get_remaining_time_in_millis() / 1000 - keep_seconds
