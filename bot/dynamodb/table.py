"""The table: reads, transactions, bounded retries, and errors in Switchboard's own terms.

Every conditional write is a transaction with a token. DynamoDB remembers a token for ten minutes, so a retry after a
lost answer changes nothing and gets the first answer again. An engine that ignores the token (moto does) cancels the
retry instead. The stamp that the write left on its first item then shows that the write was ours.
"""

from __future__ import annotations

import secrets
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any, Protocol, TypeVar

from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError
from botocore.exceptions import ConnectionError as NotConnected

from bot import policies
from bot.dynamodb.clients import TimeoutPolicy
from bot.dynamodb.expressions import STAMP, Item, Key, Put, Update, Value, Write, plain_item, typed, typed_key
from bot.dynamodb.schema import read_item
from bot.errors import StorageError, TableUnavailable
from bot.telemetry import LogEvent, log_event

T = TypeVar("T")
_THROTTLED = frozenset(
    {
        "ProvisionedThroughputExceeded",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "ThrottlingError",
        "ThrottlingException",
    }
)
_TRANSIENT = _THROTTLED | {
    "InternalServerError",
    "ItemCollectionSizeLimitExceeded",
    "ServiceUnavailable",
    "TransactionConflict",
    "TransactionConflictException",
    "TransactionInProgressException",
}


class DynamoClient(Protocol):
    """The only calls that Switchboard makes. There is no Scan among them."""

    def get_item(self, **parameters: Any) -> dict[str, Any]: ...

    def batch_get_item(self, **parameters: Any) -> dict[str, Any]: ...

    def query(self, **parameters: Any) -> dict[str, Any]: ...

    def transact_write_items(self, **parameters: Any) -> dict[str, Any]: ...


@dataclass(frozen=True, slots=True)
class RetryTiming:
    """The clock of the retries. `jitter` returns the share of each pause to sleep, between 0 and 1."""

    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    jitter: Callable[[], float] = secrets.SystemRandom().random


class ConditionFailed(StorageError):
    """Nothing was written. `failed` holds the positions of the parts whose conditions failed."""

    def __init__(self, failed: frozenset[int], *, after_a_lost_answer: bool) -> None:
        super().__init__("The item has changed meanwhile; nothing was written.")
        self.failed = failed
        self.after_a_lost_answer = after_a_lost_answer


