"""Retries, timeouts and lost responses of the table, with a client that simulates faults."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import (
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    ReadTimeoutError,
)
from botocore.parsers import ResponseParserError

from bot.dynamodb.clients import TimeoutPolicy
from bot.dynamodb.expressions import ABSENT, Check, Delete, Key, Put, holds
from bot.dynamodb.schema import item_at
from bot.dynamodb.table import ConditionFailed, RetryTiming, Table
from bot.errors import DeadlineExceeded, StorageError, TableUnavailable
from tests.dynamodb.conftest import NO_PAUSES, TIMEOUTS, Engine

KEY = Key("P", "S")


def refusal(code: str, status: int = 400, reasons: list[str] | None = None) -> ClientError:
    response: dict[str, Any] = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}
    if reasons is not None:
        response["CancellationReasons"] = [{"Code": reason} for reason in reasons]
    return ClientError(response, "TransactWriteItems")


def cancelled(*reasons: str) -> ClientError:
    return refusal("TransactionCanceledException", 400, list(reasons))


class Clock:
    """Time that passes only while sleeping and waiting for responses."""

    def __init__(self) -> None:
        self.now = 0.0
        self.slept: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

    @property
    def timing(self) -> RetryTiming:
        return RetryTiming(clock=lambda: self.now, sleep=self.sleep, jitter=lambda: 1.0)


class Played:
    """Returns or raises the next given response or error at each call."""

    def __init__(self, *played: Any, each: Callable[[], None] = lambda: None) -> None:
        self._played = list(played)
        self._each = each
        self.asked: list[dict[str, Any]] = []

    def answer(self, **parameters: Any) -> dict[str, Any]:
        self.asked.append(parameters)
        self._each()
        played = self._played.pop(0) if len(self._played) > 1 else self._played[0]
        if isinstance(played, Exception):
            raise played
        answer: dict[str, Any] = played
        return answer

    get_item = batch_get_item = query = transact_write_items = answer


TRANSIENT = [
    refusal("ThrottlingException"),
    refusal("ProvisionedThroughputExceededException"),
    refusal("RequestLimitExceeded"),
    refusal("TransactionInProgressException"),
    refusal("InternalServerError", 500),
    refusal("", 503),
    cancelled("None", "TransactionConflict"),
    cancelled("ThrottlingError"),
    EndpointConnectionError(endpoint_url="http://127.0.0.1"),
    ConnectTimeoutError(endpoint_url="http://127.0.0.1"),
    ReadTimeoutError(endpoint_url="http://127.0.0.1"),
    ResponseParserError("no JSON"),
]


@pytest.mark.parametrize("error", TRANSIENT, ids=str)
def test_temporary_errors_are_retried(error: Exception) -> None:
    client = Played(error, error, {})

    Table(client, "t", TIMEOUTS, NO_PAUSES).write([Put(item_at(KEY), ABSENT)])

    assert len(client.asked) == 3
    assert len({asked["ClientRequestToken"] for asked in client.asked}) == 1


@pytest.mark.parametrize("error", TRANSIENT, ids=str)
def test_persistent_errors_are_raised_within_the_timeout(error: Exception) -> None:
    clock = Clock()
    client = Played(error, each=lambda: clock.sleep(0.1))

    with pytest.raises(TableUnavailable):
        Table(client, "t", TimeoutPolicy(connect=0.5, read=0.9, total=2.0), clock.timing).get(KEY)

    assert clock.now <= 2.0
    assert len(client.asked) > 2


def test_no_attempt_starts_that_could_exceed_the_timeout() -> None:
    clock = Clock()
    client = Played(ReadTimeoutError(endpoint_url="x"), each=lambda: clock.sleep(0.9))

    with pytest.raises(TableUnavailable):
        Table(client, "t", TimeoutPolicy(connect=0.5, read=0.9, total=2.2), clock.timing).get(KEY)

    assert len(client.asked) == 2
    assert clock.now <= 2.2


def test_the_duration_of_the_first_attempt_counts() -> None:
    clock = Clock()
    client = Played(ReadTimeoutError(endpoint_url="x"), each=lambda: clock.sleep(0.9))

    with pytest.raises(TableUnavailable):
        Table(client, "t", TimeoutPolicy(connect=0.5, read=0.9, total=1.5), clock.timing).get(KEY)

    assert len(client.asked) == 1


def test_no_attempt_starts_that_could_exceed_the_deadline_of_the_caller() -> None:
    """The timeout of the call has time left, but the caller's deadline does not."""
    clock = Clock()
    timeouts = TimeoutPolicy(connect=0.5, read=0.9, total=9, left=lambda: 2.0 - clock.now)
    client = Played(ReadTimeoutError(endpoint_url="x"), each=lambda: clock.sleep(0.9))

    with pytest.raises(TableUnavailable):
        Table(client, "t", timeouts, clock.timing).get(KEY)
    with pytest.raises(DeadlineExceeded):
        Table(client, "t", timeouts, clock.timing).get(KEY)

    assert len(client.asked) == 2
    assert clock.now <= 2.0


