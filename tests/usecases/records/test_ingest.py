"""Ingestion: the newest version wins in any order, and each version is published once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.operations import Operation, OperationKind, OperationState, Outcome, OutcomeKind
from bot.domain.record_states import operation_card_key
from bot.domain.records import Connection, ConnectionStatus, LocalStatus, connection_ref, pending_connection_ref
from bot.domain.requests import ConnectionRequest
from bot.errors import NoAnswer, NotSent, NoyoRefused, TableUnavailable, UnreadableAnswer
from bot.usecases.dependencies import Dependencies
from bot.usecases.records.ingest import ingest, ingest_deletion, plan_change
from infra.local.noyo import Rules
from tests.dynamodb.builders import CARRIER, NOW, a_connection, uuid
from tests.usecases.in_memory import START, Ingestion, Records

FROZEN = Rules(settle_script=None, freeze_modified=True)
WANTED = ConnectionRequest(CARRIER, "G-00001", "Test Company")
OPEN_REQUEST = Operation(
    id="V1",
    entity=pending_connection_ref(CARRIER, "G-00001"),
    kind=OperationKind.REQUEST_CONNECTION,
    input=WANTED,
    state=OperationState.SENDING,
    actor="U0ANA",
    submitted_at=NOW - 200,
    due=NOW,
    sends=1,
    first_sent_at=NOW - 100,
)


class FakeNoyo:
    """A Noyo that returns these answers in order, then repeats the last one; exceptions are raised."""

    def __init__(self, *answers: Connection | Exception) -> None:
        self.answers = list(answers)
        self.read_count = 0

    def connection(self, connection_id: str) -> Connection:
        self.read_count += 1
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


class NoOpenOperations:
    """No operation is open."""

    def open_on(self, entity: object) -> None:
        return None


class OneOpenOperation:
    """One operation is open on its entity."""

    def open_on(self, entity: object) -> Operation | None:
        return OPEN_REQUEST if entity == OPEN_REQUEST.entity else None


def ingest_record(
    records: Records, record: Connection, noyo: Any = None, operations: Any = None, *, silent: bool = False
) -> bool:
    reader: Any = noyo or FakeNoyo(NoyoRefused(404, "not found"))
    asking: Any = operations or NoOpenOperations()
    return ingest(
        record,
        Dependencies(clock=lambda: float(NOW), new_id=str, records=records, operations=asking, noyo=reader),
        silent=silent,
    )


def published(records: Records) -> list[str]:
    return [f"{event.kind.value}:{event.after}" for event in records.events]


FIRST = a_connection()
SECOND = replace(FIRST, version=uuid(2), modified=NOW + 10, status=ConnectionStatus.UNABLE_TO_CONNECT)
TWIN = replace(FIRST, version=uuid(3), status=ConnectionStatus.COMPLETED)


@pytest.fixture
def records() -> Records:
    return Records()


def current_record(records: Records) -> Connection:
    record = records.states[FIRST.entity].record
    assert isinstance(record, Connection)
    return record


def test_versions_in_order_are_both_published(records: Records) -> None:
    assert ingest_record(records, FIRST)
    assert ingest_record(records, SECOND)

    assert current_record(records) == SECOND
    assert published(records) == ["record_changed:processing", "record_changed:unable_to_connect"]
    assert records.events[1].before == "processing"


def test_an_older_version_after_a_newer_one_is_history_and_a_late_event(records: Records) -> None:
    ingest_record(records, SECOND)

    assert ingest_record(records, FIRST)
    assert not ingest_record(records, FIRST)
    assert not ingest_record(records, FIRST)

    assert current_record(records) == SECOND
    assert published(records) == ["record_changed:unable_to_connect", "late_version:processing"]
    assert records.history(FIRST.entity, since=0) == [FIRST, SECOND]


def test_the_same_version_again_changes_nothing(records: Records) -> None:
    ingest_record(records, FIRST)

    assert not ingest_record(records, FIRST)
    assert not ingest_record(records, replace(FIRST, group_name="Told otherwise"))

    assert published(records) == ["record_changed:processing"]
    assert records.states[FIRST.entity].revision == 1


def test_of_two_versions_in_the_same_second_the_one_shown_by_noyo_is_current(records: Records) -> None:
    ingest_record(records, FIRST)

    assert ingest_record(records, TWIN, FakeNoyo(TWIN))

    assert current_record(records).status is ConnectionStatus.COMPLETED
    assert published(records) == ["record_changed:processing", "record_changed:completed"]


def test_a_twin_that_noyo_no_longer_shows_is_only_in_the_history(records: Records) -> None:
    ingest_record(records, FIRST)
    noyo = FakeNoyo(FIRST)

    assert not ingest_record(records, TWIN, noyo)
    assert not ingest_record(records, TWIN, noyo)

    assert current_record(records) == FIRST
    assert published(records) == ["record_changed:processing"]
    assert records.has_version(FIRST.entity, TWIN)


def test_a_twin_replaced_by_a_newer_version_leaves_both_in_the_history(records: Records) -> None:
    ingest_record(records, FIRST)

    assert ingest_record(records, TWIN, FakeNoyo(SECOND))

    assert current_record(records) == SECOND
    assert len(records.history(FIRST.entity, since=0)) == 3
    assert published(records) == ["record_changed:processing", "record_changed:unable_to_connect"]


def test_an_older_response_does_not_revert_the_state(records: Records) -> None:
    ingest_record(records, FIRST)

    assert not ingest_record(records, TWIN, FakeNoyo(replace(FIRST, version=uuid(9), modified=NOW - 50)))

    assert current_record(records) == FIRST


def test_an_older_version_that_noyo_keeps_showing_becomes_current(records: Records) -> None:
    """Noyo's clock may have been set back, while a list alone may lag behind."""
    ingest_record(records, SECOND)
    late = replace(FIRST, version=uuid(8), modified=NOW - 100, status=ConnectionStatus.PROCESSING)

    ingest_record(records, late, FakeNoyo(late))
    assert current_record(records) == SECOND
    ingest_record(records, late, FakeNoyo(SECOND))
    assert current_record(records) == SECOND
    ingest_record(records, late, FakeNoyo(late))

    assert current_record(records) == late
    assert published(records) == [
        "record_changed:unable_to_connect",
        "late_version:processing",
        "record_changed:processing",
    ]


