"""Concurrent calls that compete for the same item."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

CONTESTANTS = 20


def at_once(run: Callable[[int], Any], contestants: int = CONTESTANTS) -> list[Any]:
    """The results or errors of all calls, which start at the same moment."""
    start = threading.Barrier(contestants)

    def contestant(number: int) -> Any:
        start.wait()
        return _outcome(run, number)

    with ThreadPoolExecutor(contestants) as pool:
        return list(pool.map(contestant, range(contestants)))


def one_by_one(run: Callable[[int], Any], contestants: int = CONTESTANTS) -> list[Any]:
    return [_outcome(run, number) for number in range(contestants)]


def _outcome(run: Callable[[int], Any], number: int) -> Any:
    try:
        return run(number)
    except Exception as error:  # noqa: BLE001 (a contestant's error is its result)
        return error
