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
from tests.usecases.execution_bench import ANA, BEN, REQUEST, Before, ExecutionBench, bench


@pytest.fixture
def here() -> Iterator[ExecutionBench]:
    with bench() as opened:
        yield opened


def test_submitting_sends_nothing_and_is_published_audited_locked_and_due(here: ExecutionBench) -> None:
    result = here.ask()

    assert isinstance(result, Submitted)
    assert here.noyo.requests == []
    assert here.locked(REQUEST)
    assert here.store.operations.due(int(here.clock()), limit=9) == ["V1"]
    assert here.published_states() == ["pending"]
    assert here.audit_actions() == [("operation_submitted", ANA)]


def test_the_same_submission_twice_is_one_operation(here: ExecutionBench) -> None:
    before = here.ask()
    again = here.ask()

    assert isinstance(before, Submitted)
    assert again == Submitted(here.operation())
    here.run_worker()
    assert len(here.writes()) == 1


def test_the_same_submission_is_still_one_after_it_was_settled(here: ExecutionBench) -> None:
    here.ask()
    here.run_worker()

    assert here.ask() == Submitted(here.operation())
    assert here.live().state is OperationState.SUCCEEDED
    assert len(here.writes()) == 1


@pytest.mark.parametrize("settled", [False, True])
def test_other_input_with_the_same_id_is_a_conflict(here: ExecutionBench, settled: bool) -> None:
    """A person who submits the same form again with a corrected field must not believe that the correction was sent."""
    here.ask()
    if settled:
        here.run_worker()

    assert here.ask(name="Another Company") == Conflict(here.operation())
    assert here.ask(group_id="00110099") == Conflict(here.operation())


def test_the_same_id_without_a_sensitive_field_is_a_conflict(here: ExecutionBench) -> None:
    here.ask()

    assert here.ask(sensitive=SensitiveFields()) == Conflict(here.operation())


def test_a_second_person_with_the_same_request_sees_who_was_first(here: ExecutionBench) -> None:
    here.ask()

    second = here.ask("V9", BEN, name="The Same Company")

    assert isinstance(second, Conflict)
    assert (second.operation.id, second.operation.actor) == ("V1", ANA)
    assert here.store.operations.operation("V9") is None


def test_a_second_retry_of_a_connection_sees_who_was_first(here: ExecutionBench) -> None:
    shown = here.stuck()
    here.retry(shown)

    assert here.retry(shown, "V9", BEN) == Conflict(here.operation("V2"))


def test_a_lock_is_free_again_once_its_operation_is_settled(here: ExecutionBench) -> None:
    here.noyo.add_connection(carrier_id=REQUEST.key[:36], carrier_group_id="00110011", created=1)
    here.ask()
    here.run_worker()

    assert isinstance(here.ask("V9", BEN), Submitted)


def test_a_lock_released_before_it_is_read_is_no_conflict(here: ExecutionBench) -> None:
    here.ask()
    operations = Before(here.store.operations, "operation", here.run_worker)
    deps = replace(here.deps, operations=operations)

    assert isinstance(here.ask("V9", BEN, deps=deps), Submitted)


def test_a_retry_of_a_changed_connection_shows_its_current_state(here: ExecutionBench) -> None:
    shown = here.stuck()
    here.noyo.move_connection(shown.record.id, "processing")
    here.see(shown.record.id)

    changed = here.retry(shown)

    assert isinstance(changed, RecordChanged)
    assert changed.now is not None
    assert changed.now.status is ConnectionStatus.PROCESSING
    assert here.store.operations.operation("V2") is None
    assert not here.locked(shown.entity)


def test_a_retry_of_an_unknown_record_is_not_submitted(here: ExecutionBench) -> None:
    assert here.retry(record_state(ConnectionStatus.UNABLE_TO_CONNECT)) == RecordChanged(None)


def test_an_unchanged_carrier_group_id_is_not_sent(here: ExecutionBench) -> None:
    result = here.retry(here.stuck("00110011"), group_id="00110011", sensitive=SensitiveFields())

    assert isinstance(result, Submitted)
    assert result.operation.input == RetryRequest(None, None)


def test_a_lost_answer_of_the_table_submits_once(here: ExecutionBench) -> None:
    class LosesItsFirstAnswer:
        lost = False

        def transact_write_items(self, **parameters: object) -> object:
            answer = here.client.transact_write_items(**parameters)
            if not self.lost:
                self.lost = True
                raise ReadTimeoutError(endpoint_url="table")
            return answer

        def __getattr__(self, name: str) -> object:
            return getattr(here.client, name)

    store = repositories_on(LosesItsFirstAnswer(), here.table, WORKER, RetryTiming(sleep=lambda seconds: None))  # type: ignore[arg-type]
    deps = replace(here.deps, operations=store.operations, records=store.records, audit=store.audit)

    assert isinstance(here.ask(deps=deps), Submitted)
    assert here.audit_actions() == [("operation_submitted", ANA)]
    here.run_worker()
    assert len(here.writes()) == 1


def test_nothing_is_encrypted_if_nothing_sensitive_was_typed(here: ExecutionBench) -> None:
    result = here.ask(sensitive=SensitiveFields())

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
