"""Submitting: one submission is one operation, an entity has one operation at a time, and nothing is sent."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from botocore.exceptions import ReadTimeoutError

from bot.domain.operations import OperationState
from bot.domain.record_states import RecordState, retryable
from bot.domain.records import ConnectionStatus
from bot.domain.requests import RetryRequest, SensitiveFields
from bot.dynamodb import WORKER, RetryTiming, repositories_on
from bot.usecases.operations.submit import Conflict, RecordChanged, Submitted
from tests.dynamodb.builders import a_connection, a_disconnection, first
from tests.usecases.execution_bench import ANA, BEN, REQUEST, ExecutionBench, PortHook, open_bench


@pytest.fixture
def bench() -> Iterator[ExecutionBench]:
    with open_bench() as opened:
        yield opened


def test_submitting_sends_nothing_and_is_published_audited_locked_and_due(bench: ExecutionBench) -> None:
    result = bench.request_connection()

    assert isinstance(result, Submitted)
    assert bench.noyo.requests == []
    assert bench.is_locked(REQUEST)
    assert bench.store.operations.due(int(bench.clock()), limit=9) == ["V1"]
    assert bench.published_states() == ["pending"]
    assert bench.audit_actions() == [("operation_submitted", ANA)]


def test_the_same_submission_twice_is_one_operation(bench: ExecutionBench) -> None:
    before = bench.request_connection()
    again = bench.request_connection()

    assert isinstance(before, Submitted)
    assert again == Submitted(bench.operation())
    bench.run_worker()
    assert len(bench.writes()) == 1


def test_the_same_submission_is_still_one_after_it_was_settled(bench: ExecutionBench) -> None:
    bench.request_connection()
    bench.run_worker()

    assert bench.request_connection() == Submitted(bench.operation())
    assert bench.run_on_schedule().state is OperationState.SUCCEEDED
    assert len(bench.writes()) == 1


@pytest.mark.parametrize("settled", [False, True])
def test_other_input_with_the_same_id_is_a_conflict(bench: ExecutionBench, settled: bool) -> None:
    """A person who submits the same form again with a corrected field must not believe that the correction was sent."""
    bench.request_connection()
    if settled:
        bench.run_worker()

    assert bench.request_connection(name="Another Company") == Conflict(bench.operation())
    assert bench.request_connection(group_id="00110099") == Conflict(bench.operation())


def test_the_same_id_without_a_sensitive_field_is_a_conflict(bench: ExecutionBench) -> None:
    bench.request_connection()

    assert bench.request_connection(sensitive=SensitiveFields()) == Conflict(bench.operation())


def test_a_second_person_with_the_same_request_sees_the_first_request(bench: ExecutionBench) -> None:
    bench.request_connection()

    second = bench.request_connection("V9", BEN, name="The Same Company")

    assert isinstance(second, Conflict)
    assert (second.operation.id, second.operation.actor) == ("V1", ANA)
    assert bench.store.operations.operation("V9") is None


def test_a_second_retry_of_a_connection_sees_the_first_one(bench: ExecutionBench) -> None:
    shown = bench.add_failed_connection()
    bench.retry(shown)

    assert bench.retry(shown, "V9", BEN) == Conflict(bench.operation("V2"))


def test_a_lock_is_free_again_once_its_operation_is_settled(bench: ExecutionBench) -> None:
    bench.noyo.add_connection(carrier_id=REQUEST.key[:36], carrier_group_id="00110011", created=1)
    bench.request_connection()
    bench.run_worker()

    assert isinstance(bench.request_connection("V9", BEN), Submitted)


def test_a_lock_released_before_it_is_read_is_no_conflict(bench: ExecutionBench) -> None:
    bench.request_connection()
    operations = PortHook(bench.store.operations, "operation", bench.run_worker)
    deps = replace(bench.deps, operations=operations)

    assert isinstance(bench.request_connection("V9", BEN, deps=deps), Submitted)


def test_a_retry_of_a_changed_connection_shows_its_current_state(bench: ExecutionBench) -> None:
    shown = bench.add_failed_connection()
    bench.noyo.move_connection(shown.record.id, "processing")
    bench.ingest_current(shown.record.id)

    changed = bench.retry(shown)

    assert isinstance(changed, RecordChanged)
    assert changed.now is not None
    assert changed.now.status is ConnectionStatus.PROCESSING
    assert bench.store.operations.operation("V2") is None
    assert not bench.is_locked(shown.entity)


def test_a_retry_of_an_unknown_record_is_not_submitted(bench: ExecutionBench) -> None:
    assert bench.retry(record_state(ConnectionStatus.UNABLE_TO_CONNECT)) == RecordChanged(None)


def test_an_unchanged_carrier_group_id_is_not_sent(bench: ExecutionBench) -> None:
    result = bench.retry(bench.add_failed_connection("00110011"), group_id="00110011", sensitive=SensitiveFields())

    assert isinstance(result, Submitted)
    assert result.operation.input == RetryRequest(None, None)


def test_a_lost_answer_of_the_table_submits_once(bench: ExecutionBench) -> None:
    class LosesItsFirstAnswer:
        lost = False

        def transact_write_items(self, **parameters: object) -> object:
            answer = bench.client.transact_write_items(**parameters)
            if not self.lost:
                self.lost = True
                raise ReadTimeoutError(endpoint_url="table")
            return answer

        def __getattr__(self, name: str) -> object:
            return getattr(bench.client, name)

    store = repositories_on(LosesItsFirstAnswer(), bench.table, WORKER, RetryTiming(sleep=lambda seconds: None))  # type: ignore[arg-type]
    deps = replace(bench.deps, operations=store.operations, records=store.records, audit=store.audit)

    assert isinstance(bench.request_connection(deps=deps), Submitted)
    assert bench.audit_actions() == [("operation_submitted", ANA)]
    bench.run_worker()
    assert len(bench.writes()) == 1


def test_nothing_is_encrypted_if_nothing_sensitive_was_typed(bench: ExecutionBench) -> None:
    result = bench.request_connection(sensitive=SensitiveFields())

    assert isinstance(result, Submitted)
    assert getattr(result.operation.input, "encrypted", "") is None


def record_state(status: ConnectionStatus) -> RecordState:
    found = first(a_connection(status=status)).after
    assert found is not None
    return found


def test_a_retry_is_offered_for_the_documented_status_and_others_by_setting() -> None:
    def where(at_action_required: bool) -> set[ConnectionStatus]:
        return {
            status
            for status in ConnectionStatus
            if retryable(record_state(status), at_action_required=at_action_required)
        }

    assert where(False) == {ConnectionStatus.UNABLE_TO_CONNECT}
    assert where(True) == {ConnectionStatus.UNABLE_TO_CONNECT, ConnectionStatus.ACTION_REQUIRED}


def test_a_disconnection_is_never_retried() -> None:
    found = first(a_disconnection()).after
    assert found is not None
    assert not retryable(found, at_action_required=True)
