"""Use case: what the schedule of the worker that writes to Noyo takes up."""

from __future__ import annotations

from bot.usecases.operation_life import LONGEST_PAUSE_SECONDS, Tools
from bot.usecases.work import MOST_AT_ONCE

MOST_PUT_ASIDE = 1000


def due_operations(tools: Tools) -> list[str]:
    """Ids, in the order they came due; those that were put aside come after those that were not, once sending is on.

    While nothing is sent, what would be tried again soon is taken up too: each is put aside, once, and its card says
    so. From then on it is in nobody's way, however many there are.
    """
    now = tools.now()
    if tools.gate.shut() is not None:
        return tools.operations.due(now + LONGEST_PAUSE_SECONDS, limit=MOST_PUT_ASIDE)
    return [
        *tools.operations.due(now, limit=MOST_AT_ONCE),
        *tools.operations.kept(now, limit=MOST_AT_ONCE),
    ]