@pytest.mark.parametrize("answer", [NoyoRefused(404, "gone"), NoyoRefused(403, "not yours")])
def test_a_twin_that_noyo_refuses_to_show_changes_nothing(records: Records, answer: Exception) -> None:
    ingest_record(records, FIRST)

    assert not ingest_record(records, TWIN, FakeNoyo(answer))

    assert current_record(records) == FIRST


def test_a_missing_response_about_a_twin_raises_an_error(records: Records) -> None:
    ingest_record(records, FIRST)

    with pytest.raises(NoAnswer):
        ingest_record(records, TWIN, FakeNoyo(NoAnswer("silence")))

    assert ingest_record(records, TWIN, FakeNoyo(TWIN))


# ---------------------------------------------------------------- two workers


def test_two_workers_publish_a_new_record_once(records: Records) -> None:
    records.between = lambda: ingest_record(records, FIRST)

    assert not ingest_record(records, FIRST)

    assert published(records) == ["record_changed:processing"]


def test_a_worker_overtaken_by_a_newer_version_keeps_it(records: Records) -> None:
    ingest_record(records, FIRST)
    third = replace(SECOND, version=uuid(4), modified=NOW + 20, status=ConnectionStatus.COMPLETED)
    records.between = lambda: ingest_record(records, third)

    assert ingest_record(records, SECOND)

    assert current_record(records) == third
    assert published(records) == [
        "record_changed:processing",
        "record_changed:completed",
        "late_version:unable_to_connect",
    ]


def test_a_worker_overtaken_at_a_twin_reads_it_again(records: Records) -> None:
    ingest_record(records, FIRST)
    noyo = FakeNoyo(TWIN)
    ingest_record(records, replace(FIRST, version=uuid(8)), FakeNoyo(FIRST))
    records.between = lambda: ingest_record(records, SECOND)

    assert ingest_record(records, TWIN, noyo)

    assert current_record(records) == SECOND
    assert records.events[-1].after == "completed"


