import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from botocore.exceptions import ClientError

from infra.local.aws.batches import BatchRules
from infra.local.aws.functions import EventSourceMapping
from infra.local.aws.stream_poller import StreamPoller, Subscription
from tests.infra.local.conftest import LocalTable
from tests.infra.local.waiting import wait_until

OPERATIONS = {"eventName": ["INSERT"], "dynamodb": {"Keys": {"pk": {"S": [{"prefix": "OPERATION#"}]}}}}
EVENTS = {"eventName": ["INSERT"], "dynamodb": {"Keys": {"pk": {"S": [{"prefix": "OUTBOX#"}]}}}}


class FakeFunction:
    """Records its events; returns the given results first, and raises exceptions among them."""

    def __init__(self, *results: Any) -> None:
        self.results = deque(results)
        self.events: list[dict[str, Any]] = []

    def __call__(self, event: dict[str, Any]) -> Any:
        self.events.append(event)
        result = self.results.popleft() if self.results else None
        if isinstance(result, Exception):
            raise result
        return result

    @property
    def batches(self) -> list[list[str]]:
        return [[record["dynamodb"]["Keys"]["pk"]["S"] for record in event["Records"]] for event in self.events]

    @property
    def records(self) -> list[str]:
        return [pk for batch in self.batches for pk in batch]


def subscribe(
    function: Callable[[dict[str, Any]], Any], *patterns: dict[str, Any], rules: BatchRules | None = None
) -> Subscription:
    return Subscription(EventSourceMapping("Mapped", patterns, rules or BatchRules(100)), function)


@contextmanager
def polling(table: Any, *subscriptions: Subscription, interval: float = 0.01) -> Iterator[list[str]]:
    """Runs the poller; yields the problems that it reports."""
    problems: list[str] = []
    with StreamPoller(
        table.streams, table.stream_arn, subscriptions, interval=interval, retry_pause=0.0, on_problem=problems.append
    ):
        yield problems


def test_records_written_before_the_start_are_delivered(table: LocalTable) -> None:
    table.put("OPERATION#1")
    function = FakeFunction()

    with polling(table, subscribe(function, OPERATIONS)):
        table.put("OPERATION#2")
        assert wait_until(lambda: function.records == ["OPERATION#1", "OPERATION#2"])


def test_only_records_that_match_a_filter_are_delivered(table: LocalTable) -> None:
    table.put("OPERATION#1")
    table.put("OPERATION#1", state={"S": "sending"})
    table.put("AUDIT#1")
    table.put("OUTBOX#1")
    table.client.delete_item(TableName=table.name, Key={"pk": {"S": "OUTBOX#1"}, "sk": {"S": "STATE"}})
    operations, both = FakeFunction(), FakeFunction()

    with polling(table, subscribe(operations, OPERATIONS), subscribe(both, OPERATIONS, EVENTS)):
        table.put("OPERATION#last")
        assert wait_until(lambda: "OPERATION#last" in operations.records and "OPERATION#last" in both.records)

    assert operations.records == ["OPERATION#1", "OPERATION#last"]
    assert both.records == ["OPERATION#1", "OUTBOX#1", "OPERATION#last"]


def test_a_mapping_without_a_filter_gets_every_change_in_order(table: LocalTable) -> None:
    table.put("A")
    table.put("A", n={"N": "1"})
    function = FakeFunction()

    with polling(table, subscribe(function)):
        assert wait_until(lambda: len(function.records) == 2)

    first, second = (record for event in function.events for record in event["Records"])
    assert (first["eventName"], second["eventName"]) == ("INSERT", "MODIFY")
    assert second["dynamodb"]["OldImage"] == first["dynamodb"]["NewImage"]
    assert second["dynamodb"]["NewImage"]["n"] == {"N": "1"}
    assert first["eventSourceARN"] == table.stream_arn


def test_records_are_delivered_in_batches_and_a_failed_batch_is_split(table: LocalTable) -> None:
    for number in range(5):
        table.put(f"OUTBOX#{number}")
    function = FakeFunction(RuntimeError("no"))

    with polling(table, subscribe(function, EVENTS, rules=BatchRules(3, bisect=True, retries=3))) as problems:
        assert wait_until(lambda: function.records[-1:] == ["OUTBOX#4"])

    assert function.batches == [
        ["OUTBOX#0", "OUTBOX#1", "OUTBOX#2"],
        ["OUTBOX#0"],
        ["OUTBOX#1", "OUTBOX#2"],
        ["OUTBOX#3", "OUTBOX#4"],
    ]
    assert problems == []


def test_a_record_is_dropped_after_all_retries_and_reported(table: LocalTable) -> None:
    table.put("OUTBOX#bad")
    function = FakeFunction(RuntimeError("no"), RuntimeError("no"))

    with polling(table, subscribe(function, EVENTS, rules=BatchRules(1, bisect=True, retries=1))) as problems:
        table.put("OUTBOX#good")
        assert wait_until(lambda: function.records[-1:] == ["OUTBOX#good"])

    assert function.records == ["OUTBOX#bad", "OUTBOX#bad", "OUTBOX#good"]
    assert problems == ["Mapped: 1 records dropped after all retries: RuntimeError: no"]


