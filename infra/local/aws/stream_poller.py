"""Polls the table's stream and delivers its records to the functions, by the rules of their event source mappings."""

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

from infra.local.aws.batches import Invoke, Records, Stopped, deliver
from infra.local.aws.event_filters import matches
from infra.local.aws.functions import EventSourceMapping
from infra.local.aws.stream_records import lambda_record

POLL_INTERVAL = 0.25
"""Seconds between two polls of a stream without new records, as on Lambda."""
POLLS_BETWEEN_SHARD_LISTS = 40
"""New shards appear when an old one ends; until then the list is read rarely."""
READ_LIMIT = 1000
GAP = "the stream no longer has the next records; continuing with the oldest it has"
TRIMMED = "TrimmedDataAccessException"
INVALID_ITERATOR_CODES = {"ExpiredIteratorException", TRIMMED}


@dataclass(frozen=True, slots=True)
class Subscription:
    """An event source mapping and its function."""

    mapping: EventSourceMapping
    invoke: Invoke


@dataclass(slots=True)
class _Shard:
    """One mapping's position in one shard: `after` is the last delivered sequence number."""

    id: str
    parent: str | None
    iterator: str | None = None
    after: str | None = None
    ended: bool = False


class StreamPoller:
    """Reads the stream for each mapping separately, from the oldest record, while the block runs.

    Records of a shard are delivered in order, and a shard is read only after its parent has ended. A mapping reads its
    shards one after the other, whereas Lambda reads several concurrently.
    """

    def __init__(
        self,
        client: Any,
        stream_arn: str,
        subscriptions: Sequence[Subscription],
        *,
        interval: float = POLL_INTERVAL,
        retry_pause: float = 1.0,
        on_problem: Callable[[str], None],
    ) -> None:
        self._stopping = threading.Event()
        self._readers = [
            _Reader(client, stream_arn, subscription, self._stopping, interval, retry_pause, on_problem)
            for subscription in subscriptions
        ]
        self._threads = [
            threading.Thread(target=reader.run, name=reader.mapping.name, daemon=True) for reader in self._readers
        ]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def request_stop(self) -> None:
        """Starts no further batch; running ones finish."""
        self._stopping.set()

    def __exit__(self, *_: object) -> None:
        self.request_stop()
        for thread in self._threads:
            thread.join()


@dataclass(slots=True)
class _Reader:
    """Reads the stream for one mapping; `on_problem` gets dropped records and errors of the stream."""

    client: Any
    stream_arn: str
    subscription: Subscription
    stopping: threading.Event
    interval: float
    retry_pause: float
    on_problem: Callable[[str], None]
    shards: dict[str, _Shard] = field(default_factory=dict)
    polls: int = 0

    @property
    def mapping(self) -> EventSourceMapping:
        return self.subscription.mapping

    def run(self) -> None:
        while not self.stopping.is_set():
            try:
                more = self._poll()
            except Stopped:
                return
            except Exception as error:  # noqa: BLE001 - the stream may be unavailable for a while
                self.on_problem(f"{self.mapping.name}: {type(error).__name__}: {error}")
                more = False
            if not more:
                self.stopping.wait(self.interval)

    def _poll(self) -> bool:
        """Returns whether there may be more records already."""
        if self.polls % POLLS_BETWEEN_SHARD_LISTS == 0:
            self._list_shards()
        self.polls += 1
        more = False
        for shard in [shard for shard in self.shards.values() if self._is_readable(shard)]:
            more = self._read(shard) or more
        return more

    def _list_shards(self) -> None:
        for described in self._describe_shards():
            shard = _Shard(described["ShardId"], described.get("ParentShardId"))
            self.shards.setdefault(shard.id, shard)

    def _describe_shards(self) -> Iterator[dict[str, Any]]:
        start: dict[str, str] = {}
        while True:
            page = self.client.describe_stream(StreamArn=self.stream_arn, **start)["StreamDescription"]
            yield from page["Shards"]
            if "LastEvaluatedShardId" not in page:
                return
            start = {"ExclusiveStartShardId": page["LastEvaluatedShardId"]}

    def _is_readable(self, shard: _Shard) -> bool:
        parent = self.shards.get(shard.parent or "")
        return not shard.ended and (parent is None or parent.ended)

    def _read(self, shard: _Shard) -> bool:
        if self.stopping.is_set():
            raise Stopped
        try:
            page = self.client.get_records(ShardIterator=self._iterator(shard), Limit=READ_LIMIT)
        except self.client.exceptions.ClientError as error:
            if error.response["Error"]["Code"] not in INVALID_ITERATOR_CODES:
                raise
            self._reset_iterator(shard, error.response["Error"]["Code"])
            return True
        self._deliver(page["Records"])
        shard.iterator = page.get("NextShardIterator")
        if page["Records"]:
            shard.after = page["Records"][-1]["dynamodb"]["SequenceNumber"]
        if shard.iterator is None:
            shard.ended, self.polls = True, 0
        return bool(page["Records"]) or shard.ended

    def _reset_iterator(self, shard: _Shard, code: str) -> None:
        """Iterators expire after 15 minutes, records after 24 hours."""
        shard.iterator = None
        if code == TRIMMED:
            shard.after = None
            self.on_problem(f"{self.mapping.name}: {GAP}")

    def _iterator(self, shard: _Shard) -> str:
        if shard.iterator is None:
            start: dict[str, str] = {"ShardIteratorType": "TRIM_HORIZON"}
            if shard.after is not None:
                start = {"ShardIteratorType": "AFTER_SEQUENCE_NUMBER", "SequenceNumber": shard.after}
            response = self.client.get_shard_iterator(StreamArn=self.stream_arn, ShardId=shard.id, **start)
            shard.iterator = response["ShardIterator"]
        return shard.iterator

    def _deliver(self, records: list[dict[str, Any]]) -> None:
        converted = (lambda_record(record, self.stream_arn) for record in records)
        deliver(
            [record for record in converted if self._is_wanted(record)],
            self.subscription.invoke,
            self.mapping.rules,
            stopping=self.stopping,
            retry_pause=self.retry_pause,
            on_dropped=self._report_dropped,
        )

    def _is_wanted(self, record: dict[str, Any]) -> bool:
        patterns = self.mapping.patterns
        return not patterns or any(matches(pattern, record) for pattern in patterns)

    def _report_dropped(self, records: Records, reason: str) -> None:
        self.on_problem(f"{self.mapping.name}: {len(records)} records dropped after all retries: {reason}")
