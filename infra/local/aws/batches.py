"""infra/local: what Lambda does with a batch of a stream that its function did not get through."""

import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

Record = dict[str, Any]
Records = tuple[Record, ...]
Invoke = Callable[[dict[str, Any]], Any]


@dataclass(frozen=True, slots=True)
class BatchRules:
    """`retries` None: again and again, as long as the stream keeps the records."""

    batch_size: int
    bisect: bool = False
    report_failures: bool = False
    retries: int | None = None


@dataclass(frozen=True, slots=True)
class Batch:
    """Records that go to the function together, and how often they went in vain."""

    records: Records
    attempts: int = 0


@dataclass(frozen=True, slots=True)
class Failure:
    """`at` is the first record that failed, as far as the function could tell."""

    reason: str
    position: int | None = None


class Stopped(Exception):
    """The pump stops; what was not delivered yet stays undelivered."""


def deliver(
    records: Sequence[Record],
    invoke: Invoke,
    rules: BatchRules,
    *,
    stopping: threading.Event,
    pause: float,
    given_up: Callable[[Records, str], None],
) -> None:
    """Every record in order, one part after the other; `given_up` is told what is dropped, and why.

    `pause`: seconds before records go again. Raises Stopped, between two parts, once `stopping` is set.
    """
    waiting = [Batch(batch) for batch in batches(records, rules.batch_size)]
    while waiting:
        if stopping.is_set():
            raise Stopped
        part = waiting.pop(0)
        failure = _failure(part.records, invoke, rules)
        if failure is None:
            continue
        again = next_batches(part, failure, rules)
        if again:
            stopping.wait(pause)
        else:
            given_up(part.records[failure.position or 0 :], failure.reason)
        waiting = [*again, *waiting]


def batches(records: Sequence[Record], size: int) -> Iterable[Records]:
    return (tuple(records[start : start + size]) for start in range(0, len(records), size))


def next_batches(part: Batch, failure: Failure, rules: BatchRules) -> list[Batch]:
    """What goes to the function next; empty where Lambda gives up.

    A split does not count as a retry; what went before the first failed record is done with.
    """
    left = part.records[failure.position or 0 :]
    if rules.bisect and failure.position:
        return [Batch(left, part.attempts)]
    if rules.bisect and failure.position is None and len(left) > 1:
        middle = len(left) // 2
        return [Batch(left[:middle], part.attempts), Batch(left[middle:], part.attempts)]
    if rules.retries is not None and part.attempts >= rules.retries:
        return []
    return [Batch(left, part.attempts + 1)]


def _failure(records: Records, invoke: Invoke, rules: BatchRules) -> Failure | None:
    try:
        answer = invoke({"Records": list(records)})
    except Exception as error:  # noqa: BLE001 - whatever a handler raises is a failed batch to Lambda
        return Failure(f"{type(error).__name__}: {error}")
    return reported_failure(answer, records) if rules.report_failures else None


def reported_failure(answer: Any, records: Records) -> Failure | None:
    """The failure that a function's answer tells of; an answer that Lambda cannot use is a failed batch."""
    if answer is None or answer == {}:
        return None
    listed = answer.get("batchItemFailures", _UNUSABLE) if isinstance(answer, dict) else _UNUSABLE
    if listed is None or listed == []:
        return None
    if not isinstance(listed, list):
        return Failure("an answer without batchItemFailures")
    places = {record["dynamodb"]["SequenceNumber"]: place for place, record in enumerate(records)}
    failed = [places.get(one.get("itemIdentifier")) if isinstance(one, dict) else None for one in listed]
    known = [place for place in failed if place is not None]
    if len(known) < len(failed):
        return Failure("batchItemFailures name a record that is not in the batch")
    return Failure("reported by the function", min(known))


_UNUSABLE = object()
