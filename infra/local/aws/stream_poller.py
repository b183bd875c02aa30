"""infra/local: the pump from the table's stream to the functions, by the rules of their event source mappings."""

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

from infra.local.aws.batches import Invoke, Records, Stopped, deliver
from infra.local.aws.event_filters import matches
from infra.local.aws.functions import EventSourceMapping
from infra.local.aws.stream_records import lambda_record

POLL_INTERVAL = 0.25
"""Seconds between two looks at a stream that had nothing new; Lambda's own."""
POLLS_BETWEEN_SHARD_LISTS = 40
"""Looks between two lists of the shards, where none has ended: new ones come when an old one ends."""
READ_LIMIT = 1000
GAP = "the stream no longer holds what comes next; going on with the oldest there is"
TRIMMED = "TrimmedDataAccessException"
INVALID_ITERATOR_CODES = {"ExpiredIteratorException", TRIMMED}


@dataclass(frozen=True, slots=True)
class Subscription:
    """A mapping and the function it wakes."""

    mapping: EventSourceMapping
    invoke: Invoke


@dataclass(slots=True)
class _Shard:
    """Where one mapping stands in one shard; `iterator` None: to be asked for."""

    id: str
    parent: str | None
    iterator: str | None = None
    after: str | None = None
    ended: bool = False


class StreamPoller:
    """Reads the stream for each mapping on its own, from the oldest record that it keeps, while the block runs.

    Order is kept within a shard, and a shard begins only after its parent has ended. A mapping reads its shards one
    after the other: Lambda would call the function for several at once.
    """

    def __init__(
        self,
        client: Any,
        stream_arn: str,
        taps: Sequence[Subscription],
        *,
        pause: float = POLL_INTERVAL,
        retry_pause: float = 1.0,
        troubled: Callable[[str], None],
    ) -> None:
        self._stopping = threading.Event()
        self._readers = [
            _Reader(client, stream_arn, tap, self._stopping, pause, retry_pause, troubled) for tap in taps
        ]
        self._threads = [
            threading.Thread(target=reader.run, name=reader.tap.mapping.name, daemon=True)
            for reader in self._readers
        ]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def stop_calling(self) -> None:
        """No further batch begins; those under way end in their own time."""
        self._stopping.set()

    def __exit__(self, *_: object) -> None:
        self.stop_calling()
        for thread in self._threads:
            thread.join()


@dataclass(slots=True)
class _Reader:
    """One mapping's reading; `troubled` is told of what is dropped and of what the stream refuses."""

    client: Any
    stream_arn: str
    tap: Subscription
    stopping: threading.Event
    pause: float
    retry_pause: float
    troubled: Callable[[str], None]
    shards: dict[str, _Shard] = field(default_factory=dict)
    looks: int = 0

    def run(self) -> None:
        while not self.stopping.is_set():
            try:
                found = self._look()
            except Stopped:
                return
            except Exception as error:  # noqa: BLE001 - the stream may be away for a while: say so and ask again
                self.troubled(f"{self.tap.mapping.name}: {type(error).__name__}: {error}")
                found = False
            if not found:
                self.stopping.wait(self.pause)

    def _look(self) -> bool:
        """True where there may be more at once."""
        if self.looks % POLLS_BETWEEN_SHARD_LISTS == 0:
            self._list_shards()
        self.looks += 1
        found = False
        for shard in [shard for shard in self.shards.values() if self._readable(shard)]:
            found = self._read(shard) or found
        return found

    def _list_shards(self) -> None:
        for told in self._described():
            known = _Shard(told["ShardId"], told.get("ParentShardId"))
            self.shards.setdefault(known.id, known)

    def _described(self) -> Iterator[dict[str, Any]]:
        start: dict[str, str] = {}
        while True:
            told = self.client.describe_stream(StreamArn=self.stream_arn, **start)["StreamDescription"]
            yield from told["Shards"]
            if "LastEvaluatedShardId" not in told:
                return
            start = {"ExclusiveStartShardId": told["LastEvaluatedShardId"]}

    def _readable(self, shard: _Shard) -> bool:
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
            self._find_place(shard, error.response["Error"]["Code"])
            return True
        self._hand_over(page["Records"])
        shard.iterator = page.get("NextShardIterator")
        if page["Records"]:
            shard.after = page["Records"][-1]["dynamodb"]["SequenceNumber"]
        if shard.iterator is None:
            shard.ended, self.looks = True, 0
        return bool(page["Records"]) or shard.ended

    def _find_place(self, shard: _Shard, code: str) -> None:
        """An iterator lives for 15 minutes, a record for 24 hours."""
        shard.iterator = None
        if code == TRIMMED:
            shard.after = None
            self.troubled(f"{self.tap.mapping.name}: {GAP}")

    def _iterator(self, shard: _Shard) -> str:
        if shard.iterator is None:
            place: dict[str, str] = {"ShardIteratorType": "TRIM_HORIZON"}
            if shard.after is not None:
                place = {"ShardIteratorType": "AFTER_SEQUENCE_NUMBER", "SequenceNumber": shard.after}
            told = self.client.get_shard_iterator(StreamArn=self.stream_arn, ShardId=shard.id, **place)
            shard.iterator = told["ShardIterator"]
        return shard.iterator

    def _hand_over(self, records: list[dict[str, Any]]) -> None:
        wanted = [
            record
            for record in (lambda_record(one, self.stream_arn) for one in records)
            if self._wakes(record)
        ]
        deliver(
            wanted,
            self.tap.invoke,
            self.tap.mapping.rules,
            stopping=self.stopping,
            pause=self.retry_pause,
            given_up=self._given_up,
        )

    def _wakes(self, record: dict[str, Any]) -> bool:
        patterns = self.tap.mapping.patterns
        return not patterns or any(matches(pattern, record) for pattern in patterns)

    def _given_up(self, records: Records, why: str) -> None:
        self.troubled(f"{self.tap.mapping.name}: {len(records)} records dropped after all retries: {why}")
