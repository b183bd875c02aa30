"""Work through what woke a worker, or what is due, one by one, until the time is up."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from bot.telemetry import safe_label, trace_context
from bot.usecases.ports.runtime import Clock

logger = logging.getLogger("switchboard")

BATCH_SIZE = 100
RESERVED_SECONDS = 45
"""Not begun with less than this left: longer than any one piece of work takes."""


@dataclass(frozen=True, slots=True)
class BatchResult:
    """How many were done, how many raised, and how many were left for the next run."""

    done: int
    failed: int
    left: int


def run_batch(
    ids: Iterable[str], do: Callable[[str], object], *, clock: Clock, deadline: float
) -> BatchResult:
    """Does each; one that fails keeps nobody from their turn, since it stays due and is tried again by schedule."""
    done = failed = left = 0
    for one in dict.fromkeys(ids):
        if clock() >= deadline:
            left += 1
            continue
        with trace_context(one):
            try:
                do(one)
                done += 1
            except Exception:
                # It stays due, so nothing is lost; the next one must not wait for it.
                logger.exception("work failed", extra={"work_id": safe_label(one)})
                failed += 1
    return BatchResult(done, failed, left)