def test_a_blocked_mapping_does_not_delay_another(table: LocalTable) -> None:
    table.put("OUTBOX#1")
    released, started = threading.Event(), threading.Event()

    def stuck(_: dict[str, Any]) -> None:
        started.set()
        released.wait(20)

    other = FakeFunction()
    with polling(table, subscribe(stuck, EVENTS), subscribe(other, EVENTS)):
        assert started.wait(20)
        table.put("OUTBOX#2")
        assert wait_until(lambda: other.records == ["OUTBOX#1", "OUTBOX#2"])
        released.set()


class Streams:
    """A fake of the streams client, with these shards."""

    class exceptions:
        ClientError = ClientError

    def __init__(self, shards: dict[str, tuple[str | None, list[int]]], refusals: list[str]) -> None:
        self.shards, self.refusals = shards, deque(refusals)
        self.requested: list[tuple[str, str | None]] = []

    def describe_stream(self, StreamArn: str, ExclusiveStartShardId: str | None = None) -> dict[str, Any]:
        names = list(self.shards)
        start = names.index(ExclusiveStartShardId) + 1 if ExclusiveStartShardId else 0
        parent = self.shards[names[start]][0]
        shard = {"ShardId": names[start]} | ({"ParentShardId": parent} if parent else {})
        more = {"LastEvaluatedShardId": names[start]} if start + 1 < len(names) else {}
        return {"StreamDescription": {"Shards": [shard], **more}}

    def get_shard_iterator(self, ShardId: str, SequenceNumber: str | None = None, **_: Any) -> dict[str, Any]:
        self.requested.append((ShardId, SequenceNumber))
        return {"ShardIterator": f"{ShardId}/{SequenceNumber or 0}"}

    def get_records(self, ShardIterator: str, Limit: int) -> dict[str, Any]:
        if self.refusals:
            code = self.refusals.popleft()
            raise ClientError({"Error": {"Code": code, "Message": "made up"}}, "GetRecords")
        shard, _, position = ShardIterator.partition("/")
        left = [number for number in self.shards[shard][1] if number > int(position)]
        if not left:
            return {"Records": []}
        return {"Records": [stream_record(left[0])], "NextShardIterator": f"{shard}/{left[0]}"}


def stream_record(number: int) -> dict[str, Any]:
    change = {
        "ApproximateCreationDateTime": 1.0,
        "Keys": {"pk": {"S": f"K{number}"}},
        "SequenceNumber": str(number),
        "SizeBytes": 1,
        "StreamViewType": "KEYS_ONLY",
    }
    return {"eventID": str(number), "eventName": "INSERT", "dynamodb": change}


class Stream:
    def __init__(self, shards: dict[str, tuple[str | None, list[int]]], *refusals: str) -> None:
        self.streams = Streams(shards, list(refusals))
        self.stream_arn = "arn:made-up"


def test_a_shard_is_read_only_after_its_parent_has_ended() -> None:
    stream = Stream({"child": ("parent", [7, 8]), "parent": ("long gone", [1, 2]), "other": (None, [5])})
    function = FakeFunction()

    with polling(stream, subscribe(function)):
        assert wait_until(lambda: len(function.records) == 5)

    assert [pk for pk in function.records if pk != "K5"] == ["K1", "K2", "K7", "K8"]


def test_a_shard_that_appears_when_its_parent_ends_is_read_immediately() -> None:
    stream = Stream({"parent": (None, [1])})
    function = FakeFunction()

    def grow(event: dict[str, Any]) -> None:
        function(event)
        stream.streams.shards["child"] = ("parent", [2])

    with polling(stream, subscribe(grow), interval=60):
        assert wait_until(lambda: function.records == ["K1", "K2"])


def test_an_expired_iterator_is_replaced_at_the_same_position() -> None:
    stream = Stream({"only": (None, [1, 2])})
    function = FakeFunction()

    def expire(event: dict[str, Any]) -> None:
        function(event)
        if len(function.events) == 1:
            stream.streams.refusals.append("ExpiredIteratorException")

    with polling(stream, subscribe(expire)) as problems:
        assert wait_until(lambda: function.records == ["K1", "K2"])

    assert stream.streams.requested == [("only", None), ("only", "1")]
    assert problems == []


def test_trimmed_records_are_skipped_and_reported() -> None:
    stream = Stream({"only": (None, [3])}, "TrimmedDataAccessException")
    function = FakeFunction()

    with polling(stream, subscribe(function)) as problems:
        assert wait_until(lambda: function.records == ["K3"])

    assert problems == ["Mapped: the stream no longer has the next records; continuing with the oldest it has"]


@pytest.mark.parametrize("code", ["ThrottlingException", "InternalServerError"])
def test_a_stream_that_is_unavailable_is_polled_again(code: str) -> None:
    stream = Stream({"only": (None, [1])}, code, code)
    function = FakeFunction()

    with polling(stream, subscribe(function)) as problems:
        assert wait_until(lambda: function.records == ["K1"])

    assert len(problems) == 2
    assert code in problems[0]