def test_endless_concurrent_updates_raise_an_error_and_write_nothing(records: Records) -> None:
    ingest_record(records, FIRST)

    def move(number: int = 0) -> None:
        entity = FIRST.entity
        records.states[entity] = replace(records.states[entity], revision=100 + number)
        records.between = lambda: move(number + 1)

    records.between = move
    with pytest.raises(TableUnavailable):
        ingest_record(records, SECOND)

    assert current_record(records) == FIRST


# ---------------------------------------------------------------- silent ingestion and links to operations


def test_records_older_than_the_first_run_are_ingested_silently(records: Records) -> None:
    assert ingest_record(records, FIRST, silent=True)

    assert published(records) == []
    assert current_record(records) == FIRST


def test_a_known_record_never_changes_silently(records: Records) -> None:
    ingest_record(records, FIRST)

    ingest_record(records, SECOND, silent=True)

    assert published(records) == ["record_changed:processing", "record_changed:unable_to_connect"]


def test_a_requested_record_is_never_silent(records: Records) -> None:
    ingest_record(records, FIRST, operations=OneOpenOperation(), silent=True)

    assert published(records) == ["record_changed:processing"]


def test_a_record_ingested_before_its_request_is_settled_uses_the_card_of_the_request(records: Records) -> None:
    ingest_record(records, FIRST, operations=OneOpenOperation())

    state = records.states[FIRST.entity]
    assert (state.card_key, state.requester, state.requested_by_operation) == (operation_card_key("V1"), "U0ANA", "V1")


def test_a_connection_created_long_before_the_request_is_not_linked(records: Records) -> None:
    ingest_record(records, replace(FIRST, created=NOW - 100 - 121), operations=OneOpenOperation())

    assert records.states[FIRST.entity].requested_by_operation is None


@pytest.mark.parametrize("shown", [FIRST, SECOND, TWIN], ids=["the same", "a newer one", "a twin"])
@pytest.mark.parametrize("answer", [FIRST, replace(FIRST, version=uuid(7), modified=NOW - 5)])
def test_a_response_links_its_record_in_any_state(records: Records, shown: Connection, answer: Connection) -> None:
    ingest_record(records, shown)
    operations: Any = NoOpenOperations()
    noyo: Any = FakeNoyo(shown)
    settled = replace(
        OPEN_REQUEST, state=OperationState.SUCCEEDED, outcome=Outcome(OutcomeKind.CONFIRMED, record=FIRST.entity)
    )

    change = plan_change(
        answer,
        Dependencies(clock=lambda: float(NOW), new_id=str, records=records, operations=operations, noyo=noyo),
        by=settled,
    )
    assert change is not None
    records.write(change)

    assert records.states[FIRST.entity].requester == "U0ANA"
    assert records.states[FIRST.entity].card_key == str(FIRST.entity), "the existing card is kept"


def test_an_existing_link_is_not_written_again(records: Records) -> None:
    ingest_record(records, FIRST, operations=OneOpenOperation())
    operations: Any = NoOpenOperations()
    noyo: Any = FakeNoyo(FIRST)

    assert (
        plan_change(
            FIRST,
            Dependencies(clock=lambda: float(NOW), new_id=str, records=records, operations=operations, noyo=noyo),
            by=OPEN_REQUEST,
        )
        is None
    )


# ---------------------------------------------------------------- any order


@pytest.fixture(scope="module")
def frozen_ingestion() -> Iterator[Ingestion]:
    with Ingestion(rules=FROZEN) as ingestion:
        yield ingestion


def test_every_change_is_ingested_even_if_modified_never_changes(frozen_ingestion: Ingestion) -> None:
    record_id = frozen_ingestion.add_connections(1)[0]
    frozen_ingestion.run_first_polls()
    for status in ("noyo_review", "unable_to_connect", "processing", "completed"):
        frozen_ingestion.noyo.move_connection(record_id, status)
        frozen_ingestion.poll()

    assert frozen_ingestion.reported_statuses(record_id) == [
        "noyo_review",
        "unable_to_connect",
        "processing",
        "completed",
    ]
    assert frozen_ingestion.record_state(record_id).attempts == 2
    assert frozen_ingestion.now == START


STATUSES = st.sampled_from(list(ConnectionStatus))


