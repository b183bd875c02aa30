"""What the worker that writes to Noyo takes up: by its schedule, and when the table's stream wakes it."""

from __future__ import annotations

from collections.abc import Sequence

from bot.domain.operations import LONGEST_RETRY_SECONDS
from bot.usecases.dependencies import Dependencies
from bot.usecases.run_batch import BATCH_SIZE

MOST_PUT_ASIDE = 1000


def due_operations(deps: Dependencies) -> list[str]:
    """Ids, in the order they came due: people's operations first, then those that were put aside, once sending is on,
    and at last the looks that no person asked for, of which Noyo may cause a thousand at once.

    While nothing is sent, what would be tried again soon is taken up too: each is put aside, once, and its card says
    so. From then on it is in nobody's way, however many there are.
    """
    now = deps.now()
    if deps.sending_guard.active_pause() is not None:
        return [
            *deps.operations.due(now + LONGEST_RETRY_SECONDS, limit=MOST_PUT_ASIDE),
            *deps.operations.due_refreshes(now, limit=BATCH_SIZE),
        ]
    return [
        *deps.operations.due(now, limit=BATCH_SIZE),
        *deps.operations.deferred_due(now, limit=BATCH_SIZE),
        *deps.operations.due_refreshes(now, limit=BATCH_SIZE),
    ]


def triggered_operations(asked: Sequence[str], looks: Sequence[str], deps: Dependencies) -> list[str]:
    """Ids, of what the stream told: `asked` by people, and `looks` that nobody asked for.

    Where there are looks there may be many more behind them, and behind those what a person waits for, which the stream
    has not come to yet: so what is due of people's goes before them.
    """
    if not looks:
        return list(asked)
    return [*asked, *deps.operations.due(deps.now(), limit=BATCH_SIZE), *looks]
