"""Writes whose response is lost after they took effect: a repetition succeeds and takes effect once."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from bot.domain.content import MessageKey
from bot.domain.operations import OperationState
from bot.domain.outbox import RecordChange
from bot.domain.people import GroupMembers, Person
from bot.domain.polling import ParkedRow, PollCursor
from bot.domain.record_states import link_to_operation
from bot.domain.records import EntityKind
from bot.dynamodb import Repositories, repositories_on
from bot.dynamodb.clients import TimeoutPolicy
from bot.dynamodb.table import RetryTiming
from bot.errors import TableUnavailable
from tests.dynamodb.builders import NOW, a_connection, a_request, an_entry, an_event, first, moved, uuid
from tests.dynamodb.conftest import Engine


class Losing:
    """A client whose next writes take effect while their responses are lost."""

    def __init__(self, client: Any, lost: Callable[[], Exception]) -> None:
        self._client = client
        self._lost = lost
        self.to_lose = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def transact_write_items(self, **parameters: Any) -> Any:
        if not self.to_lose:
            return self._client.transact_write_items(**parameters)
        self.to_lose -= 1
        with suppress(ClientError):  # A refusal is lost like any other response.
            self._client.transact_write_items(**parameters)
        raise self._lost()


def timed_out() -> Exception:
    return ReadTimeoutError(endpoint_url="http://127.0.0.1")


def broke_down() -> Exception:
    response: Any = {"Error": {"Code": "InternalServerError"}, "ResponseMetadata": {"HTTPStatusCode": 500}}
    return ClientError(response, "TransactWriteItems")


@pytest.fixture(params=[timed_out, broke_down])
def losing(request: pytest.FixtureRequest, engine: Engine) -> Losing:
    return Losing(engine.client, request.param)


@pytest.fixture
def store(engine: Engine, losing: Losing) -> Repositories:
    return engine.store(losing)


@pytest.fixture(params=[1, 2])
def lose(request: pytest.FixtureRequest, losing: Losing) -> Callable[[], None]:
    """Call this to lose the next one or two responses."""

    def begin() -> None:
        losing.to_lose = request.param

    return begin


TAKEN = replace(a_request(), state=OperationState.SENDING, lease="l", lease_until=NOW + 9, attempts=1)
DONE = replace(TAKEN, state=OperationState.REFUSED, lease=None, lease_until=None, due=None, settled_at=NOW)


def submit(store: Repositories) -> None:
    store.operations.submit(a_request(), expected=None, events=[an_event("p")], audit=an_entry("p"))


def test_submitting(store: Repositories, lose: Callable[[], None]) -> None:
    lose()

    submit(store)

    assert store.operations.open_on(a_request().entity) == a_request()


def test_claiming(store: Repositories, lose: Callable[[], None]) -> None:
    submit(store)
    lose()

    store.operations.claim(a_request(), TAKEN)

    assert store.operations.operation("V1") == TAKEN


def test_saving_under_the_lease_and_releasing_it(store: Repositories, lose: Callable[[], None]) -> None:
    submit(store)
    store.operations.claim(a_request(), TAKEN)
    lose()
    store.operations.save(replace(TAKEN, sends=1), lease="l")
    lose()

    store.operations.save(replace(TAKEN, lease=None), lease="l", events=[an_event()], audit=an_entry("k"))

    assert store.operations.operation("V1") == replace(TAKEN, lease=None)


def test_settling(store: Repositories, lose: Callable[[], None]) -> None:
    submit(store)
    store.operations.claim(a_request(), TAKEN)
    lose()

    store.operations.save(DONE, lease="l", change=first(a_connection()), events=[an_event()], audit=an_entry("s"))

    assert store.operations.open_on(DONE.entity) is None
    assert store.records.record_state(a_connection().entity) is not None


def test_writing_a_new_record(store: Repositories, lose: Callable[[], None]) -> None:
    lose()

    store.records.write(first(a_connection(), an_event()))

    assert store.records.record_state(a_connection().entity) is not None


def test_writing_a_changed_record(store: Repositories, lose: Callable[[], None]) -> None:
    store.records.write(first(a_connection()))
    record_state = store.records.record_state(a_connection().entity)
    assert record_state is not None
    lose()

    store.records.write(moved(record_state, link_to_operation(record_state, "V1", "U1", "Test Company"), an_event()))

    assert store.records.record_state(record_state.entity) == link_to_operation(
        record_state, "V1", "U1", "Test Company"
    )


def test_writing_history(store: Repositories, lose: Callable[[], None]) -> None:
    store.records.write(first(a_connection()))
    record_state = store.records.record_state(a_connection().entity)
    late = a_connection(version=uuid(9), modified=1)
    lose()

    store.records.write(RecordChange(late.entity, record_state, None, late))

    assert store.records.has_version(late.entity, late)


def test_reserving_a_message_for_the_first_time(store: Repositories, lose: Callable[[], None]) -> None:
    lose()

    reserved = store.messages.reserve(MessageKey("C1", "k"), lease="a", now=NOW, lease_seconds=9)

    assert reserved is not None
    assert reserved.is_new


def test_reserving_posting_and_releasing_a_message(store: Repositories, lose: Callable[[], None]) -> None:
    key = MessageKey("C1", "k")
    store.messages.reserve(key, lease="a", now=NOW, lease_seconds=9)
    lose()
    reserved = store.messages.reserve(key, lease="b", now=NOW + 9, lease_seconds=9)
    assert reserved is not None
    assert not reserved.is_new
    lose()
    store.messages.record_post(reserved, ts="1.2", posted_channel="C1", fingerprint="f")
    lose()

    store.messages.release(reserved)

    again = store.messages.reserve(key, lease="c", now=NOW + 10, lease_seconds=9)
    assert again is not None
    assert again.ts == "1.2"


def test_saving_a_cursor(store: Repositories, lose: Callable[[], None]) -> None:
    lose()
    assert store.polling.save(EntityKind.CONNECTION, PollCursor(started_at=NOW))
    lose()

    assert store.polling.save(EntityKind.CONNECTION, PollCursor(started_at=NOW, since=1, revision=1))


def test_parking_and_unparking_a_row(store: Repositories, lose: Callable[[], None]) -> None:
    lose()
    assert store.polling.park(EntityKind.CONNECTION, ParkedRow("r", "why", NOW))
    lose()

    store.polling.unpark(EntityKind.CONNECTION, "r")

    assert store.polling.parked(EntityKind.CONNECTION) == []


def test_putting_postponing_and_delivering_events(store: Repositories, lose: Callable[[], None]) -> None:
    lose()
    store.outbox.put(an_event())
    lose()
    store.outbox.postpone(an_event(), NOW + 9, failed=True)
    assert store.outbox.event("n1") == an_event(due=NOW + 9, attempts=1)
    lose()

    store.outbox.mark_delivered(an_event(), NOW)

    assert store.outbox.due(NOW + 99, limit=9) == []


def test_auditing_and_saving_people(store: Repositories, engine: Engine, lose: Callable[[], None]) -> None:
    lose()
    store.audit.append(an_entry())
    lose()
    store.people.save_person(Person("U1", "T1", False, False, False, NOW))
    lose()
    store.people.save_members(GroupMembers("S1", frozenset({"U1"}), NOW))

    assert len(engine.everything()) == 3


@pytest.mark.parametrize("engine", [pytest.param("dynamodb_local", marks=pytest.mark.dynamodb_local)], indirect=True)
def test_a_delayed_attempt_does_not_undo_a_later_write(engine: Engine) -> None:
    """The first attempt arrives after its repetition and the next write; moto does not support request tokens."""
    late = _Straggling(engine.client)
    store = engine.store(late)
    submit(store)
    store.operations.claim(a_request(), TAKEN)
    late.straggle_next = True
    store.operations.save(replace(TAKEN, sends=1), lease="l")
    store.operations.save(replace(TAKEN, sends=2), lease="l")

    late.arrive()

    found = store.operations.operation("V1")
    assert found is not None
    assert found.sends == 2


def test_a_write_that_is_never_answered_raises_an_error(engine: Engine, losing: Losing) -> None:
    losing.to_lose = 10**6
    ticking = iter(range(10**6))
    hurried = RetryTiming(clock=lambda: float(next(ticking)), sleep=lambda seconds: None)
    store = repositories_on(losing, engine.table, TimeoutPolicy(1, 1, 9), hurried)

    with pytest.raises(TableUnavailable):
        submit(store)


class _Straggling:
    """A client that delays the first attempt of one write until `arrive` is called."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self.straggle_next = False
        self._straggler: dict[str, Any] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def transact_write_items(self, **parameters: Any) -> Any:
        if self.straggle_next:
            self.straggle_next = False
            self._straggler = parameters
            raise timed_out()
        return self._client.transact_write_items(**parameters)

    def arrive(self) -> None:
        self._client.transact_write_items(**self._straggler)