@settings(max_examples=120, deadline=None)
@given(
    steps=st.lists(st.tuples(st.integers(0, 2), STATUSES), min_size=1, max_size=6),
    shown=st.lists(st.tuples(st.integers(0, 5), st.booleans()), max_size=14),
)
def test_in_any_order_the_newest_version_wins_and_each_is_published_once(
    steps: list[tuple[int, ConnectionStatus]], shown: list[tuple[int, bool]]
) -> None:
    """Versions of one record, some in the same second, are shown in any order and finally in the current version."""
    moment, versions = NOW, []
    for number, (later, status) in enumerate(steps):
        moment += later
        versions.append(replace(FIRST, version=uuid(100 + number), modified=moment, status=status))
    records, noyo = Records(), FakeNoyo(versions[-1])

    seen = [versions[index % len(versions)] for index, _ in shown] + [versions[-1]]
    for (_, overtaken), record in zip([*shown, (0, False)], seen, strict=True):
        if overtaken:
            records.between = lambda: ingest_record(records, versions[-1], noyo)
        ingest_record(records, record, noyo)
        records.between = None

    ids = [event.id for event in records.events]
    changes = [event.version for event in records.events if event.kind.value == "record"]
    assert current_record(records) == versions[-1]
    assert {record.version for record in records.history(connection_ref(FIRST.id), since=0)} >= {
        record.version for record in seen
    }
    assert len(ids) == len(set(ids))
    assert len({event.version for event in records.events}) == len(ids), (
        "each version is published once, as a change or as late"
    )
    assert [record.version for record in versions if record.version in changes] == changes


# ---------------------------------------------------------------- deleted at Noyo


@pytest.fixture
def ingestion() -> Iterator[Ingestion]:
    with Ingestion() as started:
        yield started


@pytest.mark.parametrize(
    "error", [NoyoRefused(403, "No"), NoyoRefused(409, "No"), NoAnswer("500"), NotSent("401"), UnreadableAnswer("?")]
)
def test_only_a_clear_answer_marks_a_record_as_deleted(ingestion: Ingestion, error: Exception) -> None:
    [record_id] = ingestion.add_connections(1)
    ingestion.poll()
    deps = replace(ingestion.dependencies(), noyo=FakeNoyo(error))  # type: ignore[arg-type]

    with pytest.raises(type(error)):
        ingest_deletion(connection_ref(record_id), deps)

    assert ingestion.records.states[connection_ref(record_id)].status is ConnectionStatus.PROCESSING


def test_a_record_that_returns_between_read_and_write_is_not_marked(ingestion: Ingestion) -> None:
    """A webhook's refresh ingests a newer version just after Noyo answered 404."""
    [record_id] = ingestion.add_connections(1)
    ingestion.poll()
    entity = connection_ref(record_id)

    class Returning(FakeNoyo):
        def connection(self, connection_id: str) -> Connection:
            if self.read_count == 0:
                ingestion.wait()
                ingestion.noyo.move_connection(record_id, "waiting_on_carrier")
                ingestion.ingest(ingestion.client.connection(record_id))
            return super().connection(connection_id)

    newer = a_connection()
    noyo = Returning(NoyoRefused(404, "Not found"), newer)

    assert not ingest_deletion(entity, replace(ingestion.dependencies(), noyo=noyo))  # type: ignore[arg-type]
    assert ingestion.records.states[entity].status is ConnectionStatus.WAITING_ON_CARRIER


def test_a_page_from_before_the_deletion_changes_nothing(ingestion: Ingestion) -> None:
    [record_id] = ingestion.add_connections(1)
    ingestion.poll()
    entity = connection_ref(record_id)
    listed = ingestion.client.connection(record_id)
    ingestion.noyo.remove(record_id)
    ingestion.wait()
    assert ingest_deletion(entity, ingestion.dependencies())
    assert ingest_deletion(entity, ingestion.dependencies()), "it is known"

    assert not ingestion.ingest(listed)

    assert ingestion.records.states[entity].status is LocalStatus.DELETED
    ingestion.noyo.restore(record_id)
    assert ingestion.ingest(listed)
    assert ingestion.records.states[entity].record == listed
