"""Use case: what the worker that writes to Noyo takes up: by its schedule, and when the table's stream wakes it."""

from __future__ import annotations

from collections.abc import Sequence

from bot.usecases.operation_life import LONGEST_PAUSE_SECONDS, Tools
from bot.usecases.work import MOST_AT_ONCE

MOST_PUT_ASIDE = 1000


def due_operations(tools: Tools) -> list[str]:
    """Ids, in the order they came due: people's operations first, then those that were put aside, once sending is on,
    and at last the looks that no person asked for, of which Noyo may cause a thousand at once.

    While nothing is sent, what would be tried again soon is taken up too: each is put aside, once, and its card says
    so. From then on it is in nobody's way, however many there are.
    """
    now = tools.now()
    if tools.gate.shut() is not None:
        return [
            *tools.operations.due(now + LONGEST_PAUSE_SECONDS, limit=MOST_PUT_ASIDE),
            *tools.operations.looks(now, limit=MOST_AT_ONCE),
        ]
    return [
        *tools.operations.due(now, limit=MOST_AT_ONCE),
        *tools.operations.kept(now, limit=MOST_AT_ONCE),
        *tools.operations.looks(now, limit=MOST_AT_ONCE),
    ]


def woken_for(asked: Sequence[str], looks: Sequence[str], tools: Tools) -> list[str]:
    """Ids, of what the stream told: `asked` by people, and `looks` that nobody asked for.

    Where there are looks there may be many more behind them, and behind those what a person waits for, which the stream
    has not come to yet: so what is due of people's goes before them.
    """
    if not looks:
        return list(asked)
    return [*asked, *tools.operations.due(tools.now(), limit=MOST_AT_ONCE), *looks]
