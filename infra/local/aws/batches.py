"""Delivers a stream's records in batches and handles failed batches, as Lambda does."""

import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

Record = dict[str, Any]
Records = tuple[Record, ...]
Invoke = Callable[[dict[str, Any]], Any]


@dataclass(frozen=True, slots=True)
class BatchRules:
    """`retries` None: retry as long as the stream keeps the records."""

    batch_size: int
    bisect: bool = False
    retries: int | None = None


@dataclass(frozen=True, slots=True)
class Batch:
    """Records that are delivered together, and how often their delivery has failed."""

    records: Records
    attempts: int = 0


class Stopped(Exception):
    """The poller stops; records that are not delivered yet stay undelivered."""


def deliver(
    records: Sequence[Record],
    invoke: Invoke,
    rules: BatchRules,
    *,
    stopping: threading.Event,
    retry_pause: float,
    on_dropped: Callable[[Records, str], None],
) -> None:
    """Delivers all records in order. Calls `on_dropped` with the records that are given up, and the reason.

    `retry_pause` is in seconds. Raises Stopped between two batches once `stopping` is set.
    """
    waiting = [Batch(batch) for batch in batches(records, rules.batch_size)]
    while waiting:
        if stopping.is_set():
            raise Stopped
        batch = waiting.pop(0)
        failure = _failure(batch.records, invoke)
        if failure is None:
            continue
        retries = next_batches(batch, rules)
        if retries:
            stopping.wait(retry_pause)
        else:
            on_dropped(batch.records, failure)
        waiting = [*retries, *waiting]


def batches(records: Sequence[Record], size: int) -> Iterable[Records]:
    return (tuple(records[start : start + size]) for start in range(0, len(records), size))


def next_batches(batch: Batch, rules: BatchRules) -> list[Batch]:
    """The batches to deliver instead of the failed one; none if Lambda gives up. A split does not count as a retry."""
    records = batch.records
    if rules.bisect and len(records) > 1:
        middle = len(records) // 2
        return [Batch(records[:middle], batch.attempts), Batch(records[middle:], batch.attempts)]
    if rules.retries is not None and batch.attempts >= rules.retries:
        return []
    return [Batch(records, batch.attempts + 1)]


def _failure(records: Records, invoke: Invoke) -> str | None:
    """Why the delivery failed; None if it succeeded. No mapping of the template reports failures of single records."""
    try:
        invoke({"Records": list(records)})
    except Exception as error:  # noqa: BLE001 - whatever a handler raises, the batch has failed
        return f"{type(error).__name__}: {error}"
    return None
