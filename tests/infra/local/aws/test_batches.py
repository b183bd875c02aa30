import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from infra.local.aws.batches import BatchRules, Failure, Stopped, deliver, reported_failure
from tests.infra.local.records import failed, numbers, record

Answer = Callable[[list[int]], Any]


@dataclass
class Delivered:
    """What a function was called with, and what was given up."""

    calls: list[list[int]] = field(default_factory=list)
    given_up: list[tuple[list[int], str]] = field(default_factory=list)

    @property
    def dropped(self) -> list[int]:
        return [number for numbers_, _ in self.given_up for number in numbers_]


def delivered(count: int, rules: BatchRules, answer: Answer) -> Delivered:
    seen = Delivered()

    def invoke(event: dict[str, Any]) -> Any:
        seen.calls.append(numbers(event))
        return answer(numbers(event))

    deliver(
        [record(number) for number in range(1, count + 1)],
        invoke,
        rules,
        stopping=threading.Event(),
        pause=0,
        given_up=lambda records, why: seen.given_up.append((numbers({"Records": records}), why)),
    )
    return seen


def raising_at(*bad: int, times: int = 10**6) -> Answer:
    """Raises for a batch that holds one of these, so many times."""
    left = [times]

    def answer(batch: list[int]) -> None:
        if set(bad) & set(batch) and left[0] > 0:
            left[0] -= 1
            raise RuntimeError("no")

    return answer


def test_records_come_in_order_and_never_more_at_once_than_the_batch_size() -> None:
    assert delivered(5, BatchRules(2), lambda _: None).calls == [[1, 2], [3, 4], [5]]


def test_a_batch_goes_again_from_the_first_record_that_failed() -> None:
    answers = iter([failed(4, 3), None])

    seen = delivered(4, BatchRules(10, report_failures=True, retries=3), lambda _: next(answers))

    assert seen.calls == [[1, 2, 3, 4], [3, 4]]
    assert not seen.given_up


def test_what_follows_waits_until_the_failed_record_is_through() -> None:
    answers = iter([failed(2), failed(2), None, None])

    seen = delivered(3, BatchRules(2, report_failures=True, retries=3), lambda _: next(answers))

    assert seen.calls == [[1, 2], [2], [2], [3]]


def test_a_record_that_fails_for_good_takes_what_is_behind_it_in_its_batch_along() -> None:
    """Lambda splits at the reported record and cannot tell more, so the rest of that batch is lost with it."""
    seen = delivered(
        5,
        BatchRules(4, bisect=True, report_failures=True, retries=1),
        lambda batch: failed(2) if 2 in batch else None,
    )

    assert seen.calls == [[1, 2, 3, 4], [2, 3, 4], [2, 3, 4], [5]]
    assert seen.given_up == [([2, 3, 4], "reported by the function")]


def test_what_went_well_before_the_failed_record_is_not_given_up_with_it() -> None:
    seen = delivered(2, BatchRules(2, report_failures=True, retries=0), lambda _: failed(2))

    assert seen.calls == [[1, 2]]
    assert seen.dropped == [2]


def test_reported_failures_mean_nothing_where_the_mapping_does_not_ask_for_them() -> None:
    assert delivered(2, BatchRules(2), lambda _: failed(1)).calls == [[1, 2]]


def test_a_raising_batch_is_split_until_only_the_bad_record_is_left_and_dropped() -> None:
    seen = delivered(4, BatchRules(4, bisect=True, retries=1), raising_at(3))

    assert seen.calls == [[1, 2, 3, 4], [1, 2], [3, 4], [3], [3], [4]]
    assert seen.given_up == [([3], "RuntimeError: no")]


def test_a_split_does_not_count_as_a_retry() -> None:
    seen = delivered(2, BatchRules(2, bisect=True, retries=0), raising_at(1, 2, times=1))

    assert seen.calls == [[1, 2], [1], [2]]
    assert not seen.given_up


def test_without_splitting_a_raising_batch_goes_again_as_a_whole_and_is_dropped_as_a_whole() -> None:
    seen = delivered(3, BatchRules(2, retries=2), raising_at(2))

    assert seen.calls == [[1, 2], [1, 2], [1, 2], [3]]
    assert seen.dropped == [1, 2]


def test_without_a_limit_a_batch_goes_again_until_it_is_through() -> None:
    seen = delivered(1, BatchRules(1, retries=None), raising_at(1, times=50))

    assert len(seen.calls) == 51
    assert not seen.given_up


def test_once_stopped_no_further_batch_begins() -> None:
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
            pause=0,
            given_up=lambda *_: pytest.fail("nothing was given up"),
        )
    assert calls == [[1]]


BATCH = (record(1), record(2))


@pytest.mark.parametrize(
    "answer", [None, {}, {"batchItemFailures": []}, {"batchItemFailures": None}], ids=str
)
def test_an_empty_answer_means_that_all_went_well(answer: Any) -> None:
    assert reported_failure(answer, BATCH) is None


@pytest.mark.parametrize(
    "answer",
    [
        "done",
        [],
        {"statusCode": 200},
        {"batchItemFailures": "2"},
        {"batchItemFailures": [{"itemIdentifier": ""}]},
        {"batchItemFailures": [{"itemIdentifier": None}]},
        {"batchItemFailures": [{"wrong": "2"}]},
        {"batchItemFailures": ["2"]},
        {"batchItemFailures": [{"itemIdentifier": "2"}, {"itemIdentifier": "77"}]},
    ],
    ids=str,
)
def test_an_answer_that_lambda_cannot_use_fails_the_whole_batch(answer: Any) -> None:
    failure = reported_failure(answer, BATCH)

    assert isinstance(failure, Failure)
    assert failure.position is None


def test_the_first_of_several_failed_records_counts() -> None:
    assert reported_failure(failed(2, 1), BATCH) == Failure("reported by the function", 0)