class Table:
    def __init__(self, client: DynamoClient, name: str, timeouts: TimeoutPolicy, timing: RetryTiming) -> None:
        self._client = client
        self._name = name
        self._timeouts = timeouts
        self._timing = timing

    def get(self, key: Key) -> Item | None:
        """Consistent."""
        answer = self._send(self._client.get_item, TableName=self._name, Key=typed_key(key), ConsistentRead=True)
        return plain_item(answer["Item"]) if "Item" in answer else None

    def get_many(self, keys: Iterable[Key]) -> Iterator[Item]:
        """Consistent, in no order; items that do not exist are missing."""
        wanted = iter(dict.fromkeys(keys))
        while batch := list(islice(wanted, policies.BATCH_GET_SIZE)):
            yield from self._get_batch([typed_key(key) for key in batch])

    def query(
        self,
        keys: str,
        values: Mapping[str, Value],
        *,
        index: str | None = None,
        only: str | None = None,
        limit: int | None = None,
        pages: int | None = None,
        newest_first: bool = False,
    ) -> Iterator[Item]:
        """Items whose keys match the expression `keys`; pages are read as they are needed, `pages` at most.

        Consistent unless an index is queried. `only` filters each page before DynamoDB returns it.
        """
        parameters: dict[str, Any] = {
            "TableName": self._name,
            "KeyConditionExpression": keys,
            "ExpressionAttributeValues": {name: typed(value) for name, value in values.items()},
            "ScanIndexForward": not newest_first,
        }
        parameters |= {"IndexName": index} if index else {"ConsistentRead": True}
        parameters |= {"FilterExpression": only} if only else {}
        parameters |= {"Limit": limit} if limit and not only else {}
        rows = chain.from_iterable(islice(self._pages(parameters), pages))
        return islice(rows, limit)

    def write(self, writes: Sequence[Write]) -> None:
        """All or nothing. Raises `ConditionFailed` with the parts whose conditions failed."""
        token = secrets.token_hex(16)
        try:
            self._send(
                self._client.transact_write_items,
                TransactItems=[write.request(self._name, token) for write in writes],
                ClientRequestToken=token,
            )
        except ConditionFailed as failed:
            if not (failed.after_a_lost_answer and self._is_from(writes, token)):
                raise

    def write_if(self, writes: Sequence[Write]) -> bool:
        """As `write`, but returns False if a condition failed."""
        try:
            self.write(writes)
        except ConditionFailed:
            return False
        return True

    def _is_from(self, writes: Sequence[Write], token: str) -> bool:
        stamped = next((write.key for write in writes if isinstance(write, Put | Update)), None)
        item = self.get(stamped) if stamped else None
        return item is not None and item.get(STAMP) == token

    def _get_batch(self, keys: list[dict[str, Any]]) -> Iterator[Item]:
        retries = self._retry_pauses()
        while keys:
            request = {self._name: {"Keys": keys, "ConsistentRead": True}}
            answer = self._send(self._client.batch_get_item, RequestItems=request)
            yield from map(plain_item, answer["Responses"].get(self._name, []))
            keys = answer.get("UnprocessedKeys", {}).get(self._name, {}).get("Keys", [])
            if keys and next(retries, None) is None:
                raise _unavailable()

    def _pages(self, parameters: dict[str, Any]) -> Iterator[list[Item]]:
        while True:
            answer = self._send(self._client.query, **parameters)
            yield [plain_item(item) for item in answer["Items"]]
            if "LastEvaluatedKey" not in answer:
                return
            parameters = {**parameters, "ExclusiveStartKey": answer["LastEvaluatedKey"]}

    def _send(self, call: Callable[..., dict[str, Any]], **parameters: Any) -> dict[str, Any]:
        """Retries transient errors while there is time. Botocore's own retries are off: they hide that an answer was
        lost, and know no deadline."""
        self._timeouts.begin()
        lost = False
        retries = self._retry_pauses()
        while True:
            try:
                return call(**parameters)
            except ClientError as error:
                _raise_unless_transient(error, lost)
                log_throttling(error, by="dynamodb")
                lost = lost or _status(error) >= 500
                trouble: Exception = error
            except (HTTPClientError, NotConnected, *_unreadable()) as error:
                lost = True
                trouble = error
            except BotoCoreError as error:
                # Such as missing credentials: a retry would not help.
                raise StorageError(f"Switchboard cannot reach its table ({type(error).__name__}).") from error
            if next(retries, None) is None:
                raise _unavailable() from trouble

    def _retry_pauses(self) -> Iterator[float]:
        """Sleeps before each further attempt that still fits. The time limit starts now, not at the first pause."""
        return self._pauses(self._timing.clock())

    def _pauses(self, started: float) -> Iterator[float]:
        longest = policies.AWS_FIRST_PAUSE_SECONDS
        while True:
            pause = longest * self._timing.jitter()
            left = min(self._timeouts.total - (self._timing.clock() - started), self._timeouts.left())
            if pause + self._timeouts.read > left:
                return
            self._timing.sleep(pause)
            yield pause
            longest = min(policies.AWS_MAX_PAUSE_SECONDS, 2 * longest)


def _unreadable() -> tuple[type[Exception], ...]:
    """What a botocore client raises for an unreadable answer, without loading its parsers for this alone."""
    parsers = sys.modules.get("botocore.parsers")
    return (parsers.ResponseParserError,) if parsers is not None else ()


def _raise_unless_transient(error: ClientError, lost: bool) -> None:
    code = error.response.get("Error", {}).get("Code", "")
    reasons = [reason.get("Code") for reason in error.response.get("CancellationReasons", [])]
    failed = frozenset(index for index, reason in enumerate(reasons) if reason == "ConditionalCheckFailed")
    if failed:
        raise ConditionFailed(failed, after_a_lost_answer=lost) from error
    if code not in _TRANSIENT and not _TRANSIENT.intersection(reasons) and _status(error) < 500:
        raise StorageError(f"Switchboard's table refused a request ({code}).") from error


def log_throttling(error: ClientError, *, by: str) -> None:
    """Logged, because AWS's own metric lags by minutes and does not exist for the key."""
    codes = {error.response.get("Error", {}).get("Code", "")}
    codes |= {reason.get("Code", "") for reason in error.response.get("CancellationReasons", [])}
    if codes & _THROTTLED:
        log_event(LogEvent.THROTTLED, service=by)


def _status(error: ClientError) -> int:
    return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))


def _unavailable() -> TableUnavailable:
    return TableUnavailable("Switchboard's table is not answering right now. Please try again in a minute.")


class Repository:
    """What all repositories share: the table, and consistent reads of one item."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def _read(self, cls: type[T], key: Key) -> T | None:
        item = self._table.get(key)
        return read_item(cls, item) if item else None
