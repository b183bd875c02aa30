"""Lambda's quota: a number or nothing, whatever comes back."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError
from botocore.parsers import ResponseParserError

from bot.dynamodb.clients import LambdaQuota
from infra.local.aws.embedded import EmbeddedAws
from tests.aws import worker_client


class Answers:
    def __init__(self, answer: dict[str, Any] | Exception) -> None:
        self._answer = answer

    def get_account_settings(self, **parameters: Any) -> dict[str, Any]:
        assert not parameters
        if isinstance(self._answer, Exception):
            raise self._answer
        return self._answer


def test_it_is_what_is_left_once_others_have_reserved_theirs() -> None:
    limit = {"ConcurrentExecutions": 1000, "UnreservedConcurrentExecutions": 900}

    assert LambdaQuota(lambda: Answers({"AccountLimit": limit})).unreserved() == 900


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (
            ClientError({"Error": {"Code": "AccessDeniedException"}}, "GetAccountSettings"),
            "AccessDeniedException",
        ),
        (ConnectTimeoutError(endpoint_url="https://lambda.example"), "ConnectTimeoutError"),
        (ResponseParserError("<html>sealed"), "ResponseParserError"),
    ],
)
def test_whoever_is_refused_or_not_answered_knows_nothing_and_the_log_says_why(
    answer: Exception, why: str, caplog: pytest.LogCaptureFixture
) -> None:
    assert LambdaQuota(lambda: Answers(answer)).unreserved() is None
    assert [vars(record)["reason"] for record in caplog.records] == [why]


@pytest.mark.parametrize("answer", [{}, {"AccountLimit": {}}])
def test_an_answer_without_the_number_tells_nothing(answer: dict[str, Any]) -> None:
    assert LambdaQuota(lambda: Answers(answer)).unreserved() is None


def test_botocore_reads_what_lambda_says() -> None:
    assert LambdaQuota(lambda: worker_client("lambda")).unreserved() == 1000


def test_on_one_machine_nobody_tells() -> None:
    with EmbeddedAws() as aws:
        assert LambdaQuota(lambda: aws.client("lambda")).unreserved() is None
