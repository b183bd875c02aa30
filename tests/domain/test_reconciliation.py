"""Whether an operation took effect: only its own effect counts as proof, not just any change of the record."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from bot import policies
from bot.domain.answers import AnswerProblem, UnconfirmedAnswer
from bot.domain.operations import Operation, OperationKind
from bot.domain.reconciliation import contradiction, created_since_sent, find_decision_effect, find_retry_effect
from bot.domain.records import ConnectionStatus, Record, UnknownValue
from bot.domain.records import DisconnectionStatus as Status
from bot.domain.requests import ConnectionRequest, Decision, DecisionRequest, RetryRequest
from tests.dynamodb.builders import NOW, a_connection, a_decision, a_disconnection, a_request, uuid

SHOWN = uuid(1)
SINCE = NOW - policies.RECONCILE_CLOCK_TOLERANCE_SECONDS
CORRECTED = replace(
    a_request(),
    kind=OperationKind.RETRY_CONNECTION,
    input=RetryRequest(carrier_group_id="NEW"),
    shown_version=SHOWN,
    first_sent_at=NOW,
)
AS_IT_WAS = replace(CORRECTED, input=RetryRequest())


@pytest.mark.parametrize(("created", "expected"), [(SINCE - 1, False), (SINCE, True), (NOW + 9, True)])
def test_created_since_sent_allows_for_clock_differences(created: int, expected: bool) -> None:
    assert created_since_sent(a_connection(created=created), CORRECTED) is expected


def test_an_operation_that_was_never_sent_had_no_effect() -> None:
    assert not created_since_sent(a_connection(created=NOW + 9), replace(CORRECTED, first_sent_at=None))
    assert (
        find_retry_effect(replace(CORRECTED, first_sent_at=None), [a_connection(carrier_group_id="NEW")], None) is None
    )


def test_the_corrected_id_proves_a_retry() -> None:
    expected = a_connection(carrier_group_id="NEW", status=ConnectionStatus.UNABLE_TO_CONNECT)

    assert find_retry_effect(CORRECTED, [a_connection(carrier_group_id="OLD"), expected], None) == expected


def test_a_retry_took_effect_if_noyo_shows_its_carrier_group_id_in_another_case() -> None:
    expected = a_connection(carrier_group_id="new", status=ConnectionStatus.UNABLE_TO_CONNECT)
    assert find_retry_effect(CORRECTED, [expected], None) == expected


def test_an_id_that_differs_from_the_present_one_only_in_its_case_proves_nothing() -> None:
    before = a_connection(version=SHOWN, carrier_group_id="new")
    failed = a_connection(carrier_group_id="new", status=ConnectionStatus.UNABLE_TO_CONNECT)
    processed = replace(failed, status=ConnectionStatus.PROCESSING)

    assert find_retry_effect(CORRECTED, [failed], before) is None
    assert find_retry_effect(CORRECTED, [processed], before) == processed


def test_a_processing_version_proves_a_retry_without_correction() -> None:
    processed = a_connection(status=ConnectionStatus.PROCESSING)
    failed = a_connection(version=uuid(8), status=ConnectionStatus.UNABLE_TO_CONNECT)

    assert find_retry_effect(AS_IT_WAS, [failed, processed], None) == processed
    assert find_retry_effect(AS_IT_WAS, [failed], None) is None


@pytest.mark.parametrize(
    "version",
    [a_connection(version=SHOWN), a_connection(modified=SINCE - 1), a_disconnection()],
    ids=["the version that was shown", "older than the sending", "no connection"],
)
def test_versions_that_prove_nothing(version: object) -> None:
    assert find_retry_effect(AS_IT_WAS, [version], None) is None  # type: ignore[list-item]


def test_a_request_is_no_retry() -> None:
    assert find_retry_effect(replace(a_request(), first_sent_at=NOW), [a_connection()], None) is None


APPROVED = a_decision(input=DecisionRequest(Decision.APPROVE), shown_version=SHOWN)
REJECTED = a_decision(input=DecisionRequest(Decision.REJECT), shown_version=SHOWN)
FOLLOWS = {Decision.APPROVE: {Status.PROCESSING, Status.COMPLETED}, Decision.REJECT: {Status.REJECTED}}


@pytest.mark.parametrize("status", [*Status, UnknownValue("on_hold")])
@pytest.mark.parametrize("decision", Decision)
def test_a_decision_is_there_in_the_statuses_that_follow_from_it_only(
    decision: Decision, status: Status | UnknownValue
) -> None:
    operation = replace(APPROVED, input=DecisionRequest(decision))

    version = a_disconnection(status=status)
    assert find_decision_effect(operation, [version]) == (version if status in FOLLOWS[decision] else None)


def test_the_newest_version_in_a_status_of_the_decision_shows_it() -> None:
    first = a_disconnection(version=uuid(3), status=Status.PROCESSING, effective_end_date=date(2026, 12, 31))
    second = replace(first, version=uuid(4), effective_end_date=date(2027, 1, 31))
    reopened = replace(first, version=uuid(5), status=Status.NEEDS_REVIEW)

    assert find_decision_effect(APPROVED, [first, second, reopened]) == second


def test_the_shown_version_does_not_prove_a_decision() -> None:
    assert find_decision_effect(REJECTED, [a_disconnection(version=SHOWN, status=Status.REJECTED)]) is None


def test_only_a_decision_on_a_disconnection_is_one() -> None:
    assert find_decision_effect(CORRECTED, [a_disconnection(status=Status.PROCESSING)]) is None
    assert find_decision_effect(APPROVED, [a_connection(status=ConnectionStatus.PROCESSING)]) is None


# ---------------------------------------------------------------- what a success answer may contradict

SENT_APPROVAL = a_decision(shown_version=SHOWN, input=DecisionRequest(Decision.APPROVE, date(2026, 12, 31)))
APPROVED_RECORD = a_disconnection(version=uuid(2), status=Status.PROCESSING, effective_end_date=date(2026, 12, 31))
SENT_REQUEST = replace(a_request(), first_sent_at=NOW)
RETRIED_RECORD = a_connection(version=uuid(2), status=ConnectionStatus.PROCESSING)


def problem(operation: Operation, record: Record) -> AnswerProblem | None:
    found = contradiction(operation, record, None)
    return found.problem if found is not None else None


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, None),
        ({"status": Status.COMPLETED}, None),
        ({"effective_end_date": None}, None),
        ({"status": Status.NEEDS_REVIEW}, AnswerProblem.STATUS),
        ({"status": Status.REJECTED}, AnswerProblem.STATUS),
        ({"status": UnknownValue("approved")}, AnswerProblem.STATUS),
        ({"version": SHOWN}, AnswerProblem.VERSION),
        ({"effective_end_date": date(2026, 12, 30)}, AnswerProblem.END_DATE),
    ],
)
def test_an_approval_is_compared_with_the_record_in_the_answer(
    changes: dict[str, Any], expected: AnswerProblem | None
) -> None:
    assert problem(SENT_APPROVAL, replace(APPROVED_RECORD, **changes)) is expected


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, None),
        ({"carrier_group_id": None}, None),
        ({"carrier_id": uuid(9)}, AnswerProblem.CARRIER),
        ({"carrier_group_id": "OTHER"}, AnswerProblem.CARRIER_GROUP_ID),
        ({"carrier_group_id": "110011", "created": SINCE}, None),
        ({"carrier_group_id": "110011", "created": SINCE - 1}, AnswerProblem.CARRIER_GROUP_ID),
        ({"carrier_group_id": "1100110", "created": SINCE}, AnswerProblem.CARRIER_GROUP_ID),
    ],
)
def test_a_new_connection_is_compared_with_the_record_in_the_answer(
    changes: dict[str, Any], expected: AnswerProblem | None
) -> None:
    wanted = SENT_REQUEST.input
    assert isinstance(wanted, ConnectionRequest)
    record = a_connection(carrier_id=wanted.carrier_id, carrier_group_id=wanted.carrier_group_id)

    assert problem(SENT_REQUEST, replace(record, **changes)) is expected


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, None),
        ({"status": ConnectionStatus.COMPLETED}, None),
        ({"status": ConnectionStatus.UNABLE_TO_CONNECT}, AnswerProblem.STATUS),
        ({"version": SHOWN}, AnswerProblem.VERSION),
    ],
)
def test_a_retry_is_compared_with_the_record_in_the_answer(
    changes: dict[str, Any], expected: AnswerProblem | None
) -> None:
    assert problem(AS_IT_WAS, replace(RETRIED_RECORD, **changes)) is expected


def test_a_corrected_id_in_the_answer_proves_a_retry_that_failed_at_once() -> None:
    failed = replace(RETRIED_RECORD, status=ConnectionStatus.UNABLE_TO_CONNECT)

    assert problem(CORRECTED, replace(failed, carrier_group_id="NEW")) is None
    assert problem(CORRECTED, replace(failed, carrier_group_id="new")) is None
    assert problem(CORRECTED, replace(RETRIED_RECORD, carrier_group_id="OLD")) is AnswerProblem.CARRIER_GROUP_ID


def test_a_contradiction_holds_what_noyo_showed_instead() -> None:
    shown = contradiction(SENT_APPROVAL, replace(APPROVED_RECORD, effective_end_date=date(2026, 12, 30)), None)

    assert shown == UnconfirmedAnswer(AnswerProblem.END_DATE, "2026-12-30")
