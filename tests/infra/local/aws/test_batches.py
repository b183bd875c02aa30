import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from infra.local.aws.batches import BatchRules, Stopped, deliver
from tests.infra.local.records import numbers, record

Handler = Callable[[list[int]], Any]


@dataclass
class Deliveries:
    """The batches that a function was invoked with, and the dropped records with the reason."""

    calls: list[list[int]] = field(default_factory=list)
    dropped: list[tuple[list[int], str]] = field(default_factory=list)

    @property
    def dropped_numbers(self) -> list[int]:
        return [number for batch, _ in self.dropped for number in batch]


def deliver_numbers(count: int, rules: BatchRules, handler: Handler) -> Deliveries:
    deliveries = Deliveries()

    def invoke(event: dict[str, Any]) -> Any:
        deliveries.calls.append(numbers(event))
        return handler(numbers(event))

    deliver(
        [record(number) for number in range(1, count + 1)],
        invoke,
        rules,
        stopping=threading.Event(),
        retry_pause=0,
        on_dropped=lambda records, reason: deliveries.dropped.append((numbers({"Records": records}), reason)),
    )
    return deliveries


def raising_at(*bad: int, times: int = 10**6) -> Handler:
    """Raises for the first `times` batches that contain one of these."""
    left = [times]

    def answer(batch: list[int]) -> None:
        if set(bad) & set(batch) and left[0] > 0:
            left[0] -= 1
            raise RuntimeError("no")

    return answer


def test_records_are_delivered_in_order_in_batches_of_the_batch_size() -> None:
    assert deliver_numbers(5, BatchRules(2), lambda _: None).calls == [[1, 2], [3, 4], [5]]


def test_a_raising_batch_is_split_until_only_the_failing_record_is_dropped() -> None:
    deliveries = deliver_numbers(4, BatchRules(4, bisect=True, retries=1), raising_at(3))

    assert deliveries.calls == [[1, 2, 3, 4], [1, 2], [3, 4], [3], [3], [4]]
    assert deliveries.dropped == [([3], "RuntimeError: no")]


def test_a_split_does_not_count_as_a_retry() -> None:
    deliveries = deliver_numbers(2, BatchRules(2, bisect=True, retries=0), raising_at(1, 2, times=1))

    assert deliveries.calls == [[1, 2], [1], [2]]
    assert not deliveries.dropped


def test_without_bisecting_a_raising_batch_is_retried_and_dropped_as_a_whole() -> None:
    deliveries = deliver_numbers(3, BatchRules(2, retries=2), raising_at(2))

    assert deliveries.calls == [[1, 2], [1, 2], [1, 2], [3]]
    assert deliveries.dropped_numbers == [1, 2]


def test_without_a_retry_limit_a_batch_is_retried_until_it_succeeds() -> None:
    deliveries = deliver_numbers(1, BatchRules(1, retries=None), raising_at(1, times=50))

    assert len(deliveries.calls) == 51
    assert not deliveries.dropped


def test_later_records_wait_until_the_failed_ones_succeed() -> None:
    deliveries = deliver_numbers(3, BatchRules(2, retries=3), raising_at(2, times=2))

    assert deliveries.calls == [[1, 2], [1, 2], [1, 2], [3]]
    assert not deliveries.dropped


def test_no_batch_is_delivered_after_a_stop() -> None:
    stopping = threading.Event()
    calls: list[list[int]] = []

    def invoke(event: dict[str, Any]) -> None:
        calls.append(numbers(event))
        stopping.set()

    with pytest.raises(Stopped):
        deliver(
            [record(1), record(2)],
            invoke,
            BatchRules(1),
            stopping=stopping,
            retry_pause=0,
            on_dropped=lambda *_: pytest.fail("a record was dropped"),
        )
    assert calls == [[1]]
