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
    report_failures: bool = False
    retries: int | None = None


@dataclass(frozen=True, slots=True)
class Batch:
    """Records that are delivered together, and how often their delivery has failed."""

    records: Records
    attempts: int = 0


@dataclass(frozen=True, slots=True)
class Failure:
    """`position` is the first failed record in the batch, if the function reported it."""

    reason: str
    position: int | None = None


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
        failure = _deliver_batch(batch.records, invoke, rules)
        if failure is None:
            continue
        retries = next_batches(batch, failure, rules)
        if retries:
            stopping.wait(retry_pause)
        else:
            on_dropped(batch.records[failure.position or 0 :], failure.reason)
        waiting = [*retries, *waiting]


def batches(records: Sequence[Record], size: int) -> Iterable[Records]:
    return (tuple(records[start : start + size]) for start in range(0, len(records), size))


def next_batches(batch: Batch, failure: Failure, rules: BatchRules) -> list[Batch]:
    """The batches to deliver instead of the failed one; none if Lambda gives up.

    A split does not count as a retry. Records before the first failed one are done.
    """
    left = batch.records[failure.position or 0 :]
    if rules.bisect and failure.position:
        return [Batch(left, batch.attempts)]
    if rules.bisect and failure.position is None and len(left) > 1:
        middle = len(left) // 2
        return [Batch(left[:middle], batch.attempts), Batch(left[middle:], batch.attempts)]
    if rules.retries is not None and batch.attempts >= rules.retries:
        return []
    return [Batch(left, batch.attempts + 1)]


def _deliver_batch(records: Records, invoke: Invoke, rules: BatchRules) -> Failure | None:
    try:
        result = invoke({"Records": list(records)})
    except Exception as error:  # noqa: BLE001 - whatever a handler raises, the batch has failed
        return Failure(f"{type(error).__name__}: {error}")
    return reported_failure(result, records) if rules.report_failures else None


def reported_failure(result: Any, records: Records) -> Failure | None:
    """The failure that the function's result reports. A result that Lambda cannot read is a failed batch."""
    if result is None or result == {}:
        return None
    items = result.get("batchItemFailures", _MISSING) if isinstance(result, dict) else _MISSING
    if items is None or items == []:
        return None
    if not isinstance(items, list):
        return Failure("the result has no batchItemFailures")
    positions = {record["dynamodb"]["SequenceNumber"]: index for index, record in enumerate(records)}
    failed = [positions.get(item.get("itemIdentifier")) if isinstance(item, dict) else None for item in items]
    known = [position for position in failed if position is not None]
    if len(known) < len(failed):
        return Failure("batchItemFailures name a record that is not in the batch")
    return Failure("reported by the function", min(known))


_MISSING = object()
