"""Use case: work through what woke a worker, or what is due, one by one, until the time is up."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from bot.ports import Clock
from bot.usecases.steps import following, plain

logger = logging.getLogger("switchboard")

MOST_AT_ONCE = 100
SECONDS_LEFT = 45
"""Not begun with less than this left: longer than any one piece of work takes."""


@dataclass(frozen=True, slots=True)
class Worked:
    """How many were done, how many raised, and how many were left for the next run."""

    done: int
    failed: int
    left: int


def work(ids: Iterable[str], do: Callable[[str], object], *, clock: Clock, deadline: float) -> Worked:
    """Does each; one that fails keeps nobody from their turn, since it stays due and is tried again by schedule."""
    done = failed = left = 0
    for one in dict.fromkeys(ids):
        if clock() >= deadline:
            left += 1
            continue
        with following(one):
            try:
                do(one)
                done += 1
            except Exception:
                # It stays due, so nothing is lost; the next one must not wait for it.
                logger.exception("could not be worked on", extra={"work_id": plain(one)})
                failed += 1
    return Worked(done, failed, left)