def test_a_call_starts_with_exactly_enough_time_left() -> None:
    client = Played({})

    Table(client, "t", TimeoutPolicy(connect=0.5, read=0.9, total=2, left=lambda: 0.9), NO_PAUSES).get(KEY)

    assert len(client.asked) == 1


def test_pauses_grow_and_stay_bounded() -> None:
    clock = Clock()

    with pytest.raises(TableUnavailable):
        Table(Played(refusal("ThrottlingException")), "t", TimeoutPolicy(1, 1, 9), clock.timing).get(KEY)

    assert clock.slept[:5] == [0.05, 0.1, 0.2, 0.4, 0.8]
    assert max(clock.slept) == 1.0


@pytest.mark.parametrize(
    "error",
    [
        refusal("ValidationException"),
        refusal("AccessDeniedException"),
        cancelled("ValidationError"),
        NoCredentialsError(),
    ],
    ids=str,
)
def test_permanent_errors_are_raised_at_once(error: Exception) -> None:
    client = Played(error)

    with pytest.raises(StorageError) as raised:
        Table(client, "t", TIMEOUTS, NO_PAUSES).write([Put(item_at(KEY))])

    assert not isinstance(raised.value, TableUnavailable | ConditionFailed)
    assert raised.value.__cause__ is error
    assert len(client.asked) == 1


def test_a_failed_condition_is_raised_at_once_with_its_index() -> None:
    client = Played(cancelled("None", "ConditionalCheckFailed", "TransactionConflict"))

    with pytest.raises(ConditionFailed) as raised:
        Table(client, "t", TIMEOUTS, NO_PAUSES).write([Put(item_at(KEY))])

    assert raised.value.failed == {1}
    assert len(client.asked) == 1


def test_unprocessed_keys_are_requested_again() -> None:
    keys = {"t": {"Keys": [{"pk": {"S": "2"}, "sk": {"S": "S"}}]}}
    client = Played(
        {"Responses": {"t": [{"pk": {"S": "1"}}]}, "UnprocessedKeys": keys},
        {"Responses": {"t": [{"pk": {"S": "2"}}]}, "UnprocessedKeys": {}},
    )

    found = list(Table(client, "t", TIMEOUTS, NO_PAUSES).get_many([Key("1", "S"), Key("2", "S")]))

    assert found == [{"pk": "1"}, {"pk": "2"}]
    assert client.asked[1]["RequestItems"]["t"] == {**keys["t"], "ConsistentRead": True}


def test_keys_that_stay_unprocessed_raise_an_error() -> None:
    keys = {"t": {"Keys": [{"pk": {"S": "1"}, "sk": {"S": "S"}}]}}
    client = Played({"Responses": {}, "UnprocessedKeys": keys})

    with pytest.raises(TableUnavailable):
        list(Table(client, "t", TIMEOUTS, Clock().timing).get_many([Key("1", "S")]))


def test_reads_by_key_are_consistent() -> None:
    client = Played({"Items": [], "Responses": {}, "UnprocessedKeys": {}})
    table = Table(client, "t", TIMEOUTS, NO_PAUSES)

    table.get(KEY)
    list(table.get_many([KEY]))
    list(table.query("pk = :pk", {":pk": "P"}))
    list(table.query("due_kind = :pk", {":pk": "P"}, index="due"))

    get, batch, query, index = client.asked
    assert get["ConsistentRead"]
    assert batch["RequestItems"]["t"]["ConsistentRead"]
    assert query["ConsistentRead"]
    assert "ConsistentRead" not in index


def test_checks_and_deletes_alone_never_count_as_our_earlier_write() -> None:
    client = Played(ReadTimeoutError(endpoint_url="x"), cancelled("ConditionalCheckFailed"))

    with pytest.raises(ConditionFailed):
        Table(client, "t", TIMEOUTS, NO_PAUSES).write([Check(KEY, holds(a=1)), Delete(KEY)])


def test_a_failed_condition_after_a_lost_response_is_ours_only_with_our_stamp(engine: Engine) -> None:
    engine.put(pk={"S": "P"}, sk={"S": "S"}, write={"S": "another"})
    lost_before = _LostBefore(engine.client)

    with pytest.raises(ConditionFailed) as raised:
        Table(lost_before, engine.table, TIMEOUTS, NO_PAUSES).write([Put(item_at(KEY), ABSENT)])

    assert raised.value.after_a_lost_answer
    assert engine.item("P", "S") == {"pk": {"S": "P"}, "sk": {"S": "S"}, "write": {"S": "another"}}


class _LostBefore:
    """The first write never reaches the table."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self._lost = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def transact_write_items(self, **parameters: Any) -> Any:
        if not self._lost:
            self._lost = True
            raise ReadTimeoutError(endpoint_url="x")
        return self._client.transact_write_items(**parameters)
