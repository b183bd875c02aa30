"""Noyo answers with success, and its record does not show what was asked for: that confirms nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from bot.domain.operations import AnswerProblem, OperationState, OutcomeKind, Resolution, UnconfirmedAnswer
from infra.local.noyo import Fault
from tests.usecases.decision_bench import Deciding, deciding
from tests.usecases.execution_bench import BEN, CARRIER, ExecutionBench, bench


@pytest.fixture
def here() -> Iterator[ExecutionBench]:
    with bench() as opened:
        yield opened


@pytest.fixture
def approver() -> Iterator[Deciding]:
    with deciding() as opened:
        yield opened


def falsely_answered(here: ExecutionBench, method: str, status: int, body: dict[str, Any], times: int | None) -> None:
    here.noyo.faults.add(Fault("false_answer", method=method, status=status, body=body, times=times))


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
    approver: Deciding, changes: dict[str, Any], problem: AnswerProblem, shown: str | None
) -> None:
    seen = approver.waits()
    falsely_answered(approver, "PUT", 200, approver.true(seen) | changes, times=None)
    approver.decide(seen)

    ended = approver.live()

    assert ended.state is OperationState.NEEDS_RESOLUTION
    assert ended.unconfirmed_answer == UnconfirmedAnswer(problem, shown or ended.unconfirmed_answer.shown)  # type: ignore[union-attr]
    assert ended.outcome is not None
    assert ended.outcome.kind is OutcomeKind.UNCLEAR
    assert len(approver.writes()) == 1, "it was sent again, although Noyo had accepted it"
    assert approver.record_state(seen.record.id).status.value == "needs_review"
    assert ("needs_resolution", problem.value) in {
        (action.removeprefix("operation_"), details.get("answer")) for action, _, details in approver.audit_log()
    }


def test_an_approval_that_takes_effect_after_a_false_answer_is_found(approver: Deciding) -> None:
    seen = approver.waits()
    falsely_answered(approver, "PUT", 200, approver.true(seen), times=1)
    approver.decide(seen)
    approver.run_worker()
    approver.elsewhere(seen, "processing")

    approver.live()

    assert approver.ended() == ("succeeded", "reconciled")


def test_a_success_about_another_group_is_not_taken_for_ours(here: ExecutionBench) -> None:
    other = here.noyo.add_connection(carrier_id=CARRIER, carrier_group_id="99", group_name="Other", status="processing")
    falsely_answered(here, "POST", 201, other, times=None)
    here.ask()

    ended = here.live()

    assert ended.state is OperationState.NEEDS_RESOLUTION
    assert ended.unconfirmed_answer == UnconfirmedAnswer(AnswerProblem.CARRIER_GROUP_ID, "99")
    assert len(here.writes()) == 1
    assert here.store.records.record_state(here.deps.noyo.connection(other["id"]).entity) is None


def test_a_success_about_a_known_connection_is_not_taken_for_a_new_one(here: ExecutionBench) -> None:
    known = here.stuck("00110011")
    falsely_answered(here, "POST", 201, here.noyo.connection(known.record.id), times=None)
    here.ask()

    sent = here.run_worker()

    assert sent.state is OperationState.RECONCILING
    assert sent.unconfirmed_answer == UnconfirmedAnswer(AnswerProblem.RECORD, known.record.id)


def test_a_retry_answered_with_the_old_version_needs_a_person(here: ExecutionBench) -> None:
    shown = here.stuck()
    falsely_answered(here, "PUT", 201, here.noyo.connection(shown.record.id), times=None)
    here.retry(shown, group_id=None)

    ended = here.live("V2")

    assert ended.state is OperationState.NEEDS_RESOLUTION
    assert ended.unconfirmed_answer is not None
    assert ended.unconfirmed_answer.problem is AnswerProblem.VERSION
    assert len(here.writes()) == 1


def test_an_answer_that_cannot_be_read_is_remembered_as_one(here: ExecutionBench) -> None:
    here.noyo.faults.add(Fault("garbage", method="POST"))
    here.ask()

    assert here.run_worker().unconfirmed_answer == UnconfirmedAnswer(AnswerProblem.UNREADABLE)
    assert here.live().outcome is not None
    assert here.operation().state is OperationState.SUCCEEDED


def test_sending_again_forgets_the_earlier_answer(here: ExecutionBench) -> None:
    shown = here.stuck()
    falsely_answered(here, "PUT", 201, here.noyo.connection(shown.record.id), times=1)
    here.retry(shown)
    waiting = here.live("V2")
    assert waiting.unconfirmed_answer is not None

    again = waiting.resolve(Resolution.SEND_AGAIN, BEN, None, waiting.submitted_at)

    assert again.claim_for_sending("lease", again.submitted_at).unconfirmed_answer is None
