"""Noyo answers with success, and its record does not show what was asked for: that confirms nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from bot.domain.answers import AnswerProblem, UnconfirmedAnswer
from bot.domain.operations import OperationState, OutcomeKind, Resolution
from bot.usecases.operations.resolve import resolve
from infra.local.noyo import Fault
from tests.usecases.decision_bench import DecisionBench, open_decision_bench
from tests.usecases.execution_bench import BEN, CARRIER, ExecutionBench, open_bench


@pytest.fixture
def bench() -> Iterator[ExecutionBench]:
    with open_bench() as opened:
        yield opened


@pytest.fixture
def approvals() -> Iterator[DecisionBench]:
    with open_decision_bench() as opened:
        yield opened


def falsely_answered(bench: ExecutionBench, method: str, status: int, body: dict[str, Any], times: int | None) -> None:
    bench.noyo.faults.add(Fault("false_answer", method=method, status=status, body=body, times=times))


@pytest.mark.parametrize(
    ("changes", "problem", "shown"),
    [
        ({}, AnswerProblem.STATUS, "needs_review"),
        ({"status": "rejected"}, AnswerProblem.STATUS, "rejected"),
        ({"status": "processing"}, AnswerProblem.VERSION, None),
        ({"id": "5e5e5e5e-0000-4000-8000-0000000000ff"}, AnswerProblem.RECORD, None),
    ],
)
def test_an_approval_without_effect_needs_a_person(
    approvals: DecisionBench, changes: dict[str, Any], problem: AnswerProblem, shown: str | None
) -> None:
    seen = approvals.add_disconnection_request()
    falsely_answered(approvals, "PUT", 200, approvals.noyo_record(seen) | changes, times=None)
    approvals.decide(seen)

    final = approvals.run_on_schedule()

    assert final.state is OperationState.NEEDS_RESOLUTION
    assert final.unconfirmed_answer == UnconfirmedAnswer(problem, shown or final.unconfirmed_answer.shown)  # type: ignore[union-attr]
    assert final.outcome is not None
    assert final.outcome.kind is OutcomeKind.UNCLEAR
    assert len(approvals.writes()) == 1, "it was sent again, although Noyo had accepted it"
    assert approvals.record_state(seen.record.id).status.value == "needs_review"
    assert ("needs_resolution", problem.value) in {
        (action.removeprefix("operation_"), details.get("answer")) for action, _, details in approvals.audit_log()
    }


def test_an_approval_that_takes_effect_after_a_false_answer_is_found(approvals: DecisionBench) -> None:
    seen = approvals.add_disconnection_request()
    falsely_answered(approvals, "PUT", 200, approvals.noyo_record(seen), times=1)
    approvals.decide(seen)
    approvals.run_worker()
    approvals.change_at_noyo(seen, "processing")

    approvals.run_on_schedule()

    assert approvals.result() == ("succeeded", "reconciled")


def test_a_success_about_another_group_is_not_taken_for_ours(bench: ExecutionBench) -> None:
    other = bench.noyo.add_connection(
        carrier_id=CARRIER, carrier_group_id="99", group_name="Other", status="processing"
    )
    falsely_answered(bench, "POST", 201, other, times=None)
    bench.request_connection()

    final = bench.run_on_schedule()

    assert final.state is OperationState.NEEDS_RESOLUTION
    assert final.unconfirmed_answer == UnconfirmedAnswer(AnswerProblem.CARRIER_GROUP_ID, "99")
    assert len(bench.writes()) == 1
    assert bench.store.records.record_state(bench.deps.noyo.connection(other["id"]).entity) is None


def test_a_success_about_a_known_connection_is_not_taken_for_a_new_one(bench: ExecutionBench) -> None:
    known = bench.add_failed_connection("00110011")
    falsely_answered(bench, "POST", 201, bench.noyo.connection(known.record.id), times=None)
    bench.request_connection()

    sent = bench.run_worker()

    assert sent.state is OperationState.RECONCILING
    assert sent.unconfirmed_answer == UnconfirmedAnswer(AnswerProblem.RECORD, known.record.id)


def test_a_retry_answered_with_the_old_version_needs_a_person(bench: ExecutionBench) -> None:
    shown = bench.add_failed_connection()
    falsely_answered(bench, "PUT", 201, bench.noyo.connection(shown.record.id), times=None)
    bench.retry(shown, group_id=None)

    final = bench.run_on_schedule("V2")

    assert final.state is OperationState.NEEDS_RESOLUTION
    assert final.unconfirmed_answer is not None
    assert final.unconfirmed_answer.problem is AnswerProblem.VERSION
    assert len(bench.writes()) == 1


def test_a_retry_answered_with_an_even_older_version_needs_a_person(bench: ExecutionBench) -> None:
    """That version was processing, as the retried connection would be."""
    connection = bench.noyo.add_connection(carrier_id=CARRIER, carrier_group_id="00110011", status="processing")
    bench.ingest_current(connection["id"])
    bench.wait(600)
    bench.noyo.move_connection(connection["id"], "unable_to_connect", error="No")
    bench.wait(600)
    bench.ingest_current(connection["id"])
    falsely_answered(bench, "PUT", 201, connection, times=None)
    bench.retry(bench.record_state(connection["id"]), group_id=None)

    final = bench.run_on_schedule("V2")

    assert final.state is OperationState.NEEDS_RESOLUTION
    assert final.unconfirmed_answer == UnconfirmedAnswer(AnswerProblem.VERSION, connection["version"])
    assert len(bench.writes()) == 1


def test_an_answer_that_cannot_be_read_is_remembered_as_one(bench: ExecutionBench) -> None:
    bench.noyo.faults.add(Fault("garbage", method="POST"))
    bench.request_connection()

    assert bench.run_worker().unconfirmed_answer == UnconfirmedAnswer(AnswerProblem.UNREADABLE)
    assert bench.run_on_schedule().outcome is not None
    assert bench.operation().state is OperationState.SUCCEEDED


@pytest.mark.parametrize("arrived", [False, True])
def test_sending_again_replaces_the_earlier_answer_only_if_it_is_sent(bench: ExecutionBench, arrived: bool) -> None:
    """The first attempt had arrived after all: nothing is sent again, and its answer is still the last one."""
    shown = bench.add_failed_connection()
    falsely_answered(bench, "PUT", 201, bench.noyo.connection(shown.record.id), times=1)
    bench.retry(shown)
    waiting = bench.run_on_schedule("V2")
    assert waiting.unconfirmed_answer is not None
    if arrived:
        bench.noyo.move_connection(shown.record.id, "processing", carrier_group_id="00110012")
    bench.noyo.faults.add(Fault("reset_before", method="PUT"))
    resolve("V2", Resolution.SEND_AGAIN, BEN, attempt=waiting.attempts, seen_version=None, deps=bench.deps)

    again = bench.run_worker("V2")

    assert again.unconfirmed_answer == (waiting.unconfirmed_answer if arrived else None)
    assert (again.state is OperationState.SUCCEEDED) == arrived
    assert len(bench.writes()) == (1 if arrived else 2)
